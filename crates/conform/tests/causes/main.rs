//! The likely cause is named first: for each cause of the catalogue there is a program that has
//! this one mistake. It is an honest program of `tests/programs/honest` in which a few words are
//! changed.

#![allow(clippy::print_stderr, clippy::unwrap_used)]

mod client;
mod lab4;
mod mathserver;
mod tcp_client;
mod tcp_server;

#[path = "../programs/mod.rs"]
mod programs;

mod accio;
mod lab2;
mod lab3;
mod server;
mod server_s;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use conform::record::{About, Record};
use conform::{
    Assignment, Cause, Check, Grading, Recorded, Subject, Target, TestLine, grade, preflight,
};
use libtest_mimic::Failed;

use programs::Programs;

/// An honest program with one mistake.
struct Mistake {
    /// The name of the cause in the catalogue.
    cause: &'static str,
    /// The honest program, in `tests/programs/honest`: `tcp_server/plain.py`.
    program: &'static str,
    /// What is changed in it: each text stands there just once.
    changes: &'static [(&'static str, &'static str)],
}

const MISTAKES: &[&[Mistake]] = &[
    tcp_server::MISTAKES,
    tcp_client::MISTAKES,
    server_s::MISTAKES,
    accio::MISTAKES,
    lab4::MISTAKES,
    mathserver::MISTAKES,
    lab3::MISTAKES,
    lab2::MISTAKES,
    server::MISTAKES,
    client::MISTAKES,
];

fn main() -> ExitCode {
    let mut programs = Programs::new();
    let mut lines = vec![TestLine::new(
        "every cause has a program",
        Duration::ZERO,
        every_cause_has_a_program,
    )];
    let all = MISTAKES.iter().copied().flatten();
    let graded = std::env::var("CAUSES").is_ok_and(|asked| asked == "all");
    if !graded {
        eprintln!(
            "{} programs are graded with CAUSES=all",
            all.clone().count()
        );
    }
    for mistake in all.filter(|_| graded) {
        let source = with_mistake(mistake);
        let Some(command) = programs.command(&source) else {
            continue;
        };
        let (assignment, _) = mistake.program.split_once('/').unwrap();
        let assignment = Assignment::named(assignment).unwrap();
        let name = format!("{} {}", assignment.name, mistake.cause);
        let takes = assignment
            .checks()
            .map(|check| check.takes)
            .max()
            .unwrap_or_default();
        lines.push(TestLine::new(name, takes, move || {
            conform::try_again(|| is_named_first(assignment, command.clone(), mistake.cause))
        }));
    }
    programs.report_skipped();
    conform::run_some_concurrently(lines, 4)
}

fn with_mistake(mistake: &Mistake) -> std::path::PathBuf {
    let honest = programs::folder("honest").join(mistake.program);
    let mut text = fs::read_to_string(&honest).unwrap();
    for (from, to) in mistake.changes {
        assert_eq!(
            text.matches(from).count(),
            1,
            "{from:?} in {}",
            mistake.program
        );
        text = text.replace(from, to);
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("causes");
    fs::create_dir_all(&folder).unwrap();
    let slug = mistake.cause.replace(|c: char| !c.is_alphanumeric(), "-");
    let name = format!(
        "{}-{slug}.{}",
        mistake.program.replace('/', "-"),
        extension(mistake.program)
    );
    let program = folder.join(name);
    fs::write(&program, text).unwrap();
    program
}

fn extension(program: &str) -> &str {
    program.rsplit('.').next().unwrap_or_default()
}

fn is_named_first(
    assignment: &'static Assignment,
    command: Vec<String>,
    cause: &str,
) -> Result<(), Failed> {
    let mut subject = Subject {
        command: command.into_iter().map(Into::into).collect(),
        target: Target::Start,
        timeout: Duration::from_secs(3),
        startup: Duration::ZERO,
        confinement: None,
        recorded: Recorded::Nothing,
        exploration: conform::Exploration::default(),
    };
    if let Ok(first) = preflight(assignment, &subject) {
        subject.startup = first.startup;
    }
    let seed = fastrand::u64(..1_000_000);
    let grading = Grading {
        assignment,
        subject,
        checks: named(assignment),
        jobs: conform::DEFAULT_JOBS,
        seed,
        deadline: None,
        own_networks: false,
    };
    let record = Record::of(&grade(&grading, |_| (), || None), About::default());
    let named: Vec<_> = record
        .causes
        .iter()
        .map(|cause| cause.name.as_str())
        .collect();
    if named.first() == Some(&cause) {
        return Ok(());
    }
    let broken: Vec<_> = record
        .checks
        .iter()
        .filter(|check| check.expected.is_some())
        .map(ToString::to_string)
        .collect();
    Err(format!("seed {seed}: named are {named:?}\n{}", broken.join("\n")).into())
}

/// The checks by which causes are told from each other.
fn named(assignment: &'static Assignment) -> Vec<&'static Check> {
    let ids: Vec<_> = assignment.causes.iter().flat_map(Cause::checks).collect();
    let checks = assignment.checks();
    checks.filter(|check| ids.contains(&check.id)).collect()
}

fn every_cause_has_a_program() -> Result<(), Failed> {
    let has_program = |assignment: &Assignment, cause: &str| {
        MISTAKES.iter().copied().flatten().any(|mistake| {
            mistake.cause == cause
                && mistake
                    .program
                    .starts_with(&format!("{}/", assignment.name))
        })
    };
    let without: Vec<_> = Assignment::all()
        .iter()
        .flat_map(|assignment| {
            assignment
                .causes
                .iter()
                .map(move |cause| (assignment, cause.name))
        })
        .filter(|(assignment, cause)| !has_program(assignment, cause))
        .map(|(assignment, cause)| format!("{} {cause:?}", assignment.name))
        .collect();
    if without.is_empty() {
        return Ok(());
    }
    Err(format!("no program has these mistakes: {}", without.join(", ")).into())
}
