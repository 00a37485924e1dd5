//! What is measured: figures, their rows, their goals and their contenders.

use crate::{Error, Machine};

/// One measurement in which our program, its limit and its peers take turns.
pub struct Figure {
    /// What it is asked for by. It begins with the program's name: `tcp_server-requests`.
    pub name: &'static str,
    /// The quantities that one round gives, each a row of the table.
    pub rows: Vec<Row>,
    /// Who takes part; exactly one is [`Role::Ours`], at most one [`Role::Limit`].
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
    pub limit: Option<Goal>,
    /// What the ratio of ours to the best peer is to reach.
    pub peer: Option<Goal>,
}

/// A bound of a ratio. It also says which values are the better ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// The higher the better.
    AtLeast(f64),
    /// The lower the better.
    AtMost(f64),
}

/// The unit in which a quantity is measured; how it is shown is another matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// So many in a second: requests, clients, questions.
    PerSecond,
    /// Bytes in a second; shown as GiB/s.
    BytesPerSecond,
    /// Seconds, of the clock or of processor time; shown as µs, ms or s.
    Seconds,
    /// Seconds of processor time for a byte; shown as seconds for a GiB.
    SecondsPerByte,
    /// Bytes of memory; shown as MiB.
    Bytes,
}

/// One who takes part in a figure.
pub struct Contender {
    /// As what.
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

/// As what a contender takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Our program.
    Ours,
    /// The bare loop of system calls, or a number that is the limit.
    Limit,
    /// Another program that does the same.
    Peer,
}

impl Contender {
    /// Our program.
    pub fn ours<R>(
        name: &'static str,
        start: impl Fn(&Machine) -> Result<R, Error> + 'static,
    ) -> Self
    where
        R: FnMut() -> Result<Vec<f64>, Error> + 'static,
    {
        Self::new(Role::Ours, name, start)
    }

    /// The bare loop.
    pub fn limit<R>(
        name: &'static str,
        start: impl Fn(&Machine) -> Result<R, Error> + 'static,
    ) -> Self
    where
        R: FnMut() -> Result<Vec<f64>, Error> + 'static,
    {
        Self::new(Role::Limit, name, start)
    }

    /// Another program that many people have.
    pub fn peer<R>(
        name: &'static str,
        start: impl Fn(&Machine) -> Result<R, Error> + 'static,
    ) -> Self
    where
        R: FnMut() -> Result<Vec<f64>, Error> + 'static,
    {
        Self::new(Role::Peer, name, start)
    }

    /// A limit that is a number, one for each row.
    pub fn bound(name: &'static str, values: Vec<f64>) -> Self {
        Self::limit(name, move |_| {
            let values = values.clone();
            Ok(move || Ok(values.clone()))
        })
    }

    fn new<R>(
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
}

/// How the cost of something grows with the work: a table, without a limit and a ratio.
pub struct Growth {
    /// What it is asked for by: `growth-tcp_server`.
    pub name: &'static str,
    /// Measures all of it.
    pub measure: fn(&Machine) -> Result<Vec<Table>, Error>,
}

/// Values as they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// The names of the columns.
    pub head: Vec<String>,
    /// Each as long as the head.
    pub rows: Vec<Vec<String>>,
}
