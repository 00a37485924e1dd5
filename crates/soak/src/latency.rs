//! How long honest clients wait while others are connected: 500 that are silent and 50 that are slow,
//! beside one that is timed.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bench::Error;

use crate::counters::Counters;
use crate::honest;
use crate::hostile::silent::SilentClients;
use crate::hostile::slowloris::{SLOW_CLIENTS, Slowloris};
use crate::resources::Resources;
use crate::servers::Server;
use crate::subject::{Each, Subject};

/// The servers whose clients are timed.
const TIMED: [Subject; 3] = [Subject::TcpServer, Subject::Lab3, Subject::Server];

/// Silent clients that are connected meanwhile.
pub(crate) const SILENT: usize = 500;

/// With them, the 99th percentile may be so many times what it is without.
pub(crate) const MOST_RATIO: f64 = 3.0;

/// In shorter runs the ratio is shown but not judged: a few hundred measurements on a busy machine
/// show the machine.
pub(crate) const JUDGED_FROM: Duration = Duration::from_secs(60);

/// `server` drops a silent client after a second (C-7): another takes its place immediately. New ones
/// connect evenly, since 500 that connect together would be dropped together. A slow client sends a
/// byte in the same time.
const RENEWAL: Duration = Duration::from_micros(1_700);

/// How long the silent and slow clients may take to connect.
const GATHER_LIMIT: Duration = Duration::from_secs(20);

/// The time between two measurements.
const PAUSE: Duration = Duration::from_micros(500);

/// The 99th percentile of the time that a client waits, without silent and slow clients and with them: of several
/// rounds in turn, that in the middle, so that what else the machine does meanwhile counts less.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Latency {
    pub(crate) alone: Duration,
    pub(crate) beside: Duration,
    /// The fewest silent and slow clients that were connected, as the server's descriptors show.
    pub(crate) connected: usize,
}

impl Latency {
    pub(crate) fn ratio(&self) -> f64 {
        self.beside.as_secs_f64() / self.alone.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// Times honest clients of the servers; longer in longer runs.
///
/// # Errors
/// A server has ended.
pub(crate) fn measure(
    servers: &Each<Server>,
    counters: &Counters,
    load_time: Duration,
) -> Result<Each<Option<Latency>>, cli::Error> {
    let window = (load_time / 120).clamp(Duration::from_millis(200), Duration::from_secs(1));
    let rounds = if load_time < JUDGED_FROM { 2 } else { 11 };
    Each::try_new(|subject| {
        if !TIMED.contains(&subject) {
            return Ok(None);
        }
        let watch = Watch {
            subject,
            server: &servers[subject],
            counters,
            window,
        };
        watch.measure(rounds).map(Some)
    })
}

struct Watch<'a> {
    subject: Subject,
    server: &'a Server,
    counters: &'a Counters,
    window: Duration,
}

impl Watch<'_> {
    fn measure(&self, rounds: usize) -> Result<Latency, cli::Error> {
        let (mut alone, mut beside, mut connected) = (Vec::new(), Vec::new(), usize::MAX);
        let empty = Resources::now(self.server)?;
        for _ in 0..rounds {
            alone.push(self.percentile());
            let over = AtomicBool::new(false);
            thread::scope(|scope| {
                scope.spawn(|| keep_connected(self.subject, self.server, &over));
                let gathered = self.wait_for_clients(empty);
                beside.push(self.percentile());
                let left = self.connected(empty);
                over.store(true, Ordering::Relaxed);
                connected = connected.min(gathered?).min(left?);
                Ok::<(), cli::Error>(())
            })?;
            // Memory is not the matter here.
            empty.wait_until_back(self.server, u64::MAX)?;
        }
        Ok(Latency {
            alone: middle(alone),
            beside: middle(beside),
            connected,
        })
    }

    /// How many clients the server has.
    fn connected(&self, empty: Resources) -> Result<usize, cli::Error> {
        Ok(Resources::now(self.server)?
            .files
            .saturating_sub(empty.files))
    }

    fn wait_for_clients(&self, empty: Resources) -> Result<usize, cli::Error> {
        let start = Instant::now();
        loop {
            let connected = self.connected(empty)?;
            if connected >= SILENT + SLOW_CLIENTS || start.elapsed() > GATHER_LIMIT {
                return Ok(connected);
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The 99th percentile of what one client after another waits.
    fn percentile(&self) -> Duration {
        let mut times = Vec::new();
        let start = Instant::now();
        while start.elapsed() < self.window {
            let begin = Instant::now();
            let served = serve_once(self.subject, self.server.address);
            times.push(begin.elapsed());
            match served {
                Ok(()) => self.counters.count_served(self.subject, 1),
                Err(error) => self.counters.count_error(self.subject, &error.to_string()),
            }
            thread::sleep(PAUSE);
        }
        percentile_99(times)
    }
}

fn serve_once(subject: Subject, address: SocketAddr) -> Result<(), Error> {
    match subject {
        Subject::TcpServer => honest::tcp_server::ask_once(address),
        Subject::Lab3 => honest::lab3::tell_once(address),
        Subject::Server => honest::server::write_and_read_once(address),
        Subject::Mathserver | Subject::ServerS => Ok(()),
    }
}

/// Keeps silent and slow clients connected until it is over.
fn keep_connected(subject: Subject, server: &Server, over: &AtomicBool) {
    let drops_silent = subject == Subject::Server;
    let mut silent = SilentClients::default();
    let mut slowloris = Slowloris::new(server.address, subject);
    let mut turn = 0;
    let mut due = Instant::now();
    while !over.load(Ordering::Relaxed) {
        if drops_silent || turn < SILENT + SLOW_CLIENTS {
            // One in eleven is slow.
            if turn % (SILENT / SLOW_CLIENTS + 1) == 0 {
                slowloris.grow();
            } else {
                silent.grow(server, subject);
            }
            // Those have been dropped already, after their second.
            if silent.len() > 2 * SILENT {
                silent.drop_oldest();
            }
            turn += 1;
        }
        slowloris.send_byte();
        if drops_silent || turn >= SILENT + SLOW_CLIENTS {
            due += RENEWAL;
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }
}

/// The time that 99 of 100 do not exceed.
fn percentile_99(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    let place = (times.len() * 99).div_ceil(100).saturating_sub(1);
    times.get(place).copied().unwrap_or_default()
}

/// The one in the middle of all in order.
fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times
        .get(times.len().saturating_sub(1) / 2)
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentile_and_middle() {
        let times = |range: std::ops::RangeInclusive<u64>| -> Vec<Duration> {
            range.rev().map(Duration::from_millis).collect()
        };
        assert_eq!(percentile_99(times(1..=200)), Duration::from_millis(198));
        assert_eq!(percentile_99(times(7..=7)), Duration::from_millis(7));
        assert_eq!(percentile_99(Vec::new()), Duration::ZERO);
        assert_eq!(middle(times(1..=5)), Duration::from_millis(3));
    }
}
