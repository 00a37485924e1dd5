use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use net::Connection;
use proto::pickle::{self, Decoder, Value};

use crate::Student;

/// The most bytes that are received at once.
const BUFFER: usize = 4096;

/// The most characters of an object that an error shows.
const MOST_SHOWN: usize = 80;

/// A conversation with a pickle server, which is not trusted (PC-2).
#[derive(Debug)]
pub struct Conversation {
    server: Connection,
    limit: Duration,
    decoder: Decoder,
    /// What has arrived of the objects after the last one.
    received: Vec<u8>,
}

impl Conversation {
    /// A conversation that has not begun. Each object of the server has the time `limit` to come,
    /// all of it: a server that sends it slowly gains nothing.
    pub fn new(server: Connection, limit: Duration) -> Self {
        Self {
            server,
            limit,
            decoder: Decoder::new(),
            received: Vec::with_capacity(BUFFER),
        }
    }

    /// Receives the id that the server assigns: `{'clientid': N}`, or N alone.
    ///
    /// # Errors
    /// [`ServerError`], when it does anything else.
    pub fn client_id(&mut self) -> Result<i64, ServerError> {
        let id = self.receive().and_then(|object| {
            let id = object.get("clientid").unwrap_or(object.as_ref());
            id.as_integer().ok_or_else(|| Fault::NotAnId {
                found: shown(&object),
            })
        });
        id.map_err(|fault| self.error(Awaited::ClientId, fault))
    }

    /// Sends the student's data, and receives the reply to it, whatever object that is.
    ///
    /// # Errors
    /// [`ServerError`], when there is none.
    pub fn exchange(&mut self, student: &Student) -> Result<Value, ServerError> {
        let reply = self.send(&student.pickle()).and_then(|()| self.receive());
        reply.map_err(|fault| self.error(Awaited::Reply, fault))
    }

    fn send(&mut self, pickle: &[u8]) -> Result<(), Fault> {
        let limit = self.limit;
        self.server
            .write_all(pickle, Some(limit))
            .map_err(|error| match error {
                net::Error::TimedOut => Fault::TakesNothing { limit },
                error => Fault::of(error, limit),
            })
    }

    fn receive(&mut self) -> Result<Value, Fault> {
        let limit = self.limit;
        let deadline = Instant::now() + limit;
        loop {
            let mut input = &self.received[..];
            let object = self.decoder.next(&mut input).map_err(Fault::Refused)?;
            let eaten = self.received.len() - input.len();
            self.received.drain(..eaten);
            if let Some(object) = object {
                return Ok(object);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.server.read_into_spare(&mut self.received, Some(left)) {
                Ok(0) => return Err(self.at_end()),
                Ok(_) => {}
                Err(error) => return Err(Fault::of(error, limit)),
            }
        }
    }

    fn at_end(&self) -> Fault {
        self.decoder
            .finish()
            .map_or_else(Fault::Refused, |()| Fault::Closed)
    }

    fn error(&self, awaited: Awaited, fault: Fault) -> ServerError {
        ServerError {
            address: self.server.peer(),
            awaited,
            fault,
        }
    }
}

/// The beginning of an object, as Python shows it.
fn shown(object: &Value) -> String {
    let text = object.to_string();
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// What the server did instead of what was awaited from it.
#[derive(Debug)]
pub struct ServerError {
    /// The server's address.
    pub address: SocketAddr,
    /// What was awaited.
    pub awaited: Awaited,
    /// What it did.
    pub fault: Fault,
}

/// What a server owes its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// The id, as soon as the client is connected.
    ClientId,
    /// A reply to the data.
    Reply,
}

/// What a server can do wrong (PC-1, PC-2).
#[derive(Debug)]
pub enum Fault {
    /// It sent what is refused: no pickle, a hostile one, or a part of one (P-8).
    Refused(pickle::Error),
    /// It sent an object that is no id.
    NotAnId {
        /// The object, as Python shows it, or the beginning of that.
        found: String,
    },
    /// It closed the connection.
    Closed,
    /// It reset the connection.
    Reset,
    /// No whole object came in time.
    Late {
        /// The limit.
        limit: Duration,
    },
    /// It did not take the data.
    TakesNothing {
        /// The limit.
        limit: Duration,
    },
    /// The connection failed in another way.
    System(io::Error),
}

impl Fault {
    fn of(error: net::Error, limit: Duration) -> Self {
        match error {
            net::Error::TimedOut => Self::Late { limit },
            net::Error::Shutdown => Self::Closed,
            net::Error::System(error) => match error.kind() {
                io::ErrorKind::ConnectionReset => Self::Reset,
                // It had closed before the data came.
                io::ErrorKind::BrokenPipe => Self::Closed,
                _ => Self::System(error),
            },
        }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            address,
            awaited,
            fault,
        } = self;
        match awaited {
            Awaited::ClientId => write!(f, "no client id from {address}: ")?,
            Awaited::Reply => write!(f, "no reply from {address}: ")?,
        }
        match fault {
            Fault::Refused(error) => write!(f, "{error}"),
            Fault::NotAnId { found } => {
                write!(f, "it sent {found}, want {{'clientid': N}} or N")
            }
            Fault::Closed => write!(f, "it closed the connection"),
            Fault::Reset => write!(f, "it reset the connection"),
            Fault::Late { limit } => write!(f, "no whole object came within {limit:?}"),
            Fault::TakesNothing { limit } => write!(f, "it did not take the data for {limit:?}"),
            Fault::System(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for ServerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            Fault::Refused(error) => Some(error),
            Fault::System(error) => Some(error),
            Fault::NotAnId { .. }
            | Fault::Closed
            | Fault::Reset
            | Fault::Late { .. }
            | Fault::TakesNothing { .. } => None,
        }
    }
}
