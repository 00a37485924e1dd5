//! The pickle server that assigns client ids.

mod client;
mod common;
mod connections;
mod errors;
mod exchange;
mod start;

use crate::{Arguments, Assignment, Role, Section};

pub(crate) const ASSIGNMENT: Assignment = Assignment {
    name: "lab3",
    role: Role::Server,
    arguments: |port| Arguments::new().host("127.0.0.1").port(port),
    sections: &[
        Section::new("Start", start::CHECKS),
        Section::new("Exchange", exchange::CHECKS),
        Section::new("Errors and hostile clients", errors::CHECKS),
        Section::new("Connections and signals", connections::CHECKS),
        Section::new("Common to all programs", common::CHECKS),
    ],
    criteria: &[],
};

const NOT_IN_IT: &str = "not in the assignment: what a careful user expects";
const HOSTILE: &str = "not in the assignment: whoever can connect chooses what is unpickled, and a \
                       pickle is a program";
