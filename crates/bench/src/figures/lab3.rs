//! `lab3` beside a loop that accepts, writes, reads, writes and closes.

use std::time::Duration;

use crate::figure::{Contender, Figure, Goal, Role, Row, Unit};
use crate::load::students;
use crate::{Machine, Server};

const OURS: &str = "lab3";
const TALK: &str = "talk";

pub(super) fn figures() -> Vec<Figure> {
    vec![clients("lab3-clients-1", 1), clients("lab3-clients-8", 8)]
}

/// Clients that connect `concurrent` together.
fn clients(name: &'static str, concurrent: usize) -> Figure {
    let round = move |server: &mut Server, round: Duration| {
        let connect = || students::connect(server.address, concurrent, round);
        let ((count, elapsed), cpu) = server.cpu_of(connect)?;
        Ok(vec![count as f64 / elapsed, cpu / count as f64])
    };
    let ours = |machine: &Machine| machine.serve_ours(OURS, &["127.0.0.1"]);
    let talk = |machine: &Machine| machine.serve_limit(TALK);
    Figure {
        name,
        rows: vec![
            Row::new(
                format!("clients/s, {concurrent} at once"),
                Unit::PerSecond,
                Goal::AtLeast(0.92),
            ),
            Row::new(
                format!("CPU per client, {concurrent} at once"),
                Unit::Seconds,
                Goal::AtMost(1.3),
            ),
        ],
        contenders: vec![
            Contender::server(Role::Ours, OURS, ours, round),
            Contender::server(Role::Limit, TALK, talk, round),
        ],
    }
}
