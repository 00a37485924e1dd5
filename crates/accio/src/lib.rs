//! `accio`: sends a file to an accio server, after the server has asked for it twice, and waits
//! until the server has closed (AC-1 to AC-5). The protocol itself is [`proto::accio`].

mod arguments;
mod error;
mod pace;
mod progress;
mod sender;
mod transfer;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;

use cli::Output;
use proto::accio::SILENCE_LIMIT;

use crate::arguments::Request;
pub use crate::arguments::UsageError;
pub use crate::error::Error;
pub use crate::pace::Roughness;
pub use crate::transfer::{TransferError, transfer};

/// Runs the program: from its arguments to the server's close.
///
/// # Errors
/// [`Error`] says why the file was not sent.
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    let (host, port, file, roughness) = match Request::parse(arguments)? {
        Request::Show(text) => return Ok(Output::stdout()?.text(&text)?),
        Request::Send {
            host,
            port,
            file,
            roughness,
        } => (host, port, file, roughness),
    };
    let file = open(&file).map_err(|error| Error::Open { file, error })?;
    let addresses = net::resolve(&host, port)?;
    let connection = net::connect(&addresses, SILENCE_LIMIT)?;
    let server = connection.peer();
    transfer(connection, &file, &roughness).map_err(|error| Error::Transfer { server, error })
}

/// The file to be read; `-` is standard input (AC-3).
fn open(name: &OsStr) -> io::Result<File> {
    let file = if name == "-" {
        File::from(io::stdin().as_fd().try_clone_to_owned()?)
    } else {
        File::open(name)?
    };
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok(file)
}
