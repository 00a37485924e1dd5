use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::crew::Crew;
use crate::{Connection, Shutdown};

/// After a shutdown was asked for, clients have this time to take what they are owed (T-19); with
/// what is left of the second of G-4 the process ends.
pub const SHUTDOWN_GRACE: Duration = Duration::from_millis(700);

/// Threads here run plain blocking code on small buffers; only what they touch costs memory.
const STACK_BYTES: usize = 256 * 1024;

/// Serves clients concurrently, each with a call of `handle`, until `shutdown` is asked for.
///
/// `handle` reads and writes as if it were alone; while it waits for its client, others are
/// served. The connection is closed when it returns. At most `most_clients` are served at once,
/// each by a thread of its own; further ones wait in the backlog. With 1, clients are served one
/// after another.
///
/// A shutdown closes the listening socket and ends the reads of all clients with
/// [`Error::Shutdown`](crate::Error::Shutdown). `serve` returns as soon as every `handle` has, or
/// after [`SHUTDOWN_GRACE`], leaving the threads of the slow ones to the end of the process.
///
/// # When the system has no more
/// Out of descriptors or memory, and when a thread cannot be started, the clients that are there
/// are served on, the others wait, it is said once, and it passes by itself.
///
/// # Why leader and followers
/// Three ways were measured with 64-byte requests, a connection each, the server on one processor
/// and the load on another; microseconds of the server's processor time for a request, two runs:
///
/// | at once | sequential accept, read, close | leader and followers | event loop (epoll) |
/// |---|---|---|---|
/// | 1 | 24.4, 26.7 | 29.8, 24.1 | 35.6, 29.7 |
/// | 8 | 16.0, 15.3 | 17.8, 15.2 | 16.0, 19.2 |
/// | 64 | 13.5, 14.6 | 13.3, 14.1 | 17.3, 16.5 |
///
/// Requests and answers in turn on one connection cost the same in all three. So plain blocking
/// code costs nothing here, and it keeps what an event loop would have to add by hand: a long
/// computation for one client (a shuffle of 128 MiB) holds up nobody. What it costs is a thread
/// for each client that is waited for, some 12 KiB of memory.
pub fn serve<H>(listener: TcpListener, shutdown: &Shutdown, most_clients: usize, handle: H)
where
    H: Fn(&mut Connection) + Send + Sync + 'static,
{
    let crew = Arc::new(Crew::new(listener, most_clients));
    let handle = Arc::new(handle);
    shutdown.on_request({
        let crew = Arc::clone(&crew);
        move || crew.close()
    });
    let mut thread_failed = false;
    while crew.wait_until_thread_wanted() {
        let started = start_thread(Arc::clone(&crew), Arc::clone(&handle));
        if let Err(error) = &started {
            if !thread_failed {
                log::warn!(
                    "cannot start another thread: {error}; those that there are serve on, \
                     one client after another"
                );
            }
            crew.thread_not_started();
        }
        thread_failed = started.is_err();
    }
    crew.wait_until_ended(SHUTDOWN_GRACE);
}

fn start_thread<H>(crew: Arc<Crew>, handle: Arc<H>) -> io::Result<()>
where
    H: Fn(&mut Connection) + Send + Sync + 'static,
{
    let work = move || {
        let _ended = Ended(&crew);
        while serve_as_leader(&crew, handle.as_ref()) && crew.rejoin() {}
    };
    thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(work)
        .map(drop)
}

/// Serves one client after another for as long as no waiting is needed. `false`: the server is
/// closing.
fn serve_as_leader(crew: &Arc<Crew>, handle: &impl Fn(&mut Connection)) -> bool {
    let mut lead = crew.take_lead();
    while let Some(leading) = lead {
        let Some((stream, peer)) = leading.accept() else {
            return false;
        };
        let mut connection = Connection::served(stream, peer, leading);
        handle(&mut connection);
        lead = connection.end();
        if lead.is_none() {
            return true;
        }
    }
    false
}

/// Tells the crew that a thread has ended, also when a panic ended it.
struct Ended<'a>(&'a Crew);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.thread_ended();
    }
}
