//! Concurrent clients, and those that fail while they are served.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use harness::{Peer, Process};

use common::{NO_MESSAGES, SOON, ask, message, read, start, store};

/// More messages for bob than the system takes over for a reader that takes nothing; all differ.
/// Returns how a response carries them.
fn store_much(address: SocketAddr) -> Vec<u8> {
    let mut messages = Vec::new();
    for number in 0..255_u8 {
        let text = vec![number; 65_535];
        store(address, b"alice", b"bob", &text);
        messages.extend(message(b"alice", &text));
    }
    messages
}

/// A reader that will take nothing for now: all of bob's messages are on their way to it.
fn stalled_reader(address: SocketAddr) -> Peer {
    let mut reader = Peer::connect(address).unwrap();
    reader.set_receive_buffer(64 << 10).unwrap();
    reader.send(&read(b"bob")).unwrap();
    // From here on the server has taken the messages.
    reader.receive_exactly(5, SOON).unwrap();
    reader
}

/// What bob is sent now.
fn read_bob(address: SocketAddr) -> Vec<u8> {
    ask(address, &read(b"bob"))
}

fn wait_for_error(server: &mut Process, cause: &str) {
    let error = server.wait_error_line(SOON).unwrap();
    assert!(
        error.contains(cause) && error.ends_with("; kept its messages (255)"),
        "{error}"
    );
}

#[test]
fn c_11_a_reader_that_takes_nothing_for_a_second_loses_nothing() {
    let (mut server, address) = start();
    let messages = store_much(address);
    let start = Instant::now();
    let reader = stalled_reader(address);

    // A second read meanwhile gets what else is stored.
    assert_eq!(read_bob(address), NO_MESSAGES);
    store(address, b"carol", b"bob", b"meanwhile");
    let meanwhile = [
        b"\xae\x73\x03\x01\x00",
        &message(b"carol", b"meanwhile")[..],
    ]
    .concat();
    assert_eq!(read_bob(address), meanwhile);
    store(address, b"carol", b"bob", b"after");

    wait_for_error(
        &mut server,
        "the client took nothing of the response for 1s",
    );
    let waited = start.elapsed();
    assert!(
        waited >= Duration::from_secs(1) && waited < Duration::from_secs(4),
        "{waited:?}"
    );
    drop(reader);
    // In front, and in order.
    let response = [b"\xae\x73\x03\xff\x01", &messages[..]].concat();
    assert!(read_bob(address) == response);
    let after = [b"\xae\x73\x03\x01\x00", &message(b"carol", b"after")[..]].concat();
    assert_eq!(read_bob(address), after);
}

#[test]
fn c_13_creators_and_readers_concurrently_lose_and_double_nothing() {
    const CREATORS: u8 = 8;
    const EACH: u8 = 100;
    let (server, address) = start();
    let received = thread::scope(|scope| {
        for creator in 0..CREATORS {
            scope.spawn(move || {
                for number in 0..EACH {
                    store(address, b"a", b"bob", &[creator, number]);
                }
            });
        }
        let readers: Vec<_> = (0..2)
            .map(|_| scope.spawn(move || read_until_all(address)))
            .collect();
        readers
            .into_iter()
            .map(|reader| reader.join().unwrap())
            .collect::<Vec<_>>()
    });

    let mut all = received.concat();
    all.extend(texts(&read_bob(address)));
    all.sort_unstable();
    let stored = (0..CREATORS).flat_map(|creator| (0..EACH).map(move |number| [creator, number]));
    assert!(all.iter().copied().eq(stored), "{} messages", all.len());
    // What one reader got of one creator came in order.
    for (reader, creator) in received
        .iter()
        .flat_map(|reader| (0..CREATORS).map(move |c| (reader, c)))
    {
        assert!(reader.iter().filter(|text| text[0] == creator).is_sorted());
    }
    assert_eq!(server.stderr(), b"");
}

/// Reads for bob until nothing has come for a while.
fn read_until_all(address: SocketAddr) -> Vec<[u8; 2]> {
    let mut received = Vec::new();
    let mut quiet = 0;
    while quiet < 200 {
        let texts = texts(&read_bob(address));
        quiet = if texts.is_empty() { quiet + 1 } else { 0 };
        received.extend(texts);
    }
    received
}

/// The texts of two bytes of a response whose senders have one.
fn texts(response: &[u8]) -> Vec<[u8; 2]> {
    let messages = response[5..].chunks(6);
    messages
        .map(|message| message[4..].try_into().unwrap())
        .collect()
}
