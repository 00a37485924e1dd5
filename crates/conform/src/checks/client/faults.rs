//! Responses that are not valid, not complete, or not in time.

use std::time::{Duration, Instant};

use harness::{Exit, Input};

use super::{Then, both, ended, reads, reads_from, says_more, start, start_reading};
use crate::checks::messages::{has_status, response};
use crate::conversation::shown;
use crate::{Outcome, Problem, Trial};

/// The message behind a fault.
const BEHIND: (&[u8], &[u8]) = (b"Bartholomew", b"behind the fault");

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

pub(super) fn wrong_magic(trial: &mut Trial<'_>) -> Outcome {
    finds_wrong_header(trial, b"\xae\x74\x03\x01\0")?;
    finds_wrong_header(trial, b"\x73\xae\x03\x01\0")
}

pub(super) fn wrong_id(trial: &mut Trial<'_>) -> Outcome {
    finds_wrong_header(trial, b"\xae\x73\x01\x01\0")?;
    finds_wrong_header(trial, b"\xae\x73\x00\x01\0")
}

pub(super) fn wrong_more(trial: &mut Trial<'_>) -> Outcome {
    finds_wrong_header(trial, b"\xae\x73\x03\x01\x02")?;
    finds_wrong_header(trial, b"\xae\x73\x03\x01\xff")
}

pub(super) fn no_sender(trial: &mut Trial<'_>) -> Outcome {
    let wrong = response(0, &[(b"", b"x"), BEHIND]);
    let right = response(0, &[(b"Wilhelmina", b"x"), BEHIND]);
    finds_the_fault(trial, &wrong, &right, Then::Stays)
}

pub(super) fn no_text(trial: &mut Trial<'_>) -> Outcome {
    let wrong = response(0, &[(b"Wilhelmina", b""), BEHIND]);
    let right = response(0, &[(b"Wilhelmina", b"x"), BEHIND]);
    finds_the_fault(trial, &wrong, &right, Then::Stays)
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

pub(super) fn closes_early(trial: &mut Trial<'_>) -> Outcome {
    CUT_OFF
        .into_iter()
        .try_for_each(|(cut_off, like)| finds_the_fault(trial, cut_off, like, Then::Closes))
}

pub(super) fn gap_before(trial: &mut Trial<'_>) -> Outcome {
    let [(bytes, like), ..] = CUT_OFF;
    finds_the_fault(trial, bytes, like, Then::Stays)
}

pub(super) fn gap_in_header(trial: &mut Trial<'_>) -> Outcome {
    let [_, (bytes, like), ..] = CUT_OFF;
    finds_the_fault(trial, bytes, like, Then::Stays)
}

pub(super) fn gap_in_message_header(trial: &mut Trial<'_>) -> Outcome {
    let [_, _, (behind_header, like), (inside, _), _] = CUT_OFF;
    finds_the_fault(trial, behind_header, like, Then::Stays)?;
    finds_the_fault(trial, inside, like, Then::Stays)
}

pub(super) fn gap_in_message(trial: &mut Trial<'_>) -> Outcome {
    let [.., (bytes, like)] = CUT_OFF;
    finds_the_fault(trial, bytes, like, Then::Stays)
}

/// The time is taken from before the client is started: a busy machine makes it longer, never
/// shorter.
pub(super) fn not_before_a_second(trial: &mut Trial<'_>) -> Outcome {
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
}

pub(super) fn reset(trial: &mut Trial<'_>) -> Outcome {
    let listener = trial.listen()?;
    let none = reads_from(trial, &listener, &response(0, &[]), Then::Closes)?;
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
}

pub(super) fn status_of_a_fault(trial: &mut Trial<'_>) -> Outcome {
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
}

pub(super) fn messages_before_a_fault(trial: &mut Trial<'_>) -> Outcome {
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
}

/// The status of a program in Rust that panicked.
const PANICKED: Exit = Exit::Status(101);

pub(super) fn garbage(trial: &mut Trial<'_>) -> Outcome {
    for bytes in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        b"\xae\x73\x03\x01\0\x02\0\x02\xff\xfe\xc3(",
        b"\xae\x73\x03\xff\x01\xff\xff\xff",
        &[0xff; 64],
    ] {
        ends_in_order(trial, bytes)?;
    }
    let listener = trial.listen()?;
    start(
        trial,
        &listener,
        "create",
        Input::Bytes(b"b\xff\n\xff\n".to_vec()),
    )?;
    let finished = ended(trial)?;
    is_in_order(finished.exit, &finished.stderr)
}

fn ends_in_order(trial: &mut Trial<'_>, bytes: &[u8]) -> Outcome {
    let finished = reads(trial, bytes)?;
    is_in_order(finished.exit, &finished.stderr)
}

fn is_in_order(exit: Exit, stderr: &[u8]) -> Outcome {
    let uncaught = stderr.starts_with(b"Traceback");
    if uncaught || matches!(exit, Exit::Signal(_) | PANICKED) {
        let happened = format!("{exit}, and {} on standard error", shown(stderr));
        return Err(Problem::broken("it ends in order", happened));
    }
    Ok(())
}
