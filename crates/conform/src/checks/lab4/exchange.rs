//! Questions, answers and the secret.

use std::time::Duration;

use harness::{Output, shown};

use super::{asks, expect_sum, gives, numbers, prints, question, secret, start, start_with};
use crate::{Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "M-1",
        "it connects to the host and port of its arguments, and answers the first question",
        "Overview: your script takes 2 command line arguments, the hostname and the port number; \
         Questions & Answers: as soon as you connect, the server sends you the first question",
        |trial| {
            let mut server = start(trial)?;
            asks(trial, &mut server)
        },
    ),
    Check::must(
        "M-2",
        "the answer is the sum, as 4 bytes in big-endian order",
        "Questions & Answers: Q and two 4-byte big-endian integers; add these integers, then \
         convert the sum into 4 bytes, using big-endianness",
        |trial| {
            // Sums of one to four bytes, with and without a carry, and the numbers of Q, S, CR and LF.
            let drawn = [7, 8, 15, 16, 23, 24, 30].map(|bits| {
                let random = trial.random();
                [random.u32(..1 << bits), random.u32(..1 << bits)]
            });
            let fixed = [
                [0, 0],
                [0xff, 1],
                [0x00ff_ffff, 1],
                [0x3fff_ffff, 0x4000_0000],
                [0x53, 0x51],
                [0x0a0a, 0x0d],
            ];
            answers(trial, fixed.into_iter().chain(drawn))
        },
    )
    .needs(&["M-1"]),
    // A sign is nowhere mentioned.
    Check::should(
        "M-2/2",
        "a sum may need all of the 32 bits",
        "Questions & Answers: 4-byte integers, and the sum is converted into 4 bytes",
        |trial| {
            let left = trial.random().u32(1 << 31..);
            let right = trial.random().u32(..=u32::MAX - left);
            answers(
                trial,
                [
                    [0x7fff_ffff, 1],
                    [u32::MAX, 0],
                    [0x8000_0000, 0x7fff_ffff],
                    [0x5353_5353, 0x5151_5151],
                    [left, right],
                ],
            )
        },
    )
    .needs(&["M-2"]),
    Check::should(
        "M-2/3",
        "of a sum that needs more than 32 bits the lower 32 are sent",
        "Questions & Answers: convert the sum into 4 bytes",
        |trial| answers(trial, [[u32::MAX, 2], [0x8000_0000; 2], [u32::MAX; 2]]),
    )
    .needs(&["M-2/2"]),
    Check::must(
        "M-3",
        "it answers a hundred questions",
        "Questions & Answers: this process repeats a random number of times",
        |trial| {
            let questions = [(); 100].map(|()| numbers(trial));
            answers(trial, questions)
        },
    )
    .needs(&["M-1"]),
    Check::should(
        "M-3/2",
        "it takes the secret when there is no question at all",
        "Questions & Answers: this process repeats a random number of times",
        |trial| {
            let secret = secret(trial);
            let mut server = start(trial)?;
            gives(trial, &mut server, secret.as_bytes())
        },
    )
    .needs(&["M-4"]),
    Check::must(
        "M-4",
        "the secret phrase is printed",
        "Secret Phrase: S and an 8-byte secret phrase; print this 8-byte secret phrase",
        |trial| {
            let secret = secret(trial);
            after_a_question(trial, secret.as_bytes())
        },
    )
    .needs(&["M-1"]),
    Check::must(
        "M-4/2",
        "what begins with S is the secret phrase, whatever letters are in it",
        "Secret Phrase: it begins with an S byte instead of a Q byte",
        |trial| {
            let mut mixed = *b"QQQSSS12";
            trial.random().shuffle(&mut mixed[1..]);
            for secret in [&mixed, b"SSSSSSSS"] {
                after_a_question(trial, secret)?;
            }
            Ok(())
        },
    )
    .needs(&["M-4"]),
    Check::should(
        "M-4/3",
        "the 8 bytes and a newline are all that is printed",
        "Secret Phrase: print this 8-byte secret phrase",
        |trial| {
            let secret = secret(trial);
            after_a_question(trial, secret.as_bytes())?;
            trial.wait_exit()?;
            let printed = trial.printed()?;
            if printed == format!("{secret}\n") {
                return Ok(());
            }
            Err(Problem::broken(
                format!("{secret:?} and a newline on standard output"),
                shown(printed.as_bytes()),
            ))
        },
    )
    .needs(&["M-4"]),
    Check::should(
        "M-4/4",
        "a secret phrase that is not text is printed unchanged",
        "Secret Phrase: print this 8-byte secret phrase",
        |trial| {
            for secret in [b"\x1b[2J\xff\0\n\x9b", b"\xc3\xa9\r\n \t\\'"] {
                let mut server = start_with(trial, Output::Captured)?;
                asks(trial, &mut server)?;
                gives(trial, &mut server, secret)?;
            }
            Ok(())
        },
    )
    .needs(&["M-4"]),
    Check::should(
        "M-4/5",
        "with the secret it closes the connection and ends, though the server does not",
        "Closing the Connection: it is closed as soon as you leave the with-statement",
        |trial| {
            let secret = secret(trial);
            let mut server = start(trial)?;
            asks(trial, &mut server)?;
            server.send(&[b"S", secret.as_bytes()].concat())?;
            server.expect_end()?;
            trial.wait_exit().map(drop)
        },
    )
    .needs(&["M-4"]),
    Check::must(
        "M-5",
        "a question may arrive in pieces",
        "Questions & Answers: any message the server sends you isn't guaranteed to arrive all at \
         once; you may need to call recv multiple times",
        |trial| {
            let mut server = start(trial)?;
            for size in [1, 4, 5, 8] {
                let numbers = numbers(trial);
                server.send_in_pieces(&question(numbers), size, PAUSE)?;
                expect_sum(&mut server, numbers)?;
            }
            Ok(())
        },
    )
    .needs(&["M-1"]),
    Check::must(
        "M-5/2",
        "the secret phrase may arrive in pieces",
        "Secret Phrase: receiving it is exactly the same process as receiving a question",
        |trial| {
            for size in [1, 5] {
                let secret = secret(trial);
                let mut server = start(trial)?;
                asks(trial, &mut server)?;
                server.send_in_pieces(&[b"S", secret.as_bytes()].concat(), size, PAUSE)?;
                prints(trial, &mut server, secret.as_bytes())?;
            }
            Ok(())
        },
    )
    .needs(&["M-4"]),
    Check::should(
        "M-5/3",
        "two messages may arrive together",
        "Background: the stream arrives in order, but has no message boundaries",
        |trial| {
            let [first, second, third] = [(); 3].map(|()| numbers(trial));
            let secret = secret(trial);
            let mut server = start(trial)?;
            server.send(&[question(first), question(second)].concat())?;
            expect_sum(&mut server, first)?;
            expect_sum(&mut server, second)?;
            server.send(&[&question(third), &b"S"[..], secret.as_bytes()].concat())?;
            expect_sum(&mut server, third)?;
            prints(trial, &mut server, secret.as_bytes())
        },
    )
    .needs(&["M-4"]),
];

/// Between two pieces: time enough for the client to receive the first one alone.
const PAUSE: Duration = Duration::from_millis(20);

/// What drives terminals: colours, titles, and the same with C1 characters.
pub(super) const CONTROLS: &[u8] = b"\x1b[2J\x07\x9b1m";

/// Asks these questions one after another, and compares the answers.
fn answers(trial: &mut Trial<'_>, questions: impl IntoIterator<Item = [u32; 2]>) -> Outcome {
    let mut server = start(trial)?;
    for numbers in questions {
        server.send(&question(numbers))?;
        expect_sum(&mut server, numbers)?;
    }
    Ok(())
}

pub(super) fn after_a_question(trial: &mut Trial<'_>, secret: &[u8]) -> Outcome {
    let mut server = start(trial)?;
    asks(trial, &mut server)?;
    gives(trial, &mut server, secret)
}
