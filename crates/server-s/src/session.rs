//! One client: the handshake, then its file, of which only the length matters.

use std::fmt;

use net::Connection;
use proto::accio::{self, SILENCE_LIMIT, Server, ServerStep};

/// Enough for the header and for what a client sends right behind it.
const HEADER_BUFFER: usize = 4096;

/// How much of the file is taken off the socket at once; larger amounts gain nothing.
const SCRATCH: usize = 256 * 1024;

/// Counts the bytes of one client's file, from the handshake to the end of the stream.
///
/// Nothing of the file is kept, and on Linux it never leaves the kernel.
///
/// # Errors
/// [`Error`] when the client broke off, broke the protocol, or was silent for too long.
pub fn count_file(connection: &mut Connection) -> Result<u64, Error> {
    let mut count = shake_hands(connection)?;
    let mut scratch = vec![0; SCRATCH];
    loop {
        match connection.discard(&mut scratch, Some(SILENCE_LIMIT)) {
            Ok(0) => return Ok(count),
            Ok(length) => count += length as u64,
            Err(error) => return Err(Error::File { count, error }),
        }
    }
}

/// Sends and checks what comes before the file. What is already there of the file is counted.
fn shake_hands(connection: &mut Connection) -> Result<u64, Error> {
    let mut server = Server::new();
    let mut count = 0;
    let mut buffer = [0; HEADER_BUFFER];
    let mut received: &[u8] = &[];
    loop {
        while let Some(step) = server.next(&mut received)? {
            match step {
                ServerStep::Send(command) => connection
                    .write_all(command, Some(SILENCE_LIMIT))
                    .map_err(Error::Handshake)?,
                ServerStep::File(bytes) => count += bytes.len() as u64,
            }
        }
        if server.receiving_file() {
            return Ok(count);
        }
        let length = connection
            .read(&mut buffer, Some(SILENCE_LIMIT))
            .map_err(Error::Handshake)?;
        if length == 0 {
            server.finish()?;
        }
        received = buffer.get(..length).unwrap_or_default();
    }
}

/// Why the bytes of a client were not counted to their end.
#[derive(Debug)]
pub enum Error {
    /// The client sent something else than the confirmations, or closed too early.
    Protocol(accio::Error),
    /// The client was silent for too long, or reset the connection, before the file.
    Handshake(net::Error),
    /// The same, in the file.
    File {
        /// The bytes of the file that had come.
        count: u64,
        /// What happened then.
        error: net::Error,
    },
}

impl Error {
    /// Whether it was not the client: this server is being shut down.
    pub fn is_shutdown(&self) -> bool {
        matches!(
            self,
            Self::Handshake(net::Error::Shutdown)
                | Self::File {
                    error: net::Error::Shutdown,
                    ..
                }
        )
    }
}

impl From<accio::Error> for Error {
    fn from(error: accio::Error) -> Self {
        Self::Protocol(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (error, count) = match self {
            Self::Protocol(error) => return write!(f, "{error}"),
            Self::Handshake(error) => (error, None),
            Self::File { count, error } => (error, Some(count)),
        };
        match error {
            net::Error::TimedOut => {
                write!(
                    f,
                    "nothing received for {} seconds",
                    SILENCE_LIMIT.as_secs()
                )?;
            }
            other => write!(f, "{other}")?,
        }
        match count {
            None => write!(f, ", before both confirmations were there"),
            Some(count) => write!(f, ", after {count} bytes of the file"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Protocol(error) => Some(error),
            Self::Handshake(error) | Self::File { error, .. } => Some(error),
        }
    }
}
