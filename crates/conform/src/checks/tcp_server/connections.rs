//! Signals.

use std::time::{Duration, Instant};

use harness::{Error, Exit, Signal};

use super::{LOWERCASE, UPPERCASE, connected, expect_text, is_served, letters, request, response};
use crate::checks::common::listens_on_all_interfaces;
use crate::{Check, Conversation, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "T-15",
        "it can be started again right after a client was connected",
        "Requirements: you must set the SO_REUSEADDR option on the server socket",
        // The server's end of the connection is closed first, so that the system keeps it for a
        // while: without SO_REUSEADDR the port cannot be used then.
        |trial| {
            let address = trial.serve()?;
            let mut client = trial.connect(address)?;
            is_served(&mut client)?;
            trial.process()?.kill_tree()?;
            client.expect_gone()?;
            drop(client);
            trial.serve_again(address).map(drop)
        },
    )
    .needs(&["T-1"]),
    Check::should(
        "T-15/2",
        "it listens on all interfaces",
        "Protocol: for this lab, you can bind to all interfaces",
        listens_on_all_interfaces,
    ),
    Check::must(
        "T-16",
        "one client is served after another",
        "Command-line Interface: once it has handled one client, it will wait for another client \
         to connect",
        |trial| {
            let address = trial.serve()?;
            for _ in 0..5 {
                is_served(&mut trial.connect(address)?)?;
            }
            Ok(())
        },
    )
    .needs(&["T-1"]),
    Check::should(
        "T-16/2",
        "a client that is silent delays nobody",
        "Requirements: your server does not need to support concurrent clients",
        |trial| {
            let address = trial.serve()?;
            let _silent = trial.connect(address)?;
            let mut slow = trial.connect(address)?;
            slow.send(b"\x08\0\0\x04sl")?;
            is_served(&mut trial.connect(address)?)?;
            slow.send(b"ow")?;
            expect_text(&mut slow, "slow")
        },
    )
    .needs(&["T-16"]),
    // More than one call of send takes from a program that does not block: the system keeps at most
    // 4 MiB for it.
    Check::must(
        "T-17",
        "a request of 5 MiB is answered",
        "Requirements: your server must handle any request size",
        |trial| answers_large(trial, 5 * MIB),
    )
    .needs(&["T-1"]),
    Check::should(
        "T-17/2",
        "a request of more than 16 MiB, whose length needs the 25th bit, is answered",
        "Requirements: your server must handle any request size; the length has 27 bits",
        |trial| answers_large(trial, 16 * MIB + 1),
    )
    .needs(&["T-17"]),
    // More than the system keeps for both ends, which is some megabytes: a server that does not read
    // on while a response cannot be delivered, and its client, wait for each other forever.
    Check::should(
        "T-18",
        "a client may send 24 MiB of requests before it reads a response",
        "Protocol: pipelining",
        |trial| {
            const BLOCKS: usize = 24;
            const REQUESTS: usize = 1024;
            let timeout = 4 * trial.timeout();
            let mut client = connected(trial)?;
            let block = request(LOWERCASE, &[b'X'; 1020]).repeat(REQUESTS);
            for sent in 0..BLOCKS {
                client.send(&block).map_err(|error| match error {
                    Error::Peer { event, .. } => Problem::broken(
                        format!(
                            "{BLOCKS} MiB of requests are taken from a client that reads nothing"
                        ),
                        format!("{event}, after {sent} MiB"),
                    ),
                    error => error.into(),
                })?;
            }
            let expected = response(&[b'x'; 1020]).repeat(REQUESTS);
            for received in 0..BLOCKS {
                if client.receive_exactly(expected.len(), timeout)? != expected {
                    let happened = format!("other bytes behind the first {received} MiB");
                    return Err(Problem::broken("the responses in their order", happened));
                }
            }
            Ok(())
        },
    )
    .needs(&["T-4"])
    .waits(10),
    Check::must(
        "T-19",
        "SIGINT is caught, and ends it",
        "Command-line Interface: your server must catch this signal and properly shutdown",
        |trial| match end(trial, Signal::INT)? {
            Exit::Status(_) => Ok(()),
            exit @ Exit::Signal(_) => Err(Problem::broken(
                "the program catches the signal and ends by itself",
                format!("it ended with {exit}"),
            )),
        },
    ),
    Check::should(
        "T-19/2",
        "after SIGINT the exit status is 0",
        "Command-line Interface: your server must catch this signal and properly shutdown",
        |trial| ends_with_0(end(trial, Signal::INT)?),
    )
    .needs(&["T-19"]),
    Check::should(
        "T-19/3",
        "SIGTERM ends it with status 0 too",
        "Requirements: properly shutdown the server when a signal is sent to your process",
        |trial| ends_with_0(end(trial, Signal::TERM)?),
    ),
    Check::should(
        "T-19/4",
        "a response that is being sent when the signal comes is sent to its end",
        "Requirements: if your server is in the middle of sending to a client, you can let that \
         finish before stopping",
        |trial| {
            const LENGTH: usize = 8 << 20;
            // Many look for signals twice a second, and end at any moment within that: seldom three
            // times after this pause.
            const ROUNDS: usize = 3;
            const PAUSE: Duration = Duration::from_millis(400);
            for _ in 0..ROUNDS {
                let mut client = connected(trial)?;
                client.set_receive_buffer(64 << 10)?;
                client.send(&request(UPPERCASE, &vec![b'x'; LENGTH]))?;
                // It has begun, so the request was received in full; most of it still waits, more
                // than the system keeps for both ends.
                client.receive(4)?;
                trial.signal(Signal::INT)?;
                let due = Instant::now() + PAUSE;
                trial.ends_within(PAUSE)?;
                // It need not wait for ever: a checker that is late asks too much.
                trial.blame_time_after(due);
                client.receive(LENGTH)?;
            }
            Ok(())
        },
    )
    .needs(&["T-17"]),
];

