//! Ten seconds to connect, for each command, and without progress.

use std::time::{Duration, Instant};

use harness::{Input, Listener};

use super::arguments;
use super::exchange::{accept_with, shake_hands};
use crate::checks::common::expect_error;
use crate::checks::server_s::{COMMAND, FIRST, LIMIT, binary_file};
use crate::{Outcome, Problem, Trial};

/// The limit is ten seconds; a clock may be coarse.
const EARLIEST: Duration = Duration::from_millis(9500);

/// More than the system keeps on the way.
const LARGE: usize = 30 << 20;

fn gives_up(trial: &mut Trial<'_>, since: Instant) -> Outcome {
    expect_error(trial, LIMIT.saturating_sub(since.elapsed()))?;
    let waited = since.elapsed();
    if waited >= EARLIEST {
        return Ok(());
    }
    Err(Problem::broken(
        "the program gives up after 10 seconds",
        format!("it did so after {:.1} seconds", waited.as_secs_f64()),
    ))
}

pub(super) fn no_connection(trial: &mut Trial<'_>) -> Outcome {
    let deaf = Listener::unanswering()?;
    let file = trial.file(b"file")?;
    let start = Instant::now();
    trial.start(&arguments(deaf.port(), file), Input::Null)?;
    gives_up(trial, start)
}

pub(super) fn no_first_command(trial: &mut Trial<'_>) -> Outcome {
    let (_listener, mut server) = accept_with(trial, b"file")?;
    let last_byte = Instant::now();
    server.send(b"acc")?;
    gives_up(trial, last_byte)
}

pub(super) fn no_second_command(trial: &mut Trial<'_>) -> Outcome {
    let (_listener, mut server) = accept_with(trial, b"file")?;
    let last_byte = Instant::now();
    server.send(COMMAND)?;
    server.expect(FIRST)?;
    gives_up(trial, last_byte)
}

pub(super) fn nothing_is_taken(trial: &mut Trial<'_>) -> Outcome {
    let (_listener, mut server) = accept_with(trial, &binary_file(LARGE))?;
    shake_hands(&mut server)?;
    gives_up(trial, Instant::now())
}

/// A byte every two seconds.
pub(super) fn command_comes_too_slowly(trial: &mut Trial<'_>) -> Outcome {
    const PAUSE: Duration = Duration::from_secs(2);
    let start = Instant::now();
    let (_listener, mut server) = accept_with(trial, b"file")?;
    for byte in b"accio\r" {
        // When the program has given up, it is gone.
        if server.send(&[*byte]).is_err() {
            break;
        }
        if trial.process()?.wait_exit(PAUSE).is_ok() {
            break;
        }
    }
    gives_up(trial, start)
}

/// A server that takes less each time than what makes a connection writable.
pub(super) fn slow_server(trial: &mut Trial<'_>) -> Outcome {
    const LITTLE: usize = 200_000;
    const PAUSE: Duration = Duration::from_secs(4);
    let file = binary_file(LARGE);
    let (_listener, mut server) = accept_with(trial, &file)?;
    shake_hands(&mut server)?;
    let mut received = Vec::new();
    for _ in 0..4 {
        if let Ok(exit) = trial.process()?.wait_exit(PAUSE) {
            return Err(Problem::broken(
                "the program goes on while something is taken every 4 seconds",
                format!("it ended with {exit}"),
            ));
        }
        received.extend(server.receive(LITTLE)?);
    }
    received.extend(server.receive_to_end(LIMIT)?);
    if received == file {
        return Ok(());
    }
    Err(Problem::broken(
        format!("the {LARGE} bytes of the file"),
        format!("{} bytes, or others", received.len()),
    ))
}
