//! From `accio` to the number.

use std::time::{Duration, Instant};

use super::client::{
    A_MOMENT, COMMAND, FIRST, HEADER, LIMIT, SECOND, binary_file, end_file, expect_number,
    expect_printed, has_line, send_file, shake_hands, wait_gone,
};
use crate::conversation::shown;
use crate::{Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "A-1",
        "accio is sent to a client that connects",
        "Introduction: the server accepts a connection and sends the accio\\r\\n command",
        |trial| {
            let address = trial.serve()?;
            trial.connect(address)?.expect(COMMAND)
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
            client.expect(COMMAND)?;
            client.expect_silence(A_MOMENT)?;
            client.send(FIRST)?;
            client.expect(COMMAND)
        },
    ),
    Check::must(
        "A-1/3",
        "10 MiB that come in delayed pieces are received",
        "Grading: a large amount of data is received from a client with emulated delays",
        file_over_rough_network_is_received,
    )
    .waits(4),
    Check::must(
        "A-2",
        "500 bytes are received after confirm-accio and confirm-accio-again",
        "Grading: a small amount of data is received; the course's client confirms with \
         confirm-accio\\r\\n and confirm-accio-again\\r\\n\\r\\n",
        |trial| {
            let address = trial.serve()?;
            let mut client = shake_hands(trial, address)?;
            client.send(&binary_file(SMALL))?;
            client.expect_silence(A_MOMENT)?;
            end_file(&mut client)
        },
    ),
    Check::must(
        "A-3",
        "the number of 500 received bytes is printed",
        "Introduction: it counts the bytes received, not including the header, and prints them as \
         a single number",
        |trial| {
            let address = trial.serve()?;
            send_file(trial, address, &binary_file(SMALL))?;
            expect_number(trial, SMALL)
        },
    ),
    Check::must(
        "A-3/2",
        "the number of bytes that came in delayed pieces is printed",
        "Grading: the correct value is printed for a client with emulated delays",
        |trial| {
            file_over_rough_network_is_received(trial)?;
            expect_number(trial, LARGE)
        },
    )
    .waits(4),
    Check::should(
        "A-3/3",
        "the number is printed at once, as a line of its own",
        "Approach: the amount of received data is printed just after the connection is \
         terminated; it is not kept in a buffer",
        |trial| {
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
        },
    ),
    Check::should(
        "A-3/4",
        "an empty file is counted as 0",
        "Introduction: the number of bytes received is printed, also if it is 0",
        |trial| {
            let address = trial.serve()?;
            send_file(trial, address, b"")?;
            expect_number(trial, 0)
        },
    ),
    Check::must(
        "A-4",
        "a file that looks like a header is counted whole",
        "Introduction: what follows the second confirmation is a binary file, whatever is in it",
        |trial| {
            let address = trial.serve()?;
            let file = [b"Content-Length: 5\r\n\r\nhello\r\n\r\n", HEADER, COMMAND].concat();
            send_file(trial, address, &file)?;
            expect_number(trial, file.len())
        },
    ),
    Check::should(
        "A-5",
        "a client that sends everything without waiting is counted correctly",
        "A connection is a stream: what came together with a confirmation is not lost",
        |trial| {
            let address = trial.serve()?;
            let mut client = trial.connect(address)?;
            client.send(&[HEADER, &binary_file(SMALL)].concat())?;
            client.shutdown_write()?;
            client.expect(&COMMAND.repeat(2))?;
            client.expect_end()?;
            expect_number(trial, SMALL)
        },
    ),
    Check::should(
        "A-5/2",
        "a file that comes together with the second confirmation is counted whole",
        "A connection is a stream: the file begins right behind the second confirmation",
        |trial| {
            let address = trial.serve()?;
            let mut client = trial.connect(address)?;
            client.expect(COMMAND)?;
            client.send(FIRST)?;
            client.expect(COMMAND)?;
            client.send(&[SECOND, &binary_file(SMALL)].concat())?;
            end_file(&mut client)?;
            expect_number(trial, SMALL)
        },
    ),
    Check::should(
        "A-6",
        "a wrong confirmation is an error",
        "The file of a client that does not confirm is not received: ERROR is printed",
        |trial| is_an_error(trial, b"confirm-something-else\r\n"),
    ),
    // The client stays, and its line is not at its end.
    Check::should(
        "A-6/2",
        "a wrong confirmation is noticed at the first wrong byte",
        "Nothing that follows can make a confirmation right: the server does not wait for it",
        |trial| is_an_error(trial, b"confirm-accio\r\nconfirm-b"),
    ),
    Check::should(
        "A-6/3",
        "a close before the header is complete is an error",
        "Without both confirmations there is no file, not even an empty one: ERROR is printed",
        |trial| {
            let address = trial.serve()?;
            let mut client = trial.connect(address)?;
            client.expect(COMMAND)?;
            client.send(FIRST)?;
            client.expect(COMMAND)?;
            client.send(b"confirm-accio-again\r\n")?;
            end_file(&mut client)?;
            expect_error_line(trial)
        },
    ),
    Check::must(
        "A-7",
        "10 MiB are received",
        "Grading: a large amount of data is received",
        large_file_is_received,
    ),
    Check::must(
        "A-7/2",
        "the number of bytes of 10 MiB is printed",
        "Grading: the correct value is printed for a large amount of data",
        |trial| {
            large_file_is_received(trial)?;
            expect_number(trial, LARGE)
        },
    ),
    Check::must(
        "A-7/3",
        "memory does not grow with the file",
        "Requirements: files of 100 MiB and more that do not fit in memory are accepted, so the \
         length is calculated while they are received",
        |trial| {
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
        },
    ),
];

const SMALL: usize = 500;

const MEBIBYTE: usize = 1 << 20;

const LARGE: usize = 10 * MEBIBYTE;

pub(super) fn large_file_is_received(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    send_file(trial, address, &binary_file(LARGE))
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

fn is_an_error(trial: &mut Trial<'_>, sent: &[u8]) -> Outcome {
    let address = trial.serve()?;
    let mut client = trial.connect(address)?;
    client.expect(COMMAND)?;
    client.send(sent)?;
    wait_gone(&mut client, Instant::now(), trial.timeout())?;
    expect_error_line(trial)
}

fn expect_error_line(trial: &mut Trial<'_>) -> Outcome {
    expect_printed(trial, "the line \"ERROR\"", |printed| {
        has_line(printed, b"ERROR")
    })
}
