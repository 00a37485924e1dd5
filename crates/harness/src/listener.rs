//! The test as a server, for programs that are clients.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{bind, listen};

use crate::error::Error;
use crate::peer::Peer;
use crate::process::Process;
use crate::sockets::tcp_socket;

/// How often a process is looked at while its connection is waited for.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// A listening socket.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
    /// What fills its backlog.
    _waiting: Option<TcpStream>,
}

impl Listener {
    /// Listens on 127.0.0.1, on a port that the system chooses.
    ///
    /// # Errors
    /// [`Error::System`] if the system refuses.
    pub fn new() -> Result<Self, Error> {
        Self::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// Listens on `address`; port 0 lets the system choose.
    ///
    /// # Errors
    /// [`Error::System`] if the system refuses.
    pub fn at(address: SocketAddr) -> Result<Self, Error> {
        let listen = || {
            let listener = TcpListener::bind(address)?;
            // A connection that was given up before it was accepted must not block here.
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok(Self {
                listener,
                address,
                _waiting: None,
            })
        };
        listen().map_err(Error::system::<std::io::Error>("listening"))
    }

    /// Listens on 127.0.0.1 with a queue of one that is full: a connection to it is neither
    /// accepted nor refused (Linux; elsewhere the queue may hold more).
    ///
    /// # Errors
    /// [`Error::System`] if the system refuses.
    pub fn unanswering() -> Result<Self, Error> {
        let open = || {
            let socket = tcp_socket()?;
            bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))?;
            listen(&socket, 0)?;
            let listener = TcpListener::from(socket);
            let address = listener.local_addr()?;
            Ok(Self {
                listener,
                address,
                _waiting: Some(TcpStream::connect(address)?),
            })
        };
        open().map_err(Error::system::<std::io::Error>("listening"))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Accepts one connection.
    ///
    /// # Errors
    /// [`Error::Deadline`] if nobody connects.
    pub fn accept(&self, within: Duration) -> Result<Peer, Error> {
        let start = Instant::now();
        loop {
            let left = within.saturating_sub(start.elapsed());
            if let Some(peer) = self.accept_once(left)? {
                return Ok(peer);
            }
            if start.elapsed() >= within {
                let seen = format!("  listening on {}\n", self.address);
                return Err(Error::Deadline {
                    expected: "a connection".to_owned(),
                    within,
                    seen,
                });
            }
        }
    }

    /// Accepts the connection that `process` is to make, and notices if it ends instead.
    ///
    /// # Errors
    /// [`Error::Deadline`] or [`Error::Ended`], both with what the process printed.
    pub fn accept_from(&self, process: &Process, within: Duration) -> Result<Peer, Error> {
        let start = Instant::now();
        loop {
            // Asked first, so that a connection made just before the end is still accepted.
            let exit = process.exit();
            if let Some(peer) = self.accept_once(POLL_INTERVAL.min(within))? {
                return Ok(peer.since(process.started()));
            }
            let expected = format!("a connection to {}", self.address);
            if exit.is_some() {
                return Err(Error::Ended {
                    expected,
                    exit,
                    seen: process.report(),
                });
            }
            if start.elapsed() >= within {
                return Err(Error::Deadline {
                    expected,
                    within,
                    seen: process.report(),
                });
            }
        }
    }

    fn accept_once(&self, within: Duration) -> Result<Option<Peer>, Error> {
        let timeout = Timespec::try_from(within).ok();
        let mut fds = [PollFd::new(&self.listener, PollFlags::IN)];
        // A signal handler may have run; the callers come again.
        let _ = poll(&mut fds, timeout.as_ref());
        // What fails here is one connection, given up by its maker; another may come.
        Ok(self
            .listener
            .accept()
            .ok()
            .and_then(|(stream, _)| Peer::from_stream(stream).ok()))
    }
}
