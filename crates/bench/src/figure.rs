//! What is measured: figures, their rows, their goals and their contenders.

use std::time::Duration;

use serde::Serialize;

use crate::{Error, Machine, Server};

/// One measurement in which our program, its limit and its peers take turns.
pub struct Figure {
    /// Its name on the command line. It begins with the program's name: `tcp_server-requests`.
    pub name: &'static str,
    /// The quantities that one round gives, each a row of the table.
    pub rows: Vec<Row>,
    /// The contenders; exactly one is [`Role::Ours`], at most one [`Role::Limit`].
    pub contenders: Vec<Contender>,
}

/// One quantity of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is, without the program's name: `requests/s, 64 B, 1 in flight`.
    pub what: String,
    /// Its unit.
    pub unit: Unit,
    /// What the ratio of ours to the limit is to reach.
    pub limit: Goal,
    /// What the ratio of ours to the best peer is to reach.
    pub peer: Option<Goal>,
}

impl Row {
    /// A row without a goal beside a peer.
    pub fn new(what: impl Into<String>, unit: Unit, limit: Goal) -> Self {
        Self {
            what: what.into(),
            unit,
            limit,
            peer: None,
        }
    }

    /// With a goal beside the best peer.
    pub fn peer(mut self, goal: Goal) -> Self {
        self.peer = Some(goal);
        self
    }
}

/// A bound of a ratio, which also tells which values are the better ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// The higher the better.
    AtLeast(f64),
    /// The lower the better.
    AtMost(f64),
}

/// The unit in which a quantity is measured; how it is shown is another matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// So many in a second: requests, clients, questions.
    #[serde(rename = "per second")]
    PerSecond,
    /// Bytes in a second; shown as GiB/s.
    #[serde(rename = "bytes per second")]
    BytesPerSecond,
    /// Seconds, of the clock or of processor time; shown as µs, ms or s.
    Seconds,
    /// Seconds of processor time for a byte; shown as seconds for a GiB.
    #[serde(rename = "seconds per byte")]
    SecondsPerByte,
    /// Bytes of memory; shown as MiB.
    Bytes,
}

/// A program that takes part in a figure.
pub struct Contender {
    /// Its part.
    pub role: Role,
    /// Its name in the table: `tcp_server`, `echo`, `redis-server`.
    pub name: &'static str,
    /// Starts it. A peer that is not there is [`Error::NotInstalled`].
    pub start: Start,
}

/// Starts a contender and gives back its rounds.
pub type Start = Box<dyn Fn(&Machine) -> Result<Round, Error>>;

/// Measures one round, checks all that came back, and gives the values of the figure's rows in
/// their order, in the [`Unit`]'s own size. What it owns (processes, files) is gone when dropped.
pub type Round = Box<dyn FnMut() -> Result<Vec<f64>, Error>>;

/// The part of a contender in a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Our program.
    Ours,
    /// The bare loop of system calls, or a number that is the limit.
    Limit,
    /// Another program that does the same.
    Peer,
}

impl Contender {
    /// A contender that `start` makes ready for its rounds.
    pub fn new<R>(
        role: Role,
        name: &'static str,
        start: impl Fn(&Machine) -> Result<R, Error> + 'static,
    ) -> Self
    where
        R: FnMut() -> Result<Vec<f64>, Error> + 'static,
    {
        let start = move |machine: &Machine| start(machine).map(|round| Box::new(round) as Round);
        Self {
            role,
            name,
            start: Box::new(start),
        }
    }

    /// A server that is started once, and what a round of the given length measures of it.
    pub fn server(
        role: Role,
        name: &'static str,
        start: impl Fn(&Machine) -> Result<Server, Error> + 'static,
        round: impl Fn(&mut Server, Duration) -> Result<Vec<f64>, Error> + Clone + 'static,
    ) -> Self {
        Self::new(role, name, move |machine| {
            let (mut server, length, round) = (start(machine)?, machine.round, round.clone());
            Ok(move || round(&mut server, length))
        })
    }

    /// A limit that is a number.
    pub fn bound(name: &'static str, value: f64) -> Self {
        Self::new(Role::Limit, name, move |_| Ok(move || Ok(vec![value])))
    }
}

/// How the cost of something grows with the work: a table, without a limit and a ratio.
pub struct Growth {
    /// Its name on the command line: `growth-tcp_server`.
    pub name: &'static str,
    /// Measures all of it.
    pub measure: fn(&Machine) -> Result<Vec<Table>, Error>,
}

/// Values as they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// The names of the columns.
    pub head: Vec<String>,
    /// Each as long as the head.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table of these columns.
    pub fn new(title: impl Into<String>, head: &[&str], rows: Vec<Vec<String>>) -> Self {
        Self {
            title: title.into(),
            head: head.iter().copied().map(str::to_owned).collect(),
            rows,
        }
    }
}
