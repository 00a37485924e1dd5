//! A server with clients that each give it a reason to log.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::error::Error;
use crate::peer::Peer;
use crate::port::start_server;
use crate::program::Program;

/// How many clients come, one after another.
pub const FLOOD: usize = 1000;

/// Lines about one kind of clients that a server of ours writes in a second. Two of them count the
/// others: their second need not begin with that of the lines.
const LINES_A_SECOND: usize = 52;

/// What a server printed about [`FLOOD`] clients, until it was ended.
#[derive(Debug)]
pub struct Flooded {
    /// On standard output.
    pub stdout: String,
    /// On standard error.
    pub stderr: String,
    took: Duration,
}

/// Starts the server that `program` describes for a port, has `misbehave` done by [`FLOOD`] clients,
/// and ends the server with SIGTERM.
///
/// # Errors
/// Those of [`start_server`] and of `misbehave`; [`Error::Deadline`] if the server does not end.
pub fn flood(
    within: Duration,
    program: impl Fn(u16) -> Program,
    misbehave: impl Fn(Peer) -> Result<(), Error>,
) -> Result<Flooded, Error> {
    let (process, address) = start_server(within, program)?;
    let start = Instant::now();
    for _ in 0..FLOOD {
        misbehave(Peer::connect(address)?)?;
    }
    process.signal(Signal::TERM)?;
    process.wait_exit(within)?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(Flooded {
        stdout: text(process.stdout()),
        stderr: text(process.stderr()),
        took: start.elapsed(),
    })
}

impl Flooded {
    /// Sees that `log` tells that `about` was so of all clients, in no more lines than are written
    /// at the limited rate.
    ///
    /// # Errors
    /// How many clients and lines it tells instead.
    pub fn is_counted(&self, log: &str, about: &str) -> Result<(), String> {
        let lines = log.lines().filter(|line| line.contains(about));
        let more = lines.clone().filter_map(|line| {
            let (_, more) = line.split_once(" … and ")?;
            more.strip_suffix(" more like this in the last second")?
                .parse::<usize>()
                .ok()
        });
        let more: usize = more.sum();
        let lines = lines.count();
        let most = (self.took.as_secs() as usize + 1) * LINES_A_SECOND;
        if lines + more == FLOOD && lines <= most {
            return Ok(());
        }
        let took = self.took;
        Err(format!(
            "{lines} lines tell of {} clients: expected {FLOOD}, in at most {most} lines in {took:?}",
            lines + more
        ))
    }
}
