use std::cmp::Reverse;
use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use harness::confine::in_own_network;
use harness::{Input, Listener, Recorder};

use crate::checks::default_port;
use crate::conversation::locked;
use crate::explore::{self, Explored, Found};
use crate::lateness::Lateness;
use crate::{
    Arguments, Assignment, Check, Level, NotJudged, Outcome, Problem, Recorded, Role, Subject,
    Target, Trial,
};

/// How many checks run concurrently by default: most of them wait rather than work.
pub const DEFAULT_JOBS: usize = 16;

/// Why a check is not judged that failed, for lack of time, while the checker itself had too little.
pub const TOO_BUSY: &str = "the machine is too busy to tell";

/// A check that rests on a broken one counts only if it holds, and waits no longer than this for
/// what should happen immediately.
const BRIEFLY: Duration = Duration::from_secs(2);

/// How often it is asked whether to stop.
const GLANCE: Duration = Duration::from_millis(50);

/// What is run, and how.
#[derive(Clone, Debug)]
pub struct Grading {
    /// What the program is graded against.
    pub assignment: &'static Assignment,
    /// The program.
    pub subject: Subject,
    /// The checks to run; see [`Assignment::checks`].
    pub checks: Vec<&'static Check>,
    /// How many checks run concurrently.
    pub jobs: usize,
    /// What the inputs of the checks are drawn from.
    pub seed: u64,
    /// When it has to be over.
    pub deadline: Option<Instant>,
    /// Whether each check has a network of its own, in which every port is free.
    pub own_networks: bool,
}

impl Grading {
    /// Makes one check, in a network of its own where that is wanted.
    fn check(&self, check: &'static Check) -> CheckResult {
        let grade = || grade_one(self.assignment, &self.subject, check, self.seed);
        if !self.own_networks {
            return grade();
        }
        in_own_network(grade).unwrap_or_else(|error| {
            let outcome = Err(Problem::from(error));
            let unknown = NotJudged::Trouble(String::new());
            CheckResult {
                outcome,
                ..CheckResult::not_judged(check, unknown)
            }
        })
    }

    /// The same, in which exploring does not look for these checks.
    fn knowing(&self, broken: HashSet<&'static str>) -> Self {
        let mut knowing = self.clone();
        knowing.subject.exploration.known = broken;
        knowing
    }

