use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a contender could not be measured, or why a connection to a server failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program of ours, or a limit that is a program, is not beside this one.
    #[error("{} is not built; scripts/bench.sh does", .0.display())]
    NotBuilt(PathBuf),
    /// A peer is not on this machine, which is no failure: it is shown as absent.
    #[error("{0} is not installed")]
    NotInstalled(&'static str),
    /// A program could not be started or watched.
    #[error(transparent)]
    Harness(#[from] harness::Error),
    /// The system refused something.
    #[error("{doing}: {error}")]
    System {
        /// What was being done.
        doing: &'static str,
        /// The system's error.
        error: io::Error,
    },
    /// Something was not what it must be.
    #[error("{what}: expected {}, got {}", Short(.expected), Short(.got))]
    Wrong {
        /// What: a response, or who sent it.
        what: String,
        /// What it must be.
        expected: String,
        /// What it was.
        got: String,
    },
}

impl Error {
    /// For `map_err`: an [`Error::System`] from any kind of system error.
    pub fn system<E: Into<io::Error>>(doing: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::System {
            doing,
            error: error.into(),
        }
    }

    /// An [`Error::Wrong`].
    pub fn wrong(
        what: impl Into<String>,
        expected: impl fmt::Display,
        got: impl fmt::Display,
    ) -> Self {
        Self::Wrong {
            what: what.into(),
            expected: expected.to_string(),
            got: got.to_string(),
        }
    }
}

/// A text on one line, and only its beginning if it is long.
struct Short<'a>(&'a str);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 200;
        let bytes = self.0.as_bytes();
        write!(f, "{}", cli::escape(&bytes[..bytes.len().min(SHOWN)]))?;
        if bytes.len() > SHOWN {
            write!(f, "... ({} bytes)", bytes.len())?;
        }
        Ok(())
    }
}
