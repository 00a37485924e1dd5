//! Silence and other errors, and what comes after them.

use std::time::{Duration, Instant};

use harness::shown;

use super::client::{
    COMMAND, FIRST, LIMIT, SMALL, end_file, exchange, expect_line, expect_number, has_line,
    random_file, shake_hands, wait_gone,
};
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
    .needs(&["A-1"])
    .waits(10),
    Check::must(
        "A-8/2",
        "a client that is silent after the first confirmation is given up after 10 seconds",
        "Requirements: no data for over 10 seconds is an error, and the connection is aborted",
        |trial| {
            let (mut client, _) = silent_client(trial)?;
            let last_byte = Instant::now();
            client.send(FIRST)?;
            is_given_up(&mut client, last_byte, LIMIT)
        },
    )
    .needs(&["A-1"])
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
    .needs(&["A-1", "A-2"])
    .waits(10),
    Check::must(
        "A-8/4",
        "a client that sends one byte every 6 seconds is served",
        "Requirements: the error is that no data came for over 10 seconds, however long it takes \
         in all",
        |trial| two_bytes(trial, Duration::from_secs(6)),
    )
    .needs(&["A-1", "A-2"])
    .waits(12),
    Check::should(
        "A-8/5",
        "a client that sends one byte every 9 seconds is served",
        "Requirements: the error is that no data came for over 10 seconds, and not for less",
        |trial| two_bytes(trial, Duration::from_secs(9)),
    )
    .needs(&["A-1", "A-2", "A-8/4"])
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
    .needs(&["A-1", "A-2", "A-8/3"])
    .waits(10),
    Check::should(
        "A-8/7",
        "a client that is silent inside a confirmation is given up after 10 seconds",
        "Requirements: no data for over 10 seconds is an error, at any point of the exchange",
        |trial| {
            let (mut client, _) = silent_client(trial)?;
            let last_byte = Instant::now();
            client.send(b"confirm-")?;
            is_given_up(&mut client, last_byte, LIMIT)
        },
    )
    .needs(&["A-1", "A-8/2"])
    .waits(10),
    // No sentence says on which output.
    Check::must(
        "A-9",
        "ERROR is printed in place of the number",
        "Requirements: after 10 seconds without data a single ERROR is written instead of the \
         number of bytes",
        |trial| {
            let (mut client, last_byte) = silent_in_file(trial)?;
            let gone = wait_gone(&mut client, last_byte, LIMIT);
            match trial.wait_printed("ERROR", has_error) {
                Err(Problem::Broken { .. }) => {}
                outcome => return outcome.and_then(|()| has_no_number(trial)),
            }
            if has_error(&String::from_utf8_lossy(&trial.process()?.stderr())) {
                return has_no_number(trial);
            }
            gone?;
            Err(Problem::broken(
                "ERROR at the beginning of a line, on standard output or standard error",
                format!("on standard output is {:?}", trial.printed()?),
            ))
        },
    )
    .needs(&["A-1", "A-2", "A-8/3"])
    .waits(10),
    Check::should(
        "A-9/2",
        "a reset in the file is the line ERROR, and nothing else",
        "Part of a file is no file: ERROR is written instead of the number of bytes",
        |trial| {
            let (client, _) = silent_in_file(trial)?;
            client.reset()?;
            trial.wait_printed("one line, \"ERROR\",", |printed| printed == "ERROR\n")
        },
    )
    .needs(&["A-1", "A-2"]),
    Check::should(
        "A-9/3",
        "the reason is on standard error, with the client's port",
        "Errors go to standard error, start with ERROR: and name the peer",
        |trial| {
            let (client, _) = silent_in_file(trial)?;
            let port = client.local_address().port().to_string();
            client.reset()?;
            let names_peer = |stderr: &[u8]| {
                let mut lines = stderr.split(|byte| *byte == b'\n');
                lines.any(|line| {
                    line.starts_with(b"ERROR: ") && String::from_utf8_lossy(line).contains(&port)
                })
            };
            if trial.logs(names_peer)? {
                return Ok(());
            }
            Err(Problem::broken(
                format!(
                    "a line on standard error that starts with \"ERROR: \" and has the port {port}"
                ),
                shown(&trial.process()?.stderr()),
            ))
        },
    )
    .needs(&["A-1", "A-2"]),
    Check::should(
        "A-9/4",
        "after 10 seconds ERROR is printed on standard output, where the number would be",
        "Requirements: ERROR is written instead of the number of bytes",
        |trial| {
            let (mut client, last_byte) = silent_in_file(trial)?;
            // It prints before or after it closes.
            let _ = wait_gone(&mut client, last_byte, LIMIT);
            expect_line(trial, "ERROR")
        },
    )
    .needs(&["A-1", "A-2", "A-8/3", "A-9"])
    .waits(10),
    Check::must(
        "A-10",
        "the next client is served after one that was silent",
        "Grading: another connection is accepted after the first one timed out",
        |trial| {
            // Whether it times out soon enough is the matter of A-8.
            const PATIENCE: Duration = Duration::from_secs(35);
            let (mut client, start) = silent_client(trial)?;
            let _ = wait_gone(&mut client, start, LIMIT);
            let mut next = trial.connect(client.remote_address())?;
            let within = PATIENCE.saturating_sub(start.elapsed());
            next.receive_exactly(COMMAND.len(), within).map(drop)
        },
    )
    .needs(&["A-1"])
    .waits(10),
    Check::should(
        "A-10/2",
        "the next client is served after a reset",
        "Requirements: one connection is accepted after the other, whatever happened to the first",
        |trial| {
            let (client, _) = silent_in_file(trial)?;
            let address = client.remote_address();
            client.reset()?;
            trial.connect(address)?.expect_bytes(COMMAND)
        },
    )
    .needs(&["A-1", "A-2"]),
    Check::should(
        "A-10/3",
        "the next client is served after a wrong confirmation",
        "Requirements: one connection is accepted after the other, whatever happened to the first",
        |trial| {
            let (mut client, _) = silent_client(trial)?;
            let address = client.remote_address();
            client.send(b"GET / HTTP/1.1\r\n\r\n")?;
            drop(client);
            trial.connect(address)?.expect_bytes(COMMAND)
        },
    )
    .needs(&["A-1"]),
    Check::should(
        "A-10/4",
        "after several errors the next file is counted correctly",
        "Requirements: what was received before an error is not part of the next number",
        |trial| {
            let address = trial.serve()?;
            let mut half = shake_hands(trial, address)?;
            half.send(b"half a file")?;
            half.reset()?;
            let mut stranger = trial.connect(address)?;
            stranger.expect_bytes(COMMAND)?;
            stranger.send(b"confirm-")?;
            stranger.reset()?;
            let file = random_file(trial, SMALL);
            let _client = exchange(trial, address, &file)?;
            expect_number(trial, file.len())
        },
    )
    .needs(&["A-1", "A-2", "A-3", "A-10/2", "A-10/3"]),
];

/// The limit is ten seconds; a clock may be coarse.
const EARLIEST: Duration = Duration::from_millis(9500);

/// A client that has said nothing, its last byte, and its server.
fn silent_client(trial: &mut Trial<'_>) -> Result<(Conversation, Instant), Problem> {
    let address = trial.serve()?;
    let start = Instant::now();
    let mut client = trial.connect(address)?;
    client.expect_bytes(COMMAND)?;
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

fn has_error(printed: &str) -> bool {
    printed.lines().any(|line| line.starts_with("ERROR"))
}

/// That the bytes that came before the silence are not printed as a number.
fn has_no_number(trial: &mut Trial<'_>) -> Outcome {
    let printed = trial.printed()?;
    if has_line(&printed, "5") {
        let happened = format!("on standard output is {printed:?}");
        return Err(Problem::broken("ERROR instead of the number", happened));
    }
    Ok(())
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
