//! Questions, answers and the secret.

use std::time::Duration;

use super::{ANSWER, QUESTION, asks, gives, prints, start};
use crate::conversation::shown;
use crate::{Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "M-1",
        "it connects to the host and port of its arguments, and answers the first question",
        "Overview: your script takes 2 command line arguments, the hostname and the port number; \
         Questions & Answers: as soon as you connect, the server sends you the first question",
        |trial| asks(&mut start(trial)?),
    ),
    Check::must(
        "M-2",
        "the answer is the sum, as 4 bytes in big-endian order",
        "Questions & Answers: Q and two 4-byte big-endian integers; add these integers, then \
         convert the sum into 4 bytes, using big-endianness",
        |trial| {
            answers(
                trial,
                &[
                    (b"Q\0\0\0\x02\0\0\0\x28", b"\0\0\0\x2a"),
                    (b"Q\0\0\0\0\0\0\0\0", b"\0\0\0\0"),
                    (b"Q\0\0\0\xff\0\0\0\x01", b"\0\0\x01\0"),
                    (b"Q\x01\x02\x03\x04\x10\x20\x30\x40", b"\x11\x22\x33\x44"),
                    (b"Q\x12\x34\x56\x78\x0f\xed\xcb\xa8", b"\x22\x22\x22\x20"),
                    (b"Q\0\0\0S\0\0\0Q", b"\0\0\0\xa4"),
                    (b"Q\0\0\n\n\0\0\0\r", b"\0\0\x0a\x17"),
                ],
            )
        },
    ),
    Check::must(
        "M-2/2",
        "a sum may need all of the 32 bits",
        "Questions & Answers: 4-byte integers, and the sum is converted into 4 bytes",
        |trial| {
            answers(
                trial,
                &[
                    (b"Q\x7f\xff\xff\xff\0\0\0\x01", b"\x80\0\0\0"),
                    (b"Q\xff\xff\xff\xff\0\0\0\0", b"\xff\xff\xff\xff"),
                    (b"Q\x80\0\0\0\x7f\xff\xff\xff", b"\xff\xff\xff\xff"),
                    (b"QSSSSQQQQ", b"\xa4\xa4\xa4\xa4"),
                ],
            )
        },
    ),
    Check::should(
        "M-2/3",
        "of a sum that needs more than 32 bits the lower 32 are sent",
        "Questions & Answers: convert the sum into 4 bytes",
        |trial| {
            answers(
                trial,
                &[
                    (b"Q\xff\xff\xff\xff\0\0\0\x02", b"\0\0\0\x01"),
                    (b"Q\x80\0\0\0\x80\0\0\0", b"\0\0\0\0"),
                    (b"Q\xff\xff\xff\xff\xff\xff\xff\xff", b"\xff\xff\xff\xfe"),
                ],
            )
        },
    ),
    Check::must(
        "M-3",
        "it answers one question as well as a hundred",
        "Questions & Answers: this process repeats a random number of times",
        |trial| {
            for count in [1, 100] {
                let mut server = start(trial)?;
                for left in 0..count {
                    server.send(&[b'Q', 0, 0, 0, left, 0, 0, 0, 100])?;
                    server.expect(&[0, 0, 0, left + 100])?;
                }
                gives(trial, &mut server, SECRET)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "M-3/2",
        "it takes the secret when there is no question at all",
        "Questions & Answers: this process repeats a random number of times",
        |trial| {
            let mut server = start(trial)?;
            gives(trial, &mut server, SECRET)
        },
    ),
    Check::must(
        "M-4",
        "the secret phrase is printed",
        "Secret Phrase: S and an 8-byte secret phrase; print this 8-byte secret phrase",
        |trial| after_a_question(trial, SECRET),
    ),
    Check::must(
        "M-4/2",
        "what begins with S is the secret phrase, whatever letters are in it",
        "Secret Phrase: it begins with an S byte instead of a Q byte",
        |trial| {
            for secret in [b"QQSSQS12", b"SSSSSSSS"] {
                after_a_question(trial, secret)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "M-4/3",
        "the 8 bytes and a newline are all that is printed",
        "Secret Phrase: print this 8-byte secret phrase",
        |trial| {
            let timeout = trial.timeout();
            after_a_question(trial, SECRET)?;
            let process = trial.process()?;
            process.wait_exit(timeout)?;
            let wanted = [SECRET, b"\n"].concat();
            match process.stdout() {
                printed if printed == wanted => Ok(()),
                printed => Err(Problem::broken(
                    format!("{} on standard output", shown(&wanted)),
                    shown(&printed),
                )),
            }
        },
    ),
    Check::should(
        "M-4/4",
        "a secret phrase that is not text is printed unchanged",
        "Secret Phrase: print this 8-byte secret phrase",
        |trial| {
            for secret in [b"\x1b[2J\xff\0\n\x9b", b"\xc3\xa9\r\n \t\\'"] {
                after_a_question(trial, secret)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "M-4/5",
        "with the secret it closes the connection and ends, though the server does not",
        "Closing the Connection: it is closed as soon as you leave the with-statement",
        |trial| {
            let timeout = trial.timeout();
            let mut server = start(trial)?;
            asks(&mut server)?;
            server.send(&[b"S", SECRET].concat())?;
            server.expect_end()?;
            trial.process()?.wait_exit(timeout)?;
            Ok(())
        },
    ),
    Check::must(
        "M-5",
        "a question may arrive in pieces",
        "Questions & Answers: any message the server sends you isn't guaranteed to arrive all at \
         once; you may need to call recv multiple times",
        |trial| {
            let mut server = start(trial)?;
            for size in [1, 4, 5, 8] {
                server.send_in_pieces(QUESTION, size, PAUSE)?;
                server.expect(ANSWER)?;
            }
            Ok(())
        },
    ),
    Check::must(
        "M-5/2",
        "the secret phrase may arrive in pieces",
        "Secret Phrase: receiving it is exactly the same process as receiving a question",
        |trial| {
            for size in [1, 5] {
                let mut server = start(trial)?;
                asks(&mut server)?;
                server.send_in_pieces(&[b"S", SECRET].concat(), size, PAUSE)?;
                prints(trial, &mut server, SECRET)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "M-5/3",
        "two messages may arrive together",
        "Background: the stream arrives in order, but has no message boundaries",
        |trial| {
            let mut server = start(trial)?;
            server.send(&[QUESTION, QUESTION].concat())?;
            server.expect(&[ANSWER, ANSWER].concat())?;
            server.send(&[QUESTION, b"S", SECRET].concat())?;
            server.expect(ANSWER)?;
            prints(trial, &mut server, SECRET)
        },
    ),
];

/// A phrase of letters and digits, neither Q nor S among them.
pub(super) const SECRET: &[u8] = b"open5es4";

/// The pause between two pieces: long enough for the client to receive the first one alone.
const PAUSE: Duration = Duration::from_millis(20);

/// Sequences that control a terminal: colours, titles, and the same with C1 characters.
pub(super) const CONTROLS: &[u8] = b"\x1b[2J\x07\x9b1m";

/// Asks these questions one after another, and compares the answers.
pub(super) fn answers(trial: &mut Trial<'_>, questions: &[(&[u8; 9], &[u8; 4])]) -> Outcome {
    let mut server = start(trial)?;
    for (question, answer) in questions {
        server.send(*question)?;
        server.expect(*answer)?;
    }
    Ok(())
}

pub(super) fn after_a_question(trial: &mut Trial<'_>, secret: &[u8]) -> Outcome {
    let mut server = start(trial)?;
    asks(&mut server)?;
    gives(trial, &mut server, secret)
}
