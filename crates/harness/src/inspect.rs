//! What the system knows of a process: memory, processor time, threads, descriptors.
//!
//! All of it is read from `/proc/PID`, which only Linux has in this form.

use std::fs;
use std::io;
use std::time::Duration;

use rustix::process::Pid;

use crate::error::Error;
use crate::process::Process;
use crate::tree;

/// The unit of times in `/proc/PID/stat`: on every processor of today a hundredth of a second.
const TICK: Duration = Duration::from_millis(10);

/// Looking in from outside (Linux). All but [`cpu_time`](Self::cpu_time) fails with
/// [`Error::System`] once the process has ended, and everywhere else.
impl Process {
    /// Bytes of memory that the process has resident now.
    ///
    /// # Errors
    /// [`Error::System`], see above.
    pub fn resident_memory(&self) -> Result<u64, Error> {
        self.status_number("VmRSS").map(|kib| kib * 1024)
    }

    /// The most bytes of memory that the process ever had resident.
    ///
    /// # Errors
    /// [`Error::System`], see above.
    pub fn peak_memory(&self) -> Result<u64, Error> {
        self.status_number("VmHWM").map(|kib| kib * 1024)
    }

    /// The threads of the process.
    ///
    /// # Errors
    /// [`Error::System`], see above.
    pub fn threads(&self) -> Result<u64, Error> {
        self.status_number("Threads")
    }

    fn status_number(&self, name: &str) -> Result<u64, Error> {
        status_number(self.pid(), name).map_err(Error::system("looking into a process"))
    }

    /// The descriptors that the process has open.
    ///
    /// # Errors
    /// [`Error::System`], see above.
    pub fn open_files(&self) -> Result<usize, Error> {
        fs::read_dir(format!("/proc/{}/fd", self.pid()))
            .map(Iterator::count)
            .map_err(Error::system("looking into a process"))
    }

    /// Processor time used so far, user and system, to 10 ms. Works after the end too.
    ///
    /// # Errors
    /// [`Error::System`] if there is no `/proc`.
    pub fn cpu_time(&self) -> Result<Duration, Error> {
        cpu_time(self.pid()).map_err(Error::system("looking into a process"))
    }

    /// Whether one of its threads runs or waits for a processor at this moment. Asked often, this
    /// tells a program that never rests even where others leave it no processor time to use.
    ///
    /// # Errors
    /// [`Error::System`], see above.
    pub fn is_running(&self) -> Result<bool, Error> {
        is_running(self.pid()).map_err(Error::system("looking into a process"))
    }

    /// The numbers of the process and of everything it started that still runs.
    #[must_use]
    pub fn tree(&self) -> Vec<u32> {
        let members = tree::members(self.mark());
        members
            .into_iter()
            .map(|pid| pid.as_raw_nonzero().get().cast_unsigned())
            .collect()
    }
}

/// The number after `name:` in `/proc/PID/status`.
fn status_number(pid: Pid, name: &str) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .ok_or_else(gone)
}

/// User and system time, fields 14 and 15 of `/proc/PID/stat`.
fn cpu_time(pid: Pid) -> io::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let ticks: u32 = fields(&stat)
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<u32>().ok())
        .sum();
    Ok(TICK * ticks)
}

/// The state, the third field, of each thread.
fn is_running(pid: Pid) -> io::Result<bool> {
    let threads = fs::read_dir(format!("/proc/{pid}/task"))?;
    // A thread may end while the others are looked at.
    let states =
        threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("stat")).ok());
    Ok(states
        .into_iter()
        .any(|stat| fields(&stat).next() == Some("R")))
}

/// The fields of a `stat` from the third on. The second, the program's name, is in parentheses and
/// may hold anything.
fn fields(stat: &str) -> impl Iterator<Item = &str> {
    let (_, fields) = stat.rsplit_once(')').unwrap_or_default();
    fields.split_whitespace()
}

/// A process that has ended keeps its entry until it is reaped, but without these numbers.
fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the process has ended")
}
