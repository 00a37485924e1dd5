//! One client: the handshake, then its file, of which only the length matters.

use net::Connection;
use proto::accio::{self, SILENCE_LIMIT, Server, ServerStep};

/// Enough for the header and for what a client sends right behind it.
const HEADER_BUFFER: usize = 4096;

/// How much of the file is taken off the socket with one call; larger amounts gain nothing.
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
        received = &buffer[..length];
    }
}

/// Why the bytes of a client were not counted to their end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client sent something else than the confirmations, or closed too early.
    #[error(transparent)]
    Protocol(#[from] accio::Error),
    /// The client was silent for too long, or reset the connection, before the file.
    #[error("{}, before both confirmations were there", reason(.0))]
    Handshake(net::Error),
    /// The same, in the file.
    #[error("{}, after {count} bytes of the file", reason(.error))]
    File {
        /// The bytes of the file that had come.
        count: u64,
        /// What happened then.
        error: net::Error,
    },
}

fn reason(error: &net::Error) -> String {
    match error {
        net::Error::TimedOut => {
            format!("nothing received for {} seconds", SILENCE_LIMIT.as_secs())
        }
        other => other.to_string(),
    }
}

impl Error {
    /// Whether it was not the client: this server is being shut down.
    pub fn is_shutdown(&self) -> bool {
        match self {
            Self::Protocol(_) => false,
            Self::Handshake(error) | Self::File { error, .. } => {
                matches!(error, net::Error::Shutdown)
            }
        }
    }
}
