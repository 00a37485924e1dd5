//! Which processor a thread runs on (Linux; elsewhere the system chooses).

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::Error;

/// The first and the last processor that this process may use.
///
/// # Errors
/// [`Error::System`].
#[cfg(target_os = "linux")]
pub(crate) fn first_and_last() -> Result<(usize, usize), Error> {
    let allowed = rustix::thread::sched_getaffinity(None)
        .map_err(Error::system("asking for the processors"))?;
    let allowed = |cpu: &usize| allowed.is_set(*cpu);
    let all = || 0..rustix::thread::CpuSet::MAX_CPU;
    // This process runs on one of them.
    let first = all().find(allowed).unwrap_or(0);
    let last = all().rev().find(allowed).unwrap_or(first);
    Ok((first, last))
}

/// Keeps this thread, and what it starts from now on, on a processor.
///
/// # Errors
/// [`Error::System`].
#[cfg(target_os = "linux")]
pub(crate) fn pin(cpu: usize) -> Result<(), Error> {
    let mut only = rustix::thread::CpuSet::new();
    only.set(cpu);
    rustix::thread::sched_setaffinity(None, &only)
        .map_err(Error::system("keeping a thread on a processor"))
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn first_and_last() -> Result<(usize, usize), Error> {
    Ok((0, 0))
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn pin(_cpu: usize) -> Result<(), Error> {
    Ok(())
}

/// Becomes a program, on a processor. Returns only if that fails.
pub(crate) fn become_pinned(cpu: usize, program: &OsStr, arguments: &[OsString]) -> Error {
    if let Err(error) = pin(cpu) {
        return error;
    }
    let error = Command::new(program).args(arguments).exec();
    Error::system("becoming the contender")(error)
}
