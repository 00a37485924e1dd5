//! Where the server listens, whom it serves, and how much it takes.

use std::time::{Duration, Instant};

use harness::{Error, Signal};

use super::{LOWERCASE, UPPERCASE, connected, is_served, request, response};
use crate::checks::common::{expect_rest, listens_on_all_interfaces};
use crate::{Conversation, Outcome, Problem, Trial};

const MIB: usize = 1 << 20;

pub(super) fn restart(trial: &mut Trial<'_>) -> Outcome {
    restart_after(trial, Signal::KILL)
}

pub(super) fn restart_after_signal(trial: &mut Trial<'_>) -> Outcome {
    restart_after(trial, Signal::INT)
}

/// The server's end of the connection is closed first, so that the system keeps it for a while:
/// without SO_REUSEADDR the port cannot be used then.
fn restart_after(trial: &mut Trial<'_>, signal: Signal) -> Outcome {
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

pub(super) fn all_interfaces(trial: &mut Trial<'_>) -> Outcome {
    listens_on_all_interfaces(trial)
}

pub(super) fn one_after_another(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    for _ in 0..5 {
        is_served(&mut trial.connect(address)?)?;
    }
    Ok(())
}

pub(super) fn side_by_side(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let _silent = trial.connect(address)?;
    let mut slow = trial.connect(address)?;
    slow.send(b"\x08\0\0\x04sl")?;
    is_served(&mut trial.connect(address)?)?;
    slow.send(b"ow")?;
    slow.expect(b"\0\0\0\x04SLOW")
}

pub(super) fn large_request(trial: &mut Trial<'_>) -> Outcome {
    answers_large(trial, 4 * MIB)
}

pub(super) fn very_large_request(trial: &mut Trial<'_>) -> Outcome {
    answers_large(trial, 16 * MIB + 1)
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
fn send_within(client: &mut Conversation, bytes: &[u8], within: Duration) -> Outcome {
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

/// More than the system keeps for both ends, which is some megabytes: a server that does not read
/// on while a response cannot be delivered, and its client, wait for each other forever.
pub(super) fn everything_sent_before_anything_is_read(trial: &mut Trial<'_>) -> Outcome {
    const BLOCKS: usize = 24;
    const REQUESTS: usize = 1024;
    let timeout = 4 * trial.timeout();
    let mut client = connected(trial)?;
    let block = request(LOWERCASE, &[b'X'; 1020]).repeat(REQUESTS);
    for sent in 0..BLOCKS {
        client.send(&block).map_err(|error| match error {
            Error::Peer { event, .. } => Problem::broken(
                format!("{BLOCKS} MiB of requests are taken from a client that reads nothing"),
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
}

pub(super) fn idle(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    is_served(&mut client)?;
    expect_rest(trial)
}

pub(super) fn announced_length(trial: &mut Trial<'_>) -> Outcome {
    const SENT: usize = 8 * MIB;
    const MOST: u64 = 64 << 20;
    let timeout = 4 * trial.timeout();
    let mut client = connected(trial)?;
    is_served(&mut client)?;
    let before = trial.process()?.peak_memory()?;
    client.send(b"\x0f\xff\xff\xff")?;
    // More than the system keeps: it is taken only if the server has read the header.
    send_within(&mut client, &vec![b'x'; SENT], timeout)?;
    let taken = trial.process()?.peak_memory()?.saturating_sub(before);
    if taken <= MOST {
        return Ok(());
    }
    Err(Problem::broken(
        format!(
            "at most {} MiB for 8 MiB of data, of 128 MiB announced",
            MOST >> 20
        ),
        format!("{} MiB", taken >> 20),
    ))
}
