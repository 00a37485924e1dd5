//! All that happens on several connections, with all bytes up to a limit, for a capture file.

use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use tempfile::SpooledTempFile;

/// The bytes that are kept in memory; if there are more, all are in a file without a name.
const IN_MEMORY: usize = 1 << 20;

/// What an event counts besides its bytes.
const COST_OF_EVENT: u64 = 128;

/// Who did something on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// This process.
    Us,
    /// The peer.
    Peer,
}

/// What happened on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It was made.
    Connected,
    /// It was refused.
    Refused,
    /// Nobody answered.
    Unanswered,
    /// Bytes were sent, which [`Recording::read`] returns.
    Data(By, Range<u64>),
    /// A sending side was closed, after all its bytes.
    Closed(By),
    /// It was torn down.
    Reset(By),
    /// Something was waited for in vain.
    Silence,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// The index of the connection.
    pub connection: usize,
    /// When what happened began: the wait for it, if it is silence.
    pub since: Instant,
    /// When it was over.
    pub at: Instant,
    /// What it was.
    pub what: What,
}

/// A connection that was made, or tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// This process's address; the system does not tell its port if nothing came of it.
    pub local: SocketAddr,
    /// The other end's address.
    pub remote: SocketAddr,
    /// Who connected.
    pub connected_by: By,
}

/// What a [`Recorder`] holds.
#[derive(Debug)]
pub struct Recording {
    /// The same moment on two clocks.
    pub started: (Instant, SystemTime),
    /// The connections.
    pub connections: Vec<Ends>,
    /// What happened on them, in order.
    pub events: Vec<Happened>,
    /// Whether the limit was reached: then nothing was recorded any more.
    pub is_cut: bool,
    bytes: SpooledTempFile,
    length: u64,
    left: u64,
}

impl Recording {
    /// The bytes of a [`What::Data`].
    ///
    /// # Errors
    /// The system's, if they are in a file.
    pub fn read(&mut self, range: &Range<u64>) -> io::Result<Vec<u8>> {
        self.bytes.seek(SeekFrom::Start(range.start))?;
        let mut bytes = Vec::new();
        let length = range.end - range.start;
        (&mut self.bytes).take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn add(&mut self, event: Happened) {
        self.is_cut |= self.left < COST_OF_EVENT;
        if !self.is_cut {
            self.left -= COST_OF_EVENT;
            self.events.push(event);
        }
    }

    /// As many of the bytes as there is room for.
    fn append(&mut self, bytes: &[u8]) -> Range<u64> {
        let room = self.left.saturating_sub(COST_OF_EVENT);
        let kept = usize::try_from(room).map_or(bytes.len(), |room| room.min(bytes.len()));
        let start = self.length;
        let written = self
            .bytes
            .seek(SeekFrom::Start(start))
            .and_then(|_| self.bytes.write_all(&bytes[..kept]));
        if written.is_ok() {
            self.length += kept as u64;
            self.left -= kept as u64;
        }
        start..self.length
    }
}

/// Takes down what happens on the connections that are given to it; its clones are the same one.
#[derive(Clone, Debug)]
pub struct Recorder(Arc<Mutex<Recording>>);

impl Recorder {
    /// Keeps about `limit` bytes, the first ones.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self(Arc::new(Mutex::new(Recording {
            started: (Instant::now(), SystemTime::now()),
            connections: Vec::new(),
            events: Vec::new(),
            is_cut: false,
            bytes: SpooledTempFile::new(IN_MEMORY),
            length: 0,
            left: limit,
        })))
    }

    /// What was recorded until now.
    pub fn recording(&self) -> MutexGuard<'_, Recording> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes down that a connection was refused, or not answered.
    pub fn not_connected(&self, remote: SocketAddr, since: Instant, error: &io::Error) {
        let what = match error.kind() {
            ErrorKind::ConnectionRefused => What::Refused,
            ErrorKind::TimedOut => What::Unanswered,
            // No packet of the peer shows anything else.
            _ => return,
        };
        let mut local = remote;
        local.set_port(0);
        if !remote.ip().is_loopback() {
            local.set_ip(match remote {
                SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
                SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
            });
        }
        let ends = Ends {
            local,
            remote,
            connected_by: By::Us,
        };
        self.connection(ends, since, what);
    }

    /// Begins with a connection: `what` came of it, in the time since `since`.
    pub fn connection(&self, ends: Ends, since: Instant, what: What) -> Tape {
        let mut recording = self.recording();
        let connection = recording.connections.len();
        recording.connections.push(ends);
        drop(recording);
        let tape = Tape {
            recorder: self.clone(),
            connection,
        };
        tape.happened(since, what);
        tape
    }
}

/// What a [`Recorder`] takes down of one connection.
#[derive(Clone, Debug)]
pub struct Tape {
    recorder: Recorder,
    connection: usize,
}

impl Tape {
    /// Bytes were sent, now.
    pub fn data(&self, by: By, bytes: &[u8]) {
        let mut recording = self.recorder.recording();
        if recording.is_cut {
            return;
        }
        let range = recording.append(bytes);
        let is_whole = range.end - range.start == bytes.len() as u64;
        if range.start < range.end {
            recording.add(self.event(Instant::now(), What::Data(by, range)));
        }
        recording.is_cut |= !is_whole;
    }

    /// Something else happened, in the time since `since`.
    pub fn happened(&self, since: Instant, what: What) {
        let mut recording = self.recorder.recording();
        recording.add(self.event(since, what));
    }

    fn event(&self, since: Instant, what: What) -> Happened {
        Happened {
            connection: self.connection,
            since,
            at: Instant::now(),
            what,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tape(recorder: &Recorder) -> Tape {
        let ends = Ends {
            local: ([127, 0, 0, 1], 1).into(),
            remote: ([127, 0, 0, 1], 2).into(),
            connected_by: By::Us,
        };
        recorder.connection(ends, Instant::now(), What::Connected)
    }

    fn data(recorder: &Recorder) -> Vec<Vec<u8>> {
        let mut recording = recorder.recording();
        let range = |event: &Happened| match &event.what {
            What::Data(_, range) => Some(range.clone()),
            _ => None,
        };
        let ranges: Vec<_> = recording.events.iter().filter_map(range).collect();
        ranges
            .iter()
            .map(|range| recording.read(range).unwrap())
            .collect()
    }

    #[test]
    fn all_bytes_are_kept_also_more_than_are_kept_in_memory() {
        let recorder = Recorder::new(8 << 20);
        let (one, other) = (tape(&recorder), tape(&recorder));
        let long = vec![b'x'; 3 * IN_MEMORY];
        one.data(By::Us, b"first");
        other.data(By::Peer, &long);
        one.data(By::Peer, b"last");
        assert_eq!(data(&recorder), [&b"first"[..], &long, b"last"]);
        assert!(!recorder.recording().is_cut);
    }

    #[test]
    fn nothing_is_recorded_beyond_the_limit() {
        let recorder = Recorder::new(1000);
        let tape = tape(&recorder);
        tape.data(By::Us, &[b'x'; 500]);
        tape.data(By::Us, &[b'y'; 500]);
        tape.data(By::Us, b"z");
        tape.happened(Instant::now(), What::Closed(By::Us));
        let kept = data(&recorder);
        assert_eq!(kept.len(), 2);
        assert!(kept.concat().len() < 1000, "{kept:?}");
        let recording = recorder.recording();
        assert!(recording.is_cut);
        assert!(
            !recording
                .events
                .iter()
                .any(|event| event.what == What::Closed(By::Us))
        );
    }
}
