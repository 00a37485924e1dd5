//! `lab3` beside a loop that accepts, writes, reads, writes and closes.

use std::fs::File;

use harness::Output;

use crate::figure::{Contender, Figure, Goal, Row, Unit};
use crate::load::students;
use crate::{Error, Machine, Server};

const OURS: &str = "lab3";
const TALK: &str = "talk";

pub(super) fn figures() -> Vec<Figure> {
    vec![clients("lab3-clients-1", 1), clients("lab3-clients-8", 8)]
}

/// Clients that come `at_once` together.
fn clients(name: &'static str, at_once: usize) -> Figure {
    let round = move |start: fn(&Machine) -> Result<Server, Error>| {
        move |machine: &Machine| {
            let (server, round) = (start(machine)?, machine.round);
            Ok(move || {
                let before = server.cpu_seconds()?;
                let (count, elapsed) = students::come(server.address, at_once, round)?;
                let cpu = server.cpu_seconds()? - before;
                Ok(vec![count as f64 / elapsed, cpu / count as f64])
            })
        }
    };
    Figure {
        name,
        rows: vec![
            Row {
                what: format!("clients/s, {at_once} at once"),
                unit: Unit::PerSecond,
                limit: Some(Goal::AtLeast(0.92)),
                peer: None,
            },
            Row {
                what: format!("CPU per client, {at_once} at once"),
                unit: Unit::Seconds,
                limit: Some(Goal::AtMost(1.3)),
                peer: None,
            },
        ],
        contenders: vec![
            Contender::ours(OURS, round(start_ours)),
            Contender::limit(TALK, round(|machine| machine.serve_limit(TALK))),
        ],
    }
}

/// Our server. What it prints goes nowhere: to gather it is work for the processor of the load.
fn start_ours(machine: &Machine) -> Result<Server, Error> {
    let path = machine.built(OURS)?;
    let nowhere = File::options().write(true).open("/dev/null");
    let nowhere = nowhere.map_err(Error::system("opening /dev/null"))?;
    machine.serve(|port| {
        let program = machine.contender(&path).args(["127.0.0.1", port]);
        match nowhere.try_clone() {
            Ok(nowhere) => program.stdout(Output::File(nowhere)),
            Err(_) => program,
        }
    })
}
