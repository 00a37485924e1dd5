//! Readers that do not take their messages, or take them slowly: nothing is lost (C-11).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use harness::{Peer, Signal};

use common::{NO_MESSAGES, SOON, ask, message, read, send, start, store};

/// How long the server waits for a reader that does nothing.
const SECOND: Duration = Duration::from_secs(1);

/// Stores so many messages of this length for bob, which differ. Returns how they are sent.
fn store_many(address: SocketAddr, count: u16, length: usize) -> Vec<Vec<u8>> {
    let texts = (0..count).map(|number| {
        let mut text = number.to_be_bytes().to_vec();
        text.resize(length, b'x');
        text
    });
    texts
        .map(|text| {
            store(address, b"alice", b"bob", &text);
            message(b"alice", &text)
        })
        .collect()
}

/// The response with these messages.
fn response(messages: &[Vec<u8>], more: u8) -> Vec<u8> {
    let items = u8::try_from(messages.len()).unwrap();
    [&[0xae, 0x73, 3, items, more], &*messages.concat()].concat()
}

/// The next response to bob that has messages: the server may not have noticed yet what became of
/// the reader before.
fn next_response(address: SocketAddr) -> Vec<u8> {
    let start = Instant::now();
    loop {
        let response = ask(address, &read(b"bob"));
        if response != NO_MESSAGES {
            return response;
        }
        assert!(start.elapsed() < SOON, "the messages are lost");
    }
}

/// A reader for bob, with room for few bytes, which takes nothing by itself.
fn reader(address: SocketAddr) -> Peer {
    let mut reader = Peer::connect(address).unwrap();
    reader.set_receive_buffer(8 << 10).unwrap();
    reader.send(&read(b"bob")).unwrap();
    reader
}

/// Waits until something of the response is there, and leaves it there.
fn wait_for_response(reader: &Peer) {
    assert_eq!(reader.stream().peek(&mut [0]).unwrap(), 1);
}

#[test]
fn c_11_a_reader_that_takes_nothing_and_leaves_loses_nothing() {
    type Leave = fn(Peer);
    let leaves: [(&str, Leave); 4] = [
        ("resets", |reader| {
            wait_for_response(&reader);
            drop(reader.reset().unwrap());
        }),
        ("closes", |reader| {
            wait_for_response(&reader);
            drop(reader);
        }),
        ("resets immediately", |reader| drop(reader.reset().unwrap())),
        ("closes immediately", drop),
    ];
    let (mut server, address) = start();
    store(address, b"alice", b"bob", b"hello");
    for (how, leave) in leaves {
        let reader = reader(address);
        let address = reader.local_address().to_string();
        leave(reader);
        let error = server.wait_error_line(SOON).unwrap();
        assert!(error.contains(&address), "{how}: {error}");
        // Reset early, it may have been one that has not sent a request.
        let kept = error.ends_with("; kept its messages (1)");
        assert!(kept || how == "resets immediately", "{how}: {error}");
    }
    let printed = String::from_utf8(server.stdout()).unwrap();
    assert_eq!(printed.matches("sent 1 message").count(), 0, "{printed}");
    let expected = response(&[message(b"alice", b"hello")], 0);
    assert_eq!(ask(address, &read(b"bob")), expected);
}

#[test]
fn c_11_many_readers_that_reset_after_100_bytes_lose_nothing() {
    let (_server, address) = start();
    let messages = store_many(address, 600, 3000);
    for _ in 0..10 {
        let readers = [(); 4].map(|()| reader(address));
        for mut reader in readers {
            reader.receive_exactly(5, SOON).unwrap();
            // The last may be a reader without messages.
            let _ = reader.receive_exactly(95, SOON);
            reader.reset().unwrap();
        }
    }
    // In order, as soon as all have been put back.
    let start = Instant::now();
    while next_response_is_not(address, &response(&messages[..255], 1)) {
        assert!(start.elapsed() < SOON, "messages are lost");
    }
    assert!(ask(address, &read(b"bob")) == response(&messages[255..510], 1));
    assert!(ask(address, &read(b"bob")) == response(&messages[510..], 0));
}

