//! What is stored, for whom, and in which order it is sent.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use harness::{Event, Peer, shown};

use super::{
    ASSIGNMENT, MANY, MUCH, RECORDS, is_sent, is_sent_record, nothing_is_stored, send, serve_here,
    store,
};
use crate::checks::messages::{
    Message, NO_MESSAGES, SECOND, create, message, name, read, response, shown_event, text,
};
use crate::{Check, Conversation, NotJudged, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "C-9",
        "the connection of a create request is closed without a response",
        "3.1: the server closes the socket; no response is sent back",
        |trial| {
            let (receiver, (sender, text)) = (name(trial), message(trial));
            let address = trial.serve()?;
            let mut sender = send(trial, address, &create(sender, receiver, text))?;
            is_closed(trial, &mut sender)
        },
    ),
    Check::must(
        "C-9/2",
        "a message is stored under its receiver's name",
        "3.1: the server stores the message text and sender name under the receiver's name",
        |trial| {
            let receivers = [name(trial), name(trial)];
            let messages = [message(trial), message(trial)];
            let address = trial.serve()?;
            for (receiver, message) in receivers.iter().zip(&messages) {
                store(trial, address, receiver, message)?;
            }
            nothing_is_stored(trial, address, &messages[0].0)?;
            let mut each = receivers.iter().zip(&messages).rev();
            each.try_for_each(|(receiver, (_, text))| gets_text(trial, address, receiver, text))
        },
    ),
    Check::must(
        "C-9/3",
        "the names of sender and receiver are printed",
        "3.1: the server prints an informational message with the names of the sender and \
         receiver",
        |trial| {
            let (receiver, message) = (name(trial), message(trial));
            let address = serve_here(trial)?;
            store(trial, address, &receiver, &message)?;
            let sender = message.0;
            prints(trial, &format!("{sender} and {receiver}"), |text| {
                text.contains(&sender) && text.contains(&receiver)
            })
        },
    ),
    Check::must(
        "C-10",
        "who has no messages gets a response with NumItems 0",
        "3.3.2: NumItems contains the number of messages that will follow (if any)",
        |trial| {
            let reader = name(trial);
            let address = trial.serve()?;
            send(trial, address, &read(reader))?.expect_bytes(NO_MESSAGES)
        },
    ),
    Check::must(
        "C-10/2",
        "messages that were sent are removed",
        "3.1: the sent messages should be removed from the server's storage",
        |trial| {
            let receiver = name(trial);
            let address = trial.serve()?;
            for message in [message(trial), message(trial)] {
                store(trial, address, &receiver, &message)?;
                is_sent(trial, address, &receiver, &[message])?;
                nothing_is_stored(trial, address, &receiver)?;
            }
            Ok(())
        },
    )
    .needs(RECORDS),
    Check::must(
        "C-10/3",
        "of 256 messages the first 255 are sent with MoreMsgs 1, then the other",
        "3.1: up to 255, on a first-in, first-out basis; if there are more, this is noted in the \
         MoreMsgs field",
        |trial| sends_in_batches(trial, &[255, 1]),
    )
    .needs(MANY),
    Check::must(
        "C-10/4",
        "of 255 messages all are sent with MoreMsgs 0",
        "3.3.2: MoreMsgs is 1 if the server could not send all messages because there were more \
         than 255",
        |trial| sends_in_batches(trial, &[255]),
    )
    .needs(MANY),
    Check::must(
        "C-10/5",
        "511 messages are sent in three responses",
        "3.1: up to 255, on a first-in, first-out basis; if there are more, this is noted in the \
         MoreMsgs field",
        |trial| sends_in_batches(trial, &[255, 255, 1]),
    )
    .needs(&["C-1", "C-1/2", "C-9", "C-10/2", "C-10/8", "C-10/3"]),
    // No number that is part of a time or of an address.
    Check::must(
        "C-10/6",
        "the number of messages sent is printed",
        "3.1: the server prints an informational message regarding the number of messages sent",
        |trial| {
            let count = trial.random().u16(61..100);
            let (receiver, text) = (name(trial), text(trial));
            let address = serve_here(trial)?;
            store_each(trial, address, &receiver, (0..count).map(|_| &text))?;
            let mut reader = send(trial, address, &read(receiver))?;
            reader.next_event(5, trial.timeout());
            prints(trial, &format!("the number {count}"), |text| {
                has_number(text, count)
            })
        },
    )
    .needs(&["C-1", "C-1/2", "C-9"]),
    Check::must(
        "C-10/7",
        "the connection of a read request is closed when all messages have been sent",
        "3.1: once all the messages have been sent, the server should close the socket",
        |trial| {
            let (receiver, message) = (name(trial), message(trial));
            let address = trial.serve()?;
            store(trial, address, &receiver, &message)?;
            let mut reader = send(trial, address, &read(&receiver))?;
            reader.expect_bytes(&response(0, &[message]))?;
            is_closed(trial, &mut reader)
        },
    )
    .needs(RECORDS),
    Check::must(
        "C-10/8",
        "the message that was stored first is sent first",
        "3.1: up to 255, on a first-in, first-out basis",
        |trial| {
            let receiver = name(trial);
            let messages = [message(trial), message(trial), message(trial)];
            let address = trial.serve()?;
            for message in &messages {
                store(trial, address, &receiver, message)?;
            }
            is_sent(trial, address, &receiver, &messages)
        },
    )
    .needs(&["C-1", "C-1/2", "C-3"]),
    // More than the system takes over in one call.
    Check::must(
        "C-10/9",
        "a response of 16 megabytes is sent whole",
        "3.1: the server sends a MessageResponse that contains all the messages (up to 255)",
        |trial| {
            let receiver = name(trial);
            let address = trial.serve()?;
            let record = store_much(trial, address, &receiver)?;
            // It may give up after a second of sending, in which it may not have run.
            trial.blame_time();
            is_sent_record(trial, address, &receiver, &record)
        },
    )
    .needs(MUCH),
    Check::should(
        "C-11",
        "messages that a client resets while they are sent are kept, in order",
        "3.1: once all the messages have been sent; the sent messages should be removed",
        |trial| {
            let receiver = name(trial);
            let address = trial.serve()?;
            let messages = store_much(trial, address, &receiver)?;
            stalled_reader(trial, address, &receiver)?.reset()?;
            is_sent_again(trial, address, &receiver, &messages)
        },
    )
    .needs(MUCH),
    Check::should(
        "C-11/2",
        "so are those of which a client takes nothing for a second",
        "3.5: gaps of one second or more are detected when writing data, too",
        |trial| {
            let receiver = name(trial);
            let address = trial.serve()?;
            let messages = store_much(trial, address, &receiver)?;
            let reader = stalled_reader(trial, address, &receiver)?;
            is_sent_again(trial, address, &receiver, &messages)?;
            drop(reader);
            Ok(())
        },
    )
    .waits(1)
    .needs(MUCH),
    // The server may have given up before the message comes: then nothing can be seen.
    Check::should(
        "C-11/3",
        "who reads while they are sent gets what else is stored",
        "not in the assignment: a message is sent to one reader",
        |trial| {
            let (receiver, meanwhile) = (name(trial), message(trial));
            let address = trial.serve()?;
            let messages = store_much(trial, address, &receiver)?;
            let reader = stalled_reader(trial, address, &receiver)?;
            store(trial, address, &receiver, &meanwhile)?;
            is_sent(trial, address, &receiver, &[meanwhile])?;
            drop(reader);
            is_sent_again(trial, address, &receiver, &messages)
        },
    )
    .waits(1)
    .needs(MUCH),
    Check::should(
        "C-11/4",
        "a client that takes its messages slowly gets all of them",
        "3.5: only gaps of one second or more are problems",
        |trial| {
            const WHILE: Duration = Duration::from_secs(2);
            const PAUSE: Duration = Duration::from_millis(50);
            let receiver = name(trial);
            let address = trial.serve()?;
            let record = store_much(trial, address, &receiver)?;
            let mut reader = stalled_reader(trial, address, &receiver)?;
            let start = Instant::now();
            // Linux calls a connection writable only when much of its buffer is free.
            for piece in record[HEADER..].chunks(150_000) {
                reader.expect_bytes(piece)?;
                if start.elapsed() < WHILE {
                    thread::sleep(PAUSE);
                }
            }
            Ok(())
        },
    )
    .waits(2)
    .needs(MUCH),
];

