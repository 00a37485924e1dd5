//! One client: its request is received and performed, and answered if it was a read (section 3.1).
//! Nothing here waits.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, IoSlice};
use std::iter;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use cli::Output;
use mio::Interest;
use proto::message::{Message, READ_GAP, Request, RequestError, ResponseHeader};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags};

use crate::store::{Batch, Store};

/// Room for the longest record (C-1), and for a byte that must not follow it (C-8).
const RECORD_ROOM: usize = 66_052 + 1;

/// How often a reader that does not take its response is looked at: Linux reports no sooner than
/// when a third of the send buffer is free.
const LOOK: Duration = Duration::from_millis(250);

/// What all clients share.
pub(crate) struct Service<'a> {
    pub(crate) store: &'a Store,
    pub(crate) output: &'a Output,
    /// Bytes are received here first, so that a silent client has no buffer.
    buffer: Vec<u8>,
}

impl<'a> Service<'a> {
    pub(crate) fn new(store: &'a Store, output: &'a Output) -> Self {
        Self {
            store,
            output,
            buffer: Vec::with_capacity(RECORD_ROOM),
        }
    }
}

/// A client that was accepted and has not been served yet.
pub(crate) struct Client<'a> {
    pub(crate) connection: Connection,
    state: State<'a>,
    deadline: Instant,
    /// When it is to be [looked at](Self::look), whether or not something happens before.
    pub(crate) next_look: Instant,
}

enum State<'a> {
    Receiving(Vec<u8>),
    Responding(Response<'a>),
}

impl<'a> Client<'a> {
    pub(crate) fn new(stream: TcpStream, peer: SocketAddr) -> Self {
        let connection = Connection {
            stream,
            registered: None,
            peer,
            announced: false,
        };
        let deadline = Instant::now() + READ_GAP;
        Self {
            connection,
            state: State::Receiving(Vec::new()),
            deadline,
            next_look: deadline,
        }
    }

    fn reader(connection: Connection, batch: Batch<'a>) -> Self {
        let now = Instant::now();
        Self {
            connection,
            state: State::Responding(Response::new(batch)),
            deadline: now + READ_GAP,
            next_look: now + LOOK,
        }
    }

    pub(crate) fn is_receiving(&self) -> bool {
        matches!(self.state, State::Receiving(_))
    }

    /// What the client must do before it can be served on.
    pub(crate) fn interest(&self) -> Interest {
        match &self.state {
            State::Responding(response) if response.written < response.length => {
                Interest::READABLE | Interest::WRITABLE
            }
            _ => Interest::READABLE,
        }
    }

    /// Does all that can be done without waiting. `None`: the client was served, or failed.
    pub(crate) fn advance(mut self, service: &mut Service<'a>) -> Option<Self> {
        let stream = &self.connection.stream;
        let (advanced, doing) = match &mut self.state {
            State::Receiving(request) => (
                receive(stream, request, &mut service.buffer),
                "receive the request",
            ),
            State::Responding(response) => (response.send(stream), "send the response"),
        };
        match advanced {
            Ok(false) => Some(self),
            Ok(true) => self.complete(service),
            Err(error) => {
                self.fail(service.output, format_args!("cannot {doing}: {error}"));
                None
            }
        }
    }

    /// Looks at a client whose time may be over. `None`: it was served, or failed.
    ///
    /// What it did in the meantime comes first: this process may have been suspended (C-7).
    pub(crate) fn look(self, service: &mut Service<'a>) -> Option<Self> {
        let mut client = self.advance(service)?;
        let now = Instant::now();
        if let State::Responding(response) = &mut client.state {
            let stream = &client.connection.stream;
            if response.has_progressed(stream) && !response.is_taken(stream) {
                client.deadline = now + READ_GAP;
            }
            client.next_look = client.deadline.min(now + LOOK);
        }
        if now < client.deadline {
            return Some(client);
        }
        match &client.state {
            State::Receiving(request) => {
                let came = request.len();
                let cause = format!("no complete request within {READ_GAP:?}: {came} bytes came");
                client.fail(service.output, cause);
            }
            // It just stays connected, and has read its messages (C-11).
            State::Responding(_) if client.has_taken_all() => return client.complete(service),
            State::Responding(_) => client.fail(
                service.output,
                format_args!("the client took nothing of the response for {READ_GAP:?}"),
            ),
        }
        None
    }

