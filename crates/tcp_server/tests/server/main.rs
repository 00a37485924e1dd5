//! The program as a process, over loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use harness::{Peer, Process, Program, start_server};

mod command_line;
mod connections;
mod large;
mod memory;
mod shutdown;

/// Longer than anything here takes on a busy machine.
const SOON: Duration = Duration::from_secs(20);

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_tcp_server"))
}

fn start() -> (Process, SocketAddr) {
    start_server(SOON, |port| program().args(["-p", &port.to_string()])).unwrap()
}

fn connect(address: SocketAddr) -> Peer {
    Peer::connect(address).unwrap()
}

fn request(code: u8, data: &[u8]) -> Vec<u8> {
    let word = u32::from(code) << 27 | u32::try_from(data.len()).unwrap();
    [&word.to_be_bytes(), data].concat()
}

fn response(data: &[u8]) -> Vec<u8> {
    [&u32::try_from(data.len()).unwrap().to_be_bytes(), data].concat()
}

/// The client is served: this is the probe that shows it.
fn assert_served(peer: &mut Peer) {
    peer.send(b"\x08\0\0\x05hello").unwrap();
    assert_eq!(peer.receive_exactly(9, SOON).unwrap(), b"\0\0\0\x05HELLO");
}

/// Looks every few milliseconds until it is so.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < SOON, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
