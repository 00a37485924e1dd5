//! Signals.

use std::time::{Duration, Instant};

use harness::{Error, Exit, Signal};

use super::{LOWERCASE, UPPERCASE, connected, is_served, request, response};
use crate::checks::common::listens_on_all_interfaces;
use crate::{Check, Conversation, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "T-15",
        "it can be started again right after a client was connected",
        "Requirements: you must set the SO_REUSEADDR option on the server socket",
        |trial| restart_after(trial, Signal::KILL),
    ),
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
    ),
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
            slow.expect(b"\0\0\0\x04SLOW")
        },
    ),
    Check::must(
        "T-17",
        "a request of 4 MiB is answered",
        "Requirements: your server must handle any request size",
        |trial| answers_large(trial, 4 * MIB),
    ),
    Check::should(
        "T-17/2",
        "a request of more than 16 MiB, whose length needs the 25th bit, is answered",
        "Requirements: your server must handle any request size; the length has 27 bits",
        |trial| answers_large(trial, 16 * MIB + 1),
    ),
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
            let wanted = response(&[b'x'; 1020]).repeat(REQUESTS);
            for received in 0..BLOCKS {
                if client.receive_exactly(wanted.len(), timeout)? != wanted {
                    let happened = format!("other bytes behind the first {received} MiB");
                    return Err(Problem::broken("the responses in their order", happened));
                }
            }
            Ok(())
        },
    )
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
    ),
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
            let mut client = connected(trial)?;
            client.set_receive_buffer(64 << 10)?;
            client.send(&request(UPPERCASE, &vec![b'x'; LENGTH]))?;
            // It has begun, so the request was received in full; most of it still waits, more than the
            // system keeps for both ends.
            client.receive(4)?;
            trial.process()?.signal_group(Signal::INT)?;
            let rest = client.receive_all()?;
            let wanted = response(&vec![b'X'; LENGTH]);
            if wanted.get(4..) == Some(&rest) {
                return Ok(());
            }
            Err(Problem::broken(
                format!("{LENGTH} bytes of response"),
                format!("{}, and then the connection ends", rest.len()),
            ))
        },
    ),
];

/// Whoever presses ctrl-c does so when the server waits. When it does cannot be seen.
const UNTIL_IT_WAITS: Duration = Duration::from_millis(200);

/// Starts the server, has it serve a client that leaves, and sends it a signal, as a key on the
/// terminal does: to all that belongs to it.
pub(super) fn end(trial: &mut Trial<'_>, signal: Signal) -> Result<Exit, Problem> {
    let timeout = trial.timeout();
    let mut client = connected(trial)?;
    is_served(&mut client)?;
    drop(client);
    std::thread::sleep(UNTIL_IT_WAITS);
    trial.process()?.signal_group(signal)?;
    Ok(trial.process()?.wait_exit(timeout)?)
}

pub(super) fn ends_with_0(exit: Exit) -> Outcome {
    if exit.success() {
        return Ok(());
    }
    Err(Problem::broken(
        "the program ends with status 0",
        format!("it ended with {exit}"),
    ))
}

pub(super) const MIB: usize = 1 << 20;

/// The server's end of the connection is closed first, so that the system keeps it for a while:
/// without SO_REUSEADDR the port cannot be used then.
pub(super) fn restart_after(trial: &mut Trial<'_>, signal: Signal) -> Outcome {
    let timeout = trial.timeout();
    let address = trial.serve()?;
    let mut client = trial.connect(address)?;
    is_served(&mut client)?;
    trial.process()?.signal_group(signal)?;
    trial.process()?.wait_exit(timeout)?;
    client.expect_gone()?;
    drop(client);
    trial.serve_again(address)?;
    is_served(&mut trial.connect(address)?)
}

fn answers_large(trial: &mut Trial<'_>, length: usize) -> Outcome {
    // A program that copies all it has for each piece that comes is slow, but right.
    let timeout = 4 * trial.timeout();
    let text: Vec<u8> = (b'a'..=b'z').cycle().take(length).collect();
    let mut client = connected(trial)?;
    send_within(&mut client, &request(UPPERCASE, &text), timeout)?;
    let header = client.receive_exactly(4, timeout)?;
    let wanted = (length as u32).to_be_bytes();
    if header != wanted {
        let shown = |header: &[u8]| format!("a response with the header {header:02x?}");
        return Err(Problem::broken(shown(&wanted), shown(&header)));
    }
    let answer = client.receive_exactly(length, timeout)?;
    let wanted = text.to_ascii_uppercase();
    let mut pairs = answer.iter().zip(&wanted);
    match pairs.position(|(is, wanted)| is != wanted) {
        None => is_served(&mut client),
        Some(place) => Err(Problem::broken(
            "the message in uppercase",
            format!("it is not from byte {place} on"),
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
