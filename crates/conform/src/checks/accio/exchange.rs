//! From `accio` to the end of the file.

use std::fs::File;
use std::io;
use std::thread;
use std::time::Instant;

use harness::{Event, Input, Listener};

use super::arguments;
use crate::checks::common::{expect_error, expect_success};
use crate::checks::server_s::{A_MOMENT, COMMAND, FIRST, LIMIT, SECOND, binary_file};
use crate::conversation::shown;
use crate::{Arguments, Conversation, Outcome, Problem, Trial};

const SMALL: usize = 500;
const MEBIBYTE: usize = 1 << 20;

/// Has the program send a file, and accepts its connection.
pub(super) fn accept_with(
    trial: &mut Trial<'_>,
    file: &[u8],
) -> Result<(Listener, Conversation), Problem> {
    let listener = trial.listen()?;
    let file = trial.file(file)?;
    trial.start(&arguments(listener.port(), file), Input::Null)?;
    let server = trial.accept(&listener)?;
    Ok((listener, server))
}

/// Has the program confirm twice.
pub(super) fn shake_hands(server: &mut Conversation) -> Outcome {
    server.send(COMMAND)?;
    server.expect(FIRST)?;
    server.send(COMMAND)?;
    server.expect(SECOND)
}

/// Receives the rest of the connection, which has to be just this file.
fn expect_file(server: &mut Conversation, file: &[u8]) -> Outcome {
    let received = server.receive_to_end(LIMIT)?;
    if received == file {
        return Ok(());
    }
    let mut pairs = received.iter().zip(file);
    let happened = match pairs.position(|(received, sent)| received != sent) {
        Some(place) => format!(
            "{} bytes, which differ from byte {place} on",
            received.len()
        ),
        None => shown(&received),
    };
    Err(Problem::broken(
        format!("the {} bytes of the file, and then a close", file.len()),
        happened,
    ))
}

/// The whole exchange, up to the program's end.
fn expect_exchange(trial: &mut Trial<'_>, mut server: Conversation, file: &[u8]) -> Outcome {
    shake_hands(&mut server)?;
    expect_file(&mut server, file)?;
    drop(server);
    expect_success(trial, LIMIT)
}

pub(super) fn confirmations(trial: &mut Trial<'_>) -> Outcome {
    let (_listener, mut server) = accept_with(trial, &binary_file(SMALL))?;
    shake_hands(&mut server)
}

pub(super) fn command_in_pieces(trial: &mut Trial<'_>) -> Outcome {
    let (_listener, mut server) = accept_with(trial, &binary_file(SMALL))?;
    for confirmation in [FIRST, SECOND] {
        for piece in [&b"ac"[..], b"cio\r", b"\n"] {
            server.expect_silence(A_MOMENT)?;
            server.send(piece)?;
        }
        server.expect(confirmation)?;
    }
    Ok(())
}

pub(super) fn waits_for_second_command(trial: &mut Trial<'_>) -> Outcome {
    let (_listener, mut server) = accept_with(trial, &binary_file(SMALL))?;
    server.send(COMMAND)?;
    server.expect(FIRST)?;
    server.expect_silence(2 * A_MOMENT)?;
    server.send(COMMAND)?;
    server.expect(SECOND)
}

pub(super) fn small_file(trial: &mut Trial<'_>) -> Outcome {
    let file = binary_file(SMALL);
    let (_listener, mut server) = accept_with(trial, &file)?;
    shake_hands(&mut server)?;
    expect_file(&mut server, &file)
}

/// Meanwhile all buffers on the way become full.
pub(super) fn large_file_is_read_late(trial: &mut Trial<'_>) -> Outcome {
    let file = binary_file(10 * MEBIBYTE);
    let (_listener, mut server) = accept_with(trial, &file)?;
    shake_hands(&mut server)?;
    thread::sleep(2 * A_MOMENT);
    expect_file(&mut server, &file)
}

