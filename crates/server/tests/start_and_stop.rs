//! The command line, the start and the end of the server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::ffi::OsStr;
use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::ffi::OsStrExt as _;
use std::time::{Duration, Instant};

use harness::{Exit, Finished, Output, Program, Signal, free_port, start_server};

use common::{
    NO_MESSAGES, SOON, ask, create, message, program, read, send, start, start_as, store,
};

/// What a program that is called in a wrong way prints on standard error.
fn usage_error(program: Program) -> String {
    let Finished {
        exit,
        stdout,
        stderr,
    } = program.run(SOON).unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!((exit, stdout), (Exit::Status(2), Vec::new()), "{stderr}");
    let error = stderr.strip_suffix("\nUsage: server PORT\n").unwrap();
    error.strip_prefix("server: ").unwrap().to_owned()
}

#[test]
fn c_5_g_2_g_8_every_wrong_argument_is_an_error_with_status_2() {
    assert_eq!(usage_error(program()), "expected 1 argument, got 0");
    assert_eq!(
        usage_error(program().args(["5000", "x"])),
        "expected 1 argument, got 2"
    );
    assert_eq!(
        usage_error(program().args(["5000", "--help"])),
        "expected 1 argument, got 2"
    );
    for port in [
        "1023", "64001", "70000", "+5000", " 5000", "0x1388", "'5000'", "", "-p",
    ] {
        assert_eq!(
            usage_error(program().arg(port)),
            format!("PORT is \"{port}\"; give a number from 1024 to 64000")
        );
    }
    let not_text = usage_error(program().arg(OsStr::from_bytes(b"50\xff")));
    assert!(not_text.contains("give a number"), "{not_text}");
}

#[test]
fn c_14_an_unreadable_limit_is_a_usage_error_that_names_it() {
    for value in ["", "1G", "-1", "+1", "99999999999999999999", "1\u{1b}"] {
        let error = usage_error(program().arg("5000").env("SERVER_MAX_BYTES", value));
        let shown = value.replace('\u{1b}', r"\x1b");
        assert!(
            error.starts_with(&format!("SERVER_MAX_BYTES is \"{shown}\"; ")),
            "{error}"
        );
    }
}

#[test]
fn c_5_a_port_that_is_in_use_is_an_error_with_status_1() {
    let port = free_port().unwrap();
    let _other = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap();
    let finished = program().arg(port.to_string()).run(SOON).unwrap();
    assert_eq!(
        (finished.exit, &*finished.stdout),
        (Exit::Status(1), &b""[..])
    );
    let error = String::from_utf8(finished.stderr).unwrap();
    assert!(
        error.starts_with(&format!("server: cannot listen on 0.0.0.0:{port}: ")),
        "{error}"
    );
}

#[test]
fn g_1_it_prints_nothing_by_itself() {
    let (mut server, address) = start();
    assert_eq!(ask(address, &read(b"alice")), NO_MESSAGES);
    // The first that it prints is about this client.
    assert!(server.wait_line(SOON).unwrap().ends_with(" connected"));
    assert_eq!(server.stderr(), b"");
}

#[test]
fn c_16_a_signal_ends_a_server_whose_clients_say_nothing() {
    let (server, address) = start();
    let mut clients = [send(address, b""), send(address, &read(b"alice")[..3])];
    server
        .wait_stdout(
            |printed| printed.split(|byte| *byte == b'\n').count() > 2,
            SOON,
        )
        .unwrap();
    server.signal(Signal::TERM).unwrap();
    let start = Instant::now();
    assert_eq!(server.wait_exit(SOON).unwrap(), Exit::Status(0));
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
    for client in &mut clients {
        assert_eq!(client.receive_to_end(SOON).unwrap_or_default(), b"");
    }
    let errors = String::from_utf8(server.stderr()).unwrap();
    assert_eq!(
        errors.matches("the server is shutting down").count(),
        2,
        "{errors}"
    );
}

#[test]
fn c_16_requests_that_are_complete_when_the_signal_comes_are_finished() {
    // More than the system takes at once, and little for the time that the server gives itself.
    const COUNT: u8 = 80;
    let (server, address) = start();
    let text = vec![b'x'; 65_535];
    for _ in 0..COUNT {
        store(address, b"alice", b"bob", &text);
    }
    let mut waited_for = send(address, &create(b"alice", b"carol", b"hello")[..3]);
    let connected = format!("{} connected\n", waited_for.local_address());
    let is_connected = |printed: &[u8]| printed.ends_with(connected.as_bytes());
    server.wait_stdout(is_connected, SOON).unwrap();
    server.signal(Signal::STOP).unwrap();
    waited_for
        .send(&create(b"alice", b"carol", b"hello")[3..])
        .unwrap();
    let mut reader = send(address, &read(b"bob"));
    server.signal(Signal::TERM).unwrap();
    server.signal(Signal::CONT).unwrap();
    let messages = message(b"alice", &text).repeat(COUNT.into());
    let response = [&[0xae, 0x73, 3, COUNT, 0], &*messages].concat();
    assert!(reader.receive_to_end(SOON).unwrap() == response);
    let reader_address = reader.local_address();
    drop(reader);
    assert_eq!(server.wait_exit(SOON).unwrap(), Exit::Status(0));
    let printed = String::from_utf8(server.stdout()).unwrap();
    for line in [
        format!(
            "{} stored a message from alice for carol",
            waited_for.local_address()
        ),
        format!("{reader_address} sent {COUNT} messages to bob"),
    ] {
        assert!(printed.contains(&line), "{printed}");
    }
    assert_eq!(server.stderr(), b"");
}

