//! Memory, descriptors and processor time of a server, and what counts as flat.

use std::thread;
use std::time::{Duration, Instant};

use harness::{Exit, Signal};

use crate::servers::{MOST_FILES, MOST_MEMORY, Server};

/// A server may have so much more memory resident at the end than after the warming up, in bytes.
///
/// The C library has a pool of memory for each of several threads, 16 with two processors, and
/// keeps some mebibytes of each pool back that once held something large: more or less of them from
/// one moment to the next, and all only when each pool has had its turn. What leaks is more than
/// that: in ten minutes it takes ten bytes of each request and each connection.
pub(crate) const MORE_MEMORY: u64 = 32 << 20;

/// What a server may have resident at most, in bytes: the bound on the memory of all clients, what
/// each of them may use without a share of it, and what the C library keeps.
pub(crate) const MOST_PEAK: u64 = MOST_MEMORY + MOST_FILES as u64 * (64 << 10) + MORE_MEMORY;

/// How long an idle server is watched.
pub(crate) const IDLE_WATCH: Duration = Duration::from_secs(1);

/// It may use so much processor time meanwhile: one tick of the clock that the system counts with,
/// and one more because ticks are handed out whole.
pub(crate) const MOST_IDLE_TIME: Duration = Duration::from_millis(20);

/// When all clients have closed, a server closes its ends immediately, on a machine that is not busy.
const SETTLE_LIMIT: Duration = Duration::from_secs(30);

/// The time between two looks at it.
const POLL_PAUSE: Duration = Duration::from_millis(20);

/// The exit status of a process is known a moment after its resource usage is gone.
const EXIT_LIMIT: Duration = Duration::from_secs(1);

/// G-4 demands a second; on a busy machine only the end itself is checked here.
const END_LIMIT: Duration = Duration::from_secs(10);

/// What a server takes while nobody is connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resources {
    /// Resident memory in bytes.
    pub(crate) memory: u64,
    /// Open descriptors.
    pub(crate) files: usize,
}

impl Resources {
    /// What it takes now.
    ///
    /// # Errors
    /// The server has ended.
    pub(crate) fn now(server: &Server) -> Result<Self, cli::Error> {
        Self::look(server).map_err(|error| match server.process.wait_exit(EXIT_LIMIT) {
            Ok(_) => {
                let report = server.process.report();
                cli::Error::new(format_args!("a server ended under the load\n{report}"))
            }
            Err(_) => error.into(),
        })
    }

    fn look(server: &Server) -> Result<Self, harness::Error> {
        Ok(Self {
            memory: server.process.resident_memory()?,
            files: server.process.open_files()?,
        })
    }

    /// Waits until it takes no more than `self` and `more_memory`, but 30 seconds at most. Returns what
    /// it takes then.
    ///
    /// # Errors
    /// The server has ended.
    pub(crate) fn wait_until_back(
        &self,
        server: &Server,
        more_memory: u64,
    ) -> Result<Self, cli::Error> {
        let start = Instant::now();
        loop {
            let now = Self::now(server)?;
            let is_back =
                self.has_same_files(now) && now.memory <= self.memory.saturating_add(more_memory);
            if is_back || start.elapsed() > SETTLE_LIMIT {
                return Ok(now);
            }
            thread::sleep(POLL_PAUSE);
        }
    }

    /// Whether `later` has as many descriptors.
    pub(crate) const fn has_same_files(&self, later: Self) -> bool {
        self.files == later.files
    }

    /// Whether `later` has as much memory, by and large.
    pub(crate) const fn has_flat_memory(&self, later: Self) -> bool {
        later.memory <= self.memory + MORE_MEMORY
    }
}

/// How a server ended, and what it left on standard error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct End {
    /// `None` if it did not.
    pub(crate) exit: Option<Exit>,
    /// Whether a thread of it panicked.
    pub(crate) panicked: bool,
}

impl End {
    /// Asks a server to end, and waits for it.
    ///
    /// # Errors
    /// It cannot be asked.
    pub(crate) fn of(server: &Server) -> Result<Self, cli::Error> {
        server.process.signal(Signal::TERM)?;
        let exit = server.process.wait_exit(END_LIMIT).ok();
        let stderr = server.process.stderr();
        let panicked = stderr
            .windows(PANICKED.len())
            .any(|window| window == PANICKED);
        Ok(Self { exit, panicked })
    }

    /// Whether that is how it should end (G-2, G-4).
    pub(crate) fn is_clean(&self) -> bool {
        self.exit.is_some_and(Exit::success) && !self.panicked
    }
}

/// What Rust prints when a thread panics. No client can make a server print it: of what clients send,
/// standard error shows only the names of classes in pickles, and ours are other ones.
const PANICKED: &[u8] = b"panicked at";
