//! `lab4` beside a loop that reads nine bytes and writes four.

use harness::Program;

use crate::figure::{Contender, Figure, Goal, Role, Row, Unit};
use crate::load::Listener;
use crate::load::questions::{self, SECRET};
use crate::{Error, Machine};

const OURS: &str = "lab4";
const ANSWER: &str = "answer";

pub(super) fn figures() -> Vec<Figure> {
    vec![Figure {
        name: "lab4-questions",
        rows: vec![Row::new(
            "questions/s",
            Unit::PerSecond,
            Goal::AtLeast(0.95),
        )],
        contenders: vec![
            Contender::new(Role::Ours, OURS, |machine| {
                let (program, machine) = (machine.built(OURS)?, machine.clone());
                Ok(move || {
                    rate(&machine, |port| {
                        machine.contender(&program).args(["127.0.0.1", port])
                    })
                })
            }),
            Contender::new(Role::Limit, ANSWER, |machine| {
                let machine = machine.clone();
                Ok(move || rate(&machine, |port| machine.limit(ANSWER, [port])))
            }),
        ],
    }]
}

/// One client answers questions for the time of a round.
fn rate(machine: &Machine, client: impl Fn(&str) -> Program) -> Result<Vec<f64>, Error> {
    let ask = |listener: &Listener| questions::ask(listener, machine.round);
    let ((count, elapsed), process) = Machine::run_client(client, ask)?;
    let (expected, got) = ([&SECRET[..], b"\n"].concat(), process.stdout());
    if got != expected {
        let (expected, got) = (cli::escape(&expected), cli::escape(&got));
        return Err(Error::wrong(process.command_line(), expected, got));
    }
    Ok(vec![f64::from(count) / elapsed])
}
