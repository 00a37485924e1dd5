//! The client of the pickle server.

mod causes;
mod common;
mod errors;
mod exchange;

pub(crate) use errors::{NO_IDS, NO_PICKLES, fails};
pub(crate) use exchange::{Id, REPLIES, ends, finish, is_of_its_kind, is_student, stays_whole};

use std::ffi::OsStr;

use harness::{Input, Program};

use super::common::COMMON;
use crate::explore::{self, EXPLORING, Lab2};
use crate::{Arguments, Assignment, Conversation, Problem, Role, Section, Trial};

pub(crate) const ASSIGNMENT: Assignment = Assignment {
    name: "lab2",
    role: Role::Client {
        default_port: Some(DEFAULT_PORT),
    },
    arguments: |host, port| {
        let options = Arguments::new()
            .host_option("--host", host)
            .port_option("--port", port);
        STUDENT.into_iter().fold(options, Arguments::word)
    },
    sections: &[
        Section::new("Exchange", exchange::CHECKS),
        Section::new("Errors", errors::CHECKS),
        Section::new(COMMON, super::common::CLIENT),
        Section::new(COMMON, common::CHECKS),
        Section::new(EXPLORING, &[explore::check::<Lab2>()]),
    ],
    causes: causes::CAUSES,
    criteria: &[],
};

const NOT_IN_IT: &str = "not in the assignment: what a careful user expects";
const HOSTILE: &str = "not in the assignment: a pickle is a program, and the server chooses it";

/// `{'clientid': 51669}`, as Python writes it.
const ID: &[u8] = b"\x80\x04\x95\x12\0\0\0\0\0\0\0}\x94\x8c\x08clientid\x94M\xd5\xc9s.";

/// What the client prints about that id.
const ID_LINE: &str = "Client id 51669 assigned by server";

/// `'server got the data'`, as Python writes it.
const REPLY: &[u8] = b"\x80\x04\x95\x17\0\0\0\0\0\0\0\x8c\x13server got the data\x94.";

/// What the client prints about that reply.
const REPLY_LINE: &str = "server got the data";

/// The arguments that the checks look for in what is sent.
const STUDENT: [&str; 3] = ["Ann Lee", "ann7", "918273645"];

const DEFAULT_PORT: u16 = 12_000;

fn arguments(port: u16) -> Arguments {
    arguments_of(port, &STUDENT)
}

/// What tells the client where its server is, and who the student is.
pub(crate) fn arguments_of<S: AsRef<OsStr>>(port: u16, student: &[S; 3]) -> Arguments {
    let options = Arguments::new()
        .host_option("--host", "127.0.0.1")
        .port_option("--port", port);
    student.iter().fold(options, Arguments::word)
}

/// Starts the client, and accepts its connection.
fn start(trial: &mut Trial<'_>) -> Result<Conversation, Problem> {
    start_as(trial, arguments, |program| program)
}

/// The same, with other arguments or a change to how the program is started.
fn start_as(
    trial: &mut Trial<'_>,
    arguments: impl Fn(u16) -> Arguments,
    change: impl FnOnce(Program) -> Program,
) -> Result<Conversation, Problem> {
    let listener = trial.listen()?;
    let change = |program: Program| change(program.stdin(Input::Pipe));
    trial.start_as(&arguments(listener.port()), change)?;
    trial.accept(&listener)
}
