//! Silence and other errors, and what comes after them.

use std::time::{Duration, Instant};

use super::client::{
    COMMAND, FIRST, LIMIT, end_file, expect_printed, has_line, lines, shake_hands, wait_gone,
};
use crate::conversation::shown;
use crate::{Conversation, Outcome, Problem, Trial};

/// The limit is ten seconds; a clock may be coarse.
const EARLIEST: Duration = Duration::from_millis(9500);

/// A client that has said nothing, its last byte, and its server.
fn silent_client(trial: &mut Trial<'_>) -> Result<(Conversation, Instant), Problem> {
    let address = trial.serve()?;
    let start = Instant::now();
    let mut client = trial.connect(address)?;
    client.expect(COMMAND)?;
    Ok((client, start))
}

/// A client that has sent five bytes of its file.
fn silent_in_file(trial: &mut Trial<'_>) -> Result<(Conversation, Instant), Problem> {
    let address = trial.serve()?;
    let mut client = shake_hands(trial, address)?;
    let last_byte = Instant::now();
    client.send(b"hello")?;
    Ok((client, last_byte))
}

fn is_given_up(client: &mut Conversation, last_byte: Instant, latest: Duration) -> Outcome {
    let silence = wait_gone(client, last_byte, latest)?;
    if silence >= EARLIEST {
        return Ok(());
    }
    Err(Problem::broken(
        "the connection is aborted after more than 10 seconds of silence",
        format!("it was ended after {:.1} seconds", silence.as_secs_f64()),
    ))
}

pub(super) fn silence_from_the_start(trial: &mut Trial<'_>) -> Outcome {
    let (mut client, start) = silent_client(trial)?;
    is_given_up(&mut client, start, LIMIT)
}

pub(super) fn silence_between_confirmations(trial: &mut Trial<'_>) -> Outcome {
    let (mut client, _) = silent_client(trial)?;
    let last_byte = Instant::now();
    client.send(FIRST)?;
    client.expect(COMMAND)?;
    is_given_up(&mut client, last_byte, LIMIT)
}

pub(super) fn silence_in_file(trial: &mut Trial<'_>) -> Outcome {
    let (mut client, last_byte) = silent_in_file(trial)?;
    is_given_up(&mut client, last_byte, LIMIT)
}

pub(super) fn silence_is_measured_well(trial: &mut Trial<'_>) -> Outcome {
    let (mut client, last_byte) = silent_in_file(trial)?;
    is_given_up(&mut client, last_byte, Duration::from_secs(12))
}

pub(super) fn slow_client_is_served(trial: &mut Trial<'_>) -> Outcome {
    two_bytes(trial, Duration::from_secs(6))
}

pub(super) fn very_slow_client_is_served(trial: &mut Trial<'_>) -> Outcome {
    two_bytes(trial, Duration::from_secs(9))
}

/// A file of two bytes, with a pause before each.
fn two_bytes(trial: &mut Trial<'_>, pause: Duration) -> Outcome {
    let address = trial.serve()?;
    let mut client = shake_hands(trial, address)?;
    for byte in [b"a", b"b"] {
        client.expect_silence(pause)?;
        client.send(byte)?;
    }
    end_file(&mut client)
}

pub(super) fn error_in_place_of_number(trial: &mut Trial<'_>) -> Outcome {
    let (mut client, last_byte) = silent_in_file(trial)?;
    wait_gone(&mut client, last_byte, LIMIT)?;
    let wanted = "ERROR at the beginning of a line, and no number";
    expect_printed(trial, wanted, |printed| {
        let error = lines(printed).any(|line| line.starts_with(b"ERROR"));
        error && !has_line(printed, b"5")
    })
}

pub(super) fn error_after_reset(trial: &mut Trial<'_>) -> Outcome {
    let (client, _) = silent_in_file(trial)?;
    client.reset()?;
    expect_printed(trial, "one line, \"ERROR\",", |printed| {
        printed == b"ERROR\n"
    })
}

pub(super) fn reason_names_the_peer(trial: &mut Trial<'_>) -> Outcome {
    let (client, _) = silent_in_file(trial)?;
    let port = client.local_address().port().to_string();
    client.reset()?;
    let timeout = trial.timeout();
    let line = trial.process()?.wait_error_line(timeout)?;
    if line.starts_with("ERROR: ") && line.contains(&port) {
        return Ok(());
    }
    Err(Problem::broken(
        format!("a line on standard error that starts with \"ERROR: \" and has the port {port}"),
        shown(line.as_bytes()),
    ))
}

pub(super) fn next_after_silence(trial: &mut Trial<'_>) -> Outcome {
    let (mut client, start) = silent_client(trial)?;
    wait_gone(&mut client, start, LIMIT)?;
    trial.connect(client.remote_address())?.expect(COMMAND)
}

pub(super) fn next_after_reset(trial: &mut Trial<'_>) -> Outcome {
    let (client, _) = silent_in_file(trial)?;
    let address = client.remote_address();
    client.reset()?;
    trial.connect(address)?.expect(COMMAND)
}

pub(super) fn next_after_wrong_confirmation(trial: &mut Trial<'_>) -> Outcome {
    let (mut client, _) = silent_client(trial)?;
    client.send(b"GET / HTTP/1.1\r\n\r\n")?;
    let timeout = trial.timeout();
    wait_gone(&mut client, Instant::now(), timeout)?;
    trial.connect(client.remote_address())?.expect(COMMAND)
}
