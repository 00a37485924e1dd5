//! The client of the math server: it adds until it is given the secret.

mod causes;
mod command_line;
mod common;
mod errors;
mod exchange;

use std::iter::repeat_with;

use harness::{Input, Output, shown};

use super::common::COMMON;
use crate::explore::{self, EXPLORING, Lab4};
use crate::{Arguments, Assignment, Conversation, Outcome, Problem, Role, Section, Trial};

pub(crate) const ASSIGNMENT: Assignment = Assignment {
    name: "lab4",
    role: Role::Client { default_port: None },
    arguments: |host, port| Arguments::new().host(host).port(port),
    sections: &[
        Section::new("Exchange", exchange::CHECKS),
        Section::new("Errors and limits", errors::CHECKS),
        Section::new("Command line and speed", command_line::CHECKS),
        Section::new(COMMON, super::common::CLIENT),
        Section::new(COMMON, common::CHECKS),
        Section::new(EXPLORING, &[explore::check::<Lab4>()]),
    ],
    causes: causes::CAUSES,
    criteria: &[],
};

fn arguments(host: &str, port: u16) -> Arguments {
    Arguments::new().host(host).port(port)
}

/// Starts the client as a person at a terminal does, and accepts its connection.
fn start(trial: &mut Trial<'_>) -> Result<Conversation, Problem> {
    start_with(trial, Output::Terminal)
}

/// The same, with another standard output.
fn start_with(trial: &mut Trial<'_>, stdout: Output) -> Result<Conversation, Problem> {
    let listener = trial.listen()?;
    let arguments = arguments("127.0.0.1", listener.port());
    trial.start_as(&arguments, |program| {
        program.stdin(Input::Pipe).stdout(stdout)
    })?;
    trial.accept(&listener)
}

/// Two numbers whose sum has 31 bits at most, so that nobody has to know whether they have a sign.
fn numbers(trial: &mut Trial<'_>) -> [u32; 2] {
    [(); 2].map(|()| trial.random().u32(..1 << 30))
}

fn question([left, right]: [u32; 2]) -> Vec<u8> {
    [&b"Q"[..], &left.to_be_bytes(), &right.to_be_bytes()].concat()
}

/// Asks a question, and sees that it is answered.
fn asks(trial: &mut Trial<'_>, server: &mut Conversation) -> Outcome {
    let numbers = numbers(trial);
    server.send(&question(numbers))?;
    expect_sum(server, numbers)
}

fn expect_sum(server: &mut Conversation, [left, right]: [u32; 2]) -> Outcome {
    let sum = left.wrapping_add(right);
    let expected = || format!("{}, which is {left} + {right}", shown(&sum.to_be_bytes()));
    let answer = server.receive(4).map_err(|problem| match problem {
        Problem::Broken { happened, .. } => Problem::broken(expected(), happened),
        problem @ Problem::NotJudged(_) => problem,
    })?;
    if answer == sum.to_be_bytes() {
        return Ok(());
    }
    let why = match &*answer {
        _ if answer == sum.to_le_bytes() => ", the sum in little-endian order",
        text if sum.to_string().as_bytes().starts_with(text) => ", the sum as text",
        _ => "",
    };
    Err(Problem::broken(
        expected(),
        format!("{}{why}", shown(&answer)),
    ))
}

/// A secret of letters and digits.
fn secret(trial: &mut Trial<'_>) -> String {
    let random = trial.random();
    repeat_with(|| random.alphanumeric()).take(8).collect()
}

/// Gives the secret, and sees that the client prints it.
fn gives(trial: &mut Trial<'_>, server: &mut Conversation, secret: &[u8]) -> Outcome {
    server.send(&[b"S", secret].concat())?;
    prints(trial, server, secret)
}

/// Sees that the client has printed the secret that it was sent, at the latest at its end.
fn prints(trial: &mut Trial<'_>, server: &mut Conversation, secret: &[u8]) -> Outcome {
    // Some clients may wait for the close; others may have ended already.
    let _ = server.shutdown_write();
    if trial.prints(|printed| contains(printed, secret))? {
        return Ok(());
    }
    let process = trial.process()?;
    let happened = match process.exit() {
        Some(exit) => format!("{}, and it ended with {exit}", shown(&process.stdout())),
        None => format!("{}, and it runs on", shown(&process.stdout())),
    };
    Err(Problem::broken(
        format!("{} on standard output", shown(secret)),
        happened,
    ))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|other| other == part)
}
