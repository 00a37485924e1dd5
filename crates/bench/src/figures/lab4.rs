//! `lab4` beside a loop that reads nine bytes and writes four.

use std::time::Duration;

use harness::{Exit, Program};

use crate::figure::{Contender, Figure, Goal, Role, Row, Unit};
use crate::load::Listener;
use crate::load::questions::{self, SECRET};
use crate::{Error, Machine};

const OURS: &str = "lab4";
const ANSWER: &str = "answer";

/// A client ends as soon as it has the secret.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

pub(super) fn figures() -> Vec<Figure> {
    vec![Figure {
        name: "lab4-questions",
        rows: vec![Row::new("questions/s", Unit::PerSecond).limit(Goal::AtLeast(0.95))],
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
    let listener = Listener::bind()?;
    let process = client(&listener.port().to_string()).start()?;
    let (count, elapsed) = questions::ask(&listener, machine.round)?;
    let exit = process.wait_exit(ENDS_WITHIN)?;
    let (expected, got) = ([&SECRET[..], b"\n"].concat(), process.stdout());
    if got != expected || exit != Exit::Status(0) {
        return Err(Error::wrong(
            process.command_line(),
            format_args!("{} and status 0", cli::escape(&expected)),
            format_args!("{} and {exit}", cli::escape(&got)),
        ));
    }
    Ok(vec![f64::from(count) / elapsed])
}
