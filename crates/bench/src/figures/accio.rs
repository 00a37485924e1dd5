//! `accio` beside a loop that writes from memory.

use std::io;
use std::time::Duration;

use harness::{Exit, Program};

use crate::figure::{Contender, Figure, Goal, Role, Row, Unit};
use crate::load::{Listener, upload};
use crate::{Error, Machine};

const OURS: &str = "accio";
const SEND: &str = "send";

/// How long the file is.
const FILE: u64 = 512 * 1024 * 1024;

/// A sender ends as soon as its file has.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

pub(super) fn figures() -> Vec<Figure> {
    vec![Figure {
        name: "accio-sends",
        rows: vec![
            Row::new("sent from a file in the page cache", Unit::BytesPerSecond)
                .limit(Goal::AtLeast(0.95)),
        ],
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
    let listener = Listener::bind()?;
    let port = listener.port().to_string();
    let (mut bytes, mut elapsed) = (0, 0.0);
    while bytes == 0 || elapsed < machine.round.as_secs_f64() {
        let process = sender(&port).start()?;
        let transfer = upload::receive(&listener)?;
        let exit = process.wait_exit(ENDS_WITHIN)?;
        if transfer.bytes != FILE || exit != Exit::Status(0) {
            return Err(Error::wrong(
                process.command_line(),
                format_args!("{FILE} bytes and status 0"),
                format_args!("{} bytes and {exit}", transfer.bytes),
            ));
        }
        bytes += transfer.bytes;
        elapsed += transfer.elapsed;
    }
    Ok(vec![bytes as f64 / elapsed])
}
