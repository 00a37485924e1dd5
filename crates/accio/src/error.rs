use std::ffi::OsString;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt as _;

use net::{ConnectError, ResolveError};

use crate::{TransferError, UsageError};

/// Why a file was not sent.
#[derive(Debug)]
pub enum Error {
    /// The arguments are wrong.
    Usage(UsageError),
    /// Standard output could not be used for `--help`.
    Output(cli::OutputError),
    /// The file cannot be read.
    Open {
        /// Its name.
        file: OsString,
        /// What the system said.
        error: io::Error,
    },
    /// The host's name is unknown.
    Resolve(ResolveError),
    /// No address of the host accepted a connection.
    Connect(ConnectError),
    /// The conversation with the server did not come to its end.
    Transfer {
        /// The server's address.
        server: SocketAddr,
        /// What happened.
        error: TransferError,
    },
}

impl From<UsageError> for Error {
    fn from(error: UsageError) -> Self {
        Self::Usage(error)
    }
}

impl From<cli::OutputError> for Error {
    fn from(error: cli::OutputError) -> Self {
        Self::Output(error)
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => write!(f, "{error}"),
            Self::Output(error) => write!(f, "{error}"),
            Self::Open { file, error } => {
                let file = cli::escape(file.as_bytes());
                write!(f, "cannot read {file:?}: {error}")
            }
            Self::Resolve(error) => write!(f, "{error}"),
            Self::Connect(error) => write!(f, "{error}"),
            Self::Transfer { server, error } => write!(f, "{server}: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Usage(error) => Some(error),
            Self::Output(error) => Some(error),
            Self::Open { error, .. } => Some(error),
            Self::Resolve(error) => Some(error),
            Self::Connect(error) => Some(error),
            Self::Transfer { error, .. } => Some(error),
        }
    }
}

impl cli::Failure for Error {
    fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => cli::STATUS_USAGE,
            Self::Output(error) => error.status(),
            Self::Open { .. } | Self::Resolve(_) | Self::Connect(_) | Self::Transfer { .. } => {
                cli::STATUS_RUN
            }
        }
    }
}
