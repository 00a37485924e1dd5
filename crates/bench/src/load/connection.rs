use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::Error;

/// Nobody who is not stuck is silent for so long.
pub(super) const TIMEOUT: Duration = Duration::from_secs(20);

/// A connection between the load and a program under it, whose every byte is checked.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
}

impl Connection {
    /// Connects to a server, and waits 20 seconds at most for anything that it does.
    ///
    /// # Errors
    /// [`Error::System`].
    pub fn connect(address: SocketAddr) -> Result<Self, Error> {
        let stream = TcpStream::connect(address).map_err(Error::system("connecting"))?;
        Self::new(stream, TIMEOUT)
    }

    /// A connection on which nothing is waited for longer than `timeout`.
    ///
    /// # Errors
    /// [`Error::System`].
    pub fn new(stream: TcpStream, timeout: Duration) -> Result<Self, Error> {
        stream
            .set_read_timeout(Some(timeout))
            .and_then(|()| stream.set_write_timeout(Some(timeout)))
            .and_then(|()| stream.set_nodelay(true))
            .map_err(Error::system("preparing a connection"))?;
        Ok(Self { stream })
    }

    /// The socket.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Gives the socket away.
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// The port of this end.
    ///
    /// # Errors
    /// [`Error::System`].
    pub fn port(&self) -> Result<u16, Error> {
        let local = self.stream.local_addr();
        Ok(local.map_err(Error::system("looking at the port"))?.port())
    }

    /// Sends all bytes.
    ///
    /// # Errors
    /// [`Error::System`].
    pub fn send(&self, bytes: &[u8]) -> Result<(), Error> {
        let sent = (&self.stream).write_all(bytes);
        sent.map_err(Error::system("sending"))
    }

    /// Ends the sending side.
    ///
    /// # Errors
    /// [`Error::System`].
    pub fn half_close(&self) -> Result<(), Error> {
        let closed = self.stream.shutdown(Shutdown::Write);
        closed.map_err(Error::system("ending the sending side"))
    }

    /// Receives what there is, up to the length of `buffer`; 0 at the end.
    ///
    /// # Errors
    /// [`Error::System`].
    pub fn receive(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        let received = (&self.stream).read(buffer);
        received.map_err(Error::system("receiving"))
    }

    /// Receives exactly `N` bytes.
    ///
    /// # Errors
    /// [`Error::System`].
    pub fn receive_array<const N: usize>(&self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        let received = (&self.stream).read_exact(&mut bytes);
        received.map_err(Error::system("receiving"))?;
        Ok(bytes)
    }

    /// Receives exactly so many bytes. An announced length is not an allocation (G-7).
    ///
    /// # Errors
    /// [`Error::Wrong`] if the stream ends before, [`Error::System`].
    pub fn receive_bytes(&self, length: usize) -> Result<Vec<u8>, Error> {
        const PIECE: usize = 64 * 1024;
        let mut bytes = Vec::with_capacity(length.min(PIECE));
        let received = (&self.stream)
            .take(length as u64)
            .read_to_end(&mut bytes)
            .map_err(Error::system("receiving"))?;
        if received < length {
            return Err(Error::wrong("bytes received", length, received));
        }
        Ok(bytes)
    }

    /// Receives exactly these bytes.
    ///
    /// # Errors
    /// [`Error::Wrong`] if others come, [`Error::System`].
    pub fn expect(&self, what: &str, expected: &[u8]) -> Result<(), Error> {
        let mut got = vec![0; expected.len()];
        let received = (&self.stream).read_exact(&mut got);
        received.map_err(Error::system("receiving"))?;
        if got == expected {
            return Ok(());
        }
        let (expected, got) = (cli::escape(expected), cli::escape(&got));
        Err(Error::wrong(what, expected, got))
    }

    /// Receives the end of the stream.
    ///
    /// # Errors
    /// [`Error::Wrong`] if anything comes before it, [`Error::System`].
    pub fn expect_end(&self) -> Result<(), Error> {
        let mut buffer = [0; 64];
        match self.receive(&mut buffer)? {
            0 => Ok(()),
            surplus => {
                let got = cli::escape(&buffer[..surplus]);
                Err(Error::wrong("the end", "no bytes", got))
            }
        }
    }
}

/// Where a client under test connects to: a free port of the loopback interface.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    port: u16,
}

impl Listener {
    /// Listens.
    ///
    /// # Errors
    /// [`Error::System`].
    pub fn bind() -> Result<Self, Error> {
        const DOING: &str = "listening for a client";
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::system(DOING))?;
        let address = listener.local_addr().map_err(Error::system(DOING))?;
        Ok(Self {
            listener,
            port: address.port(),
        })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Accepts the next client, which must connect soon.
    ///
    /// # Errors
    /// [`Error::Wrong`] if none connects, [`Error::System`].
    pub fn accept(&self) -> Result<Connection, Error> {
        const DOING: &str = "accepting a client";
        let mut entry = [PollFd::new(&self.listener, PollFlags::IN)];
        let timeout = Timespec::try_from(TIMEOUT).ok();
        if poll(&mut entry, timeout.as_ref()).map_err(Error::system(DOING))? == 0 {
            let got = format!("none within {} seconds", TIMEOUT.as_secs());
            return Err(Error::wrong("the client", "a connection", got));
        }
        let (stream, _) = self.listener.accept().map_err(Error::system(DOING))?;
        Connection::new(stream, TIMEOUT)
    }
}
