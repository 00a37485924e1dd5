//! `client HOST PORT NAME read`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

use harness::{Event, Exit, Listener, Output, Program};
use rustix::event::{PollFd, PollFlags};

use common::{SOON, client, error, message, read, read_as, result};

/// Two messages, and others are waiting.
const RESPONSE: &[u8] = b"\xae\x73\x03\x02\x01\x05\x00\x05alicehello\x01\x00\x02xhi";

#[test]
fn c_20_c_21_it_prints_sender_and_text_of_each_message_and_that_more_are_waiting() {
    let finished = read(RESPONSE);
    assert_eq!(
        (finished.exit, &*finished.stderr),
        (Exit::Status(0), &b""[..])
    );
    let printed = String::from_utf8(finished.stdout.clone()).unwrap();
    let first = printed.lines().next().unwrap();
    assert!(
        first.ends_with(": a request for the messages of bob"),
        "{first}"
    );
    assert_eq!(
        result(&finished),
        b"alice: hello\nx: hi\nmore messages are waiting; read again to get them\n"
    );
    assert_eq!(
        result(&read(b"\xae\x73\x03\x01\x00\x01\x00\x02xhi")),
        b"x: hi\n"
    );
}

#[test]
fn c_21_c_23_no_messages_is_said() {
    let none = read(b"\xae\x73\x03\x00\x00");
    assert_eq!(
        (none.exit, result(&none)),
        (Exit::Status(0), &b"no messages for bob\n"[..])
    );
    let more = read(b"\xae\x73\x03\x00\x01");
    assert_eq!(
        (more.exit, result(&more)),
        (
            Exit::Status(0),
            &b"no messages for bob\nmore messages are waiting; read again to get them\n"[..]
        )
    );
}

#[test]
fn c_21_the_longest_response_arrives_whole() {
    let (sender, text) = ([b's'; 255], vec![b't'; 65_535]);
    let response = [
        b"\xae\x73\x03\xff\x00",
        &message(&sender, &text).repeat(255)[..],
    ]
    .concat();
    let line = [&sender[..], b": ", &text, b"\n"].concat();
    assert!(result(&read(&response)) == line.repeat(255));
}

#[test]
fn c_4_c_22_an_invalid_response_is_an_error_that_says_which() {
    for (response, cause) in [
        (
            &b"\xae\x74\x03\x00\x00"[..],
            "MagicNo is 0xAE74, want 0xAE73",
        ),
        (b"\xae\x73\x01\x00\x00", "ID is 1, want 3 (response)"),
        (b"\xae\x73\x03\x00\x02", "MoreMsgs is 2, want 0 or 1"),
        (
            b"\xae\x73\x03\x01\x00\x00\x00\x01x",
            "SenderLen is 0, want at least 1",
        ),
        (
            b"\xae\x73\x03\x01\x00\x01\x00\x00x",
            "MessageLen is 0, want at least 1",
        ),
    ] {
        let finished = read(response);
        assert_eq!(
            error(&finished),
            format!("sent an invalid response: {cause}")
        );
        assert_eq!(result(&finished), b"");
    }
}

#[test]
fn c_22_messages_before_a_fault_are_printed() {
    let response = b"\xae\x73\x03\x02\x00\x05\x00\x05alicehello\x00\x00\x01x";
    let finished = read(response);
    assert_eq!(result(&finished), b"alice: hello\n");
    assert!(error(&finished).ends_with("SenderLen is 0, want at least 1"));

    let finished = read(&RESPONSE[..RESPONSE.len() - 1]);
    assert_eq!(result(&finished), b"alice: hello\n");
    assert_eq!(
        error(&finished),
        "closed the connection too early: \
         response cut off after 1 of 2 messages: at least 1 more bytes wanted"
    );
}

#[test]
fn c_22_an_early_close_anywhere_is_an_error() {
    for length in 0..RESPONSE.len() {
        let error = error(&read(&RESPONSE[..length]));
        assert!(
            error.starts_with("closed the connection too early: response cut off"),
            "{error}"
        );
    }
}

#[test]
fn c_22_a_reset_is_an_error() {
    let finished = read_as(|peer| {
        peer.send(&RESPONSE[..20]).unwrap();
        let stream = peer.stream().try_clone().unwrap();
        harness::Peer::from_stream(stream).unwrap().reset().unwrap();
    });
    assert!(
        error(&finished).starts_with("broke the connection: "),
        "{finished:?}"
    );
}

