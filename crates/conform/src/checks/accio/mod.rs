//! The client of the accio server, which sends a file.

mod causes;
mod common;
mod errors;
mod exchange;
mod file;

pub(crate) use exchange::{accept_with, is_file};

use std::ffi::OsStr;

use super::common::COMMON;
use crate::explore::{self, Accio, EXPLORING};
use crate::{Arguments, Assignment, Role, Section};

pub(super) const ASSIGNMENT: Assignment = Assignment {
    name: "accio",
    role: Role::Client { default_port: None },
    arguments: |host, port| Arguments::new().host(host).port(port).file("/dev/null"),
    sections: &[
        Section::new("Exchange", exchange::CHECKS),
        Section::new("Limits and errors", errors::CHECKS),
        Section::new("File and pace", file::CHECKS),
        Section::new(COMMON, super::common::CLIENT),
        Section::new(COMMON, common::CHECKS),
        Section::new(EXPLORING, &[explore::check::<Accio>()]),
    ],
    causes: causes::CAUSES,
    criteria: &[],
};

/// Sends this file to a server here.
fn arguments(port: u16, file: impl AsRef<OsStr>) -> Arguments {
    Arguments::new().host("127.0.0.1").port(port).file(file)
}