/// The length of the fixed header of a response.
pub(super) const HEADER: usize = 5;

/// Sees that a reader gets this text. Whether its record is right is C-1.
fn gets_text(trial: &Trial<'_>, address: SocketAddr, reader: &str, text: &str) -> Outcome {
    const MOST: usize = 1000;
    let start = Instant::now();
    let mut reader = send(trial, address, &read(reader))?;
    let mut received = Vec::new();
    while received.len() < MOST && start.elapsed() < trial.timeout() {
        let Event::Data(bytes) = reader.next_event(MOST, trial.timeout()) else {
            break;
        };
        received.extend(bytes);
        if String::from_utf8_lossy(&received).contains(text) {
            return Ok(());
        }
    }
    let expected = format!("a response with {text:?}");
    Err(Problem::broken(expected, shown(&received)))
}

/// Sees that nothing more is sent, and the connection is closed.
fn is_closed(trial: &Trial<'_>, client: &mut Conversation) -> Outcome {
    match client.next_event(100, trial.timeout()) {
        Event::Closed | Event::Reset => Ok(()),
        event => Err(Problem::broken(
            "the connection is closed, and nothing is sent before",
            shown_event(event),
        )),
    }
}

fn sends_in_batches(trial: &mut Trial<'_>, batches: &[usize]) -> Outcome {
    let (receiver, text) = (name(trial), text(trial));
    let address = trial.serve()?;
    let count = batches.iter().sum();
    let texts: Vec<_> = (0..count)
        .map(|number| format!("{text} {number}"))
        .collect();
    store_each(trial, address, &receiver, &texts)?;
    let mut rest = texts.as_slice();
    for batch in batches {
        let (now, later) = rest.split_at(*batch);
        rest = later;
        let more = u8::from(!later.is_empty());
        is_sent_record(trial, address, &receiver, &from_alice(more, now))?;
    }
    Ok(())
}

