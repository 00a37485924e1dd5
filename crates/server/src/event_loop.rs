//! The event loop: on one thread it accepts clients, receives their requests, performs each as soon
//! as it is complete, and sends the responses. So requests are performed in the order in which they
//! are completed, however busy the machine is (C-13), and a silent client holds no thread.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::mem;
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cli::Output;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token, Waker};
use net::{AcceptFailure, AcceptFailures, Condition, SHUTDOWN_GRACE, STARVED_WAIT, Shutdown};

use crate::client::{Client, Service};
use crate::store::Store;

/// Clients that are served concurrently; others wait in the backlog.
const MOST_CLIENTS: usize = 16_384;

/// How many events the system reports together, and how many clients are accepted before it is asked again.
const MOST_EVENTS: usize = 256;

/// How long a client that was just accepted is waited for before it is printed that it has
/// connected.
const ANNOUNCE_AFTER: Duration = Duration::from_millis(1);

const LISTENER: Token = Token(usize::MAX);
const WAKER: Token = Token(usize::MAX - 1);

/// Whether clients wait to be accepted.
#[derive(Clone, Copy)]
enum Backlog {
    Empty,
    MayHaveClients,
    /// The system is out of what it takes to accept one.
    Starved,
}

struct EventLoop<'a> {
    poll: Poll,
    events: Events,
    /// `None`: the server is closing.
    listener: Option<TcpListener>,
    backlog: Backlog,
    failures: AcceptFailures,
    full: Condition,
    service: Service<'a>,
    clients: BTreeMap<Token, Client<'a>>,
    /// How many of these have not sent their whole request.
    receiving: usize,
    looks: BTreeSet<(Instant, Token)>,
    /// Accepted since events were waited for last.
    fresh: Vec<Token>,
    next_token: usize,
}

/// Serves clients until `shutdown` is asked for.
///
/// # Errors
/// What the system reported when it had no means to wait for several sockets.
pub(crate) fn run(
    listener: TcpListener,
    shutdown: &Shutdown,
    store: &Store,
    output: &Output,
) -> io::Result<()> {
    let mut event_loop = EventLoop::new(listener, Service::new(store, output))?;
    let waker = Arc::new(Waker::new(event_loop.poll.registry(), WAKER)?);
    shutdown.on_request({
        // Dropped before the loop has noticed it, a waker would wake nobody.
        let waker = Arc::clone(&waker);
        // Where this fails, the end of the process ends the loop too.
        move || drop(waker.wake())
    });
    while !shutdown.is_requested() {
        event_loop.accept()?;
        event_loop.wait(None)?;
        event_loop.announce();
    }
    event_loop.finish()
}

impl<'a> EventLoop<'a> {
    fn new(listener: TcpListener, service: Service<'a>) -> io::Result<Self> {
        let poll = Poll::new()?;
        listener.set_nonblocking(true)?;
        poll.registry().register(
            &mut SourceFd(&listener.as_raw_fd()),
            LISTENER,
            Interest::READABLE,
        )?;
        Ok(Self {
            poll,
            events: Events::with_capacity(MOST_EVENTS),
            listener: Some(listener),
            backlog: Backlog::Empty,
            failures: AcceptFailures::default(),
            full: Condition::default(),
            service,
            clients: BTreeMap::new(),
            receiving: 0,
            looks: BTreeSet::new(),
            fresh: Vec::new(),
            next_token: 0,
        })
    }

    /// Accepts clients that wait for that, as far as there is room, and serves those who have sent
    /// their request: it mostly arrives while the others are accepted.
    fn accept(&mut self) -> io::Result<()> {
        let room = MOST_CLIENTS - self.clients.len();
        let mut accepted = Vec::new();
        while let Some(listener) = &self.listener
            && let Backlog::MayHaveClients | Backlog::Starved = self.backlog
            && accepted.len() < room.min(MOST_EVENTS)
        {
            // To accept in vain costs a tenth of a create, since Linux makes the socket first; and
            // mostly one client comes at a time.
            if accepted.len() == 1 && !net::wait_for_client(listener, Some(Duration::ZERO)) {
                self.backlog = Backlog::Empty;
                break;
            }
            match listener.accept() {
                Ok(client) => accepted.push(client),
                Err(error) => match self.failures.classify(listener, &error) {
                    AcceptFailure::TryAgain => {}
                    AcceptFailure::NobodyWaits => self.backlog = Backlog::Empty,
                    AcceptFailure::Starved => {
                        self.backlog = Backlog::Starved;
                        break;
                    }
                },
            }
        }
        if accepted.len() == room && self.full.begins() {
            log::warn!(
                "serving {MOST_CLIENTS} clients, the most possible; others wait until one leaves"
            );
        }
        // A reader that has closed before these came has made room for what they send (C-14).
        if !accepted.is_empty() && self.clients.len() > self.receiving {
            self.wait(Some(Duration::ZERO))?;
        }
        for (stream, peer) in accepted {
            self.admit(Client::new(stream, peer));
        }
        Ok(())
    }

