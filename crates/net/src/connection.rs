use std::io::{self, IoSlice};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, sockopt};

use crate::pool::{Lead, Role};

/// One end of a TCP connection, of a client as well as of a server.
///
/// Reads and writes block, and take their timeout as an argument: how long the peer may go
/// without sending or taking a single byte. `None` waits for ever. A timeout is a limit on
/// silence; for a deadline, pass the time that is left until it. A timeout of zero has passed
/// already; only the first read of a connection that [`serve`](crate::serve()) hands out looks once
/// at what is there.
///
/// A connection that [`serve`](crate::serve()) hands out is woken by a shutdown: its reads then
/// end with [`Error::Shutdown`], once what had already arrived is read.
#[derive(Debug)]
pub struct Connection {
    // The order matters: the stream is closed before the role makes room for another client.
    stream: Arc<TcpStream>,
    peer: SocketAddr,
    receive_timeout: Option<Duration>,
    role: Option<Role>,
}

/// What a connection can do without waiting; see [`Connection::wait`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// There are bytes to read, or the end of the stream, or an error.
    pub readable: bool,
    /// There is room for bytes to be written, or an error.
    pub writable: bool,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, peer: SocketAddr) -> Self {
        Self {
            stream: Arc::new(stream),
            peer,
            receive_timeout: None,
            role: None,
        }
    }

    pub(crate) fn served(stream: TcpStream, peer: SocketAddr, lead: Lead) -> Self {
        Self {
            role: Some(Role::Leader {
                lead,
                has_read: false,
            }),
            ..Self::new(stream, peer)
        }
    }

    /// Closes the connection, and returns the lead if its thread never had to wait.
    pub(crate) fn end(self) -> Option<Lead> {
        let Self { stream, role, .. } = self;
        drop(stream);
        match role {
            Some(Role::Leader { lead, .. }) => Some(lead),
            _ => None,
        }
    }

    /// The address of the other end.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The socket, for calls that only the standard library has.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Reads what has arrived, at least one byte, into `buffer`; 0 is the end of the stream.
    ///
    /// # Errors
    /// [`Error::TimedOut`] when nothing came for as long as `timeout`; [`Error::Shutdown`] when
    /// the server is stopping; else what the system reported.
    pub fn read(&mut self, buffer: &mut [u8], timeout: Option<Duration>) -> Result<usize, Error> {
        self.receive(timeout, |stream, flags| {
            rustix::net::recv(stream, &mut *buffer, flags).map(|(_, length)| length)
        })
    }

    /// Reads as [`Connection::read`] does, into the spare capacity of `buffer`, which must have
    /// some: nothing is allocated, and nothing is zeroed first.
    ///
    /// # Errors
    /// As [`Connection::read`].
    pub fn read_into_spare(
        &mut self,
        buffer: &mut Vec<u8>,
        timeout: Option<Duration>,
    ) -> Result<usize, Error> {
        self.receive(timeout, |stream, flags| {
            rustix::net::recv(stream, rustix::buffer::spare_capacity(buffer), flags)
                .map(|(_, length)| length)
        })
    }

    /// Receives and throws away at most as many bytes as `scratch` is long, and returns how many.
    /// On Linux they are discarded inside the kernel; what `scratch` holds then is unspecified.
    ///
    /// # Errors
    /// As [`Connection::read`].
    pub fn discard(
        &mut self,
        scratch: &mut [u8],
        timeout: Option<Duration>,
    ) -> Result<usize, Error> {
        self.receive(timeout, |stream, flags| {
            rustix::net::recv(stream, &mut *scratch, flags | DISCARD).map(|(_, length)| length)
        })
    }

    fn receive(
        &mut self,
        timeout: Option<Duration>,
        mut recv: impl FnMut(&TcpStream, RecvFlags) -> rustix::io::Result<usize>,
    ) -> Result<usize, Error> {
        // A leader first reads without waiting: often the whole request is already there.
        if let Some(Role::Leader {
            has_read: has_read @ false,
            ..
        }) = &mut self.role
        {
            *has_read = true;
            match recv(&self.stream, RecvFlags::DONTWAIT) {
                Err(Errno::WOULDBLOCK | Errno::INTR) => {}
                received => return self.received(received),
            }
        }
        self.give_up_lead();
        self.set_receive_timeout(timeout)?;
        let received = rustix::io::retry_on_intr(|| recv(&self.stream, RecvFlags::empty()));
        self.received(received)
    }

    fn received(&self, received: rustix::io::Result<usize>) -> Result<usize, Error> {
        match received {
            Ok(0) if self.role.as_ref().is_some_and(Role::is_closing) => Err(Error::Shutdown),
            Ok(length) => Ok(length),
            Err(Errno::WOULDBLOCK) => Err(Error::TimedOut),
            Err(errno) => Err(errno.into()),
        }
    }

    fn set_receive_timeout(&mut self, timeout: Option<Duration>) -> Result<(), Error> {
        if timeout == Some(Duration::ZERO) {
            return Err(Error::TimedOut);
        }
        if self.receive_timeout != timeout {
            sockopt::set_socket_timeout(&self.stream, sockopt::Timeout::Recv, timeout)?;
            self.receive_timeout = timeout;
        }
        Ok(())
    }

    /// Hands all of `bytes` to the system.
    ///
    /// # Errors
    /// [`Error::TimedOut`] when the peer took nothing for as long as `timeout`; else what the
    /// system reported.
    pub fn write_all(&mut self, mut bytes: &[u8], timeout: Option<Duration>) -> Result<(), Error> {
        while !bytes.is_empty() {
            let taken =
                self.write_some(timeout, |stream| rustix::net::send(stream, bytes, SEND))?;
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    /// Hands all of `pieces`, one after the other, to the system, with one write as far as it takes
    /// them: what lies in many places need not be gathered first. There may be up to 1,024 pieces.
    /// What `pieces` holds afterwards is unspecified.
    ///
    /// # Errors
    /// As [`Connection::write_all`].
    pub fn write_all_vectored(
        &mut self,
        mut pieces: &mut [IoSlice<'_>],
        timeout: Option<Duration>,
    ) -> Result<(), Error> {
        // Empty pieces in front would look as if nothing were taken.
        IoSlice::advance_slices(&mut pieces, 0);
        while !pieces.is_empty() {
            let taken = self.write_some(timeout, |stream| {
                rustix::net::sendmsg(stream, pieces, &mut SendAncillaryBuffer::default(), SEND)
            })?;
            IoSlice::advance_slices(&mut pieces, taken);
        }
        Ok(())
    }

    /// Writes something, and waits for that if need be.
    fn write_some(
        &mut self,
        timeout: Option<Duration>,
        mut send: impl FnMut(&TcpStream) -> rustix::io::Result<usize>,
    ) -> Result<usize, Error> {
        const WRITABLE: Ready = Ready {
            readable: false,
            writable: true,
        };
        let mut deadline = None;
        loop {
            match rustix::io::retry_on_intr(|| send(&self.stream)) {
                Err(Errno::WOULDBLOCK) => {}
                sent => return Ok(sent?),
            }
            // Linux calls a socket writable only when a third of its buffer is free. A slow peer
            // takes less than that between two reports, so the write is tried again at intervals.
            let left = timeout.map(|timeout| {
                let deadline = *deadline.get_or_insert_with(|| Instant::now() + timeout);
                deadline.saturating_duration_since(Instant::now())
            });
            if left.is_some_and(|left| left.is_zero()) {
                return Err(Error::TimedOut);
            }
            let glance = left.map_or(WRITE_GLANCE, |left| left.min(WRITE_GLANCE));
            match self.wait(WRITABLE, Some(glance)) {
                Ok(_) | Err(Error::TimedOut) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Hands as many of `bytes` to the system as it takes without waiting; 0 when it takes none.
    ///
    /// # Errors
    /// What the system reported: the connection was reset, for example.
    pub fn try_write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        match rustix::io::retry_on_intr(|| rustix::net::send(&self.stream, bytes, SEND)) {
            Err(Errno::WOULDBLOCK) => Ok(0),
            sent => Ok(sent?),
        }
    }

    /// Waits until the connection can do one of the things that `interest` names.
    ///
    /// # Errors
    /// [`Error::TimedOut`] when none became possible within `timeout`; else what the system
    /// reported.
    pub fn wait(&mut self, interest: Ready, timeout: Option<Duration>) -> Result<Ready, Error> {
        self.give_up_lead();
        let mut events = PollFlags::empty();
        events.set(PollFlags::IN, interest.readable);
        events.set(PollFlags::OUT, interest.writable);
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let timeout = left.and_then(|left| Timespec::try_from(left).ok());
            let mut entry = [PollFd::new(&self.stream, events)];
            match rustix::event::poll(&mut entry, timeout.as_ref()) {
                Ok(0) => return Err(Error::TimedOut),
                Err(Errno::INTR) => {}
                polled => {
                    polled?;
                    let found = entry[0].revents();
                    let failed = found.intersects(PollFlags::ERR | PollFlags::HUP);
                    return Ok(Ready {
                        readable: failed || found.contains(PollFlags::IN),
                        writable: failed || found.contains(PollFlags::OUT),
                    });
                }
            }
        }
    }

    /// Ends the sending side: the peer reads the end of the stream, and may go on sending.
    ///
    /// # Errors
    /// What the system reported: the connection is gone already, for example.
    pub fn shutdown_write(&self) -> Result<(), Error> {
        Ok(rustix::net::shutdown(
            &self.stream,
            rustix::net::Shutdown::Write,
        )?)
    }

    /// Ends the connection so that what was written last arrives: ends the sending side, then
    /// reads and forgets what the peer still sends until it closes too, for at most `timeout` in
    /// all. A socket that is closed with unread input sends a reset instead, which can destroy
    /// bytes that the peer has not read yet. The socket itself is closed when the connection is
    /// dropped; for a client that is served, when its handler returns.
    pub fn close_gently(&mut self, timeout: Duration) {
        let deadline = Instant::now() + timeout;
        let mut scratch = [0; 4096];
        if self.shutdown_write().is_err() {
            return;
        }
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.discard(&mut scratch, Some(left)) {
                Ok(1..) => {}
                Ok(0) | Err(_) => return,
            }
        }
    }

    /// Closes the connection with a reset: the peer learns that it was aborted.
    ///
    /// # Errors
    /// What the system reported.
    pub fn reset(self) -> Result<(), Error> {
        Ok(sockopt::set_socket_linger(
            &self.stream,
            Some(Duration::ZERO),
        )?)
    }

    /// Lets another thread accept the next client, before this one may have to wait.
    fn give_up_lead(&mut self) {
        self.role = match self.role.take() {
            Some(Role::Leader { lead, .. }) => {
                Some(Role::Follower(lead.hand_over(Arc::clone(&self.stream))))
            }
            role => role,
        };
    }
}

/// How often a write that waits is tried again.
const WRITE_GLANCE: Duration = Duration::from_millis(200);

/// Where the kernel can discard bytes by itself, those that are only counted never leave it
/// (tcp(7), MSG_TRUNC).
#[cfg(target_os = "linux")]
const DISCARD: RecvFlags = RecvFlags::TRUNC;
#[cfg(not(target_os = "linux"))]
const DISCARD: RecvFlags = RecvFlags::empty();

/// Writes never wait by themselves; [`Connection::wait`] does.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
const SEND: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
const SEND: SendFlags = SendFlags::DONTWAIT;

impl Error {
    /// Whether the peer broke the connection off: it reset it, or takes nothing any more.
    pub fn is_reset(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionReset};

        matches!(self, Self::System(error) if matches!(error.kind(), ConnectionReset | BrokenPipe))
    }
}

/// Why a read or write failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The peer sent, or took, nothing for as long as the timeout of the call.
    #[error("timed out")]
    TimedOut,
    /// The server is stopping, and nothing that had arrived is left to read.
    #[error("the server is shutting down")]
    Shutdown,
    /// What the system reported: the connection was reset, for example.
    #[error("{0}")]
    System(io::Error),
}

impl From<Errno> for Error {
    fn from(errno: Errno) -> Self {
        Self::System(errno.into())
    }
}
