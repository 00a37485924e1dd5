//! Responses as they should be.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use harness::{Exit, Finished, Input, Listener};

use super::command_line::creates;
use super::{
    ALICE, Then, arguments, both, ended, reads, reads_from, says_more, start, start_reading,
};
use crate::checks::messages::{create, ends_with_a_text, has_status, response};
use crate::conversation::shown;
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
            let port = trial.port()?;
            let listener = Listener::at(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
            let request = create(ALICE, b"bob", b"hello");
            let sent = creates(trial, &listener, b"bob\nhello\n", &request)?;
            drop(listener);
            let lines = Input::Bytes(b"bob\nhello\n".to_vec());
            trial.start(&arguments(port, "alice", "create"), lines)?;
            let refused = ended(trial)?;
            if says_more(&sent, &refused) {
                return Ok(());
            }
            Err(Problem::broken(
                "a message on either output that the request is sent",
                format!(
                    "no more than where it cannot connect: {}",
                    shown(&[sent.stdout, sent.stderr].concat())
                ),
            ))
        },
    ),
    Check::should(
        "C-20/2",
        "it says so before the response to a read request comes, also where the output is a pipe",
        "3.2: the client sends the MessageRequest and prints an appropriate informational message",
        |trial| {
            const AT_ONCE: Duration = Duration::from_millis(700);
            let listener = trial.listen()?;
            let _server = start_reading(trial, &listener)?;
            let client = trial.process()?;
            let said = client.wait_stdout(|printed| !printed.is_empty(), AT_ONCE);
            said.map_err(|_| {
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
        "behind a create request the client does not wait for the server",
        "3.1: no response is sent back to the client in this case",
        |trial| {
            let listener = trial.listen()?;
            start(
                trial,
                &listener,
                "create",
                Input::Bytes(b"bob\nhello\n".to_vec()),
            )?;
            let mut server = trial.accept(&listener)?;
            server.expect(&create(ALICE, b"bob", b"hello"))?;
            let finished = ended(trial)?;
            has_status(finished.exit, 0)
        },
    ),
    Check::must(
        "C-21",
        "sender and text of each message are printed, in order",
        "3.2.2: the client attempts to read and print each message's sender and text",
        |trial| {
            let messages = [
                (WILHELMINA, &b"first things first"[..]),
                (BARTHOLOMEW, b"second to none"),
            ];
            let finished = reads(trial, &response(0, &messages))?;
            shows(&finished, &["Wilhelmina", "Bartholomew"])?;
            let texts = ["first things first", "second to none"].map(str::to_owned);
            shows_in_order(&finished, &texts)
        },
    ),
    Check::must(
        "C-21/2",
        "they are printed as the UTF-8 that they are",
        "3.6: you can use the decode method to convert bytes back into a string",
        |trial| {
            let (sender, text) = ("Zoë", "Grüße, 漢字 😀");
            let messages = [(sender.as_bytes(), text.as_bytes())];
            let finished = reads(trial, &response(0, &messages))?;
            shows(&finished, &[sender, text])
        },
    ),
    Check::must(
        "C-21/3",
        "255 messages are printed, in order",
        "3.3.2: for as many messages as denoted by the NumItems field",
        |trial| {
            let texts: Vec<_> = (0..255).map(|number| format!("<{number}>")).collect();
            let messages: Vec<_> = texts
                .iter()
                .map(|text| (WILHELMINA, text.as_bytes()))
                .collect();
            let finished = reads(trial, &response(0, &messages))?;
            shows_in_order(&finished, &texts)
        },
    ),
    // More than a single `recv` gives, in a few lines.
    Check::must(
        "C-21/4",
        "a message of 65,533 bytes is printed whole",
        "3.3.2: the client reads the next SenderLen + MessageLen bytes",
        |trial| {
            let text = "0123456789".repeat(6_553) + "end";
            let finished = reads(trial, &response(0, &[(WILHELMINA, text.as_bytes())]))?;
            shows(&finished, &["Wilhelmina", &text])
        },
    ),
    Check::must(
        "C-21/5",
        "it says that there are no messages",
        "3.2.2: if there are no messages, the client prints an appropriate informational message",
        |trial| {
            let listener = trial.listen()?;
            let some = response(0, &[(WILHELMINA, b"hello")]);
            let some = reads_from(trial, &listener, &some, Then::Closes)?;
            let none = reads_from(
                trial,
                &listener,
                crate::checks::messages::NO_MESSAGES,
                Then::Closes,
            )?;
            if says_more(&none, &some) {
                return Ok(());
            }
            Err(Problem::broken(
                "a message on either output that there are no messages",
                shown(both(&none).as_bytes()),
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
            let messages = [(WILHELMINA, &b"hello"[..])];
            let no_more = reads_from(trial, &listener, &response(0, &messages), Then::Closes)?;
            let more = reads_from(trial, &listener, &response(1, &messages), Then::Closes)?;
            shows(&more, &["Wilhelmina", "hello"])?;
            if says_more(&more, &no_more) {
                return Ok(());
            }
            Err(Problem::broken(
                "a message on either output that there are more messages",
                format!("the same as without: {}", shown(both(&more).as_bytes())),
            ))
        },
    ),
    // Less than the second that is a gap, between the parts that are read one by one.
    Check::must(
        "C-21/7",
        "a tenth of a second between the parts of a response is no gap",
        "3.5: the bytes may come in parts; gaps of one second or more are detected",
        |trial| {
            const PAUSE: Duration = Duration::from_millis(100);
            let listener = trial.listen()?;
            let mut server = start_reading(trial, &listener)?;
            for part in [
                &b"\xae\x73\x03\x02\0"[..],
                b"\x0a\0\x05",
                b"Wilhelminahello",
                b"\x0b\0\x05",
                b"Bartholomewagain",
            ] {
                server.send_in_pieces(part, part.len(), PAUSE)?;
            }
            let _ = server.shutdown_write();
            let finished = ended(trial)?;
            shows(&finished, &["Wilhelmina", "hello", "Bartholomew", "again"])
        },
    ),
    Check::should(
        "C-21/8",
        "it ends with the response, also if the server does not close",
        "3.2.2: the client will close the socket and exit",
        |trial| {
            let listener = trial.listen()?;
            let record = response(0, &[(WILHELMINA, b"hello")]);
            let finished = reads_from(trial, &listener, &record, Then::Stays)?;
            shows(&finished, &["Wilhelmina", "hello"])?;
            has_status(finished.exit, 0)
        },
    ),
];

pub(super) const WILHELMINA: &[u8] = b"Wilhelmina";

pub(super) const BARTHOLOMEW: &[u8] = b"Bartholomew";

/// Sees that all of these are printed, in this order if it matters.
pub(super) fn shows(finished: &Finished, texts: &[&str]) -> Outcome {
    let printed = both(finished);
    match texts.iter().find(|text| !printed.contains(**text)) {
        None => Ok(()),
        Some(missing) => {
            let expected = format!("{missing:?} on either output");
            Err(Problem::broken(expected, shown(printed.as_bytes())))
        }
    }
}

fn shows_in_order(finished: &Finished, texts: &[String]) -> Outcome {
    let printed = both(finished);
    let mut rest = printed.as_str();
    for text in texts {
        let Some((_, behind)) = rest.split_once(text.as_str()) else {
            let expected = format!("{text:?} on either output, behind those before it");
            return Err(Problem::broken(expected, shown(printed.as_bytes())));
        };
        rest = behind;
    }
    Ok(())
}

pub(super) fn refused(trial: &mut Trial<'_>) -> Result<Exit, Problem> {
    let timeout = trial.timeout();
    let port = trial.port()?;
    trial.start(&arguments(port, "alice", "read"), Input::Pipe)?;
    ends_with_a_text(trial, timeout)
}

/// What no terminal should be sent.
pub(super) const DRIVES: &[u8] = b"\x1b[2J\xc2\x9b2J\xff";
