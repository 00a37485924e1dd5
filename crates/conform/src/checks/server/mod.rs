//! The server that stores messages until they are read.

mod causes;
mod common;
mod connections;
mod messages;
mod records;
mod requests;

use std::net::SocketAddr;

use harness::{Event, shown};

use super::common::COMMON;
use super::messages::{Message, create, read, response};
use crate::explore::{self, Clients, EXPLORING, Server};
use crate::{Arguments, Assignment, Conversation, Outcome, Problem, Role, Section, Trial};

pub(crate) const ASSIGNMENT: Assignment = Assignment {
    name: "server",
    role: Role::Server {
        visit: |trial, address| {
            let mut reader = served(trial, address)?;
            // The server closes first, so that its end is the one that the system keeps for a
            // while. Whether it closes is another check's.
            let _ = reader.expect_gone();
            trial.connect(address)
        },
    },
    arguments: |_, port| Arguments::new().port(port),
    sections: &[
        Section::new("Records", records::CHECKS),
        Section::new("Start and requests", requests::CHECKS),
        Section::new("Messages", messages::CHECKS),
        Section::new("Errors, many clients and signals", connections::CHECKS),
        Section::new(COMMON, super::common::SERVER),
        Section::new(COMMON, common::CHECKS),
        Section::new(EXPLORING, &[explore::check::<Clients<Server>>()]),
    ],
    causes: causes::CAUSES,
    criteria: &[],
};

/// What every check rests on that looks whether the server still serves.
const SERVED: &[&str] = &["C-10"];

/// What every check rests on that stores a message and reads it: the records.
const RECORDS: &[&str] = &["C-1", "C-1/2"];

/// What every check rests on that stores many messages, which it does only if each is closed.
const MANY: &[&str] = &["C-1", "C-1/2", "C-9", "C-10/2", "C-10/8"];

/// What every check rests on that stores many long messages, which come in pieces.
const MUCH: &[&str] = &["C-1", "C-1/2", "C-1/3", "C-7/4", "C-9", "C-10/2", "C-10/8"];

/// Starts the server for a check that needs more than its connections. One that runs already is
/// left alone.
fn serve_here(trial: &mut Trial<'_>) -> Result<SocketAddr, Problem> {
    let address = trial.serve()?;
    trial.process()?;
    Ok(address)
}

/// Connects and sends a request.
fn send(trial: &Trial<'_>, address: SocketAddr, request: &[u8]) -> Result<Conversation, Problem> {
    let mut client = trial.connect(address)?;
    client.send(request)?;
    Ok(client)
}

/// Stores a message: it is when the connection is closed. Whether it is closed is C-9.
fn store(
    trial: &Trial<'_>,
    address: SocketAddr,
    receiver: &str,
    (sender, text): &Message,
) -> Outcome {
    let mut client = send(trial, address, &create(sender, receiver, text))?;
    client.next_event(1, trial.timeout());
    Ok(())
}

/// Sees that exactly these are sent to a user who reads, and no more are left.
fn is_sent(trial: &Trial<'_>, address: SocketAddr, name: &str, messages: &[Message]) -> Outcome {
    is_sent_record(trial, address, name, &response(0, messages))
}

/// The messages are removed when the connection is closed. Whether it is closed is C-10/7.
fn is_sent_record(trial: &Trial<'_>, address: SocketAddr, name: &str, record: &[u8]) -> Outcome {
    let mut reader = send(trial, address, &read(name))?;
    record
        .chunks(1 << 16)
        .try_for_each(|piece| reader.expect_bytes(piece))?;
    reader.next_event(1, trial.timeout());
    Ok(())
}

/// Whether a reader without messages gets a response is C-10.
fn nothing_is_stored(trial: &Trial<'_>, address: SocketAddr, name: &str) -> Outcome {
    let mut reader = send(trial, address, &read(name))?;
    match reader.receive(5) {
        Ok(header) if header[3] != 0 => Err(Problem::broken(
            format!("no messages for {name}"),
            format!("a response that begins with {}", shown(&header)),
        )),
        _ => Ok(()),
    }
}

/// Sees that a client is served in any way: the probe of many checks, which rest on [`SERVED`].
fn is_served(trial: &Trial<'_>, address: SocketAddr) -> Outcome {
    served(trial, address).map(drop)
}

fn served(trial: &Trial<'_>, address: SocketAddr) -> Result<Conversation, Problem> {
    let mut reader = send(trial, address, &read("nobody"))?;
    match reader.next_event(5, trial.timeout()) {
        Event::Data(_) | Event::Closed => Ok(reader),
        event => Err(Problem::broken(
            "the next client is served",
            event.to_string(),
        )),
    }
}
