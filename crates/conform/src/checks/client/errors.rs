//! Responses that are not valid, not complete, or not in time.

use std::time::{Duration, Instant};

use harness::{Exit, Output, shown};

use super::exchange::{DRIVES, refused};
use super::{ALICE, Then, arguments, both, ended, reads, reads_from, says_more, start_reading};
use crate::checks::messages::{
    Message, NO_MESSAGES, has_status, message, name, response, with_byte,
};
use crate::{Check, Outcome, Problem, Trial};

/// What every check rests on that compares a wrong response with a valid one.
const VALID: &[&str] = &["C-21"];

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "C-22",
        "a wrong MagicNo is an error",
        "3.3.2: the contents of the MagicNo field must equal 0xAE73; else the client prints an \
         error message, closes the socket and exits",
        |trial| {
            finds_wrong_byte(trial, 1, 0x74)?;
            let high = trial.random().u8(..0xae);
            finds_wrong_byte(trial, 0, high)
        },
    )
    .needs(VALID),
    Check::must(
        "C-22/2",
        "an ID other than 3 is an error",
        "3.3.2: the contents of the ID field must equal 3",
        |trial| {
            let id = trial.random().u8(4..);
            [1, 0, id]
                .iter()
                .try_for_each(|id| finds_wrong_byte(trial, 2, *id))
        },
    )
    .needs(VALID),
    Check::must(
        "C-22/3",
        "a MoreMsgs other than 0 and 1 is an error",
        "3.3.2: the contents of the MoreMsgs field must be either 0 or 1",
        |trial| {
            let more = trial.random().u8(3..);
            [2, more]
                .iter()
                .try_for_each(|more| finds_wrong_byte(trial, 4, *more))
        },
    )
    .needs(VALID),
    Check::must(
        "C-22/4",
        "a SenderLen of 0 is an error",
        "3.3.2: the SenderLen and MessageLen fields must be at least 1",
        |trial| {
            let (sender, text) = message(trial);
            finds_wrong_message(trial, (String::new(), text.clone()), (sender, text))
        },
    )
    .needs(VALID),
    Check::must(
        "C-22/5",
        "a MessageLen of 0 is an error",
        "3.3.2: the SenderLen and MessageLen fields must be at least 1",
        |trial| {
            let (sender, text) = message(trial);
            finds_wrong_message(trial, (sender.clone(), String::new()), (sender, text))
        },
    )
    .needs(VALID),
    Check::must(
        "C-22/6",
        "a response that does not come is an error",
        "3.2.2: if there is a gap of more than one second while reading any part of the record, \
         the client should print an appropriate error message, close the socket, and exit",
        |trial| finds_the_cut(trial, &[0], Then::Stays),
    )
    .waits(1)
    .needs(VALID),
    Check::must(
        "C-22/7",
        "a gap of more than a second in the header is an error",
        "3.3.2: if the five bytes of the fixed header cannot be read without gap, the response is \
         erroneous",
        |trial| {
            let within = trial.random().usize(1..HEADER);
            finds_the_cut(trial, &[within], Then::Stays)
        },
    )
    .waits(1)
    .needs(&["C-21", "C-22/6"]),
    Check::must(
        "C-22/8",
        "a gap of more than a second before or in a message header is an error",
        "3.3.2: the three bytes of the message header are read, again without gap",
        |trial| {
            let within = HEADER + trial.random().usize(1..3);
            finds_the_cut(trial, &[HEADER, within], Then::Stays)
        },
    )
    .waits(2)
    .needs(&["C-21", "C-22/6"]),
    Check::must(
        "C-22/9",
        "a gap of more than a second in a message is an error",
        "3.3.2: if, at any point, reading is not possible without gap, the response is erroneous",
        |trial| finds_the_cut(trial, &[IN_THE_TEXT], Then::Stays),
    )
    .waits(1)
    .needs(&["C-21", "C-22/6"]),
    // The time is taken from before the client is started: a busy machine makes it longer, never
    // shorter.
    Check::must(
        "C-22/10",
        "the client waits for the response for a second",
        "3.2.2: a gap of more than one second",
        |trial| {
            const EARLIEST: Duration = Duration::from_millis(900);
            let start = Instant::now();
            let listener = trial.listen()?;
            let _server = start_reading(trial, &listener)?;
            let left = EARLIEST.saturating_sub(start.elapsed());
            if trial.process()?.wait_exit(left).is_err() {
                return Ok(());
            }
            let waited = start.elapsed().as_secs_f64();
            Err(Problem::broken(
                "it waits for the response for a second",
                format!("it ends after {waited:.1} seconds"),
            ))
        },
    )
    .waits(1),
    Check::must(
        "C-22/11",
        "a connection that is closed within a response is an error",
        "3.3.2: if the bytes cannot be read, the response is erroneous",
        |trial| {
            finds_the_cut(
                trial,
                &[0, 3, HEADER, HEADER + 2, IN_THE_TEXT],
                Then::Closes,
            )
        },
    )
    .needs(VALID),
    Check::must(
        "C-22/12",
        "a connection that is reset is an error",
        "3.5: you will need to handle any exceptions by printing an appropriate error message",
        |trial| {
            let listener = trial.listen()?;
            let none = reads_from(trial, &listener, NO_MESSAGES, Then::Closes)?;
            start_reading(trial, &listener)?.reset()?;
            let finished = ended(trial)?;
            if says_more(&finished, &none) {
                return Ok(());
            }
            Err(Problem::broken(
                "an error message on either output",
                shown(both(&finished).trim().as_bytes()),
            ))
        },
    )
    .needs(VALID),
    Check::should(
        "C-22/13",
        "the status for an erroneous response is 1, and the error is on standard error",
        "3.2.2: the client prints an error message and exits; the status is not in the assignment",
        |trial| {
            for record in [
                &b"\xae\x74\x03\0\0"[..],
                b"\xae\x73\x03\x01\0\0\0\x01x",
                b"\xae\x73\x03",
            ] {
                let finished = reads(trial, record)?;
                has_status(finished.exit, 1)?;
                if finished.stderr.is_empty() {
                    return Err(Problem::broken(
                        "an error on standard error",
                        "nothing there",
                    ));
                }
            }
            Ok(())
        },
    ),
    Check::should(
        "C-22/14",
        "messages before a fault are printed",
        "3.3.2: the messages are read and processed one after another",
        |trial| {
            let (sender, text) = message(trial);
            let wrong = (String::new(), "x".to_owned());
            let messages = [(sender.clone(), text.clone()), wrong];
            let finished = reads(trial, &response(0, &messages))?;
            let printed = String::from_utf8_lossy(&finished.stdout).into_owned();
            if printed.contains(&sender) && printed.contains(&text) {
                return Ok(());
            }
            Err(Problem::broken(
                "the message before the fault on standard output",
                shown(printed.as_bytes()),
            ))
        },
    ),
    Check::should(
        "C-22/15",
        "an error is a message, not the end of an exception that nobody caught",
        "5: just letting a library function crash (possibly printing some nondescript message) \
         will result in deductions",
        |trial| {
            refused(trial)?;
            is_orderly(trial)?;
            let listener = trial.listen()?;
            start_reading(trial, &listener)?.reset()?;
            is_orderly(trial)?;
            for then in [Then::Stays, Then::Closes] {
                reads_from(trial, &listener, b"\xae\x73\x03", then)?;
                is_orderly(trial)?;
            }
            Ok(())
        },
    )
    .waits(1)
    .needs(&["C-22/6"]),
    Check::should(
        "C-23",
        "control characters of a message cannot drive a terminal",
        "not in the assignment: a message is a stranger's",
        |trial| {
            let sender = name(trial);
            let listener = trial.listen()?;
            let arguments = arguments(listener.port(), ALICE, "read");
            trial.start_as(&arguments, |program| program.stdout(Output::Terminal))?;
            let mut server = trial.accept(&listener)?;
            server.send(&response(0, &[(&sender, DRIVES)]))?;
            let finished = ended(trial)?;
            let drives_it = |letter: char| letter.is_control() && !"\r\n".contains(letter);
            match String::from_utf8(finished.stdout) {
                Ok(text) if text.contains(&sender) && !text.contains(drives_it) => Ok(()),
                Ok(text) => Err(Problem::broken(
                    "the message, with its control characters escaped",
                    harness::escape(text.as_bytes()),
                )),
                Err(error) => Err(Problem::broken(
                    "the message, with what is not UTF-8 escaped",
                    harness::escape(error.as_bytes()),
                )),
            }
        },
    ),
    Check::should(
        "C-23/2",
        "where the output is a pipe, a message is printed as it is",
        "not in the assignment: what users of a command line expect",
        |trial| {
            let finished = reads(trial, &response(0, &[("eve", DRIVES)]))?;
            let mut places = finished.stdout.windows(DRIVES.len());
            if places.any(|bytes| bytes == DRIVES) {
                return Ok(());
            }
            Err(Problem::broken(
                format!("{} on standard output", shown(DRIVES)),
                shown(&finished.stdout),
            ))
        },
    ),
    Check::should(
        "C-23/3",
        "a response with NumItems 0 and MoreMsgs 1 is valid",
        "3.3.2 lists the checks of a response, and this is not among them",
        |trial| {
            let finished = reads(trial, b"\xae\x73\x03\0\x01")?;
            has_status(finished.exit, 0)
        },
    ),
    Check::should(
        "C-24",
        "a read that succeeds prints on standard output only, and ends with status 0",
        "not in the assignment: what users of a command line expect",
        |trial| {
            for record in [NO_MESSAGES.to_vec(), response(1, &[message(trial)])] {
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
        },
    ),
];

