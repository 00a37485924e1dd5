use std::cmp::Reverse;
use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use crate::record::CheckRecord;
use crate::{
    Assignment, Check, CheckResult, DEFAULT_JOBS, Exploration, Grading, NotJudged, Problem,
    Recorded, Subject, Target, grade,
};

/// A machine that is busy with other tests may need this long for what should happen immediately.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How often something is tried that a busy machine can spoil.
const TRIES: u32 = 3;

/// Of one program: those of the others are tested beside it.
const CHECKS_AT_ONCE: usize = 6;

/// The whole `main` of a test without harness: runs all checks of an assignment on a program of
/// ours, the shoulds too, each as one test line.
///
/// Its arguments are those of every Rust test; a line that fails shows the evidence.
pub fn run_as_tests(assignment: &str, program: &str) -> ExitCode {
    let Some(assignment) = Assignment::named(assignment) else {
        let failing = || Err("it has no checks".into());
        return run_concurrently(vec![TestLine::new(assignment, Duration::ZERO, failing)]);
    };
    let subject = Subject {
        command: vec![program.into()],
        target: Target::Start,
        timeout: TIMEOUT,
        startup: Duration::ZERO,
        confinement: None,
        recorded: Recorded::Nothing,
        exploration: Exploration::default(),
    };
    let lines = assignment.checks().map(|check| {
        let name = format!("{} {}", check.id, check.title);
        TestLine::holds(name, assignment, subject.clone(), check)
    });
    run_some_concurrently(lines.collect(), CHECKS_AT_ONCE)
}

/// A line of a test binary without harness.
#[derive(Debug)]
pub struct TestLine {
    takes: Duration,
    trial: Trial,
}

impl TestLine {
    /// A test that takes so long at least.
    pub fn new(
        name: impl Into<String>,
        takes: Duration,
        test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
    ) -> Self {
        let trial = Trial::test(name, test);
        Self { takes, trial }
    }

    /// The same test, which is skipped and counted if something that it needs is missing.
    #[must_use]
    pub fn skipped_if(self, missing: bool) -> Self {
        Self {
            trial: self.trial.with_ignored_flag(missing),
            ..self
        }
    }

    /// The test that a check holds for a program.
    pub fn holds(
        name: impl Into<String>,
        assignment: &'static Assignment,
        subject: Subject,
        check: &'static Check,
    ) -> Self {
        Self::new(name, check.takes, move || {
            let grading = Grading {
                assignment,
                subject,
                checks: vec![check],
                jobs: 1,
                seed: fastrand::u64(..),
                deadline: None,
                own_networks: false,
            };
            let judged = || grade(&grading, |_| (), || None).results.remove(0);
            let is_clear = |result: &CheckResult| {
                !matches!(
                    result.outcome,
                    Err(Problem::NotJudged(NotJudged::Trouble(_)))
                )
            };
            // A machine that is too busy to tell at one moment can tell at another.
            let result = (1..TRIES).map(|_| judged()).find(is_clear);
            let result = result.unwrap_or_else(judged);
            if result.outcome.is_ok() {
                return Ok(());
            }
            let seen = CheckRecord::alone(assignment, &result);
            Err(format!("seed {}\n{seen}", grading.seed).into())
        })
    }
}

/// A test that runs whole gradings beside others: a machine that is busy for a moment is given
/// another try.
///
/// # Errors
/// What the last try found.
pub fn try_again(test: impl Fn() -> Result<(), Failed>) -> Result<(), Failed> {
    (1..TRIES).find_map(|_| test().ok()).map_or_else(test, Ok)
}

/// Runs test lines concurrently, those that take long first. Unless an argument sets the number of
/// threads, there are many more of them than processors: most tests wait.
pub fn run_concurrently(lines: Vec<TestLine>) -> ExitCode {
    run_some_concurrently(lines, DEFAULT_JOBS)
}

/// Runs so many test lines at a time, those first that take long: each of them makes many checks
/// concurrently.
pub fn run_some_concurrently(mut lines: Vec<TestLine>, threads: usize) -> ExitCode {
    lines.sort_by_key(|line| Reverse(line.takes));
    run(lines, threads)
}

fn run(lines: Vec<TestLine>, threads: usize) -> ExitCode {
    let trials = lines.into_iter().map(|line| line.trial).collect();
    let mut arguments = libtest_mimic::Arguments::from_args();
    arguments.test_threads.get_or_insert(threads);
    libtest_mimic::run(&arguments, trials).exit_code()
}
