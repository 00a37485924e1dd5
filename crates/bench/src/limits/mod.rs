//! The bare loops: what `bench limit NAME ARG...` runs.

use std::ffi::OsString;
use std::net::{Ipv4Addr, TcpListener};

use crate::Error;
use crate::arguments::UsageError;

mod answer;
mod canned;
mod close;
pub(crate) mod discard;
mod echo;
mod send;
mod talk;

/// A bare loop of system calls.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Its name in `bench limit NAME`.
    pub name: &'static str,
    /// The names of its arguments, and what it does.
    pub usage: &'static str,
    /// Runs it until it is killed, or its work is done. The arguments are those after its name.
    pub run: fn(&[OsString]) -> Result<(), Error>,
}

/// Every limit, by name.
pub const LIMITS: &[Limit] = &[
    echo::ECHO,
    discard::DISCARD,
    send::SEND,
    close::CLOSE,
    canned::CANNED,
    answer::ANSWER,
    talk::TALK,
];

/// Runs the limit that the first argument names.
///
/// # Errors
/// [`Error::Usage`] if there is none, and those of the limit.
pub fn run(arguments: &[OsString]) -> Result<(), Error> {
    let (name, rest) = arguments.split_first().ok_or(UsageError::NoLimit)?;
    let limit = LIMITS
        .iter()
        .find(|limit| name == limit.name)
        .ok_or_else(|| UsageError::UnknownLimit(name.clone()))?;
    (limit.run)(rest)
}

/// The argument at `index`, a number: a port, a count.
///
/// # Errors
/// [`Error::Usage`] if it is missing or no number.
pub fn number<N: std::str::FromStr>(arguments: &[OsString], index: usize) -> Result<N, Error> {
    let argument = arguments.get(index).and_then(|argument| argument.to_str());
    argument
        .and_then(|argument| argument.parse().ok())
        .ok_or(Error::Usage(UsageError::LimitNumber { index }))
}

/// Listens as a limit does: on all interfaces, on the port that is the first argument.
///
/// # Errors
/// [`Error::Usage`], and [`Error::System`] if the port cannot be listened on.
pub fn listen(arguments: &[OsString]) -> Result<TcpListener, Error> {
    let port = number(arguments, 0)?;
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).map_err(Error::system("listening"))
}
