use std::net::SocketAddr;

use crate::{Arguments, Cause, Check, Conversation, Problem, Trial};

/// Which end of the protocol a program is.
#[derive(Clone, Copy, Debug)]
pub enum Role {
    /// It listens, and the checks connect.
    Server {
        /// Has a client served in the plainest way; it stays connected afterwards if the protocol
        /// allows that.
        visit: fn(&Trial<'_>, SocketAddr) -> Result<Conversation, Problem>,
    },
    /// The checks listen, and it connects.
    Client {
        /// The port that it connects to if it is told none; nothing if it has to be told one.
        default_port: Option<u16>,
    },
}

/// What a program is graded against.
#[derive(Clone, Copy, Debug)]
pub struct Assignment {
    /// The program's name in the assignment.
    pub name: &'static str,
    /// Which end it is.
    pub role: Role,
    /// The ordinary arguments: they make a server listen at this address, and a client connect to
    /// it.
    pub arguments: fn(host: &str, port: &str) -> Arguments,
    /// Its checks by section, in the order of the specification.
    pub sections: &'static [Section],
    /// The mistakes that people make, the commonest first.
    pub causes: &'static [Cause],
    /// The assignment's own grading criteria that can be seen from outside, if it has any.
    pub criteria: &'static [Criterion],
}

/// The checks that stand under one heading of the specification.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// The heading.
    pub title: &'static str,
    /// The checks, in the order of their clauses.
    pub checks: &'static [Check],
}

impl Section {
    pub(crate) const fn new(title: &'static str, checks: &'static [Check]) -> Self {
        Self { title, checks }
    }
}

/// One of an assignment's own grading criteria.
#[derive(Clone, Copy, Debug)]
pub struct Criterion {
    /// Its number in the assignment.
    pub number: u32,
    /// What it is worth.
    pub points: u32,
    /// What the assignment says.
    pub title: &'static str,
    /// The checks that all have to hold for it.
    pub checks: &'static [&'static str],
}

impl Assignment {
    /// All assignments, by the names of their programs.
    pub fn all() -> &'static [Self] {
        crate::checks::ASSIGNMENTS
    }

    /// All its checks, in the order of the specification.
    pub fn checks(&self) -> impl Iterator<Item = &'static Check> + use<> {
        self.sections.iter().flat_map(|section| section.checks)
    }

    /// The heading in the specification under which a check stands.
    pub fn heading(&self, check: &Check) -> &'static str {
        let mut sections = self.sections.iter();
        let section = sections.find(|section| section.checks.iter().any(|one| one.id == check.id));
        section.map_or("", |section| section.title)
    }

    /// The ordinary arguments, with a port of 127.0.0.1.
    pub fn arguments_at(&self, port: u16) -> Arguments {
        (self.arguments)("127.0.0.1", &port.to_string())
    }

    /// The assignment of a program.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all()
            .iter()
            .find(|assignment| assignment.name == name)
    }
}
