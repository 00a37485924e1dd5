//! The test's end of a connection.

use std::fmt;
use std::io::{self, ErrorKind, Read as _};
use std::mem;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionread};
use rustix::net::sockopt::{set_socket_linger, set_socket_recv_buffer_size};
use rustix::net::{SendFlags, send};

use crate::error::Error;
use crate::recording::{By, Ends, Recorder, Tape, What};
use crate::text::shown;
use crate::transcript::{Direction, Entry, Transcript};

/// Sending fails if none of it is taken for this long.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// On loopback a connection takes microseconds, unless the listener's queue is full.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes that one event carries.
const EVENT_LIMIT: usize = 64 << 10;

/// What can happen on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Bytes came, at least one.
    Data(Vec<u8>),
    /// The other end has closed its sending side, after all its bytes.
    Closed,
    /// The connection was torn down: everything on the way is lost.
    Reset,
    /// Nothing, until the deadline.
    Silence,
    /// The system reported something else.
    Failed(ErrorKind),
}

impl Event {
    fn from_error(error: &io::Error) -> Self {
        match error.kind() {
            // An expired time-out of a socket is one or the other, depending on the system.
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Self::Silence,
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected => Self::Reset,
            kind => Self::Failed(kind),
        }
    }

    fn words(&self) -> &'static str {
        match self {
            Self::Data(_) => "data came",
            Self::Closed => "the other end closed",
            Self::Reset => "the connection was reset",
            Self::Silence => "nothing happened until the deadline",
            Self::Failed(_) => "the connection failed",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(bytes) => write!(f, "{} came", shown(bytes)),
            Self::Failed(kind) => write!(f, "{}: {kind}", self.words()),
            _ => f.write_str(self.words()),
        }
    }
}

/// A connection, either end. Small records are sent immediately (`TCP_NODELAY`). What is sent and received is
/// kept, shortened, in a [`Transcript`] that failures show; all of it where it is
/// [`recorded`](Self::recorded).
#[derive(Debug)]
pub struct Peer {
    stream: TcpStream,
    local: SocketAddr,
    remote: SocketAddr,
    start: Instant,
    transcript: Transcript,
    /// Where all of it is kept.
    tape: Option<Tape>,
}

impl Peer {
    /// Connects.
    ///
    /// # Errors
    /// [`Error::Connect`] if the connection is refused, or not made within ten seconds.
    pub fn connect(address: SocketAddr) -> Result<Self, Error> {
        TcpStream::connect_timeout(&address, CONNECT_TIMEOUT)
            .and_then(Self::from_stream)
            .map_err(|error| Error::Connect { address, error })
    }

    /// A connection made elsewhere, or accepted.
    ///
    /// # Errors
    /// The system's, if it is not connected any more.
    pub fn from_stream(stream: TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        let (local, remote) = (stream.local_addr()?, stream.peer_addr()?);
        let (start, transcript) = (Instant::now(), Transcript::default());
        Ok(Self {
            stream,
            local,
            remote,
            start,
            transcript,
            tape: None,
        })
    }

    /// Counts the times of the transcript from `start` instead of the connection's beginning, to
    /// show several connections, or a connection and a process, on one scale.
    #[must_use]
    pub fn since(mut self, start: Instant) -> Self {
        self.start = start;
        self
    }

    /// Takes down all that happens from now on; who connected began with it at `since`.
    #[must_use]
    pub fn recorded(mut self, recorder: &Recorder, connected_by: By, since: Instant) -> Self {
        let ends = Ends {
            local: self.local,
            remote: self.remote,
            connected_by,
        };
        self.tape = Some(recorder.connection(ends, since, What::Connected));
        self
    }

    /// This end's address.
    #[must_use]
    pub fn local_address(&self) -> SocketAddr {
        self.local
    }

    /// The other end's address.
    #[must_use]
    pub fn remote_address(&self) -> SocketAddr {
        self.remote
    }

