//! The client of the math server: it adds until it is given the secret.

mod command_line;
mod common;
mod errors;
mod exchange;

use harness::Input;

use super::common::COMMON;
use crate::conversation::shown;
use crate::{Arguments, Assignment, Conversation, Outcome, Problem, Role, Section, Trial};

pub(crate) const ASSIGNMENT: Assignment = Assignment {
    name: "lab4",
    role: Role::Client,
    arguments: |host, port| Arguments::new().host(host).port(port),
    sections: &[
        Section::new("Exchange", exchange::CHECKS),
        Section::new("Errors and limits", errors::CHECKS),
        Section::new("Command line and speed", command_line::CHECKS),
        Section::new(COMMON, super::common::CLIENT),
        Section::new(COMMON, common::CHECKS),
    ],
    causes: &[],
    criteria: &[],
};

/// 2 + 40
const QUESTION: &[u8] = b"Q\0\0\0\x02\0\0\0\x28";
const ANSWER: &[u8] = b"\0\0\0\x2a";

fn arguments(host: &str, port: u16) -> Arguments {
    Arguments::new().host(host).port(port)
}

/// Starts the client, and accepts its connection.
fn start(trial: &mut Trial<'_>) -> Result<Conversation, Problem> {
    let listener = trial.listen()?;
    trial.start(&arguments("127.0.0.1", listener.port()), Input::Pipe)?;
    trial.accept(&listener)
}

fn asks(server: &mut Conversation) -> Outcome {
    server.send(QUESTION)?;
    server.expect(ANSWER)
}

/// Gives the secret, and sees that the client prints it.
fn gives(trial: &mut Trial<'_>, server: &mut Conversation, secret: &[u8]) -> Outcome {
    server.send(&[b"S", secret].concat())?;
    prints(trial, server, secret)
}

/// Sees that the client has printed the secret that it was sent, at the latest at its end.
fn prints(trial: &mut Trial<'_>, server: &mut Conversation, secret: &[u8]) -> Outcome {
    let timeout = trial.timeout();
    // Some clients may wait for the close; others may have ended already.
    let _ = server.shutdown_write();
    let process = trial.process()?;
    let has_secret = |printed: &[u8]| contains(printed, secret);
    if process.wait_stdout(has_secret, timeout).is_ok() {
        return Ok(());
    }
    let happened = match process.exit() {
        Some(exit) => format!("{}, and it ended with {exit}", shown(&process.stdout())),
        None => format!("{}, and it runs on", shown(&process.stdout())),
    };
    Err(Problem::broken(
        format!("{} on standard output", shown(secret)),
        happened,
    ))
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|part| part == wanted)
}
