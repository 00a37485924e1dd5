#![doc = include_str!("../README.md")]
//!
//! # The code
//! Clauses PC-1 and PC-2. The format is [`proto::pickle`].

mod arguments;
mod conversation;

use std::ffi::OsString;
use std::time::Duration;

use cli::{Error, Output, OutputError};
use log::LevelFilter;
use proto::pickle::ValueRef;

use arguments::Arguments;
use conversation::Conversation;

/// How long each address of the server may take to accept, and the server to send a whole object or
/// to take the data (PC-1).
const TIMEOUT: Duration = Duration::from_secs(10);

/// Runs the program: from its arguments to the server's reply on standard output.
///
/// # Errors
/// [`Error`] tells what went wrong.
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    let output = Output::stdout()?;
    let Arguments {
        host,
        port,
        student,
    } = Arguments::parse(arguments)?;
    cli::log_to_stderr(LevelFilter::Warn);

    let addresses = net::resolve(&host, port)?;
    let mut conversation = Conversation::new(net::connect(&addresses, TIMEOUT)?, TIMEOUT);
    let id = conversation.client_id()?;
    output.line(format_args!("Client id {id} assigned by server"))?;
    let reply = conversation.exchange(&student)?;
    Ok(print_reply(&output, reply.as_ref())?)
}

/// Prints a text without quotes (G-6), and anything else as Python shows it.
fn print_reply(output: &Output, reply: ValueRef<'_>) -> Result<(), OutputError> {
    match reply.as_text() {
        Some(text) => output.peer_line(text),
        None => output.line(reply),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_shows_the_help() {
        assert!(cli::readme_shows_help(include_str!("../README.md"), run));
    }
}
