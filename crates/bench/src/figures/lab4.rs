//! `lab4` beside a loop that reads nine bytes and writes four.

use std::time::Duration;

use harness::{Exit, Program};

use crate::figure::{Contender, Figure, Goal, Row, Unit};
use crate::load::Door;
use crate::load::questions::{self, SECRET};
use crate::{Error, Machine};

const OURS: &str = "lab4";
const ANSWER: &str = "answer";

/// A client ends as soon as it has the secret.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

pub(super) fn figures() -> Vec<Figure> {
    vec![Figure {
        name: "lab4-questions",
        rows: vec![Row {
            what: "questions/s".to_owned(),
            unit: Unit::PerSecond,
            limit: Some(Goal::AtLeast(0.95)),
            peer: None,
        }],
        contenders: vec![
            Contender::ours(OURS, |machine| {
                let (program, machine) = (machine.built(OURS)?, machine.clone());
                Ok(move || {
                    rate(&machine, |port| {
                        machine.contender(&program).args(["127.0.0.1", port])
                    })
                })
            }),
            Contender::limit(ANSWER, |machine| {
                let machine = machine.clone();
                Ok(move || rate(&machine, |port| machine.limit(ANSWER, [port])))
            }),
        ],
    }]
}

/// One client answers questions for the time of a round.
fn rate(machine: &Machine, client: impl Fn(&str) -> Program) -> Result<Vec<f64>, Error> {
    let door = Door::open()?;
    let process = client(&door.port().to_string()).start()?;
    let (count, elapsed) = questions::ask(&door, machine.round)?;
    let exit = process.wait_exit(ENDS_WITHIN)?;
    let (wanted, found) = ([&SECRET[..], b"\n"].concat(), process.stdout());
    if found != wanted || exit != Exit::Status(0) {
        return Err(Error::Wrong {
            who: process.command_line().to_owned(),
            wanted: format!("{} and status 0", wanted.escape_ascii()),
            found: format!("{} and {exit}", found.escape_ascii()),
        });
    }
    Ok(vec![f64::from(count) / elapsed])
}
