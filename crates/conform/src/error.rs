use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::{Unusable, UsageError};

/// The exit status when the program under test cannot be graded at all.
const STATUS_UNUSABLE: u8 = 3;

/// Why a program was not graded, or the report could not be delivered.
#[derive(Debug)]
pub enum Error {
    /// The arguments are wrong.
    Usage(UsageError),
    /// The program under test could not be started, or never listened.
    Unusable(Unusable),
    /// Signals cannot be caught.
    Signal(cli::SignalError),
    /// Standard output took no more.
    Output(cli::OutputError),
    /// The report cannot be written.
    Write {
        /// Its file.
        file: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl From<UsageError> for Error {
    fn from(error: UsageError) -> Self {
        Self::Usage(error)
    }
}

impl From<cli::SignalError> for Error {
    fn from(error: cli::SignalError) -> Self {
        Self::Signal(error)
    }
}

impl From<cli::OutputError> for Error {
    fn from(error: cli::OutputError) -> Self {
        Self::Output(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => write!(f, "{error}"),
            Self::Unusable(unusable) => {
                let text = unusable.to_string();
                write!(f, "the program cannot be graded\n{}", text.trim_end())
            }
            Self::Signal(error) => write!(f, "{error}"),
            Self::Output(error) => write!(f, "{error}"),
            Self::Write { file, error } => {
                let file = cli::escape(file.as_os_str().as_encoded_bytes());
                write!(f, "cannot write {file:?}: {error}")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Usage(error) => Some(error),
            Self::Unusable(_) => None,
            Self::Signal(error) => Some(error),
            Self::Output(error) => Some(error),
            Self::Write { error, .. } => Some(error),
        }
    }
}

impl cli::Failure for Error {
    fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => cli::STATUS_USAGE,
            Self::Unusable(_) => STATUS_UNUSABLE,
            Self::Output(error) => error.status(),
            Self::Signal(_) | Self::Write { .. } => cli::STATUS_RUN,
        }
    }
}
