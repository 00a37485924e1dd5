//! `server-s` as a program: its arguments, its signals, its output.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt;
use std::thread;
use std::time::{Duration, Instant};

use common::*;
use harness::{Exit, Finished, Output, Peer, Process, Program, Signal, listening_on};

fn run(arguments: &[OsString]) -> Finished {
    Program::new(BINARY).args(arguments).run(SOON).unwrap()
}

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

/// That the program ends with `status` and an error message, and prints nothing.
fn expect_refusal(arguments: &[OsString], status: i32, reason: &str) {
    let finished = run(arguments);
    assert_eq!(finished.exit, Exit::Status(status), "{arguments:?}");
    assert_eq!(finished.stdout, b"");
    let message = String::from_utf8(finished.stderr).unwrap();
    assert!(
        message.starts_with("ERROR: ") && message.contains(reason),
        "{arguments:?}: {message}"
    );
    let (_, rest) = message.split_once('\n').unwrap();
    let usage = if status == 2 {
        "Usage: server-s PORT\n"
    } else {
        ""
    };
    assert_eq!(rest, usage, "{arguments:?}");
}

#[test]
fn a_15_g_2_g_6_what_is_wrong_with_a_port_is_said() {
    let a_number = "; give a number from 1 to 65535";
    for port in [
        "",
        "x",
        "+5000",
        " 5000",
        "5000 ",
        "5000.0",
        "0x50",
        "-1",
        "-p",
        "५०००",
        "\"5000\"",
        "\u{1b}[2J",
    ] {
        expect_refusal(&[port.into()], 2, a_number);
    }
    expect_refusal(&[OsStr::from_bytes(b"50\xff").into()], 2, a_number);
    for port in ["0", "00000", "65536", "99999999999999999999999"] {
        expect_refusal(&[port.into()], 2, a_number);
    }
}

#[test]
fn a_15_g_2_a_wrong_number_of_arguments_is_named() {
    for line in [
        "",
        "5000 5001",
        "5000 --help",
        "-p 5000",
        "-- 5000",
        "5000 x y",
    ] {
        let arguments = words(line);
        let reason = format!("expected 1 argument, got {}", arguments.len());
        expect_refusal(&arguments, 2, &reason);
    }
}

#[test]
fn a_15_g_2_a_port_in_use_is_named() {
    let (_server, address) = start();
    expect_refusal(&[address.port().to_string().into()], 1, "is in use");
}

const SIGNALS: [Signal; 3] = [Signal::QUIT, Signal::TERM, Signal::INT];

/// That a signal ends the server in time, and that it has printed nothing.
fn expect_end(server: &Process, address: SocketAddr, signal: Signal) {
    let asked = Instant::now();
    server.signal(signal).unwrap();
    assert_eq!(server.wait_exit(SOON).unwrap(), Exit::Status(0));
    let took = asked.elapsed();
    assert!(took < Duration::from_secs(1), "{signal:?} took {took:?}");
    assert_eq!(server.stdout(), b"", "{signal:?}");
    assert_eq!(server.stderr(), b"", "{signal:?}");
    assert_eq!(listening_on(address.port()), []);
}

#[test]
fn a_16_g_4_each_signal_ends_it_before_a_file() {
    for signal in SIGNALS {
        let (server, address) = start();
        let mut in_header = Peer::connect(address).unwrap();
        expect_command(&mut in_header);
        let _waiting = Peer::connect(address).unwrap();
        expect_end(&server, address, signal);
    }
}

#[test]
fn a_16_g_4_each_signal_ends_it_in_the_middle_of_a_fast_transfer() {
    for signal in SIGNALS {
        let (server, address) = start();
        let mut client = shake_hands(address);
        let piece = vec![b'x'; 1 << 20];
        client.send(&piece).unwrap();
        thread::scope(|scope| {
            // Ends when the server has gone.
            scope.spawn(move || while client.send(&piece).is_ok() {});
            expect_end(&server, address, signal);
        });
    }
}

#[test]
fn a_17_diagnostics_are_not_printed_on_standard_output() {
    let (mut server, address) = start_as(|program| program.env("RUST_LOG", "trace"));
    expect_served(&mut server, address);
    let mut client = Peer::connect(address).unwrap();
    expect_command(&mut client);
    client.send(b"x").unwrap();
    client.expect_close(SOON).unwrap();
    assert_eq!(server.wait_line(SOON).unwrap(), "ERROR");
    expect_served(&mut server, address);
    server.signal(Signal::TERM).unwrap();
    server.wait_exit(SOON).unwrap();
    assert_eq!(server.stdout(), b"5\nERROR\n5\n");
}

#[test]
fn a_10_g_1_it_serves_on_when_its_output_is_full_or_closed_and_says_so_once() {
    let full = || Output::File(File::options().write(true).open("/dev/full").unwrap());
    for output in [full as fn() -> Output, || Output::ClosedPipe] {
        let (mut server, address) = start_as(|program| program.stdout(output()));
        for _ in 0..3 {
            send_file(address, b"hello");
        }
        let line = server.wait_error_line(SOON).unwrap();
        assert!(line.contains("cannot write to standard output"), "{line}");
        server.signal(Signal::TERM).unwrap();
        assert_eq!(server.wait_exit(SOON).unwrap(), Exit::Status(0));
        let said = String::from_utf8(server.stderr()).unwrap();
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn a_10_it_serves_on_when_its_standard_error_is_closed() {
    let (mut server, address) = start_as(|program| program.stderr(Output::ClosedPipe));
    let mut client = Peer::connect(address).unwrap();
    expect_command(&mut client);
    client.send(b"x").unwrap();
    client.expect_close(SOON).unwrap();
    assert_eq!(server.wait_line(SOON).unwrap(), "ERROR");
    expect_served(&mut server, address);
}
