//! Silence and other errors, and what comes after them.

use std::time::{Duration, Instant};

use super::client::{
    COMMAND, FIRST, LIMIT, end_file, expect_printed, has_line, lines, shake_hands, wait_gone,
};
use crate::conversation::shown;
use crate::{Check, Conversation, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "A-8",
        "a client that says nothing is given up after 10 seconds",
        "Requirements: no data for over 10 seconds is an error, and the connection is aborted",
        |trial| {
            let (mut client, start) = silent_client(trial)?;
            is_given_up(&mut client, start, LIMIT)
        },
    )
    .waits(10),
    Check::must(
        "A-8/2",
        "a client that is silent after the first confirmation is given up after 10 seconds",
        "Requirements: no data for over 10 seconds is an error, and the connection is aborted",
        |trial| {
            let (mut client, _) = silent_client(trial)?;
            let last_byte = Instant::now();
            client.send(FIRST)?;
            client.expect(COMMAND)?;
            is_given_up(&mut client, last_byte, LIMIT)
        },
    )
    .waits(10),
    Check::must(
        "A-8/3",
        "a client that is silent in its file is given up after 10 seconds",
        "Requirements: no data for over 10 seconds is an error, and the connection is aborted",
        |trial| {
            let (mut client, last_byte) = silent_in_file(trial)?;
            is_given_up(&mut client, last_byte, LIMIT)
        },
    )
    .waits(10),
    Check::must(
        "A-8/4",
        "a client that sends one byte every 6 seconds is served",
        "Requirements: the error is that no data came for over 10 seconds, however long it takes \
         in all",
        |trial| two_bytes(trial, Duration::from_secs(6)),
    )
    .waits(12),
    Check::should(
        "A-8/5",
        "a client that sends one byte every 9 seconds is served",
        "Requirements: the error is that no data came for over 10 seconds, and not for less",
        |trial| two_bytes(trial, Duration::from_secs(9)),
    )
    .waits(18),
    Check::should(
        "A-8/6",
        "a silent client is given up within 12 seconds",
        "Requirements: over 10 seconds without data are an error; they are measured well",
        |trial| {
            let (mut client, last_byte) = silent_in_file(trial)?;
            is_given_up(&mut client, last_byte, Duration::from_secs(12))
        },
    )
    .waits(10),
    Check::must(
        "A-9",
        "ERROR is printed in place of the number",
        "Requirements: after 10 seconds without data a single ERROR is written instead of the \
         number of bytes",
        |trial| {
            let (mut client, last_byte) = silent_in_file(trial)?;
            wait_gone(&mut client, last_byte, LIMIT)?;
            let wanted = "ERROR at the beginning of a line, and no number";
            expect_printed(trial, wanted, |printed| {
                let error = lines(printed).any(|line| line.starts_with(b"ERROR"));
                error && !has_line(printed, b"5")
            })
        },
    )
    .waits(10),
    Check::should(
        "A-9/2",
        "a reset in the file is the line ERROR, and nothing else",
        "Part of a file is no file: ERROR is written instead of the number of bytes",
        |trial| {
            let (client, _) = silent_in_file(trial)?;
            client.reset()?;
            expect_printed(trial, "one line, \"ERROR\",", |printed| {
                printed == b"ERROR\n"
            })
        },
    ),
    Check::should(
        "A-9/3",
        "the reason is on standard error, with the client's port",
        "Errors go to standard error, start with ERROR: and name the peer",
        |trial| {
            let (client, _) = silent_in_file(trial)?;
            let port = client.local_address().port().to_string();
            client.reset()?;
            let timeout = trial.timeout();
            let line = trial.process()?.wait_error_line(timeout)?;
            if line.starts_with("ERROR: ") && line.contains(&port) {
                return Ok(());
            }
            Err(Problem::broken(
                format!(
                    "a line on standard error that starts with \"ERROR: \" and has the port {port}"
                ),
                shown(line.as_bytes()),
            ))
        },
    ),
    Check::must(
        "A-10",
        "the next client is served after one that was silent",
        "Grading: another connection is accepted after the first one timed out",
        |trial| {
            let (mut client, start) = silent_client(trial)?;
            wait_gone(&mut client, start, LIMIT)?;
            trial.connect(client.remote_address())?.expect(COMMAND)
        },
    )
    .waits(10),
    Check::should(
        "A-10/2",
        "the next client is served after a reset",
        "Requirements: one connection is accepted after the other, whatever happened to the first",
        |trial| {
            let (client, _) = silent_in_file(trial)?;
            let address = client.remote_address();
            client.reset()?;
            trial.connect(address)?.expect(COMMAND)
        },
    ),
    Check::should(
        "A-10/3",
        "the next client is served after a wrong confirmation",
        "Requirements: one connection is accepted after the other, whatever happened to the first",
        |trial| {
            let (mut client, _) = silent_client(trial)?;
            client.send(b"GET / HTTP/1.1\r\n\r\n")?;
            let timeout = trial.timeout();
            wait_gone(&mut client, Instant::now(), timeout)?;
            trial.connect(client.remote_address())?.expect(COMMAND)
        },
    ),
];

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
