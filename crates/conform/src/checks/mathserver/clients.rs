//! Clients.

use harness::Signal;

use super::exchange::{expect_line, receive_pieces, serve};
use super::{Message, answer, is_asked, message, pass};
use crate::conversation::shown;
use crate::{Check, Problem};

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
    ),
    // One client passes, one fails, one closes early. The rest of the lines' wording is free.
    Check::should(
        "MS-4/2",
        "how each client did is a line on standard output",
        "not in the assignment: what a careful user expects",
        |trial| {
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
        },
    ),
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
    ),
];
