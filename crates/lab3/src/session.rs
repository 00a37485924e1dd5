//! What one client gets: its id, and an acknowledgement for each object that it sends.

use std::time::Duration;

use cli::Output;
use net::{Budget, Connection, Ready, STALL_PERIOD, Share};
use proto::pickle::{self, Decoder, MAX_OBJECT_LEN, Plain};

use crate::acknowledgements::{Acknowledgements, Owed};
use crate::line::Line;

/// The most bytes that one read receives (the assignment, item 6).
pub(crate) const MAX_ALLOC_MEM: usize = 4096;

/// The most memory that one client takes, in bytes (P-8).
const MOST_MEMORY: usize = 16 << 20;

/// How often a client that has a share of the memory, or waits for one, is looked after.
const GLANCE: Duration = Duration::from_millis(250);

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
    budget: &Budget,
) {
    let id = client.peer().port();
    log::debug!("Client {id}: connected from {}", client.peer());
    let mut owed = acknowledgements.owed();
    let outcome = converse(client, id, &mut owed, output, budget.share());
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
    mut memory: Share<'_>,
) -> Result<(), Error> {
    let mut decoder = Decoder::new();
    // At least what has come of an object that is not complete.
    let mut begun = 0;
    let mut received = [0; MAX_ALLOC_MEM];
    // A client may leave without taking anything: what it had sent is printed all the same.
    let mut sent = send_id(client, id);
    loop {
        if sent.is_ok() {
            sent = send(client, owed);
        }
        wait_for_memory(client, begun, &mut memory)?;
        let glance = memory.is_held().then_some(GLANCE);
        let mut input = match client.read(&mut received, glance) {
            Ok(0) => break,
            Ok(length) => &received[..length],
            Err(net::Error::TimedOut) => &[],
            Err(error) => return Err(Error::Receive(error)),
        };
        begun += input.len();
        memory.moved(input.len() * (MOST_MEMORY / MAX_OBJECT_LEN));
        if memory.is_held() && memory.is_stalled() {
            return Err(Error::Stalled);
        }
        while let Some(object) = decoder.next(&mut input)? {
            let object = &object;
            output.line_or_warn(Line { id, object });
            owed.one_more();
        }
        if decoder.finish().is_ok() {
            begun = 0;
        }
    }
    decoder.finish()?;
    sent.map_err(Error::Send)
}

/// An object that does not come within a few reads may take all that one client may take, so its
/// client has to have a share of the memory (P-8).
fn wait_for_memory(
    client: &mut Connection,
    begun: usize,
    memory: &mut Share<'_>,
) -> Result<(), Error> {
    const NOTHING: Ready = Ready {
        readable: false,
        writable: false,
    };
    let needed = if begun > MAX_ALLOC_MEM {
        MOST_MEMORY
    } else {
        0
    };
    while !memory.resize(needed) {
        match client.wait(NOTHING, Some(Duration::ZERO)) {
            Err(net::Error::TimedOut) => memory.wait(GLANCE),
            // It is gone: reading tells how.
            waited => return waited.map(drop).map_err(Error::Receive),
        }
    }
    Ok(())
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
    #[error("it made too little progress for {STALL_PERIOD:?} while others waited for memory")]
    Stalled,
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