    /// Ends a client because the server stops. What a reader has not taken yet is still sent.
    pub(crate) fn stop(self, service: &mut Service<'a>) {
        if self.has_taken_all() {
            self.complete(service);
        } else {
            let cause = "the server is shutting down";
            self.connection.fail(service.output, cause);
        }
    }

    /// Whether the client is a reader whose system has acknowledged the whole response.
    fn has_taken_all(&self) -> bool {
        match &self.state {
            State::Receiving(_) => false,
            State::Responding(response) => response.is_taken(&self.connection.stream),
        }
    }

    /// The request is there, as far as it will ever be; or the reader has taken its response.
    fn complete(self, service: &mut Service<'a>) -> Option<Self> {
        match self.state {
            State::Receiving(request) => perform(self.connection, &request, service),
            State::Responding(Response { batch, .. }) => {
                self.connection.succeed(service.output, sent(&batch));
                batch.commit();
                None
            }
        }
    }

    /// Closes the connection. The messages of a response are put back, and its reader gets a reset:
    /// if it is still reading, it must not take what it has for the whole.
    pub(crate) fn fail(self, output: &Output, cause: impl Display) {
        let State::Responding(Response { batch, .. }) = &self.state else {
            return self.connection.fail(output, cause);
        };
        // Fails only where the connection is gone already.
        let _ =
            rustix::net::sockopt::set_socket_linger(&self.connection.stream, Some(Duration::ZERO));
        match batch.len() {
            0 => self.connection.fail(output, cause),
            kept => {
                let cause = format_args!("{cause}; kept its messages ({kept})");
                self.connection.fail(output, cause);
            }
        }
    }
}

/// Stores a message, or begins to respond to a read.
fn perform<'a>(
    connection: Connection,
    request: &[u8],
    service: &mut Service<'a>,
) -> Option<Client<'a>> {
    let Service { store, output, .. } = *service;
    match Request::parse(request) {
        Ok(Request::Read { name }) => {
            return Client::reader(connection, store.take(name)).advance(service);
        }
        Ok(Request::Create {
            sender,
            receiver,
            text,
        }) => match create(store, sender, receiver, text) {
            Ok(()) => {
                let (sender, receiver) = (cli::escape(sender), cli::escape(receiver));
                let line = format_args!("stored a message from {sender} for {receiver}");
                connection.succeed(output, line);
            }
            Err(error) => connection.fail(output, format_args!("message refused: {error}")),
        },
        Err(error) => connection.fail(output, format_args!("invalid request: {error}")),
    }
    None
}

/// Stores a message as a response carries it.
fn create(
    store: &Store,
    sender: &[u8],
    receiver: &[u8],
    text: &[u8],
) -> Result<(), Box<dyn Error>> {
    let header = Message { sender, text }.header()?.emit();
    store.create(receiver, [&header, sender, text].concat().into())?;
    Ok(())
}

fn sent(batch: &Batch<'_>) -> String {
    let items = batch.len();
    let plural = if items == 1 { "" } else { "s" };
    let more = if batch.more() {
        "; more are waiting"
    } else {
        ""
    };
    let name = cli::escape(batch.receiver());
    format!("sent {items} message{plural} to {name}{more}")
}

/// Receives what is there. `true`: the record is whole, or cannot become valid any more, or the
/// client has ended its sending side (C-7).
///
/// What completes the record is received together with what lies behind it: so a surplus that is
/// there is noticed (C-8).
fn receive(stream: &TcpStream, request: &mut Vec<u8>, buffer: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        buffer.clear();
        let room = rustix::buffer::spare_capacity(buffer);
        match rustix::net::recv(stream, room, RecvFlags::DONTWAIT) {
            Err(Errno::WOULDBLOCK) => return Ok(false),
            Err(Errno::INTR) => continue,
            Ok((_, 0)) => return Ok(true),
            received => received?,
        };
        request.extend_from_slice(buffer);
        if !matches!(Request::parse(request), Err(RequestError::Truncated { .. })) {
            return Ok(true);
        }
    }
}

