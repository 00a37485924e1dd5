//! One client, from its connection to its end.

use std::collections::TryReserveError;
use std::net::SocketAddr;
use std::time::Duration;

use net::{Connection, Error, Ready};
use proto::action::RequestHeader;
use proto::action::transform::TransformError;

use crate::session::Session;

/// While a client has more bytes than this to take, nothing is received from it (T-18). One
/// response, and what was received before, may exceed it; and the memory of half as many bytes that
/// were sent may not be free yet.
pub const MOST_OUTPUT: usize = 256 * 1024 * 1024;

/// After so long a silence, the memory of a client's last large request is given back.
const KEEPS_MEMORY: Duration = Duration::from_millis(100);

/// Serves a client until it leaves or the server stops.
pub(crate) fn serve_client(connection: &mut Connection) {
    let peer = connection.peer();
    log::debug!("{peer}: connected");
    let mut session = Session::default();
    match converse(connection, &mut session) {
        Ok(Closed::BetweenRequests) => log::debug!("{peer}: closed"),
        Ok(Closed::InsideRequest) => log::debug!("{peer}: closed inside a request"),
        Err(Lost::Connection(Error::Shutdown)) => {
            log::debug!("{peer}: closed, since the server is stopping");
        }
        Err(Lost::Connection(error)) => log::debug!("{peer}: lost: {error}"),
        Err(Lost::Memory(error)) => {
            log::error!("{peer}: closed, no memory for its requests: {error}");
        }
    }
    session.shrink();
}

/// Where a client closed its sending side.
enum Closed {
    BetweenRequests,
    InsideRequest,
}

/// Why a client was given up.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error(transparent)]
    Connection(#[from] Error),
    #[error(transparent)]
    Memory(#[from] TryReserveError),
}

fn converse(connection: &mut Connection, session: &mut Session) -> Result<Closed, Lost> {
    let peer = connection.peer();
    loop {
        give_memory_back(connection, session)?;
        match connection.read_into_spare(session.room()?, None) {
            Ok(0) => {
                let inside = session.end_of_input()?;
                connection.write_all(session.output(), None)?;
                return Ok(if inside {
                    Closed::InsideRequest
                } else {
                    Closed::BetweenRequests
                });
            }
            Ok(_) => session.answer(|header, result| log_request(peer, header, result))?,
            Err(Error::Shutdown) => {
                // What was received in time is answered in time, if the client takes it (T-19).
                connection.write_all(session.output(), None)?;
                return Err(Error::Shutdown.into());
            }
            Err(error) => return Err(error.into()),
        }
        send(connection, session)?;
    }
}

/// Sends the waiting responses until something arrives. A client may send everything before it
/// takes anything: the server must not wait for it to take (T-18).
fn send(connection: &mut Connection, session: &mut Session) -> Result<(), Error> {
    while !session.output().is_empty() {
        let taken = connection.try_write(session.output())?;
        session.sent(taken);
        let left = session.output().len();
        if left == 0 {
            break;
        }
        let interest = Ready {
            readable: left < MOST_OUTPUT,
            writable: true,
        };
        if connection.wait(interest, None)?.readable && interest.readable {
            break;
        }
    }
    Ok(())
}

/// Waits briefly for the next request before it gives the memory of the last one back.
fn give_memory_back(connection: &mut Connection, session: &mut Session) -> Result<(), Error> {
    const INPUT: Ready = Ready {
        readable: true,
        writable: false,
    };
    if session.is_idle_and_large() {
        match connection.wait(INPUT, Some(KEEPS_MEMORY)) {
            Err(Error::TimedOut) => session.shrink(),
            waited => {
                waited?;
            }
        }
    }
    Ok(())
}

fn log_request(peer: SocketAddr, header: RequestHeader, result: Result<(), TransformError>) {
    let (action, length) = (header.action(), header.length());
    match result {
        Ok(()) => log::debug!("{peer}: {action}, {length} bytes"),
        Err(error) => log::debug!("{peer}: {action}, {length} bytes: error: {error}"),
    }
}
