use std::fs::File;
use std::thread;
use std::time::{Duration, Instant};

use cli::Error;
use net::Connection;
use proto::accio::{Client, ClientStep, SILENCE_LIMIT};

use crate::pace::{Pace, Roughness};
use crate::progress::Progress;
use crate::sender::Sender;

/// Sends a file over a new connection: answers both commands, sends the file, and waits until the
/// server has closed (AC-1); or resets the connection on the way, where `roughness` asks for it
/// (AC-4).
///
/// # Errors
/// The server did something else, or nothing for ten seconds (AC-2).
pub(crate) fn transfer(
    mut connection: Connection,
    file: &File,
    roughness: &Roughness,
) -> Result<(), Error> {
    shake_hands(&mut connection)?;
    match send_file(&mut connection, file, roughness) {
        Ok(End::File) => close(&mut connection),
        Ok(End::Abort) => connection.reset().map_err(not_closed),
        Err(error) => {
            // An orderly close would make a broken-off file look like a whole one.
            let _ = connection.reset();
            Err(error)
        }
    }
}

/// Answers both commands. Each has to come whole within [`SILENCE_LIMIT`].
fn shake_hands(connection: &mut Connection) -> Result<(), Error> {
    let mut client = Client::new();
    let mut deadline = Instant::now() + SILENCE_LIMIT;
    let mut buffer = [0; 64];
    let mut received: &[u8] = &[];
    loop {
        while let Some(step) = client.next(&mut received)? {
            match step {
                ClientStep::Send(confirmation) => connection
                    .write_all(confirmation, Some(SILENCE_LIMIT))
                    .map_err(no_command)?,
                ClientStep::SendFile => return Ok(()),
            }
            deadline = Instant::now() + SILENCE_LIMIT;
        }
        let length = connection
            .read(&mut buffer, Some(time_left(deadline)))
            .map_err(no_command)?;
        if length == 0 {
            client.finish()?;
        }
        received = &buffer[..length];
    }
}

fn no_command(error: net::Error) -> Error {
    match error {
        net::Error::TimedOut => Error::new(format_args!(
            "no whole accio command within {} seconds; is an accio server there, \
             and not busy with another client?",
            SILENCE_LIMIT.as_secs()
        )),
        error => Error::new(format_args!(
            "the connection broke before the file: {error}"
        )),
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
) -> Result<End, Error> {
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

/// Ends the file and waits for the server's close, which shows that it has received all.
fn close(connection: &mut Connection) -> Result<(), Error> {
    let deadline = Instant::now() + SILENCE_LIMIT;
    let mut scratch = [0; 4096];
    connection.shutdown_write().map_err(not_closed)?;
    loop {
        match connection.discard(&mut scratch, Some(time_left(deadline))) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(not_closed(error)),
        }
    }
}

fn not_closed(error: net::Error) -> Error {
    let happened = match error {
        net::Error::TimedOut => format!(
            "the server did not close within {} seconds after the file",
            SILENCE_LIMIT.as_secs()
        ),
        error => format!("the connection broke at the end of the file: {error}"),
    };
    Error::new(format_args!(
        "{happened}; perhaps the server did not receive all of it"
    ))
}

fn time_left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}