/// The length of the fixed header of a response.
const HEADER: usize = 5;

/// A wrong response and a right one: sees that the client ends, that it prints something that it
/// does not print for the right one, and that it does not print a text after the fault.
fn finds_the_fault(
    trial: &mut Trial<'_>,
    wrong: &[u8],
    right: &[u8],
    after: &str,
    then: Then,
) -> Outcome {
    let listener = trial.listen()?;
    let right = reads_from(trial, &listener, right, Then::Closes)?;
    let wrong = reads_from(trial, &listener, wrong, then)?;
    let printed = both(&wrong);
    if printed.contains(after) {
        return Err(Problem::broken(
            format!("an error, and {after:?}, which comes after the fault, is not printed"),
            shown(printed.trim().as_bytes()),
        ));
    }
    if !says_more(&wrong, &right) {
        return Err(Problem::broken(
            "an error message on either output",
            format!(
                "the same as for a valid response: {}",
                shown(printed.trim().as_bytes())
            ),
        ));
    }
    Ok(())
}

/// A response in whose header one byte is wrong.
fn finds_wrong_byte(trial: &mut Trial<'_>, place: usize, byte: u8) -> Outcome {
    let (sender, text) = message(trial);
    let right = response(0, &[(sender, &text)]);
    let wrong = with_byte(right.clone(), place, byte);
    finds_the_fault(trial, &wrong, &right, &text, Then::Stays)
}

