//! Clients that come, ask once, and leave.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::Error;

/// A server that says nothing for so long never will.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Clients each of which connects, sends a request, and reads until the server closes. There are
/// always as many under way as `at_once` says.
pub struct Visits<'a> {
    /// The server.
    pub address: SocketAddr,
    /// How many clients are under way at once.
    pub at_once: usize,
    /// Appends the request of the client with this number, from 0.
    pub request: &'a dyn Fn(usize, &mut Vec<u8>),
    /// Whether the server answered as it must.
    pub is_right: &'a dyn Fn(&[u8]) -> bool,
}

/// What the clients found.
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
        let index = self.count() * 99 / 100;
        self.latencies.get(index).copied().unwrap_or_default()
    }
}

impl Visits<'_> {
    /// Comes until the time `round` is over, and at least once.
    ///
    /// # Errors
    /// [`Error::Wrong`], [`Error::System`].
    pub fn for_time(&self, round: Duration) -> Result<Visited, Error> {
        let start = Instant::now();
        self.visit(0, |_| start.elapsed() < round)
    }

    /// Comes `count` times; the first client has the number `first`.
    ///
    /// # Errors
    /// As [`for_time`](Self::for_time).
    pub fn for_count(&self, first: usize, count: usize) -> Result<Visited, Error> {
        self.visit(first, |number| number < first + count)
    }

    fn visit(&self, first: usize, comes: impl Fn(usize) -> bool) -> Result<Visited, Error> {
        let mut under_way = VecDeque::with_capacity(self.at_once);
        let mut latencies = Vec::new();
        let (mut request, mut response) = (Vec::new(), Vec::new());
        let start = Instant::now();
        let mut number = first;
        loop {
            while under_way.len() < self.at_once && comes(number) {
                request.clear();
                (self.request)(number, &mut request);
                number += 1;
                let came = Instant::now();
                under_way.push_back((self.come(&request)?, came));
            }
            // The server takes them in the order in which they came.
            let Some((client, came)) = under_way.pop_front() else {
                break;
            };
            self.leave(client, &mut response)?;
            latencies.push(came.elapsed().as_secs_f64());
        }
        let elapsed = start.elapsed().as_secs_f64();
        latencies.sort_by(f64::total_cmp);
        Ok(Visited { elapsed, latencies })
    }

    fn come(&self, request: &[u8]) -> Result<TcpStream, Error> {
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
        let shown = response.get(..64).unwrap_or(response);
        Err(Error::Wrong {
            who: self.address.to_string(),
            wanted: "the right response".to_owned(),
            found: format!("{} bytes: {}", response.len(), shown.escape_ascii()),
        })
    }
}
