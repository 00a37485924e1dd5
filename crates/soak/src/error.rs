//! Why nothing could be said about the servers.

use std::fmt;
use std::io;

use crate::arguments::UsageError;

/// Why there is no table. What goes wrong between a client and a server is in the table instead.
#[derive(Debug)]
pub(crate) enum Error {
    /// The arguments are wrong.
    Usage(UsageError),
    /// Standard output could not be used.
    Output(cli::OutputError),
    /// Signals could not be caught.
    Signal(cli::SignalError),
    /// The folder that the programs are in could not be found.
    Folder(io::Error),
    /// This process may not open enough descriptors.
    Descriptors { wanted: u64, most: u64 },
    /// A server could not be started or watched.
    Harness(harness::Error),
    /// A server ended under the load. All that was seen of it.
    Died(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => write!(f, "{error}"),
            Self::Output(error) => write!(f, "{error}"),
            Self::Signal(error) => write!(f, "{error}"),
            Self::Folder(error) => write!(f, "cannot find the folder of the programs: {error}"),
            Self::Descriptors { wanted, most } => write!(
                f,
                "wants {wanted} descriptors, but may open {most} only; raise the hard limit \
                 (ulimit -Hn)"
            ),
            Self::Harness(error) => write!(f, "{error}"),
            Self::Died(seen) => write!(f, "a server ended under the load\n{seen}"),
        }
    }
}

impl cli::Failure for Error {
    fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => cli::STATUS_USAGE,
            Self::Output(error) => error.status(),
            Self::Signal(_)
            | Self::Folder(_)
            | Self::Descriptors { .. }
            | Self::Harness(_)
            | Self::Died(_) => cli::STATUS_RUN,
        }
    }
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

impl From<cli::SignalError> for Error {
    fn from(error: cli::SignalError) -> Self {
        Self::Signal(error)
    }
}

impl From<harness::Error> for Error {
    fn from(error: harness::Error) -> Self {
        Self::Harness(error)
    }
}
