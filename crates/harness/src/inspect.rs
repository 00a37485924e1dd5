//! What the system knows of a process and of its tree: memory, processor time, descriptors.

use std::io;
use std::thread;
use std::time::Duration;

use rustix::process::Pid;

use crate::error::Error;
use crate::proc::{self, Row};
use crate::process::Process;
use crate::tree;

/// How much of the time of all processors is left, from one look to the next (Linux).
#[derive(Debug, Default)]
pub struct Idleness {
    idle: u64,
    all: u64,
}

impl Idleness {
    /// The share that was idle since the last look, from 0 to 1, or since the system's start; nothing
    /// if the system does not tell.
    pub fn look(&mut self) -> Option<f64> {
        let (idle, all) = proc::processor_ticks().ok()?;
        let before = std::mem::replace(self, Self { idle, all });
        // The system's count of time spent waiting for disks may go back.
        let share = idle.saturating_sub(before.idle) as f64 / all.saturating_sub(before.all) as f64;
        share.is_finite().then_some(share)
    }
}

/// Looking in from outside (Linux). What is said of one process is that of the program itself, not
/// of what it started, and all but [`cpu_time`](Self::cpu_time) fails with [`Error::System`] once
/// it has ended, and everywhere else. A whole tree ([`tree`](Self::tree)) may be empty.
impl Process {
    /// Bytes of memory that the process has resident now.
    ///
    /// # Errors
    /// [`Error::System`], see above.
    pub fn resident_memory(&self) -> Result<u64, Error> {
        self.look(proc::resident)
    }

    /// The most bytes of memory that the process ever had resident.
    ///
    /// # Errors
    /// [`Error::System`], see above.
    pub fn peak_memory(&self) -> Result<u64, Error> {
        self.look(proc::peak)
    }

    /// The threads of the process.
    ///
    /// # Errors
    /// [`Error::System`], see above.
    pub fn threads(&self) -> Result<u64, Error> {
        self.look(proc::threads)
    }

    /// The descriptors that the process has open.
    ///
    /// # Errors
    /// [`Error::System`], see above.
    pub fn open_files(&self) -> Result<usize, Error> {
        self.look(proc::open_files)
    }

    /// Processor time used so far, user and system, to 10 ms. Works after the end too.
    ///
    /// # Errors
    /// [`Error::System`] if there is no `/proc`.
    pub fn cpu_time(&self) -> Result<Duration, Error> {
        self.look(proc::cpu_time)
    }

    /// Whether a thread of it, or of what it started, runs or waits for a processor at this moment.
    #[must_use]
    pub fn tree_is_running(&self) -> bool {
        let rows = tree::members(self.pid());
        // One that has ended meanwhile does not run.
        rows.into_iter()
            .any(|row| proc::is_running(row.pid).unwrap_or(false))
    }

    fn look<T>(&self, read: impl FnOnce(i32) -> io::Result<T>) -> Result<T, Error> {
        read(self.pid().as_raw_nonzero().get()).map_err(Error::system("looking into a process"))
    }

    /// The numbers of the process and of everything it started that still runs.
    ///
    /// Known by descent, whatever a process did to its environment, session or user. One that
    /// nobody ever saw before all its ancestors ended belongs to the only program that can have
    /// started it, or to none if there are several.
    #[must_use]
    pub fn tree(&self) -> Vec<u32> {
        let rows = tree::members(self.pid());
        rows.into_iter()
            .map(|row| row.pid.cast_unsigned())
            .collect()
    }

    /// Bytes of memory that the tree has resident now. What processes share counts for each.
    #[must_use]
    pub fn tree_memory(&self) -> u64 {
        let rows = tree::members(self.pid());
        rows.into_iter().map(|row| row.resident).sum()
    }

    /// Processor time that the tree used so far, to 10 ms, with that of the processes that ended
    /// and were waited for.
    #[must_use]
    pub fn tree_cpu_time(&self) -> Duration {
        tree::cpu_time(self.pid())
    }
}

/// How long the threads of a program that runs, and of all it started, have waited so far for a
/// processor that others had (Linux): on a busy machine, time in which it could do nothing. No time
/// at all if it has had half of a processor or more: then it has threads that wait for each other.
///
/// The system counts a wait when it is over; see [`is_starving`].
///
/// `root` is the program's number, [`Process::id`].
#[must_use]
pub fn starved(root: u32) -> Duration {
    let rows = disturbed_by_others(root);
    rows.iter().map(|row| proc::run_delay(row.pid)).sum()
}

/// Whether a program waits just now for a processor that others have (Linux): a thread of it is
/// ready to run, and does not. Never if it has had half of a processor or more, as in [`starved`].
#[must_use]
pub fn is_starving(root: u32) -> bool {
    // The system brings the time for which a thread that runs has run up to date every 10 ms, or
    // more often.
    const SOON: Duration = Duration::from_millis(20);
    let rows = disturbed_by_others(root);
    let ready = || rows.iter().flat_map(|row| proc::ready_threads(row.pid));
    let before: Vec<_> = ready().collect();
    if before.is_empty() {
        return false;
    }
    thread::sleep(SOON);
    ready().any(|thread| before.contains(&thread))
}

/// The processes of a program that has had less than half of a processor so far.
fn disturbed_by_others(root: u32) -> Vec<Row> {
    let Some(root) = Pid::from_raw(root.cast_signed()) else {
        return Vec::new();
    };
    let rows = tree::members(root);
    let used: u64 = rows.iter().map(|row| row.ticks).sum();
    let started = rows.iter().map(|row| row.started).min().unwrap_or(0);
    let age = proc::now().unwrap_or(0).saturating_sub(started);
    if used > age / 2 { Vec::new() } else { rows }
}