    /// The socket itself, for what is not here. What happens on it is not in the transcript.
    #[must_use]
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// What was said so far.
    #[must_use]
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Sends all of `bytes`.
    ///
    /// # Errors
    /// [`Error::Peer`] if the connection breaks ([`Event::Reset`]), or if none of it is taken
    /// for [`SEND_TIMEOUT`] ([`Event::Silence`]).
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let since = Instant::now();
        let mut rest = bytes;
        let sent = loop {
            if rest.is_empty() {
                break Ok(());
            }
            match self.write(rest) {
                Ok(count) => {
                    self.record_data(By::Us, &rest[..count]);
                    rest = &rest[count..];
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break Err(Event::from_error(&error)),
            }
        };
        let count = bytes.len() - rest.len();
        self.note(Direction::Sent, &bytes[..count]);
        sent.map_err(|event| {
            self.record_event(since, &event);
            self.note(Direction::Happened(event.words()), &[]);
            self.unexpected(format!("to send {} bytes", bytes.len()), event, Vec::new())
        })
    }

    /// A write that blocks would wait for the whole time even if some bytes are taken.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let timeout = Timespec::try_from(SEND_TIMEOUT).map_err(io::Error::other)?;
        let mut fds = [PollFd::new(&self.stream, PollFlags::OUT)];
        if rustix::io::retry_on_intr(|| poll(&mut fds, Some(&timeout)))? == 0 {
            return Err(ErrorKind::TimedOut.into());
        }
        match send(&self.stream, bytes, SendFlags::DONTWAIT) {
            // No room yet after all.
            Err(Errno::WOULDBLOCK) => Ok(0),
            sent => Ok(sent?),
        }
    }

    /// Sends `bytes` in pieces of `size` with a pause after each, so that the other end has
    /// reason to read them one by one (G-5).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_in_pieces(
        &mut self,
        bytes: &[u8],
        size: usize,
        pause: Duration,
    ) -> Result<(), Error> {
        for piece in bytes.chunks(size.max(1)) {
            self.send(piece)?;
            thread::sleep(pause);
        }
        Ok(())
    }

    /// Waits for the next event, of at most `limit` bytes if it is data.
    pub fn next_event(&mut self, limit: usize, within: Duration) -> Event {
        let since = Instant::now();
        let event = match self.read(limit, within) {
            Ok(bytes) if bytes.is_empty() => Event::Closed,
            Ok(bytes) => Event::Data(bytes),
            Err(error) => Event::from_error(&error),
        };
        self.record_event(since, &event);
        match &event {
            Event::Data(bytes) => {
                let entry = Entry::new(self.start.elapsed(), Direction::Received, bytes);
                self.transcript.push(entry);
            }
            other => self.note(Direction::Happened(other.words()), &[]),
        }
        event
    }

    fn read(&mut self, limit: usize, within: Duration) -> io::Result<Vec<u8>> {
        let start = Instant::now();
        let mut bytes = vec![0; limit.clamp(1, EVENT_LIMIT)];
        loop {
            // No time at all would mean no time-out.
            let left = within.saturating_sub(start.elapsed());
            self.stream
                .set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
            match self.stream.read(&mut bytes) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(count) => {
                    bytes.truncate(count);
                    return Ok(bytes);
                }
            }
        }
    }

    /// Receives exactly `count` bytes; what comes behind them stays for the next call.
    ///
    /// # Errors
    /// [`Error::Peer`] with what came instead of the rest, and with the bytes until then.
    pub fn receive_exactly(&mut self, count: usize, within: Duration) -> Result<Vec<u8>, Error> {
        let start = Instant::now();
        let mut received = Vec::new();
        while received.len() < count {
            let left = within.saturating_sub(start.elapsed());
            match self.next_event(count - received.len(), left) {
                Event::Data(bytes) => received.extend(bytes),
                event => return Err(self.unexpected(format!("{count} bytes"), event, received)),
            }
        }
        Ok(received)
    }

    /// Receives all until the other end closes its sending side.
    ///
    /// # Errors
    /// [`Error::Peer`] on a reset, or if it has not closed `within`.
    pub fn receive_to_end(&mut self, within: Duration) -> Result<Vec<u8>, Error> {
        let start = Instant::now();
        let mut received = Vec::new();
        loop {
            match self.next_event(EVENT_LIMIT, within.saturating_sub(start.elapsed())) {
                Event::Data(bytes) => received.extend(bytes),
                Event::Closed => return Ok(received),
                event => return Err(self.unexpected("a close".to_owned(), event, received)),
            }
        }
    }

    /// Waits for the other end to close its sending side, with nothing before that.
    ///
    /// # Errors
    /// [`Error::Peer`] if anything else happens, further bytes among them.
    pub fn expect_close(&mut self, within: Duration) -> Result<(), Error> {
        match self.next_event(EVENT_LIMIT, within) {
            Event::Closed => Ok(()),
            event => Err(self.unexpected(
                "a close and nothing before it".to_owned(),
                event,
                Vec::new(),
            )),
        }
    }

    /// Takes the whole of `period` to see that nothing comes. For where no probe exists whose
    /// answer would prove it.
    ///
    /// # Errors
    /// [`Error::Peer`] if anything happens.
    pub fn expect_silence(&mut self, period: Duration) -> Result<(), Error> {
        match self.next_event(EVENT_LIMIT, period) {
            Event::Silence => Ok(()),
            event => Err(self.unexpected(format!("nothing for {period:?}"), event, Vec::new())),
        }
    }

    /// Closes this end's sending side; receiving goes on.
    ///
    /// # Errors
    /// [`Error::Peer`] if the connection is broken already.
    pub fn shutdown_write(&mut self) -> Result<(), Error> {
        self.note(Direction::Happened("sending side shut down here"), &[]);
        self.record(Instant::now(), What::Closed(By::Us));
        self.stream.shutdown(Shutdown::Write).map_err(|error| {
            let event = Event::from_error(&error);
            self.unexpected(
                "to shut down the sending side".to_owned(),
                event,
                Vec::new(),
            )
        })
    }

    /// Tears the connection down with a reset; returns what was said. Dropping a [`Peer`] closes
    /// it in the ordinary way (which is a reset too if bytes were left unread).
    ///
    /// # Errors
    /// [`Error::System`] if the system refuses.
    pub fn reset(mut self) -> Result<Transcript, Error> {
        set_socket_linger(&self.stream, Some(Duration::ZERO))
            .map_err(Error::system("resetting a connection"))?;
        self.note(Direction::Happened("reset from here"), &[]);
        self.record(Instant::now(), What::Reset(By::Us));
        Ok(mem::take(&mut self.transcript))
    }

    /// Keeps the receive buffer near `bytes`, so that the other end soon cannot send while
    /// nothing is received here. (The system has a minimum, and Linux doubles the number.)
    ///
    /// # Errors
    /// [`Error::System`] if the system refuses.
    pub fn set_receive_buffer(&self, bytes: usize) -> Result<(), Error> {
        set_socket_recv_buffer_size(&self.stream, bytes)
            .map_err(Error::system("setting the size of a receive buffer"))
    }

    fn record_event(&self, since: Instant, event: &Event) {
        match event {
            Event::Data(bytes) => self.record_data(By::Peer, bytes),
            Event::Closed => self.record(since, What::Closed(By::Peer)),
            Event::Reset => self.record(since, What::Reset(By::Peer)),
            Event::Silence => self.record(since, What::Silence),
            // No packet shows what that was.
            Event::Failed(_) => {}
        }
    }

    fn record_data(&self, by: By, bytes: &[u8]) {
        if let Some(tape) = &self.tape {
            tape.data(by, bytes);
        }
    }

    fn record(&self, since: Instant, what: What) {
        if let Some(tape) = &self.tape {
            tape.happened(since, what);
        }
    }

    fn note(&mut self, direction: Direction, bytes: &[u8]) {
        self.transcript
            .push(Entry::new(self.start.elapsed(), direction, bytes));
    }

    fn unexpected(&self, expected: String, event: Event, received: Vec<u8>) -> Error {
        let (local, remote) = (self.local, self.remote);
        let seen = format!(
            "  connection from {local} to {remote}:\n{}",
            self.transcript
        );
        Error::Peer {
            expected,
            event,
            received,
            seen,
        }
    }
}

/// The system closes the connection, with a reset if bytes are left unread.
impl Drop for Peer {
    fn drop(&mut self) {
        let unread = ioctl_fionread(&self.stream).unwrap_or_default() > 0;
        let what = if unread { What::Reset } else { What::Closed };
        self.record(Instant::now(), what(By::Us));
    }
}
