//! What one client gets: its request is read, done, and answered if it was a read (section 3.1).

use std::fmt::{self, Display};
use std::io::IoSlice;
use std::net::SocketAddr;
use std::sync::Arc;

use cli::Output;
use net::{Connection, Received, Reception};
use proto::message::{EmitError, Message, READ_GAP, Request, RequestError, ResponseHeader};

use crate::store::{Full, Store};

/// Room for the longest record (C-1), and for a byte that must not follow it (C-8).
const RECORD_ROOM: usize = 66_052 + 1;

/// How a request is received: until the record is whole, or cannot become valid any more, or the
/// client has closed (C-7). What completes the record is received with what lies behind it: so a
/// surplus that is there is noticed (C-8).
pub(crate) fn reception(output: Arc<Output>) -> Reception {
    Reception {
        deadline: READ_GAP,
        most_bytes: RECORD_ROOM,
        is_complete: |record| {
            !matches!(Request::parse(record), Err(RequestError::Truncated { .. }))
        },
        waits: Box::new(move |peer| output.line_or_warn(connected(peer))),
    }
}

/// Serves one client, and says on `output` and in the log what came of it.
pub(crate) fn serve_client(
    client: &mut Connection,
    received: Received,
    store: &Store,
    output: &Output,
) {
    let Received { bytes, end, waited } = received;
    let report = Report {
        output,
        peer: client.peer(),
        connected: waited,
    };
    let outcome = end
        .map_err(|error| not_received(error, bytes.len()))
        .and_then(|()| Ok(Request::parse(&bytes)?))
        .and_then(|request| perform(request, client, store));
    match outcome {
        Ok(outcome) => report.outcome(outcome),
        Err(error) => report.error(&error),
    }
}

fn not_received(error: net::Error, found: usize) -> Error {
    match error {
        net::Error::TimedOut => Error::TooSlow { found },
        error => Error::Receive(error),
    }
}

fn connected(peer: SocketAddr) -> impl Display {
    format!("{peer} connected")
}

fn perform<'a>(
    request: Request<'a>,
    client: &mut Connection,
    store: &Store,
) -> Result<Outcome<'a>, Error> {
    match request {
        Request::Create {
            sender,
            receiver,
            text,
        } => {
            // As a response carries it.
            let header = Message { sender, text }
                .header()
                .map_err(Error::Emit)?
                .emit();
            store.create(receiver, [&header, sender, text].concat().into())?;
            Ok(Outcome::Created { sender, receiver })
        }
        Request::Read { name } => {
            let batch = store.take(name);
            let (items, more) = (batch.len(), batch.more());
            let header = ResponseHeader { items, more }.emit();
            let mut pieces = Vec::with_capacity(1 + usize::from(items));
            pieces.push(IoSlice::new(&header));
            pieces.extend(batch.iter().map(IoSlice::new));
            client
                .write_all_vectored(&mut pieces, Some(READ_GAP))
                .map_err(|cause| Error::Send { cause, items })?;
            batch.commit();
            Ok(Outcome::Sent { name, items, more })
        }
    }
}

/// What was done for a client.
enum Outcome<'a> {
    Created {
        sender: &'a [u8],
        receiver: &'a [u8],
    },
    Sent {
        name: &'a [u8],
        items: u8,
        more: bool,
    },
}

impl Display for Outcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created { sender, receiver } => {
                let (sender, receiver) = (cli::escape(sender), cli::escape(receiver));
                write!(f, "stored a message from {sender} for {receiver}")
            }
            Self::Sent { name, items, more } => {
                let plural = if *items == 1 { "" } else { "s" };
                write!(f, "sent {items} message{plural} to {}", cli::escape(name))?;
                if *more {
                    write!(f, "; more are waiting")?;
                }
                Ok(())
            }
        }
    }
}

/// The lines about one client.
struct Report<'a> {
    output: &'a Output,
    peer: SocketAddr,
    /// Whether it was said that the client has connected (C-6): at once if the client had to be
    /// waited for, else together with the outcome, which saves a write.
    connected: bool,
}

impl Report<'_> {
    fn outcome(&self, outcome: impl Display) {
        let peer = self.peer;
        if self.connected {
            self.output.line_or_warn(format_args!("{peer} {outcome}"));
        } else {
            self.output
                .line_or_warn(format_args!("{}\n{peer} {outcome}", connected(peer)));
        }
    }

    fn error(&self, error: &Error) {
        if !self.connected {
            self.output.line_or_warn(connected(self.peer));
        }
        log::error!("{}: {error}", self.peer);
    }
}

/// Why a client did not get what it asked for (C-12).
#[derive(Debug)]
enum Error {
    /// The request was not whole in time (C-7).
    TooSlow {
        /// How much of it had come.
        found: usize,
    },
    Receive(net::Error),
    Invalid(RequestError),
    Full(Full),
    /// The message does not fit a response, which a valid request's does.
    Emit(EmitError),
    /// The response was not taken (C-11).
    Send {
        cause: net::Error,
        items: u8,
    },
}

impl From<RequestError> for Error {
    fn from(error: RequestError) -> Self {
        Self::Invalid(error)
    }
}

impl From<Full> for Error {
    fn from(error: Full) -> Self {
        Self::Full(error)
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooSlow { found } => write!(
                f,
                "no complete request within {READ_GAP:?}: {found} bytes came"
            ),
            Self::Receive(error) => write!(f, "cannot receive the request: {error}"),
            Self::Invalid(error) => write!(f, "invalid request: {error}"),
            Self::Full(error) => write!(f, "message refused: {error}"),
            Self::Emit(error) => write!(f, "message refused: {error}"),
            Self::Send { cause, items } => {
                match cause {
                    net::Error::TimedOut => {
                        write!(
                            f,
                            "the client took nothing of the response for {READ_GAP:?}"
                        )
                    }
                    _ => write!(f, "cannot send the response: {cause}"),
                }?;
                match items {
                    0 => Ok(()),
                    _ => write!(f, "; kept its messages ({items})"),
                }
            }
        }
    }
}
