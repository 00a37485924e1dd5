//! The simplified accio server, which counts the bytes of a file.

mod causes;
mod client;
mod command_line;
mod common;
mod connections;
mod criteria;
mod errors;
mod exchange;

pub(super) use client::{A_MOMENT, LIMIT, random_file};
pub(crate) use client::{COMMAND, FIRST, HEADER, SECOND};

use super::common::COMMON;
use crate::explore::{self, EXPLORING, ServerS};
use crate::{Arguments, Assignment, Role, Section};

pub(super) const ASSIGNMENT: Assignment = Assignment {
    name: "server-s",
    role: Role::Server {
        visit: client::shake_hands,
    },
    arguments: |_, port| Arguments::new().port(port),
    sections: &[
        Section::new("Exchange", exchange::CHECKS),
        Section::new("Errors", errors::CHECKS),
        Section::new("Connections", connections::CHECKS),
        Section::new("Command line and signals", command_line::CHECKS),
        Section::new(COMMON, super::common::SERVER),
        Section::new(COMMON, common::CHECKS),
        Section::new(EXPLORING, &[explore::check::<ServerS>()]),
    ],
    causes: causes::CAUSES,
    criteria: criteria::CRITERIA,
};