#[test]
fn c_21_c_22_a_gap_of_a_second_is_an_error() {
    let gap_after = |length: usize| {
        let finished = read_as(|peer| {
            let sent = Instant::now();
            peer.send(&RESPONSE[..length]).unwrap();
            peer.expect_close(SOON).unwrap();
            let waited = sent.elapsed();
            assert!(waited >= Duration::from_millis(950), "{waited:?}");
            assert!(waited < Duration::from_millis(1900), "{waited:?}");
        });
        (error(&finished), result(&finished).to_vec())
    };
    thread::scope(|scope| {
        let runs = [
            (0, "5 of 5 header bytes missing", ""),
            (4, "1 of 5 header bytes missing", ""),
            (7, "after 0 of 2 messages: at least 1 more bytes wanted", ""),
            (
                20,
                "after 1 of 2 messages: at least 1 more bytes wanted",
                "alice: hello\n",
            ),
        ]
        .map(|(length, cause, printed)| (scope.spawn(move || gap_after(length)), cause, printed));
        for (run, cause, printed) in runs {
            let (error, result) = run.join().unwrap();
            assert!(
                error.starts_with("sent nothing for 1s: response cut off"),
                "{error}"
            );
            assert!(error.ends_with(cause), "{error}");
            assert_eq!(result, printed.as_bytes());
        }
    });
}

/// A response of 60 messages of 10,000 bytes, and what is printed of it.
fn long_response() -> (Vec<u8>, Vec<u8>) {
    let text = [b't'; 10_000];
    let response = [
        b"\xae\x73\x03\x3c\x00",
        &message(b"alice", &text).repeat(60)[..],
    ];
    (
        response.concat(),
        [b"alice: ", &text[..], b"\n"].concat().repeat(60),
    )
}

#[test]
fn g_13_an_output_that_would_block_is_waited_for() {
    let server = Listener::new().unwrap();
    let (mut output, full) = io::pipe().unwrap();
    rustix::io::ioctl_fionbio(&full, true).unwrap();
    let output_file = Output::File(OwnedFd::from(full).into());
    let program = client(&server, "bob", "read").stdout(output_file);
    let process = program.start().unwrap();
    let mut peer = server.accept_from(&process, SOON).unwrap();
    peer.receive_exactly(10, SOON).unwrap();
    let (response, lines) = long_response();
    let sending = thread::spawn(move || peer.send(&response));
    // The pipe is full of the first of them.
    let mut writable = [PollFd::new(&output, PollFlags::IN)];
    rustix::event::poll(&mut writable, None).unwrap();
    assert_eq!(
        process.wait_exit(Duration::from_millis(300)).ok(),
        None,
        "{process:?}"
    );
    let mut printed = Vec::new();
    output.read_to_end(&mut printed).unwrap();
    assert!(printed.ends_with(&lines));
    assert_eq!(process.wait_exit(SOON).unwrap(), Exit::Status(0));
    sending.join().unwrap().unwrap();
}

#[test]
fn g_13_a_file_that_may_not_grow_is_an_error_and_the_server_learns_it() {
    let server = Listener::new().unwrap();
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/may-not-grow");
    let file = File::create(path).unwrap();
    let shell = "ulimit -f 1 && exec \"$0\" \"$@\"";
    let port = server.port().to_string();
    let words = [
        "-c",
        shell,
        env!("CARGO_BIN_EXE_client"),
        "127.0.0.1",
        &port,
        "bob",
        "read",
    ];
    let program = Program::new("sh").args(words).stdout(Output::File(file));
    let process = program.start().unwrap();
    let mut peer = server.accept_from(&process, SOON).unwrap();
    peer.receive_exactly(10, SOON).unwrap();
    let long = message(b"alice", &[b't'; 10_000]);
    peer.send(&[b"\xae\x73\x03\x01\x00", &long[..]].concat())
        .unwrap();
    assert!(matches!(peer.next_event(1, SOON), Event::Reset));
    assert_eq!(
        process.wait_exit(SOON).unwrap(),
        Exit::Status(1),
        "{process:?}"
    );
}
