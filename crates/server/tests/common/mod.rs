//! What the tests of the server share: starting it, and requests as literal bytes.

#![allow(dead_code, reason = "each test file uses some of it")]

use std::net::SocketAddr;
use std::time::Duration;

use harness::{Peer, Process, Program, start_server};

/// Far more than anything here takes; only a failure waits as long.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// The response to a reader for whom nothing is stored.
pub(crate) const NO_MESSAGES: &[u8] = b"\xae\x73\x03\x00\x00";

pub(crate) fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_server"))
}

pub(crate) fn start() -> (Process, SocketAddr) {
    start_as(|program| program)
}

/// Starts the server with something else changed than its port.
pub(crate) fn start_as(change: impl Fn(Program) -> Program) -> (Process, SocketAddr) {
    start_server(SOON, |port| change(program()).arg(port.to_string())).unwrap()
}

pub(crate) fn read(name: &[u8]) -> Vec<u8> {
    let length = u8::try_from(name.len()).unwrap();
    [&[0xae, 0x73, 1, length, 0, 0, 0], name].concat()
}

pub(crate) fn create(sender: &[u8], receiver: &[u8], text: &[u8]) -> Vec<u8> {
    let sender_length = u8::try_from(sender.len()).unwrap();
    let receiver_length = u8::try_from(receiver.len()).unwrap();
    let [high, low] = u16::try_from(text.len()).unwrap().to_be_bytes();
    let header = [0xae, 0x73, 2, sender_length, receiver_length, high, low];
    [&header, sender, receiver, text].concat()
}

/// A message as a response carries it.
pub(crate) fn message(sender: &[u8], text: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(text.len()).unwrap().to_be_bytes();
    let header = [u8::try_from(sender.len()).unwrap(), high, low];
    [&header, sender, text].concat()
}

/// Sends a request; the connection stays open.
pub(crate) fn send(address: SocketAddr, request: &[u8]) -> Peer {
    let mut peer = Peer::connect(address).unwrap();
    peer.send(request).unwrap();
    peer
}

/// Sends a request and returns all that comes until the server closes.
pub(crate) fn ask(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    send(address, request).receive_to_end(SOON).unwrap()
}

/// Stores a message; when this returns, it is stored.
pub(crate) fn store(address: SocketAddr, sender: &[u8], receiver: &[u8], text: &[u8]) {
    assert_eq!(ask(address, &create(sender, receiver, text)), b"");
}
