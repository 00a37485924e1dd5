//! `accio` and the servers that it meets, for the tests beside this folder.
#![allow(dead_code, clippy::unwrap_used)]

use std::fs::File;
use std::io::{Seek, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use harness::{Exit, Finished, Input, Listener, Peer, Process, Program};
use net::Shutdown;
use server_s::session::{self, count_file};

/// For what happens at once, with room for a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(8);

pub(crate) const COMMAND: &[u8] = b"accio\r\n";
pub(crate) const FIRST: &[u8] = b"confirm-accio\r\n";
pub(crate) const SECOND: &[u8] = b"confirm-accio-again\r\n\r\n";

pub(crate) fn accio() -> Program {
    Program::new(env!("CARGO_BIN_EXE_accio"))
}

/// `accio` for the file that standard input is, perhaps with options.
pub(crate) fn sending(file: File, address: SocketAddr, options: &[&str]) -> Program {
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    accio()
        .args(options)
        .args([&host, &port, "-"])
        .stdin(Input::File(file))
}

/// A file of these bytes that nobody sees.
pub(crate) fn file_of(bytes: &[u8]) -> File {
    let path = std::env::temp_dir().join(format!(
        "accio-test-{}-{:?}",
        std::process::id(),
        thread::current().id()
    ));
    let mut file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)
        .unwrap();
    std::fs::remove_file(path).unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

/// `server-s` within the test. Dropped, it is shut down.
pub(crate) struct Counter {
    pub(crate) address: SocketAddr,
    counts: Receiver<Result<u64, session::Error>>,
    shutdown: Shutdown,
}

impl Counter {
    pub(crate) fn start() -> Self {
        let listener = net::listen(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0), 10).unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, counts) = mpsc::channel();
        let shutdown = Shutdown::new();
        thread::spawn({
            let shutdown = shutdown.clone();
            move || {
                net::serve(listener, &shutdown, 1, move |connection| {
                    // Nobody asks any more when the test has failed.
                    let _ = sender.send(count_file(connection));
                });
            }
        });
        Self {
            address,
            counts,
            shutdown,
        }
    }

    /// What the server would print about the next client.
    pub(crate) fn next(&self) -> Result<u64, session::Error> {
        self.counts.recv_timeout(SOON).unwrap()
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}

/// A server of literal bytes: accepts `accio` and has it confirm twice.
pub(crate) fn accept(listener: &Listener, process: &Process) -> Peer {
    let mut server = listener.accept_from(process, SOON).unwrap();
    for confirmation in [FIRST, SECOND] {
        server.send(COMMAND).unwrap();
        let received = server.receive_exactly(confirmation.len(), SOON).unwrap();
        assert_eq!(received, confirmation);
    }
    server
}

/// That all went well, silently.
pub(crate) fn expect_success(finished: &Finished) {
    assert_eq!(finished.exit, Exit::Status(0), "{finished:?}");
    assert_eq!(finished.stdout, b"");
    assert_eq!(String::from_utf8_lossy(&finished.stderr), "");
}

/// That the process ends with `status` and this one message, and prints nothing.
pub(crate) fn expect_failure(process: &Process, status: i32, message: &str) {
    let exit = process.wait_exit(SOON).unwrap();
    let said = String::from_utf8(process.stderr()).unwrap();
    assert_eq!(said, format!("ERROR: {message}\n"));
    assert_eq!(exit, Exit::Status(status));
    assert_eq!(process.stdout(), b"");
}
