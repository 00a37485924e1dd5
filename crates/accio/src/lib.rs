#![doc = include_str!("../README.md")]
//!
//! # The code
//! Clauses AC-1 to AC-5. The protocol itself is [`proto::accio`].

mod arguments;
mod pace;
mod progress;
mod sender;
mod transfer;

use std::ffi::OsString;

use cli::Error;
use proto::accio::SILENCE_LIMIT;

use crate::arguments::Arguments;

/// Runs the program: from its arguments to the server's close.
///
/// # Errors
/// [`Error`] tells why the file was not sent.
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    let Arguments {
        host,
        port,
        file,
        roughness,
    } = Arguments::parse(arguments)?;
    let file = cli::open_input(&file)?;
    let addresses = net::resolve(&host, port)?;
    let connection = net::connect(&addresses, SILENCE_LIMIT)?;
    let server = connection.peer();
    transfer::transfer(connection, &file, &roughness)
        .map_err(|error| Error::new(format_args!("{server}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_shows_the_help() {
        assert!(cli::readme_shows_help(include_str!("../README.md"), run));
    }
}
