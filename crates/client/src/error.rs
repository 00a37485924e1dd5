use std::fmt;
use std::io;
use std::net::SocketAddr;

use cli::{Failure, OutputError, PortError};
use net::{ConnectError, ResolveError};
use proto::message::{EmitError, MAX_NAME};

use crate::{Fault, Field, USAGE};

/// Why the client ended early.
#[derive(Debug)]
pub enum Error {
    /// The program was called in a wrong way.
    Usage(UsageError),
    /// The host has no address.
    Resolve(ResolveError),
    /// Standard input ended before a valid entry came (C-18).
    InputEnded {
        /// What was asked for.
        field: Field,
    },
    /// Standard input could not be read.
    Input(io::Error),
    /// No address accepted the connection.
    Connect(ConnectError),
    /// There is no record for this request; its parts were checked before.
    Request(EmitError),
    /// The request could not be sent.
    Send {
        /// The server's address.
        address: SocketAddr,
        /// What went wrong.
        cause: net::Error,
    },
    /// The response did not come, or not in full (C-22).
    Response {
        /// The server's address.
        address: SocketAddr,
        /// What went wrong.
        fault: Fault,
    },
    /// Standard output took no more.
    Output(OutputError),
}

/// What is wrong with the arguments (C-17).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageError {
    /// There are not four of them.
    Count {
        /// How many there are.
        found: usize,
    },
    /// The host is not UTF-8.
    HostNotText,
    /// The port is none, or out of range.
    Port(PortError),
    /// The user name is not UTF-8.
    NameNotText,
    /// The user name is empty or too long.
    NameLength {
        /// Its length in bytes.
        found: usize,
    },
    /// The type is neither `read` nor `create`.
    Type {
        /// What it is.
        found: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => write!(f, "{error}\n{}", USAGE.trim_end()),
            Self::Resolve(error) => write!(f, "{error}"),
            Self::InputEnded { field } => {
                write!(f, "the input ended before a valid {field} was entered")
            }
            Self::Input(error) => write!(f, "cannot read standard input: {error}"),
            Self::Connect(error) => write!(f, "{error}"),
            Self::Request(error) => write!(f, "cannot make the request: {error}"),
            Self::Send { address, cause } => {
                write!(f, "cannot send the request to {address}: {cause}")
            }
            Self::Response { address, fault } => write!(f, "{address} {fault}"),
            Self::Output(error) => write!(f, "{error}"),
        }
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { found } => write!(f, "want 4 arguments, found {found}"),
            Self::HostNotText => write!(f, "the host is not UTF-8; give a name or an address"),
            Self::Port(error) => write!(f, "{error}"),
            Self::NameNotText => write!(f, "the user name is not UTF-8; give it as text"),
            Self::NameLength { found } => write!(
                f,
                "the user name is {found} bytes long; give one of 1 to {MAX_NAME} bytes"
            ),
            Self::Type { found } => write!(
                f,
                "the type is \"{}\"; give read or create",
                cli::escape(found.as_bytes())
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Usage(error) => Some(error),
            Self::Resolve(error) => Some(error),
            Self::InputEnded { .. } => None,
            Self::Input(error) => Some(error),
            Self::Connect(error) => Some(error),
            Self::Request(error) => Some(error),
            Self::Send { cause, .. } => Some(cause),
            Self::Response { fault, .. } => Some(fault),
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
            Self::Resolve(_)
            | Self::InputEnded { .. }
            | Self::Input(_)
            | Self::Connect(_)
            | Self::Request(_)
            | Self::Send { .. }
            | Self::Response { .. } => cli::STATUS_RUN,
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

impl From<OutputError> for Error {
    fn from(error: OutputError) -> Self {
        Self::Output(error)
    }
}
