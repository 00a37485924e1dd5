//! What a process has printed so far, and how it ended: captured by a thread of its own.

use std::fmt::Write as _;
use std::fs::File;
use std::io::ErrorKind::{Interrupted, WouldBlock};
use std::io::{PipeReader, Read};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::process::Exit;
use cli::escape;

/// How much of each stream is kept, in bytes. A program that prints without end is read on, so
/// that it behaves as it would elsewhere, but the rest is thrown away.
pub const KEPT_OUTPUT: usize = 64 << 20;

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

/// One read from a stream: when, which, and how many bytes.
struct Piece {
    at: Duration,
    stream: Stream,
    len: usize,
}

/// Everything seen of a process so far.
#[derive(Default)]
pub(crate) struct Seen {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    pieces: Vec<Piece>,
    open: Vec<Stream>,
    /// How the process ended, and when. What it printed itself is then complete.
    pub(crate) exit: Option<(Exit, Duration)>,
}

impl Seen {
    pub(crate) fn of(&self, stream: Stream) -> &[u8] {
        match stream {
            Stream::Output => &self.stdout,
            Stream::Error => &self.stderr,
        }
    }

    /// True if nothing can come from `stream` any more.
    pub(crate) fn ended(&self, stream: Stream) -> bool {
        !self.open.contains(&stream)
    }

    fn append(&mut self, at: Duration, stream: Stream, bytes: &[u8]) {
        let kept = match stream {
            Stream::Output => &mut self.stdout,
            Stream::Error => &mut self.stderr,
        };
        let bytes = bytes.get(..KEPT_OUTPUT - kept.len()).unwrap_or(bytes);
        kept.extend_from_slice(bytes);
        match self.pieces.last_mut() {
            Some(last) if last.stream == stream && at - last.at < ONE_PIECE => {
                last.len += bytes.len();
            }
            _ => self.pieces.push(Piece {
                at,
                stream,
                len: bytes.len(),
            }),
        }
    }

    /// The pieces of `stream` as lines with the time of each, the middle folded if it is long.
    pub(crate) fn show(&self, stream: Stream) -> String {
        let whole = self.of(stream);
        let folded = SHOWN..whole.len().saturating_sub(SHOWN);
        let mut text = String::new();
        let mut start = 0;
        for piece in self.pieces.iter().filter(|piece| piece.stream == stream) {
            let end = start + piece.len;
            for line in whole
                .get(start..end)
                .unwrap_or_default()
                .split_inclusive(|b| *b == b'\n')
            {
                let line_end = start + line.len();
                if start >= folded.end || line_end <= folded.start {
                    let _ = writeln!(text, "    +{:.3}s {}", piece.at.as_secs_f64(), escape(line));
                } else if start < folded.start || line_end > folded.end {
                    show_partly(&mut text, piece.at, line, start, &folded);
                }
                start = line_end;
            }
        }
        text
    }
}

/// A line that reaches into the folded part: what is outside of it, and a note of what is inside.
fn show_partly(
    text: &mut String,
    at: Duration,
    line: &[u8],
    start: usize,
    folded: &std::ops::Range<usize>,
) {
    let head = line
        .get(..folded.start.saturating_sub(start))
        .unwrap_or_default();
    let tail = line
        .get(folded.end.saturating_sub(start)..)
        .unwrap_or_default();
    let _ = write!(text, "    +{:.3}s {}", at.as_secs_f64(), escape(head));
    if start < folded.start || !tail.is_empty() {
        let _ = write!(
            text,
            " ... {} bytes in all are folded here ... ",
            folded.len()
        );
    }
    let _ = writeln!(text, "{}", escape(tail));
}

/// What was seen, and the news of more.
pub(crate) struct Watch {
    pub(crate) started: Instant,
    seen: Mutex<Seen>,
    changed: Condvar,
}

impl Watch {
    pub(crate) fn new(started: Instant, open: Vec<Stream>) -> Self {
        let seen = Seen {
            open,
            ..Seen::default()
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
                watch.change(|seen, _| seen.open.retain(|open| open != stream));
                false
            }
            Ok(count) => {
                total += count;
                let bytes = buffer.get(..count).unwrap_or_default();
                watch.change(|seen, at| seen.append(at, *stream, bytes));
                true
            }
        }
    });
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(bytes: &[u8]) -> Seen {
        let mut seen = Seen::default();
        seen.append(Duration::from_millis(5), Stream::Output, bytes);
        seen
    }

    #[test]
    fn shows_each_line_with_its_time() {
        let mut seen = seen(b"one\ntwo");
        seen.append(Duration::from_millis(1500), Stream::Output, b"\n");
        seen.append(Duration::from_millis(1500), Stream::Error, b"not here\n");
        let shown = seen.show(Stream::Output);
        assert_eq!(
            shown,
            "    +0.005s one\\n\n    +0.005s two\n    +1.500s \\n\n"
        );
    }

    #[test]
    fn folds_the_middle_of_many_lines() {
        let shown = seen("0123456789\n".repeat(10_000).as_bytes()).show(Stream::Output);
        assert!(shown.len() < 20_000, "{}", shown.len());
        assert!(shown.contains("folded"), "{shown}");
    }

    #[test]
    fn folds_the_middle_of_one_long_line() {
        let shown = seen(&[b'x'; 1 << 20]).show(Stream::Output);
        assert!(shown.len() < 10_000, "{}", shown.len());
        assert!(shown.contains("1040384 bytes in all are folded"), "{shown}");
    }

    #[test]
    fn keeps_a_bounded_amount() {
        let mut seen = Seen::default();
        for _ in 0..65 {
            seen.append(Duration::ZERO, Stream::Output, &vec![0; 1 << 20]);
        }
        assert_eq!(seen.of(Stream::Output).len(), KEPT_OUTPUT);
    }
}
