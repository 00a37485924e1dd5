//! `accio` beside a loop that writes from memory.

use std::io;

use harness::Program;

use crate::figure::{Contender, Figure, Goal, Role, Row, Unit};
use crate::load::upload;
use crate::{Error, Machine};

const OURS: &str = "accio";
const SEND: &str = "send";

/// How long the file is.
const FILE: u64 = 512 * 1024 * 1024;

pub(super) fn figures() -> Vec<Figure> {
    vec![Figure {
        name: "accio-sends",
        rows: vec![Row::new(
            "sent from a file in the page cache",
            Unit::BytesPerSecond,
            Goal::AtLeast(0.95),
        )],
        contenders: vec![
            Contender::new(Role::Ours, OURS, |machine| {
                let file = cached_file().map_err(Error::system("making a file"))?;
                let (program, machine) = (machine.built(OURS)?, machine.clone());
                Ok(move || {
                    rate(&machine, |port| {
                        machine
                            .contender(&program)
                            .args(["127.0.0.1", port])
                            .arg(file.path())
                    })
                })
            }),
            Contender::new(Role::Limit, SEND, |machine| {
                let machine = machine.clone();
                Ok(move || {
                    rate(&machine, |port| {
                        machine.limit(SEND, [port, &FILE.to_string()])
                    })
                })
            }),
        ],
    }]
}

/// A file without content of its own, whose bytes, all 0, the system keeps in its page cache once
/// they have been read.
fn cached_file() -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.as_file().set_len(FILE)?;
    io::copy(file.as_file_mut(), &mut io::sink())?;
    Ok(file)
}

/// Has the file sent again and again, from new processes, for the time of a round: bytes a second
/// while files are on their way.
fn rate(machine: &Machine, sender: impl Fn(&str) -> Program) -> Result<Vec<f64>, Error> {
    let (mut bytes, mut elapsed) = (0, 0.0);
    while bytes == 0 || elapsed < machine.round.as_secs_f64() {
        let (transfer, process) = Machine::run_client(&sender, upload::receive)?;
        if transfer.bytes != FILE {
            let (who, got) = (process.command_line(), transfer.bytes);
            return Err(Error::wrong(who, format_args!("{FILE} bytes"), got));
        }
        bytes += transfer.bytes;
        elapsed += transfer.elapsed;
    }
    Ok(vec![bytes as f64 / elapsed])
}
