#![doc = include_str!("../README.md")]
//!
//! # The code
//! Clauses TC-1 to TC-4. [`run`] is the program. One thread reads lines, makes `requests` of them
//! and sends them (module `sender`); the other one receives `answers` and prints them (module
//! `receiver`). Neither waits for the other, and neither keeps more than a piece of what passes: a
//! server or a reader that is slow holds up the whole chain. The wire format is [`proto::action`].

use std::ffi::OsString;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cli::{Error, Output};
use log::LevelFilter;

mod answers;
mod arguments;
mod receiver;
mod requests;
mod sender;

use arguments::Arguments;
use sender::{Progress, SendError};

/// How long each address of the host has to accept the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs the program: from its arguments, without its name, to the last answer.
///
/// # Errors
/// [`Error`] unless every line was a request and every request was answered.
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    let output = Output::stdout()?;
    let arguments = Arguments::parse(arguments, std::env::var_os(arguments::TIMEOUT))?;
    cli::log_to_stderr(if arguments.verbose {
        LevelFilter::Debug
    } else {
        LevelFilter::Warn
    });
    let file = cli::open_input(&arguments.file)?;
    let addresses = net::resolve(&arguments.host, arguments.port)?;
    let mut connection = net::connect(&addresses, CONNECT_TIMEOUT)?;
    log::debug!("connected to {}", connection.peer());

    let progress = Arc::new(Progress::default());
    let stream = connection.stream().try_clone().map_err(no_room)?;
    // Not waited for: when the answers end early, it may still wait for the next line.
    thread::Builder::new()
        .spawn({
            let (name, progress) = (arguments.file.clone(), Arc::clone(&progress));
            move || sender::send_lines(&name, file, &stream, &progress)
        })
        .map_err(no_room)?;
    receiver::print_answers(&mut connection, &output, &progress, arguments.timeout)?;
    if let Some(Err(SendError::Read(error))) = progress.ended() {
        return Err(cli::cannot_read(&arguments.file, error));
    }
    match progress.skipped() {
        0 => Ok(()),
        skipped => Err(Error::new(format_args!(
            "lines skipped: {skipped}; the others were sent"
        ))),
    }
}

/// The system has no room for another thread or descriptor.
fn no_room(error: io::Error) -> Error {
    Error::new(format_args!(
        "cannot send and receive concurrently: {error}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_shows_the_help() {
        assert!(cli::readme_shows_help(include_str!("../README.md"), run));
    }
}
