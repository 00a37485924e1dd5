//! Small honest programs, in the ways in which people write them: none of them breaks a must, under
//! any condition. One folder an assignment in `tests/programs/honest`; a program whose interpreter
//! or compiler is not there is skipped, counted and named.
//!
//! By default one program an assignment is graded. With `HONEST=all` in the environment each is
//! graded plainly and behind a shell script, and one an assignment as a daemon and without an
//! environment; with `HONEST=hard`, each at the lowest priority beside four busy loops, and with
//! seven others beside it. What cannot be told then, since the machine is too busy or others use the
//! port, accuses nobody: it is printed.

#![allow(clippy::print_stderr, clippy::unwrap_used)]

mod programs;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use conform::record::{About, CheckRecord, Outcome, Verdict};
use conform::{
    Assignment, Check, Grading, Level, Record, Recorded, Role, Subject, Target, TestLine, grade,
    preflight,
};
use libtest_mimic::Failed;

use programs::Programs;

/// How a program is started, and what else goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Plain,
    /// Behind a shell script that does not `exec` it.
    Wrapped,
    /// A server that goes into the background when it listens.
    Daemon,
    /// Without an environment.
    Cleared,
    /// At the lowest priority, beside four threads that never rest.
    Busy,
    /// Eight times concurrently.
    Eight,
}

impl Condition {
    /// Whether a program is graded under it. Where the language makes no difference, one is enough.
    fn applies_to(self, assignment: &Assignment, program: &Path) -> bool {
        let is_server = matches!(assignment.role, Role::Server { .. });
        match self {
            Self::Plain | Self::Wrapped | Self::Busy | Self::Eight => true,
            Self::Daemon => is_server && program.ends_with("plain.py"),
            Self::Cleared => program.ends_with("plain.py"),
        }
    }
}

fn main() -> ExitCode {
    let mut programs = Programs::new();
    let asked = env::var("HONEST").unwrap_or_default();
    let conditions: &[Condition] = match asked.as_str() {
        "hard" => &[Condition::Busy, Condition::Eight],
        "all" => &[
            Condition::Plain,
            Condition::Wrapped,
            Condition::Daemon,
            Condition::Cleared,
        ],
        _ => &[Condition::Plain],
    };
    let mut left_out = 0;
    let mut lines = Vec::new();
    for assignment in Assignment::all() {
        for program in sources(assignment.name) {
            if asked.is_empty() && !program.ends_with("plain.py") {
                left_out += 1;
                continue;
            }
            let Some(command) = programs.command(&program) else {
                continue;
            };
            let name = program
                .strip_prefix(programs::folder("honest"))
                .unwrap()
                .display()
                .to_string();
            for condition in conditions {
                if !condition.applies_to(assignment, &program) {
                    continue;
                }
                lines.push(line(&name, assignment, &command, *condition));
            }
        }
    }
    lines.push(at_a_fixed_port(&mut programs));
    lines.push(in_its_code(&mut programs));
    programs.report_skipped();
    if left_out > 0 {
        eprintln!("{left_out} further programs are graded with HONEST=all");
    }
    if conditions.contains(&Condition::Busy) {
        // Each disturbs the others too.
        return conform::run_some_concurrently(lines, 2);
    }
    conform::run_some_concurrently(lines, 4)
}

/// The programs of an assignment.
fn sources(assignment: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(programs::folder("honest").join(assignment)).unwrap();
    let mut sources: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    sources.sort();
    sources
}

fn line(
    name: &str,
    assignment: &'static Assignment,
    command: &[String],
    condition: Condition,
) -> TestLine {
    let command = match condition {
        Condition::Plain | Condition::Eight => command.to_vec(),
        Condition::Wrapped => programs::wrapped(command),
        Condition::Daemon => programs::as_daemon(command),
        Condition::Cleared => [&["env".into(), "-i".into()], command].concat(),
        Condition::Busy => [&["nice".into(), "-n".into(), "19".into()], command].concat(),
    };
    let takes = assignment
        .checks()
        .map(|check| check.takes)
        .max()
        .unwrap_or_default();
    TestLine::new(
        format!("{name} {condition:?}"),
        takes,
        move || match condition {
            Condition::Plain | Condition::Wrapped | Condition::Daemon | Condition::Cleared => {
                conform::try_again(|| musts_hold(assignment, &command))
            }
            Condition::Busy => beside_busy_loops(|| no_must_is_broken(assignment, &command)),
            Condition::Eight => thread::scope(|scope| {
                let runs =
                    [(); 8].map(|()| scope.spawn(|| no_must_is_broken(assignment, &command)));
                runs.into_iter().try_for_each(|run| run.join().unwrap())
            }),
        },
    )
}

fn musts_hold(assignment: &'static Assignment, command: &[String]) -> Result<(), Failed> {
    none(&failed_musts(assignment, command)?)
}

/// The same on a machine that may be too busy to tell.
fn no_must_is_broken(assignment: &'static Assignment, command: &[String]) -> Result<(), Failed> {
    let (doubtful, broken): (Vec<_>, Vec<_>) = failed_musts(assignment, command)?
        .into_iter()
        .partition(CheckRecord::leaves_a_doubt);
    for CheckRecord { id, reason, .. } in doubtful {
        let reason = reason.unwrap_or_default();
        eprintln!("not judged: {} {id}: {reason}", assignment.name);
    }
    none(&broken)
}

