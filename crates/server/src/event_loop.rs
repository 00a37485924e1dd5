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
use mio::{Events, Poll, Token, Waker};
use net::{AcceptFailure, AcceptFailures, Condition, SHUTDOWN_GRACE, STARVED_WAIT, Shutdown};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::retry_on_intr;

use crate::client::{Client, Service};
use crate::store::Store;

/// Clients that are served concurrently; others wait in the backlog.
const MOST_CLIENTS: usize = 16_384;

/// How many events the system reports together.
const MOST_EVENTS: usize = 256;

/// How long a client that was just accepted is waited for before it is printed that it has
/// connected.
const ANNOUNCE_AFTER: Duration = Duration::from_millis(1);

const WAKER: Token = Token(usize::MAX);

struct EventLoop<'a> {
    /// Of the clients and the waker. The listener is polled beside it: Mio is edge-triggered, and
    /// does not report that a second client waits behind the one that was accepted.
    poll: Poll,
    events: Events,
    /// `None`: the server is closing.
    listener: Option<TcpListener>,
    /// Whether somebody waits to be accepted.
    client_waits: bool,
    /// Whether the system was out of descriptors or memory when a client was to be accepted.
    starved: bool,
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
        event_loop.accept();
        event_loop.wait(None)?;
        event_loop.announce();
    }
    event_loop.finish()
}

impl<'a> EventLoop<'a> {
    fn new(listener: TcpListener, service: Service<'a>) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(MOST_EVENTS),
            listener: Some(listener),
            client_waits: false,
            starved: false,
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

    /// Accepts one client, if one waits. Events from before it came have been handled: a reader that
    /// had closed has made room for what it sends (C-14).
    fn accept(&mut self) {
        let Some(listener) = self.listener.as_ref().filter(|_| self.client_waits) else {
            return;
        };
        match listener.accept() {
            Ok((stream, peer)) => self.admit(Client::new(stream, peer)),
            Err(error) => {
                let failure = self.failures.classify(listener, &error);
                self.starved = failure == AcceptFailure::Starved;
            }
        }
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
        let start = Instant::now();
        let timeout = [most, self.timeout()].into_iter().flatten().min();
        if !self.wait_until_ready(timeout)? {
            self.look(start);
            return Ok(true);
        }
        let mut events = mem::replace(&mut self.events, Events::with_capacity(0));
        self.poll.poll(&mut events, Some(Duration::ZERO))?;
        let mut count = 0;
        for event in &events {
            count += 1;
            if event.token() != WAKER {
                self.serve(event.token(), Client::advance);
            }
        }
        self.events = events;
        let all_reported = count < MOST_EVENTS;
        if all_reported {
            self.look(start);
        }
        Ok(all_reported)
    }

    /// Waits until a client can be accepted, or events are there for `poll` to report, and returns
    /// whether they are. The listener is polled first: so events from before a client came are
    /// known with it.
    fn wait_until_ready(&mut self, timeout: Option<Duration>) -> io::Result<bool> {
        let is_full = self.clients.len() == MOST_CLIENTS;
        if is_full && self.full.begins() {
            log::warn!(
                "serving {MOST_CLIENTS} clients, the most possible; others wait until one leaves"
            );
        }
        let listener = match &self.listener {
            Some(listener) if !is_full && !self.starved => PollFd::new(listener, PollFlags::IN),
            _ => PollFd::new(self.poll.registry(), PollFlags::empty()),
        };
        let mut entries = [listener, PollFd::new(self.poll.registry(), PollFlags::IN)];
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        retry_on_intr(|| rustix::event::poll(&mut entries, timeout.as_ref()))?;
        let [client_waits, has_events] = entries.map(|entry| !entry.revents().is_empty());
        self.client_waits = client_waits || mem::take(&mut self.starved);
        Ok(has_events)
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
        let until_accept = self.starved.then_some(STARVED_WAIT);
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
        loop {
            let all_reported = self.wait(Some(Duration::ZERO))?;
            self.accept();
            let is_last = !self.client_waits || self.starved || Instant::now() >= end;
            if all_reported && is_last {
                break;
            }
        }
        self.listener = None;
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
