//! The client of the text-transformation server: the requests of a file, pipelined.

mod common;
mod errors;
mod requests;

use harness::{Exit, Input};

use super::common::COMMON;
use crate::conversation::shown;
use crate::{Arguments, Assignment, Conversation, Outcome, Problem, Role, Section, Trial};

pub(crate) const ASSIGNMENT: Assignment = Assignment {
    name: "tcp_client",
    role: Role::Client,
    arguments: |host, port| {
        let options = Arguments::new()
            .host_option("-h", host)
            .port_option("-p", port);
        options.file("-")
    },
    sections: &[
        Section::new("Requests and responses", requests::CHECKS),
        Section::new("Errors", errors::CHECKS),
        Section::new(COMMON, super::common::CLIENT),
        Section::new(COMMON, common::CHECKS),
    ],
    causes: &[],
    criteria: &[],
};

/// The options that lead to the checker; the file is missing.
fn arguments(port: u16) -> Arguments {
    Arguments::new()
        .host_option("-h", "127.0.0.1")
        .port_option("-p", port)
}

/// 32 bits of length, then the data.
fn response(data: &[u8]) -> Vec<u8> {
    [&(data.len() as u32).to_be_bytes(), data].concat()
}

/// Starts the client with a file of these lines, and accepts its connection.
fn start(trial: &mut Trial<'_>, lines: &[u8]) -> Result<Conversation, Problem> {
    start_with(trial, lines, arguments)
}

/// How many bytes of its output are kept: more than any check here sends.
const KEPT_OUTPUT: usize = 32 << 20;

/// The same, with other options.
fn start_with(
    trial: &mut Trial<'_>,
    lines: &[u8],
    options: fn(u16) -> Arguments,
) -> Result<Conversation, Problem> {
    let listener = trial.listen()?;
    let file = trial.file(lines)?;
    let arguments = options(listener.port()).file(file);
    trial.start_as(&arguments, |program| {
        program.stdin(Input::Pipe).keep(KEPT_OUTPUT)
    })?;
    trial.accept(&listener)
}

/// When it has all responses, the client leaves, or it has said already that it sends no more and
/// waits for this end to leave. Then it ends.
fn finish(trial: &mut Trial<'_>, mut server: Conversation) -> Result<Exit, Problem> {
    let timeout = trial.timeout();
    server.expect_gone()?;
    drop(server);
    Ok(trial.process()?.wait_exit(timeout)?)
}

/// Lets the client finish, and looks what it has printed.
fn prints(trial: &mut Trial<'_>, server: Conversation, lines: &[u8]) -> Outcome {
    finish(trial, server)?;
    has_printed(trial, lines)
}

fn has_printed(trial: &mut Trial<'_>, lines: &[u8]) -> Outcome {
    let printed = trial.process()?.stdout();
    if printed == lines {
        return Ok(());
    }
    Err(Problem::broken(
        format!("{} on standard output", shown(lines)),
        shown(&printed),
    ))
}
