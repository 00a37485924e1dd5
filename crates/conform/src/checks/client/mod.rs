//! The client that stores and reads messages.

mod causes;
mod command_line;
mod common;
mod errors;
mod exchange;
mod records;

pub(crate) use command_line::sends;
pub(crate) use exchange::{shows_in_order, shows_messages};

use harness::{Finished, Input, Listener};

use super::common::COMMON;
use super::messages::{Message, SECOND, create, read, response};
use crate::explore::{self, Client, EXPLORING};
use crate::{Arguments, Assignment, Conversation, Outcome, Problem, Role, Section, Trial};

pub(crate) const ASSIGNMENT: Assignment = Assignment {
    name: "client",
    role: Role::Client { default_port: None },
    arguments: |host, port| {
        Arguments::new()
            .host(host)
            .port(port)
            .word("alice")
            .word("read")
    },
    sections: &[
        Section::new("Records", records::CHECKS),
        Section::new("Command line and prompts", command_line::CHECKS),
        Section::new("Exchange", exchange::CHECKS),
        Section::new("Errors", errors::CHECKS),
        Section::new(COMMON, super::common::CLIENT),
        Section::new(COMMON, common::CHECKS),
        Section::new(EXPLORING, &[explore::check::<Client>()]),
    ],
    causes: causes::CAUSES,
    criteria: &[],
};

/// The user of whom nothing but a name is needed.
pub(crate) const ALICE: &str = "alice";

pub(crate) fn arguments(port: u16, name: &str, task: &str) -> Arguments {
    let address = Arguments::new().host("127.0.0.1").port(port);
    address.word(name).word(task)
}

/// Starts the client for alice.
fn start(trial: &mut Trial<'_>, listener: &Listener, task: &str, stdin: Input) -> Outcome {
    let arguments = arguments(listener.port(), ALICE, task);
    trial.start(&arguments, stdin).map(drop)
}

/// Starts the client for alice to read, and receives her request. Whether it is right is C-1.
fn start_reading(trial: &mut Trial<'_>, listener: &Listener) -> Result<Conversation, Problem> {
    start(trial, listener, "read", Input::Pipe)?;
    let mut server = trial.accept(listener)?;
    let _ = server.receive(read(ALICE).len());
    Ok(server)
}

/// Starts the client for alice to create this message, and receives her request. Whether it is
/// right is C-1/2.
fn start_creating(
    trial: &mut Trial<'_>,
    listener: &Listener,
    receiver: &str,
    text: &str,
) -> Result<Conversation, Problem> {
    let lines = format!("{receiver}\n{text}\n").into_bytes();
    start(trial, listener, "create", Input::Bytes(lines))?;
    let mut server = trial.accept(listener)?;
    let _ = server.receive(create(ALICE, receiver, text).len());
    Ok(server)
}

/// What the server does after its response.
#[derive(Clone, Copy)]
enum Then {
    Closes,
    Stays,
}

/// Runs the client for alice to read this.
fn reads(trial: &mut Trial<'_>, record: &[u8]) -> Result<Finished, Problem> {
    let listener = trial.listen()?;
    reads_from(trial, &listener, record, Then::Closes)
}

/// Runs the client for alice to read these messages.
fn reads_messages(trial: &mut Trial<'_>, messages: &[Message]) -> Result<Finished, Problem> {
    reads(trial, &response(0, messages))
}

/// The same at a listener that there is already: what two runs print differs in nothing but what
/// they read.
fn reads_from(
    trial: &mut Trial<'_>,
    listener: &Listener,
    record: &[u8],
    then: Then,
) -> Result<Finished, Problem> {
    let mut server = start_reading(trial, listener)?;
    server.send(record)?;
    if let Then::Closes = then {
        // The client may be faster.
        let _ = server.shutdown_write();
    }
    ended(trial)
}

/// Waits until the client that was started last ends by itself. A gap of a second may be part of
/// it.
pub(crate) fn ended(trial: &mut Trial<'_>) -> Result<Finished, Problem> {
    let timeout = trial.timeout() + 2 * SECOND;
    let exit = trial.wait_end(timeout)?;
    let client = trial.process()?;
    Ok(Finished {
        exit,
        stdout: client.stdout(),
        stderr: client.stderr(),
    })
}

/// What was printed on both outputs.
pub(crate) fn both(finished: &Finished) -> String {
    let both = [&finished.stdout[..], b"\n", &finished.stderr].concat();
    String::from_utf8_lossy(&both).into_owned()
}

/// Whether one run has printed something, on either output, that another has not: not just the
/// beginning of what the other has.
pub(crate) fn says_more(this: &Finished, other: &Finished) -> bool {
    !other.stdout.starts_with(&this.stdout) || !other.stderr.starts_with(&this.stderr)
}