/// The response that carries texts of the sender of [`store_each`].
fn from_alice(more: u8, texts: &[String]) -> Vec<u8> {
    let messages: Vec<_> = texts.iter().map(|text| ("alice", text)).collect();
    response(more, &messages)
}

/// Stores many messages. The conversations would fill pages, and are not kept.
fn store_each<'m>(
    trial: &Trial<'_>,
    address: SocketAddr,
    receiver: &str,
    texts: impl IntoIterator<Item = &'m String>,
) -> Outcome {
    const MOST: Duration = Duration::from_secs(60);
    // A server that gets one wrong would take its second for each.
    let probe = ("alice".to_owned(), "first of many".to_owned());
    store(trial, address, "probe", &probe)?;
    is_sent(trial, address, "probe", &[probe])?;
    let start = Instant::now();
    for text in texts {
        if start.elapsed() > MOST {
            let reason = "many messages are stored for more than a minute";
            return Err(Problem::NotJudged(NotJudged::OutOfTime(reason.into())));
        }
        let mut sender = Peer::connect(address)?;
        sender.send(&create("alice", receiver, text))?;
        match sender.next_event(100, trial.timeout()) {
            Event::Closed | Event::Reset => {}
            event => {
                let expected = "the connection of a create request is closed";
                return Err(Problem::broken(expected, shown_event(event)));
            }
        }
    }
    Ok(())
}

