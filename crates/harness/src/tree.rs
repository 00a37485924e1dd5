//! A process and everything it started, found by a mark in their environment.
//!
//! A process group is not enough: a program that makes itself a daemon leaves its group, but its
//! environment goes with it. On other systems than Linux nothing is found, and the group has to do.

use std::collections::HashSet;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// A variable that no other process has, and whose name no outer harness uses either.
pub(crate) fn new_mark() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{}{count}", common_mark())
}

/// What all marks of this process begin with.
fn common_mark() -> String {
    format!("HARNESS_{}_", std::process::id())
}

/// The processes that carry `mark`. Those that have ended but are not reaped do not count.
///
/// One that is becoming another program at this moment has no environment, and is missed.
pub(crate) fn members(mark: &str) -> Vec<Pid> {
    let variable = format!("{mark}=").into_bytes();
    carriers(|entry| entry == variable)
}

/// The processes that have such a variable.
fn carriers(expected: impl Fn(&[u8]) -> bool) -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid: &i32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(&expected)
        })
        .filter_map(Pid::from_raw)
        .collect()
}

/// Kills all that carry `mark`, also those that are started meanwhile.
pub(crate) fn kill(mark: &str) {
    kill_each(|| members(mark));
}

static ENDING: AtomicBool = AtomicBool::new(false);

/// Kills everything that this process started and all they started (Linux), and starts nothing
/// any more: [`Program::start`](crate::Program::start) fails from now on.
///
/// For a program that is about to end without dropping every [`Process`](crate::Process), because
/// of a signal.
pub fn kill_all() {
    ENDING.store(true, Ordering::SeqCst);
    let mark = common_mark();
    kill_each(|| carriers(|entry| entry.starts_with(mark.as_bytes())));
}

/// Whether [`kill_all`] was called.
pub(crate) fn is_ending() -> bool {
    ENDING.load(Ordering::SeqCst)
}

fn kill_each(members: impl Fn() -> Vec<Pid>) {
    const ROUNDS: usize = 100;
    // Nobody found twice in a row: once may be the moment that `members` speaks of.
    const QUIET_ROUNDS: usize = 2;
    let mut quiet = 0;
    for _ in 0..ROUNDS {
        let members = members();
        quiet = if members.is_empty() { quiet + 1 } else { 0 };
        if quiet == QUIET_ROUNDS {
            return;
        }
        for pid in members {
            // It may be gone by now.
            let _ = kill_process(pid, Signal::KILL);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// The inode numbers of the sockets that `pid` holds.
pub(crate) fn socket_inodes(pid: Pid) -> HashSet<u64> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return HashSet::new();
    };
    entries
        .filter_map(|entry| {
            let target = fs::read_link(entry.ok()?.path()).ok()?;
            target
                .to_str()?
                .strip_prefix("socket:[")?
                .strip_suffix(']')?
                .parse()
                .ok()
        })
        .collect()
}
