//! What is stored, for whom, and in which order it is sent.

use std::net::SocketAddr;

use harness::{Event, Peer};

use super::{ASSIGNMENT, is_sent, nothing_is_stored, send, store};
use crate::checks::messages::{create, response};
use crate::{Outcome, Problem, Trial};

pub(super) fn several_messages(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let messages = [
        (&b"alice"[..], &b"first"[..]),
        (b"bob", b"the second"),
        (b"alice", b"3"),
        (b"a", b"fourth"),
    ];
    for (sender, text) in messages {
        store(trial, address, sender, b"kim", text)?;
    }
    is_sent(trial, address, b"kim", &response(0, &messages))
}

pub(super) fn no_response_to_create(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let mut sender = send(trial, address, &create(b"alice", b"leo", b"hello"))?;
    match sender.next_event(100, trial.timeout()) {
        Event::Closed | Event::Reset => {}
        event => {
            let expected = "the connection is closed, and nothing is sent";
            return Err(Problem::broken(expected, event.to_string()));
        }
    }
    is_sent(
        trial,
        address,
        b"leo",
        &response(0, &[(b"alice", b"hello")]),
    )
}

pub(super) fn for_the_receiver_alone(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    store(trial, address, b"alice", b"mia", b"for mia")?;
    store(trial, address, b"alice", b"nick", b"for nick")?;
    nothing_is_stored(trial, address, b"alice")?;
    is_sent(
        trial,
        address,
        b"nick",
        &response(0, &[(b"alice", b"for nick")]),
    )?;
    is_sent(
        trial,
        address,
        b"mia",
        &response(0, &[(b"alice", b"for mia")]),
    )
}

pub(super) fn nothing_stored(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let mut reader = send(trial, address, b"\xae\x73\x01\x06\0\0\0nobody")?;
    reader.expect(b"\xae\x73\x03\x00\x00")?;
    reader.expect_gone()
}

pub(super) fn removed_when_sent(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    for text in [b"once", b"more"] {
        store(trial, address, b"alice", b"olga", text)?;
        is_sent(trial, address, b"olga", &response(0, &[(b"alice", text)]))?;
        nothing_is_stored(trial, address, b"olga")?;
    }
    Ok(())
}

pub(super) fn more_than_255(trial: &mut Trial<'_>) -> Outcome {
    sends_in_batches(trial, b"peggy", 257, &[255, 2])
}

pub(super) fn exactly_255(trial: &mut Trial<'_>) -> Outcome {
    sends_in_batches(trial, b"quinn", 255, &[255])
}

pub(super) fn twice_more(trial: &mut Trial<'_>) -> Outcome {
    sends_in_batches(trial, b"rose", 511, &[255, 255, 1])
}

fn sends_in_batches(
    trial: &mut Trial<'_>,
    name: &[u8],
    count: usize,
    batches: &[usize],
) -> Outcome {
    let address = trial.serve()?;
    let texts: Vec<_> = (0..count).map(|n| format!("message {n}")).collect();
    store_each(trial, address, name, texts.iter().map(String::as_bytes))?;
    let mut rest = texts.as_slice();
    for batch in batches {
        let (now, later) = rest.split_at_checked(*batch).unwrap_or((rest, &[]));
        rest = later;
        let messages: Vec<_> = now
            .iter()
            .map(|text| (&b"alice"[..], text.as_bytes()))
            .collect();
        let more = u8::from(!later.is_empty());
        is_sent(trial, address, name, &response(more, &messages))?;
    }
    nothing_is_stored(trial, address, name)
}

/// Stores many messages. The conversations would fill pages, and are not kept.
pub(super) fn store_each<'m>(
    trial: &Trial<'_>,
    address: SocketAddr,
    receiver: &[u8],
    texts: impl IntoIterator<Item = &'m [u8]>,
) -> Outcome {
    for text in texts {
        let mut sender = Peer::connect(address)?;
        sender.send(&create(b"alice", receiver, text))?;
        match sender.next_event(1, trial.timeout()) {
            Event::Closed | Event::Reset => {}
            event => {
                let expected = "the connection of a create request is closed";
                return Err(Problem::broken(expected, event.to_string()));
            }
        }
    }
    Ok(())
}

/// Starts the server with room for two messages of 40,000 bytes and not for three, and sends three.
fn overfill(trial: &mut Trial<'_>) -> Result<(SocketAddr, [Vec<u8>; 2]), Problem> {
    let limit = |program: harness::Program| program.env("SERVER_MAX_BYTES", LIMIT);
    let address = trial.serve_as(ASSIGNMENT.arguments, limit)?;
    let texts = [vec![b'1'; 40_000], vec![b'2'; 40_000]];
    for text in &texts {
        store(trial, address, b"alice", b"tina", text)?;
    }
    send(trial, address, &create(b"alice", b"tina", &[b'3'; 40_000]))?.expect_gone()?;
    Ok((address, texts))
}

const LIMIT: &str = "100000";

pub(super) fn limit(trial: &mut Trial<'_>) -> Outcome {
    let (address, [first, second]) = overfill(trial)?;
    let messages = [(&b"alice"[..], first.as_slice()), (b"alice", &second)];
    is_sent(trial, address, b"tina", &response(0, &messages))?;
    // What is read makes room.
    store(trial, address, b"alice", b"tina", &first)?;
    is_sent(trial, address, b"tina", &response(0, &[(b"alice", &first)]))
}

pub(super) fn limit_is_named(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    overfill(trial)?;
    let names_it = |printed: &[u8]| String::from_utf8_lossy(printed).contains(LIMIT);
    let server = trial.process()?;
    if server.wait_stderr(names_it, timeout).is_ok() {
        return Ok(());
    }
    Err(Problem::broken(
        format!("a line on standard error with the limit, {LIMIT}"),
        crate::conversation::shown(&server.stderr()),
    ))
}

pub(super) fn names_are_bytes(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    store(trial, address, b"alice", "é".as_bytes(), b"composed")?;
    store(trial, address, b"alice", b"\xe9", b"latin-1")?;
    for name in ["e\u{301}", "É", "e"] {
        nothing_is_stored(trial, address, name.as_bytes())?;
    }
    is_sent(
        trial,
        address,
        b"\xe9",
        &response(0, &[(b"alice", b"latin-1")]),
    )?;
    let composed = response(0, &[(b"alice", b"composed")]);
    is_sent(trial, address, "é".as_bytes(), &composed)
}
