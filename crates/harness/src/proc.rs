//! What the system knows of processes. It is read from `/proc`, which only Linux has: elsewhere
//! nothing is found.

/// A confined program has this many microseconds, and those of its process number, as the most that
/// it may compute without a pause at a realtime priority, which it does not get: some weeks. What
/// it starts has the same limit, and only root can raise it.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
pub(crate) const MARK: u64 = 1 << 42;

/// A process, as it stood when it was looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    pub(crate) session: i32,
    /// Clock ticks from the system's start to the process's.
    pub(crate) started: u64,
    /// It has ended but is not reaped.
    pub(crate) is_zombie: bool,
    /// Clock ticks of processor time, those of the children it has waited for included.
    pub(crate) ticks: u64,
    /// Resident bytes.
    pub(crate) resident: u64,
}

impl Row {
    /// What no other process ever has: a number is used again, but later.
    pub(crate) fn identity(&self) -> (i32, u64) {
        (self.pid, self.started)
    }
}

#[cfg(target_os = "linux")]
pub(crate) use linux::*;

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::time::Duration;

    use procfs::process::{LimitValue, Process, Stat, Task, all_processes};
    use procfs::{Current as _, CurrentSI as _, ProcError, ProcResult};

    use super::{MARK, Row};

    impl From<Stat> for Row {
        fn from(stat: Stat) -> Self {
            let waited = (stat.cutime + stat.cstime).cast_unsigned();
            Self {
                pid: stat.pid,
                parent: stat.ppid,
                group: stat.pgrp,
                session: stat.session,
                started: stat.starttime,
                is_zombie: stat.state == 'Z' || stat.state == 'X',
                ticks: stat.utime + stat.stime + waited,
                resident: stat.rss * procfs::page_size(),
            }
        }
    }

    /// All processes.
    pub(crate) fn table() -> Vec<Row> {
        let Ok(all) = all_processes() else {
            return Vec::new();
        };
        // One that ends meanwhile is not there any more.
        all.flatten()
            .filter_map(|process| process.stat().ok())
            .map(Row::from)
            .collect()
    }

    /// One process.
    pub(crate) fn row(pid: i32) -> io::Result<Row> {
        look(pid, Process::stat).map(Row::from)
    }

    pub(crate) fn resident(pid: i32) -> io::Result<u64> {
        look(pid, |process| known(process.status()?.vmrss)).map(|kib| kib * 1024)
    }

    /// Resident bytes, of which those that several processes share count for each in part.
    pub(crate) fn share_of_memory(pid: i32) -> io::Result<u64> {
        look(pid, |process| {
            let maps = process.smaps_rollup()?.memory_map_rollup;
            let mut maps = maps.into_iter();
            known(maps.find_map(|map| map.extension.map.get("Pss").copied()))
        })
    }

    pub(crate) fn peak(pid: i32) -> io::Result<u64> {
        look(pid, |process| known(process.status()?.vmhwm)).map(|kib| kib * 1024)
    }

    pub(crate) fn threads(pid: i32) -> io::Result<u64> {
        look(pid, |process| Ok(process.status()?.threads))
    }

    pub(crate) fn open_files(pid: i32) -> io::Result<usize> {
        look(pid, Process::fd_count)
    }

    pub(crate) fn cpu_time(pid: i32) -> io::Result<Duration> {
        let stat = look(pid, Process::stat)?;
        Ok(duration(stat.utime + stat.stime))
    }

    /// Whether a thread of it runs or waits for a processor.
    pub(crate) fn is_running(pid: i32) -> io::Result<bool> {
        look(pid, |process| {
            // A thread may end while the others are looked at.
            let mut threads = process.tasks()?.flatten();
            Ok(threads.any(|thread| thread.stat().is_ok_and(is_ready)))
        })
    }

    /// The signals that it ignores, and those for which it has a handler: the lowest bit is that of
    /// signal 1.
    pub(crate) fn signals(pid: i32) -> io::Result<[u64; 2]> {
        let status = look(pid, Process::status)?;
        Ok([status.sigign, status.sigcgt])
    }

    /// How long its threads have waited for a processor.
    pub(crate) fn run_delay(pid: i32) -> Duration {
        let delays = tasks(pid).filter_map(|thread| thread.schedstat().ok());
        Duration::from_nanos(delays.map(|delays| delays.run_delay).sum())
    }

    /// Its threads that are ready to run, and for how long each has run so far, in nanoseconds.
    pub(crate) fn ready_threads(pid: i32) -> Vec<(i32, u64)> {
        let ready = tasks(pid).filter(|thread| thread.stat().is_ok_and(is_ready));
        let ran = ready.filter_map(|thread| {
            let ran = thread.schedstat().ok()?;
            Some((thread.tid, ran.sum_exec_runtime))
        });
        ran.collect()
    }

    /// Its threads, each of which may end while the others are looked at.
    fn tasks(pid: i32) -> impl Iterator<Item = Task> {
        look(pid, Process::tasks).into_iter().flatten().flatten()
    }

    fn is_ready(stat: Stat) -> bool {
        stat.state == 'R'
    }

    /// Clock ticks since the system's start.
    pub(crate) fn now() -> io::Result<u64> {
        let uptime = procfs::Uptime::current().map_err(io::Error::other)?;
        Ok((uptime.uptime * 100.0) as u64)
    }

    /// Clock ticks of all processors together since the system's start: idle ones, and all.
    pub(crate) fn processor_ticks() -> io::Result<(u64, u64)> {
        let total = procfs::KernelStats::current()
            .map_err(io::Error::other)?
            .total;
        let waiting = total.iowait.unwrap_or_default();
        let busy = total.user + total.nice + total.system;
        let interrupts = [total.irq, total.softirq, total.steal]
            .into_iter()
            .flatten();
        let idle = total.idle + waiting;
        Ok((idle, idle + busy + interrupts.sum::<u64>()))
    }

    /// Clock ticks as time: on every processor of today hundredths of a second.
    pub(crate) fn duration(ticks: u64) -> Duration {
        Duration::from_millis(1000 * ticks / procfs::ticks_per_second())
    }

    fn look<T>(pid: i32, read: impl FnOnce(&Process) -> ProcResult<T>) -> io::Result<T> {
        Process::new(pid)
            .and_then(|process| read(&process))
            .map_err(io::Error::other)
    }

    /// A process that has ended keeps its entry until it is reaped, but without some numbers.
    fn known(number: Option<u64>) -> ProcResult<u64> {
        number.ok_or_else(|| ProcError::Other("the process has ended".to_owned()))
    }

    /// The root of the tree that a confined process was started in.
    pub(crate) fn marked_root(pid: i32) -> Option<i32> {
        let limits = look(pid, Process::limits).ok()?;
        match limits.max_realtime_timeout.hard_limit {
            LimitValue::Value(value) => value.checked_sub(MARK)?.try_into().ok(),
            LimitValue::Unlimited => None,
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::*;

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::io;
    use std::time::Duration;

    use super::Row;

    fn unsupported<T>() -> io::Result<T> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn table() -> Vec<Row> {
        Vec::new()
    }

    pub(crate) fn now() -> io::Result<u64> {
        unsupported()
    }

    pub(crate) fn processor_ticks() -> io::Result<(u64, u64)> {
        unsupported()
    }

    pub(crate) fn row(_: i32) -> io::Result<Row> {
        unsupported()
    }

    pub(crate) fn resident(_: i32) -> io::Result<u64> {
        unsupported()
    }

    pub(crate) fn share_of_memory(_: i32) -> io::Result<u64> {
        unsupported()
    }

    pub(crate) fn peak(_: i32) -> io::Result<u64> {
        unsupported()
    }

    pub(crate) fn threads(_: i32) -> io::Result<u64> {
        unsupported()
    }

    pub(crate) fn open_files(_: i32) -> io::Result<usize> {
        unsupported()
    }

    pub(crate) fn cpu_time(_: i32) -> io::Result<Duration> {
        unsupported()
    }

    pub(crate) fn is_running(_: i32) -> io::Result<bool> {
        unsupported()
    }

    pub(crate) fn signals(_: i32) -> io::Result<[u64; 2]> {
        unsupported()
    }

    pub(crate) fn run_delay(_: i32) -> Duration {
        Duration::ZERO
    }

    pub(crate) fn ready_threads(_: i32) -> Vec<(i32, u64)> {
        Vec::new()
    }

    pub(crate) fn duration(_: u64) -> Duration {
        Duration::ZERO
    }

    pub(crate) fn marked_root(_: i32) -> Option<i32> {
        None
    }
}
