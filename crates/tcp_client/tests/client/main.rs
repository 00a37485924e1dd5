//! The program as a process, over loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use harness::{Finished, Input, Program};
use net::Shutdown;

mod command_line;
mod conversation;
mod liars;

/// Longer than anything here takes on a busy machine.
const SOON: Duration = Duration::from_secs(30);

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_tcp_client"))
}

/// The client of the server at `address`, for the requests on its standard input.
fn client_of(address: SocketAddr) -> Program {
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    program().args(["-h", &host, "-p", &port, "-"])
}

fn send(address: SocketAddr, lines: &[u8]) -> Finished {
    client_of(address)
        .stdin(Input::Bytes(lines.to_vec()))
        .run(SOON)
        .unwrap()
}

/// A `tcp_server` in a thread of the test; dropped, it is shut down and waited for.
struct Server {
    address: SocketAddr,
    shutdown: Shutdown,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start() -> Self {
        let listener = net::listen(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0), 10).unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        let thread = thread::spawn({
            let shutdown = shutdown.clone();
            move || tcp_server::serve(listener, &shutdown)
        });
        Self {
            address,
            shutdown,
            thread: Some(thread),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.request();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
