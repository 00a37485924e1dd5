//! Where clients wait until their request is whole. Only the leader is in it: it reads from all of
//! them, in the order in which the system reports that something has arrived, and hands each one
//! out when its request is complete. So requests are served in the order in which they were
//! completed, however the threads are scheduled, and a silent client holds no thread.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::mem;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token, Waker};
use rustix::io::Errno;
use rustix::net::RecvFlags;

use crate::Error;
use crate::crew::{Crew, STARVED_WAIT, concerns_one_client};
use crate::serve::{Received, Reception};

const LISTENER: Token = Token(usize::MAX);
const WAKER: Token = Token(usize::MAX - 1);

/// What the system reports at once.
const MOST_EVENTS: usize = 256;

pub(crate) struct Lobby {
    listener: Arc<TcpListener>,
    reception: Reception,
    most_clients: usize,
    poll: Poll,
    events: Events,
    /// Bytes are received here first, so that a client that is silent has no buffer.
    scratch: Vec<u8>,
    waiting: HashMap<Token, Waiting>,
    /// Clients in the order of their deadlines, which is that of their arrival. Those that are not
    /// waiting any more are still in it.
    deadlines: VecDeque<(Instant, Token)>,
    /// Clients that have just been accepted: what they sent may be there already.
    fresh: Vec<Token>,
    served_next: VecDeque<Guest>,
    next_token: usize,
    /// Clients are, or may be, waiting to be accepted.
    may_accept: bool,
    /// Accepting waits for a client.
    accept_waits: bool,
}

struct Waiting {
    stream: TcpStream,
    peer: SocketAddr,
    bytes: Vec<u8>,
    announced: bool,
}

impl Waiting {
    fn guest(self, end: Result<(), Error>) -> Guest {
        let Self {
            stream,
            peer,
            bytes,
            announced,
        } = self;
        let received = Received {
            bytes,
            end,
            waited: announced,
        };
        Guest {
            stream,
            peer,
            received,
        }
    }
}

/// A client whose request is complete, or will never be.
pub(crate) struct Guest {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) received: Received,
}

impl Lobby {
    pub(crate) fn new(
        listener: Arc<TcpListener>,
        most_clients: usize,
        reception: Reception,
    ) -> io::Result<(Self, Waker)> {
        let poll = Poll::new()?;
        listener.set_nonblocking(true)?;
        let descriptor = listener.as_raw_fd();
        poll.registry()
            .register(&mut SourceFd(&descriptor), LISTENER, Interest::READABLE)?;
        let waker = Waker::new(poll.registry(), WAKER)?;
        let lobby = Self {
            listener,
            scratch: Vec::with_capacity(reception.most_bytes.max(1)),
            reception,
            most_clients,
            poll,
            events: Events::with_capacity(MOST_EVENTS),
            waiting: HashMap::new(),
            deadlines: VecDeque::new(),
            fresh: Vec::new(),
            served_next: VecDeque::new(),
            next_token: 0,
            may_accept: false,
            accept_waits: false,
        };
        Ok((lobby, waker))
    }

    /// The next client to be served. `None`: the server is closing, and all clients have been
    /// handed out.
    pub(crate) fn next(&mut self, crew: &Crew) -> Option<Guest> {
        loop {
            if let Some(guest) = self.served_next.pop_front() {
                return Some(guest);
            }
            let closing = crew.is_closing();
            if !closing {
                // Who is accepted is heard after all whose bytes were there before.
                self.accept(crew);
                self.expire();
                if !self.served_next.is_empty() {
                    continue;
                }
            }
            let timeout = if closing {
                Some(Duration::ZERO)
            } else {
                self.timeout()
            };
            if let Err(error) = self.wait(timeout) {
                log::error!("cannot wait for clients: {error}");
                return None;
            }
            self.announce_waiting();
            if closing && self.served_next.is_empty() {
                self.send_away();
                return self.served_next.pop_front();
            }
        }
    }

    /// How long nothing will have to be done.
    fn timeout(&self) -> Option<Duration> {
        if !self.fresh.is_empty() {
            return Some(Duration::ZERO);
        }
        let deadline = self
            .deadlines
            .front()
            .map(|(deadline, _)| deadline.saturating_duration_since(Instant::now()));
        let starved = self.may_accept.then_some(STARVED_WAIT);
        [deadline, starved].into_iter().flatten().min()
    }

