//! What can go wrong while a program is watched or talked to.

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
pub enum Error {
    /// The program could not be started at all.
    Start {
        /// The command line, quoted for a shell.
        command: String,
        /// What the system said.
        error: io::Error,
    },
    /// The deadline passed.
    Deadline {
        /// What was waited for.
        wanted: String,
        /// How long.
        within: Duration,
        /// What was seen until then ([`Process::report`](crate::Process::report)).
        seen: String,
    },
    /// The process ended, or closed its output, so that what was waited for cannot come any more.
    Ended {
        /// What was waited for.
        wanted: String,
        /// How the process ended; `None` if it runs on with its output closed.
        exit: Option<Exit>,
        /// What was seen until then ([`Process::report`](crate::Process::report)).
        seen: String,
    },
    /// No connection to `address` came about.
    Connect {
        /// Whom to reach.
        address: SocketAddr,
        /// What the system said: refused, timed out, ...
        error: io::Error,
    },
    /// Something else happened on a connection than what was waited for.
    Peer {
        /// What was waited for.
        wanted: String,
        /// What happened instead.
        event: Event,
        /// The bytes that this wait received before it failed.
        received: Vec<u8>,
        /// The conversation until then ([`Peer::transcript`](crate::Peer::transcript)).
        seen: String,
    },
    /// A system call of the harness itself failed.
    System {
        /// What the harness was doing.
        doing: &'static str,
        /// What the system said.
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { command, error } => write!(f, "cannot start {command}: {error}"),
            Self::Deadline {
                wanted,
                within,
                seen,
            } => {
                write!(f, "waited {within:?} in vain for {wanted}\n{seen}")
            }
            Self::Ended {
                wanted,
                exit: Some(exit),
                seen,
            } => {
                write!(f, "ended with {exit} before {wanted}\n{seen}")
            }
            Self::Ended {
                wanted,
                exit: None,
                seen,
            } => {
                write!(f, "closed its output before {wanted}\n{seen}")
            }
            Self::Connect { address, error } => write!(f, "cannot connect to {address}: {error}"),
            Self::Peer {
                wanted,
                event,
                received,
                seen,
            } => {
                let count = received.len();
                write!(
                    f,
                    "wanted {wanted}, but {event}, after {count} bytes\n{seen}"
                )
            }
            Self::System { doing, error } => write!(f, "{doing}: {error}"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Start { error, .. }
            | Self::Connect { error, .. }
            | Self::System { error, .. } => Some(error),
            Self::Deadline { .. } | Self::Ended { .. } | Self::Peer { .. } => None,
        }
    }
}
