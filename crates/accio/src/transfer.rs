use std::fmt;
use std::fs::File;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use net::Connection;
use proto::accio::{self, Client, ClientStep, SILENCE_LIMIT};

use crate::pace::{Pace, Roughness};
use crate::progress::Progress;
use crate::sender::Sender;

/// Sends a file over a new connection: answers both commands, sends the file, and waits until the
/// server has closed (AC-1); or resets the connection on the way, where `roughness` says so (AC-4).
///
/// # Errors
/// [`TransferError`] when the server did something else, or nothing for ten seconds (AC-2).
pub fn transfer(
    mut connection: Connection,
    file: &File,
    roughness: &Roughness,
) -> Result<(), TransferError> {
    shake_hands(&mut connection)?;
    match send_file(&mut connection, file, roughness) {
        Ok(End::File) => close(&mut connection),
        Ok(End::Abort) => connection.reset().map_err(TransferError::Close),
        Err(error) => {
            // An orderly close would make a broken-off file look like a whole one.
            let _ = connection.reset();
            Err(error)
        }
    }
}

/// Answers both commands. Each has to come whole within [`SILENCE_LIMIT`].
fn shake_hands(connection: &mut Connection) -> Result<(), TransferError> {
    let mut client = Client::new();
    let mut deadline = Instant::now() + SILENCE_LIMIT;
    let mut buffer = [0; 64];
    let mut received: &[u8] = &[];
    loop {
        while let Some(step) = client.next(&mut received)? {
            match step {
                ClientStep::Send(confirmation) => connection
                    .write_all(confirmation, Some(SILENCE_LIMIT))
                    .map_err(TransferError::Handshake)?,
                ClientStep::SendFile => return Ok(()),
            }
            deadline = Instant::now() + SILENCE_LIMIT;
        }
        let length = connection
            .read(&mut buffer, Some(time_left(deadline)))
            .map_err(TransferError::Handshake)?;
        if length == 0 {
            client.finish()?;
        }
        received = buffer.get(..length).unwrap_or_default();
    }
}

/// Where the sending ended.
enum End {
    File,
    Abort,
}

fn send_file(
    connection: &mut Connection,
    file: &File,
    roughness: &Roughness,
) -> Result<End, TransferError> {
    let progress = Progress::of(file);
    let mut sender = Sender::new(connection, file)?;
    let mut pace = Pace::new(roughness, Instant::now());
    loop {
        let allowance = pace.allowance();
        if allowance == 0 {
            return Ok(End::Abort);
        }
        let length = sender.send(allowance)?;
        if length == 0 {
            return Ok(End::File);
        }
        progress.advance(length as u64);
        thread::sleep(pace.advance(length as u64, Instant::now()));
    }
}

/// Ends the file and waits for the server's close, which says that it has received all.
fn close(connection: &mut Connection) -> Result<(), TransferError> {
    let deadline = Instant::now() + SILENCE_LIMIT;
    let mut scratch = [0; 4096];
    connection.shutdown_write().map_err(TransferError::Close)?;
    loop {
        match connection.discard(&mut scratch, Some(time_left(deadline))) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(TransferError::Close(error)),
        }
    }
}

fn time_left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// Why a file did not come to the server, or not for certain.
#[derive(Debug)]
pub enum TransferError {
    /// The server sent something else than the commands, or closed before them.
    Protocol(accio::Error),
    /// A command did not come whole in time, or the connection broke.
    Handshake(net::Error),
    /// The file could not be read any further.
    Read(io::Error),
    /// The server took nothing for too long, or the connection broke.
    Send(net::Error),
    /// The file was handed over, but the server did not close in time, or the connection broke.
    Close(net::Error),
}

impl From<accio::Error> for TransferError {
    fn from(error: accio::Error) -> Self {
        Self::Protocol(error)
    }
}

impl fmt::Display for TransferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use net::Error::TimedOut;

        let seconds = SILENCE_LIMIT.as_secs();
        match self {
            Self::Protocol(error) => write!(f, "{error}"),
            Self::Handshake(TimedOut) => write!(
                f,
                "no whole accio command within {seconds} seconds; is an accio server there, \
                 and not busy with another client?"
            ),
            Self::Handshake(error) => write!(f, "the connection broke before the file: {error}"),
            Self::Read(error) => write!(f, "cannot read the file: {error}"),
            Self::Send(TimedOut) => write!(
                f,
                "the server took nothing of the file for {seconds} seconds"
            ),
            Self::Send(error) => write!(f, "the connection broke in the file: {error}"),
            Self::Close(TimedOut) => write!(
                f,
                "the server did not close within {seconds} seconds after the file; \
                 perhaps it did not receive all of it"
            ),
            Self::Close(error) => write!(
                f,
                "the connection broke at the end of the file: {error}; \
                 perhaps the server did not receive all of it"
            ),
        }
    }
}

impl std::error::Error for TransferError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Protocol(error) => Some(error),
            Self::Handshake(error) | Self::Send(error) | Self::Close(error) => Some(error),
            Self::Read(error) => Some(error),
        }
    }
}
