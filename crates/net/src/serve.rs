use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::accept::Condition;
use crate::pool::Pool;
use crate::{Connection, Shutdown};

/// After a shutdown was asked for, clients have this time to take what they are owed (T-19); with
/// what is left of the second of G-4 the process ends.
pub const SHUTDOWN_GRACE: Duration = Duration::from_millis(700);

/// Threads here run plain blocking code on small buffers; only what they touch costs memory.
const STACK_BYTES: usize = 256 * 1024;

/// Serves clients concurrently, each with a call of `handle`, until `shutdown` is asked for.
///
/// `handle` reads and writes as if it were alone; while it waits for its client, others are
/// served. The connection is closed when it returns. At most `most_clients` are served concurrently,
/// each by a thread of its own; further ones wait in the backlog. With 1, clients are served one
/// after another.
///
/// A shutdown closes the listening socket and ends the reads of all clients with
/// [`Error::Shutdown`](crate::Error::Shutdown). `serve` returns as soon as every `handle` has, or
/// after [`SHUTDOWN_GRACE`], leaving the threads of the slow ones to the end of the process.
///
/// # When the system has no more
/// The clients that are there are served on, and nothing is lost of the others that can wait:
///
/// | | those who come | logged | until |
/// |---|---|---|---|
/// | no descriptors (EMFILE, ENFILE) or memory (ENOBUFS, ENOMEM) to accept with | wait in the backlog | a warning, if somebody does wait | a client leaves; what others release is noticed within 250 ms |
/// | a client that leaves before it is accepted (ECONNABORTED) | | nothing | |
/// | no thread to be had | wait while each thread there is waits for its client | a warning | it is tried again every 250 ms |
/// | as many clients as `most_clients`, if that is more than 1 | wait in the backlog | a warning | a client leaves |
///
/// None costs processor time, and what lasts, or comes back within ten seconds, is logged once.
///
/// # Why leader and followers
/// Three ways were measured with 64-byte requests, a connection each, the server on one processor
/// and the load on another; microseconds of the server's processor time for a request, two runs:
///
/// | concurrent requests | sequential accept, read, close | leader and followers | event loop (epoll) |
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
    let pool = Arc::new(Pool::new(listener, most_clients));
    let handle = Arc::new(handle);
    shutdown.on_request({
        let pool = Arc::clone(&pool);
        move || pool.close()
    });
    supervise(&pool, || {
        start_thread(Arc::clone(&pool), Arc::clone(&handle))
    });
    pool.wait_until_ended(SHUTDOWN_GRACE);
}

/// Starts a thread whenever one is needed, until the server is closing.
fn supervise(pool: &Pool, start_thread: impl Fn() -> io::Result<()>) {
    let mut failing = Condition::default();
    while pool.wait_until_thread_wanted() {
        if let Err(error) = start_thread() {
            if failing.begins() {
                warn_of_missing_thread(&error, pool.has_other_threads());
            }
            pool.thread_not_started();
        }
    }
}

fn warn_of_missing_thread(error: &io::Error, others_serve: bool) {
    if others_serve {
        log::warn!(
            "cannot start another thread: {error}; those that there are serve on, \
             one client after another"
        );
    } else {
        log::warn!("cannot start a thread: {error}; nobody is served until one can be started");
    }
}

fn start_thread<H>(pool: Arc<Pool>, handle: Arc<H>) -> io::Result<()>
where
    H: Fn(&mut Connection) + Send + Sync + 'static,
{
    let work = move || {
        let _ended = Ended(&pool);
        while serve_as_leader(&pool, handle.as_ref()) && pool.rejoin() {}
    };
    thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(work)
        .map(drop)
}

/// Serves one client after another for as long as no waiting is needed. `false`: the server is
/// closing.
fn serve_as_leader(pool: &Arc<Pool>, handle: &impl Fn(&mut Connection)) -> bool {
    let mut lead = pool.take_lead();
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

/// Tells the pool that a thread has ended, also when a panic ended it.
struct Ended<'a>(&'a Pool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.thread_ended();
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddrV4};
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::{Mutex, mpsc};

    use super::*;
    use crate::Error;

    /// Keeps what is logged.
    struct Log(Mutex<Vec<String>>);

    impl Log {
        fn count(&self, text: &str) -> usize {
            let lines = self.0.lock().unwrap();
            lines.iter().filter(|line| line.contains(text)).count()
        }
    }

    impl log::Log for Log {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }

        fn log(&self, record: &log::Record<'_>) {
            self.0.lock().unwrap().push(record.args().to_string());
        }

        fn flush(&self) {}
    }

    fn log() -> &'static Log {
        static LOG: Log = Log(Mutex::new(Vec::new()));
        // The tests of this process share it.
        let _ = log::set_logger(&LOG);
        log::set_max_level(log::LevelFilter::Warn);
        &LOG
    }

    #[test]
    fn without_any_thread_it_is_logged_that_nobody_is_served() {
        let listener = crate::listen(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0), 128).unwrap();
        let pool = Pool::new(listener, 10);
        let log = log();
        let attempts = AtomicUsize::new(0);
        supervise(&pool, || {
            if attempts.fetch_add(1, Ordering::Relaxed) == 1 {
                pool.close();
            }
            Err(io::ErrorKind::WouldBlock.into())
        });
        assert_eq!(log.count("; nobody is served until one can be started"), 1);
    }

    #[test]
    fn a_thread_that_cannot_be_started_is_logged_once_costs_nothing_and_passes() {
        const SOON: Duration = Duration::from_secs(10);
        let log = log();
        let listener = crate::listen(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0), 128).unwrap();
        let address = listener.local_addr().unwrap();
        let pool = Arc::new(Pool::new(listener, 10));
        let (full, (attempt, attempts)) = (Arc::new(AtomicBool::new(false)), mpsc::channel());
        let server = thread::spawn({
            let (pool, full) = (Arc::clone(&pool), Arc::clone(&full));
            let echo = Arc::new(|client: &mut Connection| {
                let mut byte = [0];
                while let Ok(1) = client.read(&mut byte, None) {
                    client.write_all(&byte, None).unwrap();
                }
            });
            move || {
                // As a system with a limit of one thread would.
                supervise(&pool, || {
                    if full.swap(true, Ordering::Relaxed) {
                        attempt.send(()).unwrap();
                        return Err(io::ErrorKind::WouldBlock.into());
                    }
                    start_thread(Arc::clone(&pool), Arc::clone(&echo))
                });
            }
        });
        let mut clients = [(); 2].map(|()| crate::connect(&[address], SOON).unwrap());
        let [served, waiting] = &mut clients;
        waiting.write_all(b"w", None).unwrap();
        let mut echoed = [0];
        // Some seconds of a system without threads.
        for _ in 0..6 {
            attempts.recv_timeout(SOON).unwrap();
            served.write_all(b"s", None).unwrap();
            assert_eq!(served.read(&mut echoed, Some(SOON)).unwrap(), 1);
        }
        assert!(
            attempts.try_iter().count() < 2,
            "it does not wait between attempts"
        );
        assert!(matches!(
            waiting.read(&mut echoed, Some(Duration::from_millis(1))),
            Err(Error::TimedOut)
        ));
        assert_eq!(log.count("cannot start another thread"), 1);

        full.store(false, Ordering::Relaxed);
        assert_eq!(waiting.read(&mut echoed, Some(SOON)).unwrap(), 1);
        assert_eq!(&echoed, b"w");
        pool.close();
        server.join().unwrap();
    }
}
