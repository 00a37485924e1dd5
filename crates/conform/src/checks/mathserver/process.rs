//! How it waits, and how it ends.

use std::time::{Duration, Instant};

use harness::{Exit, Signal};

use super::{connected, is_asked, pass};
use crate::checks::common::expect_rest;
use crate::{Outcome, Problem, Trial};

const SIGNALS: [Signal; 2] = [Signal::INT, Signal::TERM];

/// A second, and what a busy machine may add.
const A_SECOND: Duration = Duration::from_millis(1500);

pub(super) fn ends_idle(trial: &mut Trial<'_>) -> Outcome {
    for signal in SIGNALS {
        pass(&mut connected(trial)?)?;
        ends_quickly(trial, signal)?;
    }
    Ok(())
}

pub(super) fn ends_busy(trial: &mut Trial<'_>) -> Outcome {
    for signal in SIGNALS {
        let mut client = connected(trial)?;
        is_asked(&mut client)?;
        client.send(b"\0\0")?;
        ends_quickly(trial, signal)?;
    }
    Ok(())
}

/// Sends the signal as a key on the terminal does: to all that belongs to the program.
fn ends_quickly(trial: &mut Trial<'_>, signal: Signal) -> Outcome {
    let timeout = trial.timeout();
    let server = trial.process()?;
    let start = Instant::now();
    server.signal_group(signal)?;
    let exit = server.wait_exit(timeout)?;
    let took = start.elapsed();
    if exit == Exit::Status(0) && took <= A_SECOND {
        return Ok(());
    }
    Err(Problem::broken(
        format!("{signal:?} ends it within a second, with status 0"),
        format!("{exit}, after {took:.1?}"),
    ))
}

pub(super) fn idle(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    is_asked(&mut client)?;
    expect_rest(trial)
}

/// The server's end of the connection is closed first, so that the system keeps it for a while:
/// without SO_REUSEADDR the port cannot be used then.
pub(super) fn restart(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let address = trial.serve()?;
    let mut client = trial.connect(address)?;
    is_asked(&mut client)?;
    trial.process()?.signal_group(Signal::INT)?;
    trial.process()?.wait_exit(timeout)?;
    client.expect_gone()?;
    drop(client);
    trial.serve_again(address)?;
    is_asked(&mut trial.connect(address)?).map(drop)
}
