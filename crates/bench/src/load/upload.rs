//! Files over accio, sent and received: the other end of `server-s` and of `accio`.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use proto::accio::{COMMAND, CONFIRMATION, SECOND_CONFIRMATION};

use crate::Error;
use crate::limits;
use crate::load::{Connection, Listener};

/// What one write sends at most: it stays in the processor's cache.
const PIECE: usize = 64 * 1024;

/// What one call receives at most.
const BUFFER: usize = 256 * 1024;

/// A connection to a receiver, about to send a file.
#[derive(Debug)]
pub struct Upload {
    connection: Connection,
    start: Instant,
}

/// What was sent or received.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transfer {
    /// Bytes of the file.
    pub bytes: u64,
    /// Seconds from its first byte until the other end had closed.
    pub elapsed: f64,
}

/// Connects to a receiver that sends nothing.
///
/// # Errors
/// [`Error::System`].
pub fn unconfirmed(address: SocketAddr) -> Result<Upload, Error> {
    Ok(Upload {
        connection: Connection::connect(address)?,
        start: Instant::now(),
    })
}

/// Connects to a receiver, and answers its two commands.
///
/// # Errors
/// [`Error::Wrong`], [`Error::System`].
pub fn confirmed(address: SocketAddr) -> Result<Upload, Error> {
    let mut upload = unconfirmed(address)?;
    for confirmation in [CONFIRMATION, SECOND_CONFIRMATION] {
        upload.connection.expect("the command", COMMAND)?;
        upload.connection.send(confirmation)?;
    }
    upload.start = Instant::now();
    Ok(upload)
}

impl Upload {
    /// Sends so many bytes, and waits until the receiver has closed.
    ///
    /// # Errors
    /// [`Error::Wrong`], [`Error::System`].
    pub fn send_bytes(self, bytes: u64) -> Result<Transfer, Error> {
        self.send_while(|sent| bytes - sent)
    }

    /// Sends for so long, and waits until the receiver has closed.
    ///
    /// # Errors
    /// [`Error::Wrong`], [`Error::System`].
    pub fn send_for(self, round: Duration) -> Result<Transfer, Error> {
        let start = self.start;
        self.send_while(|sent| {
            if sent == 0 || start.elapsed() < round {
                u64::MAX
            } else {
                0
            }
        })
    }

    /// Sends until `left`, which is given what was sent, returns 0.
    fn send_while(self, left: impl Fn(u64) -> u64) -> Result<Transfer, Error> {
        let piece = vec![b'a'; PIECE];
        let mut bytes = 0;
        while let left @ 1.. = left(bytes) {
            let length = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE);
            let sent = self.connection.stream().write(&piece[..length]);
            bytes += sent.map_err(Error::system("sending a file"))? as u64;
        }
        self.connection.half_close()?;
        self.connection.expect_end()?;
        Ok(Transfer {
            bytes,
            elapsed: self.start.elapsed().as_secs_f64(),
        })
    }
}

/// Accepts one sender, and receives its file.
///
/// # Errors
/// [`Error::Wrong`], [`Error::System`].
pub fn receive(listener: &Listener) -> Result<Transfer, Error> {
    let connection = listener.accept()?;
    for confirmation in [CONFIRMATION, SECOND_CONFIRMATION] {
        connection.send(COMMAND)?;
        connection.expect("the confirmation", confirmation)?;
    }
    let start = Instant::now();
    let bytes = limits::receive(connection.stream(), &mut vec![0; BUFFER]);
    Ok(Transfer {
        bytes: bytes.map_err(Error::system("receiving a file"))?,
        elapsed: start.elapsed().as_secs_f64(),
    })
}
