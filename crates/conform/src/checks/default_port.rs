//! Fixed ports: the default ports of programs, and the first and the last one that an assignment
//! allows. Only one program at a time can listen on such a port, while checks run concurrently.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use harness::Input;

use crate::{Arguments, Problem, Trial};

/// The port of the text server, which its client uses too.
pub(super) const DEFAULT_PORT: u16 = 8083;

/// Waits until no program listens on a port, and keeps other checks off it until the guard is
/// dropped, also those of other runs: the guard is the UDP port of the same number, which only one
/// process can bind.
pub(super) fn reserve(port: u16) -> Result<UdpSocket, Problem> {
    const TIMEOUT: Duration = Duration::from_secs(20);
    let start = Instant::now();
    loop {
        if let Some(guard) = try_reserve(port) {
            return Ok(guard);
        }
        if start.elapsed() > TIMEOUT {
            let reason = format!("another program uses the port {port}");
            return Err(Problem::trouble(reason));
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// The same, if that is possible now.
pub(crate) fn try_reserve(port: u16) -> Option<UdpSocket> {
    let guard = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
    harness::listening_on(port).is_empty().then_some(guard)
}

/// Starts the server with arguments that should make it listen on such a port, waits until it does,
/// and returns the addresses at which it listens.
pub(super) fn listens_on(
    trial: &mut Trial<'_>,
    arguments: &Arguments,
    port: u16,
) -> Result<Vec<SocketAddr>, Problem> {
    trial.may_choose_arguments()?;
    let _guard = reserve(port)?;
    // There is no connection to it: after one, a server without SO_REUSEADDR could not use the port
    // for a while.
    trial.start(arguments, Input::Pipe)?;
    let listens = trial.wait_listening(port);
    let addresses = trial.process()?.listening();
    // Nothing of it may be left when another check wants the port.
    trial.process()?.kill_tree()?;
    listens.map(|_| addresses)
}
