//! Sends the requests of a file to a `tcp_server` and prints the answers: the course's TCP Client
//! v3.
//!
//! [`run`] is the program. One thread reads lines, makes `requests` of them and sends them (module
//! `sender`); the other one receives `answers` and prints them (module `receiver`). Neither waits
//! for the other, and neither keeps more than a piece of what passes: a server or a reader that is
//! slow holds up the whole chain. The wire format is [`proto::action`].

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cli::Output;
use log::LevelFilter;

mod answers;
mod arguments;
mod error;
mod receiver;
mod requests;
mod sender;

pub use arguments::UsageError;
use arguments::{Arguments, Options};
pub use error::{Error, ServerError};
use sender::{Progress, SendError};

/// How long each address of the host has to accept the connection.
const TO_CONNECT: Duration = Duration::from_secs(10);

/// Runs the program: from its arguments, without its name, to the last answer.
///
/// # Errors
/// [`Error`] unless every line was a request and every request was answered.
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    let timeout = std::env::var_os(arguments::TIMEOUT);
    let output = Output::stdout().map_err(Error::Output)?;
    match Arguments::parse(arguments, timeout).map_err(Error::Usage)? {
        Arguments::Show(text) => output.text(&text).map_err(Error::Output),
        Arguments::Send(options) => send_and_print(&options, &output),
    }
}

fn send_and_print(options: &Options, output: &Output) -> Result<(), Error> {
    cli::log_to_stderr(if options.verbose {
        LevelFilter::Debug
    } else {
        LevelFilter::Warn
    });
    let file_error = |error| Error::File {
        file: options.file.clone(),
        error,
    };
    let file = open(&options.file).map_err(file_error)?;
    let addresses = net::resolve(&options.host, options.port).map_err(Error::Resolve)?;
    let mut connection = net::connect(&addresses, TO_CONNECT).map_err(Error::Connect)?;
    log::debug!("connected to {}", connection.peer());

    let progress = Arc::new(Progress::default());
    let stream = connection.stream().try_clone().map_err(Error::System)?;
    // Not waited for: when the answers end early, it may still wait for the next line.
    thread::Builder::new()
        .spawn({
            let (name, progress) = (options.file.clone(), Arc::clone(&progress));
            move || sender::send_lines(&name, file, &stream, &progress)
        })
        .map_err(Error::System)?;
    receiver::print_answers(&mut connection, output, &progress, options.timeout)?;
    if let Some(Err(SendError::Read(error))) = progress.ended() {
        // The system's error cannot be copied; what it is about can.
        return Err(file_error(same_error(error)));
    }
    match progress.skipped() {
        0 => Ok(()),
        skipped => Err(Error::Lines { skipped }),
    }
}

/// The file of requests, unbuffered; `-` is standard input.
fn open(file: &OsStr) -> io::Result<File> {
    if file == "-" {
        return Ok(io::stdin().as_fd().try_clone_to_owned()?.into());
    }
    File::open(file)
}

fn same_error(error: &io::Error) -> io::Error {
    error
        .raw_os_error()
        .map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}
