//! Responses that are not valid, not complete, or not in time.

use std::time::{Duration, Instant};

use harness::{Exit, Output};

use super::exchange::{DRIVES, WILHELMINA};
use super::{READ, Then, arguments, both, ended, reads, reads_from, says_more, start_reading};
use crate::checks::messages::{has_status, response};
use crate::conversation::shown;
use crate::{Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "C-22",
        "a wrong MagicNo is an error",
        "3.3.2: the contents of the MagicNo field must equal 0xAE73; else the client prints an \
         error message, closes the socket and exits",
        |trial| {
            finds_wrong_header(trial, b"\xae\x74\x03\x01\0")?;
            finds_wrong_header(trial, b"\x73\xae\x03\x01\0")
        },
    ),
    Check::must(
        "C-22/2",
        "an ID other than 3 is an error",
        "3.3.2: the contents of the ID field must equal 3",
        |trial| {
            finds_wrong_header(trial, b"\xae\x73\x01\x01\0")?;
            finds_wrong_header(trial, b"\xae\x73\x00\x01\0")
        },
    ),
    Check::must(
        "C-22/3",
        "a MoreMsgs other than 0 and 1 is an error",
        "3.3.2: the contents of the MoreMsgs field must be either 0 or 1",
        |trial| {
            finds_wrong_header(trial, b"\xae\x73\x03\x01\x02")?;
            finds_wrong_header(trial, b"\xae\x73\x03\x01\xff")
        },
    ),
    Check::must(
        "C-22/4",
        "a SenderLen of 0 is an error",
        "3.3.2: the SenderLen and MessageLen fields must be at least 1",
        |trial| {
            let wrong = response(0, &[("", "x"), BEHIND]);
            let right = response(0, &[("Wilhelmina", "x"), BEHIND]);
            finds_the_fault(trial, &wrong, &right, Then::Stays)
        },
    ),
    Check::must(
        "C-22/5",
        "a MessageLen of 0 is an error",
        "3.3.2: the SenderLen and MessageLen fields must be at least 1",
        |trial| {
            let wrong = response(0, &[("Wilhelmina", ""), BEHIND]);
            let right = response(0, &[("Wilhelmina", "x"), BEHIND]);
            finds_the_fault(trial, &wrong, &right, Then::Stays)
        },
    ),
    Check::must(
        "C-22/6",
        "a response that does not come is an error",
        "3.2.2: if there is a gap of more than one second while reading any part of the record, \
         the client should print an appropriate error message, close the socket, and exit",
        |trial| {
            let [(bytes, like), ..] = CUT_OFF;
            finds_the_fault(trial, bytes, like, Then::Stays)
        },
    )
    .waits(1),
    Check::must(
        "C-22/7",
        "a gap of more than a second in the header is an error",
        "3.3.2: if the five bytes of the fixed header cannot be read without gap, the response is \
         erroneous",
        |trial| {
            let [_, (bytes, like), ..] = CUT_OFF;
            finds_the_fault(trial, bytes, like, Then::Stays)
        },
    )
    .waits(1),
    Check::must(
        "C-22/8",
        "a gap of more than a second before or in a message header is an error",
        "3.3.2: the three bytes of the message header are read, again without gap",
        |trial| {
            let [_, _, (behind_header, like), (inside, _), _] = CUT_OFF;
            finds_the_fault(trial, behind_header, like, Then::Stays)?;
            finds_the_fault(trial, inside, like, Then::Stays)
        },
    )
    .waits(2),
    Check::must(
        "C-22/9",
        "a gap of more than a second in a message is an error",
        "3.3.2: if, at any point, reading is not possible without gap, the response is erroneous",
        |trial| {
            let [.., (bytes, like)] = CUT_OFF;
            finds_the_fault(trial, bytes, like, Then::Stays)
        },
    )
    .waits(1),
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
            reads_from(trial, &listener, b"", Then::Stays)?;
            let waited = start.elapsed();
            if waited >= EARLIEST {
                return Ok(());
            }
            let happened = format!("it ends after {:.1} seconds", waited.as_secs_f64());
            Err(Problem::broken(
                "it waits for the response for a second",
                happened,
            ))
        },
    )
    .waits(1),
    Check::must(
        "C-22/11",
        "a connection that is closed within a response is an error",
        "3.3.2: if the bytes cannot be read, the response is erroneous",
        |trial| {
            CUT_OFF
                .into_iter()
                .try_for_each(|(cut_off, like)| finds_the_fault(trial, cut_off, like, Then::Closes))
        },
    ),
    Check::must(
        "C-22/12",
        "a connection that is reset is an error",
        "3.5: you will need to handle any exceptions by printing an appropriate error message",
        |trial| {
            let listener = trial.listen()?;
            let none = reads_from(
                trial,
                &listener,
                crate::checks::messages::NO_MESSAGES,
                Then::Closes,
            )?;
            start_reading(trial, &listener)?.reset()?;
            let finished = ended(trial)?;
            if says_more(&finished, &none) {
                return Ok(());
            }
            let happened = shown(both(&finished).as_bytes());
            Err(Problem::broken(
                "an error message on either output",
                happened,
            ))
        },
    ),
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
            let finished = reads(
                trial,
                b"\xae\x73\x03\x02\0\x0a\0\x05Wilhelminahello\0\0\x01x",
            )?;
            let printed = String::from_utf8_lossy(&finished.stdout).into_owned();
            if printed.contains("Wilhelmina") && printed.contains("hello") {
                return Ok(());
            }
            Err(Problem::broken(
                "the message before the fault on standard output",
                shown(printed.as_bytes()),
            ))
        },
    ),
    Check::should(
        "C-23",
        "control characters of a message cannot drive a terminal",
        "not in the assignment: a message is a stranger's",
        |trial| {
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
            let finished = reads(trial, &response(0, &[(WILHELMINA, DRIVES)]))?;
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
            for record in [
                crate::checks::messages::NO_MESSAGES.to_vec(),
                response(1, &[(WILHELMINA, b"hello")]),
            ] {
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

/// The message behind a fault.
const BEHIND: (&str, &str) = ("Bartholomew", "behind the fault");

/// A wrong response of two messages at most, the last of which is [`BEHIND`] the fault, and a right
/// one: sees that the client ends, that it prints something that it does not print for the right
/// one, and that it does not go on behind the fault.
fn finds_the_fault(trial: &mut Trial<'_>, wrong: &[u8], right: &[u8], then: Then) -> Outcome {
    let listener = trial.listen()?;
    let right = reads_from(trial, &listener, right, Then::Closes)?;
    let wrong = reads_from(trial, &listener, wrong, then)?;
    let printed = both(&wrong);
    if printed.contains("behind the fault") {
        return Err(Problem::broken(
            "no message that stands behind the fault is printed",
            shown(printed.as_bytes()),
        ));
    }
    if !says_more(&wrong, &right) {
        return Err(Problem::broken(
            "an error message on either output",
            format!(
                "the same as for a valid response: {}",
                shown(printed.as_bytes())
            ),
        ));
    }
    Ok(())
}

/// A response whose header is wrong.
fn finds_wrong_header(trial: &mut Trial<'_>, header: &[u8]) -> Outcome {
    let right = response(0, &[BEHIND]);
    let messages = right.get(header.len()..).unwrap_or_default();
    finds_the_fault(trial, &[header, messages].concat(), &right, Then::Stays)
}

/// Each with a response that could be taken for it.
const CUT_OFF: [(&[u8], &[u8]); 5] = [
    (b"", b"\xae\x73\x03\0\0"),
    (b"\xae\x73\x03", b"\xae\x73\x03\0\0"),
    (b"\xae\x73\x03\x01\0", b"\xae\x73\x03\0\0"),
    (b"\xae\x73\x03\x01\0\x0a\0", b"\xae\x73\x03\0\0"),
    (
        b"\xae\x73\x03\x01\0\x0a\0\x14Wilhelminaunfinished",
        b"\xae\x73\x03\x01\0\x0a\0\x0aWilhelminaunfinished",
    ),
];

/// The status of a program in Rust that panicked.
const PANICKED: Exit = Exit::Status(101);

pub(super) fn ends_in_order(trial: &mut Trial<'_>, bytes: &[u8]) -> Outcome {
    let finished = reads(trial, bytes)?;
    is_in_order(finished.exit, &finished.stderr)
}

pub(super) fn is_in_order(exit: Exit, stderr: &[u8]) -> Outcome {
    let uncaught = stderr.starts_with(b"Traceback");
    if uncaught || matches!(exit, Exit::Signal(_) | PANICKED) {
        let happened = format!("{exit}, and {} on standard error", shown(stderr));
        return Err(Problem::broken("it ends in order", happened));
    }
    Ok(())
}
