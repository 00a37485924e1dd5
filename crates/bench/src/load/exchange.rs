use std::fmt::Display;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{SendFlags, send};

use crate::load::Connection;
use crate::load::connection::TIMEOUT;
use crate::{Error, Server};

/// What one receive takes at most: it stays in the processor's cache until it is compared.
const BUFFER: usize = 256 * 1024;

/// What is sent to a server, and what must come back, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// One request or several.
    pub request: Vec<u8>,
    /// All that comes back for them.
    pub response: Vec<u8>,
    /// At most so many bytes of the request are handed to the system with one call.
    pub piece: usize,
}

/// One connection to a server that answers what it is asked.
#[derive(Debug)]
pub struct ExchangeClient {
    connection: Connection,
    address: SocketAddr,
    buffer: Vec<u8>,
    longest_wait: Duration,
}

/// What was done in a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Work {
    /// How many exchanges.
    pub exchanges: u32,
    /// Seconds from the first to the last.
    pub elapsed: f64,
    /// Seconds of the server's processor time.
    pub cpu: f64,
}

impl Exchange {
    /// An exchange whose request is sent with as few writes as the system takes.
    pub fn new(request: Vec<u8>, response: Vec<u8>) -> Self {
        Self {
            request,
            response,
            piece: usize::MAX,
        }
    }

    /// Repeats the exchange for the time `round`, on a connection that was used once before, and
    /// at least once.
    ///
    /// # Errors
    /// [`Error::Wrong`], [`Error::System`], [`Error::Harness`].
    pub fn work(&self, server: &Server, round: Duration) -> Result<Work, Error> {
        let mut client = ExchangeClient::connect(server.address)?;
        client.exchange(self)?;
        let ((exchanges, elapsed), cpu) = server.cpu_of(|| {
            let start = Instant::now();
            let mut exchanges = 0;
            let mut elapsed = Duration::ZERO;
            while exchanges == 0 || elapsed < round {
                client.exchange(self)?;
                exchanges += 1;
                elapsed = start.elapsed();
            }
            Ok((exchanges, elapsed.as_secs_f64()))
        })?;
        client.finish()?;
        Ok(Work {
            exchanges,
            elapsed,
            cpu,
        })
    }
}

impl ExchangeClient {
    /// Connects.
    ///
    /// # Errors
    /// [`Error::System`].
    pub fn connect(address: SocketAddr) -> Result<Self, Error> {
        Ok(Self {
            connection: Connection::connect(address)?,
            address,
            buffer: vec![0; BUFFER],
            longest_wait: Duration::ZERO,
        })
    }

    /// Sends the request and receives the response, the one while the other is under way.
    ///
    /// # Errors
    /// [`Error::Wrong`] if something else comes back, [`Error::System`].
    pub fn exchange(&mut self, exchange: &Exchange) -> Result<(), Error> {
        let mut request = exchange.request.as_slice();
        let mut response = exchange.response.as_slice();
        while !request.is_empty() {
            let piece = &request[..request.len().min(exchange.piece)];
            match self.send(piece)? {
                Some(sent) => request = &request[sent..],
                None if self.wait()? => response = self.receive(response, exchange)?,
                None => {}
            }
        }
        while !response.is_empty() {
            response = self.receive(response, exchange)?;
        }
        Ok(())
    }

    /// The longest time, since the last call of this, in which the server neither took nor sent
    /// anything.
    pub fn take_longest_wait(&mut self) -> Duration {
        std::mem::take(&mut self.longest_wait)
    }

    /// Ends the sending side, upon which the server must close and send nothing more.
    ///
    /// # Errors
    /// [`Error::Wrong`] if something comes, [`Error::System`].
    pub fn finish(self) -> Result<(), Error> {
        self.connection.half_close()?;
        self.connection.expect_end()
    }

    /// Hands bytes to the system. `None`: it takes none at the moment.
    fn send(&self, bytes: &[u8]) -> Result<Option<usize>, Error> {
        match send(self.connection.stream(), bytes, SendFlags::DONTWAIT) {
            Err(Errno::AGAIN) => Ok(None),
            sent => sent.map(Some).map_err(Error::system("sending a request")),
        }
    }