/// Whether something else comes than this; it is reset then.
fn next_response_is_not(address: SocketAddr, expected: &[u8]) -> bool {
    let mut reader = send(address, &read(b"bob"));
    let received = reader.receive_exactly(5 + 3 + 5 + 2, SOON);
    if received.is_ok_and(|start| expected.starts_with(&start)) {
        let rest = reader.receive_to_end(SOON).unwrap();
        return expected[5 + 3 + 5 + 2..] != rest;
    }
    let _ = reader.reset();
    true
}

#[test]
fn c_11_a_reader_that_has_taken_a_part_for_a_second_gets_a_reset_and_loses_nothing() {
    let (mut server, address) = start();
    // Less than the system takes over of a response.
    let messages = store_many(address, 100, 1000);
    let start = Instant::now();
    let mut reader = reader(address);
    reader.receive_exactly(2000, SOON).unwrap();
    let error = server.wait_error_line(SOON).unwrap();
    assert!(
        error
            .ends_with(": the client took nothing of the response for 1s; kept its messages (100)"),
        "{error}"
    );
    assert!(start.elapsed() >= SECOND && start.elapsed() < 3 * SECOND);
    // It cannot take a part for the whole.
    reader.receive_to_end(SOON).unwrap_err();
    assert!(next_response(address) == response(&messages, 0));
}

#[test]
fn c_11_a_reader_that_has_taken_everything_and_stays_has_read_it() {
    let (mut server, address) = start();
    let messages = store_many(address, 1, 1000);
    for _ in 0..2 {
        server.wait_line(SOON).unwrap();
    }
    let start = Instant::now();
    let mut staying = send(address, &read(b"bob"));
    assert_eq!(
        staying.receive_to_end(SOON).unwrap(),
        response(&messages, 0)
    );

    // Nobody waits for it, and a second reader does not get the same messages.
    store(address, b"carol", b"bob", b"meanwhile");
    let meanwhile = response(&[message(b"carol", b"meanwhile")], 0);
    assert_eq!(ask(address, &read(b"bob")), meanwhile);
    assert!(start.elapsed() < SECOND, "{:?}", start.elapsed());

    let sent = format!("{} sent 1 message to bob", staying.local_address());
    while server.wait_line(SOON).unwrap() != sent {}
    assert!(start.elapsed() >= SECOND && start.elapsed() < 3 * SECOND);
    assert_eq!(ask(address, &read(b"bob")), NO_MESSAGES);
    assert_eq!(server.stderr(), b"");
}

#[test]
fn c_11_a_slow_reader_gets_everything_and_delays_nobody() {
    let (server, address) = start();
    let messages = store_many(address, 255, 1000);
    let mut slow = reader(address);
    let start = Instant::now();
    let mut received = Vec::new();
    let expected = response(&messages, 0);
    while let rest @ 1.. = expected.len() - received.len() {
        received.extend(slow.receive_exactly(rest.min(4000), SOON).unwrap());
        assert_eq!(ask(address, &read(b"carol")), NO_MESSAGES);
        // Slow to take, not slow to be served.
        thread::sleep(Duration::from_millis(30));
    }
    assert!(received == expected);
    assert!(start.elapsed() > SECOND, "{:?}", start.elapsed());
    slow.expect_close(SOON).unwrap();
    drop(slow);
    let sent = |printed: &[u8]| printed.ends_with(b" sent 255 messages to bob\n");
    server.wait_stdout(sent, SOON).unwrap();
    assert_eq!(ask(address, &read(b"bob")), NO_MESSAGES);
    assert_eq!(server.stderr(), b"");
}

#[test]
fn c_11_a_reader_of_a_server_that_was_suspended_gets_everything() {
    let (server, address) = start();
    // More than the system takes over of a response.
    let messages = store_many(address, 255, 60_000);
    let mut reader = send(address, &read(b"bob"));
    let expected = response(&messages, 0);
    let mut received = reader.receive_exactly(5, SOON).unwrap();
    server.signal(Signal::STOP).unwrap();
    let start = Instant::now();
    received.extend(reader.receive_exactly(100_000, SOON).unwrap());
    thread::sleep((SECOND + SECOND / 2).saturating_sub(start.elapsed()));
    server.signal(Signal::CONT).unwrap();
    received.extend(reader.receive_to_end(SOON).unwrap());
    assert!(received == expected);
    assert_eq!(server.stderr(), b"");
}
