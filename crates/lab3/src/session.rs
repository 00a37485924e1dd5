//! What one client gets: its id, and an acknowledgement for each object that it sends.

use std::time::Duration;

use cli::Output;
use net::{Connection, Ready};
use proto::pickle::{self, Decoder, Plain};

use crate::acknowledgements::{Acknowledgements, Owed};
use crate::line::Line;

/// The most bytes that one read receives (the assignment, item 6).
pub(crate) const MAX_ALLOC_MEM: usize = 4096;

/// How long a client that has sent its last object may take nothing of what it is still owed.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may take to close its side after an error, so that what it was sent before
/// arrives.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves a client until it leaves, sends what is refused, or the server stops. Errors are logged
/// with the client's id (P-7).
pub(crate) fn serve_client(
    client: &mut Connection,
    acknowledgements: &Acknowledgements,
    output: &Output,
) {
    let id = client.peer().port();
    log::debug!("Client {id}: connected from {}", client.peer());
    let mut owed = acknowledgements.owed();
    let outcome = converse(client, id, &mut owed, output);
    if let Err(error) = &outcome {
        error.log(id);
    }
    // If sending was the error, nothing more can be sent.
    if !matches!(outcome, Err(Error::Send(_)))
        && let Err(error) = send_rest(client, &mut owed)
        && outcome.is_ok()
    {
        Error::Send(error).log(id);
    }
    if outcome.is_err() {
        // Unread input could destroy what the client was sent. One that has ended its sending side
        // sends nothing more.
        client.close_gently(CLOSE_TIMEOUT);
    }
    log::debug!("Client {id}: closed");
}

fn converse(
    client: &mut Connection,
    id: u16,
    owed: &mut Owed<'_>,
    output: &Output,
) -> Result<(), Error> {
    let mut decoder = Decoder::new();
    let mut received = [0; MAX_ALLOC_MEM];
    // A client may leave without taking anything: what it had sent is printed all the same.
    let mut sent = send_id(client, id);
    loop {
        if sent.is_ok() {
            sent = send(client, owed);
        }
        let mut input = match client.read(&mut received, None) {
            Ok(0) => break,
            Ok(length) => &received[..length],
            Err(error) => return Err(Error::Receive(error)),
        };
        while let Some(object) = decoder.next(&mut input)? {
            let object = &object;
            output.line_or_warn(Line { id, object });
            owed.one_more();
        }
    }
    decoder.finish()?;
    sent.map_err(Error::Send)
}

/// P-3. A new connection has room for it: this does not wait.
fn send_id(client: &mut Connection, id: u16) -> Result<(), net::Error> {
    let mut pickle = Vec::new();
    Plain::Dict(&[("clientid", Plain::Int(id.into()))]).emit(&mut pickle);
    client.write_all(&pickle, Some(TIMEOUT))
}

/// Sends what is owed until something arrives. A client may send everything before it takes
/// anything: the server must not wait for it to take.
fn send(client: &mut Connection, owed: &mut Owed<'_>) -> Result<(), net::Error> {
    const BOTH: Ready = Ready {
        readable: true,
        writable: true,
    };
    while let next @ [_, ..] = owed.next() {
        let taken = client.try_write(next)?;
        owed.sent(taken);
        if taken < next.len() && client.wait(BOTH, None)?.readable {
            break;
        }
    }
    Ok(())
}

/// Sends all that is owed to a client that is not received from any more.
fn send_rest(client: &mut Connection, owed: &mut Owed<'_>) -> Result<(), net::Error> {
    while let next @ [_, ..] = owed.next() {
        client.write_all(next, Some(TIMEOUT))?;
        owed.sent(next.len());
    }
    Ok(())
}

/// Why a client was closed.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// It sent what is refused (P-8).
    #[error(transparent)]
    Pickle(#[from] pickle::Error),
    #[error("{}", not_received(.0))]
    Receive(net::Error),
    #[error("{}", not_sent(.0))]
    Send(net::Error),
}

impl Error {
    /// P-7. That the server stops is no error.
    fn log(&self, id: u16) {
        match self {
            Self::Receive(net::Error::Shutdown) => {}
            _ => log::error!("Client {id}: {self}"),
        }
    }
}

fn not_received(error: &net::Error) -> String {
    if error.is_reset() {
        "it reset the connection".to_owned()
    } else {
        format!("cannot receive: {error}")
    }
}

fn not_sent(error: &net::Error) -> String {
    match error {
        net::Error::TimedOut => format!("it took no acknowledgement for {TIMEOUT:?}"),
        error if error.is_reset() => "it left without taking what it was sent".to_owned(),
        error => format!("cannot send: {error}"),
    }
}
