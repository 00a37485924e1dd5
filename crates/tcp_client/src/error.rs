use std::ffi::OsString;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use cli::{Failure, OutputError};
use net::{ConnectError, ResolveError};
use proto::action::Truncated;

use crate::UsageError;

/// Why not every request got its answer, or not every line was a request.
#[derive(Debug)]
pub enum Error {
    /// The program was called in a wrong way.
    Usage(UsageError),
    /// The file of requests cannot be opened or read.
    File {
        /// The file as it was given; `-` is standard input.
        file: OsString,
        /// What the system said.
        error: io::Error,
    },
    /// The host has no address.
    Resolve(ResolveError),
    /// No address accepted the connection.
    Connect(ConnectError),
    /// The system has no room for another thread or descriptor.
    System(io::Error),
    /// The server did not answer as it should (TC-4).
    Server {
        /// The server's address.
        server: SocketAddr,
        /// What it did.
        error: ServerError,
        /// Answers that came in full.
        answers: u64,
        /// Requests that were sent, or about to be.
        requests: u64,
    },
    /// The answers could not be printed.
    Output(OutputError),
    /// Some lines are no requests, and were reported one by one (TC-3).
    Lines {
        /// How many.
        skipped: u64,
    },
}

/// What a server did instead of answering (TC-4).
#[derive(Debug)]
pub enum ServerError {
    /// It closed the connection between two answers.
    ClosedEarly,
    /// It closed the connection inside an answer.
    Truncated(Truncated),
    /// It answered what was not asked.
    TooManyAnswers,
    /// It neither sent nor took anything.
    Silent {
        /// For at least so long.
        timeout: Duration,
    },
    /// The connection broke.
    Lost(net::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => write!(f, "{error}"),
            Self::File { file, error } => {
                write!(
                    f,
                    "cannot read \"{}\": {error}",
                    cli::escape(file.as_bytes())
                )
            }
            Self::Resolve(error) => write!(f, "{error}"),
            Self::Connect(error) => write!(f, "{error}"),
            Self::System(error) => write!(f, "cannot send and receive at the same time: {error}"),
            Self::Server {
                server,
                error,
                answers,
                requests,
            } => {
                write!(
                    f,
                    "{server} {error}; {answers} answers to {requests} requests came"
                )
            }
            Self::Output(error) => write!(f, "{error}"),
            Self::Lines { skipped } => write!(f, "lines skipped: {skipped}; the others were sent"),
        }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClosedEarly => write!(f, "closed the connection early"),
            Self::Truncated(error) => write!(f, "closed the connection inside an answer: {error}"),
            Self::TooManyAnswers => write!(f, "answered more than it was asked"),
            Self::Silent { timeout } => {
                write!(f, "was silent for {} seconds", timeout.as_secs())
            }
            Self::Lost(error) => write!(f, "broke the connection: {error}"),
        }
    }
}

impl std::error::Error for ServerError {}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Usage(error) => Some(error),
            Self::File { error, .. } | Self::System(error) => Some(error),
            Self::Resolve(error) => Some(error),
            Self::Connect(error) => Some(error),
            Self::Server { error, .. } => Some(error),
            Self::Output(error) => Some(error),
            Self::Lines { .. } => None,
        }
    }
}

impl Failure for Error {
    fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => cli::STATUS_USAGE,
            Self::Output(error) => error.status(),
            _ => cli::STATUS_RUN,
        }
    }
}