/// Starts the server with room for two messages of 40,000 bytes and not for three, and sends three.
pub(super) fn overfill(
    trial: &mut Trial<'_>,
    receiver: &str,
) -> Result<(SocketAddr, [Message; 2]), Problem> {
    let limit = |program: harness::Program| program.env("SERVER_MAX_BYTES", LIMIT);
    let address = trial.serve_as(|port| ASSIGNMENT.arguments_at(port), limit)?;
    let [first, second, third] = ["1", "2", "3"].map(|text| ("alice".into(), text.repeat(40_000)));
    for message in [&first, &second, &third] {
        store(trial, address, receiver, message)?;
    }
    Ok((address, [first, second]))
}

pub(super) const LIMIT: &str = "100000";

/// All that the server that was started last has printed, on either output.
pub(super) fn printed(trial: &mut Trial<'_>) -> Result<String, Problem> {
    let stdout = trial.printed()?;
    let stderr = trial.process()?.stderr();
    Ok(format!("{stdout}\n{}", String::from_utf8_lossy(&stderr)))
}

/// Waits until the server that was started last has printed this, on either output.
pub(super) fn prints(
    trial: &mut Trial<'_>,
    expected: &str,
    is_there: impl Fn(&str) -> bool,
) -> Outcome {
    const GLANCE: Duration = Duration::from_millis(10);
    let start = Instant::now();
    loop {
        let text = printed(trial)?;
        if is_there(&text) {
            return Ok(());
        }
        if start.elapsed() > trial.timeout() {
            let lines: Vec<_> = text.lines().filter(|line| !line.is_empty()).collect();
            return Err(Problem::broken(
                format!("{expected} on either output"),
                format!(
                    "the last lines are {:?}",
                    &lines[lines.len().saturating_sub(4)..]
                ),
            ));
        }
        thread::sleep(GLANCE);
    }
}

/// Whether a number is in a text, and not just as part of another.
pub(super) fn has_number(text: &str, number: u16) -> bool {
    let number = number.to_string();
    text.split(|letter: char| !letter.is_ascii_digit())
        .any(|digits| digits == number)
}

/// Stores more messages than the system takes over for a reader that takes nothing: 250 that
/// differ. Returns the response that carries them.
pub(super) fn store_much(
    trial: &mut Trial<'_>,
    address: SocketAddr,
    receiver: &str,
) -> Result<Vec<u8>, Problem> {
    // 15 letters and more.
    let filler = text(trial).repeat(4_300);
    let texts: Vec<_> = (0..250)
        .map(|number| format!("{number} {}", &filler[..64_000]))
        .collect();
    store_each(trial, address, receiver, &texts)?;
    Ok(from_alice(0, &texts))
}

/// A reader that takes no more than the header of its response, for now.
pub(super) fn stalled_reader(
    trial: &Trial<'_>,
    address: SocketAddr,
    name: &str,
) -> Result<Conversation, Problem> {
    let mut reader = trial.connect(address)?;
    reader.set_receive_buffer(64 << 10)?;
    reader.send(&read(name))?;
    // From here on the server is sending.
    reader.receive(HEADER)?;
    Ok(reader)
}

/// Sees that this is sent to who reads, as soon as something is. The server may not have noticed
/// yet that it could not send it to another reader.
fn is_sent_again(trial: &Trial<'_>, address: SocketAddr, name: &str, record: &[u8]) -> Outcome {
    const PAUSE: Duration = Duration::from_millis(100);
    let start = Instant::now();
    let (header, messages) = record.split_at(HEADER);
    while start.elapsed() < trial.timeout() + 2 * SECOND {
        let mut reader = send(trial, address, &read(name))?;
        let received = reader.receive(HEADER)?;
        if received == NO_MESSAGES {
            thread::sleep(PAUSE);
            continue;
        }
        if received != header {
            return Err(Problem::broken(shown(header), shown(&received)));
        }
        return messages
            .chunks(1 << 16)
            .try_for_each(|piece| reader.expect_bytes(piece));
    }
    Err(Problem::broken(
        "the messages that could not be sent are sent to the next reader",
        "they are lost",
    ))
}
