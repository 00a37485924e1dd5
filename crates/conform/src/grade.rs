use std::cmp::Reverse;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Assignment, Check, Criterion, Level, Outcome, Problem, Role, Subject, Target, Trial};

/// How many checks run side by side if nobody says: most of them wait rather than work.
pub const DEFAULT_JOBS: usize = 16;

/// What is run, and how.
#[derive(Debug)]
pub struct Grading<'a> {
    /// What the program is graded against.
    pub assignment: &'a Assignment,
    /// The program.
    pub subject: &'a Subject,
    /// The checks to run; see [`Assignment::checks`].
    pub checks: Vec<&'a Check>,
    /// How many checks run side by side.
    pub jobs: usize,
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
    pub verdict: Verdict,
    /// What was seen.
    pub evidence: Evidence,
    /// How long it took.
    pub took: Duration,
}

/// What can come of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not.
    Broken {
        /// All that would have been right.
        expected: String,
        /// What happened instead.
        happened: String,
    },
    /// It could not be made; the reason.
    NotRun(String),
}

/// What was seen during a check.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Each connection: both directions, times, hex and text.
    pub conversations: Vec<String>,
    /// Each program: command line, status, output.
    pub programs: Vec<String>,
}

impl Report<'_> {
    /// Whether all musts hold, and with `strict` all shoulds too. What could not be run counts for
    /// nothing.
    pub fn passes(&self, strict: bool) -> bool {
        !self.results.iter().any(|result| {
            matches!(result.verdict, Verdict::Broken { .. })
                && (strict || result.check.level == Level::Must)
        })
    }

    /// Whether all checks of a criterion hold; `None` if one of them was not run.
    pub fn earns(&self, criterion: &Criterion) -> Option<bool> {
        let mut earned = Some(true);
        for id in criterion.checks {
            let result = self.results.iter().find(|result| result.check.id == *id)?;
            match result.verdict {
                Verdict::Holds => {}
                Verdict::Broken { .. } => return Some(false),
                Verdict::NotRun(_) => earned = None,
            }
        }
        earned
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

/// Starts the program once, before any check, to tell one that does not work at all.
///
/// # Errors
/// [`Unusable`] if it does not.
pub fn try_out(assignment: &Assignment, subject: &Subject) -> Result<(), Unusable> {
    let mut trial = Trial::new(assignment, subject);
    let tried = match (assignment.role, subject.target) {
        (_, Target::Connect(address)) => trial.connect(address).map(drop),
        (Role::Server, _) => trial.serve().map(drop),
        (Role::Client, _) => trial.try_start(),
    };
    tried.map_err(|problem| Unusable {
        problem,
        evidence: trial.evidence(),
    })
}

/// Runs the checks side by side, and calls `seen` after each.
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
                    let result = grade_one(grading.assignment, grading.subject, check);
                    seen(&result);
                    locked(&results).push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    let results = results.into_iter().map(|(_, result)| result).collect();
    Report {
        assignment: grading.assignment,
        results,
        took: start.elapsed(),
    }
}

/// Makes one check.
pub fn grade_one<'a>(
    assignment: &Assignment,
    subject: &Subject,
    check: &'a Check,
) -> CheckResult<'a> {
    let start = Instant::now();
    let mut trial = Trial::new(assignment, subject);
    let outcome = (check.run)(&mut trial);
    let took = start.elapsed();
    CheckResult {
        check,
        verdict: verdict(outcome),
        evidence: trial.evidence(),
        took,
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

fn verdict(outcome: Outcome) -> Verdict {
    match outcome {
        Ok(()) => Verdict::Holds,
        Err(Problem::Broken { expected, happened }) => Verdict::Broken { expected, happened },
        Err(Problem::NotRun(reason)) => Verdict::NotRun(reason),
    }
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
        role: Role::Server,
        arguments: |port| Arguments::new().port(port),
        sections: &[Section::new("Wire", &[COMPANION, COMPANION])],
        criteria: &[],
    };

    fn passes(target: Target, timeout: Duration) -> bool {
        let subject = Subject {
            command: Vec::new(),
            target,
            timeout,
        };
        let grading = Grading {
            assignment: &ASSIGNMENT,
            subject: &subject,
            checks: ASSIGNMENT.checks().collect(),
            jobs: 2,
        };
        BEGUN.store(0, Ordering::SeqCst);
        grade(&grading, |_| ()).passes(true)
    }

    #[test]
    fn checks_run_side_by_side_unless_they_share_a_port() {
        assert!(passes(Target::Start, Duration::from_secs(10)));
        // The first of the two waits in vain.
        assert!(!passes(Target::FixedPort(1), Duration::from_millis(1)));
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