/// A response whose first message is wrong.
fn finds_wrong_message(trial: &mut Trial<'_>, wrong: Message, right: Message) -> Outcome {
    let second = message(trial);
    let after = second.1.clone();
    let [wrong, right] = [wrong, right].map(|first| response(0, &[first, second.clone()]));
    finds_the_fault(trial, &wrong, &right, &after, Then::Stays)
}

/// A length of which nothing but three letters of the text are left.
const IN_THE_TEXT: usize = usize::MAX;

/// A response that ends after so many bytes, and one that a client could take it for.
fn finds_the_cut(trial: &mut Trial<'_>, lengths: &[usize], then: Then) -> Outcome {
    for length in lengths {
        let (sender, text) = message(trial);
        let whole = response(0, &[(&sender, &text)]);
        let cut = &whole[..(*length).min(whole.len() - 3)];
        let right = match *length {
            IN_THE_TEXT => response(0, &[(&sender[..], &text[..text.len() - 3])]),
            _ => NO_MESSAGES.to_vec(),
        };
        finds_the_fault(trial, cut, &right, &text, then)?;
    }
    Ok(())
}

/// The status of a program in Rust that panicked.
const PANICKED: Exit = Exit::Status(101);

pub(super) fn ends_in_order(trial: &mut Trial<'_>, bytes: &[u8]) -> Outcome {
    reads(trial, bytes)?;
    is_orderly(trial)
}

/// Sees that the client that was started last has not ended with an exception or a panic.
pub(super) fn is_orderly(trial: &mut Trial<'_>) -> Outcome {
    let exit = trial.wait_exit()?;
    let stderr = trial.process()?.stderr();
    let uncaught = stderr.starts_with(b"Traceback");
    if uncaught || matches!(exit, Exit::Signal(_) | PANICKED) {
        let happened = format!("{exit}, and {} on standard error", shown(&stderr));
        return Err(Problem::broken("it ends in order", happened));
    }
    Ok(())
}
