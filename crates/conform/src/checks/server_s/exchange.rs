//! From `accio` to the number.

use std::time::Duration;

use super::client::{
    A_MOMENT, COMMAND, FIRST, HEADER, SECOND, SMALL, end_file, exchange, expect_line,
    expect_number, random_file, send_file, shake_hands,
};
use crate::{Check, Conversation, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "A-1",
        "accio is sent to a client that connects",
        "Introduction: the server accepts a connection and sends the accio\\r\\n command",
        |trial| {
            let address = trial.serve()?;
            trial.connect(address)?.expect_bytes(COMMAND)
        },
    ),
    Check::must(
        "A-1/2",
        "accio is sent again after the first confirmation, and not before",
        "Introduction: afterwards it receives confirmation and sends the accio\\r\\n command \
         again",
        |trial| {
            let address = trial.serve()?;
            let mut client = trial.connect(address)?;
            client.expect_bytes(COMMAND)?;
            client.expect_silence(A_MOMENT)?;
            client.send(FIRST)?;
            client.expect_bytes(COMMAND)
        },
    )
    .needs(&["A-1"]),
    Check::must(
        "A-1/3",
        "10 MiB that come in delayed pieces are received",
        "Grading: a large amount of data is received from a client with emulated delays",
        |trial| send_over_rough_network(trial).map(drop),
    )
    .needs(&["A-1", "A-2"])
    .waits(4),
    Check::must(
        "A-2",
        "500 bytes are received after confirm-accio and confirm-accio-again",
        "Grading: a small amount of data is received; the course's client confirms with \
         confirm-accio\\r\\n and confirm-accio-again\\r\\n\\r\\n",
        |trial| {
            let address = trial.serve()?;
            let file = random_file(trial, SMALL);
            exchange(trial, address, &file).map(drop)
        },
    )
    .needs(&["A-1"]),
    Check::must(
        "A-3",
        "the number of 500 received bytes is printed",
        "Introduction: it counts the bytes received, not including the header, and prints them as \
         a single number",
        |trial| {
            let address = trial.serve()?;
            let file = random_file(trial, SMALL);
            let _client = exchange(trial, address, &file)?;
            expect_number(trial, file.len())
        },
    )
    .needs(&["A-1", "A-2"]),
    Check::must(
        "A-3/2",
        "the number of bytes that came in delayed pieces is printed",
        "Grading: the correct value is printed for a client with emulated delays",
        |trial| {
            let (_client, length) = send_over_rough_network(trial)?;
            expect_number(trial, length)
        },
    )
    .needs(&["A-1", "A-2", "A-1/3", "A-3"])
    .waits(4),
    Check::should(
        "A-3/3",
        "the number is the first line that is printed, also in a pipe",
        "Approach: the amount of received data is printed just after the connection is terminated",
        |trial| {
            let arguments = trial.assignment().arguments;
            let address = trial.serve_as(
                |port| arguments("127.0.0.1", &port.to_string()),
                |program| program.stdout(harness::Output::Captured),
            )?;
            let file = random_file(trial, SMALL);
            let _client = exchange(trial, address, &file)?;
            let expected = file.len().to_string();
            trial.wait_printed(&format!("the line \"{expected}\""), |printed| {
                printed.lines().next() == Some(&expected)
            })
        },
    )
    .needs(&["A-1", "A-2", "A-3"]),
    Check::should(
        "A-3/4",
        "an empty file is counted as 0",
        "Introduction: the number of bytes received is printed, also if it is 0",
        |trial| {
            let address = trial.serve()?;
            let _client = exchange(trial, address, b"")?;
            expect_number(trial, 0)
        },
    )
    .needs(&["A-1", "A-2", "A-3"]),
    Check::must(
        "A-3/5",
        "the bytes of each client are counted from 0",
        "Introduction: the number that is printed is that of the bytes received from the client",
        |trial| {
            let address = trial.serve()?;
            for _ in 0..2 {
                let file = random_file(trial, SMALL);
                let _client = exchange(trial, address, &file)?;
                expect_number(trial, file.len())?;
            }
            Ok(())
        },
    )
    .needs(&["A-1", "A-2", "A-3", "A-13"]),
    Check::must(
        "A-4",
        "a file that looks like a header is counted whole",
        "Introduction: what follows the second confirmation is a binary file, whatever is in it",
        |trial| {
            let address = trial.serve()?;
            let text = random_file(trial, 1..=50);
            let length = format!("Content-Length: {}\r\n\r\n", text.len());
            let file = [length.as_bytes(), &text, b"\r\n\r\n", HEADER, COMMAND].concat();
            let _client = exchange(trial, address, &file)?;
            expect_number(trial, file.len())
        },
    )
    .needs(&["A-1", "A-2", "A-3"]),
    Check::should(
        "A-5",
        "a client that sends everything without waiting is counted correctly",
        "A connection is a stream: what came together with a confirmation is not lost",
        |trial| {
            let address = trial.serve()?;
            let file = random_file(trial, SMALL);
            let mut client = trial.connect(address)?;
            client.send(&[HEADER, &file].concat())?;
            client.shutdown_write()?;
            expect_number(trial, file.len())
        },
    )
    .needs(&["A-1", "A-2", "A-3"]),
    Check::should(
        "A-5/2",
        "a file that comes together with the second confirmation is counted whole",
        "A connection is a stream: the file begins right behind the second confirmation",
        |trial| {
            let address = trial.serve()?;
            let file = random_file(trial, SMALL);
            let mut client = trial.connect(address)?;
            client.expect_bytes(COMMAND)?;
            client.send(FIRST)?;
            client.expect_bytes(COMMAND)?;
            send_file(&mut client, &[SECOND, &file].concat())?;
            expect_number(trial, file.len())
        },
    )
    .needs(&["A-1", "A-1/2", "A-2", "A-3"]),
    Check::should(
        "A-6",
        "a wrong confirmation is an error",
        "The file of a client that does not confirm is not received: ERROR is printed",
        |trial| is_an_error(trial, b"confirm-something-else\r\n"),
    )
    .needs(&["A-1"]),
    // The client stays, and its line is not at its end.
    Check::should(
        "A-6/2",
        "a wrong confirmation is noticed at the first wrong byte",
        "Nothing that follows can make a confirmation right: the server does not wait for it",
        |trial| is_an_error(trial, b"confirm-accio\r\nconfirm-b"),
    )
    .needs(&["A-1"]),
    Check::should(
        "A-6/3",
        "a close before the header is complete is an error",
        "Without both confirmations there is no file, not even an empty one: ERROR is printed",
        |trial| {
            let address = trial.serve()?;
            let mut client = trial.connect(address)?;
            client.expect_bytes(COMMAND)?;
            client.send(FIRST)?;
            client.expect_bytes(COMMAND)?;
            client.send(b"confirm-accio-again\r\n")?;
            client.shutdown_write()?;
            expect_line(trial, "ERROR")
        },
    )
    .needs(&["A-1", "A-1/2"]),
    Check::must(
        "A-7",
        "10 MiB are received",
        "Grading: a large amount of data is received",
        |trial| send_large_file(trial).map(drop),
    )
    .needs(&["A-1", "A-2"]),
    Check::must(
        "A-7/2",
        "the number of bytes of 10 MiB is printed",
        "Grading: the correct value is printed for a large amount of data",
        |trial| {
            let (_client, length) = send_large_file(trial)?;
            expect_number(trial, length)
        },
    )
    .needs(&["A-1", "A-2", "A-7", "A-3"]),
    Check::must(
        "A-7/3",
        "memory does not grow with the file",
        "Requirements: files of 100 MiB and more that do not fit in memory are accepted, so the \
         length is calculated while they are received",
        |trial| {
            const MEBIBYTES: u64 = 200;
            // Some runtimes collect their garbage late.
            const MOST: u64 = 150;
            let address = trial.serve()?;
            let mut client = shake_hands(trial, address)?;
            let before = trial.peak_memory()?;
            let piece = random_file(trial, MEBIBYTE..=MEBIBYTE);
            for _ in 0..MEBIBYTES {
                client.send(&piece)?;
            }
            let grown = trial.peak_memory()?.saturating_sub(before) >> 20;
            if grown < MOST {
                return Ok(());
            }
            Err(Problem::broken(
                format!("memory grows by less than {MOST} MiB while {MEBIBYTES} MiB are received"),
                format!("it grew by {grown} MiB"),
            ))
        },
    )
    .needs(&["A-1", "A-2", "A-7"]),
];

