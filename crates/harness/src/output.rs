//! What a process has printed so far, and how it ended: captured by a thread of its own.

use std::fmt::Write as _;
use std::fs::File;
use std::io::ErrorKind::{Interrupted, WouldBlock};
use std::io::{PipeReader, Read};
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::process::Exit;
use cli::escape;

/// How much of each stream is kept, in bytes, if [`Program::keep`](crate::Program::keep) says
/// nothing else: half of it from the beginning, half from the end. What is between is counted, and
/// read, so that a program that prints without end behaves as it would elsewhere.
pub const KEPT_OUTPUT: usize = 64 << 20;

/// So much more is gathered before the middle is thrown away, which moves what comes after it.
const SLACK: usize = 256 << 10;

/// A report shows this many bytes of each end of what was printed.
const SHOWN: usize = 4096;

/// Output that comes faster than this counts as one piece.
const ONE_PIECE: Duration = Duration::from_millis(1);

/// After the exit, at most this much is read before the output counts as complete: no pipe holds
/// more, and what a grandchild goes on printing must not delay the exit.
const DRAINED: usize = 2 << 20;

/// One of the two streams of a process. If both go to its terminal, all counts as standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Output,
    Error,
}

/// What was printed on one stream.
#[derive(Debug)]
pub(crate) struct Printed {
    /// The beginning and the end, one after the other if something between was left out.
    bytes: Vec<u8>,
    /// When they came, in order: what came within a millisecond is one piece.
    pieces: Vec<Piece>,
    /// How many bytes are kept.
    kept: usize,
    /// How many bytes were left out, in the middle of what is kept.
    left_out: usize,
    is_open: bool,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    at: Duration,
    len: usize,
}

