//! Signals.

use std::time::{Duration, Instant};

use harness::{Exit, Signal};

use super::{UPPERCASE, connected, is_served, request, response};
use crate::{Outcome, Problem, Trial};

/// Whoever presses ctrl-c does so when the server waits. When it does cannot be seen.
const UNTIL_IT_WAITS: Duration = Duration::from_millis(200);

/// A second, and what a busy machine may add.
const A_SECOND: Duration = Duration::from_millis(1500);

/// Starts the server, has it serve a client that leaves, and sends it a signal, as a key on the
/// terminal does: to all that belongs to it.
fn end(trial: &mut Trial<'_>, signal: Signal) -> Result<Exit, Problem> {
    let timeout = trial.timeout();
    let mut client = connected(trial)?;
    is_served(&mut client)?;
    drop(client);
    std::thread::sleep(UNTIL_IT_WAITS);
    trial.process()?.signal_group(signal)?;
    Ok(trial.process()?.wait_exit(timeout)?)
}

pub(super) fn interrupt(trial: &mut Trial<'_>) -> Outcome {
    match end(trial, Signal::INT)? {
        Exit::Status(_) => Ok(()),
        exit @ Exit::Signal(_) => Err(Problem::broken(
            "the program catches the signal and ends by itself",
            format!("it ended with {exit}"),
        )),
    }
}

pub(super) fn interrupt_status(trial: &mut Trial<'_>) -> Outcome {
    ends_with_0(end(trial, Signal::INT)?)
}

pub(super) fn terminate(trial: &mut Trial<'_>) -> Outcome {
    ends_with_0(end(trial, Signal::TERM)?)
}

fn ends_with_0(exit: Exit) -> Outcome {
    if exit.success() {
        return Ok(());
    }
    Err(Problem::broken(
        "the program ends with status 0",
        format!("it ended with {exit}"),
    ))
}

pub(super) fn connected_client(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let mut client = connected(trial)?;
    is_served(&mut client)?;
    client.send(b"\x08\0\0\x05Hell")?;
    let start = Instant::now();
    trial.process()?.signal_group(Signal::INT)?;
    let exit = trial.process()?.wait_exit(timeout)?;
    let took = start.elapsed();
    if took > A_SECOND {
        let happened = format!("it ended after {took:.1?}");
        return Err(Problem::broken("it ends within a second", happened));
    }
    ends_with_0(exit)
}

pub(super) fn response_is_finished(trial: &mut Trial<'_>) -> Outcome {
    const LENGTH: usize = 8 << 20;
    let mut client = connected(trial)?;
    client.set_receive_buffer(64 << 10)?;
    client.send(&request(UPPERCASE, &vec![b'x'; LENGTH]))?;
    // It has begun, so the request was received in full; most of it still waits, more than the
    // system keeps for both ends.
    client.receive(4)?;
    trial.process()?.signal_group(Signal::INT)?;
    let rest = client.receive_all()?;
    let wanted = response(&vec![b'X'; LENGTH]);
    if wanted.get(4..) == Some(&rest) {
        return Ok(());
    }
    Err(Problem::broken(
        format!("{LENGTH} bytes of response"),
        format!("{}, and then the connection ends", rest.len()),
    ))
}
