use std::fmt;

/// Calls `shut_down` whenever a signal asks the program to end: SIGINT, SIGTERM or SIGHUP (G-4).
///
/// It runs on a thread of its own, not in the signal's context: it may lock and allocate. To be
/// called once in a program, before it listens.
///
/// # Errors
/// [`SignalError`] when the system has no room for that thread, or a handler is set already.
pub fn on_shutdown_signal(shut_down: impl FnMut() + Send + 'static) -> Result<(), SignalError> {
    ctrlc::set_handler(shut_down).map_err(|error| SignalError {
        reason: error.to_string(),
    })
}

/// Why signals cannot be caught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalError {
    /// What the system said.
    pub reason: String,
}

impl fmt::Display for SignalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot catch the signals that end this program: {}",
            self.reason
        )
    }
}

impl std::error::Error for SignalError {}
