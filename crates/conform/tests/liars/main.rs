//! Checks the checks: for every check there is a liar, a program with a fault that the check has to
//! catch (the field calls it a mutant); without the fault, the same program passes every check.
//!
//! The programs under test are this one, started again as `--liar ASSIGNMENT FAULT [ARG...]`: each
//! assignment has a module with a small program that has its faults behind a switch.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::exit,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout
)]

mod accio;
mod client;
mod lab2;
mod lab3;
mod lab4;
mod mathserver;
mod server;
mod server_s;
mod tcp_client;
mod tcp_server;

use std::env;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use conform::record::CheckRecord;
use conform::{Assignment, Check, Problem, Subject, Target, TestLine, grade_one};
use libtest_mimic::Failed;

const LIARS: &[Liar] = &[
    tcp_server::LIAR,
    tcp_client::LIAR,
    server_s::LIAR,
    accio::LIAR,
    lab4::LIAR,
    mathserver::LIAR,
    lab3::LIAR,
    lab2::LIAR,
    server::LIAR,
    client::LIAR,
];

/// The switch of a program that has no fault.
const HONEST: &str = "honest";

/// A small program for an assignment, with its faults.
struct Liar {
    assignment: &'static str,
    /// Runs it, with one of its faults or [`HONEST`], and the arguments of the assignment. An
    /// error is printed, and the exit status is then 1.
    run: fn(fault: &str, arguments: &[String]) -> io::Result<ExitCode>,
    /// Which check catches which fault. A check may have several.
    lies: &'static [(&'static str, &'static str)],
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args_os()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    match arguments.get(1..) {
        Some([switch, assignment, fault, arguments @ ..]) if switch == "--liar" => {
            lie(assignment, fault, arguments)
        }
        _ => conform::run_concurrently(lines()),
    }
}

fn lie(assignment: &str, fault: &str, arguments: &[String]) -> ExitCode {
    let liar = LIARS.iter().find(|liar| liar.assignment == assignment);
    (liar.unwrap().run)(fault, arguments).unwrap_or_else(|error| {
        eprintln!("ERROR: {error}");
        ExitCode::FAILURE
    })
}

/// What a program does on SIGINT, SIGTERM and SIGHUP; to be called before it listens.
fn on_signal(act: fn()) {
    cli::on_shutdown_signal(act).unwrap();
}

fn lines() -> Vec<TestLine> {
    let name = "every check has a liar";
    let mut lines = vec![TestLine::new(name, Duration::ZERO, every_check_has_a_liar)];
    for liar in LIARS {
        let assignment = Assignment::named(liar.assignment).unwrap();
        lines.extend(assignment.checks().map(|check| {
            let name = format!("{} {} holds for the honest", assignment.name, check.id);
            // On a busy machine it must not fail for lack of time.
            let subject = subject(liar, HONEST, Duration::from_secs(10));
            TestLine::holds(name, assignment, subject, check)
        }));
        lines.extend(liar.lies.iter().map(|(id, fault)| {
            let name = format!("{} {id} is caught on: {fault}", assignment.name);
            let subject = subject(liar, fault, Duration::from_secs(2));
            let takes = check(assignment, id).map_or(Duration::ZERO, |check| check.takes);
            TestLine::new(name, takes, move || is_caught(assignment, &subject, id))
        }));
    }
    lines
}

fn subject(liar: &Liar, fault: &str, timeout: Duration) -> Subject {
    let program = env::current_exe().unwrap();
    let switch = ["--liar", liar.assignment, fault].map(Into::into);
    Subject {
        command: [program.into()].into_iter().chain(switch).collect(),
        target: Target::Start,
        timeout,
        startup: Duration::ZERO,
        confinement: None,
    }
}

/// Some faults are a matter of time, and on a busy machine a liar may not get the time to show its
/// fault: it may try again.
fn is_caught(assignment: &'static Assignment, subject: &Subject, id: &str) -> Result<(), Failed> {
    const TRIES: u32 = 3;
    let check = check(assignment, id).ok_or_else(|| format!("there is no check {id}"))?;
    let mut tries = 1;
    loop {
        let seed = fastrand::u64(..);
        let result = grade_one(assignment, subject, check, seed);
        match result.outcome {
            Err(Problem::Broken { .. }) => return Ok(()),
            Ok(()) if tries < TRIES => tries += 1,
            _ => {
                let seen = CheckRecord::alone(assignment, &result);
                return Err(format!("seed {seed}\n{seen}").into());
            }
        }
    }
}

fn check(assignment: &Assignment, id: &str) -> Option<&'static Check> {
    assignment.checks().find(|check| check.id == id)
}

fn every_check_has_a_liar() -> Result<(), Failed> {
    let is_caught = |assignment: &Assignment, check: &Check| {
        LIARS
            .iter()
            .filter(|liar| liar.assignment == assignment.name)
            .any(|liar| liar.lies.iter().any(|(id, _)| *id == check.id))
    };
    let never_caught: Vec<String> = Assignment::all()
        .iter()
        .flat_map(|assignment| assignment.checks().map(move |check| (assignment, check)))
        .filter(|(assignment, check)| !is_caught(assignment, check))
        .map(|(assignment, check)| format!("{} {}", assignment.name, check.id))
        .collect();
    if never_caught.is_empty() {
        return Ok(());
    }
    Err(format!("no liar is caught by: {}", never_caught.join(", ")).into())
}