    /// Waits for something to arrive, and reads it, in the order of arrival.
    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        let mut events = mem::replace(&mut self.events, Events::with_capacity(0));
        let polled = self.poll.poll(&mut events, timeout);
        for event in &events {
            match event.token() {
                LISTENER => self.may_accept = true,
                WAKER => {}
                client => self.hear(client),
            }
        }
        self.events = events;
        match polled {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    /// Tells of the clients that have been accepted and must be waited for.
    fn announce_waiting(&mut self) {
        for token in self.fresh.drain(..) {
            if let Some(waiting) = self.waiting.get_mut(&token) {
                waiting.announced = true;
                (self.reception.waits)(waiting.peer);
            }
        }
    }

    /// Reads what a client has sent, who is served next if that is all, or can never be.
    fn hear(&mut self, token: Token) {
        if let Some(client) = self.waiting.get_mut(&token)
            && let Some(end) = receive(client, &mut self.scratch, &self.reception)
        {
            self.hand_out(token, end);
        }
    }

    fn hand_out(&mut self, token: Token, end: Result<(), Error>) {
        // It stays registered until it is closed; events of those who have left are ignored.
        if let Some(client) = self.waiting.remove(&token) {
            self.served_next.push_back(client.guest(end));
        }
    }

    /// Accepts those who wait to be, as far as there is room, or up to one who can be served. If
    /// nobody is waited for elsewhere, this waits: one call then does what would take three.
    fn accept(&mut self, crew: &Crew) {
        while self.served_next.is_empty() && self.waiting.len() < self.most_clients {
            let alone = self.waiting.is_empty();
            self.may_accept |= alone;
            if !self.may_accept {
                return;
            }
            match self.accept_one(alone) {
                Ok(()) => {}
                Err(_) if crew.is_closing() => return,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.may_accept = false,
                Err(error) if concerns_one_client(&error) => {
                    log::debug!("a client left before it was accepted: {error}");
                }
                Err(error) if crew.client_waits(Some(Duration::ZERO)) => {
                    return crew.say_starved(&error);
                }
                Err(_) => {
                    self.may_accept = false;
                    return;
                }
            }
        }
    }

    fn accept_one(&mut self, waits: bool) -> io::Result<()> {
        if self.accept_waits != waits {
            self.listener.set_nonblocking(!waits)?;
            self.accept_waits = waits;
        }
        let (stream, peer) = self.listener.accept()?;
        self.admit(stream, peer)
    }

    fn admit(&mut self, stream: TcpStream, peer: SocketAddr) -> io::Result<()> {
        // Elsewhere than on Linux a connection is as its listener is.
        #[cfg(not(target_os = "linux"))]
        stream.set_nonblocking(false)?;
        let mut client = Waiting {
            stream,
            peer,
            bytes: Vec::new(),
            announced: false,
        };
        // Where nobody waits there is nobody to overtake, and mostly the request is there already.
        if self.waiting.is_empty()
            && let Some(end) = receive(&mut client, &mut self.scratch, &self.reception)
        {
            self.served_next.push_back(client.guest(end));
            return Ok(());
        }
        let token = Token(self.next_token);
        self.next_token += 1;
        let descriptor = client.stream.as_raw_fd();
        self.poll
            .registry()
            .register(&mut SourceFd(&descriptor), token, Interest::READABLE)?;
        self.waiting.insert(token, client);
        self.deadlines
            .push_back((Instant::now() + self.reception.deadline, token));
        self.fresh.push(token);
        Ok(())
    }

    /// Hands out all who are still waiting when the server closes, in the order of their arrival.
    fn send_away(&mut self) {
        for (_, token) in mem::take(&mut self.deadlines) {
            self.hand_out(token, Err(Error::Shutdown));
        }
    }

    /// Hands out those whose time is over.
    fn expire(&mut self) {
        while let Some(&(deadline, token)) = self.deadlines.front() {
            let waits = self.waiting.contains_key(&token);
            if waits && deadline > Instant::now() {
                return;
            }
            self.deadlines.pop_front();
            if waits {
                self.hand_out(token, Err(Error::TimedOut));
            }
        }
    }
}

/// Reads what a client has sent, until its request is complete, or will never be, or nothing is
/// left: then `None`.
fn receive(
    client: &mut Waiting,
    scratch: &mut Vec<u8>,
    reception: &Reception,
) -> Option<Result<(), Error>> {
    loop {
        scratch.clear();
        let room = rustix::buffer::spare_capacity(scratch);
        match rustix::net::recv(&client.stream, room, RecvFlags::DONTWAIT) {
            Err(Errno::WOULDBLOCK) => return None,
            Err(Errno::INTR) => continue,
            Err(errno) => return Some(Err(errno.into())),
            Ok((_, 0)) => return Some(Ok(())),
            Ok(_) => client.bytes.extend_from_slice(scratch),
        }
        let complete =
            client.bytes.len() >= reception.most_bytes || (reception.is_complete)(&client.bytes);
        if complete {
            return Some(Ok(()));
        }
    }
}