pub(super) fn success(trial: &mut Trial<'_>) -> Outcome {
    let file = binary_file(SMALL);
    let (_listener, server) = accept_with(trial, &file)?;
    expect_exchange(trial, server, &file)
}

pub(super) fn no_accio_server(trial: &mut Trial<'_>) -> Outcome {
    let (_listener, mut server) = accept_with(trial, &binary_file(SMALL))?;
    server.send(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")?;
    expect_error(trial, LIMIT)
}

pub(super) fn server_closes_early(trial: &mut Trial<'_>) -> Outcome {
    let (_listener, mut server) = accept_with(trial, &binary_file(SMALL))?;
    server.send(COMMAND)?;
    server.expect(FIRST)?;
    server.shutdown_write()?;
    expect_error(trial, LIMIT)
}

pub(super) fn reset_in_file(trial: &mut Trial<'_>) -> Outcome {
    let (_listener, mut server) = accept_with(trial, &binary_file(30 * MEBIBYTE))?;
    shake_hands(&mut server)?;
    server.receive(1)?;
    server.reset()?;
    expect_error(trial, LIMIT)
}

pub(super) fn memory_does_not_grow(trial: &mut Trial<'_>) -> Outcome {
    const MEBIBYTES: u64 = 100;
    const MOST: u64 = MEBIBYTES / 2;
    let listener = trial.listen()?;
    let file = trial.file(&[])?;
    // It has no content on the disk.
    let grown = File::options().write(true).open(&file);
    let grown = grown.and_then(|file| file.set_len(MEBIBYTES << 20));
    grown.map_err(cannot_write)?;
    trial.start(&arguments(listener.port(), file), Input::Null)?;
    let mut server = trial.accept(&listener)?;
    shake_hands(&mut server)?;
    receive_some(&mut server, (MEBIBYTES as usize - 20) * MEBIBYTE)?;
    // More than the system keeps is not sent yet: the program is still at it.
    let memory = trial.process()?.peak_memory()? >> 20;
    if memory < MOST {
        return Ok(());
    }
    Err(Problem::broken(
        format!("less than {MOST} MiB of memory are used to send {MEBIBYTES} MiB"),
        format!("{memory} MiB were used"),
    ))
}

fn cannot_write(error: io::Error) -> Problem {
    Problem::NotRun(format!("the checker cannot write a file: {error}"))
}

fn receive_some(server: &mut Conversation, count: usize) -> Outcome {
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

pub(super) fn standard_input(trial: &mut Trial<'_>) -> Outcome {
    let file = binary_file(3 * MEBIBYTE);
    let listener = trial.listen()?;
    let from_pipe = Input::Bytes(file.clone());
    trial.start(&arguments(listener.port(), "-"), from_pipe)?;
    let server = trial.accept(&listener)?;
    expect_exchange(trial, server, &file)
}

pub(super) fn says_nothing(trial: &mut Trial<'_>) -> Outcome {
    success(trial)?;
    let process = trial.process()?;
    for printed in [process.stdout(), process.stderr()] {
        if !printed.is_empty() {
            return Err(Problem::broken("nothing is printed", shown(&printed)));
        }
    }
    Ok(())
}

pub(super) fn both_commands_at_once(trial: &mut Trial<'_>) -> Outcome {
    let file = binary_file(SMALL);
    let (_listener, mut server) = accept_with(trial, &file)?;
    server.send(&COMMAND.repeat(2))?;
    server.expect(&[FIRST, SECOND].concat())?;
    expect_file(&mut server, &file)?;
    drop(server);
    expect_success(trial, LIMIT)
}

pub(super) fn host_name(trial: &mut Trial<'_>) -> Outcome {
    let file = binary_file(SMALL);
    let listener = trial.listen()?;
    let path = trial.file(&file)?;
    let arguments = Arguments::new()
        .host("localhost")
        .port(listener.port())
        .file(path);
    trial.start(&arguments, Input::Null)?;
    let server = trial.accept(&listener)?;
    expect_exchange(trial, server, &file)
}
