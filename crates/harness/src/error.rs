//! What can go wrong with a program or a connection.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::peer::Event;
use crate::process::Exit;

/// Why a wait or a conversation did not come to its end.
///
/// `Debug` prints the same as `Display`, so that `unwrap` in a test shows the whole evidence in
/// readable lines and not as one escaped string.
#[derive(thiserror::Error)]
pub enum Error {
    /// There is no such program, or it may not be run.
    #[error("cannot start {command}: {error}")]
    Start {
        /// The command line, quoted for a shell.
        command: String,
        /// The system's error.
        #[source]
        error: io::Error,
    },
    /// The deadline passed.
    #[error("waited {within:?} in vain for {expected}\n{seen}")]
    Deadline {
        /// What the harness waited for.
        expected: String,
        /// How long.
        within: Duration,
        /// What was seen until then ([`Process::report`](crate::Process::report)).
        seen: String,
    },
    /// The process ended, or closed its output, so that what the harness waited for cannot come
    /// any more.
    #[error("{} before {expected}\n{seen}", ending(*.exit))]
    Ended {
        /// What the harness waited for.
        expected: String,
        /// How the process ended; `None` if it runs on with its output closed.
        exit: Option<Exit>,
        /// What was seen until then ([`Process::report`](crate::Process::report)).
        seen: String,
    },
    /// The connection to `address` was not made.
    #[error("cannot connect to {address}: {error}")]
    Connect {
        /// Where to.
        address: SocketAddr,
        /// The system's error: refused, timed out, ...
        #[source]
        error: io::Error,
    },
    /// Something else happened on a connection than what was expected.
    #[error("expected {expected}, but {event}, after {} bytes\n{seen}", .received.len())]
    Peer {
        /// What was expected.
        expected: String,
        /// What happened instead.
        event: Event,
        /// The bytes that this wait received before it failed.
        received: Vec<u8>,
        /// The conversation until then ([`Peer::transcript`](crate::Peer::transcript)).
        seen: String,
    },
    /// The system refused something to the harness itself, the start of a process for want of
    /// memory or descriptors among them. No fault of the program.
    #[error("{doing}: {error}")]
    System {
        /// What the harness was doing.
        doing: &'static str,
        /// The system's error.
        #[source]
        error: io::Error,
    },
}

impl Error {
    /// For `map_err`: an [`Error::System`] from any kind of system error.
    pub(crate) fn system<E: Into<io::Error>>(doing: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::System {
            doing,
            error: error.into(),
        }
    }
}

fn ending(exit: Option<Exit>) -> String {
    match exit {
        Some(exit) => format!("ended with {exit}"),
        None => "closed its output".to_owned(),
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
