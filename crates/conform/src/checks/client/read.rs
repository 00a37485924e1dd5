//! Responses as they should be.

use std::time::Duration;

use harness::{Exit, Finished, Input, Output};

use super::{READ, Then, arguments, both, ended, reads, reads_from, says_more, start_reading};
use crate::checks::messages::{ends_with_a_text, has_status, response};
use crate::conversation::shown;
use crate::{Outcome, Problem, Trial};

const WILHELMINA: &[u8] = b"Wilhelmina";
const BARTHOLOMEW: &[u8] = b"Bartholomew";

pub(super) fn as_the_format_says(trial: &mut Trial<'_>) -> Outcome {
    let listener = trial.listen()?;
    let mut server = start_reading(trial, &listener)?;
    server.send(b"\xae\x73\x03\0\0")?;
    // The client may leave first, or when the server does.
    let _ = server.shutdown_write();
    server.expect_gone()
}

pub(super) fn name_in_utf_8(trial: &mut Trial<'_>) -> Outcome {
    let listener = trial.listen()?;
    let arguments = arguments(listener.port(), "Zoë van der Meer", "read");
    trial.start(&arguments, Input::Null)?;
    let request = "\x01\x11\0\0\0Zoë van der Meer";
    let mut server = trial.accept(&listener)?;
    server.expect(&[b"\xae\x73", request.as_bytes()].concat())
}

