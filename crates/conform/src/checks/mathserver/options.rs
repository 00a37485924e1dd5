//! What is drawn at random, the options that say otherwise, and what is printed about it.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use harness::{Event, Signal};

use super::{Exam, MESSAGE, Message, answer, arguments, is_asked, message, pass};
use crate::conversation::shown;
use crate::{Arguments, Conversation, Outcome, Problem, Trial};

/// Starts the server with these options.
fn serve(trial: &mut Trial<'_>, options: &[&str]) -> Result<SocketAddr, Problem> {
    trial.serve_with(|port| {
        let options = options.iter().copied();
        options.fold(arguments(port), Arguments::word)
    })
}

/// Has so many clients pass, one after another.
fn exams(trial: &Trial<'_>, address: SocketAddr, count: usize) -> Result<Vec<Exam>, Problem> {
    let exam = |_| pass(&mut trial.connect(address)?);
    (0..count).map(exam).collect()
}

pub(super) fn questions(trial: &mut Trial<'_>) -> Outcome {
    for (value, count) in [("3", 3), ("0", 0), ("200", 200)] {
        let address = serve(trial, &["--questions", value])?;
        let asked = pass(&mut trial.connect(address)?)?.questions.len();
        if asked != count {
            let expected = format!("{count} questions with --questions {value}");
            return Err(Problem::broken(expected, format!("{asked} questions")));
        }
    }
    Ok(())
}

pub(super) fn secret(trial: &mut Trial<'_>) -> Outcome {
    const SECRET: &str = "open 5es";
    let address = serve(trial, &["--secret", SECRET])?;
    for exam in exams(trial, address, 2)? {
        if exam.secret != SECRET.as_bytes() {
            let expected = format!("the secret \"{SECRET}\"");
            return Err(Problem::broken(expected, shown(&exam.secret)));
        }
    }
    Ok(())
}

pub(super) fn seed(trial: &mut Trial<'_>) -> Outcome {
    let address = serve(trial, &["--seed", "42"])?;
    let first = exams(trial, address, 5)?;
    let address = serve(trial, &["--seed", "42"])?;
    if first != exams(trial, address, 5)? {
        let expected = "the same questions and secrets with the same seed";
        return Err(Problem::broken(expected, "others in the second run"));
    }
    let address = serve(trial, &["--seed", "43"])?;
    if first == exams(trial, address, 5)? {
        let expected = "other questions and secrets with another seed";
        return Err(Problem::broken(expected, "the same"));
    }
    Ok(())
}

/// With 20 equally likely numbers 40 clients have the same one once in 10⁵⁰ runs.
pub(super) fn random_number_of_questions(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let exams = exams(trial, address, 40)?;
    let counts: HashSet<usize> = exams.iter().map(|exam| exam.questions.len()).collect();
    if counts.len() > 1 && counts.iter().all(|count| (1..=20).contains(count)) {
        return Ok(());
    }
    let mut counts: Vec<_> = counts.iter().map(ToString::to_string).collect();
    counts.sort_unstable();
    Err(Problem::broken(
        "different numbers of questions from 1 to 20",
        format!("{} questions", counts.join(", ")),
    ))
}

pub(super) fn random_secret(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let exams = exams(trial, address, 10)?;
    let secrets: HashSet<&[u8; 8]> = exams.iter().map(|exam| &exam.secret).collect();
    if secrets.len() < exams.len() {
        let happened = format!("{} different ones for {}", secrets.len(), exams.len());
        return Err(Problem::broken("a secret for each client", happened));
    }
    match secrets
        .iter()
        .find(|secret| !secret.iter().all(u8::is_ascii_alphanumeric))
    {
        None => Ok(()),
        Some(secret) => Err(Problem::broken("8 letters and digits", shown(&secret[..]))),
    }
}

/// Numbers that are drawn without regard to their sum exceed 32 bits half of the times.
pub(super) fn sums_fit(trial: &mut Trial<'_>) -> Outcome {
    let address = serve(trial, &["--questions", "300"])?;
    let exam = pass(&mut trial.connect(address)?)?;
    let exceeds = |(left, right): &&(u32, u32)| left.checked_add(*right).is_none();
    match exam.questions.iter().find(exceeds) {
        None => Ok(()),
        Some((left, right)) => Err(Problem::broken(
            "a sum of at most 4294967295",
            format!("{left} + {right}"),
        )),
    }
}

/// One client passes, one fails, one leaves. What the lines say besides is not fixed.
pub(super) fn outcomes(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let address = serve(trial, &["--questions", "3"])?;
    let exam = pass(&mut trial.connect(address)?)?;
    let secret = String::from_utf8_lossy(&exam.secret).into_owned();
    expect_line(trial, &[&secret])?;

    let mut client = trial.connect(address)?;
    let right = is_asked(&mut client)?;
    answer(&mut client, right)?;
    let right = is_asked(&mut client)?;
    let wrong = right.wrapping_add(1);
    answer(&mut client, wrong)?;
    client.expect_gone()?;
    expect_line(trial, &[&right.to_string(), &wrong.to_string()])?;

    is_asked(&mut trial.connect(address)?)?;
    expect_line(trial, &[])?;

    let process = trial.process()?;
    process.signal_group(Signal::INT)?;
    process.wait_exit(timeout)?;
    let printed = process.stdout();
    let lines = printed.iter().filter(|byte| **byte == b'\n').count();
    if lines == 3 && printed.ends_with(b"\n") {
        return Ok(());
    }
    let expected = "three lines about three clients and nothing else";
    Err(Problem::broken(expected, shown(&printed)))
}

/// Waits for the next line on standard output, which has all these parts.
fn expect_line(trial: &mut Trial<'_>, parts: &[&str]) -> Outcome {
    let timeout = trial.timeout();
    let line = trial.process()?.wait_line(timeout)?;
    if parts.iter().all(|part| line.contains(part)) {
        return Ok(());
    }
    Err(Problem::broken(
        format!("a line with {}", parts.join(" and ")),
        format!("\"{}\"", harness::escape(line.as_bytes())),
    ))
}

/// All messages are in pieces, but some run together when this program is slow.
pub(super) fn fragment(trial: &mut Trial<'_>) -> Outcome {
    const FEWEST: usize = 5;
    let address = serve(trial, &["--fragment", "--questions", "20"])?;
    let mut client = trial.connect(address)?;
    let mut in_pieces = 0;
    loop {
        let (bytes, pieces) = receive_pieces(&mut client, trial.timeout())?;
        if pieces > 1 {
            in_pieces += 1;
        }
        match message(&bytes)? {
            Message::Question(left, right) => answer(&mut client, left.wrapping_add(right))?,
            Message::Secret(_) => break,
        }
    }
    if in_pieces >= FEWEST {
        return Ok(());
    }
    Err(Problem::broken(
        "each question and the secret in pieces",
        format!("{in_pieces} of 21 messages came in pieces"),
    ))
}

/// Receives a message, and counts its pieces.
fn receive_pieces(
    client: &mut Conversation,
    timeout: Duration,
) -> Result<(Vec<u8>, usize), Problem> {
    let (mut bytes, mut pieces) = (Vec::new(), 0);
    while bytes.len() < MESSAGE {
        match client.next_event(MESSAGE - bytes.len(), timeout) {
            Event::Data(piece) => bytes.extend(piece),
            event => {
                return Err(Problem::broken(
                    "a question or the secret",
                    event.to_string(),
                ));
            }
        }
        pieces += 1;
    }
    Ok((bytes, pieces))
}
