//! What the system and its container allow this process: more checks at a time than it bears would
//! fail for no fault of the program.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The descriptors that a check may need: connections, and the streams of its programs.
const FILES_A_CHECK: u64 = 48;

/// The threads and processes that a check may need: three threads for each program that it starts,
/// and those of the program.
const PROCESSES_A_CHECK: u64 = 20;

/// How many checks may run concurrently within the limits. The soft limit of descriptors is raised
/// as far as it may be.
pub(crate) fn bearable_jobs() -> usize {
    let files = getrlimit(Resource::Nofile);
    // Where it cannot be raised, it stays as it is.
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: files.maximum,
            ..files
        },
    );
    let files = getrlimit(Resource::Nofile)
        .current
        .map(|limit| limit / FILES_A_CHECK);
    let processes = getrlimit(Resource::Nproc).current;
    let processes = processes.into_iter().chain(container_limit()).min();
    let processes = processes.map(|limit| limit / PROCESSES_A_CHECK);
    let jobs = files.into_iter().chain(processes).min().unwrap_or(u64::MAX);
    usize::try_from(jobs).unwrap_or(usize::MAX).max(1)
}

/// The limit of processes of the container (cgroup v2, then v1), if it has one.
fn container_limit() -> Option<u64> {
    ["/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"]
        .into_iter()
        .find_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok())
}
