//! Leader and followers: of all threads, one at a time, the leader, waits at the door for clients.
//! It serves the one that comes, and before it would have to wait for that client it hands the lead
//! over to a follower. A request that is already there is thus served by one thread, without waking
//! another; a client that is silent or slow holds just its own thread.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mio::Waker;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

use crate::lobby::{Guest, Lobby};
use crate::serve::{Received, Reception};

/// Threads that wait for the lead beyond this number leave.
const MOST_FOLLOWERS: usize = 32;
/// The leader and the follower who takes over from it; kept ready, so that no client waits for a
/// thread to start.
const FEWEST_READY: usize = 2;
/// How long the leader waits, when the system is out of descriptors or memory, before it looks
/// again whether another process has released some. What this process releases it notices at once.
pub(crate) const STARVED_WAIT: Duration = Duration::from_millis(250);
/// What has happened within this time is not said again.
const QUIET: Duration = Duration::from_secs(10);

/// The threads of one server, its listening socket, and the clients that they serve.
pub(crate) struct Crew {
    listener: Arc<TcpListener>,
    door: Door,
    most_threads: usize,
    state: Mutex<State>,
    /// The lead is free, or the server is closing: for followers.
    lead_is_free: Condvar,
    /// A thread is wanted or has ended, or the server is closing: for the supervisor.
    supervision: Condvar,
    /// A client's descriptor was released, or the server is closing: for a starving leader.
    released: Condvar,
}

/// Where clients come in. Only the leader stands there.
enum Door {
    /// Each client is served as soon as it is accepted.
    Open,
    /// Clients wait in the lobby until their request is complete.
    Lobby {
        lobby: Mutex<Box<Lobby>>,
        waker: Waker,
    },
}

#[derive(Debug, Default)]
struct State {
    closing: bool,
    has_leader: bool,
    /// Threads that wait for the lead, those included that were started to do so.
    followers: usize,
    threads: usize,
    /// The clients whose thread may be waiting for them; a shutdown wakes these.
    clients: HashMap<u64, Arc<TcpStream>>,
    next_client: u64,
    /// The leader waits for a descriptor to be released.
    awaits_release: bool,
    starved: Lasting,
}

/// Something that may happen again and again for a while, but is said only once.
#[derive(Debug, Default)]
pub(crate) struct Lasting {
    last: Option<Instant>,
}

impl Lasting {
    /// It happens. `true`: it has not for a while, and is to be said.
    pub(crate) fn begins(&mut self) -> bool {
        let now = Instant::now();
        let last = self.last.replace(now);
        last.is_none_or(|last| now - last > QUIET)
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew")
            .field("listener", &self.listener)
            .finish_non_exhaustive()
    }
}

impl Crew {
    pub(crate) fn new(listener: TcpListener, most_clients: usize) -> Self {
        Self::at(Arc::new(listener), Door::Open, most_clients)
    }

    pub(crate) fn with_lobby(
        listener: TcpListener,
        most_clients: usize,
        reception: Reception,
    ) -> io::Result<Self> {
        let listener = Arc::new(listener);
        let (lobby, waker) = Lobby::new(Arc::clone(&listener), most_clients, reception)?;
        let door = Door::Lobby {
            lobby: Mutex::new(Box::new(lobby)),
            waker,
        };
        Ok(Self::at(listener, door, most_clients))
    }

