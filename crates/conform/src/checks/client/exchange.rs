//! Responses as they should be.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use harness::{Exit, Finished, Input, Listener, shown};

use super::{
    ALICE, Then, arguments, both, ended, reads, reads_from, reads_messages, says_more,
    start_creating, start_reading,
};
use crate::checks::messages::{
    Message, NO_MESSAGES, ends_with_a_text, has_status, letters, message, name, response, text,
    wide,
};
use crate::{Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    // Where nobody listens, the client prints the same up to the moment when it connects: what it
    // prints beyond that, it prints because it has sent the request. The port is not one that the
    // system gives to others meanwhile.
    Check::must(
        "C-20",
        "it says that the request is sent",
        "3.2: the client sends the MessageRequest and prints an appropriate informational message",
        |trial| {
            let (receiver, text) = (name(trial), text(trial));
            let port = trial.port()?;
            let listener = Listener::at(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
            start_creating(trial, &listener, &receiver, &text)?.shutdown_write()?;
            let sent = ended(trial)?;
            drop(listener);
            let lines = Input::Bytes(format!("{receiver}\n{text}\n").into_bytes());
            trial.start(&arguments(port, ALICE, "create"), lines)?;
            let refused = ended(trial)?;
            if says_more(&sent, &refused) {
                return Ok(());
            }
            let printed = both(&sent);
            Err(Problem::broken(
                "a message on either output that the request is sent",
                format!(
                    "no more than where it cannot connect: {}",
                    shown(printed.trim().as_bytes())
                ),
            ))
        },
    ),
    Check::should(
        "C-20/2",
        "it says so before the response to a read request comes, also where the output is a pipe",
        "3.2: the client sends the MessageRequest and prints an appropriate informational message",
        |trial| {
            const IMMEDIATELY: Duration = Duration::from_millis(700);
            let listener = trial.listen()?;
            let _server = start_reading(trial, &listener)?;
            let client = trial.process()?;
            let printed = client.wait_stdout(|printed| !printed.is_empty(), IMMEDIATELY);
            printed.map_err(|_| {
                let expected = "a message on standard output before the response comes";
                Problem::broken(expected, "nothing")
            })
        },
    )
    .waits(1),
    Check::must(
        "C-20/3",
        "a message says that it cannot connect",
        "3.2: if any of these steps do not succeed, the client should print an appropriate error \
         message and exit",
        |trial| refused(trial).map(drop),
    ),
    Check::should(
        "C-20/4",
        "the status is 1 when it cannot connect",
        "3.2: the client prints an error message and exits; the status is not in the assignment",
        |trial| has_status(refused(trial)?, 1),
    ),
    Check::should(
        "C-20/5",
        "after a create request the client does not wait for the server",
        "3.1: no response is sent back to the client in this case",
        |trial| {
            let (receiver, text) = (name(trial), text(trial));
            let listener = trial.listen()?;
            let _server = start_creating(trial, &listener, &receiver, &text)?;
            has_status(ended(trial)?.exit, 0)
        },
    ),
    Check::must(
        "C-21",
        "sender and text of each message are printed, in order",
        "3.2.2: the client attempts to read and print each message's sender and text",
        |trial| {
            let messages = [message(trial), message(trial)];
            let finished = reads_messages(trial, &messages)?;
            shows_messages(&finished, &messages)?;
            shows_in_order(&finished, &messages.map(|(_, text)| text))
        },
    ),
    Check::must(
        "C-21/2",
        "they are printed as the UTF-8 that they are",
        "3.6: you can use the decode method to convert bytes back into a string",
        |trial| {
            let messages = [(wide(trial, 5), wide(trial, 20))];
            let finished = reads_messages(trial, &messages)?;
            shows_messages(&finished, &messages)
        },
    )
    .needs(&["C-21"]),
    Check::must(
        "C-21/3",
        "255 messages are printed, in order",
        "3.3.2: for as many messages as denoted by the NumItems field",
        |trial| {
            let sender = name(trial);
            let texts: Vec<_> = (0..255)
                .map(|number| format!("<{number} {}>", letters(trial, 5)))
                .collect();
            let messages: Vec<_> = texts.iter().map(|text| (&sender, text)).collect();
            let finished = reads(trial, &response(0, &messages))?;
            shows_in_order(&finished, &texts)
        },
    )
    .needs(&["C-21"]),
    // More than a single `recv` gives.
    Check::must(
        "C-21/4",
        "the longest message that a client may send is printed whole",
        "3.2.1: the message must be less than 65,535 bytes; 3.3.2: the client reads the next \
         SenderLen + MessageLen bytes",
        |trial| shows_lengths(trial, 255, 65_534),
    )
    .needs(&["C-21"]),
    Check::must(
        "C-21/5",
        "it says that there are no messages",
        "3.2.2: if there are no messages, the client prints an appropriate informational message",
        |trial| {
            let listener = trial.listen()?;
            let some = response(0, &[message(trial)]);
            let some = reads_from(trial, &listener, &some, Then::Closes)?;
            let none = reads_from(trial, &listener, NO_MESSAGES, Then::Closes)?;
            if says_more(&none, &some) {
                return Ok(());
            }
            Err(Problem::broken(
                "a message on either output that there are no messages",
                shown(both(&none).trim().as_bytes()),
            ))
        },
    ),
    Check::must(
        "C-21/6",
        "it says that there are more messages",
        "3.2.2: if MoreMsgs indicates that there are more messages to be read, the client will \
         print an appropriate message",
        |trial| {
            let listener = trial.listen()?;
            let messages = [message(trial)];
            let no_more = reads_from(trial, &listener, &response(0, &messages), Then::Closes)?;
            let more = reads_from(trial, &listener, &response(1, &messages), Then::Closes)?;
            if says_more(&more, &no_more) {
                return Ok(());
            }
            Err(Problem::broken(
                "a message on either output that there are more messages",
                format!(
                    "the same as without: {}",
                    shown(both(&more).trim().as_bytes())
                ),
            ))
        },
    ),
    // Less than the second that is a gap, within and between the parts that are read one by one.
    Check::must(
        "C-21/7",
        "a tenth of a second between the parts of a response is no gap",
        "3.5: the TCP of a sender decides how many packets it sends, and their sizes; gaps of one \
         second or more are detected",
        |trial| {
            const PAUSE: Duration = Duration::from_millis(100);
            let messages = [message(trial), message(trial)];
            let record = response(0, &messages);
            let listener = trial.listen()?;
            let mut server = start_reading(trial, &listener)?;
            // In the header, after it, in a message header, after it, in the sender, in the text.
            let mut rest = &record[..];
            for length in [trial.random().usize(1..5), 5, 6, 8, 10, record.len() - 3] {
                let sent = record.len() - rest.len();
                let (part, later) = rest.split_at(length - sent);
                server.send(part)?;
                thread::sleep(PAUSE);
                rest = later;
            }
            server.send(rest)?;
            let _ = server.shutdown_write();
            let finished = ended(trial)?;
            shows_messages(&finished, &messages)
        },
    )
    .needs(&["C-21"]),
    Check::should(
        "C-21/8",
        "it ends with the response, also if the server does not close",
        "3.2.2: the client will close the socket and exit",
        |trial| {
            let listener = trial.listen()?;
            let record = response(0, &[message(trial)]);
            let finished = reads_from(trial, &listener, &record, Then::Stays)?;
            has_status(finished.exit, 0)
        },
    ),
    Check::should(
        "C-21/9",
        "the longest message that fits the record is printed whole",
        "3.3.2 has no limits but those of the fields",
        |trial| shows_lengths(trial, 255, 65_535),
    )
    .needs(&["C-21"]),
    Check::must(
        "C-21/10",
        "a message of one character from a sender of one is printed",
        "3.3.2: the SenderLen and MessageLen fields must be at least 1",
        |trial| {
            let short = (letters(trial, 1), "#".to_owned());
            let messages = [short, message(trial)];
            let finished = reads_messages(trial, &messages)?;
            shows_messages(&finished, &messages)
        },
    )
    .needs(&["C-21"]),
];

/// Sees that senders and texts are printed, in whatever order.
pub(crate) fn shows_messages(finished: &Finished, messages: &[Message]) -> Outcome {
    let printed = both(finished);
    let mut texts = messages.iter().flat_map(|(sender, text)| [sender, text]);
    match texts.find(|text| !printed.contains(*text)) {
        None => Ok(()),
        Some(missing) => Err(Problem::broken(
            format!("{} on either output", shown(missing.as_bytes())),
            shown(printed.trim().as_bytes()),
        )),
    }
}

pub(crate) fn shows_in_order(finished: &Finished, texts: &[String]) -> Outcome {
    let printed = both(finished);
    let mut rest = printed.as_str();
    for text in texts {
        let Some((_, after)) = rest.split_once(text.as_str()) else {
            let expected = format!("{text:?} on either output, after those before it");
            return Err(Problem::broken(expected, shown(printed.trim().as_bytes())));
        };
        rest = after;
    }
    Ok(())
}

fn shows_lengths(trial: &mut Trial<'_>, sender: usize, text: usize) -> Outcome {
    let messages = [(letters(trial, sender), letters(trial, text))];
    let finished = reads_messages(trial, &messages)?;
    shows_messages(&finished, &messages)
}

pub(super) fn refused(trial: &mut Trial<'_>) -> Result<Exit, Problem> {
    let timeout = trial.timeout();
    let port = trial.port()?;
    trial.start(&arguments(port, ALICE, "read"), Input::Pipe)?;
    ends_with_a_text(trial, timeout)
}

/// What no terminal should be sent.
pub(super) const DRIVES: &[u8] = b"\x1b[2J\xc2\x9b2J\xff";
