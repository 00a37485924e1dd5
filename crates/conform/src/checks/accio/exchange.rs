//! From `accio` to the end of the file.

use std::io;
use std::time::Instant;

use harness::{Event, Input, Listener};

use super::arguments;
use crate::checks::common::expect_success;
use crate::checks::server_s::{A_MOMENT, COMMAND, FIRST, LIMIT, SECOND, random_file};
use crate::{Check, Conversation, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "AC-1",
        "each accio command is answered with its confirmation",
        "Accio client: accio\\r\\n is answered with confirm-accio\\r\\n, and the second one with \
         confirm-accio-again\\r\\n\\r\\n",
        |trial| {
            let (_listener, mut server, _) = accept_small(trial)?;
            shake_hands(&mut server)
        },
    ),
    Check::must(
        "AC-1/2",
        "a command is answered when it is complete, in however many pieces it comes",
        "Accio client: it waits for the full accio\\r\\n command",
        |trial| {
            let (_listener, mut server, _) = accept_small(trial)?;
            for confirmation in [FIRST, SECOND] {
                for piece in [&b"ac"[..], b"cio\r", b"\n"] {
                    server.expect_silence(A_MOMENT)?;
                    server.send(piece)?;
                }
                server.expect_bytes(confirmation)?;
            }
            Ok(())
        },
    )
    .needs(&["AC-1"]),
    Check::must(
        "AC-1/3",
        "nothing is sent between the first confirmation and the second command",
        "Accio client: it waits for two full commands before it sends any of the file",
        |trial| {
            let (_listener, mut server, _) = accept_small(trial)?;
            server.send(COMMAND)?;
            server.expect_bytes(FIRST)?;
            server.expect_silence(2 * A_MOMENT)?;
            server.send(COMMAND)?;
            server.expect_bytes(SECOND)
        },
    )
    .needs(&["AC-1"]),
    Check::must(
        "AC-1/4",
        "a small binary file is sent as it is, and the connection is closed",
        "Accio client: after the second confirmation it sends the file and closes",
        |trial| {
            let (_listener, mut server, file) = accept_small(trial)?;
            shake_hands(&mut server)?;
            expect_file(&mut server, &file)
        },
    )
    .needs(&["AC-1"]),
    // Meanwhile all buffers on the way become full.
    Check::must(
        "AC-1/5",
        "10 MiB arrive whole at a server that reads late",
        "Accio client: it sends all of the file",
        |trial| {
            let file = random_file(trial, 10 * MEBIBYTE..=11 * MEBIBYTE);
            let (_listener, mut server) = accept_with(trial, &file)?;
            // What is not received stays with the program.
            server.set_receive_buffer(64 << 10)?;
            shake_hands(&mut server)?;
            // Until it cannot send more.
            trial.wait_idle()?;
            expect_file(&mut server, &file)
        },
    )
    .needs(&["AC-1", "AC-1/4"]),
    Check::must(
        "AC-1/6",
        "the exit status is 0 when the file was sent",
        "Accio client: exit status 0 when everything was sent and the connection closed",
        success,
    )
    .needs(&["AC-1", "AC-1/4"]),
    Check::should(
        "AC-1/7",
        "an empty file is sent as nothing",
        "Accio client: after the second confirmation it sends the file and closes",
        |trial| {
            let (_listener, server) = accept_with(trial, b"")?;
            expect_exchange(trial, server, b"")
        },
    )
    .needs(&["AC-1", "AC-1/4", "AC-1/6"]),
];

pub(super) const MEBIBYTE: usize = 1 << 20;

/// Has the program send a file, and accepts its connection.
pub(crate) fn accept_with(
    trial: &mut Trial<'_>,
    file: &[u8],
) -> Result<(Listener, Conversation), Problem> {
    let listener = trial.listen()?;
    let file = trial.file(file)?;
    trial.start(&arguments(listener.port(), file), Input::Pipe)?;
    let server = trial.accept(&listener)?;
    Ok((listener, server))
}

/// Has the program send a small file, which is returned too.
pub(super) fn accept_small(
    trial: &mut Trial<'_>,
) -> Result<(Listener, Conversation, Vec<u8>), Problem> {
    let file = random_file(trial, 450..=550);
    let (listener, server) = accept_with(trial, &file)?;
    Ok((listener, server, file))
}

/// Sends both commands, and takes what is answered for the confirmations: these are the matter of
/// AC-1.
pub(super) fn ask_for_file(server: &mut Conversation) -> Outcome {
    for confirmation in [FIRST, SECOND] {
        server.send(COMMAND)?;
        // Who says nothing may be waiting for the next command.
        server.glance(confirmation.len(), A_MOMENT);
    }
    Ok(())
}

/// Has the program confirm twice.
pub(super) fn shake_hands(server: &mut Conversation) -> Outcome {
    server.send(COMMAND)?;
    server.expect_bytes(FIRST)?;
    server.send(COMMAND)?;
    server.expect_bytes(SECOND)
}

/// Receives the rest of the connection, which has to be just this file.
pub(super) fn expect_file(server: &mut Conversation, file: &[u8]) -> Outcome {
    let received = server.receive_to_end(LIMIT)?;
    is_file(&received, file)
}

/// Compares what was received with the file.
pub(crate) fn is_file(received: &[u8], file: &[u8]) -> Outcome {
    if received == file {
        return Ok(());
    }
    let mut pairs = received.iter().zip(file);
    let happened = match pairs.position(|(received, sent)| received != sent) {
        Some(place) => format!(
            "{} bytes, which differ from byte {place} on",
            received.len()
        ),
        None => format!("{} bytes, which begin alike", received.len()),
    };
    Err(Problem::broken(
        format!("the {} bytes of the file, and then a close", file.len()),
        happened,
    ))
}

/// The whole exchange, up to the program's end.
pub(super) fn expect_exchange(
    trial: &mut Trial<'_>,
    mut server: Conversation,
    file: &[u8],
) -> Outcome {
    shake_hands(&mut server)?;
    expect_file(&mut server, file)?;
    drop(server);
    expect_success(trial, LIMIT)
}

pub(super) fn success(trial: &mut Trial<'_>) -> Outcome {
    let (_listener, server, file) = accept_small(trial)?;
    expect_exchange(trial, server, &file)
}

pub(super) fn cannot_write(error: io::Error) -> Problem {
    Problem::trouble(format!("the checker cannot write a file: {error}"))
}

pub(super) fn receive_some(server: &mut Conversation, count: usize) -> Outcome {
    let start = Instant::now();
    let mut received = 0;
    while received < count {
        let left = LIMIT.saturating_sub(start.elapsed());
        match server.next_event(MEBIBYTE, left) {
            Event::Data(bytes) => received += bytes.len(),
            event => {
                return Err(Problem::broken(
                    format!("{count} bytes of the file"),
                    format!("{event}, after {received} bytes"),
                ));
            }
        }
    }
    Ok(())
}
