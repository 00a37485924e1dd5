//! What is stored, for whom, and in which order it is sent.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use harness::{Event, Peer, Signal};

use super::{ASSIGNMENT, is_sent, nothing_is_stored, send, serve_here, store};
use crate::checks::messages::{SECOND, create, read, response};
use crate::conversation::shown;
use crate::{Check, Conversation, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "C-9",
        "the connection of a create request is closed without a response",
        "3.1: the server closes the socket; no response is sent back",
        |trial| {
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
        },
    ),
    Check::must(
        "C-9/2",
        "a message is stored under its receiver's name",
        "3.1: the server stores the message text and sender name under the receiver's name",
        |trial| {
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
        },
    ),
    Check::must(
        "C-9/3",
        "the names of sender and receiver are printed",
        "3.1: the server prints an informational message with the names of the sender and \
         receiver",
        |trial| {
            let address = serve_here(trial)?;
            store(trial, address, b"Wilhelmina", b"Bartholomew", b"hello")?;
            prints(trial, "Wilhelmina and Bartholomew", |text| {
                text.contains("Wilhelmina") && text.contains("Bartholomew")
            })
        },
    ),
    Check::must(
        "C-10",
        "who has no messages gets a response with NumItems 0",
        "3.3.2: NumItems contains the number of messages that will follow (if any)",
        |trial| {
            let address = trial.serve()?;
            let mut reader = send(trial, address, b"\xae\x73\x01\x06\0\0\0nobody")?;
            reader.expect(b"\xae\x73\x03\x00\x00")?;
            reader.expect_gone()
        },
    ),
    Check::must(
        "C-10/2",
        "messages that were sent are removed",
        "3.1: the sent messages should be removed from the server's storage",
        |trial| {
            let address = trial.serve()?;
            for text in [b"once", b"more"] {
                store(trial, address, b"alice", b"olga", text)?;
                is_sent(trial, address, b"olga", &response(0, &[(b"alice", text)]))?;
                nothing_is_stored(trial, address, b"olga")?;
            }
            Ok(())
        },
    ),
    Check::must(
        "C-10/3",
        "of 257 messages the first 255 are sent with MoreMsgs 1, then the others",
        "3.1: up to 255, on a first-in, first-out basis; if there are more, this is noted in the \
         MoreMsgs field",
        |trial| sends_in_batches(trial, b"peggy", 257, &[255, 2]),
    ),
    Check::must(
        "C-10/4",
        "of 255 messages all are sent with MoreMsgs 0",
        "3.3.2: MoreMsgs is 1 if the server could not send all messages because there were more \
         than 255",
        |trial| sends_in_batches(trial, b"quinn", 255, &[255]),
    ),
    Check::must(
        "C-10/5",
        "511 messages are sent in three responses",
        "3.1: up to 255, on a first-in, first-out basis; if there are more, this is noted in the \
         MoreMsgs field",
        |trial| sends_in_batches(trial, b"rose", 511, &[255, 255, 1]),
    ),
    Check::must(
        "C-10/6",
        "the number of messages sent is printed",
        "3.1: the server prints an informational message regarding the number of messages sent",
        |trial| {
            const COUNT: u16 = 17;
            let address = serve_here(trial)?;
            let messages = [(&b"alice"[..], &b"hello"[..]); COUNT as usize];
            for (sender, text) in messages {
                store(trial, address, sender, b"bob", text)?;
            }
            is_sent(trial, address, b"bob", &response(0, &messages))?;
            prints(trial, "the number 17", |text| has_number(text, COUNT))
        },
    ),
    Check::should(
        "C-11",
        "messages that a client resets while they are sent are kept, in order",
        "3.1: once all the messages have been sent; the sent messages should be removed",
        |trial| {
            let address = trial.serve()?;
            let messages = store_much(trial, address, b"sybil")?;
            stalled_reader(trial, address, b"sybil")?.reset()?;
            is_sent_again(trial, address, b"sybil", &messages)
        },
    ),
    Check::should(
        "C-11/2",
        "so are those of which a client takes nothing for a second",
        "3.5: gaps of one second or more are detected when writing data, too",
        |trial| {
            let address = trial.serve()?;
            let messages = store_much(trial, address, b"trent")?;
            let reader = stalled_reader(trial, address, b"trent")?;
            is_sent_again(trial, address, b"trent", &messages)?;
            drop(reader);
            Ok(())
        },
    )
    .waits(1),
    // The server may have given up before the message comes: then nothing can be seen.
    Check::should(
        "C-11/3",
        "who reads while they are sent gets what else is stored",
        "not in the assignment: a message is sent to one reader",
        |trial| {
            let address = trial.serve()?;
            let messages = store_much(trial, address, b"ursula")?;
            let reader = stalled_reader(trial, address, b"ursula")?;
            store(trial, address, b"bob", b"ursula", b"meanwhile")?;
            let meanwhile = response(0, &[(b"bob", b"meanwhile")]);
            is_sent(trial, address, b"ursula", &meanwhile)?;
            drop(reader);
            is_sent_again(trial, address, b"ursula", &messages)
        },
    )
    .waits(1),
    Check::should(
        "C-11/4",
        "a client that takes its messages slowly gets all of them",
        "3.5: only gaps of one second or more are problems",
        |trial| {
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
        },
    )
    .waits(2),
];

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
pub(super) fn overfill(trial: &mut Trial<'_>) -> Result<(SocketAddr, [Vec<u8>; 2]), Problem> {
    let limit = |program: harness::Program| program.env("SERVER_MAX_BYTES", LIMIT);
    let address = trial.serve_as(|port| ASSIGNMENT.arguments_at(port), limit)?;
    let texts = [vec![b'1'; 40_000], vec![b'2'; 40_000]];
    for text in &texts {
        store(trial, address, b"alice", b"tina", text)?;
    }
    send(trial, address, &create(b"alice", b"tina", &[b'3'; 40_000]))?.expect_gone()?;
    Ok((address, texts))
}