const MEBIBYTE: usize = 1 << 20;

/// About 10 MiB, as the assignment says.
fn large_file(trial: &mut Trial<'_>) -> Vec<u8> {
    random_file(trial, 10 * MEBIBYTE..=10 * MEBIBYTE + 100_000)
}

/// Returns the client, and the length of its file.
fn send_large_file(trial: &mut Trial<'_>) -> Result<(Conversation, usize), Problem> {
    let address = trial.serve()?;
    let file = large_file(trial);
    let client = exchange(trial, address, &file)?;
    Ok((client, file.len()))
}

/// The same, with a pause after each piece, and a long one somewhere.
fn send_over_rough_network(trial: &mut Trial<'_>) -> Result<(Conversation, usize), Problem> {
    const PIECES: usize = 100;
    const PAUSE: Duration = Duration::from_millis(15);
    let address = trial.serve()?;
    let file = large_file(trial);
    let middle = trial.random().usize(1..file.len());
    let mut client = shake_hands(trial, address)?;
    let (head, tail) = file.split_at(middle);
    client.send_in_pieces(head, file.len() / PIECES, PAUSE)?;
    client.expect_silence(Duration::from_secs(2))?;
    client.send_in_pieces(tail, file.len() / PIECES, PAUSE)?;
    end_file(&mut client)?;
    Ok((client, file.len()))
}

/// That these bytes, which are no confirmation, make it print ERROR.
fn is_an_error(trial: &mut Trial<'_>, sent: &[u8]) -> Outcome {
    let address = trial.serve()?;
    let mut client = trial.connect(address)?;
    client.expect_bytes(COMMAND)?;
    client.send(sent)?;
    expect_line(trial, "ERROR")
}
