//! Leader and followers. One thread of the pool at a time, the leader, accepts clients. It serves
//! the client that it accepted, and before it would have to wait for that client it hands the lead
//! over to a follower. So one thread serves a request that is already there, without waking another
//! one; a client that is silent or slow holds just its own thread.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::accept::{AcceptFailure, AcceptFailures, Condition, STARVED_WAIT, wait_for_client};

/// Threads that wait for the lead beyond this number end.
const MOST_FOLLOWERS: usize = 32;
/// The leader and the follower that takes over from it; kept ready, so that no client waits for a
/// thread to start.
const FEWEST_READY: usize = 2;

/// The threads of one server, its listening socket, and the clients that they serve.
pub(crate) struct Pool {
    listener: TcpListener,
    most_threads: usize,
    state: Mutex<State>,
    /// Only the leader uses it.
    accept_failures: Mutex<AcceptFailures>,
    /// The lead is free, or the server is closing: for followers.
    lead_is_free: Condvar,
    /// Wakes the supervisor: another thread is needed, one has ended, or the server is closing.
    supervision: Condvar,
    /// Wakes a leader that is out of descriptors: one was released, or the server is closing.
    released: Condvar,
}

#[derive(Debug, Default)]
struct State {
    closing: bool,
    has_leader: bool,
    /// Threads that wait for the lead, including those that are just starting.
    followers: usize,
    threads: usize,
    /// The clients whose thread may be waiting for them; a shutdown wakes these.
    clients: HashMap<u64, Arc<TcpStream>>,
    next_client: u64,
    /// The leader waits for a descriptor to be released.
    awaits_release: bool,
    full: Condition,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("listener", &self.listener)
            .finish_non_exhaustive()
    }
}

/// For the supervisor, which starts threads, and for the threads while they serve no client.
impl Pool {
    pub(crate) fn new(listener: TcpListener, most_clients: usize) -> Self {
        Self {
            listener,
            most_threads: most_clients.max(1),
            state: Mutex::default(),
            accept_failures: Mutex::default(),
            lead_is_free: Condvar::new(),
            supervision: Condvar::new(),
            released: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds this lock, and if it did, no state would be half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wants_thread(&self, state: &State) -> bool {
        let ready = state.followers + usize::from(state.has_leader);
        state.threads < self.most_threads && ready < FEWEST_READY
    }

    /// Waits until another thread is needed, and counts it as a follower. `false`: the server is
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

    /// Whether there are threads besides the one that was counted last.
    pub(crate) fn has_other_threads(&self) -> bool {
        self.state().threads > 1
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

    /// Waits for the lead; this thread is counted as a follower. `None`: the server is closing.
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
            pool: Arc::clone(self),
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
        // Both fail only when no thread is left to wake. Elsewhere than on Linux the first may not
        // wake the leader; the end of the process does.
        let _ = rustix::net::shutdown(&self.listener, rustix::net::Shutdown::Read);
        for stream in state.clients.values() {
            let _ = rustix::net::shutdown(stream, rustix::net::Shutdown::Read);
        }
        drop(state);
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

    /// Waits until it makes sense to accept again after this failure.
    fn wait_after(&self, error: &io::Error) {
        let mut failures = self
            .accept_failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match failures.classify(&self.listener, error) {
            AcceptFailure::TryAgain => {}
            AcceptFailure::NobodyWaits => {
                wait_for_client(&self.listener, None);
            }
            AcceptFailure::Starved => self.wait_until_released(),
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
    pool: Arc<Pool>,
}

impl Lead {
    /// Waits for the next client. `None`: the server is closing.
    pub(crate) fn accept(&self) -> Option<(TcpStream, SocketAddr)> {
        loop {
            let accepted = self.pool.listener.accept();
            if self.pool.is_closing() {
                return None;
            }
            match accepted {
                Ok(client) => return Some(client),
                Err(error) => self.pool.wait_after(&error),
            }
        }
    }

    /// Gives the lead to a follower and stays with a client that a shutdown has to wake.
    pub(crate) fn hand_over(self, client: Arc<TcpStream>) -> Registration {
        let mut state = self.pool.state();
        let number = state.next_client;
        state.next_client += 1;
        if state.closing {
            let _ = rustix::net::shutdown(&client, rustix::net::Shutdown::Read);
        }
        state.clients.insert(number, client);
        let most = self.pool.most_threads;
        let full = most > 1 && state.clients.len() == most && state.full.begins();
        drop(state);
        // A server of one client at a time is always at its bound: that is not worth a
        // message.
        if full {
            log::warn!("serving {most} clients, the most possible; others wait until one leaves");
        }
        Registration {
            pool: Arc::clone(&self.pool),
            number,
        }
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        state.has_leader = false;
        let follower_waits = state.followers > 0;
        drop(state);
        if follower_waits {
            self.pool.lead_is_free.notify_one();
        } else {
            self.pool.supervision.notify_one();
        }
    }
}

/// A client whose thread may wait for it. Dropped, its place is free.
#[derive(Debug)]
pub(crate) struct Registration {
    pool: Arc<Pool>,
    number: u64,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        let stream = state.clients.remove(&self.number);
        let awaits_release = state.awaits_release;
        drop(state);
        // The descriptor is closed before the leader is woken.
        drop(stream);
        if awaits_release {
            self.pool.released.notify_one();
        }
    }
}

/// What the thread that serves a connection is in its pool.
#[derive(Debug)]
pub(crate) enum Role {
    /// Nobody accepts the next client while this one is served.
    Leader {
        lead: Lead,
        /// Whether the one read that a leader may do was done.
        has_read: bool,
    },
    /// Another thread leads.
    Follower(Registration),
}

impl Role {
    pub(crate) fn is_closing(&self) -> bool {
        let (Self::Leader {
            lead: Lead { pool },
            ..
        }
        | Self::Follower(Registration { pool, .. })) = self;
        pool.is_closing()
    }
}
