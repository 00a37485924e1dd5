//! Files over accio, sent and received: the other end of `server-s` and of `accio`.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use proto::accio::{COMMAND, CONFIRMATION, SECOND_CONFIRMATION};

use crate::Error;
use crate::limits::discard;
use crate::load::Door;

/// What one write sends at most: it stays in the processor's cache.
const PIECE: usize = 64 * 1024;

/// What one call receives at most.
const BUFFER: usize = 256 * 1024;

/// Nobody is silent for so long who is not stuck.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A connection to a receiver, about to send a file.
#[derive(Debug)]
pub struct Upload {
    stream: TcpStream,
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

/// Connects to a receiver that says nothing.
///
/// # Errors
/// [`Error::System`].
pub fn unconfirmed(address: SocketAddr) -> Result<Upload, Error> {
    let stream = TcpStream::connect(address).map_err(Error::system("connecting"))?;
    stream
        .set_read_timeout(Some(TIMEOUT))
        .and_then(|()| stream.set_write_timeout(Some(TIMEOUT)))
        .and_then(|()| stream.set_nodelay(true))
        .map_err(Error::system("preparing a connection"))?;
    Ok(Upload {
        stream,
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
        expect(&mut upload.stream, COMMAND)?;
        let written = upload.stream.write_all(confirmation);
        written.map_err(Error::system("confirming"))?;
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

    /// Sends until `left`, which is told what was sent, says 0.
    fn send_while(mut self, left: impl Fn(u64) -> u64) -> Result<Transfer, Error> {
        let piece = vec![b'a'; PIECE];
        let mut bytes = 0;
        while let left @ 1.. = left(bytes) {
            let left = usize::try_from(left).unwrap_or(usize::MAX);
            let piece = piece.get(..left).unwrap_or(&piece);
            let sent = self.stream.write(piece);
            bytes += sent.map_err(Error::system("sending a file"))? as u64;
        }
        let ended = self.stream.shutdown(Shutdown::Write);
        ended.map_err(Error::system("ending a file"))?;
        expect_end(&mut self.stream)?;
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
pub fn receive(door: &Door) -> Result<Transfer, Error> {
    let mut stream = door.accept()?;
    for confirmation in [CONFIRMATION, SECOND_CONFIRMATION] {
        let written = stream.write_all(COMMAND);
        written.map_err(Error::system("commanding"))?;
        expect(&mut stream, confirmation)?;
    }
    let start = Instant::now();
    let bytes = discard::receive(&stream, &mut vec![0; BUFFER]);
    Ok(Transfer {
        bytes: bytes.map_err(Error::system("receiving a file"))?,
        elapsed: start.elapsed().as_secs_f64(),
    })
}

/// Reads what the other end must say now.
fn expect(stream: &mut TcpStream, wanted: &[u8]) -> Result<(), Error> {
    let mut found = vec![0; wanted.len()];
    let read = stream.read_exact(&mut found);
    read.map_err(Error::system("waiting for the other end of accio"))?;
    if found == wanted {
        return Ok(());
    }
    Err(Error::Wrong {
        who: "the other end of accio".to_owned(),
        wanted: wanted.escape_ascii().to_string(),
        found: found.escape_ascii().to_string(),
    })
}

/// Reads the end of the stream.
pub(super) fn expect_end(stream: &mut TcpStream) -> Result<(), Error> {
    let mut byte = [0];
    let read = stream.read(&mut byte);
    match read.map_err(Error::system("waiting for the end"))? {
        0 => Ok(()),
        _ => Err(Error::Wrong {
            who: "the other end".to_owned(),
            wanted: "the end of the stream".to_owned(),
            found: byte.escape_ascii().to_string(),
        }),
    }
}
