//! From `accio` to the number.

use std::time::{Duration, Instant};

use super::client::{
    A_MOMENT, COMMAND, FIRST, HEADER, LIMIT, SECOND, binary_file, end_file, expect_number,
    expect_printed, has_line, send_file, shake_hands, wait_gone,
};
use crate::conversation::shown;
use crate::{Outcome, Problem, Trial};

const SMALL: usize = 500;
const MEBIBYTE: usize = 1 << 20;
const LARGE: usize = 10 * MEBIBYTE;

pub(super) fn command_at_accept(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    trial.connect(address)?.expect(COMMAND)
}

pub(super) fn second_command_after_confirmation(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let mut client = trial.connect(address)?;
    client.expect(COMMAND)?;
    client.expect_silence(A_MOMENT)?;
    client.send(FIRST)?;
    client.expect(COMMAND)
}

pub(super) fn small_file_is_received(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let mut client = shake_hands(trial, address)?;
    client.send(&binary_file(SMALL))?;
    client.expect_silence(A_MOMENT)?;
    end_file(&mut client)
}

pub(super) fn small_file_is_counted(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    send_file(trial, address, &binary_file(SMALL))?;
    expect_number(trial, SMALL)
}

pub(super) fn large_file_is_received(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    send_file(trial, address, &binary_file(LARGE))
}

pub(super) fn large_file_is_counted(trial: &mut Trial<'_>) -> Outcome {
    large_file_is_received(trial)?;
    expect_number(trial, LARGE)
}

pub(super) fn file_over_rough_network_is_received(trial: &mut Trial<'_>) -> Outcome {
    const PIECE: usize = 100_003;
    const PAUSE: Duration = Duration::from_millis(15);
    let address = trial.serve()?;
    let mut client = shake_hands(trial, address)?;
    let file = binary_file(LARGE);
    let (head, tail) = file.split_at(LARGE / 2);
    client.send_in_pieces(head, PIECE, PAUSE)?;
    client.expect_silence(Duration::from_secs(2))?;
    client.send_in_pieces(tail, PIECE, PAUSE)?;
    end_file(&mut client)
}

pub(super) fn file_over_rough_network_is_counted(trial: &mut Trial<'_>) -> Outcome {
    file_over_rough_network_is_received(trial)?;
    expect_number(trial, LARGE)
}

pub(super) fn number_is_printed_at_once(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    send_file(trial, address, &binary_file(SMALL))?;
    let timeout = trial.timeout();
    let line = trial.process()?.wait_line(timeout)?;
    if line == SMALL.to_string() {
        return Ok(());
    }
    Err(Problem::broken(
        format!("the line \"{SMALL}\" on standard output"),
        shown(line.as_bytes()),
    ))
}

pub(super) fn empty_file_is_counted(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    send_file(trial, address, b"")?;
    expect_number(trial, 0)
}

pub(super) fn file_like_header_is_counted(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let file = [b"Content-Length: 5\r\n\r\nhello\r\n\r\n", HEADER, COMMAND].concat();
    send_file(trial, address, &file)?;
    expect_number(trial, file.len())
}

pub(super) fn everything_at_once_is_counted(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let mut client = trial.connect(address)?;
    client.send(&[HEADER, &binary_file(SMALL)].concat())?;
    client.shutdown_write()?;
    client.expect(&COMMAND.repeat(2))?;
    client.expect_end()?;
    expect_number(trial, SMALL)
}

pub(super) fn file_behind_confirmation_is_counted(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let mut client = trial.connect(address)?;
    client.expect(COMMAND)?;
    client.send(FIRST)?;
    client.expect(COMMAND)?;
    client.send(&[SECOND, &binary_file(SMALL)].concat())?;
    end_file(&mut client)?;
    expect_number(trial, SMALL)
}

/// G-5
pub(super) fn header_byte_by_byte_is_the_same(trial: &mut Trial<'_>) -> Outcome {
    const PAUSE: Duration = Duration::from_millis(2);
    let address = trial.serve()?;
    let mut client = trial.connect(address)?;
    client.expect(COMMAND)?;
    client.send_in_pieces(FIRST, 1, PAUSE)?;
    client.expect(COMMAND)?;
    client.send_in_pieces(SECOND, 1, PAUSE)?;
    client.send_in_pieces(b"file", 1, PAUSE)?;
    end_file(&mut client)?;
    expect_number(trial, 4)
}

pub(super) fn wrong_confirmation_is_an_error(trial: &mut Trial<'_>) -> Outcome {
    is_an_error(trial, b"confirm-something-else\r\n")
}

/// The client stays, and its line is not at its end.
pub(super) fn first_wrong_byte_is_an_error(trial: &mut Trial<'_>) -> Outcome {
    is_an_error(trial, b"confirm-accio\r\nconfirm-b")
}

fn is_an_error(trial: &mut Trial<'_>, sent: &[u8]) -> Outcome {
    let address = trial.serve()?;
    let mut client = trial.connect(address)?;
    client.expect(COMMAND)?;
    client.send(sent)?;
    wait_gone(&mut client, Instant::now(), trial.timeout())?;
    expect_error_line(trial)
}

pub(super) fn incomplete_header_is_an_error(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let mut client = trial.connect(address)?;
    client.expect(COMMAND)?;
    client.send(FIRST)?;
    client.expect(COMMAND)?;
    client.send(b"confirm-accio-again\r\n")?;
    end_file(&mut client)?;
    expect_error_line(trial)
}

fn expect_error_line(trial: &mut Trial<'_>) -> Outcome {
    expect_printed(trial, "the line \"ERROR\"", |printed| {
        has_line(printed, b"ERROR")
    })
}

pub(super) fn memory_does_not_grow(trial: &mut Trial<'_>) -> Outcome {
    const MEBIBYTES: u64 = 100;
    const MOST: u64 = MEBIBYTES / 2;
    let address = trial.serve()?;
    let mut client = shake_hands(trial, address)?;
    let before = trial.process()?.peak_memory()?;
    let piece = binary_file(MEBIBYTE);
    for _ in 0..MEBIBYTES {
        client.send(&piece)?;
    }
    let grown = trial.process()?.peak_memory()?.saturating_sub(before) >> 20;
    client.shutdown_write()?;
    wait_gone(&mut client, Instant::now(), LIMIT)?;
    if grown < MOST {
        return Ok(());
    }
    Err(Problem::broken(
        format!("memory grows by less than {MOST} MiB while {MEBIBYTES} MiB are received"),
        format!("it grew by {grown} MiB"),
    ))
}
