use std::collections::BTreeMap;
use std::fmt::Display;
use std::mem;
use std::panic::Location;
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// How many like lines are written in a [`PERIOD`].
const MOST_LINES: u32 = 50;
const PERIOD: Duration = Duration::from_secs(1);

/// How long the end of a process waits for an output that nobody reads (G-4).
const LONGEST_END: Duration = Duration::from_millis(100);

/// Where in the source a line is written. Lines from one place are alike.
pub(crate) type Place = (&'static str, u32);

static LIMITS: Mutex<Limits> = Mutex::new(Limits {
    places: BTreeMap::new(),
    has_flusher: false,
});

/// Held by who writes what was counted, so that the end of the process can wait for it.
static FLUSHING: Mutex<()> = Mutex::new(());

type Write = dyn FnOnce(&dyn Display) + Send;

struct Limits {
    places: BTreeMap<Place, Lines>,
    /// Whether a thread runs that writes what is counted when its time has come.
    has_flusher: bool,
}

/// The lines of one place.
struct Lines {
    since: Instant,
    written: u32,
    counted: Option<Counted>,
}

/// Lines that were not written: the first one, how to write it, and how many others there were.
struct Counted {
    line: String,
    write: Box<Write>,
    more: u64,
}

/// Writes, with `write`, a line that a peer can cause as often as it likes: a log must be no weapon.
///
/// Of the lines from one place in the source, the place of the call, 50 are written in a second.
/// Those beyond are counted and told in one: `LINE … and 1234 more like this in the last second`,
/// written when the second is over or the program ends.
#[track_caller]
pub fn rate_limited(line: impl Display, write: impl FnOnce(&dyn Display) + Send + 'static) {
    let caller = Location::caller();
    write_or_count((caller.file(), caller.line()), &line, write);
}

pub(crate) fn write_or_count(
    place: Place,
    line: &dyn Display,
    write: impl FnOnce(&dyn Display) + Send + 'static,
) {
    let now = Instant::now();
    let mut limits = limits();
    let lines = limits.places.entry(place).or_insert(Lines::new(now));
    if now.duration_since(lines.since) >= PERIOD {
        let before = mem::replace(lines, Lines::new(now));
        lines.written = 1;
        drop(limits);
        // The flusher mostly has written it before.
        if let Some(counted) = before.counted {
            counted.write();
        }
        write(line);
    } else if lines.written < MOST_LINES {
        lines.written += 1;
        drop(limits);
        write(line);
    } else if let Some(counted) = &mut lines.counted {
        counted.more += 1;
    } else {
        lines.counted = Some(Counted {
            line: line.to_string(),
            write: Box::new(write),
            more: 0,
        });
        // Without a thread it is written before the next line, or at the end.
        limits.has_flusher =
            limits.has_flusher || thread::Builder::new().spawn(flush_until_quiet).is_ok();
    }
}

/// Writes what was counted, before the process ends.
pub(crate) fn finish() {
    let (done, ended) = mpsc::channel::<()>();
    let flush = move || {
        flush();
        drop(done);
    };
    if limits()
        .places
        .values()
        .any(|lines| lines.written >= MOST_LINES)
        && thread::Builder::new().spawn(flush).is_ok()
    {
        let _ = ended.recv_timeout(LONGEST_END);
    }
}

fn flush_until_quiet() {
    loop {
        thread::sleep(PERIOD);
        if !flush() {
            return;
        }
    }
}

/// Writes what was counted. `false`: nothing was, and the flusher ends.
fn flush() -> bool {
    let _flushing = FLUSHING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut limits = limits();
    let counted = limits.places.values_mut().map(|lines| lines.counted.take());
    let counted: Vec<_> = counted.flatten().collect();
    limits.has_flusher = !counted.is_empty();
    drop(limits);
    let any = !counted.is_empty();
    counted.into_iter().for_each(Counted::write);
    any
}

fn limits() -> MutexGuard<'static, Limits> {
    // Only a line's own `Display` may panic under this lock, and then nothing has changed.
    LIMITS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lines {
    fn new(now: Instant) -> Self {
        Self {
            since: now,
            written: 0,
            counted: None,
        }
    }
}

impl Counted {
    fn write(self) {
        let Self { line, write, more } = self;
        match more {
            0 => write(&line),
            _ => write(&format_args!(
                "{line} … and {more} more like this in the last second"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_rate_are_counted_and_told_in_one() {
        const COUNT: u32 = 12_345;
        let start = Instant::now();
        let (sender, written) = mpsc::channel();
        for number in 0..COUNT {
            let sender = sender.clone();
            rate_limited(number, move |line| drop(sender.send(line.to_string())));
        }
        drop(sender);
        // Ends when the last line is written, by the flusher.
        let written: Vec<String> = written.iter().collect();
        let seconds = start.elapsed().as_secs() as usize;
        // The second of those that count need not begin with that of the lines.
        assert!(written.len() <= (seconds + 1) * (MOST_LINES as usize + 2));

        let mut count = 0;
        for line in &written {
            let (number, more) = match line.split_once(" … and ") {
                Some((number, more)) => (number, more.split_once(" more like this ").unwrap().0),
                None => (line.as_str(), "0"),
            };
            assert_eq!(number, count.to_string(), "{written:?}");
            count += 1 + more.parse::<u32>().unwrap();
        }
        assert_eq!(count, COUNT);
    }
}
