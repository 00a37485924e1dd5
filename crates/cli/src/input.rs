use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;

use crate::{Error, escape, stream};

/// What Linux keeps of a line that is typed or pasted on a terminal, in bytes (termios(3)). It drops
/// the rest without a sign: a line of just this length may have been cut.
pub const TERMINAL_LINE: usize = 4095;

/// Opens a file to be read, unbuffered; `-` is standard input.
///
/// # Errors
/// [`cannot_read`].
pub fn open_input(name: &OsStr) -> Result<File, Error> {
    open(name).map_err(|error| cannot_read(name, &error))
}

/// The error that a file cannot be opened or read.
pub fn cannot_read(name: &OsStr, error: &io::Error) -> Error {
    if name == "-" {
        return Error::new(format_args!("cannot read standard input: {error}"));
    }
    let name = escape(name.as_bytes());
    Error::new(format_args!("cannot read {name:?}: {error}"))
}

fn open(name: &OsStr) -> io::Result<File> {
    let file = if name == "-" {
        File::from(stream::STDIN.descriptor()?.try_clone_to_owned()?)
    } else {
        File::open(name)?
    };
    // It can be opened, but not read.
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok(file)
}
