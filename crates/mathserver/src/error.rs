use std::fmt;

use cli::{Failure, OutputError, SignalError};
use net::ListenError;

use crate::UsageError;
use crate::arguments::USAGE;

/// Why the server does not run.
#[derive(Debug)]
pub enum Error {
    /// The program was called in a wrong way.
    Usage(UsageError),
    /// It cannot be told to stop.
    Signal(SignalError),
    /// It cannot listen on its port.
    Listen(ListenError),
    /// Standard output cannot be used.
    Output(OutputError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => write!(f, "{error}\n{}", USAGE.trim_end()),
            Self::Signal(error) => write!(f, "{error}"),
            Self::Listen(error) => write!(f, "{error}"),
            Self::Output(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Usage(error) => Some(error),
            Self::Signal(error) => Some(error),
            Self::Listen(error) => Some(error),
            Self::Output(error) => Some(error),
        }
    }
}

impl Failure for Error {
    fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => cli::STATUS_USAGE,
            Self::Output(error) => error.status(),
            Self::Signal(_) | Self::Listen(_) => cli::STATUS_RUN,
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
