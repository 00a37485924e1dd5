//! Requests, right and wrong ones, and the messages that come of them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use harness::{Event, shown};

use super::{RECORDS, is_sent, is_sent_record, is_served, nothing_is_stored, send, store};
use crate::checks::messages::{
    Message, SAME_IN_EITHER_ORDER, SECOND, create, letters, message, name, read, response,
    shown_event, text, wide, with_byte,
};
use crate::{Check, Conversation, Outcome, Problem, Trial};

/// What a check of a wrong field rests on, besides the records.
const WRONG_FIELD: &[&str] = &["C-1", "C-1/2", "C-12/5"];

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "C-1",
        "a message is stored and read as the record formats say",
        "3.3.1: MagicNo 0xAE73, ID, NameLen, ReceiverLen and MessageLen, then the name, the \
         receiver and the message; 3.3.2: the response",
        |trial| {
            let text = letters(trial, SAME_IN_EITHER_ORDER);
            let message = (name(trial), text);
            stores(trial, &message)
        },
    ),
    Check::must(
        "C-1/2",
        "MessageLen has two bytes in network byte order",
        "3.3.1: the 16-bit field MessageLen contains the length of the message in bytes, in \
         network byte order",
        |trial| {
            let text = text(trial);
            let message = (name(trial), text);
            stores(trial, &message)
        },
    )
    .needs(&["C-1"]),
    // As long as what a client may send [3.2.1].
    Check::must(
        "C-1/3",
        "the longest message that a client may send is stored and read",
        "3.2.1: the receiver is less than 255 bytes and the message less than 65,535 bytes; \
         3.3.1: the server reads exactly NameLen + ReceiverLen + MessageLen further bytes",
        |trial| stores_lengths(trial, [255, 254, 65_534]),
    )
    .needs(RECORDS),
    Check::must(
        "C-1/4",
        "the shortest message is stored and read",
        "3.3.1: NameLen, ReceiverLen and MessageLen must be at least 1",
        |trial| stores_lengths(trial, [1, 1, 1]),
    )
    .needs(RECORDS),
    Check::should(
        "C-1/5",
        "the longest message that fits the record is stored and read",
        "3.3.1 has no limits but those of the fields",
        |trial| stores_lengths(trial, [255, 255, 65_535]),
    )
    .needs(RECORDS),
    Check::must(
        "C-2",
        "a wrong MagicNo is erroneous",
        "3.3.1: the contents of the MagicNo field must equal 0xAE73; 3.1: else the socket is \
         closed",
        |trial| {
            let address = trial.serve()?;
            let high = trial.random().u8(..);
            for [first, second] in [[0xae, 0x74], [0xaf, 0x73], [0x73, 0xae], [high, high]] {
                let change = |request| with_byte(with_byte(request, 0, first), 1, second);
                refuses_read(trial, address, |user| change(read(user)))?;
                refuses_create(trial, address, |(sender, text), receiver| {
                    change(create(sender, receiver, text))
                })?;
            }
            Ok(())
        },
    )
    .needs(WRONG_FIELD),
    Check::must(
        "C-2/2",
        "an ID that is neither 1 nor 2 is erroneous",
        "3.3.1: the contents of the ID field must be either 1 or 2",
        |trial| {
            let address = trial.serve()?;
            for id in [0, 3, trial.random().u8(4..)] {
                refuses_read(trial, address, |user| with_byte(read(user), 2, id))?;
                refuses_create(trial, address, |(sender, text), receiver| {
                    with_byte(create(sender, receiver, text), 2, id)
                })?;
            }
            Ok(())
        },
    )
    .needs(WRONG_FIELD),
    Check::must(
        "C-2/3",
        "a NameLen of 0 is erroneous",
        "3.3.1: the contents of the NameLen field must be at least 1",
        |trial| {
            let address = trial.serve()?;
            refuses(trial, address, &read(""))?;
            refuses_create(trial, address, |(_, text), receiver| {
                create("", receiver, text)
            })
        },
    )
    .needs(WRONG_FIELD),
    Check::must(
        "C-2/4",
        "a read request with a ReceiverLen is erroneous",
        "3.3.1: the contents of the ReceiverLen field must be 0 if ID is 1",
        |trial| {
            let address = trial.serve()?;
            refuses_read(trial, address, |user| {
                with_byte(create(user, "bob", ""), 2, READ)
            })
        },
    )
    .needs(WRONG_FIELD),
    Check::must(
        "C-2/5",
        "a read request with a MessageLen is erroneous",
        "3.3.1: the MessageLen field must be 0 if ID is 1",
        |trial| {
            let address = trial.serve()?;
            refuses_read(trial, address, |user| {
                with_byte(create(user, "", "hi"), 2, READ)
            })
        },
    )
    .needs(WRONG_FIELD),
    Check::must(
        "C-2/6",
        "a create request with a MessageLen of 0 is erroneous",
        "3.3.1: the MessageLen field must be at least 1 if ID is 2",
        |trial| {
            let address = trial.serve()?;
            refuses_create(trial, address, |(sender, _), receiver| {
                create(sender, receiver, "")
            })
        },
    )
    .needs(WRONG_FIELD),
    // The header alone: whoever takes it for a valid one waits for the rest. A machine that is busy
    // for a moment is given another try.
    Check::should(
        "C-2/7",
        "a create request with a ReceiverLen of 0 is erroneous, as soon as its header has come",
        "3.3.1: the ReceiverLen field must be at least 1 if ID is 2; this is checked before \
         further bytes are read",
        |trial| {
            const TRIES: u32 = 3;
            const IMMEDIATELY: Duration = Duration::from_millis(700);
            let address = trial.serve()?;
            let mut took = Duration::ZERO;
            for _ in 0..TRIES {
                let start = Instant::now();
                send(trial, address, b"\xae\x73\x02\x05\0\0\x05")?.expect_gone()?;
                took = start.elapsed();
                if took < IMMEDIATELY {
                    return is_served(trial, address);
                }
            }
            Err(Problem::broken(
                "the connection is closed when the header has come",
                format!("that takes {:.1} seconds", took.as_secs_f64()),
            ))
        },
    )
    .needs(&["C-10", "C-12/5", "C-12/6"]),
    // In either order: that is C-10/8.
    Check::must(
        "C-3",
        "a response carries the sender and the text of each message",
        "3.3.2: for each message SenderLen in 8 bits, MessageLen in 16 bits, the sender's name \
         and the message text",
        |trial| {
            let receiver = name(trial);
            let mut messages = [message(trial), message(trial)];
            let address = trial.serve()?;
            for message in &messages {
                store(trial, address, &receiver, message)?;
            }
            let expected = response(0, &messages);
            let mut reader = send(trial, address, &read(&receiver))?;
            let received = reader.receive(expected.len())?;
            messages.reverse();
            if received == expected || received == response(0, &messages) {
                return Ok(());
            }
            Err(Problem::broken(shown(&expected), shown(&received)))
        },
    )
    .needs(RECORDS),
    Check::must(
        "C-3/2",
        "SenderLen and MessageLen count bytes, not characters",
        "3.3.2: SenderLen contains the length of the sender's name in bytes, MessageLen that of \
         the message",
        |trial| {
            let message = (wide(trial, 5), wide(trial, 20));
            stores(trial, &message)
        },
    )
    .needs(&["C-1", "C-1/2", "C-3"]),
    Check::should(
        "C-3/3",
        "spaces, newlines and NULs are part of a text",
        "3.3.1: the record contains the message, all in bytes",
        |trial| {
            let text = text(trial);
            let message = (name(trial), format!(" \0{text}\t\r\n{text}\0\n "));
            stores(trial, &message)
        },
    )
    .needs(RECORDS),
];

