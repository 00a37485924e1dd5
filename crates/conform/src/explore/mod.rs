//! Conversations that nobody wrote: drawn from a number, played with the program, and judged by a
//! small model of the assignment. One that goes wrong is made as small as it can be.
//!
//! A [`Model`] knows one program's assignment. It draws a case from a number, plays it and judges
//! it; [`search`] does everything else: it plays case after case, plays one that went wrong again
//! with a fresh program, makes it smaller, and tells what is broken each time from what is not.
//!
//! # To add a program
//! - A server implements [`Protocol`](clients::Protocol) in a file of its own here: its requests,
//!   and what has to come back. Several clients, pieces, pauses, half-closes and resets come from
//!   [`Clients`](clients::Clients), which makes a [`Model`] of it.
//! - A client implements [`Model`] itself, and plays the server.
//! - Its `mod.rs` in `checks` has a section [`EXPLORING`] with [`check`]`::<Its>()`, and
//!   `tests/liars` a liar for X-1.

mod accio;
mod client;
mod clients;
mod draw;
mod lab2;
mod lab3;
mod lab4;
mod mathserver;
mod pieces;
mod search;
mod server;
mod server_s;
mod smaller;
mod stage;
mod tcp_client;
mod tcp_server;

use std::collections::HashSet;
use std::time::Duration;

use crate::{Check, Problem};

pub(crate) use accio::Accio;
pub(crate) use client::Client;
pub(crate) use clients::Clients;
pub(crate) use draw::Draw;
pub(crate) use lab2::Lab2;
pub(crate) use lab3::Lab3;
pub(crate) use lab4::Lab4;
pub(crate) use mathserver::Mathserver;
pub(crate) use search::{Explored, Found};
pub(crate) use server::Server;
pub(crate) use server_s::ServerS;
pub(crate) use stage::Stage;
pub(crate) use tcp_client::TcpClient;
pub(crate) use tcp_server::TcpServer;

/// The heading of [`check`].
pub(crate) const EXPLORING: &str = "Exploring";

/// The id of [`check`].
pub(crate) const ID: &str = "X-1";

/// How far to explore.
#[derive(Clone, Debug)]
pub struct Exploration {
    /// New cases are played for so long. What is found takes a little longer.
    pub within: Duration,
    /// Each of the programs has no more conversations than this, but for the last case.
    pub most: usize,
    /// Only this case is played.
    pub case: Option<u64>,
    /// So many programs are explored concurrently, where each can have a port of its own.
    pub concurrent: usize,
    /// When so many clauses are found that are shoulds, only musts are looked for.
    pub shoulds: usize,
    /// The ids of checks that the program breaks, and of those that rest on them: exploring looks
    /// for others.
    pub known: HashSet<&'static str>,
}

/// What an ordinary run does.
impl Default for Exploration {
    fn default() -> Self {
        Self {
            within: Duration::from_secs(2),
            most: 1000,
            case: None,
            concurrent: 1,
            shoulds: 1,
            known: HashSet::new(),
        }
    }
}

impl Exploration {
    /// What is done if exploring is all that is done. Most of the time each of the programs waits.
    pub fn alone() -> Self {
        Self {
            within: Duration::from_secs(30),
            most: usize::MAX,
            case: None,
            concurrent: 4,
            shoulds: 4,
            known: HashSet::new(),
        }
    }
}

/// The check that explores a program. It begins when the checks are decided that neither wait nor rest
/// on others, and looks for what they have not found.
pub(crate) const fn check<M: Model>() -> Check {
    Check::should(
        ID,
        "conversations that are drawn at random go as the assignment says",
        "not a sentence by itself: what fails is named after the clause that it breaks, and is a \
         must where that is one",
        search::explore::<M>,
    )
}

/// What the words of an assignment force for conversations with one program.
pub(crate) trait Model: 'static {
    /// One conversation: all that is sent, in pieces, with pauses, and how it ends.
    type Case: Clone;

    /// What the running program remembers of the cases before this one: `()` if nothing.
    type Memory: Default;

    /// A case. The same draws make the same case.
    fn draw(draw: &mut Draw) -> Self::Case;

    /// Cases that are a little smaller or plainer than this one, those first that leave out most.
    fn smaller(case: &Self::Case) -> Vec<Self::Case>;

    /// The checks of what the case asks for besides plain requests. If one of them is a should,
    /// a program that breaks the case is blamed for the first such alone; where all are musts, for
    /// the first of them, and else for what [`Model::play`] names.
    fn rests_on(case: &Self::Case) -> Vec<&'static str>;

    /// Whether a program that breaks this check, the first that a case rests on, can show nothing
    /// else in the case.
    fn hides_others(_check: &str) -> bool {
        false
    }

    /// The case in words, a line or more.
    fn words(case: &Self::Case) -> String;

    /// Plays the case and judges what comes back.
    fn play(
        case: &Self::Case,
        memory: &mut Self::Memory,
        stage: &mut Stage<'_>,
    ) -> Result<(), Fault>;
}

/// The checks that apply.
pub(crate) fn that_apply<const N: usize>(checks: [(&'static str, bool); N]) -> Vec<&'static str> {
    let applying = checks.into_iter().filter(|(_, applies)| *applies);
    applying.map(|(check, _)| check).collect()
}

/// What went wrong in a case.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// The check of the clause that is broken, if the case rests on nothing else.
    pub(crate) check: &'static str,
    pub(crate) problem: Problem,
}

/// Tells which check a problem breaks.
pub(crate) trait Breaks<T> {
    fn breaks(self, check: &'static str) -> Result<T, Fault>;
}

impl<T, E: Into<Problem>> Breaks<T> for Result<T, E> {
    fn breaks(self, check: &'static str) -> Result<T, Fault> {
        self.map_err(|problem| Fault {
            check,
            problem: problem.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Assignment;

    #[test]
    fn cases_rest_on_checks_that_there_are() {
        rest_on_checks::<Accio>("accio");
        rest_on_checks::<Client>("client");
        rest_on_checks::<Clients<Server>>("server");
        rest_on_checks::<Clients<TcpServer>>("tcp_server");
        rest_on_checks::<Clients<Lab3>>("lab3");
        rest_on_checks::<Lab2>("lab2");
        rest_on_checks::<Lab4>("lab4");
        rest_on_checks::<Mathserver>("mathserver");
        rest_on_checks::<ServerS>("server-s");
        rest_on_checks::<TcpClient>("tcp_client");
    }

    fn rest_on_checks<M: Model>(name: &str) {
        let assignment = Assignment::named(name).unwrap();
        let is_check = |id| assignment.checks().any(|check| check.id == id);
        for number in 0..500 {
            let case = M::draw(&mut Draw::new(number));
            let missing = M::rests_on(&case).into_iter().find(|id| !is_check(*id));
            assert_eq!(
                missing,
                None,
                "case {number} of {name}: {}",
                M::words(&case)
            );
        }
    }
}
