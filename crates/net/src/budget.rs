use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a client may use without a share: most clients never need one.
const FREE: usize = 64 << 10;
/// Shares grow and shrink in steps of this size, in bytes.
const STEP: usize = 1 << 20;

/// While others wait, a client that has a share must move a part of it in each such period, unless it
/// waits itself.
pub const STALL_PERIOD: Duration = Duration::from_secs(5);
/// The part: one byte of so many.
const STALL_PART: usize = 32;

/// A bound on the memory of all clients of a server together, in bytes (T-18, P-8).
///
/// A client takes a [`Share`] of it before it uses the memory. One that holds a share may make it
/// larger while there is room; of the others, who asks first is served first: a large share is not
/// starved by small ones.
#[derive(Debug)]
pub struct Budget {
    limit: usize,
    state: Mutex<State>,
    released: Condvar,
}

#[derive(Debug, Default)]
struct State {
    used: usize,
    /// The tickets of those who wait, the next one in front.
    waiting: VecDeque<u64>,
    next_ticket: u64,
    /// How often somebody has given something back.
    releases: u64,
}

impl Budget {
    /// A budget of so many bytes, or of half of the memory that this process may use: that of the
    /// machine, or of the container that it runs in (Linux; cgroups(7), version 1 and 2).
    /// Elsewhere, 1 GiB.
    pub fn new(limit: Option<usize>) -> Self {
        Self {
            limit: limit.unwrap_or_else(half_of_memory),
            state: Mutex::default(),
            released: Condvar::new(),
        }
    }

    /// How much all clients may use together, in bytes.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// A share of nothing yet.
    pub fn share(&self) -> Share<'_> {
        Share {
            budget: self,
            held: 0,
            ticket: None,
            since: Instant::now(),
            moved: 0,
            releases: 0,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one client holds of a [`Budget`]. Dropped, it is given back.
#[derive(Debug)]
pub struct Share<'a> {
    budget: &'a Budget,
    held: usize,
    /// Its place among those who wait.
    ticket: Option<u64>,
    /// The beginning of the period in which it must move something.
    since: Instant,
    /// What it has moved since then.
    moved: usize,
    /// The releases that it has seen.
    releases: u64,
}

impl Share<'_> {
    /// Makes this a share of so many bytes, of the whole budget at most. `false`: it cannot grow
    /// yet; it waits for its turn, and keeps what it has.
    pub fn resize(&mut self, bytes: usize) -> bool {
        let bytes = if bytes <= FREE {
            0
        } else {
            bytes.next_multiple_of(STEP).min(self.budget.limit)
        };
        if bytes == self.held && self.ticket.is_none() {
            return true;
        }
        let mut state = self.budget.state();
        if bytes > self.held {
            let ticket = *self.ticket.get_or_insert_with(|| {
                state.next_ticket += 1;
                let ticket = state.next_ticket;
                state.waiting.push_back(ticket);
                ticket
            });
            // One that holds something has to get on before the memory that others wait for is free.
            let is_next = self.held > 0 || state.waiting.front() == Some(&ticket);
            if !is_next || state.used - self.held + bytes > self.budget.limit {
                return false;
            }
            (self.since, self.moved) = (Instant::now(), 0);
        }
        state.releases += u64::from(bytes < self.held);
        state.used = state.used - self.held + bytes;
        self.held = bytes;
        let ticket = self.ticket.take();
        state.waiting.retain(|other| Some(*other) != ticket);
        drop(state);
        self.budget.released.notify_all();
        true
    }

    /// Gives back all but so many bytes.
    pub fn shrink(&mut self, bytes: usize) {
        if bytes < self.held {
            self.resize(bytes);
        }
    }

    /// Waits until somebody gives back something, at most so long.
    pub fn wait(&self, timeout: Duration) {
        let _ = self
            .budget
            .released
            .wait_timeout(self.budget.state(), timeout);
    }

