//! Requests are performed in the order in which they are completed (C-13).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use harness::{Peer, Signal};

use common::{NO_MESSAGES, SOON, ask, create, message, read, send, start, store};

/// Reads the messages of alice for bob: their texts are these numbers, in this order.
fn assert_stored(address: SocketAddr, numbers: impl Iterator<Item = u32>) {
    let messages: Vec<_> = numbers
        .map(|number| message(b"alice", &number.to_be_bytes()))
        .collect();
    let items = u8::try_from(messages.len()).unwrap();
    let response = [&[0xae, 0x73, 3, items, 0], &*messages.concat()].concat();
    assert_eq!(ask(address, &read(b"bob")), response);
}

fn numbered(number: u32) -> Vec<u8> {
    create(b"alice", b"bob", &number.to_be_bytes())
}

#[test]
fn c_13_a_request_that_is_completed_before_the_next_client_connects_comes_first() {
    let (mut server, address) = start();
    for _ in 0..200 {
        // The first is completed by a client that has been waited for, in two pieces; the second
        // comes whole, on a connection made after that.
        let mut first = send(address, b"");
        while !server.wait_line(SOON).unwrap().ends_with(" connected") {}
        let request = numbered(1);
        first.send(&request[..9]).unwrap();
        first.send(&request[9..]).unwrap();
        let mut second = send(address, &numbered(2));
        second.expect_close(SOON).unwrap();
        first.expect_close(SOON).unwrap();
        assert_stored(address, 1..=2);
        // All lines of this round.
        while !server.wait_line(SOON).unwrap().contains("sent 2") {}
    }
}

/// Runs `work` on a machine whose processors have other work, too.
fn on_a_busy_machine(work: impl FnOnce()) {
    let done = AtomicBool::new(false);
    let processors = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..2 * processors {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        // Also when it fails.
        let _done = Done(&done);
        work();
    });
}

struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn c_13_creates_are_stored_in_order_beside_busy_threads() {
    let (_server, address) = start();
    on_a_busy_machine(|| {
        for _ in 0..30 {
            // Nobody waits for the server.
            let clients: Vec<_> = (0..200).map(|n| send(address, &numbered(n))).collect();
            for mut client in clients {
                client.expect_close(SOON).unwrap();
            }
            assert_stored(address, 0..200);
        }
    });
}

#[test]
fn c_13_creates_are_stored_in_the_order_of_their_last_bytes() {
    let (mut server, address) = start();
    let connect = |_| -> Peer { send(address, &numbered(0)[..9]) };
    on_a_busy_machine(|| {
        for _ in 0..10 {
            let mut clients: Vec<_> = (0..100).map(connect).collect();
            for _ in &clients {
                while !server.wait_line(SOON).unwrap().ends_with(" connected") {}
            }
            // Against the order in which they connected.
            for (number, client) in (0..).zip(clients.iter_mut().rev()) {
                client.send(&numbered(number)[9..]).unwrap();
            }
            for client in &mut clients {
                client.expect_close(SOON).unwrap();
            }
            assert_stored(address, 0..100);
            while !server.wait_line(SOON).unwrap().contains("sent 100") {}
        }
    });
}

#[test]
fn c_7_c_13_after_a_suspension_the_order_is_that_of_completion_too() {
    // More than the server learns of at a time.
    const CLIENTS: u32 = 300;
    let (server, address) = start();
    let start = Instant::now();
    let mut clients: Vec<_> = (0..CLIENTS)
        .map(|_| send(address, &numbered(0)[..9]))
        .collect();
    let lines = |printed: &[u8]| printed.iter().filter(|byte| **byte == b'\n').count();
    let connected = |printed: &[u8]| lines(printed) == CLIENTS as usize;
    server.wait_stdout(connected, SOON).unwrap();
    server.signal(Signal::STOP).unwrap();
    // Against the order in which they connected, and so in which their time is over.
    for (number, client) in (0..).zip(clients.iter_mut().rev()) {
        client.send(&numbered(number)[9..]).unwrap();
    }
    let over = Duration::from_millis(1100);
    thread::sleep(over.saturating_sub(start.elapsed()));
    server.signal(Signal::CONT).unwrap();
    for client in &mut clients {
        client.expect_close(SOON).unwrap();
    }
    assert_eq!(server.stderr(), b"");
    let stored = [ask(address, &read(b"bob")), ask(address, &read(b"bob"))];
    let messages = |numbers: std::ops::Range<u32>| {
        numbers.flat_map(|number| message(b"alice", &number.to_be_bytes()))
    };
    assert!(stored[0][5..].iter().copied().eq(messages(0..255)));
    assert!(stored[1][5..].iter().copied().eq(messages(255..CLIENTS)));
}

#[test]
fn c_13_silent_clients_take_no_threads_and_delay_nobody() {
    let (server, address) = start();
    store(address, b"alice", b"bob", &1_u32.to_be_bytes());
    let threads = server.threads().unwrap();
    let silent: Vec<_> = (0..500).map(|_| send(address, b"")).collect();
    assert_stored(address, 1..=1);
    assert_eq!(server.threads().unwrap(), threads);
    // None of them has been given up.
    assert_eq!(server.stderr(), b"");
    drop(silent);
    assert_eq!(ask(address, &read(b"bob")), NO_MESSAGES);
}
