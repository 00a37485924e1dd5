//! `server-s` beside a loop that discards, and beside `socat`.

use std::time::Duration;

use harness::Process;

use crate::figure::{Contender, Figure, Goal, Growth, Role, Row, Table, Unit};
use crate::load::upload::{self, Transfer};
use crate::report::{in_unit, size};
use crate::{Error, Machine, Server};

const OURS: &str = "server-s";
const DISCARD: &str = "discard";
const SOCAT: &str = "socat";

const MIB: u64 = 1024 * 1024;

/// The file of which the memory is measured.
const LONG: u64 = 4096 * MIB;

/// A count is printed as soon as the file has ended.
const PRINTS_WITHIN: Duration = Duration::from_secs(10);

pub(super) fn figures() -> Vec<Figure> {
    vec![receives(), memory()]
}

pub(super) const GROWTH: Growth = Growth {
    name: "growth-server-s",
    measure: growth,
};

fn receives() -> Figure {
    let round = |server: &mut Server, round: Duration| {
        let upload = || upload::confirmed(server.address)?.send_for(round);
        let (transfer, cpu) = server.cpu_of(upload)?;
        check_count(&mut server.process, transfer.bytes)?;
        Ok(rates(transfer, cpu))
    };
    let ours = |machine: &Machine| machine.serve_printing(OURS);
    let discard = |machine: &Machine| machine.serve_limit(DISCARD);
    Figure {
        name: "server-s-receives",
        rows: vec![
            Row::new("received", Unit::BytesPerSecond, Goal::AtLeast(0.95))
                .peer(Goal::AtLeast(1.2)),
            Row::new("CPU per GiB", Unit::SecondsPerByte, Goal::AtMost(1.15))
                .peer(Goal::AtMost(0.6)),
        ],
        contenders: vec![
            Contender::server(Role::Ours, OURS, ours, round),
            Contender::server(Role::Limit, DISCARD, discard, round),
            Contender::new(Role::Peer, SOCAT, socat),
        ],
    }
}

/// It ends with its first connection, and is started anew for each round.
fn socat(machine: &Machine) -> Result<impl FnMut() -> Result<Vec<f64>, Error> + use<>, Error> {
    let program = machine.installed(SOCAT)?;
    let machine = machine.clone();
    Ok(move || {
        let server = machine.serve(|port| {
            let listen = format!("TCP-LISTEN:{port},reuseaddr");
            let arguments = ["-u", "-b", "262144", &listen, "/dev/null"];
            machine.contender(&program).args(arguments)
        })?;
        let upload = || upload::unconfirmed(server.address)?.send_for(machine.round);
        let (transfer, cpu) = server.cpu_of(upload)?;
        Ok(rates(transfer, cpu))
    })
}

fn memory() -> Figure {
    Figure {
        name: "server-s-memory",
        rows: vec![Row::new(
            format!("peak memory, {}", size(LONG as usize)),
            Unit::Bytes,
            Goal::AtMost(1.0),
        )],
        contenders: vec![
            Contender::new(Role::Ours, OURS, |machine| {
                let machine = machine.clone();
                Ok(move || {
                    let mut server = machine.serve_printing(OURS)?;
                    upload::confirmed(server.address)?.send_bytes(LONG)?;
                    check_count(&mut server.process, LONG)?;
                    Ok(vec![server.peak_memory()?])
                })
            }),
            Contender::bound("8 MiB", (8 * MIB) as f64),
        ],
    }
}

/// Files of 1 MiB to 16 GiB.
fn growth(machine: &Machine) -> Result<Vec<Table>, Error> {
    let mut rows = Vec::new();
    for length in [1, 16, 256, 1024, 4096, 16_384].map(|mib| mib * MIB) {
        let mut server = machine.serve_printing(OURS)?;
        let (mut files, mut elapsed, mut cpu) = (0, 0.0, 0.0);
        while files == 0 || elapsed < machine.round.as_secs_f64() {
            let upload = || upload::confirmed(server.address)?.send_bytes(length);
            let (transfer, used) = server.cpu_of(upload)?;
            check_count(&mut server.process, length)?;
            files += 1;
            elapsed += transfer.elapsed;
            cpu += used;
        }
        let bytes = (files * length) as f64;
        rows.push(vec![
            size(length as usize),
            in_unit(Unit::BytesPerSecond, bytes / elapsed),
            in_unit(Unit::SecondsPerByte, cpu / bytes),
            in_unit(Unit::Bytes, server.peak_memory()?),
        ]);
    }
    let head = ["file", "received", "CPU per GiB", "peak memory"];
    let title = "server-s: a file of any length";
    Ok(vec![Table::new(title, &head, rows)])
}

fn rates(transfer: Transfer, cpu: f64) -> Vec<f64> {
    let bytes = transfer.bytes as f64;
    vec![bytes / transfer.elapsed, cpu / bytes]
}

/// The server must have printed how much it received.
fn check_count(server: &mut Process, bytes: u64) -> Result<(), Error> {
    let (expected, got) = (bytes.to_string(), server.wait_line(PRINTS_WITHIN)?);
    if got == expected {
        return Ok(());
    }
    Err(Error::wrong(OURS, expected, got))
}
