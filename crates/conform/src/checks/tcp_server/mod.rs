//! The text-transformation server with a 5/27-bit header.

mod command_line;
mod common;
mod connections;
mod transformations;
mod wire;

use super::common::COMMON;
use crate::{Arguments, Assignment, Conversation, Outcome, Problem, Role, Section, Trial};

pub(crate) const ASSIGNMENT: Assignment = Assignment {
    name: "tcp_server",
    role: Role::Server {
        visit: |trial, address| {
            let mut client = trial.connect(address)?;
            is_served(&mut client)?;
            Ok(client)
        },
    },
    arguments: |_, port| Arguments::new().port_option("-p", port),
    sections: &[
        Section::new("Wire", wire::CHECKS),
        Section::new("Transformations", transformations::CHECKS),
        Section::new("Connections", connections::CHECKS),
        Section::new("Command line", command_line::CHECKS),
        Section::new(COMMON, super::common::SERVER),
        Section::new(COMMON, common::CHECKS),
    ],
    causes: &[],
    criteria: &[],
};

const UPPERCASE: u32 = 0x01;
const LOWERCASE: u32 = 0x02;
const REVERSE: u32 = 0x04;
const SHUFFLE: u32 = 0x08;
const RANDOM: u32 = 0x10;
const ACTIONS: [u32; 5] = [UPPERCASE, LOWERCASE, REVERSE, SHUFFLE, RANDOM];

/// 5 bits of action and 27 bits of length, then the data.
fn request(action: u32, data: &[u8]) -> Vec<u8> {
    let word = action << 27 | data.len() as u32;
    [&word.to_be_bytes(), data].concat()
}

/// 32 bits of length, then the data.
fn response(data: &[u8]) -> Vec<u8> {
    [&(data.len() as u32).to_be_bytes(), data].concat()
}

/// Starts the server and connects to it.
fn connected(trial: &mut Trial<'_>) -> Result<Conversation, Problem> {
    let address = trial.serve()?;
    trial.connect(address)
}

/// Sees that the client is served: the probe of many checks.
fn is_served(client: &mut Conversation) -> Outcome {
    client.send(b"\x08\0\0\x05hello")?;
    client.expect(b"\0\0\0\x05HELLO")
}

/// The data of the next response.
fn receive_response(client: &mut Conversation) -> Result<Vec<u8>, Problem> {
    let length = receive_length(client)?;
    client.receive(length)
}

/// The length of the next response.
fn receive_length(client: &mut Conversation) -> Result<usize, Problem> {
    let header = client.receive(4)?;
    let length = header
        .iter()
        .fold(0, |length, byte| length << 8 | u32::from(*byte));
    Ok(length as usize)
}