    /// Whether it is more than nothing.
    pub fn is_held(&self) -> bool {
        self.held > 0
    }

    /// Whether it waits for more: it has to ask again, or those behind it wait for ever.
    pub fn is_waiting(&self) -> bool {
        self.ticket.is_some()
    }

    /// Whether others wait for what this client holds.
    pub fn is_wanted(&self) -> bool {
        let own = usize::from(self.ticket.is_some());
        self.is_held() && self.budget.state().waiting.len() > own
    }

    /// Counts bytes that the client has sent or taken.
    pub fn moved(&mut self, bytes: usize) {
        self.moved += bytes;
    }

    /// Whether this client is to be ended: in a period of [`STALL_PERIOD`] during which others
    /// waited, it has moved less than a thirty-second part of what it holds.
    ///
    /// One that waits for more itself may be waiting for those who stall: it has twice as long from
    /// the last time that anybody has given something back. When nobody does, those who hold what
    /// the others wait for are ended one by one.
    pub fn is_stalled(&mut self) -> bool {
        let mut period = STALL_PERIOD;
        if self.ticket.is_some() {
            period *= 2;
            let releases = self.budget.state().releases;
            if self.releases != releases {
                self.releases = releases;
                (self.since, self.moved) = (Instant::now(), 0);
            }
        }
        let is_wanted = self.is_wanted();
        if is_wanted && self.since.elapsed() < period {
            return false;
        }
        let is_stalled = is_wanted && self.moved < self.held / STALL_PART;
        (self.since, self.moved) = (Instant::now(), 0);
        is_stalled
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.resize(0);
    }
}

fn half_of_memory() -> usize {
    const UNKNOWN: usize = 2 << 30;
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let machine = read("/proc/meminfo")
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"))
        .and_then(|kib| kib.parse::<usize>().ok())
        .map(|kib| kib << 10);
    let container = container_limit(Path::new("/sys/fs/cgroup"), &read("/proc/self/cgroup"));
    machine
        .into_iter()
        .chain(container)
        .min()
        .unwrap_or(UNKNOWN)
        / 2
}

