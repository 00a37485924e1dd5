//! What was said on a connection, bounded, for failure texts.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use crate::text::hex;

/// Entries kept at each end of a conversation.
const KEPT_ENTRIES: usize = 64;

/// Bytes kept at each end of an entry.
const KEPT_BYTES: usize = 128;

/// Who did what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The harness sent bytes.
    Sent,
    /// The harness received bytes.
    Received,
    /// Something else happened, as the words say.
    Happened(&'static str),
}

/// One event on a connection, or several pieces of a long run of bytes one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, since the start of the transcript.
    pub at: Duration,
    /// When the last piece came; the same if there was one.
    pub until: Duration,
    /// Who did what.
    pub direction: Direction,
    /// How many bytes were sent or received.
    pub len: usize,
    /// The first bytes, all of them if there are no more than 256.
    pub head: Vec<u8>,
    /// The last bytes, if they are not all in `head`.
    pub tail: Vec<u8>,
}

impl Entry {
    pub(crate) fn new(at: Duration, direction: Direction, bytes: &[u8]) -> Self {
        let (head, tail) = match bytes.len() {
            len if len <= 2 * KEPT_BYTES => (bytes, &[][..]),
            len => (&bytes[..KEPT_BYTES], &bytes[len - KEPT_BYTES..]),
        };
        let (head, tail) = (head.to_vec(), tail.to_vec());
        Self {
            at,
            until: at,
            direction,
            len: bytes.len(),
            head,
            tail,
        }
    }

    /// Whether it is so long that what follows the same way only makes it longer.
    fn goes_on_with(&self, next: &Self) -> bool {
        self.direction == next.direction && !self.tail.is_empty()
    }

    fn append(&mut self, next: Self) {
        self.until = next.until;
        self.len += next.len;
        self.tail.extend(next.head);
        self.tail.extend(next.tail);
        let surplus = self.tail.len().saturating_sub(KEPT_BYTES);
        self.tail.drain(..surplus);
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  +{:.3}s ", self.at.as_secs_f64())?;
        match self.direction {
            Direction::Sent => write!(f, "sent {} bytes", self.len)?,
            Direction::Received => write!(f, "received {} bytes", self.len)?,
            Direction::Happened(what) => f.write_str(what)?,
        }
        if self.until > self.at {
            write!(f, " until +{:.3}s", self.until.as_secs_f64())?;
        }
        writeln!(f)?;
        f.write_str(&hex(&self.head, "    "))?;
        if !self.tail.is_empty() {
            writeln!(
                f,
                "    ... {} bytes ...",
                self.len - self.head.len() - self.tail.len()
            )?;
            f.write_str(&hex(&self.tail, "    "))?;
        }
        Ok(())
    }
}

/// A conversation: its first and its last events, and how many were between them.
///
/// `Display` shows it with times, hex and text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    first: Vec<Entry>,
    last: VecDeque<Entry>,
    left_out: usize,
}

impl Transcript {
    pub(crate) fn push(&mut self, entry: Entry) {
        let previous = self.last.back_mut().or(self.first.last_mut());
        if let Some(previous) = previous.filter(|previous| previous.goes_on_with(&entry)) {
            previous.append(entry);
            return;
        }
        if self.first.len() < KEPT_ENTRIES {
            self.first.push(entry);
            return;
        }
        if self.last.len() == KEPT_ENTRIES {
            self.last.pop_front();
            self.left_out += 1;
        }
        self.last.push_back(entry);
    }

    /// The entries that were kept, in order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.first.iter().chain(&self.last)
    }

    /// How many entries between the first 64 and the last 64 were not kept.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.first {
            entry.fmt(f)?;
        }
        if self.left_out > 0 {
            writeln!(f, "  ... {} more ...", self.left_out)?;
        }
        for entry in &self.last {
            entry.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_time_direction_hex_and_text() {
        let mut transcript = Transcript::default();
        transcript.push(Entry::new(
            Duration::from_millis(12),
            Direction::Sent,
            b"\0hi",
        ));
        let closed = Direction::Happened("the other end closed");
        transcript.push(Entry::new(Duration::from_millis(20), closed, b""));
        let shown = transcript.to_string();
        assert!(
            shown.starts_with("  +0.012s sent 3 bytes\n    00 68 69 "),
            "{shown}"
        );
        assert!(
            shown.ends_with(" .hi\n  +0.020s the other end closed\n"),
            "{shown}"
        );
    }

    #[test]
    fn a_long_run_the_same_way_is_one_entry() {
        let at = Duration::from_millis;
        let mut transcript = Transcript::default();
        transcript.push(Entry::new(at(1), Direction::Received, b"head"));
        for millis in 2..100 {
            transcript.push(Entry::new(at(millis), Direction::Received, &[b'y'; 1000]));
        }
        transcript.push(Entry::new(at(100), Direction::Received, b"end"));
        transcript.push(Entry::new(at(101), Direction::Sent, b"thanks"));
        assert_eq!(transcript.entries().count(), 3);
        let shown = transcript.to_string();
        assert!(
            shown.contains("  +0.002s received 98003 bytes until +0.100s\n"),
            "{shown}"
        );
        assert!(shown.contains("    ... 97747 bytes ...\n"), "{shown}");
        assert!(shown.contains("yyyyend\n"), "{shown}");
    }

    #[test]
    fn folds_long_entries_and_long_conversations() {
        let mut transcript = Transcript::default();
        transcript.push(Entry::new(Duration::ZERO, Direction::Sent, &[b'x'; 1000]));
        for _ in 0..1000 {
            transcript.push(Entry::new(Duration::ZERO, Direction::Received, b"y"));
        }
        assert_eq!(transcript.left_out(), 1001 - 128);
        assert_eq!(transcript.entries().count(), 128);
        let shown = transcript.to_string();
        assert!(shown.contains("    ... 744 bytes ...\n"), "{shown}");
        assert!(shown.contains("  ... 873 more ...\n"), "{shown}");
    }
}
