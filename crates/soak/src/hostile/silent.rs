//! Silent connections: some all the time, and now and then so many that a server has no
//! descriptors left.

use std::collections::VecDeque;
use std::io::Read as _;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use super::Kind;
use crate::connect::{connect, reset};
use crate::load::Load;
use crate::servers::{MOST_FILES, Server};
use crate::subject::{Each, Subject};

/// How long a silent client tries to connect, and waits for the first byte of a server that speaks
/// first. A server that has no descriptors left lets it wait.
const TIMEOUT: Duration = Duration::from_millis(200);

/// How long a server is kept without descriptors. Honest clients that connect meanwhile wait.
const STARVATION: Duration = Duration::from_millis(300);

/// How long all servers are left in peace before the next one is starved.
const RELIEF: Duration = Duration::from_millis(300);

/// When a server does not run out of descriptors, it is given up after this time.
const FILL_LIMIT: Duration = Duration::from_secs(5);

/// So many stay when the others leave.
const REMAINING: usize = 100;

/// `mathserver` serves so many concurrently, and then accepts no more.
const MOST_MATH_CLIENTS: usize = 1000;

/// `server` accepts and drops silent ones all the time: so many connections take all the
/// descriptors that it has.
const MOST_SILENT: usize = MOST_FILES as usize + 100;

/// Silent connections to one server.
#[derive(Debug, Default)]
pub(crate) struct SilentClients {
    streams: VecDeque<TcpStream>,
}

impl SilentClients {
    /// One more. `false`: nobody answered.
    pub(crate) fn grow(&mut self, server: &Server, subject: Subject) -> bool {
        let joined = connect(server.address, TIMEOUT).and_then(|mut stream| {
            if subject.speaks_first() {
                stream.read_exact(&mut [0])?;
            }
            Ok(stream)
        });
        let has_joined = joined.is_ok();
        self.streams.extend(joined);
        has_joined
    }

    /// So many, the oldest, stay.
    pub(crate) fn shrink(&mut self, most: usize) {
        let rest = self.streams.split_off(most.min(self.streams.len()));
        rest.into_iter().for_each(reset);
    }

    /// The oldest leaves.
    pub(crate) fn drop_oldest(&mut self) {
        if let Some(oldest) = self.streams.pop_front() {
            reset(oldest);
        }
    }

    /// How many there are, on this side.
    pub(crate) fn len(&self) -> usize {
        self.streams.len()
    }
}

impl Drop for SilentClients {
    fn drop(&mut self) {
        self.shrink(0);
    }
}

/// Takes all descriptors of one server after another.
pub(super) fn keep_starving(load: &Load<'_>) {
    let mut silent_clients: Each<SilentClients> = Each::new(|_| SilentClients::default());
    while !load.is_over() {
        for subject in Subject::CONCURRENT {
            let clients = &mut silent_clients[subject];
            starve(load, subject, clients);
            thread::sleep(STARVATION);
            clients.shrink(REMAINING);
            thread::sleep(RELIEF);
        }
        load.all_have_starved();
    }
}

fn starve(load: &Load<'_>, subject: Subject, clients: &mut SilentClients) {
    let server = &load.servers[subject];
    let start = Instant::now();
    let mut joined = 0;
    // Those of the last time may have been dropped: they are gone for the server.
    clients.shrink(0);
    while !is_full(load, subject, clients) && start.elapsed() < FILL_LIMIT {
        // Looking at a process takes longer than connecting to it.
        joined += (0..16).filter(|_| clients.grow(server, subject)).count() as u64;
    }
    load.counters.count_hostile(subject, Kind::Silence, joined);
}

fn is_full(load: &Load<'_>, subject: Subject, clients: &SilentClients) -> bool {
    let files = load.servers[subject].process.open_files().unwrap_or(0);
    load.counters.count_files(subject, files);
    let is_at_limit = files >= MOST_FILES as usize;
    match subject {
        Subject::Mathserver => clients.len() >= MOST_MATH_CLIENTS,
        Subject::Server => is_at_limit || clients.len() >= MOST_SILENT,
        _ => is_at_limit,
    }
}
