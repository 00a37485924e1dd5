//! Honest little programs in Python, written from the snippets of the assignments: every must
//! holds for them. One per assignment in `tests/python`; needs `python3`.

#![allow(clippy::print_stderr)]

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use conform::record::CheckRecord;
use conform::{Assignment, Check, Grading, Level, Subject, Target, TestLine, grade};
use harness::{Exit, Program};

/// Python may be slow to start on a machine that is busy with other tests.
const TIMEOUT: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let Some(python) = python() else {
        eprintln!("not possible without python3: the programs in tests/python were not checked");
        return ExitCode::SUCCESS;
    };
    let mut lines: Vec<TestLine> = Assignment::all()
        .iter()
        .flat_map(|assignment| lines(&python, assignment))
        .collect();
    lines.push(at_a_fixed_port(&python));
    conform::run_concurrently(lines)
}

/// The interpreter itself: what `PATH` leads to may be a script that looks for it, each time.
fn python() -> Option<String> {
    let found = Program::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .run(TIMEOUT)
        .ok()
        .filter(|found| found.exit == Exit::Status(0))?;
    let path = String::from_utf8(found.stdout).ok()?;
    Some(path.trim_end().to_owned())
}

fn lines(python: &str, assignment: &'static Assignment) -> Vec<TestLine> {
    let name = assignment.name;
    let program = format!("{}/tests/python/{name}.py", env!("CARGO_MANIFEST_DIR"));
    if !Path::new(&program).exists() {
        let missing = move || Err(format!("there is no {program}").into());
        return vec![TestLine::new(name, Duration::ZERO, missing)];
    }
    let subject = Subject {
        command: vec![python.into(), program.into()],
        target: Target::Start,
        timeout: TIMEOUT,
        startup: Duration::ZERO,
    };
    let musts = assignment
        .checks()
        .filter(|check| check.level == Level::Must);
    let line = |check: &'static Check| {
        let name = format!("{name}.py {} {}", check.id, check.title);
        TestLine::holds(name, assignment, subject.clone(), check)
    };
    musts.map(line).collect()
}

/// A program that always uses the same port, and does not set SO_REUSEADDR, is started again for
/// each check: none may leave anything behind at the port, though the server closes first.
fn at_a_fixed_port(python: &str) -> TestLine {
    const CHECKS: [&str; 4] = ["P-7", "P-7/7", "P-7/4", "P-10"];
    let program = format!("{}/tests/python/lab3.py", env!("CARGO_MANIFEST_DIR"));
    let command = [python.to_owned(), program, "127.0.0.1".to_owned()];
    TestLine::new(
        "lab3.py at a fixed port",
        Duration::from_secs(5),
        move || {
            let assignment = Assignment::named("lab3").ok_or("it has no checks")?;
            let port = harness::free_port().map_err(|error| error.to_string())?;
            let subject = Subject {
                command: command
                    .into_iter()
                    .chain([port.to_string()])
                    .map(Into::into)
                    .collect(),
                target: Target::FixedPort(port),
                timeout: TIMEOUT,
                startup: Duration::ZERO,
            };
            let checks = assignment.checks();
            let grading = Grading {
                assignment,
                subject: &subject,
                checks: checks.filter(|check| CHECKS.contains(&check.id)).collect(),
                jobs: 1,
                seed: 0,
            };
            let broken = grade(&grading, |_| ())
                .results
                .into_iter()
                .find(|result| result.outcome.is_err());
            broken.map_or(Ok(()), |result| {
                Err(CheckRecord::alone(assignment, &result).to_string().into())
            })
        },
    )
}
