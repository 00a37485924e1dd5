//! What can go wrong while measuring.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::arguments::UsageError;

/// Why nothing, or not all, could be measured.
#[derive(Debug)]
pub enum Error {
    /// The arguments are wrong.
    Usage(UsageError),
    /// A program of ours, or a limit that is a program, is not beside this one.
    NotBuilt(PathBuf),
    /// A peer is not on this machine; no failure, it is shown as absent.
    NotInstalled(&'static str),
    /// A program could not be started or watched.
    Harness(harness::Error),
    /// The system refused something.
    System {
        /// What was being done.
        doing: &'static str,
        /// What it said.
        error: io::Error,
    },
    /// A contender answered, printed or did something else than it must.
    Wrong {
        /// Who: a name or an address.
        who: String,
        /// What it must do.
        wanted: String,
        /// What it did.
        found: String,
    },
    /// Figures failed, each of which was reported when it did.
    Failed(usize),
    /// A file could not be written.
    Write {
        /// Which.
        file: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Standard output failed.
    Output(cli::OutputError),
    /// The signals that end this program cannot be caught.
    Signal(cli::SignalError),
}

impl Error {
    /// For `map_err`: an [`Error::System`] from any kind of system error.
    pub fn system<E: Into<io::Error>>(doing: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::System {
            doing,
            error: error.into(),
        }
    }
}

impl From<harness::Error> for Error {
    fn from(error: harness::Error) -> Self {
        Self::Harness(error)
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => error.fmt(f),
            Self::NotBuilt(program) => {
                write!(
                    f,
                    "{} is not built; scripts/bench.sh does",
                    program.display()
                )
            }
            Self::NotInstalled(name) => write!(f, "{name} is not installed"),
            Self::Harness(error) => error.fmt(f),
            Self::System { doing, error } => write!(f, "{doing}: {error}"),
            Self::Wrong { who, wanted, found } => {
                write!(f, "{who}: wanted {wanted}, found {found}")
            }
            Self::Failed(count) => write!(f, "figures that failed: {count}"),
            Self::Write { file, error } => write!(f, "cannot write {}: {error}", file.display()),
            Self::Output(error) => error.fmt(f),
            Self::Signal(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl cli::Failure for Error {
    fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => cli::STATUS_USAGE,
            Self::Output(error) => error.status(),
            _ => cli::STATUS_RUN,
        }
    }
}
