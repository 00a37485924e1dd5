//! A running `server-s` and its clients, for the tests beside this folder.
#![allow(dead_code, clippy::unwrap_used)]

use std::net::SocketAddr;
use std::time::Duration;

use harness::{Peer, Process, Program, start_server};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_server-s");

/// For what happens at once, with room for a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(8);

pub(crate) const COMMAND: &[u8] = b"accio\r\n";
pub(crate) const FIRST: &[u8] = b"confirm-accio\r\n";
pub(crate) const SECOND: &[u8] = b"confirm-accio-again\r\n\r\n";
pub(crate) const HEADER: &[u8] = b"confirm-accio\r\nconfirm-accio-again\r\n\r\n";

pub(crate) fn start() -> (Process, SocketAddr) {
    start_as(|program| program)
}

pub(crate) fn start_as(change: impl Fn(Program) -> Program) -> (Process, SocketAddr) {
    start_server(SOON, |port| {
        change(Program::new(BINARY).arg(port.to_string()))
    })
    .unwrap()
}

/// A client that was served up to where its file is expected.
pub(crate) fn shake_hands(address: SocketAddr) -> Peer {
    let mut client = Peer::connect(address).unwrap();
    expect_command(&mut client);
    client.send(FIRST).unwrap();
    expect_command(&mut client);
    client.send(SECOND).unwrap();
    client
}

pub(crate) fn expect_command(client: &mut Peer) {
    assert_eq!(client.receive_exactly(7, SOON).unwrap(), COMMAND);
}

/// Ends a file and waits until the server has closed too.
pub(crate) fn end_file(mut client: Peer) {
    client.shutdown_write().unwrap();
    client.expect_close(SOON).unwrap();
}

pub(crate) fn send_file(address: SocketAddr, file: &[u8]) {
    let mut client = shake_hands(address);
    client.send(file).unwrap();
    end_file(client);
}

/// That the server serves the next client, and prints its number and nothing before it.
pub(crate) fn expect_served(server: &mut Process, address: SocketAddr) {
    send_file(address, b"hello");
    assert_eq!(server.wait_line(SOON).unwrap(), "5");
}

/// That the server prints `ERROR`, and on standard error why, naming the client.
pub(crate) fn expect_error(server: &mut Process, client: SocketAddr, reason: &str) {
    assert_eq!(server.wait_line(SOON).unwrap(), "ERROR");
    let line = server.wait_error_line(SOON).unwrap();
    assert_eq!(line, format!("ERROR: {client}: {reason}"));
}
