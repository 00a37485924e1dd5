//! A connection of an honest client.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};

use super::TIMEOUT;
use crate::connect::connect;

/// Larger amounts are received piece by piece: an announced length is never an allocation (G-7).
const PIECE: usize = 64 * 1024;

/// A conversation with a server.
#[derive(Debug)]
pub(crate) struct Talk {
    stream: TcpStream,
}

impl Talk {
    /// Connects.
    ///
    /// # Errors
    /// [`Fault::System`].
    pub(crate) fn connect(address: SocketAddr) -> Result<Self, Fault> {
        let stream = connect(address, TIMEOUT).map_err(Fault::system("connecting"))?;
        Ok(Self { stream })
    }

    /// The port of this end.
    ///
    /// # Errors
    /// [`Fault::System`].
    pub(crate) fn port(&self) -> Result<u16, Fault> {
        let local = self.stream.local_addr();
        Ok(local.map_err(Fault::system("looking at the port"))?.port())
    }

    /// Sends all of it.
    ///
    /// # Errors
    /// [`Fault::System`].
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let sent = self.stream.write_all(bytes);
        sent.map_err(Fault::system("sending"))
    }

    /// Ends the sending side.
    ///
    /// # Errors
    /// [`Fault::System`].
    pub(crate) fn end_sending(&self) -> Result<(), Fault> {
        let ended = self.stream.shutdown(Shutdown::Write);
        ended.map_err(Fault::system("ending the sending side"))
    }

    /// Receives what there is, up to the length of `buffer`; 0 at the end.
    ///
    /// # Errors
    /// [`Fault::System`].
    pub(crate) fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        let received = self.stream.read(buffer);
        received.map_err(Fault::system("receiving"))
    }

    /// Receives exactly `N` bytes.
    ///
    /// # Errors
    /// [`Fault::System`].
    pub(crate) fn receive_array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        let received = self.stream.read_exact(&mut bytes);
        received.map_err(Fault::system("receiving"))?;
        Ok(bytes)
    }

    /// Receives exactly so many bytes.
    ///
    /// # Errors
    /// [`Fault::System`].
    pub(crate) fn receive_bytes(&mut self, length: usize) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::with_capacity(length.min(PIECE));
        let received = (&self.stream)
            .take(length as u64)
            .read_to_end(&mut bytes)
            .map_err(Fault::system("receiving"))?;
        if received < length {
            return Err(Fault::wrong("more bytes", length, received));
        }
        Ok(bytes)
    }

    /// That the server closes now, and that nothing comes before it does.
    ///
    /// # Errors
    /// [`Fault`] says what came instead.
    pub(crate) fn expect_end(mut self) -> Result<(), Fault> {
        match self.receive(&mut [0; 64])? {
            0 => Ok(()),
            surplus => Err(Fault::wrong("the end", "no bytes", surplus)),
        }
    }
}

/// Why an honest client was not served rightly.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The connection failed, or nothing came for [`TIMEOUT`].
    System {
        doing: &'static str,
        error: io::Error,
    },
    /// The server said or did something wrong.
    Wrong {
        what: String,
        wanted: String,
        found: String,
    },
}

impl Fault {
    /// For `map_err`.
    pub(super) fn system(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::System { doing, error }
    }

    /// Something else came than was wanted.
    pub(super) fn wrong(
        what: impl Into<String>,
        wanted: impl fmt::Display,
        found: impl fmt::Display,
    ) -> Self {
        Self::Wrong {
            what: what.into(),
            wanted: wanted.to_string(),
            found: found.to_string(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System { doing, error } => write!(f, "{doing}: {error}"),
            Self::Wrong {
                what,
                wanted,
                found,
            } => write!(
                f,
                "{what}: wanted {}, found {}",
                Short(wanted),
                Short(found)
            ),
        }
    }
}

/// A text on one line, and its beginning only if it is long.
struct Short<'a>(&'a str);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 200;
        let bytes = self.0.as_bytes();
        let shown = bytes.get(..SHOWN).unwrap_or(bytes);
        write!(f, "{}", cli::escape(shown))?;
        if bytes.len() > SHOWN {
            write!(f, "... ({} bytes)", bytes.len())?;
        }
        Ok(())
    }
}