/// The smallest limit of the control groups that `groups`, the content of `/proc/self/cgroup`,
/// names, and of those above them.
fn container_limit(root: &Path, groups: &str) -> Option<usize> {
    let limits = groups.lines().flat_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let controllers = fields.next().unwrap_or_default();
        let path = fields.next().unwrap_or_default().trim_start_matches('/');
        let (top, file) = if controllers.is_empty() {
            (root.to_owned(), "memory.max")
        } else if controllers.split(',').any(|name| name == "memory") {
            (root.join("memory"), "memory.limit_in_bytes")
        } else {
            return Vec::new();
        };
        // "max" is no number.
        let limit = |path: &Path| {
            fs::read_to_string(top.join(path).join(file))
                .ok()?
                .trim()
                .parse()
                .ok()
        };
        Path::new(path).ancestors().filter_map(limit).collect()
    });
    limits.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    #[test]
    fn t_18_no_more_is_given_than_there_is_and_first_come_first_served() {
        let budget = Budget::new(Some(10 * STEP));
        let [mut first, mut large, mut small] = [(); 3].map(|()| budget.share());
        assert!(first.resize(6 * STEP - 1) && small.resize(FREE));
        assert!(!small.is_held() && !first.is_wanted());
        assert!(!large.resize(5 * STEP));
        assert!(!small.resize(STEP), "it would overtake the large one");
        assert!(first.is_wanted());
        first.resize(5 * STEP);
        assert!(!small.resize(STEP));
        assert!(large.resize(5 * STEP) && !small.resize(STEP));
        drop(large);
        assert!(small.resize(STEP));
        assert_eq!(budget.state().used, 6 * STEP);
        // The whole budget is the most that one client gets.
        drop((first, small));
        assert!(budget.share().resize(usize::MAX - STEP));
        let state = budget.state();
        assert_eq!((state.used, state.waiting.len()), (0, 0));
    }

    #[test]
    fn t_18_one_that_waits_wakes_when_something_is_given_back() {
        let budget = Budget::new(Some(STEP));
        let mut holder = budget.share();
        assert!(holder.resize(STEP));
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                let mut share = budget.share();
                while !share.resize(STEP) {
                    share.wait(SOON);
                }
            });
            while !holder.is_wanted() {
                std::thread::yield_now();
            }
            let start = Instant::now();
            drop(holder);
            waiter.join().unwrap();
            assert!(start.elapsed() < SOON);
        });
    }

    #[test]
    fn t_18_who_moves_too_little_while_others_wait_is_stalled() {
        let budget = Budget::new(Some(STEP));
        let [mut holder, mut waiter] = [(); 2].map(|()| budget.share());
        assert!(holder.resize(STEP));
        let after_a_period = |share: &mut Share<'_>, moved| {
            share.since = Instant::now().checked_sub(STALL_PERIOD).unwrap();
            share.moved(moved);
            share.is_stalled()
        };
        assert!(!after_a_period(&mut holder, 0), "nobody waits");
        assert!(!waiter.resize(STEP));
        assert!(!after_a_period(&mut waiter, 0), "it holds nothing");
        assert!(!holder.is_stalled(), "it has some seconds");
        assert!(!after_a_period(&mut holder, STEP / STALL_PART));
        assert!(after_a_period(&mut holder, STEP / STALL_PART - 1));
    }

    #[test]
    fn t_18_one_that_waits_itself_is_not_stalled_while_others_give_back() {
        let budget = Budget::new(Some(4 * STEP));
        let [mut holder, mut waiter, mut other] = [(); 3].map(|()| budget.share());
        assert!(holder.resize(2 * STEP) && other.resize(2 * STEP));
        assert!(!holder.resize(3 * STEP) && !waiter.resize(STEP));
        let after = |share: &mut Share<'_>, periods| {
            share.since = Instant::now().checked_sub(periods * STALL_PERIOD).unwrap();
            share.is_stalled()
        };
        assert!(
            !after(&mut holder, 1),
            "it may be waiting for one that stalls"
        );
        assert!(after(&mut other, 1));
        other.resize(STEP);
        assert!(!after(&mut holder, 2), "somebody has given something back");
        assert!(after(&mut holder, 2), "nobody has");
    }

    #[test]
    fn t_18_one_that_holds_a_share_does_not_wait_for_one_that_waits_for_it() {
        let budget = Budget::new(Some(4 * STEP));
        let [mut holder, mut large] = [(); 2].map(|()| budget.share());
        assert!(holder.resize(STEP) && !large.resize(4 * STEP));
        assert!(holder.resize(2 * STEP));
        drop(holder);
        assert!(large.resize(4 * STEP));
    }

    #[test]
    fn t_18_the_limit_of_the_container_in_both_versions_and_above_it() {
        let root = std::env::temp_dir().join(format!("net-budget-{}", std::process::id()));
        for (file, limit) in [
            ("memory.max", "max\n"),
            ("pod/memory.max", "3000\n"),
            ("pod/own/memory.max", "4000\n"),
            ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("memory/docker/a/memory.limit_in_bytes", "2000\n"),
        ] {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, limit).unwrap();
        }
        for (groups, limit) in [
            ("0::/pod/own\n", Some(3000)),
            ("0::/elsewhere\n", None),
            ("9:cpu:/pod\n4:hugetlb,memory:/docker/a\n0::/\n", Some(2000)),
            // As in a container that sees its own group as the root.
            ("4:memory:/unknown/b\n", Some(9_223_372_036_854_771_712)),
            ("", None),
        ] {
            assert_eq!(container_limit(&root, groups), limit, "{groups}");
        }
        fs::remove_dir_all(root).unwrap();
        let half = half_of_memory();
        assert!((1 << 20..1 << 50).contains(&half), "{half}");
    }
}
