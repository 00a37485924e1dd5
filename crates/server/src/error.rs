use std::fmt;
use std::io;

use cli::{Failure, OutputError, PortError, SignalError};
use net::ListenError;

use crate::USAGE;

/// Why the server did not start.
#[derive(Debug)]
pub enum Error {
    /// The program was called in a wrong way.
    Usage(UsageError),
    /// The signals that end it cannot be caught.
    Signal(SignalError),
    /// The port could not be bound or listened on (C-5).
    Listen(ListenError),
    /// The system has no means to wait for several clients.
    Serve(io::Error),
    /// There is no standard output, or it did not take the help.
    Output(OutputError),
}

/// What is wrong with the argument or the environment (C-5, C-14).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageError {
    /// There is not one argument.
    Count {
        /// How many there are.
        found: usize,
    },
    /// The port is none, or out of range.
    Port(PortError),
    /// `SERVER_MAX_BYTES` is not a number of bytes.
    Limit {
        /// Its value.
        value: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => write!(f, "{error}\n{}", USAGE.trim_end()),
            Self::Signal(error) => write!(f, "{error}"),
            Self::Listen(error) => write!(f, "{error}"),
            Self::Serve(error) => write!(f, "cannot wait for several clients at once: {error}"),
            Self::Output(error) => write!(f, "{error}"),
        }
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { found } => write!(f, "want 1 argument, found {found}"),
            Self::Port(error) => write!(f, "{error}"),
            Self::Limit { value } => write!(
                f,
                "SERVER_MAX_BYTES is \"{}\"; give a number of bytes from 0 to {}, \
                 in decimal digits",
                cli::escape(value.as_bytes()),
                usize::MAX
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Usage(error) => Some(error),
            Self::Signal(error) => Some(error),
            Self::Listen(error) => Some(error),
            Self::Serve(error) => Some(error),
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
            Self::Signal(_) | Self::Listen(_) | Self::Serve(_) => cli::STATUS_RUN,
        }
    }
}

impl From<UsageError> for Error {
    fn from(error: UsageError) -> Self {
        Self::Usage(error)
    }
}

impl From<SignalError> for Error {
    fn from(error: SignalError) -> Self {
        Self::Signal(error)
    }
}

impl From<ListenError> for Error {
    fn from(error: ListenError) -> Self {
        Self::Listen(error)
    }
}

impl From<OutputError> for Error {
    fn from(error: OutputError) -> Self {
        Self::Output(error)
    }
}
