//! The process that does the work, which may stand behind a shell.

use std::collections::HashMap;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::error::Error;
use crate::proc::{self, Row};
use crate::process::{Exit, Process};
use crate::sockets::Listeners;
use crate::tree;

/// A shell passes on the status of its last command immediately. One that has not done so after
/// this time does something else.
const PASS_ON: Duration = Duration::from_secs(1);

/// The process of a tree that does the work ([`Process::worker`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worker {
    identity: (i32, u64),
}

impl Worker {
    /// The process's number.
    #[must_use]
    pub fn id(self) -> u32 {
        self.identity.0.cast_unsigned()
    }

    /// The most bytes of memory that it ever had resident.
    ///
    /// # Errors
    /// [`Error::System`] once it has ended, and where there is no `/proc`.
    pub fn peak_memory(self) -> Result<u64, Error> {
        self.look(proc::peak)
    }

    /// Processor time that it has used so far, user and system, to 10 ms.
    ///
    /// # Errors
    /// As [`peak_memory`](Self::peak_memory).
    pub fn cpu_time(self) -> Result<Duration, Error> {
        self.look(proc::cpu_time)
    }

    /// Whether a thread of it runs or waits for a processor at this moment. Asked often, this tells
    /// a program that never rests even where others leave it no processor time to use.
    ///
    /// # Errors
    /// As [`peak_memory`](Self::peak_memory).
    pub fn is_running(self) -> Result<bool, Error> {
        self.look(proc::is_running)
    }

    fn look<T>(self, read: impl FnOnce(i32) -> io::Result<T>) -> Result<T, Error> {
        read(self.identity.0).map_err(Error::system("looking into a process"))
    }
}

/// How a [`Worker`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerExit {
    /// In this way, as the system reports.
    Known(Exit),
    /// The program in front of it ended then, and in this way. A shell ends with the status of its
    /// command, and with 128 and the number of the signal that ended it.
    PassedOn(Exit),
    /// Unknown: its parent does something else.
    Unknown,
}

/// The process that a wrapper, such as a shell script, stands in front of.
impl Process {
    /// The process that holds a listening socket, the outermost if several do; where nobody
    /// listens, the innermost of a chain of only children. Without a wrapper, and where nothing
    /// can be looked up, this is the process itself.
    #[must_use]
    pub fn worker(&self) -> Worker {
        let rows: HashMap<i32, Row> = tree::members(self.pid())
            .into_iter()
            .map(|row| (row.pid, row))
            .collect();
        let row = outermost_listener(&rows).or_else(|| self.innermost(&rows));
        let identity = row.map_or((self.raw_pid(), 0), |row| row.identity());
        Worker { identity }
    }

    /// The process that a signal is meant for: the worker, or a wrapper that has a handler for it,
    /// as a script with a `trap`. SIGINT is caught by shells and interpreters also to see that their
    /// command ends of it: then it is meant for a wrapper only if the worker ignores it, as the jobs
    /// of a shell do.
    #[must_use]
    pub fn worker_for(&self, signal: Signal) -> Worker {
        let worker = self.worker();
        let of = |pid| proc::signals(pid).unwrap_or_default();
        let [[_, wrapper_catches], [ignores, _]] = [self.raw_pid(), worker.identity.0].map(of);
        let has = |signals: u64| signals >> (signal.as_raw() - 1) & 1 == 1;
        if has(wrapper_catches) && (signal != Signal::INT || has(ignores)) {
            return Worker {
                identity: (self.raw_pid(), 0),
            };
        }
        worker
    }

    fn innermost(&self, rows: &HashMap<i32, Row>) -> Option<Row> {
        // Without its root, the tree begins with the eldest that is left.
        let eldest = || rows.values().min_by_key(|row| row.started);
        let mut inner = rows.get(&self.raw_pid()).or_else(eldest)?;
        loop {
            let mut children = rows.values().filter(|row| row.parent == inner.pid);
            match (children.next(), children.next()) {
                (Some(child), None) => inner = child,
                _ => return Some(*inner),
            }
        }
    }

    /// Sends a signal to the worker alone. It may have ended.
    ///
    /// # Errors
    /// [`Error::System`] if the system refuses.
    pub fn signal_worker(&self, worker: Worker, signal: Signal) -> Result<(), Error> {
        if worker.id() == self.id() {
            return self.signal(signal);
        }
        match Pid::from_raw(worker.identity.0).filter(|_| self.has(worker)) {
            Some(pid) => kill_process(pid, signal).map_err(Error::system("sending a signal")),
            None => Ok(()),
        }
    }

    /// Waits for the end of the worker.
    ///
    /// # Errors
    /// [`Error::Deadline`] if it runs on.
    pub fn wait_worker_exit(&self, worker: Worker, within: Duration) -> Result<WorkerExit, Error> {
        if worker.id() == self.id() {
            return self.wait_exit(within).map(WorkerExit::Known);
        }
        let start = Instant::now();
        while self.has(worker) {
            let Some(left) = within.checked_sub(start.elapsed()) else {
                return Err(self.late(format!("the end of process {}", worker.id()), within));
            };
            thread::sleep(left.min(Duration::from_millis(5)));
        }
        if let Some(exit) = tree::orphan_exit(self.pid(), worker.identity.0) {
            return Ok(WorkerExit::Known(exit));
        }
        let passed_on = self.wait_exit(PASS_ON).map(WorkerExit::PassedOn);
        Ok(passed_on.unwrap_or(WorkerExit::Unknown))
    }

    fn has(&self, worker: Worker) -> bool {
        let mut rows = tree::members(self.pid()).into_iter();
        rows.any(|row| row.identity() == worker.identity)
    }

    fn raw_pid(&self) -> i32 {
        self.pid().as_raw_nonzero().get()
    }
}

fn outermost_listener(rows: &HashMap<i32, Row>) -> Option<Row> {
    let listeners = Listeners::look(None);
    if listeners.is_empty() {
        return None;
    }
    let holders = rows
        .values()
        .filter(|row| !listeners.of(row.pid).is_empty());
    holders
        .min_by_key(|row| (depth(row, rows), row.started))
        .copied()
}

/// How many ancestors it has in the tree.
fn depth(row: &Row, rows: &HashMap<i32, Row>) -> usize {
    let parent = |row: &&Row| rows.get(&row.parent);
    std::iter::successors(Some(row), parent)
        .take(rows.len())
        .count()
}
