use std::fs;
use std::io::ErrorKind;
use std::process;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use nix::sys::signal::{SigSet, Signal};
use signal_hook::flag::register_conditional_shutdown;

/// Calls `shut_down` whenever a signal asks the program to end: SIGINT, SIGTERM or SIGHUP (G-4).
///
/// SIGHUP stays ignored if it was, as under `nohup` (Linux).
///
/// `shut_down` runs on a thread of its own, not in the signal's context: it may lock and allocate.
/// Call it once, before the program listens and starts threads.
///
/// # Errors
/// [`SignalError`] when the system has no room for that thread, or a handler is set already.
pub fn on_shutdown_signal(shut_down: impl FnMut() + Send + 'static) -> Result<(), SignalError> {
    if hangup_is_ignored() {
        // `ctrlc` catches it all the same.
        block(Signal::SIGHUP);
    }
    ctrlc::set_handler(shut_down).map_err(|error| SignalError {
        reason: match error {
            ctrlc::Error::System(error) if error.kind() == ErrorKind::WouldBlock => {
                format!("no thread can be started that waits for them: {error}")
            }
            ctrlc::Error::System(error) => error.to_string(),
            error => error.to_string(),
        },
    })
}

/// As the first process of a container, ends on SIGINT and SIGTERM, which the kernel drops there if
/// they are not handled (pid_namespaces(7)); with the status that a shell shows elsewhere (G-12).
/// [`on_shutdown_signal`] takes the place of this.
pub(crate) fn end_first_process_on_signal() {
    if process::id() != 1 {
        return;
    }
    for signal in [Signal::SIGINT as i32, Signal::SIGTERM as i32] {
        // Where it fails, the signal is dropped.
        let _ =
            register_conditional_shutdown(signal, 128 + signal, Arc::new(AtomicBool::new(true)));
    }
}

/// A file that may grow no further is an error of the write, not the end of the program (G-13). Call
/// it before the program starts threads.
pub(crate) fn block_file_size_signal() {
    block(Signal::SIGXFSZ);
}

/// Blocks a signal in this thread and in all that it starts. If that fails, the signal has its
/// usual effect.
fn block(signal: Signal) {
    let _ = SigSet::from(signal).thread_block();
}

/// Whether the program was started with SIGHUP ignored, as `nohup` does (proc(5), SigIgn).
fn hangup_is_ignored() -> bool {
    const HANGUP: u64 = 1 << (Signal::SIGHUP as u64 - 1);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|signals| u64::from_str_radix(signals.trim(), 16).ok())
        .is_some_and(|signals| signals & HANGUP != 0)
}

/// Why signals cannot be caught.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot catch the signals that end this program: {reason}")]
pub struct SignalError {
    /// The system's error.
    pub reason: String,
}
