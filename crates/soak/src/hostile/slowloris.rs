//! Slow clients, which send valid requests one byte at a time (slowloris).

use std::collections::VecDeque;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use super::Kind;
use crate::connect::{connect, reset};
use crate::load::Load;
use crate::subject::Subject;

/// Slow clients of one server.
pub(crate) const SLOW_CLIENTS: usize = 50;

/// The time between two bytes of all clients: each sends ten a second, and they do so evenly, as
/// clients who do not know each other.
const PAUSE: Duration = Duration::from_millis(100 / SLOW_CLIENTS as u64);

/// How long one tries to connect.
const TIMEOUT: Duration = Duration::from_millis(200);

/// The slow clients of one server.
pub(crate) struct Slowloris {
    address: SocketAddr,
    requests: &'static [u8],
    clients: VecDeque<Client>,
}

struct Client {
    stream: TcpStream,
    sent: usize,
}

impl Slowloris {
    pub(crate) fn new(address: SocketAddr, subject: Subject) -> Self {
        Self {
            address,
            requests: requests(subject),
            clients: VecDeque::new(),
        }
    }

    /// One more client.
    pub(crate) fn grow(&mut self) {
        if let Ok(stream) = connect(self.address, TIMEOUT) {
            self.clients.push_back(Client { stream, sent: 0 });
        }
    }

    /// The next client sends its next byte, or leaves if the server has dropped it. Returns whether
    /// a byte was sent.
    pub(crate) fn send_byte(&mut self) -> bool {
        let Some(mut client) = self.clients.pop_front() else {
            return false;
        };
        let is_sent = client.send_byte(self.requests);
        if is_sent {
            self.clients.push_back(client);
        }
        is_sent
    }
}

impl Client {
    fn send_byte(&mut self, requests: &[u8]) -> bool {
        let byte = requests.iter().cycle().nth(self.sent % requests.len());
        self.sent += 1;
        byte.is_some_and(|byte| self.stream.write_all(&[*byte]).is_ok())
    }
}

impl Drop for Slowloris {
    fn drop(&mut self) {
        self.clients
            .drain(..)
            .for_each(|client| reset(client.stream));
    }
}

/// Slowloris until the load is over.
pub(super) fn keep_sending_bytes(load: &Load<'_>, subject: Subject) {
    let mut slowloris = Slowloris::new(load.address(subject), subject);
    while !load.is_over() {
        if slowloris.clients.len() < SLOW_CLIENTS {
            slowloris.grow();
        }
        let bytes = u64::from(slowloris.send_byte());
        load.counters.count_hostile(subject, Kind::Slowloris, bytes);
        thread::sleep(PAUSE);
    }
}

/// What is sent again and again. No server stores anything of it.
fn requests(subject: Subject) -> &'static [u8] {
    match subject {
        Subject::TcpServer => b"\x08\0\0\x05drops",
        Subject::Lab3 => b"\x80\x02K\x01.",
        // A message of 65,535 bytes takes longer than the server waits (C-7).
        Subject::Server => b"\xae\x73\x02\x05\x06\xff\xffdropsnobody",
        Subject::Mathserver | Subject::ServerS => b"\0",
    }
}
