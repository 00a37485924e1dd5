//! What `accio` says at its ten-second limits, side by side.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::thread;
use std::time::{Duration, Instant};

use common::*;
use harness::{Listener, Process};

/// That the process ends with this message.
fn expect_end(process: &Process, message: &str) {
    process.wait_exit(Duration::from_secs(20)).unwrap();
    expect_failure(process, 1, message);
}

#[test]
fn ac_2_what_took_too_long_is_said() {
    thread::scope(|scope| {
        scope.spawn(nobody_answers);
        for said in [&b""[..], b"acc", b"accio\r\n", b"accio\r\naccio\r"] {
            scope.spawn(move || command_is_not_whole(said));
        }
        scope.spawn(nothing_is_taken);
        scope.spawn(server_does_not_close);
    });
}

fn nobody_answers() {
    let listener = Listener::unanswering().unwrap();
    let address = listener.address();
    let process = sending(file_of(b"file"), address, &[]).start().unwrap();
    let message = format!("cannot connect to {address}: no answer in time");
    expect_end(&process, &message);
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
    server.send(said).unwrap();
    expect_end(&process, &no_command(&listener));
}

fn nothing_is_taken() {
    let listener = Listener::new().unwrap();
    let file = file_of(&vec![b'x'; 30_000_000]);
    let process = sending(file, listener.address(), &[]).start().unwrap();
    let _server = accept(&listener, &process);
    let message = format!(
        "{}: the server took nothing of the file for 10 seconds",
        listener.address()
    );
    expect_end(&process, &message);
}

fn server_does_not_close() {
    let listener = Listener::new().unwrap();
    let process = sending(file_of(b"file"), listener.address(), &[])
        .start()
        .unwrap();
    let mut server = accept(&listener, &process);
    assert_eq!(server.receive_to_end(SOON).unwrap(), b"file");
    let start = Instant::now();
    let message = format!(
        "{}: the server did not close within 10 seconds after the file; \
         perhaps the server did not receive all of it",
        listener.address()
    );
    expect_end(&process, &message);
    let took = start.elapsed();
    assert!(took < Duration::from_secs(12), "took {took:?}");
}