    fn admit(&mut self, client: Client<'a>) {
        // Where others may be about to complete their requests, the system reports who is first.
        let client = match self.receiving {
            0 => client.advance(&mut self.service),
            _ => Some(client),
        };
        if let Some(client) = client {
            let token = Token(self.next_token);
            self.next_token += 1;
            self.fresh.push(token);
            self.wait_for(token, client);
        }
    }

    /// Keeps a client until something happens.
    fn wait_for(&mut self, token: Token, mut client: Client<'a>) {
        let interest = client.interest();
        let descriptor = client.connection.stream.as_raw_fd();
        let (registry, mut source) = (self.poll.registry(), SourceFd(&descriptor));
        let done = match client.connection.registered.replace(interest) {
            None => registry.register(&mut source, token, interest),
            Some(before) if before != interest => registry.reregister(&mut source, token, interest),
            Some(_) => Ok(()),
        };
        if let Err(error) = done {
            let cause = format_args!("cannot wait for the client: {error}");
            return client.fail(self.service.output, cause);
        }
        self.receiving += usize::from(client.is_receiving());
        self.looks.insert((client.next_look, token));
        self.clients.insert(token, client);
    }

    /// Gives a client a turn, if it is still there.
    fn serve(
        &mut self,
        token: Token,
        turn: impl FnOnce(Client<'a>, &mut Service<'a>) -> Option<Client<'a>>,
    ) {
        let Some(client) = self.clients.remove(&token) else {
            return;
        };
        self.receiving -= usize::from(client.is_receiving());
        self.looks.remove(&(client.next_look, token));
        if let Some(client) = turn(client, &mut self.service) {
            self.wait_for(token, client);
        }
    }

    /// Waits for something to happen, not longer than `most`, and serves those to whom it did, in
    /// the order in which it did; then looks at those whose time is over. `false`: more may have
    /// happened than was reported.
    fn wait(&mut self, most: Option<Duration>) -> io::Result<bool> {
        let mut events = mem::replace(&mut self.events, Events::with_capacity(0));
        let timeout = [most, self.timeout()].into_iter().flatten().min();
        let start = Instant::now();
        let polled = self.poll.poll(&mut events, timeout);
        // A suspension (SIGSTOP) does this, too.
        let interrupted =
            matches!(&polled, Err(error) if error.kind() == io::ErrorKind::Interrupted);
        if !interrupted {
            polled?;
        }
        let mut count = 0;
        for event in &events {
            count += 1;
            match event.token() {
                LISTENER => self.backlog = Backlog::MayHaveClients,
                WAKER => {}
                token => self.serve(token, Client::advance),
            }
        }
        self.events = events;
        let all_reported = !interrupted && count < MOST_EVENTS;
        if all_reported {
            self.look(start);
        }
        Ok(all_reported)
    }

    /// Looks at those whose time was over when this process last asked what has happened: what they
    /// did before has been reported, even if it was suspended since (C-7).
    fn look(&mut self, asked: Instant) {
        while let Some(&(time, token)) = self.looks.first()
            && time <= asked
        {
            self.serve(token, Client::look);
        }
    }

    /// How long there is nothing to do.
    fn timeout(&self) -> Option<Duration> {
        let look = self.looks.first();
        let until_look = look.map(|(time, _)| time.saturating_duration_since(Instant::now()));
        let until_accept = match self.backlog {
            Backlog::MayHaveClients if self.clients.len() < MOST_CLIENTS => Some(Duration::ZERO),
            Backlog::Starved => Some(STARVED_WAIT),
            _ => None,
        };
        let until_announcement = (!self.fresh.is_empty()).then_some(ANNOUNCE_AFTER);
        let all = [until_look, until_accept, until_announcement];
        all.into_iter().flatten().min()
    }

    /// Prints that clients have connected which must be waited for (C-6).
    fn announce(&mut self) {
        for token in mem::take(&mut self.fresh) {
            if let Some(client) = self.clients.get_mut(&token) {
                client.connection.announce(self.service.output);
            }
        }
    }

    /// Serves those who have sent their whole request, within the time that a shutdown has (C-16).
    fn finish(mut self) -> io::Result<()> {
        let end = Instant::now() + SHUTDOWN_GRACE;
        self.backlog = Backlog::MayHaveClients;
        self.accept()?;
        self.listener = None;
        self.backlog = Backlog::Empty;
        while !self.wait(Some(Duration::ZERO))? {}
        self.announce();
        self.stop(Client::is_receiving);
        while !self.clients.is_empty() && Instant::now() < end {
            self.wait(Some(end.saturating_duration_since(Instant::now())))?;
        }
        self.stop(|_| true);
        Ok(())
    }

    /// Ends clients, in the order in which they came.
    fn stop(&mut self, which: impl Fn(&Client<'a>) -> bool) {
        let clients = self.clients.iter().filter(|(_, client)| which(client));
        for token in clients.map(|(token, _)| *token).collect::<Vec<_>>() {
            self.serve(token, |client, service| {
                client.stop(service);
                None
            });
        }
    }
}
