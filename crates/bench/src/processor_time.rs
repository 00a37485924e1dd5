use harness::Process;

use crate::Error;

/// Seconds of processor time that a process used so far, with all its threads: on Linux to the
/// nanosecond, elsewhere as exactly as the system says.
///
/// # Errors
/// [`Error::Harness`] if the system does not say it at all.
pub(crate) fn seconds(process: &Process) -> Result<f64, Error> {
    match exact(process.id()) {
        Some(seconds) => Ok(seconds),
        None => Ok(process.cpu_time()?.as_secs_f64()),
    }
}

#[cfg(target_os = "linux")]
fn exact(id: u32) -> Option<f64> {
    use nix::time::ClockId;
    use nix::unistd::Pid;

    let id = Pid::from_raw(id.try_into().ok()?);
    let time = ClockId::pid_cpu_clock_id(id).ok()?.now().ok()?;
    Some(time.tv_sec() as f64 + time.tv_nsec() as f64 / 1e9)
}

#[cfg(not(target_os = "linux"))]
fn exact(_: u32) -> Option<f64> {
    None
}