#[test]
fn c_16_a_reader_that_takes_nothing_does_not_hold_up_the_end() {
    let (server, address) = start();
    for _ in 0..255 {
        store(address, b"alice", b"bob", &[b'x'; 65_535]);
    }
    let mut reader = send(address, &read(b"bob"));
    reader.receive_exactly(5, SOON).unwrap();
    server.signal(Signal::TERM).unwrap();
    let start = Instant::now();
    assert_eq!(server.wait_exit(SOON).unwrap(), Exit::Status(0));
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn c_16_an_output_that_nobody_reads_does_not_hold_up_the_end() {
    let (unread, output) = std::io::pipe().unwrap();
    let output = Output::File(File::from(std::os::fd::OwnedFd::from(output)));
    let output = std::cell::Cell::new(Some(output));
    let (server, address) =
        start_as(|program| program.stdout(output.take().unwrap_or(Output::ClosedPipe)));
    // Each takes about 60 bytes of the pipe, which holds 64 KiB, until the server is stuck.
    let mut stuck = false;
    for _ in 0..5000 {
        let mut client = send(address, &create(b"a", b"b", b"hello"));
        if client.receive_to_end(Duration::from_millis(500)).is_err() {
            stuck = true;
            break;
        }
    }
    assert!(stuck, "the pipe is not full");
    server.signal(Signal::TERM).unwrap();
    let start = Instant::now();
    assert_eq!(server.wait_exit(SOON).unwrap(), Exit::Status(0));
    assert!(
        start.elapsed() < Duration::from_millis(1200),
        "{:?}",
        start.elapsed()
    );
    drop(unread);
}

#[test]
fn g_4_under_nohup_a_hangup_is_ignored() {
    for (trap, ends) in [("", true), ("trap '' HUP;", false)] {
        let (server, address) = start_server(SOON, |port| {
            let shell = format!("{trap} exec \"$0\" \"$@\"");
            let args = [&shell, env!("CARGO_BIN_EXE_server"), &port.to_string()];
            Program::new("sh").arg("-c").args(args)
        })
        .unwrap();
        server.signal(Signal::HUP).unwrap();
        if !ends {
            // It would take less time to stop.
            for _ in 0..100 {
                assert_eq!(ask(address, &read(b"alice")), NO_MESSAGES);
            }
            server.signal(Signal::TERM).unwrap();
        }
        assert_eq!(server.wait_exit(SOON).unwrap(), Exit::Status(0));
    }
}

#[test]
fn g_1_a_closed_or_full_standard_output_is_said_once_and_served_on() {
    let full = || Output::File(File::options().write(true).open("/dev/full").unwrap());
    for (closed, cause) in [(true, "Broken pipe"), (false, "No space left on device")] {
        let (server, address) =
            start_as(|program| program.stdout(if closed { Output::ClosedPipe } else { full() }));
        store(address, b"a", b"b", b"hello");
        let response = [&b"\xae\x73\x03\x01\x00"[..], &message(b"a", b"hello")].concat();
        assert_eq!(ask(address, &read(b"b")), response);
        server.signal(Signal::TERM).unwrap();
        assert_eq!(server.wait_exit(SOON).unwrap(), Exit::Status(0));
        let errors = String::from_utf8(server.stderr()).unwrap();
        assert_eq!(
            (errors.lines().count(), errors.matches(cause).count()),
            (1, 1),
            "{errors}"
        );
    }
}

#[test]
fn g_1_an_output_file_that_may_not_grow_is_said_once_and_served_on() {
    let (server, address) = start_server(SOON, |port| {
        let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/may-not-grow");
        let shell = "ulimit -f 0 && exec \"$0\" \"$@\"";
        let args = ["-c", shell, env!("CARGO_BIN_EXE_server"), &port.to_string()];
        let output = Output::File(File::create(path).unwrap());
        Program::new("sh").args(args).stdout(output)
    })
    .unwrap();
    for _ in 0..2 {
        assert_eq!(ask(address, &read(b"b")), NO_MESSAGES);
    }
    server.signal(Signal::TERM).unwrap();
    assert_eq!(server.wait_exit(SOON).unwrap(), Exit::Status(0));
    let errors = String::from_utf8(server.stderr()).unwrap();
    assert_eq!(
        (
            errors.lines().count(),
            errors.matches("File too large").count()
        ),
        (1, 1),
        "{errors}"
    );
}
