//! What the server does with each record, and what it prints.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use harness::{Peer, Process, Signal};

use common::{NO_MESSAGES, SOON, ask, create, message, read, send, start, start_as, store};

/// Sends a request that is an error, and says what is printed about it, without the address.
fn error_of(server: &mut Process, address: SocketAddr, request: &[u8]) -> String {
    let mut client = Peer::connect(address).unwrap();
    // The server may have closed before it was all sent.
    let _ = client.send(request);
    let _ = client.shutdown_write();
    assert_eq!(client.receive_to_end(SOON).unwrap_or_default(), b"");
    let line = server.wait_error_line(SOON).unwrap();
    let start = format!("[ERROR] {}: ", client.local_address());
    line.strip_prefix(&start)
        .unwrap_or_else(|| panic!("{line}"))
        .to_owned()
}

#[test]
fn c_6_c_9_c_10_every_step_is_printed() {
    let (mut server, address) = start();
    let mut line = move || server.wait_line(SOON).unwrap();
    let mut creator = send(address, &create(b"alice stevens", b"bob", b"hello"));
    creator.expect_close(SOON).unwrap();
    let creator = creator.local_address();
    assert_eq!(line(), format!("{creator} connected"));
    assert_eq!(
        line(),
        format!("{creator} stored a message from alice stevens for bob")
    );

    for (name, outcome) in [
        ("bob", "sent 1 message to bob"),
        ("bob", "sent 0 messages to bob"),
        ("alice stevens", "sent 0 messages to alice stevens"),
    ] {
        let mut reader = send(address, &read(name.as_bytes()));
        reader.receive_to_end(SOON).unwrap();
        let reader = reader.local_address();
        assert_eq!(line(), format!("{reader} connected"));
        assert_eq!(line(), format!("{reader} {outcome}"));
    }

    // A client that has not said all is printed while it is waited for.
    let mut slow = send(address, &read(b"bob")[..1]);
    assert_eq!(line(), format!("{} connected", slow.local_address()));
    slow.send(&read(b"bob")[1..]).unwrap();
    assert_eq!(slow.receive_to_end(SOON).unwrap(), NO_MESSAGES);
}

#[test]
fn c_1_the_longest_record_is_stored_and_sent_whole() {
    let (_server, address) = start();
    let (name, text) = ([0xff; 255], vec![b'x'; 65_535]);
    store(address, &name, &name, &text);
    let response = [b"\xae\x73\x03\x01\x00", &message(&name, &text)[..]].concat();
    assert_eq!(ask(address, &read(&name)), response);
}

#[test]
fn c_2_c_12_every_violation_is_printed_with_address_and_cause() {
    let (mut server, address) = start();
    for (request, cause) in [
        (
            &b"\xae\x74\x01\x01\0\0\0a"[..],
            "MagicNo is 0xAE74, want 0xAE73",
        ),
        (
            b"\xae\x73\x03\x01\0\0\0a",
            "ID is 3, want 1 (read) or 2 (create)",
        ),
        (b"\xae\x73\x01\x00\0\0\0", "NameLen is 0, want at least 1"),
        (
            b"\xae\x73\x01\x01\x01\0\0ab",
            "ReceiverLen is 1, want 0 in a read request",
        ),
        (
            b"\xae\x73\x01\x01\0\0\x01ab",
            "MessageLen is 1, want 0 in a read request",
        ),
        (
            b"\xae\x73\x02\x01\0\0\x01ab",
            "ReceiverLen is 0, want at least 1 in a create request",
        ),
        (
            b"\xae\x73\x02\x01\x01\0\0ab",
            "MessageLen is 0, want at least 1 in a create request",
        ),
    ] {
        assert_eq!(
            error_of(&mut server, address, request),
            format!("invalid request: {cause}")
        );
    }
    // It went on, and standard output has nothing of the errors.
    assert_eq!(ask(address, &read(b"a")), NO_MESSAGES);
    server
        .wait_stdout(
            |printed| {
                printed.ends_with(
                    b" sent 0 messages to a
",
                )
            },
            SOON,
        )
        .unwrap();
    let printed = String::from_utf8(server.stdout()).unwrap();
    assert_eq!(printed.lines().count(), 7 + 2, "{printed}");
    assert!(!printed.contains("want"), "{printed}");
}

