//! The client of the text-transformation server: the requests of a file, pipelined.

mod causes;
mod common;
mod errors;
mod requests;

pub(crate) use errors::has_failed;

use std::iter::repeat_with;

use harness::{Exit, Input, Listener, Output, Program, shown};

use super::common::COMMON;
use super::tcp_server::{LOWERCASE, RANDOM, REVERSE, SHUFFLE, UPPERCASE, request, response};
use crate::explore::{self, EXPLORING, TcpClient};
use crate::{Arguments, Assignment, Conversation, Outcome, Problem, Role, Section, Trial};

pub(crate) const ASSIGNMENT: Assignment = Assignment {
    name: "tcp_client",
    role: Role::Client {
        default_port: Some(super::default_port::DEFAULT_PORT),
    },
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
        Section::new(EXPLORING, &[explore::check::<TcpClient>()]),
    ],
    causes: causes::CAUSES,
    criteria: &[],
};

/// The names that lines begin with, and what they become in a request.
pub(crate) const ACTIONS: [(&str, u32); 5] = [
    ("uppercase", UPPERCASE),
    ("lowercase", LOWERCASE),
    ("reverse", REVERSE),
    ("shuffle", SHUFFLE),
    ("random", RANDOM),
];

/// The options that lead to the checker; the file is missing.
pub(crate) fn arguments(port: u16) -> Arguments {
    Arguments::new()
        .host_option("-h", "127.0.0.1")
        .port_option("-p", port)
}

/// Random letters of both cases.
fn letters(trial: &mut Trial<'_>, length: usize) -> String {
    let random = trial.random();
    repeat_with(|| random.alphabetic()).take(length).collect()
}

/// So many different messages, as many bytes each as fit into the smallest segment.
fn messages<const N: usize>(trial: &mut Trial<'_>) -> [String; N] {
    [(); N].map(|()| {
        let length = trial.random().usize(6..60);
        letters(trial, length)
    })
}

/// A file that has each of them put into uppercase.
fn lines(messages: &[String]) -> Vec<u8> {
    let line = |message| format!("uppercase {message}\n");
    messages.iter().map(line).collect::<String>().into_bytes()
}

/// Starts the client with a file of these lines, and accepts its connection.
fn start(trial: &mut Trial<'_>, lines: &[u8]) -> Result<Conversation, Problem> {
    start_with(trial, lines, arguments)
}

/// The same, with other options.
fn start_with(
    trial: &mut Trial<'_>,
    lines: &[u8],
    options: fn(u16) -> Arguments,
) -> Result<Conversation, Problem> {
    let listener = trial.listen()?;
    let file = trial.file(lines)?;
    start_at(trial, &listener, &options(listener.port()).file(file))
}

/// Starts the client as a person at a terminal does, and accepts its connection.
fn start_at(
    trial: &mut Trial<'_>,
    listener: &Listener,
    arguments: &Arguments,
) -> Result<Conversation, Problem> {
    trial.start_as(arguments, at_a_terminal)?;
    trial.accept(listener)
}

fn at_a_terminal(program: Program) -> Program {
    program.stdin(Input::Pipe).stdout(Output::Terminal)
}

/// Receives a request.
pub(crate) fn expect_request(server: &mut Conversation, action: u32, message: &[u8]) -> Outcome {
    let expected = request(action, message);
    let received = server.receive(4).map_err(|problem| match problem {
        Problem::Broken { happened, .. } => Problem::broken(shown(&expected), happened),
        problem @ Problem::NotJudged(_) => problem,
    })?;
    if received == expected[..4] {
        return server.expect_bytes(message);
    }
    let word = received
        .iter()
        .fold(0, |word, byte| word << 8 | u32::from(*byte));
    let right = action << 27 | message.len() as u32;
    let why = match word {
        _ if word == right + 1 => ", as if the end of the line belonged to the message",
        _ if word == right.swap_bytes() => ", a header in little-endian order",
        _ if word == action << 24 | message.len() as u32 => ", an action of 8 bits",
        _ => "",
    };
    let happened = format!("{}{why}", shown(&received));
    Err(Problem::broken(shown(&expected), happened))
}

/// Receives a request for each message.
fn expect_requests(server: &mut Conversation, messages: &[String]) -> Outcome {
    messages
        .iter()
        .try_for_each(|message| expect_request(server, UPPERCASE, message.as_bytes()))
}

/// Sends these responses together.
fn respond(server: &mut Conversation, answers: &[impl AsRef<str>]) -> Outcome {
    let responses = answers
        .iter()
        .map(|answer| response(answer.as_ref().as_bytes()));
    Ok(server.send(&responses.collect::<Vec<_>>().concat())?)
}

/// When it has all responses, the client leaves, or it has said already that it sends no more and
/// waits for this end to leave. Then it ends.
pub(crate) fn finish(trial: &mut Trial<'_>, mut server: Conversation) -> Result<Exit, Problem> {
    server.expect_gone()?;
    drop(server);
    trial.wait_exit()
}

/// Waits until each of these is a line of what is printed, in this order. What else is printed is
/// another matter.
pub(crate) fn prints(trial: &mut Trial<'_>, lines: &[impl AsRef<str>]) -> Outcome {
    let shown: Vec<_> = lines
        .iter()
        .map(|line| shown(line.as_ref().as_bytes()))
        .collect();
    trial.wait_printed(&format!("the lines {}", shown.join(", ")), |printed| {
        let mut printed = printed.split_inclusive('\n');
        lines
            .iter()
            .all(|line| printed.any(|other| other.strip_suffix('\n') == Some(line.as_ref())))
    })
}