    fn at(listener: Arc<TcpListener>, door: Door, most_clients: usize) -> Self {
        Self {
            listener,
            door,
            most_threads: most_clients.max(1),
            state: Mutex::default(),
            lead_is_free: Condvar::new(),
            supervision: Condvar::new(),
            released: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock panics; and no state in it would be half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wants_thread(&self, state: &State) -> bool {
        let ready = state.followers + usize::from(state.has_leader);
        state.threads < self.most_threads && ready < FEWEST_READY
    }

    /// Waits until another thread is wanted, and counts it as a follower. `false`: the server is
    /// closing.
    pub(crate) fn wait_until_thread_wanted(&self) -> bool {
        let idle = |state: &mut State| !state.closing && !self.wants_thread(state);
        let mut state = self
            .supervision
            .wait_while(self.state(), idle)
            .unwrap_or_else(PoisonError::into_inner);
        if state.closing {
            return false;
        }
        state.threads += 1;
        state.followers += 1;
        true
    }

    /// Takes back a thread that was counted but could not be started, and waits a little.
    pub(crate) fn thread_not_started(&self) {
        let mut state = self.state();
        state.threads -= 1;
        state.followers -= 1;
        let _ = self
            .supervision
            .wait_timeout_while(state, STARVED_WAIT, |state| !state.closing);
    }

    /// A thread ends, by itself or by a panic.
    pub(crate) fn thread_ended(&self) {
        self.state().threads -= 1;
        self.supervision.notify_one();
    }

    /// Waits for the lead, as a thread that is counted as a follower. `None`: the server is
    /// closing.
    pub(crate) fn take_lead(self: &Arc<Self>) -> Option<Lead> {
        let mut state = self
            .lead_is_free
            .wait_while(self.state(), |state| !state.closing && state.has_leader)
            .unwrap_or_else(PoisonError::into_inner);
        state.followers -= 1;
        if state.closing {
            return None;
        }
        state.has_leader = true;
        if self.wants_thread(&state) {
            self.supervision.notify_one();
        }
        Some(Lead {
            crew: Arc::clone(self),
        })
    }

    /// Counts a thread whose client has left as a follower again. `false`: there are enough.
    pub(crate) fn rejoin(&self) -> bool {
        let mut state = self.state();
        if state.closing || (state.has_leader && state.followers >= MOST_FOLLOWERS) {
            return false;
        }
        state.followers += 1;
        true
    }

    /// Stops listening, and wakes every thread that waits for a client or for the lead.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closing = true;
        // Both fail only where there is nobody left to wake. Elsewhere than on Linux the first may
        // not wake the leader; the end of the process does.
        let _ = rustix::net::shutdown(&*self.listener, rustix::net::Shutdown::Read);
        for stream in state.clients.values() {
            let _ = rustix::net::shutdown(stream, rustix::net::Shutdown::Read);
        }
        drop(state);
        if let Door::Lobby { waker, .. } = &self.door {
            // The end of the process wakes the leader where this fails.
            let _ = waker.wake();
        }
        self.lead_is_free.notify_all();
        self.supervision.notify_all();
        self.released.notify_all();
    }

    /// Waits until every thread has ended, but not longer than `grace`.
    pub(crate) fn wait_until_ended(&self, grace: Duration) {
        let _ = self
            .supervision
            .wait_timeout_while(self.state(), grace, |state| state.threads > 0);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.state().closing
    }
}

impl Crew {
    /// The next client at an open door. `None`: the server is closing.
    fn accept(&self) -> Option<Guest> {
        loop {
            let accepted = self.listener.accept();
            if self.is_closing() {
                return None;
            }
            match accepted {
                Ok((stream, peer)) => {
                    return Some(Guest {
                        stream,
                        peer,
                        received: Received::default(),
                    });
                }
                Err(error) if concerns_one_client(&error) => {
                    log::debug!("a client left before it was accepted: {error}");
                }
                Err(error) if self.client_waits(Some(Duration::ZERO)) => {
                    self.say_starved(&error);
                    self.wait_until_released();
                }
                Err(_) => {
                    self.client_waits(None);
                }
            }
        }
    }

    /// Whether somebody waits to be accepted, for whom `accept` may have failed: out of
    /// descriptors, Linux says so before it looks whether anybody is there.
    pub(crate) fn client_waits(&self, timeout: Option<Duration>) -> bool {
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let mut entry = [PollFd::new(&*self.listener, PollFlags::IN)];
        rustix::event::poll(&mut entry, timeout.as_ref()) != Ok(0)
    }

    /// Says, once in a while, that the system is out of descriptors or memory (EMFILE, ENFILE,
    /// ENOBUFS, ENOMEM). Clients then wait in the backlog until one of ours leaves.
    pub(crate) fn say_starved(&self, error: &io::Error) {
        if self.state().starved.begins() {
            log::warn!(
                "cannot accept more clients now: {error}; those connected are served, \
                 others wait until something is released"
            );
        }
    }