#[test]
fn c_8_too_few_bytes_are_an_error_and_nothing_is_stored() {
    let (mut server, address) = start();
    let request = create(b"a", b"bob", b"hello");
    for length in 0..request.len() {
        let missing = if length < 7 {
            7 - length
        } else {
            request.len() - length
        };
        assert_eq!(
            error_of(&mut server, address, &request[..length]),
            format!("invalid request: request cut off: at least {missing} more bytes wanted")
        );
    }
    let request = read(b"bob");
    for length in 7..request.len() {
        error_of(&mut server, address, &request[..length]);
    }
    assert_eq!(ask(address, &request), NO_MESSAGES);
}

#[test]
fn c_8_surplus_bytes_are_an_error_and_nothing_is_stored_or_sent() {
    let (mut server, address) = start();
    store(address, b"a", b"alice", b"kept");
    let longest = create(&[b'a'; 255], &[b'b'; 255], &[b'x'; 65_535]);
    for (mut request, surplus) in [
        (create(b"a", b"bob", b"hello"), 1),
        (create(b"a", b"bob", b"hello"), 100_000),
        (longest, 1),
        (read(b"alice"), 1),
    ] {
        let announced = request.len();
        request.extend(vec![0; surplus]);
        let error = error_of(&mut server, address, &request);
        let end = format!("bytes long, want the {announced} that it announces");
        assert!(error.ends_with(&end), "{error}");
    }
    assert_eq!(ask(address, &read(b"bob")), NO_MESSAGES);
    assert_eq!(ask(address, &read(&[b'b'; 255])), NO_MESSAGES);
    assert_ne!(ask(address, &read(b"alice")), NO_MESSAGES);
}

#[test]
fn c_8_a_surplus_behind_a_record_that_came_in_two_parts_is_an_error_too() {
    let (mut server, address) = start();
    let request = create(b"a", b"bob", b"hello");
    let (first, last) = request.split_at(request.len() - 1);
    let mut client = send(address, first);
    server.wait_line(SOON).unwrap();
    client.send(&[last, b"!"].concat()).unwrap();
    assert_eq!(client.receive_to_end(SOON).unwrap_or_default(), b"");
    let error = server.wait_error_line(SOON).unwrap();
    assert!(
        error.ends_with("request is 17 bytes long, want the 16 that it announces"),
        "{error}"
    );
    assert_eq!(ask(address, &read(b"bob")), NO_MESSAGES);
}

#[test]
fn c_7_a_request_must_be_whole_within_a_second_of_accept() {
    let (mut server, address) = start();
    // One is silent, one stalls in the header, one in the text; one never stalls, but is too slow.
    let request = create(b"a", b"bob", b"hello");
    let start = Instant::now();
    let mut stalled = [
        send(address, b""),
        send(address, &request[..3]),
        send(address, &request[..15]),
    ];
    let mut drip = send(address, b"");
    let closed_after = std::thread::scope(|scope| {
        scope.spawn(|| {
            let longest = create(b"a", b"bob", &[b'x'; 1000]);
            let _ = drip.send_in_pieces(&longest, 1, Duration::from_millis(50));
        });
        stalled.each_mut().map(|client| {
            assert_eq!(client.receive_to_end(SOON).unwrap_or_default(), b"");
            start.elapsed()
        })
    });
    for after in closed_after {
        assert!(after >= Duration::from_millis(1000), "{after:?}");
        assert!(after < Duration::from_millis(1900), "{after:?}");
    }
    let errors: Vec<_> = (0..4)
        .map(|_| server.wait_error_line(SOON).unwrap())
        .collect();
    assert!(
        errors
            .iter()
            .all(|error| error.contains(": no complete request within 1s: "))
    );
    for found in [0, 3, 15] {
        let end = format!(": {found} bytes came");
        assert!(
            errors.iter().any(|error| error.ends_with(&end)),
            "{found}: {errors:?}"
        );
    }
    assert!(start.elapsed() < Duration::from_secs(6), "the drip went on");
    assert_eq!(ask(address, &read(b"bob")), NO_MESSAGES);
}

