//! Clients that connect, send one request, and leave.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::Error;
use crate::load::connection::TIMEOUT;

/// Clients each of which connects, sends a request, and reads until the server closes. There are
/// always `concurrent` of them under way.
pub struct Visits<'a> {
    /// The server.
    pub address: SocketAddr,
    /// How many clients are under way concurrently.
    pub concurrent: usize,
    /// Appends the request of the client with this number, from 0.
    pub request: &'a dyn Fn(usize, &mut Vec<u8>),
    /// Whether the response is the right one.
    pub is_right: &'a dyn Fn(&[u8]) -> bool,
}

/// How the clients were served.
#[derive(Clone, Debug, PartialEq)]
pub struct Visited {
    /// Seconds from the first to the last.
    pub elapsed: f64,
    /// Seconds that each took, from connecting to the server's close, in ascending order.
    pub latencies: Vec<f64>,
}

impl Visited {
    /// How many clients there were.
    pub fn count(&self) -> usize {
        self.latencies.len()
    }

    /// Clients in a second.
    pub fn rate(&self) -> f64 {
        self.count() as f64 / self.elapsed
    }

    /// The seconds within which 99 of 100 clients were done.
    pub fn p99(&self) -> f64 {
        self.latencies[self.count() * 99 / 100]
    }
}

impl Visits<'_> {
    /// Visits until the time `round` is over, and with `concurrent` clients at least.
    ///
    /// # Errors
    /// [`Error::Wrong`], [`Error::System`].
    pub fn for_time(&self, round: Duration) -> Result<Visited, Error> {
        let start = Instant::now();
        self.visit(0, |number| {
            number < self.concurrent || start.elapsed() < round
        })
    }

    /// Visits `count` times; the first client has the number `first`.
    ///
    /// # Errors
    /// As [`for_time`](Self::for_time).
    pub fn for_count(&self, first: usize, count: usize) -> Result<Visited, Error> {
        self.visit(first, |number| number < first + count)
    }

    fn visit(&self, first: usize, goes_on: impl Fn(usize) -> bool) -> Result<Visited, Error> {
        let mut under_way = VecDeque::with_capacity(self.concurrent);
        let mut latencies = Vec::new();
        let (mut request, mut response) = (Vec::new(), Vec::new());
        let start = Instant::now();
        let mut number = first;
        loop {
            while under_way.len() < self.concurrent && goes_on(number) {
                request.clear();
                (self.request)(number, &mut request);
                number += 1;
                let connected = Instant::now();
                under_way.push_back((self.connect(&request)?, connected));
            }
            // The server takes them in the order in which they connect.
            let Some((client, connected)) = under_way.pop_front() else {
                break;
            };
            self.leave(client, &mut response)?;
            latencies.push(connected.elapsed().as_secs_f64());
        }
        let elapsed = start.elapsed().as_secs_f64();
        latencies.sort_by(f64::total_cmp);
        Ok(Visited { elapsed, latencies })
    }

    fn connect(&self, request: &[u8]) -> Result<TcpStream, Error> {
        let connected = TcpStream::connect(self.address);
        let mut client = connected.map_err(Error::system("connecting"))?;
        client
            .set_read_timeout(Some(TIMEOUT))
            .and_then(|()| client.write_all(request))
            .map_err(Error::system("sending a request"))?;
        Ok(client)
    }

    fn leave(&self, mut client: TcpStream, response: &mut Vec<u8>) -> Result<(), Error> {
        response.clear();
        client
            .read_to_end(response)
            .map_err(Error::system("reading a response"))?;
        if (self.is_right)(response) {
            return Ok(());
        }
        let got = format!("{} bytes: {}", response.len(), cli::escape(response));
        Err(Error::wrong(
            self.address.to_string(),
            "the right response",
            got,
        ))
    }
}
