//! The ten-second limits of `accio`, side by side.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::thread;
use std::time::{Duration, Instant};

use common::*;
use harness::{Exit, Listener, Peer, Process};

const SECOND_LONG: Duration = Duration::from_secs(1);

/// That the process ends with this message, ten seconds after `since`.
fn expect_end_after_ten(process: &Process, since: Instant, message: &str) {
    process.wait_exit(Duration::from_secs(20)).unwrap();
    let took = since.elapsed();
    expect_failure(process, 1, message);
    assert!(
        (Duration::from_millis(9900)..Duration::from_secs(12)).contains(&took),
        "{message} after {took:?}"
    );
}

#[test]
fn ac_2_each_limit_is_ten_seconds() {
    thread::scope(|scope| {
        scope.spawn(nobody_answers);
        for said in [&b""[..], b"acc", b"accio\r\n", b"accio\r\naccio\r"] {
            scope.spawn(move || command_is_not_whole(said));
        }
        scope.spawn(command_comes_too_slowly);
        scope.spawn(nothing_is_taken);
        scope.spawn(server_does_not_close);
        scope.spawn(slow_server_is_waited_for);
    });
}

fn nobody_answers() {
    // A queue of one that is full: whoever connects gets no answer.
    let listener = net::listen(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0), 0).unwrap();
    let address = listener.local_addr().unwrap();
    let _first = Peer::connect(address).unwrap();
    let start = Instant::now();
    let process = sending(file_of(b"file"), address, &[]).start().unwrap();
    let message = format!("cannot connect to {address}: no answer in time");
    expect_end_after_ten(&process, start, &message);
}

fn no_command(listener: &Listener) -> String {
    format!(
        "{}: no whole accio command within 10 seconds; is an accio server there, \
         and not busy with another client?",
        listener.address()
    )
}

fn command_is_not_whole(said: &[u8]) {
    let listener = Listener::new().unwrap();
    let process = sending(file_of(b"file"), listener.address(), &[])
        .start()
        .unwrap();
    let mut server = listener.accept_from(&process, SOON).unwrap();
    let start = Instant::now();
    server.send(said).unwrap();
    expect_end_after_ten(&process, start, &no_command(&listener));
}

/// A byte every two seconds: the limit is one for the whole command.
fn command_comes_too_slowly() {
    let listener = Listener::new().unwrap();
    let process = sending(file_of(b"file"), listener.address(), &[])
        .start()
        .unwrap();
    let mut server = listener.accept_from(&process, SOON).unwrap();
    let start = Instant::now();
    for byte in COMMAND.chunks(1).take(5) {
        server.send(byte).unwrap();
        server
            .expect_silence(2 * SECOND_LONG - SECOND_LONG / 10)
            .unwrap();
    }
    expect_end_after_ten(&process, start, &no_command(&listener));
}

fn nothing_is_taken() {
    let listener = Listener::new().unwrap();
    let file = file_of(&vec![b'x'; 30_000_000]);
    let process = sending(file, listener.address(), &[]).start().unwrap();
    let _server = accept(&listener, &process);
    let start = Instant::now();
    let message = format!(
        "{}: the server took nothing of the file for 10 seconds",
        listener.address()
    );
    expect_end_after_ten(&process, start, &message);
}

fn server_does_not_close() {
    let listener = Listener::new().unwrap();
    let process = sending(file_of(b"file"), listener.address(), &[])
        .start()
        .unwrap();
    let mut server = accept(&listener, &process);
    let start = Instant::now();
    assert_eq!(server.receive_to_end(SOON).unwrap(), b"file");
    let message = format!(
        "{}: the server did not close within 10 seconds after the file; \
         perhaps it did not receive all of it",
        listener.address()
    );
    expect_end_after_ten(&process, start, &message);
}

/// A server that takes a little now and then, less than what makes a connection writable, is not
/// given up, and gets every byte.
fn slow_server_is_waited_for() {
    const LENGTH: usize = 30_000_000;
    let listener = Listener::new().unwrap();
    let file = file_of(&vec![b'x'; LENGTH]);
    let process = sending(file, listener.address(), &[]).start().unwrap();
    let mut server = accept(&listener, &process);
    let mut received = 0;
    for _ in 0..4 {
        assert!(process.wait_exit(4 * SECOND_LONG).is_err(), "{process:?}");
        received += server.receive_exactly(200_000, SOON).unwrap().len();
    }
    let mut rest = Vec::new();
    received += server.stream().read_to_end(&mut rest).unwrap();
    assert_eq!(received, LENGTH);
    drop(server);
    assert_eq!(
        process.wait_exit(SOON).unwrap(),
        Exit::Status(0),
        "{process:?}"
    );
}
