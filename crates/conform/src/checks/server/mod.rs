//! The server that stores messages until they are read.

mod common;
mod connections;
mod messages;
mod records;
mod requests;

use std::net::SocketAddr;

use super::common::COMMON;
use super::messages::{create, read, response};
use crate::{Arguments, Assignment, Conversation, Outcome, Problem, Role, Section, Trial};

pub(crate) const ASSIGNMENT: Assignment = Assignment {
    name: "server",
    role: Role::Server {
        visit: |trial, address| {
            is_served(trial, address)?;
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
    ],
    causes: &[],
    criteria: &[],
};

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

/// Stores a message: it is when the connection is closed.
fn store(
    trial: &Trial<'_>,
    address: SocketAddr,
    sender: &[u8],
    receiver: &[u8],
    text: &[u8],
) -> Outcome {
    send(trial, address, &create(sender, receiver, text))?.expect_gone()
}

/// Sees that exactly this is sent to a user who reads.
fn is_sent(trial: &Trial<'_>, address: SocketAddr, name: &[u8], record: &[u8]) -> Outcome {
    let mut reader = send(trial, address, &read(name))?;
    reader.expect(record)?;
    reader.expect_gone()
}

fn nothing_is_stored(trial: &Trial<'_>, address: SocketAddr, name: &[u8]) -> Outcome {
    is_sent(trial, address, name, &response(0, &[]))
}

/// Sees that a client is served: the probe of many checks.
fn is_served(trial: &Trial<'_>, address: SocketAddr) -> Outcome {
    nothing_is_stored(trial, address, b"nobody")
}
