use std::fmt;

use cli::{Failure, OutputError, PortError, SignalError};
use net::{ListenError, ResolveError};

use crate::USAGE;

/// Why the server does not serve.
#[derive(Debug)]
pub enum Error {
    /// The program was called in a wrong way.
    Usage(UsageError),
    /// The signals that end it cannot be caught.
    Signal(SignalError),
    /// The host has no address.
    Resolve(ResolveError),
    /// The host has IPv6 addresses only.
    NoIpv4 {
        /// The host.
        host: String,
    },
    /// The address cannot be listened on.
    Listen(ListenError),
    /// The help could not be printed, or there is no standard output.
    Output(OutputError),
}

/// What is wrong with the arguments (P-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageError {
    /// There are more than two of them.
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
            Self::Signal(error) => write!(f, "{error}"),
            Self::Resolve(error) => write!(f, "{error}"),
            Self::NoIpv4 { host } => write!(
                f,
                "the host \"{}\" has no IPv4 address; give one of this machine, \
                 127.0.0.1 for example",
                cli::escape(host.as_bytes())
            ),
            Self::Listen(error) => write!(f, "{error}"),
            Self::Output(error) => write!(f, "{error}"),
        }
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { found } => write!(f, "want at most 2 arguments, found {found}"),
            Self::HostNotText => write!(f, "the host is not UTF-8; give a name or an address"),
            Self::Port(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Usage(error) => Some(error),
            Self::Signal(error) => Some(error),
            Self::Resolve(error) => Some(error),
            Self::NoIpv4 { .. } => None,
            Self::Listen(error) => Some(error),
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
            Self::Signal(_) | Self::Resolve(_) | Self::NoIpv4 { .. } | Self::Listen(_) => {
                cli::STATUS_RUN
            }
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

impl From<ResolveError> for Error {
    fn from(error: ResolveError) -> Self {
        Self::Resolve(error)
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
