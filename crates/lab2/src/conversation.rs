use std::fmt::Display;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use cli::Error;
use net::Connection;
use proto::pickle::{Decoder, Value};

use crate::arguments::Student;

/// The most bytes that one read receives.
const BUFFER: usize = 4096;

/// The most characters of an object that an error shows.
const MOST_SHOWN: usize = 80;

const CLOSED: &str = "it closed the connection";

/// A conversation with a pickle server, which is not trusted (PC-2).
#[derive(Debug)]
pub(crate) struct Conversation {
    server: Connection,
    timeout: Duration,
    decoder: Decoder,
    /// What has arrived of the objects after the last one.
    received: Vec<u8>,
}

impl Conversation {
    /// A new conversation. Each object must arrive whole within `timeout`, also from a server that
    /// sends slowly.
    pub(crate) fn new(server: Connection, timeout: Duration) -> Self {
        Self {
            server,
            timeout,
            decoder: Decoder::new(),
            received: Vec::with_capacity(BUFFER),
        }
    }

    /// Receives the id that the server assigns: `{'clientid': N}`, or N alone.
    ///
    /// # Errors
    /// The server did anything else.
    pub(crate) fn client_id(&mut self) -> Result<i64, Error> {
        let id = self.receive().and_then(|object| {
            let id = object.get("clientid").unwrap_or(object.as_ref());
            id.as_integer().ok_or_else(|| {
                let object = shown(&object);
                Error::new(format_args!(
                    "it sent {object}, expected {{'clientid': N}} or N"
                ))
            })
        });
        id.map_err(|fault| self.missing("client id", fault))
    }

    /// Sends the student's data, and receives the reply to it, whatever object that is.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn exchange(&mut self, student: &Student) -> Result<Value, Error> {
        let reply = self.send(&student.pickle()).and_then(|()| self.receive());
        reply.map_err(|fault| self.missing("reply", fault))
    }

    fn send(&mut self, pickle: &[u8]) -> Result<(), Error> {
        let sent = self.server.write_all(pickle, Some(self.timeout));
        sent.map_err(|error| self.broken(error, "it did not take the data for"))
    }

    fn receive(&mut self) -> Result<Value, Error> {
        let deadline = Instant::now() + self.timeout;
        loop {
            let mut input = &self.received[..];
            let object = self.decoder.next(&mut input)?;
            let consumed = self.received.len() - input.len();
            self.received.drain(..consumed);
            if let Some(object) = object {
                return Ok(object);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.server.read_into_spare(&mut self.received, Some(left)) {
                Ok(0) => {
                    self.decoder.finish()?;
                    return Err(Error::new(CLOSED));
                }
                Ok(_) => {}
                Err(error) => return Err(self.broken(error, "no whole object came within")),
            }
        }
    }

    /// The connection broke, or the server was `late`.
    fn broken(&self, error: net::Error, late: &str) -> Error {
        match error {
            net::Error::TimedOut => Error::new(format_args!("{late} {:?}", self.timeout)),
            // The server had closed before the data came.
            net::Error::System(error) if error.kind() == ErrorKind::BrokenPipe => {
                Error::new(CLOSED)
            }
            error if error.is_reset() => Error::new("it reset the connection"),
            error => error.into(),
        }
    }

    fn missing(&self, what: &str, fault: impl Display) -> Error {
        Error::new(format_args!(
            "no {what} from {}: {fault}",
            self.server.peer()
        ))
    }
}

/// The beginning of an object, as Python shows it.
fn shown(object: &Value) -> String {
    let text = object.to_string();
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