/// Messages on their way to their reader.
struct Response<'a> {
    header: [u8; ResponseHeader::LEN],
    batch: Batch<'a>,
    /// In bytes, as the other two.
    length: usize,
    written: usize,
    /// How many had been written, and how many of them acknowledged, at the last look.
    progress: u64,
}

impl<'a> Response<'a> {
    fn new(batch: Batch<'a>) -> Self {
        let header = ResponseHeader {
            items: batch.len(),
            more: batch.more(),
        };
        Self {
            header: header.emit(),
            length: ResponseHeader::LEN + batch.iter().map(<[u8]>::len).sum::<usize>(),
            batch,
            written: 0,
            progress: 0,
        }
    }

    /// Sends what the system takes. `true`: all has been sent, and the reader has taken it and
    /// closed (C-11).
    fn send(&mut self, stream: &TcpStream) -> io::Result<bool> {
        if self.written == self.length {
            return Ok(has_closed(stream)? && self.is_taken(stream));
        }
        while self.written < self.length {
            let pieces = iter::once(&self.header[..]).chain(self.batch.iter());
            let mut pieces: Vec<_> = pieces.map(IoSlice::new).collect();
            let mut rest = &mut pieces[..];
            IoSlice::advance_slices(&mut rest, self.written);
            let mut no_ancillary = SendAncillaryBuffer::default();
            match rustix::net::sendmsg(stream, rest, &mut no_ancillary, SendFlags::DONTWAIT) {
                Err(Errno::WOULDBLOCK) => return Ok(false),
                Err(Errno::INTR) => {}
                written => self.written += written?,
            }
        }
        stream.shutdown(Shutdown::Write)?;
        // Without messages there is nothing to lose.
        Ok(self.batch.is_empty())
    }

    /// Whether the reader's system has acknowledged everything.
    fn is_taken(&self, stream: &TcpStream) -> bool {
        net::acknowledged(stream).is_ok_and(|bytes| bytes >= self.length as u64)
    }

    /// Whether the reader has taken anything since this was asked last.
    fn has_progressed(&mut self, stream: &TcpStream) -> bool {
        let acknowledged = net::acknowledged(stream).unwrap_or(0);
        let before = self.progress;
        self.progress = self.written as u64 + acknowledged;
        self.progress > before
    }
}

/// Whether the client has ended its sending side. A reset is an error: also where it came after
/// that end, and the system would report it only to a writer.
fn has_closed(stream: &TcpStream) -> io::Result<bool> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    // There may be more than this, which is then found at the next look.
    match rustix::net::recv(stream, &mut [0; 1024], RecvFlags::DONTWAIT) {
        Ok((_, length)) => Ok(length == 0),
        Err(Errno::WOULDBLOCK | Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The connection to a client, and the lines about it.
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    /// What the event loop waits for, if it does.
    pub(crate) registered: Option<Interest>,
    peer: SocketAddr,
    /// Whether it was printed that the client has connected (C-6): immediately if the client had
    /// to be waited for, else together with the outcome, which saves a write.
    announced: bool,
}

impl Connection {
    pub(crate) fn announce(&mut self, output: &Output) {
        self.announced = true;
        output.line_or_warn(format_args!("{} connected", self.peer));
    }

    fn succeed(self, output: &Output, outcome: impl Display) {
        let peer = self.peer;
        // Its client need not wait for what is printed.
        drop(self.stream);
        if self.announced {
            output.line_or_warn(format_args!("{peer} {outcome}"));
        } else {
            output.line_or_warn(format_args!("{peer} connected\n{peer} {outcome}"));
        }
    }

    fn fail(mut self, output: &Output, cause: impl Display) {
        if !self.announced {
            self.announce(output);
        }
        log::error!("{}: {cause}", self.peer);
    }
}
