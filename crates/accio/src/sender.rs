use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::time::{Duration, Instant};

use cli::Error;
use net::{Connection, Ready};
use proto::accio::SILENCE_LIMIT;

/// How much is read of a file that the system cannot move by itself.
const BUFFER: usize = 64 * 1024;

/// A connection counts as writable only when a good part of its buffer is free, and with a slow
/// server that may take longer than ten seconds. So a write is also tried this often.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

const WRITABLE: Ready = Ready {
    readable: false,
    writable: true,
};

/// Moves a file to a connection, piece by piece.
pub(crate) struct Sender<'a> {
    connection: &'a mut Connection,
    file: &'a File,
    /// Empty as long as the system moves the file without it (AC-3).
    buffer: Vec<u8>,
}

impl<'a> Sender<'a> {
    /// A sender from the current position of the file. While it exists, the socket is non-blocking:
    /// `sendfile` has no flag for that.
    pub(crate) fn new(connection: &'a mut Connection, file: &'a File) -> Result<Self, Error> {
        connection.stream().set_nonblocking(true)?;
        Ok(Self {
            connection,
            file,
            buffer: Vec::new(),
        })
    }

    /// Sends at least one and at most `limit` bytes, which is not 0, and returns how many. 0 is
    /// the end of the file.
    ///
    /// # Errors
    /// The file cannot be read, the connection broke, or the server took nothing for
    /// [`SILENCE_LIMIT`] (AC-2).
    pub(crate) fn send(&mut self, limit: u64) -> Result<usize, Error> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if self.buffer.is_empty() {
            let file = self.file;
            let move_some = |connection: &mut Connection| move_in_system(file, connection, limit);
            match when_there_is_room(self.connection, move_some) {
                Ok(length) => return Ok(length),
                Err(net::Error::System(error)) if error.kind() == ErrorKind::Unsupported => {
                    self.buffer = vec![0; BUFFER];
                }
                Err(error) => return Err(not_sent(error)),
            }
        }
        self.copy(limit)
    }

    fn copy(&mut self, limit: usize) -> Result<usize, Error> {
        let length = limit.min(self.buffer.len());
        let length = read(self.file, &mut self.buffer[..length])
            .map_err(|error| Error::new(format_args!("cannot read the file: {error}")))?;
        let mut rest = &self.buffer[..length];
        while !rest.is_empty() {
            let write_some = |connection: &mut Connection| match connection.try_write(rest)? {
                0 => Ok(None),
                taken => Ok(Some(taken)),
            };
            let taken = when_there_is_room(self.connection, write_some).map_err(not_sent)?;
            rest = &rest[taken..];
        }
        Ok(length)
    }
}

impl Drop for Sender<'_> {
    fn drop(&mut self) {
        // This cannot fail for an open socket.
        let _ = self.connection.stream().set_nonblocking(false);
    }
}

fn not_sent(error: net::Error) -> Error {
    match error {
        net::Error::TimedOut => Error::new(format_args!(
            "the server took nothing of the file for {} seconds",
            SILENCE_LIMIT.as_secs()
        )),
        error => Error::new(format_args!("the connection broke in the file: {error}")),
    }
}

fn read(mut file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// Repeats an attempt, which is `None` while the connection takes nothing, until it succeeds.
fn when_there_is_room<T>(
    connection: &mut Connection,
    mut attempt: impl FnMut(&mut Connection) -> Result<Option<T>, net::Error>,
) -> Result<T, net::Error> {
    let deadline = Instant::now() + SILENCE_LIMIT;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if let Some(done) = attempt(connection)? {
            return Ok(done);
        }
        if left.is_zero() {
            return Err(net::Error::TimedOut);
        }
        match connection.wait(WRITABLE, Some(left.min(POLL_INTERVAL))) {
            Ok(_) | Err(net::Error::TimedOut) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Has the system send some of the file, and returns how many bytes, 0 at the end of the file;
/// `None` when the connection takes nothing now.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where the system cannot move this file, or cannot read it: then
/// reading returns the error.
#[cfg(target_os = "linux")]
fn move_in_system(
    file: &File,
    connection: &Connection,
    limit: usize,
) -> Result<Option<usize>, net::Error> {
    use rustix::io::Errno;

    let stream = connection.stream();
    match rustix::io::retry_on_intr(|| rustix::fs::sendfile(stream, file, None, limit)) {
        Ok(length) => Ok(Some(length)),
        Err(Errno::AGAIN) => Ok(None),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::IO | Errno::BADF) => {
            Err(net::Error::System(ErrorKind::Unsupported.into()))
        }
        Err(errno) => Err(net::Error::System(errno.into())),
    }
}

#[cfg(not(target_os = "linux"))]
fn move_in_system(_: &File, _: &Connection, _: usize) -> Result<Option<usize>, net::Error> {
    Err(net::Error::System(ErrorKind::Unsupported.into()))
}
