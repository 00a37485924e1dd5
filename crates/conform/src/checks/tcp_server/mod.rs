//! The text-transformation server with a 5/27-bit header.

mod causes;
mod command_line;
mod common;
mod connections;
mod transformations;
mod wire;

use std::iter::repeat_with;
use std::net::SocketAddr;

use harness::shown;

use super::common::COMMON;
use crate::explore::{self, Clients, EXPLORING, TcpServer};
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
        Section::new(EXPLORING, &[explore::check::<Clients<TcpServer>>()]),
    ],
    causes: causes::CAUSES,
    criteria: &[],
};

/// What a check rests on that sees several clients, a request each.
const SERVED: &[&str] = &["T-1", "T-16"];

pub(crate) const UPPERCASE: u32 = 0x01;
pub(crate) const LOWERCASE: u32 = 0x02;
pub(crate) const REVERSE: u32 = 0x04;
pub(crate) const SHUFFLE: u32 = 0x08;
pub(crate) const RANDOM: u32 = 0x10;
pub(crate) const ACTIONS: [u32; 5] = [UPPERCASE, LOWERCASE, REVERSE, SHUFFLE, RANDOM];

/// 5 bits of action and 27 bits of length, then the data.
pub(crate) fn request(action: u32, data: &[u8]) -> Vec<u8> {
    let word = action << 27 | data.len() as u32;
    [&word.to_be_bytes(), data].concat()
}

/// 32 bits of length, then the data.
pub(crate) fn response(data: &[u8]) -> Vec<u8> {
    [&(data.len() as u32).to_be_bytes(), data].concat()
}

/// Random letters of both cases.
fn letters(trial: &mut Trial<'_>, length: usize) -> String {
    let random = trial.random();
    repeat_with(|| random.alphabetic()).take(length).collect()
}

/// Starts the server and connects to it.
fn connected(trial: &mut Trial<'_>) -> Result<Conversation, Problem> {
    let address = trial.serve()?;
    trial.connect(address)
}

/// Sees that the client is served: the probe of many checks. What it sends is another text for each
/// connection.
fn is_served(client: &mut Conversation) -> Outcome {
    let text = format!("From port {}", client.local_address().port());
    client.send(&request(UPPERCASE, text.as_bytes()))?;
    expect_text(client, &text)
}

/// Receives the response of `uppercase`. Whether its letters are in uppercase is T-9's alone.
fn expect_text(client: &mut Conversation, text: &str) -> Outcome {
    let expected = response(text.to_uppercase().as_bytes());
    let broken = |happened: String| Problem::broken(shown(&expected), happened);
    let instead = |problem| match problem {
        Problem::Broken { happened, .. } => broken(happened),
        problem @ Problem::NotJudged(_) => problem,
    };
    let header = client.receive(4).map_err(instead)?;
    if header != expected[..4] {
        let reversed: Vec<u8> = header.iter().rev().copied().collect();
        return Err(broken(if reversed == expected[..4] {
            format!("{}, a length in little-endian order", shown(&header))
        } else if is_start_of(&header, text) {
            format!("{}, the message without its length", shown(&header))
        } else {
            shown(&header)
        }));
    }
    let data = client.receive(text.len()).map_err(instead)?;
    if data.eq_ignore_ascii_case(text.as_bytes()) {
        return Ok(());
    }
    Err(broken(shown(&response(&data))))
}

fn is_start_of(bytes: &[u8], text: &str) -> bool {
    let start = text.as_bytes().get(..bytes.len());
    start.is_some_and(|start| bytes.eq_ignore_ascii_case(start))
}

/// Sends a request on a connection of its own, and returns the data of its response; `None` if it
/// has more than [`MOST_RECEIVED`] bytes.
fn ask(
    trial: &Trial<'_>,
    address: SocketAddr,
    action: u32,
    message: &[u8],
) -> Result<Option<Vec<u8>>, Problem> {
    let mut client = trial.connect(address)?;
    client.send(&request(action, message))?;
    let header = client.receive(4)?;
    let length = header
        .iter()
        .fold(0, |length, byte| length << 8 | usize::from(*byte));
    if length > MOST_RECEIVED {
        return Ok(None);
    }
    client.receive(length).map(Some)
}

/// A longer response of `random` was made by a Pareto number without bound, which can be right.
/// Nobody has to wait for it.
const MOST_RECEIVED: usize = 1 << 20;
