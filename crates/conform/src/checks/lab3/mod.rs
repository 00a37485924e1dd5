//! The pickle server that assigns client ids.

mod causes;
mod client;
mod common;
mod connections;
mod errors;
mod exchange;
mod start;

pub(super) use client::word;
pub(crate) use client::{Student, text};
pub(crate) use errors::{AS_CALLS, NO_PICKLES};
pub(crate) use exchange::{KINDS, PROTOCOLS, is_id};

use self::client::Client;
use super::common::COMMON;
use crate::explore::{self, Clients, EXPLORING, Lab3};
use crate::{Arguments, Assignment, Role, Section};

pub(crate) const ASSIGNMENT: Assignment = Assignment {
    name: "lab3",
    role: Role::Server {
        visit: |trial, address| Ok(Client::connect(trial, address)?.conversation),
    },
    arguments: |host, port| Arguments::new().host(host).port(port),
    sections: &[
        Section::new("Start", start::CHECKS),
        Section::new("Exchange", exchange::CHECKS),
        Section::new("Errors and hostile clients", errors::CHECKS),
        Section::new("Connections and signals", connections::CHECKS),
        Section::new(COMMON, super::common::SERVER),
        Section::new(COMMON, common::CHECKS),
        Section::new(EXPLORING, &[explore::check::<Clients<Lab3>>()]),
    ],
    causes: causes::CAUSES,
    criteria: &[],
};

const NOT_IN_IT: &str = "not in the assignment: what a careful user expects";
const HOSTILE: &str = "not in the assignment: whoever can connect chooses what is unpickled, and a \
                       pickle is a program";