    /// Makes a check whose failure would say nothing about its clause.
    fn check_briefly(&self, check: &'static Check) -> CheckResult {
        let mut brief = self.clone();
        brief.subject.timeout = self.subject.timeout.min(BRIEFLY);
        CheckResult {
            was_brief: true,
            ..brief.check(check)
        }
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Report {
    /// What the program was graded against.
    pub assignment: &'static Assignment,
    /// The result of each check, in the order of the specification.
    pub results: Vec<CheckResult>,
    /// How long it took.
    pub took: Duration,
}

/// What came of one check.
#[derive(Clone, Debug)]
pub struct CheckResult {
    /// The check.
    pub check: &'static Check,
    /// What came of it.
    pub outcome: Outcome,
    /// What was seen.
    pub evidence: Evidence,
    /// When it began.
    pub started: Instant,
    /// How long it took.
    pub took: Duration,
    /// Whether a failure is a matter of time: on a machine that is too busy that proves nothing.
    pub depends_on_time: bool,
    /// Whether the checker did something later than it should have, or the program could not run.
    pub(crate) was_late: bool,
    /// Whether it had less time than others, since it rests on a broken check.
    pub(crate) was_brief: bool,
    /// What exploring has come to, if that is what the check does.
    pub(crate) explored: Option<Box<Explored>>,
}

/// What was seen during a check.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Each connection: both directions, times, hex and text.
    pub conversations: Vec<String>,
    /// Each program: command line, status, output.
    pub programs: Vec<String>,
    /// All that happened on the connections, if that was to be recorded.
    pub recorder: Option<Recorder>,
}

impl CheckResult {
    /// What exploring found, if it did.
    pub(crate) fn found(&self) -> Option<&Found> {
        self.explored.as_ref()?.found.as_ref()
    }

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

/// What the first start of a program shows.
#[derive(Clone, Copy, Debug)]
pub struct Preflight {
    /// How long it took to listen, or to connect; see [`Subject::startup`].
    pub startup: Duration,
}

/// Starts the program once, before any check, to tell one that does not work at all.
///
/// # Errors
/// [`Unusable`] if it does not.
pub fn preflight(
    assignment: &'static Assignment,
    subject: &Subject,
) -> Result<Preflight, Unusable> {
    let mut trial = Trial::new(assignment, subject, 0);
    let start = Instant::now();
    let tried = match (assignment.role, subject.target) {
        (_, Target::Connect(address)) => trial.connect(address).map(drop),
        (Role::Server { .. }, _) => trial.serve().map(drop),
        (Role::Client { default_port }, _) => try_client(&mut trial, default_port),
    };
    let preflight = Preflight {
        startup: start.elapsed(),
    };
    let tried = trial.excess().map_or(tried, Err);
    tried
        .map(|()| preflight)
        .map_err(|problem| unusable(problem, trial))
}

/// Starts a client with the ordinary arguments and nothing on standard input, and waits until it
/// connects or ends; either will do, unless it connects to its default port instead.
fn try_client(trial: &mut Trial<'_>, default_port: Option<u16>) -> Outcome {
    let listener = trial.listen()?;
    let arguments = trial.assignment().arguments_at(listener.port());
    trial.start(&arguments, Input::Null)?;
    let problem = match trial.accept(&listener) {
        Ok(_) => return Ok(()),
        Err(problem @ Problem::NotJudged(_)) => return Err(problem),
        Err(problem) => problem,
    };
    let has_ended = trial.process()?.wait_exit(Duration::ZERO).is_ok();
    if let Some(port) = default_port
        && trial.may_choose_arguments().is_ok()
    {
        trial.process()?.kill_tree()?;
        does_not_connect_to(trial, port, &arguments)?;
    }
    if has_ended { Ok(()) } else { Err(problem) }
}

/// Starts a client that was told another port, and sees that it does not connect to this one.
fn does_not_connect_to(trial: &mut Trial<'_>, port: u16, arguments: &Arguments) -> Outcome {
    // Where another program uses the port, nothing can be told.
    let Some(_turn) = default_port::try_reserve(port) else {
        return Ok(());
    };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = Listener::at(address)?;
    trial.start(arguments, Input::Null)?;
    if trial.accept(&listener).is_err() {
        return Ok(());
    }
    Err(Problem::broken(
        "the program connects to the port that it is told",
        format!("it connects to {address}: if it always does, say --fixed-port {port}"),
    ))
}

fn unusable(mut problem: Problem, trial: Trial<'_>) -> Unusable {
    let is_broken = matches!(problem, Problem::Broken { .. });
    if is_broken && trial.depends_on_time() && trial.was_late() {
        problem = Problem::trouble(TOO_BUSY);
    }
    Unusable {
        problem,
        evidence: trial.evidence(),
    }
}

/// Runs the checks concurrently, and calls `seen` after each, until all were made, the deadline is
/// over, or `stop` returns a reason. Every check that was not judged then has the reason, and every
/// program that was started has been ended.
pub fn grade(
    grading: &Grading,
    seen: impl Fn(&CheckResult),
    stop: impl Fn() -> Option<&'static str>,
) -> Report {
    let start = Instant::now();
    let lateness = Lateness::watch();
    let mut results: Vec<Option<CheckResult>> = vec![None; grading.checks.len()];
    let mut stopped = None;
    let received = start_checks(grading);
    while results.iter().any(Option::is_none) && stopped.is_none() {
        match received.recv_timeout(GLANCE) {
            Ok((index, result)) => {
                seen(&result);
                results[index] = Some(result);
            }
            Err(RecvTimeoutError::Timeout) => stopped = over(grading, &stop),
            Err(RecvTimeoutError::Disconnected) => stopped = Some("no thread could be started"),
        }
    }
    if stopped.is_none() {
        stopped = repeat_alone(grading, &mut results, &lateness, &stop);
    }
    if stopped.is_some() {
        // The threads that are abandoned only see their programs end.
        harness::kill_all();
    }
    let reason = stopped.unwrap_or_default();
    let named = grading.checks.iter().zip(results);
    let mut results: Vec<_> = named
        .map(|(check, result)| {
            result.unwrap_or_else(|| {
                CheckResult::not_judged(check, NotJudged::OutOfTime(reason.to_owned()))
            })
        })
        .collect();
    blame_premises(grading, &mut results, stopped.is_none());
    Report {
        assignment: grading.assignment,
        results,
        took: start.elapsed(),
    }
}

/// Why the grading is over before all checks were made.
fn over(grading: &Grading, stop: &impl Fn() -> Option<&'static str>) -> Option<&'static str> {
    let is_late = grading
        .deadline
        .is_some_and(|deadline| Instant::now() >= deadline);
    stop().or(is_late.then_some("the deadline is over"))
}

type Numbered = (usize, CheckResult);

/// Threads that run the checks and send the results. They borrow nothing from the caller: a thread
/// that waits long is abandoned when the grading is stopped.
fn start_checks(grading: &Grading) -> mpsc::Receiver<Numbered> {
    let (results, received) = mpsc::channel();
    let jobs = match grading.subject.target {
        Target::Start => grading.jobs,
        Target::FixedPort(_) if grading.own_networks => grading.jobs,
        // One server, or one port, serves one check after another.
        Target::FixedPort(_) | Target::Connect(_) => 1,
    };
    let work = Arc::new(Work::new(grading));
    for _ in 0..jobs.clamp(1, grading.checks.len().max(1)) {
        let (work, results) = (Arc::clone(&work), results.clone());
        let work = move || work.make_checks(&results);
        // Fewer threads make the same checks.
        if thread::Builder::new().spawn(work).is_err() {
            break;
        }
    }
    received
}

/// What the threads share that make the checks.
struct Work {
    grading: Grading,
    progress: Mutex<Progress>,
    /// A check has ended.
    ended: Condvar,
}

struct Progress {
    waiting: Vec<(usize, &'static Check)>,
    /// The ids of those that rest on nothing and have not ended, but will soon.
    undecided: HashSet<&'static str>,
    /// Those of the broken ones, and of what rests on them.
    doubtful: HashSet<&'static str>,
    running: usize,
}

impl Work {
    fn new(grading: &Grading) -> Self {
        let waiting = in_order(grading);
        let is_soon = |check: &Check| {
            check.premises.is_empty() && check.takes.is_zero() && check.id != explore::ID
        };
        let undecided = waiting.iter().filter(|(_, check)| is_soon(check));
        let undecided = undecided.map(|(_, check)| check.id).collect();
        let progress = Progress {
            waiting,
            undecided,
            doubtful: HashSet::new(),
            running: 0,
        };
        Self {
            grading: grading.clone(),
            progress: Mutex::new(progress),
            ended: Condvar::new(),
        }
    }

    fn make_checks(&self, results: &Sender<Numbered>) {
        while let Some((index, check, doubtful)) = self.next() {
            let result = if doubtful.contains(check.id) {
                self.grading.check_briefly(check)
            } else {
                self.grading.knowing(doubtful).check(check)
            };
            self.end(&result);
            if results.send((index, result)).is_err() {
                return;
            }
        }
    }

    /// The next check, and the ids of those whose failure would say nothing, or nothing new.
    fn next(&self) -> Option<(usize, &'static Check, HashSet<&'static str>)> {
        let mut progress = locked(&self.progress);
        while !progress.waiting.is_empty() {
            if let Some(place) = progress.next(&self.grading.checks) {
                let (index, check) = progress.waiting.remove(place);
                progress.running += 1;
                return Some((index, check, progress.doubtful.clone()));
            }
            progress = self
                .ended
                .wait(progress)
                .unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    fn end(&self, result: &CheckResult) {
        let mut progress = locked(&self.progress);
        progress.running -= 1;
        progress.undecided.remove(result.check.id);
        if result.is_broken() {
            progress.doubtful.insert(result.check.id);
            spread(&mut progress.doubtful, &self.grading.checks);
        }
        self.ended.notify_all();
    }
}

impl Progress {
    /// The place of the next check, unless all of those that wait rest on what is undecided.
    fn next(&self, checks: &[&'static Check]) -> Option<usize> {
        let mut undecided = self.undecided.clone();
        spread(&mut undecided, checks);
        let is_undecided = |premise: &&str| undecided.contains(premise);
        let is_ready = |check: &Check| match check.id {
            explore::ID => undecided.is_empty(),
            _ => !check.premises.iter().any(is_undecided),
        };
        let mut waiting = self.waiting.iter();
        let ready = waiting.position(|(_, check)| is_ready(check));
        // Premises of each other would wait for ever.
        ready.or((self.running == 0).then_some(0))
    }
}

/// Checks that wait long come first. With a deadline, musts come before shoulds, and checks that
/// cannot end in time come last.
fn in_order(grading: &Grading) -> Vec<(usize, &'static Check)> {
    let mut checks: Vec<_> = grading.checks.iter().copied().enumerate().collect();
    let left = grading
        .deadline
        .map(|deadline| deadline.saturating_duration_since(Instant::now()));
    checks.sort_by_key(|(_, check)| {
        let too_long = left.is_some_and(|left| check.takes > left);
        let need_not = left.is_some() && check.level == Level::Should;
        (too_long, need_not, Reverse(check.takes))
    });
    checks
}

/// A check that failed while the checker itself was late, or in less time than others have, is run
/// once more, alone. If the checker is late again, and the failure is a matter of time, it is not
/// judged.
///
/// One that rests on a broken check is not repeated: it will not be judged in any case.
fn repeat_alone(
    grading: &Grading,
    results: &mut [Option<CheckResult>],
    lateness: &Lateness,
    stop: &impl Fn() -> Option<&'static str>,
) -> Option<&'static str> {
    let was_late = |result: &CheckResult| {
        result.was_brief || result.was_late || lateness.during(result.started, result.took)
    };
    let results = results.iter_mut().flatten();
    let mut failed: Vec<_> = results.filter(|result| result.is_broken()).collect();
    // What most rest on comes first, and exploring last.
    failed.sort_by_key(|result| {
        let check = result.check;
        (check.id == explore::ID, check.premises.len())
    });
    let certain = failed.iter().filter(|result| !was_late(result));
    let mut broken: HashSet<_> = certain.map(|result| result.check.id).collect();
    let checks: Vec<_> = failed.iter().map(|result| result.check).collect();
    for result in failed {
        spread(&mut broken, &checks);
        if broken.contains(result.check.id) {
            continue;
        }
        match make_alone(&grading.knowing(broken.clone()), result.check, stop) {
            Ok(again) => *result = again,
            Err(reason) => return Some(reason),
        }
        if result.is_broken() && result.depends_on_time && was_late(result) {
            result.outcome = Err(Problem::trouble(TOO_BUSY));
        }
        if result.is_broken() {
            broken.insert(result.check.id);
        }
    }
    None
}

/// Adds to the `broken` those of the checks that rest on one of them.
fn spread(broken: &mut HashSet<&'static str>, checks: &[&'static Check]) {
    let mut before = 0;
    while before < broken.len() {
        before = broken.len();
        for check in checks {
            let mut premises = check.premises.iter();
            if premises.any(|premise| broken.contains(premise)) {
                broken.insert(check.id);
            }
        }
    }
}

/// Makes one check while no other is made; or returns why that is stopped.
fn make_alone(
    grading: &Grading,
    check: &'static Check,
    stop: &impl Fn() -> Option<&'static str>,
) -> Result<CheckResult, &'static str> {
    let alone = Grading {
        checks: vec![check],
        ..grading.clone()
    };
    let received = start_checks(&alone);
    loop {
        match received.recv_timeout(GLANCE) {
            Ok((_, result)) => return Ok(result),
            Err(RecvTimeoutError::Timeout) => over(grading, stop).map_or(Ok(()), Err)?,
            Err(RecvTimeoutError::Disconnected) => {
                let trouble = NotJudged::Trouble("no thread could be started".to_owned());
                return Ok(CheckResult::not_judged(check, trouble));
            }
        }
    }
}

impl CheckResult {
    pub(crate) fn not_judged(check: &'static Check, reason: NotJudged) -> Self {
        Self {
            check,
            outcome: Err(Problem::NotJudged(reason)),
            evidence: Evidence::default(),
            started: Instant::now(),
            took: Duration::ZERO,
            depends_on_time: false,
            was_late: false,
            was_brief: false,
            explored: None,
        }
    }
}

/// Makes one check, with inputs that are drawn from `seed`.
pub fn grade_one(
    assignment: &'static Assignment,
    subject: &Subject,
    check: &'static Check,
    seed: u64,
) -> CheckResult {
    let started = Instant::now();
    let mut trial = Trial::new(assignment, subject, seed_of(check, seed));
    // A panic of our own must neither destroy the other results nor count as a verdict.
    let outcome = catch_unwind(AssertUnwindSafe(|| (check.run)(&mut trial)))
        .unwrap_or_else(|_| Err(Problem::trouble("the check panicked: see standard error")));
    let outcome = trial.excess().map_or(outcome, Err);
    let took = started.elapsed();
    if outcome.is_err() {
        trial.fail();
    }
    let depends_on_time = trial.depends_on_time();
    let was_late = outcome.is_err() && trial.was_late();
    let explored = trial.take_explored().map(Box::new);
    let mut evidence = trial.evidence();
    if let Some(found) = explored
        .as_ref()
        .and_then(|explored| explored.found.as_ref())
    {
        evidence.recorder.clone_from(&found.evidence.recorder);
    }
    if outcome.is_ok() && subject.recorded == Recorded::Failures {
        evidence.recorder = None;
    }
    CheckResult {
        check,
        outcome,
        evidence,
        explored,
        started,
        took,
        depends_on_time,
        was_late,
        was_brief: false,
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

/// A check that failed, and whose premise is broken, counts as not judged. Premises that were not
/// selected are run now.
fn blame_premises(grading: &Grading, results: &mut [CheckResult], may_run: bool) {
    let mut broken: Vec<&'static str> = Vec::new();
    let mut known: Vec<&'static str> = results.iter().map(|result| result.check.id).collect();
    broken.extend(
        results
            .iter()
            .filter(|result| result.is_broken())
            .map(|result| result.check.id),
    );
    let is_must = |result: &&CheckResult| {
        let rests = result.check.premises.iter().any(|id| broken.contains(id));
        result.check.level == Level::Must && result.is_broken() && !rests
    };
    let must = results.iter().find(is_must).map(|result| result.check.id);
    for result in results.iter_mut().filter(|result| result.is_broken()) {
        for premise in result.check.premises {
            if may_run && !known.contains(premise) {
                known.push(premise);
                let check = grading
                    .assignment
                    .checks()
                    .find(|check| check.id == *premise);
                let premise = check.map(|check| grading.check(check));
                broken.extend(
                    premise
                        .filter(CheckResult::is_broken)
                        .map(|result| result.check.id),
                );
            }
        }
        // What exploring finds may be broken by its own check too, and a must that is broken may
        // show in any conversation: one fault, named once.
        let found = result.found().map(|found| found.check.id);
        let also = found.into_iter().chain(found.and(must));
        let mut premises = result.check.premises.iter().copied().chain(also);
        if let Some(premise) = premises.find(|premise| broken.contains(premise)) {
            result.outcome = Err(Problem::NotJudged(NotJudged::Premise(premise)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::{Arguments, Exploration, Section};

    static BEGUN: AtomicUsize = AtomicUsize::new(0);

    /// How often a broken check and one that rests on it were made.
    static MADE: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

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

    const BROKEN: Check = Check::must("T-2", "", "", |_| Err(Problem::broken("", "")));

    const ASSIGNMENT: Assignment = Assignment {
        name: "tcp_server",
        role: Role::Client { default_port: None },
        arguments: |_, port| Arguments::new().port(port),
        sections: &[Section::new(
            "Wire",
            &[
                COMPANION,
                BROKEN,
                Check::must("T-3", "", "", |_| Err(Problem::broken("", ""))).needs(&["T-2"]),
                Check::must("T-4", "", "", |_| panic!("a mistake of ours")),
                Check::must("T-5", "", "", |_| {
                    thread::park();
                    Ok(())
                }),
            ],
        )],
        causes: &[],
        criteria: &[],
    };

    fn grading(target: Target, ids: &[&str]) -> Grading {
        let checks = ids
            .iter()
            .map(|id| ASSIGNMENT.checks().find(|check| check.id == *id));
        Grading {
            assignment: &ASSIGNMENT,
            subject: Subject {
                command: Vec::new(),
                target,
                timeout: Duration::from_secs(10),
                startup: Duration::ZERO,
                confinement: None,
                recorded: Recorded::Nothing,
                exploration: Exploration::default(),
            },
            checks: checks.flatten().collect(),
            jobs: 2,
            seed: 0,
            deadline: None,
            own_networks: false,
        }
    }

    fn outcomes(grading: &Grading) -> Vec<Outcome> {
        let report = grade(grading, |_| (), || None);
        report
            .results
            .into_iter()
            .map(|result| result.outcome)
            .collect()
    }

    #[test]
    fn checks_run_concurrently_unless_they_share_a_port() {
        let all_hold = |target, timeout| {
            BEGUN.store(0, Ordering::SeqCst);
            let mut grading = grading(target, &["T-1", "T-1"]);
            grading.subject.timeout = timeout;
            outcomes(&grading).iter().all(Result::is_ok)
        };
        assert!(all_hold(Target::Start, Duration::from_secs(10)));
        // The first of the two waits in vain.
        assert!(!all_hold(Target::FixedPort(1), Duration::from_millis(1)));
    }

    #[test]
    fn what_rests_on_a_broken_check_is_not_judged_also_if_that_was_not_selected() {
        let premise = Err(Problem::NotJudged(NotJudged::Premise("T-2")));
        assert_eq!(
            outcomes(&grading(Target::Start, &["T-2", "T-3"]))[1],
            premise
        );
        assert_eq!(outcomes(&grading(Target::Start, &["T-3"]))[0], premise);
    }

    #[test]
    fn what_rests_on_a_broken_check_is_not_repeated() {
        fn made(index: usize) -> Outcome {
            MADE[index].fetch_add(1, Ordering::SeqCst);
            Err(Problem::broken("", ""))
        }
        static CHECKS: [Check; 2] = [
            Check::must("T-3", "", "", |_| made(1)).needs(&["T-2"]),
            Check::must("T-2", "", "", |_| made(0)),
        ];
        let grading = Grading {
            checks: CHECKS.iter().collect(),
            ..grading(Target::Start, &[])
        };
        let make = |check| Some(grade_one(&ASSIGNMENT, &grading.subject, check, 0));
        let mut results: Vec<_> = CHECKS.iter().map(make).collect();
        let lateness = Lateness::at(Instant::now());
        assert_eq!(
            repeat_alone(&grading, &mut results, &lateness, &|| None),
            None
        );
        let made = MADE.each_ref().map(|made| made.load(Ordering::SeqCst));
        assert_eq!(made, [2, 1]);
    }

    #[test]
    fn what_rests_on_a_broken_check_comes_after_it_has_less_time_and_counts_if_it_holds() {
        static TIMEOUT: Mutex<Duration> = Mutex::new(Duration::ZERO);
        static CHECKS: [Check; 3] = [
            Check::must("T-4", "", "", |trial| {
                *locked(&TIMEOUT) = trial.timeout();
                Ok(())
            })
            .needs(&["T-3"])
            .waits(9),
            Check::must("T-3", "", "", |_| Err(Problem::broken("", ""))).needs(&["T-2"]),
            BROKEN,
        ];
        let grading = Grading {
            checks: CHECKS.iter().collect(),
            ..grading(Target::Start, &[])
        };
        let outcomes = outcomes(&grading);
        assert_eq!(outcomes[0], Ok(()));
        assert_eq!(*locked(&TIMEOUT), BRIEFLY);
    }

    #[test]
    fn exploring_comes_after_the_others_and_knows_what_is_broken() {
        static KNOWN: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
        static CHECKS: [Check; 3] = [
            Check::should(explore::ID, "", "", |trial| {
                locked(&KNOWN).extend(&trial.exploration().known);
                Ok(())
            }),
            Check::must("T-3", "", "", |_| Ok(())),
            BROKEN,
        ];
        let grading = Grading {
            checks: CHECKS.iter().collect(),
            ..grading(Target::Start, &[])
        };
        assert_eq!(outcomes(&grading)[0], Ok(()));
        assert_eq!(*locked(&KNOWN), ["T-2"]);
    }

    #[test]
    fn what_failed_briefly_is_repeated_if_nothing_that_it_rests_on_is_broken() {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        static AGAIN: Check = Check::must("T-3", "", "", |trial| {
            MADE.fetch_add(1, Ordering::SeqCst);
            assert!(trial.timeout() > BRIEFLY);
            Ok(())
        })
        .needs(&["T-1"]);
        let grading = grading(Target::Start, &[]);
        let brief = CheckResult {
            outcome: Err(Problem::broken("", "")),
            was_brief: true,
            ..CheckResult::not_judged(&AGAIN, NotJudged::Trouble(String::new()))
        };
        let mut results = [Some(brief)];
        repeat_alone(&grading, &mut results, &Lateness::watch(), &|| None);
        assert_eq!(results[0].as_ref().unwrap().outcome, Ok(()));
        assert_eq!(MADE.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_checker_that_was_late_twice_blames_nobody_for_what_depends_on_time() {
        static LATE: Check = Check::must("T-3", "", "", |trial| {
            trial.blame_time_after(Instant::now() - Duration::from_secs(1));
            Err(Problem::broken("", ""))
        });
        let grading = Grading {
            checks: vec![&LATE],
            ..grading(Target::Start, &[])
        };
        let outcome = outcomes(&grading).remove(0);
        assert_eq!(outcome, Err(Problem::trouble(TOO_BUSY)));
    }

    #[test]
    fn a_program_that_had_no_time_to_start_is_not_unusable() {
        let subject = grading(Target::Start, &[]).subject;
        let problem = |is_late| {
            let trial = Trial::new(&ASSIGNMENT, &subject, 0);
            if is_late {
                trial.blame_time_after(Instant::now() - Duration::from_secs(1));
            }
            unusable(Problem::broken("it listens", "it does not"), trial).problem
        };
        assert_eq!(problem(true), Problem::trouble(TOO_BUSY));
        assert!(matches!(problem(false), Problem::Broken { .. }));
    }

    #[test]
    fn a_check_that_panics_is_trouble_of_ours() {
        let outcomes = outcomes(&grading(Target::Start, &["T-4", "T-2"]));
        assert!(matches!(
            outcomes[0],
            Err(Problem::NotJudged(NotJudged::Trouble(_)))
        ));
        assert!(matches!(outcomes[1], Err(Problem::Broken { .. })));
    }

    #[test]
    fn what_is_not_finished_at_the_deadline_is_out_of_time_and_the_rest_is_judged() {
        let mut grading = grading(Target::Start, &["T-5", "T-2"]);
        grading.deadline = Some(Instant::now() + Duration::from_millis(200));
        let outcomes = outcomes(&grading);
        assert!(matches!(
            outcomes[0],
            Err(Problem::NotJudged(NotJudged::OutOfTime(_)))
        ));
        assert!(matches!(outcomes[1], Err(Problem::Broken { .. })));
    }

    #[test]
    fn what_waits_long_begins_first_but_not_what_cannot_be_met_in_time() {
        static CHECKS: [Check; 4] = [
            COMPANION,
            COMPANION.waits(3),
            COMPANION,
            COMPANION.waits(12),
        ];
        let mut grading = Grading {
            checks: CHECKS.iter().collect(),
            ..grading(Target::Start, &[])
        };
        let order = |grading: &Grading| -> Vec<usize> {
            in_order(grading)
                .into_iter()
                .map(|(index, _)| index)
                .collect()
        };
        assert_eq!(order(&grading), [3, 1, 0, 2]);
        grading.deadline = Some(Instant::now() + Duration::from_secs(5));
        assert_eq!(order(&grading), [1, 0, 2, 3]);
    }
}
