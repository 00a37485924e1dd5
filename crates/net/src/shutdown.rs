use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

/// Asks servers to stop, from a signal handler's thread or from a test (G-4).
///
/// Clones ask and observe the same request. It cannot be taken back.
#[derive(Clone, Default)]
pub struct Shutdown {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    requested: bool,
    callbacks: Vec<Box<dyn FnOnce() + Send>>,
}

impl Shutdown {
    /// A shutdown that has not been asked for.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for the shutdown. Asking again changes nothing.
    pub fn request(&self) {
        let callbacks = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.requested = true;
            mem::take(&mut state.callbacks)
        };
        for callback in callbacks {
            callback();
        }
    }

    /// Whether the shutdown was asked for.
    pub fn is_requested(&self) -> bool {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .requested
    }

    /// Runs `callback` when the shutdown is asked for, on the thread that asks; immediately, if it
    /// was asked for before.
    pub fn on_request(&self, callback: impl FnOnce() + Send + 'static) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.requested {
            drop(state);
            callback();
        } else {
            state.callbacks.push(Box::new(callback));
        }
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shutdown")
            .field("requested", &self.is_requested())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn every_callback_runs_once_whether_set_before_or_after_the_request() {
        let calls = Arc::new(AtomicUsize::new(0));
        let count = |calls: &Arc<AtomicUsize>| {
            let calls = Arc::clone(calls);
            move || {
                calls.fetch_add(1, Ordering::Relaxed);
            }
        };
        let shutdown = Shutdown::new();
        shutdown.on_request(count(&calls));
        assert!(!shutdown.is_requested());
        shutdown.clone().request();
        assert!(shutdown.is_requested());
        shutdown.request();
        shutdown.on_request(count(&calls));
        assert_eq!(calls.load(Ordering::Relaxed), 2);
    }
}
