//! Honest clients: they keep to the assignments, and check every byte that they receive.

use std::net::SocketAddr;
use std::thread::Scope;
use std::time::Duration;

use bench::Error;
use bench::load::Connection;

use crate::connect;
use crate::load::Load;

pub(crate) mod lab3;
mod mathserver;
pub(crate) mod server;
mod server_s;
pub(crate) mod tcp_server;
pub(crate) mod unread;

pub(crate) use mathserver::SECRET;

/// How long an honest client waits for anything. Behind a full backlog, a connection is tried
/// again after 1, 3, 7 and 15 seconds.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// What a client waits between two of its turns, so that all together connect some thousand times
/// a second at most.
const PAUSE: Duration = Duration::from_millis(5);

/// Clients of `tcp_server`, of `lab3` and of `mathserver` that are served concurrently.
const CLIENTS: usize = 3;

/// Starts all honest clients. They end by themselves when the load is over.
pub(crate) fn spawn<'scope>(scope: &'scope Scope<'scope, '_>, load: &'scope Load<'_>) {
    for _ in 0..CLIENTS {
        scope.spawn(|| tcp_server::keep_asking(load));
        scope.spawn(|| lab3::keep_telling(load));
        scope.spawn(|| mathserver::keep_adding(load));
    }
    scope.spawn(|| server::keep_writing_and_reading(load));
    scope.spawn(|| server_s::keep_taking_turns(load));
}

/// Connects as an honest client.
fn connect(address: SocketAddr) -> Result<Connection, Error> {
    let stream = connect::connect(address, TIMEOUT).map_err(Error::system("connecting"))?;
    Connection::new(stream, TIMEOUT)
}

/// What is to be checked when all clients have gone.
pub(crate) fn afterwards(load: &Load<'_>) {
    unread::read_back(load);
}
