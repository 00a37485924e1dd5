use std::fmt;

use cli::{Failure, OutputError, SignalError};
use net::ListenError;

use crate::UsageError;

/// Why the server does not serve.
#[derive(Debug)]
pub enum Error {
    /// The program was called in a wrong way.
    Usage(UsageError),
    /// The signals that end it cannot be caught.
    Signal(SignalError),
    /// The port cannot be listened on.
    Listen(ListenError),
    /// The help could not be printed.
    Output(OutputError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => write!(f, "{error}"),
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
            Self::Signal(_) | Self::Listen(_) => cli::STATUS_RUN,
            Self::Output(error) => error.status(),
        }
    }
}