impl Printed {
    fn new(kept: usize, is_open: bool) -> Self {
        Self {
            bytes: Vec::new(),
            pieces: Vec::new(),
            kept,
            left_out: 0,
            is_open,
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bytes were printed in all.
    pub(crate) fn count(&self) -> usize {
        self.bytes.len() + self.left_out
    }

    /// What follows the first `start` bytes that were printed, and where that begins now: later,
    /// where what followed was left out.
    pub(crate) fn since(&self, start: usize) -> (usize, &[u8]) {
        let middle = self.kept / 2;
        if self.left_out == 0 || start < middle {
            return (start, &self.bytes[start..]);
        }
        let start = start.max(middle + self.left_out);
        (start, &self.bytes[start - self.left_out..])
    }

    fn append(&mut self, at: Duration, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        match self.pieces.last_mut() {
            Some(last) if at - last.at < ONE_PIECE => last.len += bytes.len(),
            _ => self.pieces.push(Piece {
                at,
                len: bytes.len(),
            }),
        }
        if self.bytes.len() > self.kept + SLACK {
            self.leave_out_middle();
        }
    }

    fn leave_out_middle(&mut self) {
        let middle = self.kept / 2;
        let surplus = middle..middle + self.bytes.len() - self.kept;
        self.left_out += surplus.len();
        let mut start = 0;
        self.pieces.retain_mut(|piece| {
            let end = start + piece.len;
            let cut = start.max(surplus.start)..end.min(surplus.end);
            piece.len -= cut.len();
            start = end;
            piece.len > 0
        });
        self.bytes.drain(surplus);
    }

    /// As lines with the time of each, the middle folded if it is long.
    pub(crate) fn show(&self) -> String {
        let folded = SHOWN..self.bytes.len().saturating_sub(SHOWN);
        let mut text = String::new();
        let mut start = 0;
        for piece in &self.pieces {
            let end = start + piece.len;
            for line in self.bytes[start..end].split_inclusive(|byte| *byte == b'\n') {
                self.show_line(&mut text, piece.at, start..start + line.len(), &folded);
                start += line.len();
            }
        }
        text
    }

    /// Shows a line, or what of it is not `folded`. A note stands for all that is, at its beginning.
    fn show_line(
        &self,
        text: &mut String,
        at: Duration,
        line: Range<usize>,
        folded: &Range<usize>,
    ) {
        if folded.is_empty() || line.end <= folded.start || line.start >= folded.end {
            let shown = escape(&self.bytes[line]);
            let _ = writeln!(text, "    +{:.3}s {shown}", at.as_secs_f64());
            return;
        }
        let head = line.start..line.start.max(folded.start);
        let tail = line.end.min(folded.end)..line.end;
        if line.start > folded.start && tail.is_empty() {
            return;
        }
        let _ = write!(
            text,
            "    +{:.3}s {}",
            at.as_secs_f64(),
            escape(&self.bytes[head])
        );
        if line.start <= folded.start {
            let count = folded.len() + self.left_out;
            let _ = write!(text, " ... {count} bytes in all are folded here ... ");
        }
        let _ = writeln!(text, "{}", escape(&self.bytes[tail]));
    }
}

/// Everything seen of a process so far.
pub(crate) struct Seen {
    stdout: Printed,
    stderr: Printed,
    /// How the process ended, and when. What it printed itself is then complete.
    pub(crate) exit: Option<(Exit, Duration)>,
}

impl Seen {
    pub(crate) fn of(&self, stream: Stream) -> &Printed {
        match stream {
            Stream::Output => &self.stdout,
            Stream::Error => &self.stderr,
        }
    }

    fn of_mut(&mut self, stream: Stream) -> &mut Printed {
        match stream {
            Stream::Output => &mut self.stdout,
            Stream::Error => &mut self.stderr,
        }
    }

    /// True if nothing can come from `stream` any more.
    pub(crate) fn ended(&self, stream: Stream) -> bool {
        !self.of(stream).is_open
    }
}

/// What was seen, and the news of more.
pub(crate) struct Watch {
    pub(crate) started: Instant,
    seen: Mutex<Seen>,
    changed: Condvar,
}

impl Watch {
    /// With `kept` bytes of each stream; only those that are `open` ever bring any.
    pub(crate) fn new(started: Instant, kept: usize, open: &[Stream]) -> Self {
        let printed = |stream| Printed::new(kept, open.contains(&stream));
        let seen = Seen {
            stdout: printed(Stream::Output),
            stderr: printed(Stream::Error),
            exit: None,
        };
        Self {
            started,
            seen: Mutex::new(seen),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at what was seen, now and after each change, until `look` finds something.
    pub(crate) fn wait<T>(
        &self,
        within: Duration,
        mut look: impl FnMut(&Seen) -> Option<T>,
    ) -> Option<T> {
        let start = Instant::now();
        let mut seen = self.seen();
        loop {
            if let Some(found) = look(&seen) {
                return Some(found);
            }
            let left = within.checked_sub(start.elapsed())?;
            seen = self
                .changed
                .wait_timeout(seen, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn change(&self, change: impl FnOnce(&mut Seen, Duration)) {
        change(&mut self.seen(), self.started.elapsed());
        self.changed.notify_all();
    }
}

/// The ends that a process prints into, and the news of its exit.
pub(crate) struct Sources {
    pub(crate) streams: Vec<(Stream, File)>,
    /// Closed when the process has ended; then `waiter` knows how.
    pub(crate) exited: PipeReader,
    pub(crate) waiter: JoinHandle<Option<Exit>>,
}

/// Reads until the process has ended and every stream is closed.
///
/// A stream may stay open after the exit, when a grandchild holds it: it is read on.
pub(crate) fn collect(watch: &Watch, sources: Sources) {
    let Sources {
        mut streams,
        exited,
        waiter,
    } = sources;
    loop {
        let ready = wait_readable(&streams, Some(&exited), None);
        read_ready(watch, &mut streams, &ready);
        // The news of the exit stands behind the streams.
        if ready.last() == Some(&true) {
            break;
        }
    }
    let mut drained = 0;
    while drained < DRAINED {
        let ready = wait_readable(&streams, None, Some(Duration::ZERO));
        if !ready.contains(&true) {
            break;
        }
        drained += read_ready(watch, &mut streams, &ready);
    }
    if let Ok(Some(exit)) = waiter.join() {
        watch.change(|seen, at| seen.exit = Some((exit, at)));
    }
    while !streams.is_empty() {
        let ready = wait_readable(&streams, None, None);
        read_ready(watch, &mut streams, &ready);
    }
}

/// Which of the sources have something to read or are at their end.
fn wait_readable(
    streams: &[(Stream, File)],
    exited: Option<&PipeReader>,
    timeout: Option<Duration>,
) -> Vec<bool> {
    let mut fds: Vec<PollFd<'_>> = streams
        .iter()
        .map(|(_, file)| PollFd::new(file, PollFlags::IN))
        .collect();
    fds.extend(exited.map(|pipe| PollFd::new(pipe, PollFlags::IN)));
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    // A signal handler may have run; the caller's loop comes here again.
    let _ = poll(&mut fds, timeout.as_ref());
    fds.iter().map(|fd| !fd.revents().is_empty()).collect()
}

/// Reads once from each ready stream and forgets those at their end; returns the bytes read.
fn read_ready(watch: &Watch, streams: &mut Vec<(Stream, File)>, ready: &[bool]) -> usize {
    let mut total = 0;
    let mut ready = ready.iter();
    let mut buffer = [0; 64 << 10];
    streams.retain_mut(|(stream, file)| {
        if ready.next() != Some(&true) {
            return true;
        }
        match file.read(&mut buffer) {
            Err(error) if matches!(error.kind(), Interrupted | WouldBlock) => true,
            // A terminal that nobody holds any more is an error (EIO), not an end.
            Ok(0) | Err(_) => {
                watch.change(|seen, _| seen.of_mut(*stream).is_open = false);
                false
            }
            Ok(count) => {
                total += count;
                watch.change(|seen, at| seen.of_mut(*stream).append(at, &buffer[..count]));
                true
            }
        }
    });
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(bytes: &[u8]) -> Printed {
        let mut printed = Printed::new(1 << 20, true);
        printed.append(Duration::from_millis(5), bytes);
        printed
    }

    #[test]
    fn shows_each_line_with_its_time() {
        let mut printed = printed(b"one\ntwo");
        printed.append(Duration::from_millis(1500), b"\n");
        assert_eq!(
            printed.show(),
            "    +0.005s one\\n\n    +0.005s two\n    +1.500s \\n\n"
        );
    }

    #[test]
    fn folds_the_middle_of_many_lines() {
        let shown = printed("0123456789\n".repeat(10_000).as_bytes()).show();
        assert!(shown.len() < 20_000, "{}", shown.len());
        assert_eq!(
            shown.matches("101808 bytes in all are folded").count(),
            1,
            "{shown}"
        );
    }

    #[test]
    fn folds_the_middle_of_one_long_line() {
        let shown = printed(&[b'x'; 1 << 20]).show();
        assert!(shown.len() < 10_000, "{}", shown.len());
        assert!(shown.contains("1040384 bytes in all are folded"), "{shown}");
    }

    #[test]
    fn a_flood_is_counted_and_its_ends_are_kept() {
        let mut printed = Printed::new(1000, true);
        let line = |number: usize| format!("{number:09}\n");
        for number in 0..1_000_000 {
            printed.append(
                Duration::from_millis(number as u64),
                line(number).as_bytes(),
            );
            assert!(printed.bytes().len() <= 1000 + SLACK);
        }
        assert_eq!(printed.count(), 10_000_000);
        assert_eq!(
            printed.pieces.iter().map(|piece| piece.len).sum::<usize>(),
            printed.bytes().len()
        );
        assert!(printed.bytes().starts_with((line(0) + &line(1)).as_bytes()));
        assert!(
            printed
                .bytes()
                .ends_with((line(999_998) + &line(999_999)).as_bytes())
        );
        // In the beginning, in what was left out, and at the end.
        assert!(printed.since(10).1.starts_with(line(1).as_bytes()));
        let (start, rest) = printed.since(5_000_000);
        assert!(start > 5_000_000);
        assert!(rest.starts_with(line(start / 10).as_bytes()));
        assert_eq!(
            printed.since(9_999_990),
            (9_999_990, line(999_999).as_bytes())
        );
    }
}
