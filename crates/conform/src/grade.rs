use std::cmp::Reverse;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Assignment, Check, NotJudged, Outcome, Problem, Role, Subject, Target, Trial};

/// How many checks run concurrently if nobody says: most of them wait rather than work.
pub const DEFAULT_JOBS: usize = 16;

/// What is run, and how.
#[derive(Debug)]
pub struct Grading<'a> {
    /// What the program is graded against.
    pub assignment: &'a Assignment,
    /// The program.
    pub subject: &'a Subject,
    /// The checks to run; see [`Assignment::checks`].
    pub checks: Vec<&'static Check>,
    /// How many checks run concurrently.
    pub jobs: usize,
    /// What the inputs of the checks are drawn from.
    pub seed: u64,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// What the program was graded against.
    pub assignment: &'a Assignment,
    /// The result of each check, in the order of the specification.
    pub results: Vec<CheckResult<'a>>,
    /// How long it took.
    pub took: Duration,
}

/// What came of one check.
#[derive(Clone, Debug)]
pub struct CheckResult<'a> {
    /// The check.
    pub check: &'a Check,
    /// What came of it.
    pub outcome: Outcome,
    /// What was seen.
    pub evidence: Evidence,
    /// How long it took.
    pub took: Duration,
}

/// What was seen during a check.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Each connection: both directions, times, hex and text.
    pub conversations: Vec<String>,
    /// Each program: command line, status, output.
    pub programs: Vec<String>,
}

impl CheckResult<'_> {
    fn is_broken(&self) -> bool {
        matches!(self.outcome, Err(Problem::Broken { .. }))
    }
}

/// A program that cannot be graded: it does not start, or, a server, does not come to listen.
#[derive(Clone, Debug)]
pub struct Unusable {
    /// What it did instead.
    pub problem: Problem,
    /// What was seen of it, its output above all.
    pub evidence: Evidence,
}

/// Starts the program once, before any check, to tell one that does not work at all. Returns how
/// long it took to listen, or to connect; see [`Subject::startup`].
///
/// # Errors
/// [`Unusable`] if it does not.
pub fn preflight(assignment: &Assignment, subject: &Subject) -> Result<Duration, Unusable> {
    let mut trial = Trial::new(assignment, subject, 0);
    let start = Instant::now();
    let tried = match (assignment.role, subject.target) {
        (_, Target::Connect(address)) => trial.connect(address).map(drop),
        (Role::Server { .. }, _) => trial.serve().map(drop),
        (Role::Client, _) => trial.try_start(),
    };
    tried.map(|()| start.elapsed()).map_err(|problem| Unusable {
        problem,
        evidence: trial.evidence(),
    })
}