/// Starts the server, has it serve a client that leaves, and sends it a signal.
fn end(trial: &mut Trial<'_>, signal: Signal) -> Result<Exit, Problem> {
    let mut client = connected(trial)?;
    is_served(&mut client)?;
    drop(client);
    trial.wait_idle()?;
    trial.signal(signal)?;
    trial.wait_exit()
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

pub(super) const MIB: usize = 1 << 20;

fn answers_large(trial: &mut Trial<'_>, length: usize) -> Outcome {
    // A program that copies all it has for each piece that comes is slow, but right.
    let timeout = 4 * trial.timeout();
    let text = letters(trial, length);
    let mut client = connected(trial)?;
    client.set_receive_buffer(64 << 10)?;
    send_within(&mut client, &request(UPPERCASE, text.as_bytes()), timeout)?;
    let header = client.receive_exactly(4, timeout)?;
    let expected = (length as u32).to_be_bytes();
    if header != expected {
        let shown = |header: &[u8]| format!("a response with the header {header:02x?}");
        return Err(Problem::broken(shown(&expected), shown(&header)));
    }
    let answer = client.receive_exactly(length, timeout)?;
    // Whether they are in uppercase is T-9's.
    let is_same = |(is, was): (&u8, u8)| is.eq_ignore_ascii_case(&was);
    match answer
        .iter()
        .zip(text.bytes())
        .position(|pair| !is_same(pair))
    {
        None => Ok(()),
        Some(place) => Err(Problem::broken(
            "the message in uppercase",
            format!("other letters from byte {place} on"),
        )),
    }
}

/// Sends to a server that may be slow in taking it, but not endlessly.
pub(super) fn send_within(client: &mut Conversation, bytes: &[u8], within: Duration) -> Outcome {
    let start = Instant::now();
    for (sent, block) in bytes.chunks(MIB).enumerate() {
        if start.elapsed() > within {
            return Err(Problem::broken(
                format!("a request of {} bytes is taken", bytes.len()),
                format!("it took {sent} MiB within {within:?}"),
            ));
        }
        client.send(block)?;
    }
    Ok(())
}
