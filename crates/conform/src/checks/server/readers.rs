//! Readers who do not take their messages, or take them slowly.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use super::storage::store_each;
use super::{is_sent, is_served, send, store};
use crate::checks::messages::{SECOND, create, read, response};
use crate::conversation::shown;
use crate::{Conversation, Outcome, Problem, Trial};

/// Stores more messages than the system takes over for a reader that takes nothing: 255 that
/// differ. Returns the response that carries them.
pub(super) fn store_much(
    trial: &Trial<'_>,
    address: SocketAddr,
    receiver: &[u8],
) -> Result<Vec<u8>, Problem> {
    let texts: Vec<_> = (1..=255).map(|number| vec![number; 65_000]).collect();
    store_each(trial, address, receiver, texts.iter().map(Vec::as_slice))?;
    let messages: Vec<_> = texts
        .iter()
        .map(|text| (&b"alice"[..], text.as_slice()))
        .collect();
    Ok(response(0, &messages))
}

/// A reader that takes no more than the header of its response, for now.
pub(super) fn stalled_reader(
    trial: &Trial<'_>,
    address: SocketAddr,
    name: &[u8],
) -> Result<Conversation, Problem> {
    let mut reader = trial.connect(address)?;
    reader.set_receive_buffer(64 << 10)?;
    reader.send(&read(name))?;
    // From here on the server is sending.
    reader.receive(5)?;
    Ok(reader)
}

/// Sees that this is sent to who reads, as soon as something is. The server may not have noticed
/// yet that it could not send it to another reader.
fn is_sent_again(trial: &Trial<'_>, address: SocketAddr, name: &[u8], record: &[u8]) -> Outcome {
    let start = Instant::now();
    let (header, messages) = record.split_at_checked(5).unwrap_or((record, b""));
    while start.elapsed() < trial.timeout() + 2 * SECOND {
        let mut reader = send(trial, address, &read(name))?;
        let received = reader.receive(header.len())?;
        if received == response(0, &[]) {
            continue;
        }
        if received != header {
            return Err(Problem::broken(shown(header), shown(&received)));
        }
        return messages
            .chunks(1 << 16)
            .try_for_each(|piece| reader.expect(piece));
    }
    Err(Problem::broken(
        "the messages that could not be sent are sent to the next reader",
        "they are lost",
    ))
}

pub(super) fn reset_while_sent(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let messages = store_much(trial, address, b"sybil")?;
    stalled_reader(trial, address, b"sybil")?.reset()?;
    is_sent_again(trial, address, b"sybil", &messages)
}

pub(super) fn nothing_taken(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let messages = store_much(trial, address, b"trent")?;
    let reader = stalled_reader(trial, address, b"trent")?;
    is_sent_again(trial, address, b"trent", &messages)?;
    drop(reader);
    Ok(())
}

/// The server may have given up before the message comes: then nothing can be seen.
pub(super) fn read_meanwhile(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let messages = store_much(trial, address, b"ursula")?;
    let reader = stalled_reader(trial, address, b"ursula")?;
    store(trial, address, b"bob", b"ursula", b"meanwhile")?;
    let meanwhile = response(0, &[(b"bob", b"meanwhile")]);
    is_sent(trial, address, b"ursula", &meanwhile)?;
    drop(reader);
    is_sent_again(trial, address, b"ursula", &messages)
}

pub(super) fn slow(trial: &mut Trial<'_>) -> Outcome {
    const WHILE: Duration = Duration::from_secs(2);
    const PAUSE: Duration = Duration::from_millis(50);
    let address = trial.serve()?;
    let record = store_much(trial, address, b"victor")?;
    let mut reader = stalled_reader(trial, address, b"victor")?;
    let start = Instant::now();
    for piece in record.get(5..).unwrap_or_default().chunks(20_000) {
        reader.expect(piece)?;
        if start.elapsed() < WHILE {
            thread::sleep(PAUSE);
        }
    }
    reader.expect_gone()
}

/// Whoever comes next may have to wait until the server has given up.
pub(super) fn others_are_served(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    store_much(trial, address, b"wendy")?;
    let reader = stalled_reader(trial, address, b"wendy")?;
    let mut sender = send(trial, address, &create(b"alice", b"xavier", b"hello"))?;
    let event = sender.next_event(1, trial.timeout() + 2 * SECOND);
    if !matches!(event, harness::Event::Closed | harness::Event::Reset) {
        let expected = "the next client is served, after a second";
        return Err(Problem::broken(expected, event.to_string()));
    }
    drop(reader);
    is_served(trial, address)
}