/// Runs the checks concurrently, and calls `seen` after each.
pub fn grade<'a>(grading: &Grading<'a>, seen: impl Fn(&CheckResult<'a>) + Sync) -> Report<'a> {
    let start = Instant::now();
    let numbered = grading.checks.iter().copied().enumerate();
    let waiting = Mutex::new(longest_first(numbered).into_iter());
    let results = Mutex::new(Vec::new());
    let jobs = match grading.subject.target {
        Target::Start => grading.jobs.max(1),
        // One server, or one port, serves one check after another.
        Target::FixedPort(_) | Target::Connect(_) => 1,
    };
    // A function of its own, so that the lock is not held while the check runs.
    let next = || locked(&waiting).next();
    thread::scope(|scope| {
        for _ in 0..jobs.min(grading.checks.len()) {
            scope.spawn(|| {
                while let Some((index, check)) = next() {
                    let result =
                        grade_one(grading.assignment, grading.subject, check, grading.seed);
                    seen(&result);
                    locked(&results).push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    let mut results: Vec<_> = results.into_iter().map(|(_, result)| result).collect();
    blame_premises(grading, &mut results);
    Report {
        assignment: grading.assignment,
        results,
        took: start.elapsed(),
    }
}

/// Makes one check, with inputs that are drawn from `seed`.
pub fn grade_one<'a>(
    assignment: &Assignment,
    subject: &Subject,
    check: &'a Check,
    seed: u64,
) -> CheckResult<'a> {
    let start = Instant::now();
    let mut trial = Trial::new(assignment, subject, seed_of(check, seed));
    // A mistake of ours must not take the other results along, nor pass for a verdict.
    let outcome = catch_unwind(AssertUnwindSafe(|| (check.run)(&mut trial)))
        .unwrap_or_else(|_| Err(Problem::trouble("the check panicked: see standard error")));
    let took = start.elapsed();
    CheckResult {
        check,
        outcome,
        evidence: trial.evidence(),
        took,
    }
}

/// Each check has inputs of its own, which do not depend on what else is run (FNV-1a).
fn seed_of(check: &Check, seed: u64) -> u64 {
    check
        .id
        .bytes()
        .fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

/// A check that failed, and rests on one that is broken, was not judged by that. Premises that were
/// not selected are run now.
fn blame_premises(grading: &Grading<'_>, results: &mut [CheckResult<'_>]) {
    let mut broken: Vec<&'static str> = Vec::new();
    let mut known: Vec<&'static str> = results.iter().map(|result| result.check.id).collect();
    broken.extend(
        results
            .iter()
            .filter(|result| result.is_broken())
            .map(|result| result.check.id),
    );
    for result in results.iter_mut().filter(|result| result.is_broken()) {
        for premise in result.check.premises {
            if !known.contains(premise) {
                known.push(premise);
                let check = grading
                    .assignment
                    .checks()
                    .find(|check| check.id == *premise);
                let premise = check.map(|check| {
                    grade_one(grading.assignment, grading.subject, check, grading.seed)
                });
                broken.extend(
                    premise
                        .filter(CheckResult::is_broken)
                        .map(|result| result.check.id),
                );
            }
        }
        let premise = result
            .check
            .premises
            .iter()
            .find(|premise| broken.contains(premise));
        if let Some(premise) = premise {
            result.outcome = Err(Problem::NotJudged(NotJudged::Premise(premise)));
        }
    }
}

/// Those that have to wait long come first, the others keep their order.
pub(crate) fn longest_first<'a>(
    checks: impl IntoIterator<Item = (usize, &'a Check)>,
) -> Vec<(usize, &'a Check)> {
    let mut checks: Vec<_> = checks.into_iter().collect();
    checks.sort_by_key(|(_, check)| Reverse(check.takes));
    checks
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::{Arguments, Section};

    static BEGUN: AtomicUsize = AtomicUsize::new(0);

    /// Holds if another one begins before it ends.
    const COMPANION: Check = Check::must("T-1", "", "", |trial| {
        BEGUN.fetch_add(1, Ordering::SeqCst);
        let start = Instant::now();
        while BEGUN.load(Ordering::SeqCst) < 2 {
            if start.elapsed() > trial.timeout() {
                return Err(Problem::broken("another check runs", "none does"));
            }
            thread::yield_now();
        }
        Ok(())
    });

    const ASSIGNMENT: Assignment = Assignment {
        name: "tcp_server",
        role: Role::Client,
        arguments: |_, port| Arguments::new().port(port),
        sections: &[Section::new("Wire", &[COMPANION, COMPANION])],
        causes: &[],
        criteria: &[],
    };

    fn all_hold(target: Target, timeout: Duration) -> bool {
        let subject = Subject {
            command: Vec::new(),
            target,
            timeout,
            startup: Duration::ZERO,
        };
        let grading = Grading {
            assignment: &ASSIGNMENT,
            subject: &subject,
            checks: ASSIGNMENT.checks().collect(),
            jobs: 2,
            seed: 0,
        };
        BEGUN.store(0, Ordering::SeqCst);
        let report = grade(&grading, |_| ());
        report.results.iter().all(|result| result.outcome.is_ok())
    }

    #[test]
    fn checks_run_side_by_side_unless_they_share_a_port() {
        assert!(all_hold(Target::Start, Duration::from_secs(10)));
        // The first of the two waits in vain.
        assert!(!all_hold(Target::FixedPort(1), Duration::from_millis(1)));
    }

    #[test]
    fn what_waits_long_begins_first() {
        let checks = [
            COMPANION,
            COMPANION.waits(3),
            COMPANION,
            COMPANION.waits(12),
        ];
        let order: Vec<usize> = longest_first(checks.iter().enumerate())
            .into_iter()
            .map(|(index, _)| index)
            .collect();
        assert_eq!(order, [3, 1, 0, 2]);
    }
}