/// The ID of a read request.
const READ: u8 = 1;

fn stores(trial: &mut Trial<'_>, message: &Message) -> Outcome {
    let receiver = name(trial);
    let address = trial.serve()?;
    store(trial, address, &receiver, message)?;
    is_sent(trial, address, &receiver, std::slice::from_ref(message))
}

/// A message with a sender, a receiver and a text of these lengths.
fn stores_lengths(trial: &mut Trial<'_>, lengths: [usize; 3]) -> Outcome {
    let [sender, receiver, text] = lengths.map(|length| letters(trial, length));
    let address = trial.serve()?;
    let message = (sender, text);
    store(trial, address, &receiver, &message)?;
    is_sent_record(trial, address, &receiver, &response(0, &[message]))
}

/// Sees that a request has no response. Whether the connection is closed is C-12/6.
fn refuses(trial: &Trial<'_>, address: SocketAddr, request: &[u8]) -> Outcome {
    let mut client = send(trial, address, request)?;
    match client.next_event(100, trial.timeout()) {
        Event::Data(bytes) if bytes.starts_with(b"\xae\x73\x03") => Err(Problem::broken(
            "an erroneous request has no response",
            shown(&bytes),
        )),
        _ => Ok(()),
    }
}

/// A wrong read is refused if it takes nothing.
pub(super) fn refuses_read(
    trial: &mut Trial<'_>,
    address: SocketAddr,
    wrong: impl Fn(&str) -> Vec<u8>,
) -> Outcome {
    let (user, kept) = (name(trial), message(trial));
    store(trial, address, &user, &kept)?;
    refuses(trial, address, &wrong(&user))?;
    is_sent(trial, address, &user, &[kept])
}

/// A wrong create is refused if it leaves nothing.
pub(super) fn refuses_create(
    trial: &mut Trial<'_>,
    address: SocketAddr,
    wrong: impl Fn(&Message, &str) -> Vec<u8>,
) -> Outcome {
    let (receiver, message) = (name(trial), message(trial));
    refuses(trial, address, &wrong(&message, &receiver))?;
    nothing_is_stored(trial, address, &receiver)
}

/// Waits longer than for other things: the server waits for a second, and may do so for each part
/// of the request.
pub(super) fn is_given_up(trial: &Trial<'_>, client: &mut Conversation) -> Outcome {
    match client.next_event(100, trial.timeout() + 2 * SECOND) {
        Event::Closed | Event::Reset => Ok(()),
        event => Err(Problem::broken(
            "the connection is closed after a second",
            shown_event(event),
        )),
    }
}

/// Sends the beginning of a create request, of each of these lengths at most, and then the end.
pub(super) fn is_erroneous_after(
    trial: &mut Trial<'_>,
    lengths: impl IntoIterator<Item = usize>,
) -> Outcome {
    let address = trial.serve()?;
    for length in lengths {
        let (receiver, (sender, text)) = (name(trial), message(trial));
        let request = create(sender, &receiver, text);
        let length = length.min(request.len() - 1);
        let mut client = send(trial, address, &request[..length])?;
        client.shutdown_write()?;
        is_given_up(trial, &mut client)?;
        nothing_is_stored(trial, address, &receiver)?;
    }
    is_served(trial, address)
}