    fn wait_until_released(&self) {
        let mut state = self.state();
        let clients = state.clients.len();
        let starving = |state: &mut State| !state.closing && state.clients.len() >= clients;
        state.awaits_release = true;
        let waited = self
            .released
            .wait_timeout_while(state, STARVED_WAIT, starving);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.awaits_release = false;
    }
}

/// The right to serve the next client. Dropped, it passes to a follower.
#[derive(Debug)]
pub(crate) struct Lead {
    crew: Arc<Crew>,
}

impl Lead {
    /// The next client. `None`: the server is closing.
    pub(crate) fn next_guest(&self) -> Option<Guest> {
        match &self.crew.door {
            Door::Open => self.crew.accept(),
            Door::Lobby { lobby, .. } => lobby
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .next(&self.crew),
        }
    }

    /// Gives the lead to a follower and stays with a client that a shutdown has to wake.
    pub(crate) fn hand_over(self, client: Arc<TcpStream>) -> Client {
        let mut state = self.crew.state();
        let number = state.next_client;
        state.next_client += 1;
        if state.closing {
            let _ = rustix::net::shutdown(&client, rustix::net::Shutdown::Read);
        }
        state.clients.insert(number, client);
        drop(state);
        Client {
            crew: Arc::clone(&self.crew),
            number,
        }
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let mut state = self.crew.state();
        state.has_leader = false;
        let follower_waits = state.followers > 0;
        drop(state);
        if follower_waits {
            self.crew.lead_is_free.notify_one();
        } else {
            self.crew.supervision.notify_one();
        }
    }
}

/// A client whose thread may wait for it. Dropped, its place is free.
#[derive(Debug)]
pub(crate) struct Client {
    crew: Arc<Crew>,
    number: u64,
}

impl Drop for Client {
    fn drop(&mut self) {
        let mut state = self.crew.state();
        let stream = state.clients.remove(&self.number);
        let awaits_release = state.awaits_release;
        drop(state);
        // The descriptor is closed before the leader is told so.
        drop(stream);
        if awaits_release {
            self.crew.released.notify_one();
        }
        if let Door::Lobby { waker, .. } = &self.crew.door {
            // Where this fails, the leader looks by itself after a while.
            let _ = waker.wake();
        }
    }
}

/// What a connection holds of the crew that serves it.
#[derive(Debug)]
pub(crate) enum Seat {
    /// Its thread still leads: nobody accepts the next client while it is served.
    Leading {
        lead: Lead,
        /// Whether the one read that a leader may do was done.
        has_read: bool,
    },
    /// Another thread leads.
    Following(Client),
}

impl Seat {
    pub(crate) fn is_closing(&self) -> bool {
        match self {
            Self::Leading { lead, .. } => lead.crew.is_closing(),
            Self::Following(client) => client.crew.is_closing(),
        }
    }
}

/// Errors of `accept` that say something about the client that was about to be accepted, not about
/// this process (accept(2), "Error handling").
pub(crate) fn concerns_one_client(error: &io::Error) -> bool {
    let Some(errno) = Errno::from_io_error(error) else {
        return false;
    };
    matches!(
        errno,
        Errno::INTR
            | Errno::CONNABORTED
            | Errno::PROTO
            | Errno::NOPROTOOPT
            | Errno::NETDOWN
            | Errno::NETUNREACH
            | Errno::HOSTDOWN
            | Errno::HOSTUNREACH
            | Errno::OPNOTSUPP
            | Errno::PERM
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_errors_are_about_one_client_or_about_this_process() {
        for errno in [Errno::CONNABORTED, Errno::PROTO, Errno::INTR, Errno::PERM] {
            assert!(concerns_one_client(&errno.into()), "{errno}");
        }
        for errno in [
            Errno::MFILE,
            Errno::NFILE,
            Errno::NOBUFS,
            Errno::NOMEM,
            Errno::INVAL,
        ] {
            assert!(!concerns_one_client(&errno.into()), "{errno}");
        }
    }

    #[test]
    fn what_lasts_is_said_when_it_begins_and_when_it_comes_back() {
        let mut lasting = Lasting::default();
        assert!(lasting.begins());
        assert!(!lasting.begins());
        lasting.last = Instant::now().checked_sub(2 * QUIET);
        assert!(lasting.begins());
    }
}
