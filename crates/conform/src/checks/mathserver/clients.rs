//! Clients.

use super::exchange::{receive_pieces, serve};
use super::{Message, answer, is_asked, message, pass};
use crate::{Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::should(
        "MS-4",
        "clients that are silent delay nobody",
        "not in the assignment: what a careful user expects",
        |trial| {
            let address = trial.serve()?;
            let silent: Result<Vec<_>, _> = (0..100).map(|_| trial.connect(address)).collect();
            let mut silent = silent?;
            pass(&mut trial.connect(address)?)?;
            silent
                .iter_mut()
                .step_by(25)
                .try_for_each(|client| pass(client).map(drop))
        },
    )
    .needs(&["MS-1/2"]),
    // One client passes, one fails, one leaves. What the lines say besides is not fixed.
    Check::should(
        "MS-4/2",
        "how each client did is a line on standard output",
        "not in the assignment: what a careful user expects",
        |trial| {
            let address = serve(trial, &["--questions", "3"])?;
            let exam = pass(&mut trial.connect(address)?)?;
            let secret = String::from_utf8_lossy(&exam.secret).into_owned();
            expect_lines(trial, 1, &[&secret])?;

            let mut client = trial.connect(address)?;
            let right = is_asked(&mut client)?;
            answer(&mut client, right)?;
            let right = is_asked(&mut client)?;
            let wrong = right.wrapping_add(trial.random().u32(1..));
            answer(&mut client, wrong)?;
            client.expect_gone()?;
            expect_lines(trial, 2, &[&right.to_string(), &wrong.to_string()])?;

            is_asked(&mut trial.connect(address)?)?;
            expect_lines(trial, 3, &[])
        },
    )
    .needs(&["MS-1/2", "MS-1/6", "MS-2"]),
    // All messages are in pieces, but some run together when this program is slow.
    Check::should(
        "MS-5",
        "--fragment sends the messages in pieces",
        "Questions & Answers: a message isn't guaranteed to arrive all at once",
        |trial| {
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
                    Message::Question(left, right) => {
                        answer(&mut client, left.wrapping_add(right))?;
                    }
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
        },
    )
    .needs(&["MS-1/2", "MS-1/6"]),
];

/// Waits until so many lines are on standard output and nothing else, of which the last one has all
/// these parts.
fn expect_lines(trial: &mut Trial<'_>, count: usize, parts: &[&str]) -> Outcome {
    let expected = match parts {
        [] => format!("{count} lines about {count} clients"),
        _ => format!("{count} lines, the last with {}", parts.join(" and ")),
    };
    trial.wait_printed(&expected, |printed| {
        let last = printed.lines().last().unwrap_or_default();
        printed.ends_with('\n')
            && printed.lines().count() == count
            && parts.iter().all(|part| last.contains(part))
    })
}