#[test]
fn c_7_a_server_that_was_suspended_blames_nobody() {
    let (server, address) = start();
    let request = create(b"a", b"bob", b"hello");
    let start = Instant::now();
    let mut clients: Vec<_> = (0..20).map(|_| send(address, &request[..9])).collect();
    let connected = |printed: &[u8]| printed.iter().filter(|byte| **byte == b'\n').count() == 20;
    server.wait_stdout(connected, SOON).unwrap();
    server.signal(Signal::STOP).unwrap();
    for client in &mut clients {
        client.send(&request[9..]).unwrap();
    }
    let second = Duration::from_millis(1100);
    std::thread::sleep(second.saturating_sub(start.elapsed()));
    server.signal(Signal::CONT).unwrap();
    for client in &mut clients {
        client.expect_close(SOON).unwrap();
    }
    let messages = vec![message(b"a", b"hello"); 20];
    let response = [b"\xae\x73\x03\x14\x00", &*messages.concat()].concat();
    assert_eq!(ask(address, &read(b"bob")), response);
    assert_eq!(server.stderr(), b"");
}

#[test]
fn c_14_past_the_limit_a_create_is_refused_and_what_is_stored_stays() {
    // Two messages count 2 * (400 + 1 + 3 + 5) bytes.
    let (mut server, address) = start_as(|program| program.env("SERVER_MAX_BYTES", "818"));
    store(address, b"a", b"bob", b"first");
    store(address, b"a", b"bob", b"again");
    let error = error_of(&mut server, address, &create(b"a", b"eve", b"hello"));
    assert!(
        error.starts_with("message refused: the store is full") && error.contains("818 bytes"),
        "{error}"
    );
    let messages = [message(b"a", b"first"), message(b"a", b"again")].concat();
    let response = [b"\xae\x73\x03\x02\x00", &messages[..]].concat();
    assert_eq!(ask(address, &read(b"bob")), response);
    // What was read makes room again.
    store(address, b"a", b"bob", b"third");
}

#[test]
fn c_14_a_reader_that_has_closed_has_made_room_for_the_next_client() {
    // One message counts 400 + 1 + 3 + 5 bytes.
    let (server, address) = start_as(|program| program.env("SERVER_MAX_BYTES", "409"));
    store(address, b"a", b"bob", b"first");
    let mut reader = send(address, &read(b"bob"));
    reader.receive_to_end(SOON).unwrap();
    // The server learns of both together.
    server.signal(Signal::STOP).unwrap();
    drop(reader);
    let mut next = send(address, &create(b"a", b"bob", b"again"));
    server.signal(Signal::CONT).unwrap();
    next.expect_close(SOON).unwrap();
    let response = [b"\xae\x73\x03\x01\x00", &*message(b"a", b"again")].concat();
    assert_eq!(ask(address, &read(b"bob")), response);
    assert_eq!(server.stderr(), b"");
}

#[test]
fn g_6_no_name_can_forge_a_line() {
    let (mut server, address) = start();
    store(
        address,
        b"\x1b[2J\n",
        "\u{9b}\u{202e}\u{ff}".as_bytes(),
        b"x",
    );
    server.wait_line(SOON).unwrap();
    let line = server.wait_line(SOON).unwrap();
    let shown = "stored a message from \\x1b[2J\\n for \\x9b\\u{202e}ÿ";
    assert!(line.ends_with(shown), "{line}");
}