    /// Waits until more can be sent or received. Returns whether something can be received.
    fn wait(&mut self) -> Result<bool, Error> {
        let start = Instant::now();
        let timeout = Timespec::try_from(TIMEOUT).ok();
        let mut fds = [PollFd::new(
            self.connection.stream(),
            PollFlags::IN | PollFlags::OUT,
        )];
        let ready = poll(&mut fds, timeout.as_ref());
        let ready = ready.map_err(Error::system("waiting for a server"))?;
        self.longest_wait = self.longest_wait.max(start.elapsed());
        if ready == 0 {
            return Err(self.wrong("a response", format_args!("none for {TIMEOUT:?}")));
        }
        let [fd] = fds;
        Ok(fd
            .revents()
            .intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR))
    }

    /// Receives the beginning of `response`, checks it, and returns the rest.
    fn receive<'a>(&mut self, response: &'a [u8], exchange: &Exchange) -> Result<&'a [u8], Error> {
        let start = Instant::now();
        let count = self.connection.receive(&mut self.buffer)?;
        self.longest_wait = self.longest_wait.max(start.elapsed());
        let at = exchange.response.len() - response.len();
        if count == 0 {
            return Err(self.wrong("a response", format_args!("the end at byte {at}")));
        }
        let got = &self.buffer[..count];
        match response.split_at_checked(count) {
            Some((expected, rest)) if expected == got => Ok(rest),
            Some((expected, _)) => Err(self.different(expected, got, at)),
            None => Err(self.wrong(
                format_args!("a response of {} bytes", exchange.response.len()),
                format_args!("{} at least", at + count),
            )),
        }
    }

    /// The error that shows the first bytes that are different.
    fn different(&self, expected: &[u8], got: &[u8], at: usize) -> Error {
        let same = std::iter::zip(expected, got).take_while(|(expected, got)| expected == got);
        let place = same.count();
        let show = |bytes: &[u8]| {
            let shown = cli::escape(&bytes[place..bytes.len().min(place + 16)]).to_string();
            format!("\"{shown}\" at byte {}", at + place)
        };
        self.wrong(show(expected), show(got))
    }

    fn wrong(&self, expected: impl Display, got: impl Display) -> Error {
        Error::wrong(self.address.to_string(), expected, got)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Asks `hello` of a server that answers with `answers`, and then ends the connection.
    fn asked(answers: &'static [u8], expected: &[u8]) -> Result<(), Error> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            client.read_exact(&mut [0; 5]).unwrap();
            client.write_all(answers).unwrap();
        });
        let exchange = Exchange::new(b"hello".to_vec(), expected.to_vec());
        let mut client = ExchangeClient::connect(address).unwrap();
        let answered = client.exchange(&exchange).and_then(|()| client.finish());
        server.join().unwrap();
        answered
    }

    #[test]
    fn every_byte_of_a_response_is_checked() {
        asked(b"HELLO", b"HELLO").unwrap();
        for (answers, expected) in [
            (&b"HELlO"[..], "\"lO\" at byte 3"),
            (b"HELL", "the end at byte 4"),
            (b"HELLO!", "6 at least"),
        ] {
            match asked(answers, b"HELLO").unwrap_err() {
                Error::Wrong { got, .. } => assert_eq!(got, expected),
                error => panic!("{error}"),
            }
        }
    }

    #[test]
    fn sending_and_receiving_overlap() {
        const LENGTH: usize = 32 * 1024 * 1024;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = ExchangeClient::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        let echo = thread::spawn(move || std::io::copy(&mut &server, &mut &server).unwrap());
        let bytes: Vec<u8> = (0..LENGTH).map(|index| (index % 251) as u8).collect();
        client
            .exchange(&Exchange::new(bytes.clone(), bytes))
            .unwrap();
        assert!(client.take_longest_wait() > Duration::ZERO);
        client.finish().unwrap();
        assert_eq!(echo.join().unwrap(), LENGTH as u64);
    }
}
