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
#[path = "../captures/reader.rs"]
mod capture_reader;
mod client;
mod explored;
mod lab2;
mod lab3;
mod lab4;
mod mathserver;
mod server;
mod server_s;
mod tcp_client;
mod tcp_server;
#[path = "../captures/tshark.rs"]
mod tshark;

use std::env;
use std::fs;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use conform::record::CheckRecord;
use conform::{Assignment, Check, Problem, Recorded, Subject, Target, TestLine, grade_one};
use libtest_mimic::Failed;
use tempfile::NamedTempFile;

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
    /// Wireshark's name of what is spoken.
    dissector: &'static str,
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
            let mut subject = subject(liar, fault, Duration::from_secs(2));
            subject.exploration.within = explored::WITHIN;
            let takes = check(assignment, id).map_or(Duration::ZERO, |check| check.takes);
            TestLine::new(name, takes, move || is_caught(assignment, &subject, id))
        }));
    }
    lines.extend(capture_lines());
    lines.extend(explored::on_request());
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
        recorded: Recorded::Nothing,
        exploration: conform::Exploration::default(),
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

/// The check is made, and what `conform` would write of it is read back; `None` if nothing would
/// be.
fn captured(
    assignment: &'static Assignment,
    subject: &Subject,
    id: &str,
) -> Result<Option<NamedTempFile>, Failed> {
    let check = check(assignment, id).ok_or_else(|| format!("there is no check {id}"))?;
    let subject = Subject {
        recorded: Recorded::All,
        ..subject.clone()
    };
    let result = grade_one(assignment, &subject, check, fastrand::u64(..));
    let record = CheckRecord::alone(assignment, &result);
    let recorder = result.evidence.recorder.unwrap();
    let mut recording = recorder.recording();
    if recording.events.is_empty() {
        return Ok(None);
    }
    let file = NamedTempFile::with_suffix(".pcapng")?;
    conform::write_capture(&file, assignment.name, &record, "", &mut recording)?;
    let capture = capture_reader::read(&fs::read(file.path())?);
    let mut comments = capture.packets.iter().flat_map(|packet| &packet.comments);
    assert!(comments.any(|comment| comment.starts_with(id)));
    let connections = capture_reader::connections(&capture).len();
    assert_eq!(connections, recording.connections.len());
    Ok(Some(file))
}

/// Wireshark finds nothing wrong with the packets themselves.
fn is_dissected(
    assignment: &'static Assignment,
    subject: &Subject,
    id: &str,
) -> Result<(), Failed> {
    if let Some(file) = captured(assignment, subject, id)? {
        tshark::protocols(file.path())?;
    }
    Ok(())
}

/// Wireshark finds the dissector of the assignment, on whatever port.
fn is_recognized(
    assignment: &'static Assignment,
    subject: &Subject,
    dissector: &str,
) -> Result<(), Failed> {
    let mut file = None;
    for check in assignment.checks() {
        file = captured(assignment, subject, check.id)?;
        if file.is_some() {
            break;
        }
    }
    let file = file.ok_or("there is nothing to capture")?;
    let protocols = tshark::protocols(file.path())?;
    let is_it = |protocols: &String| protocols.split(':').any(|name| name == dissector);
    if protocols.iter().any(is_it) {
        return Ok(());
    }
    Err(format!("{dissector} is not in {protocols:?}").into())
}

/// Of a capture for a few of the liars, or for all with `CAPTURES=all`.
fn capture_lines() -> Vec<TestLine> {
    /// Of each assignment every so many.
    const SOME: usize = 40;
    let step = match env::var("CAPTURES") {
        Ok(some) if some == "all" => 1,
        _ => SOME,
    };
    let missing = !tshark::is_there();
    if missing {
        eprintln!("skipped: captures are not dissected, because there is no tshark with Lua");
    }
    let mut lines = Vec::new();
    for liar in LIARS {
        let assignment = Assignment::named(liar.assignment).unwrap();
        let honest = subject(liar, HONEST, Duration::from_secs(10));
        let name = format!("{} is recognized in its captures", assignment.name);
        lines.push(TestLine::new(name, Duration::ZERO, move || {
            is_recognized(assignment, &honest, liar.dissector)
        }));
        lines.extend(liar.lies.iter().step_by(step).map(|(id, fault)| {
            let name = format!("{} {id} is dissected on: {fault}", assignment.name);
            let subject = subject(liar, fault, Duration::from_secs(2));
            let takes = check(assignment, id).map_or(Duration::ZERO, |check| check.takes);
            TestLine::new(name, takes, move || is_dissected(assignment, &subject, id))
        }));
    }
    lines
        .into_iter()
        .map(|line| line.skipped_if(missing))
        .collect()
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
