use std::fmt;

use cli::{Failure, OutputError};
use net::{ConnectError, ResolveError};

use crate::arguments::USAGE;
use crate::{ServerError, UsageError};

/// Why the client ended early.
#[derive(Debug)]
pub enum Error {
    /// The program was called in a wrong way.
    Usage(UsageError),
    /// The host has no address.
    Resolve(ResolveError),
    /// No address accepted the connection.
    Connect(ConnectError),
    /// The server did not give an id, or no reply.
    Server(ServerError),
    /// Standard output took no more.
    Output(OutputError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => write!(f, "{error}\n{}", USAGE.trim_end()),
            Self::Resolve(error) => write!(f, "{error}"),
            Self::Connect(error) => write!(f, "{error}"),
            Self::Server(error) => write!(f, "{error}"),
            Self::Output(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Usage(error) => Some(error),
            Self::Resolve(error) => Some(error),
            Self::Connect(error) => Some(error),
            Self::Server(error) => Some(error),
            Self::Output(error) => Some(error),
        }
    }
}

impl Failure for Error {
    fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => cli::STATUS_USAGE,
            Self::Output(error) => error.status(),
            Self::Resolve(_) | Self::Connect(_) | Self::Server(_) => cli::STATUS_RUN,
        }
    }
}

impl From<UsageError> for Error {
    fn from(error: UsageError) -> Self {
        Self::Usage(error)
    }
}

impl From<ResolveError> for Error {
    fn from(error: ResolveError) -> Self {
        Self::Resolve(error)
    }
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        Self::Connect(error)
    }
}

impl From<ServerError> for Error {
    fn from(error: ServerError) -> Self {
        Self::Server(error)
    }
}

impl From<OutputError> for Error {
    fn from(error: OutputError) -> Self {
        Self::Output(error)
    }
}
