//! Signals, and what comes after them.

use std::thread;
use std::time::{Duration, Instant};

use harness::{Exit, Signal};

use super::client::{A_MOMENT, Client, connected, is_served, text};
use crate::{Outcome, Problem, Trial};

/// A second, and what a busy machine may add.
const A_SECOND: Duration = Duration::from_millis(1500);

pub(super) fn ends(trial: &mut Trial<'_>, signal: Signal) -> Outcome {
    let address = trial.serve()?;
    is_served(trial, address)?;
    // When it waits again cannot be seen.
    thread::sleep(A_MOMENT);
    ends_at_once(trial, signal)
}

pub(super) fn connected_client(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    client.send(b"\x80\x04\x95B\0\0\0\0\0\0\0}\x94(")?;
    client.pause();
    ends_at_once(trial, Signal::INT)
}

fn ends_at_once(trial: &mut Trial<'_>, signal: Signal) -> Outcome {
    let timeout = trial.timeout();
    let process = trial.process()?;
    let start = Instant::now();
    process.signal_group(signal)?;
    let exit = process.wait_exit(timeout)?;
    let took = start.elapsed();
    if exit == Exit::Status(0) && took <= A_SECOND {
        return Ok(());
    }
    Err(Problem::broken(
        "it ends within a second, with status 0",
        format!("it ended with {exit} after {took:.1?}"),
    ))
}

/// The server's end of the connection is closed first, so that the system keeps it for a while:
/// without SO_REUSEADDR the port cannot be used then.
pub(super) fn restart(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let address = trial.serve()?;
    let mut client = Client::connect(trial, address)?;
    client.tell(trial, &text(b"hello"))?;
    trial.process()?.signal_group(Signal::KILL)?;
    trial.process()?.wait_exit(timeout)?;
    client.pickles.conversation.expect_gone()?;
    client.pickles.conversation.shutdown_write()?;
    drop(client);
    trial.serve_again(address)?;
    is_served(trial, address)
}
