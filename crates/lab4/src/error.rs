use std::fmt;

use cli::{Failure, OutputError, PortError};
use net::{ConnectError, ResolveError};

use crate::{ServerError, USAGE};

/// Why there is no secret.
#[derive(Debug)]
pub enum Error {
    /// The program was called in a wrong way.
    Usage(UsageError),
    /// The host has no address.
    Resolve(ResolveError),
    /// No address accepted the connection (M-7).
    Connect(ConnectError),
    /// The server did not give the secret (M-6, M-7).
    Server(ServerError),
    /// The secret could not be printed.
    Output(OutputError),
}

/// What is wrong with the arguments (M-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageError {
    /// There are not two of them.
    Count {
        /// How many there are.
        found: usize,
    },
    /// The host is not UTF-8.
    HostNotText,
    /// The port is none.
    Port(PortError),
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

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { found } => write!(f, "want 2 arguments, found {found}"),
            Self::HostNotText => write!(f, "the host is not UTF-8; give a name or an address"),
            Self::Port(error) => write!(f, "{error}"),
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

impl std::error::Error for UsageError {}

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