fn failed_musts(
    assignment: &'static Assignment,
    command: &[String],
) -> Result<Vec<CheckRecord>, Failed> {
    // What exploring finds is a must where its clause is one.
    let may_be_must = |check: &&'static Check| check.level == Level::Must || check.id == "X-1";
    let checks = assignment.checks().filter(may_be_must).collect();
    failed(assignment, command, Target::Start, checks)
}

fn failed(
    assignment: &'static Assignment,
    command: &[String],
    target: Target,
    checks: Vec<&'static Check>,
) -> Result<Vec<CheckRecord>, Failed> {
    let mut subject = Subject {
        command: command.iter().map(Into::into).collect(),
        target,
        timeout: Duration::from_secs(5),
        startup: Duration::ZERO,
        confinement: None,
        recorded: Recorded::Nothing,
        exploration: conform::Exploration::default(),
    };
    let seed = fastrand::u64(..1_000_000);
    match preflight(assignment, &subject) {
        Ok(first) => subject.startup = first.startup,
        Err(unusable) => {
            let record = Record::of_unusable(assignment, &checks, &unusable, About::default());
            return match record.outcome {
                Outcome::NotJudged => Ok(record.checks),
                _ => Err(format!("{:#?}", record.unusable).into()),
            };
        }
    }
    let grading = Grading {
        assignment,
        subject,
        checks,
        jobs: conform::DEFAULT_JOBS,
        seed,
        deadline: None,
        own_networks: false,
    };
    let record = Record::of(&grade(&grading, |_| (), || None), About::default());
    let mut failed = record.checks;
    failed.retain(|check| check.verdict != Verdict::Holds);
    failed.retain(|check| check.level == Level::Must || check.id != "X-1");
    // The test says so too, but only when all others are over.
    for record in &failed {
        let (name, verdict) = (assignment.name, record.verdict);
        eprintln!("{name}, seed {seed}, {verdict:?}: {record}");
    }
    Ok(failed)
}

fn none(failed: &[CheckRecord]) -> Result<(), Failed> {
    if failed.is_empty() {
        return Ok(());
    }
    let failed: Vec<_> = failed.iter().map(ToString::to_string).collect();
    Err(failed.join("\n").into())
}

/// Four threads of this process take what the processors have.
fn beside_busy_loops<T>(act: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let result = act();
        done.store(true, Ordering::Relaxed);
        result
    })
}

/// A program that always uses the same port, and does not set SO_REUSEADDR, is started again for
/// each check: none may leave anything behind at the port, though the server closes first.
fn at_a_fixed_port(programs: &mut Programs) -> TestLine {
    const CHECKS: [&str; 4] = ["P-7", "P-7/7", "P-7/4", "P-10"];
    let command = programs.command(&programs::folder("honest").join("lab3/plain.py"));
    TestLine::new(
        "lab3/plain.py at a fixed port",
        Duration::from_secs(5),
        move || {
            let Some(mut command) = command else {
                return Ok(());
            };
            let assignment = Assignment::named("lab3").unwrap();
            let port = harness::free_port().unwrap();
            command.extend(["127.0.0.1".to_owned(), port.to_string()]);
            let checks = assignment
                .checks()
                .filter(|check| CHECKS.contains(&check.id))
                .collect();
            none(&failed(
                assignment,
                &command,
                Target::FixedPort(port),
                checks,
            )?)
        },
    )
}

/// A client that takes no arguments, as the course's: whoever grades it is told which port it uses,
/// and its own student is as good as any.
fn in_its_code(programs: &mut Programs) -> TestLine {
    // It tries several sids, which such a client does not take.
    const OF_A_SID: &str = "PC-1/9";
    let source = programs::folder("fixed").join("lab2.py");
    let command = programs.command(&source);
    TestLine::new(
        "lab2.py with its port and its student in its code",
        Duration::from_secs(5),
        move || {
            let Some([python, _]) = command.as_deref() else {
                return Ok(());
            };
            let port = harness::free_port().unwrap();
            let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixed-lab2.py");
            let text = fs::read_to_string(source).unwrap();
            fs::write(&program, text.replace("12000", &port.to_string())).unwrap();
            let command = [python.clone(), program.to_str().unwrap().to_owned()];
            let default_port = Some(port);
            let assignment: &Assignment = Box::leak(Box::new(Assignment {
                role: Role::Client { default_port },
                ..*Assignment::named("lab2").unwrap()
            }));
            let graded = |target| {
                let is_asked = |check: &&Check| check.level == Level::Must || check.id == OF_A_SID;
                let checks = assignment.checks().filter(is_asked).collect();
                failed(assignment, &command, target, checks)
            };
            let told = graded(Target::Start).unwrap_err();
            let hint = format!("if it always does, say --fixed-port {port}");
            if !told.message().unwrap_or_default().contains(&hint) {
                return Err(told);
            }
            let mut failed = graded(Target::FixedPort(port))?;
            failed.retain(|check| check.id != OF_A_SID || check.verdict == Verdict::Broken);
            none(&failed)
        },
    )
}
