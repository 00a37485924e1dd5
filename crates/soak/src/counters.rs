//! What has happened so far.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::hostile::Kind;
use crate::subject::{Each, Subject};

/// So many errors of honest clients are kept with their messages.
const MOST_MESSAGES: usize = 20;

/// Counts, from all threads.
#[derive(Debug)]
pub(crate) struct Counters {
    counts: Each<Counts>,
    error_messages: Mutex<Vec<String>>,
}

#[derive(Debug, Default)]
struct Counts {
    served: AtomicU64,
    errors: AtomicU64,
    most_files: AtomicUsize,
    hostile: Mutex<BTreeMap<Kind, u64>>,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            counts: Each::new(|_| Counts::default()),
            error_messages: Mutex::default(),
        }
    }
}

impl Counters {
    /// So many requests of honest clients were served right.
    pub(crate) fn count_served(&self, subject: Subject, requests: u64) {
        let counts = &self.counts[subject];
        counts.served.fetch_add(requests, Ordering::Relaxed);
    }

    /// An honest client was not served right.
    pub(crate) fn count_error(&self, subject: Subject, what: &str) {
        let counts = &self.counts[subject];
        counts.errors.fetch_add(1, Ordering::Relaxed);
        let mut error_messages = lock(&self.error_messages);
        if error_messages.len() < MOST_MESSAGES {
            error_messages.push(format!("{}: {what}", subject.name()));
        }
    }

    /// So much was done to a server.
    pub(crate) fn count_hostile(&self, subject: Subject, kind: Kind, events: u64) {
        let counts = &self.counts[subject];
        *lock(&counts.hostile).entry(kind).or_default() += events;
    }

    /// A server was seen with so many descriptors.
    pub(crate) fn count_files(&self, subject: Subject, files: usize) {
        let counts = &self.counts[subject];
        counts.most_files.fetch_max(files, Ordering::Relaxed);
    }

    /// The requests that were served right.
    pub(crate) fn served(&self, subject: Subject) -> u64 {
        self.counts[subject].served.load(Ordering::Relaxed)
    }

    /// How often an honest client was not served right.
    pub(crate) fn errors(&self, subject: Subject) -> u64 {
        self.counts[subject].errors.load(Ordering::Relaxed)
    }

    /// How often this was done.
    pub(crate) fn hostile(&self, subject: Subject, kind: Kind) -> u64 {
        let hostile = lock(&self.counts[subject].hostile);
        hostile.get(&kind).copied().unwrap_or_default()
    }

    /// The most descriptors that were seen.
    pub(crate) fn most_files(&self, subject: Subject) -> usize {
        self.counts[subject].most_files.load(Ordering::Relaxed)
    }

    /// The errors of honest clients, as far as they were kept.
    pub(crate) fn error_messages(&self) -> Vec<String> {
        lock(&self.error_messages).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
