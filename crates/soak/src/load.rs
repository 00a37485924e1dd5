//! Honest and hostile clients together.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::counters::Counters;
use crate::servers::Server;
use crate::subject::{Each, Subject};
use crate::{honest, hostile};

/// How long an honest client pauses after an error, so that a server that is gone does not fill
/// the table within a moment.
const AFTER_ERROR: Duration = Duration::from_millis(200);

/// What everyone who puts load on the servers knows.
#[derive(Debug)]
pub(crate) struct Load<'a> {
    pub(crate) servers: &'a Each<Server>,
    pub(crate) counters: &'a Counters,
    end: Instant,
    /// Whether every server has been without descriptors once.
    all_starved: AtomicBool,
}

impl<'a> Load<'a> {
    /// Puts all loads on the servers for so long, and until each has been without descriptors
    /// once. At its return every connection is closed on this side, and no message is stored.
    pub(crate) fn put(servers: &'a Each<Server>, counters: &'a Counters, time: Duration) {
        let load = Self {
            servers,
            counters,
            end: Instant::now() + time,
            all_starved: AtomicBool::new(false),
        };
        thread::scope(|scope| {
            honest::spawn(scope, &load);
            hostile::spawn(scope, &load);
        });
        honest::afterwards(&load);
    }

    /// Where a server is reached.
    pub(crate) fn address(&self, subject: Subject) -> SocketAddr {
        self.servers[subject].address
    }

    /// Whether the load is to end.
    pub(crate) fn is_over(&self) -> bool {
        Instant::now() >= self.end && self.all_starved.load(Ordering::Relaxed)
    }

    /// How long the load will last at least.
    pub(crate) fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// Every server has been without descriptors.
    pub(crate) fn all_have_starved(&self) {
        self.all_starved.store(true, Ordering::Relaxed);
    }

    /// Counts the outcome of an honest client, if it is an error.
    pub(crate) fn judge<E: fmt::Display>(&self, subject: Subject, outcome: Result<(), E>) {
        if let Err(error) = outcome {
            self.counters.count_error(subject, &error.to_string());
            thread::sleep(AFTER_ERROR);
        }
    }
}
