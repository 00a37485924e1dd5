use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;

use cli::PortError;

use crate::Assignment;

/// What is wrong with the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageError {
    /// There is no such option.
    Option(OsString),
    /// An option is the last argument, without its value.
    NoValue(&'static str),
    /// The value of an option is none.
    Value {
        /// The option's name.
        option: &'static str,
        /// The value.
        value: OsString,
        /// What it should be.
        wanted: &'static str,
    },
    /// The port is none.
    Port(PortError),
    /// The address to connect to is none, or its host is unknown; what the system said.
    Address(String, String),
    /// No assignment is named.
    NoAssignment,
    /// There is no such assignment.
    UnknownAssignment(OsString),
    /// There is one more argument before `--`.
    Operand(OsString),
    /// There is no command behind `--`.
    NoCommand,
    /// `--connect` with a client's assignment, of this name.
    ConnectToClient(&'static str),
    /// `--connect` with a command or a fixed port.
    ConnectAlone,
    /// No check is selected by this.
    NothingSelected(String),
}

impl From<PortError> for UsageError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(option) => {
                let option = cli::escape(option.as_bytes());
                write!(f, "unknown option {option:?}; see conform --help")
            }
            Self::NoValue(option) => write!(f, "{option} wants a value"),
            Self::Value {
                option,
                value,
                wanted,
            } => {
                let value = cli::escape(value.as_bytes());
                write!(f, "{option} wants {wanted}, found {value:?}")
            }
            Self::Port(error) => write!(f, "{error}"),
            Self::Address(address, reason) => {
                let address = cli::escape(address.as_bytes());
                write!(f, "--connect wants HOST:PORT, found {address:?}: {reason}")
            }
            Self::NoAssignment => write!(f, "no assignment is named; {Names}"),
            Self::UnknownAssignment(name) => {
                let name = cli::escape(name.as_bytes());
                write!(f, "there is no assignment {name:?}; {Names}")
            }
            Self::Operand(operand) => {
                let operand = cli::escape(operand.as_bytes());
                write!(
                    f,
                    "{operand:?} is one argument too many; the command goes behind --, as in \
                     conform tcp_server -- python3 tcp_server.py"
                )
            }
            Self::NoCommand => write!(
                f,
                "no command starts the program; it goes behind --, as in \
                 conform tcp_server -- python3 tcp_server.py"
            ),
            Self::ConnectToClient(name) => {
                write!(f, "{name} is a client: --connect is for servers")
            }
            Self::ConnectAlone => write!(
                f,
                "--connect checks a server that runs already: no command and no --fixed-port \
                 go with it"
            ),
            Self::NothingSelected(selection) => {
                let selection = cli::escape(selection.as_bytes());
                write!(f, "--only {selection} selects no check; see conform --list")
            }
        }
    }
}

impl std::error::Error for UsageError {}

/// The assignments there are.
struct Names;

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Assignment::all().iter().map(|one| one.name).collect();
        write!(f, "there are {}", names.join(", "))
    }
}