pub(super) const LIMIT: &str = "100000";

/// All that the server that was started last has printed, as soon as `is_there`, or else when it
/// has been ended: it may keep it back until then.
pub(super) fn printed(
    trial: &mut Trial<'_>,
    is_there: impl Fn(&str) -> bool,
) -> Result<String, Problem> {
    const GLANCE: Duration = Duration::from_millis(10);
    let timeout = trial.timeout();
    let server = trial.process()?;
    let both = |server: &harness::Process| {
        let both = [server.stdout(), b"\n".to_vec(), server.stderr()].concat();
        String::from_utf8_lossy(&both).into_owned()
    };
    let start = Instant::now();
    while start.elapsed() < timeout.min(SECOND) {
        let text = both(server);
        if is_there(&text) {
            return Ok(text);
        }
        thread::sleep(GLANCE);
    }
    server.signal_group(Signal::INT)?;
    // How it ends is another matter.
    let _ = server.wait_exit(timeout);
    Ok(both(server))
}

pub(super) fn prints(
    trial: &mut Trial<'_>,
    wanted: &str,
    is_there: impl Fn(&str) -> bool,
) -> Outcome {
    let text = printed(trial, &is_there)?;
    if is_there(&text) {
        return Ok(());
    }
    Err(Problem::broken(
        format!("{wanted} on either output"),
        shown(text.trim().as_bytes()),
    ))
}

/// Whether a number is in a text, and not just as part of another.
pub(super) fn has_number(text: &str, number: u16) -> bool {
    let number = number.to_string();
    text.split(|letter: char| !letter.is_ascii_digit())
        .any(|digits| digits == number)
}

/// What all servers print about different clients is not the same in numbers only.
pub(super) fn without_digits(line: &str) -> String {
    line.trim()
        .replace(|letter: char| letter.is_ascii_digit(), "")
}

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