/// Sees that all of these are printed, in this order if it matters.
fn shows(finished: &Finished, texts: &[&str]) -> Outcome {
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

pub(super) fn senders_and_texts(trial: &mut Trial<'_>) -> Outcome {
    let messages = [
        (WILHELMINA, &b"first things first"[..]),
        (BARTHOLOMEW, b"second to none"),
    ];
    let finished = reads(trial, &response(0, &messages))?;
    shows(&finished, &["Wilhelmina", "Bartholomew"])?;
    let texts = ["first things first", "second to none"].map(str::to_owned);
    shows_in_order(&finished, &texts)
}

pub(super) fn utf_8(trial: &mut Trial<'_>) -> Outcome {
    let (sender, text) = ("Zoë", "Grüße, 漢字 😀");
    let messages = [(sender.as_bytes(), text.as_bytes())];
    let finished = reads(trial, &response(0, &messages))?;
    shows(&finished, &[sender, text])
}

pub(super) fn most_messages(trial: &mut Trial<'_>) -> Outcome {
    let texts: Vec<_> = (0..255).map(|number| format!("<{number}>")).collect();
    let messages: Vec<_> = texts
        .iter()
        .map(|text| (WILHELMINA, text.as_bytes()))
        .collect();
    let finished = reads(trial, &response(0, &messages))?;
    shows_in_order(&finished, &texts)
}

/// More than a single `recv` gives, in a few lines.
pub(super) fn long_message(trial: &mut Trial<'_>) -> Outcome {
    let text = "0123456789".repeat(6_553) + "end";
    let finished = reads(trial, &response(0, &[(WILHELMINA, text.as_bytes())]))?;
    shows(&finished, &["Wilhelmina", &text])
}

pub(super) fn no_messages(trial: &mut Trial<'_>) -> Outcome {
    let listener = trial.listen()?;
    let some = response(0, &[(WILHELMINA, b"hello")]);
    let some = reads_from(trial, &listener, &some, Then::Closes)?;
    let none = reads_from(trial, &listener, &response(0, &[]), Then::Closes)?;
    if says_more(&none, &some) {
        return Ok(());
    }
    Err(Problem::broken(
        "a message on either output that there are no messages",
        shown(both(&none).as_bytes()),
    ))
}

pub(super) fn more_messages(trial: &mut Trial<'_>) -> Outcome {
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
}

/// Less than the second that is a gap, between the parts that are read one by one.
pub(super) fn pauses(trial: &mut Trial<'_>) -> Outcome {
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
}

pub(super) fn byte_by_byte(trial: &mut Trial<'_>) -> Outcome {
    // More than a second in all.
    const PAUSE: Duration = Duration::from_millis(40);
    let listener = trial.listen()?;
    let mut server = start_reading(trial, &listener)?;
    let messages = [(WILHELMINA, &b"hello"[..]), (BARTHOLOMEW, b"again")];
    server.send_in_pieces(&response(0, &messages), 1, PAUSE)?;
    let finished = ended(trial)?;
    shows(&finished, &["Wilhelmina", "hello", "Bartholomew", "again"])
}

pub(super) fn ends_although_the_server_stays(trial: &mut Trial<'_>) -> Outcome {
    let listener = trial.listen()?;
    let record = response(0, &[(WILHELMINA, b"hello")]);
    let finished = reads_from(trial, &listener, &record, Then::Stays)?;
    shows(&finished, &["Wilhelmina", "hello"])?;
    has_status(finished.exit, 0)
}

pub(super) fn says_that_it_is_sent(trial: &mut Trial<'_>) -> Outcome {
    const AT_ONCE: Duration = Duration::from_millis(700);
    let listener = trial.listen()?;
    let _server = start_reading(trial, &listener)?;
    let client = trial.process()?;
    let said = client.wait_stdout(|printed| !printed.is_empty(), AT_ONCE);
    said.map_err(|_| {
        let expected = "a message on standard output before the response comes";
        Problem::broken(expected, "nothing")
    })
}

pub(super) fn nobody_listens(trial: &mut Trial<'_>) -> Outcome {
    refused(trial).map(drop)
}

pub(super) fn status_where_nobody_listens(trial: &mut Trial<'_>) -> Outcome {
    has_status(refused(trial)?, 1)
}

fn refused(trial: &mut Trial<'_>) -> Result<Exit, Problem> {
    let timeout = trial.timeout();
    let port = trial.port()?;
    trial.start(&arguments(port, "alice", "read"), Input::Null)?;
    ends_with_a_text(trial, timeout)
}

pub(super) fn status_of_success(trial: &mut Trial<'_>) -> Outcome {
    for record in [response(0, &[]), response(1, &[(WILHELMINA, b"hello")])] {
        let finished = reads(trial, &record)?;
        has_status(finished.exit, 0)?;
        if finished.stdout.is_empty() || !finished.stderr.is_empty() {
            return Err(Problem::broken(
                "what is read is on standard output, and nothing on standard error",
                format!("{} on standard error", shown(&finished.stderr)),
            ));
        }
    }
    Ok(())
}

pub(super) fn none_and_more(trial: &mut Trial<'_>) -> Outcome {
    let finished = reads(trial, b"\xae\x73\x03\0\x01")?;
    has_status(finished.exit, 0)
}

/// What no terminal should be sent.
const DRIVES: &[u8] = b"\x1b[2J\xc2\x9b2J\xff";

pub(super) fn on_a_terminal(trial: &mut Trial<'_>) -> Outcome {
    let listener = trial.listen()?;
    let arguments = arguments(listener.port(), "alice", "read");
    trial.start_as(&arguments, |program| program.stdout(Output::Terminal))?;
    let mut server = trial.accept(&listener)?;
    server.expect(READ)?;
    server.send(&response(0, &[(WILHELMINA, DRIVES)]))?;
    let finished = ended(trial)?;
    let drives_it = |letter: char| letter.is_control() && !"\r\n".contains(letter);
    match String::from_utf8(finished.stdout) {
        Ok(text) if text.contains("Wilhelmina") && !text.contains(drives_it) => Ok(()),
        Ok(text) => Err(Problem::broken(
            "the message, with its control characters escaped",
            harness::escape(text.as_bytes()).to_string(),
        )),
        Err(error) => Err(Problem::broken(
            "the message, with what is not UTF-8 escaped",
            harness::escape(error.as_bytes()).to_string(),
        )),
    }
}

pub(super) fn in_a_pipe(trial: &mut Trial<'_>) -> Outcome {
    let finished = reads(trial, &response(0, &[(WILHELMINA, DRIVES)]))?;
    let mut places = finished.stdout.windows(DRIVES.len());
    if places.any(|bytes| bytes == DRIVES) {
        return Ok(());
    }
    Err(Problem::broken(
        format!("{} on standard output", shown(DRIVES)),
        shown(&finished.stdout),
    ))
}
