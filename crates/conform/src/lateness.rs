//! Whether the machine lets the checker run when it should.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// How often a thread looks whether it is late.
const TICK: Duration = Duration::from_millis(20);

/// A thread that runs later than this is on a machine that is too busy.
pub(crate) const LATE: Duration = Duration::from_millis(100);

/// When the checker was late, measured by a thread that does nothing but sleep.
pub(crate) struct Lateness {
    late: Arc<Mutex<Vec<Instant>>>,
}

impl Lateness {
    /// Watches until it is dropped.
    pub(crate) fn watch() -> Self {
        let late = Arc::new(Mutex::new(Vec::new()));
        let watcher = Arc::downgrade(&late);
        // Without this thread nothing is ever late, and every failure counts.
        let _ = thread::Builder::new().spawn(move || watch(&watcher));
        Self { late }
    }

    /// It was late once.
    #[cfg(test)]
    pub(crate) fn at(moment: Instant) -> Self {
        Self {
            late: Arc::new(Mutex::new(vec![moment])),
        }
    }

    /// Whether it was late while a check ran.
    pub(crate) fn during(&self, started: Instant, took: Duration) -> bool {
        let late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        late.iter()
            .any(|at| (started..=started + took + LATE).contains(at))
    }
}

fn watch(late: &Weak<Mutex<Vec<Instant>>>) {
    loop {
        let before = Instant::now();
        thread::sleep(TICK);
        let Some(late) = late.upgrade() else { return };
        if before.elapsed() > TICK + LATE {
            late.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Instant::now());
        }
    }
}
