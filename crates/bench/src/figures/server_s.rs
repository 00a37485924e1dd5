//! `server-s` beside a loop that discards, and beside `socat`.

use std::time::Duration;

use harness::Process;

use crate::figure::{Contender, Figure, Goal, Growth, Row, Table, Unit};
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

pub(super) fn growths() -> Vec<Growth> {
    vec![Growth {
        name: "growth-server-s",
        measure: growth,
    }]
}

fn receives() -> Figure {
    let round = |start: fn(&Machine) -> Result<Server, Error>| {
        move |machine: &Machine| {
            let (mut server, round) = (start(machine)?, machine.round);
            Ok(move || {
                let upload = |server: &Server| upload::confirmed(server.address)?.send_for(round);
                let (transfer, cpu) = measured(&server, upload)?;
                check_count(&mut server.process, transfer.bytes)?;
                Ok(rates(transfer, cpu))
            })
        }
    };
    Figure {
        name: "server-s-receives",
        rows: vec![
            Row {
                what: "received".to_owned(),
                unit: Unit::BytesPerSecond,
                limit: Some(Goal::AtLeast(0.95)),
                peer: Some(Goal::AtLeast(1.2)),
            },
            Row {
                what: "CPU per GiB".to_owned(),
                unit: Unit::SecondsPerByte,
                limit: Some(Goal::AtMost(1.15)),
                peer: Some(Goal::AtMost(0.6)),
            },
        ],
        contenders: vec![
            Contender::ours(OURS, round(|machine| machine.serve_ours(OURS))),
            Contender::limit(DISCARD, round(|machine| machine.serve_limit(DISCARD))),
            Contender::peer(SOCAT, socat),
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
        let upload = |server: &Server| upload::unconfirmed(server.address)?.send_for(machine.round);
        let (transfer, cpu) = measured(&server, upload)?;
        Ok(rates(transfer, cpu))
    })
}

fn memory() -> Figure {
    Figure {
        name: "server-s-memory",
        rows: vec![Row {
            what: format!("peak memory, {}", size(LONG as usize)),
            unit: Unit::Bytes,
            limit: Some(Goal::AtMost(1.0)),
            peer: None,
        }],
        contenders: vec![
            Contender::ours(OURS, |machine| {
                let machine = machine.clone();
                Ok(move || {
                    let mut server = machine.serve_ours(OURS)?;
                    upload::confirmed(server.address)?.send_bytes(LONG)?;
                    check_count(&mut server.process, LONG)?;
                    Ok(vec![server.peak_memory()?])
                })
            }),
            Contender::bound("8 MiB", vec![(8 * MIB) as f64]),
        ],
    }
}

/// Files of 1 MiB to 16 GiB.
fn growth(machine: &Machine) -> Result<Vec<Table>, Error> {
    let mut rows = Vec::new();
    for length in [1, 16, 256, 1024, 4096, 16_384].map(|mib| mib * MIB) {
        let mut server = machine.serve_ours(OURS)?;
        let (mut files, mut elapsed, mut cpu) = (0, 0.0, 0.0);
        while files == 0 || elapsed < machine.round.as_secs_f64() {
            let upload = |server: &Server| upload::confirmed(server.address)?.send_bytes(length);
            let (transfer, used) = measured(&server, upload)?;
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
    Ok(vec![Table {
        title: "server-s: a file of any length".to_owned(),
        head: head.map(str::to_owned).to_vec(),
        rows,
    }])
}

/// An upload, and the seconds of processor time that it cost the server.
fn measured(
    server: &Server,
    upload: impl FnOnce(&Server) -> Result<Transfer, Error>,
) -> Result<(Transfer, f64), Error> {
    let before = server.cpu_seconds()?;
    let transfer = upload(server)?;
    Ok((transfer, server.cpu_seconds()? - before))
}

fn rates(transfer: Transfer, cpu: f64) -> Vec<f64> {
    let bytes = transfer.bytes as f64;
    vec![bytes / transfer.elapsed, cpu / bytes]
}

/// The server must have printed how much it received.
fn check_count(server: &mut Process, bytes: u64) -> Result<(), Error> {
    let found = server.wait_line(PRINTS_WITHIN)?;
    let wanted = bytes.to_string();
    if found == wanted {
        return Ok(());
    }
    Err(Error::Wrong {
        who: OURS.to_owned(),
        wanted,
        found,
    })
}
