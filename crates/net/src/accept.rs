use std::io;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

/// How long a server that is out of descriptors or memory waits before it tries again to accept,
/// if nothing of its own is released before.
pub const STARVED_WAIT: Duration = Duration::from_millis(250);

/// A condition that has held within this time has not ended.
const QUIET: Duration = Duration::from_secs(10);

/// What a server does about an `accept` that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptFailure {
    /// One client left before it was accepted, or what was missing may be there by now: accept the
    /// next one.
    TryAgain,
    /// Nobody waits: wait until the listening socket is readable.
    NobodyWaits,
    /// A client waits, but the system is out of descriptors or memory: try again when one of the
    /// server's own descriptors is released, or after [`STARVED_WAIT`].
    Starved,
}

/// Tells failures of `accept` apart, and logs them without flooding the log.
#[derive(Debug, Default)]
pub struct AcceptFailures {
    starved: Condition,
    /// Whether the last failure was a shortage that may have been over before the client came.
    tries_again: bool,
}

impl AcceptFailures {
    /// Returns what to do about `error`. It logs a warning when a shortage of descriptors or memory
    /// (EMFILE, ENFILE, ENOBUFS, ENOMEM) begins, not for each failure during the shortage.
    pub fn classify(&mut self, listener: &TcpListener, error: &io::Error) -> AcceptFailure {
        if concerns_one_client(error) {
            log::debug!("a client left before it was accepted: {error}");
            return AcceptFailure::TryAgain;
        }
        // When the process is out of descriptors, Linux reports that even if no client waits.
        let would_block = error.kind() == io::ErrorKind::WouldBlock;
        if would_block || !wait_for_client(listener, Some(Duration::ZERO)) {
            self.tries_again = false;
            return AcceptFailure::NobodyWaits;
        }
        self.tries_again = !self.tries_again;
        if self.tries_again {
            return AcceptFailure::TryAgain;
        }
        if self.starved.begins() {
            log::warn!(
                "cannot accept more clients now: {error}; those connected are served, \
                 others wait until something is released"
            );
        }
        AcceptFailure::Starved
    }
}

/// Waits until a client waits to be accepted. `false`: none does after `timeout`.
pub fn wait_for_client(listener: &TcpListener, timeout: Option<Duration>) -> bool {
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    let mut entry = [PollFd::new(listener, PollFlags::IN)];
    rustix::event::poll(&mut entry, timeout.as_ref()) != Ok(0)
}

/// Errors of `accept` that concern the client that was to be accepted, not this process (accept(2),
/// "Error handling").
fn concerns_one_client(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(
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
    )
}

/// A condition that lasts, or recurs for a while, and is logged once.
#[derive(Debug, Default)]
pub struct Condition {
    last: Option<Instant>,
}

impl Condition {
    /// Notes that the condition holds now. `true`: it has not held within the last ten seconds, so
    /// log it.
    pub fn begins(&mut self) -> bool {
        let now = Instant::now();
        let last = self.last.replace(now);
        last.is_none_or(|last| now - last > QUIET)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

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
    fn a_shortage_that_was_over_before_the_client_came_is_none() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut failures = AcceptFailures::default();
        let shortage = Errno::MFILE.into();
        let nobody = failures.classify(&listener, &shortage);
        assert_eq!(nobody, AcceptFailure::NobodyWaits);
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut classified = || failures.classify(&listener, &shortage);
        let [first, second] = [(); 2].map(|()| classified());
        assert_eq!(first, AcceptFailure::TryAgain);
        assert_eq!(second, AcceptFailure::Starved);
    }

    #[test]
    fn a_condition_is_logged_when_it_begins_and_when_it_comes_back() {
        let mut condition = Condition::default();
        assert!(condition.begins());
        assert!(!condition.begins());
        condition.last = Instant::now().checked_sub(2 * QUIET);
        assert!(condition.begins());
    }
}
