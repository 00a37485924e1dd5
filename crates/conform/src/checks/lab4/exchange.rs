//! Questions, answers and the secret.

use std::time::{Duration, Instant};

use harness::Program;

use super::{ANSWER, QUESTION, arguments, asks, gives, prints, start};
use crate::checks::common::receive_first_piece;
use crate::conversation::shown;
use crate::{Outcome, Problem, Trial};

/// A phrase of letters and digits, neither Q nor S among them.
const SECRET: &[u8] = b"open5es4";

/// Between two pieces: time enough for the client to receive the first one alone.
const PAUSE: Duration = Duration::from_millis(20);

/// What drives terminals: colours, titles, and the same with C1 characters.
const CONTROLS: &[u8] = b"\x1b[2J\x07\x9b1m";

pub(super) fn first_question(trial: &mut Trial<'_>) -> Outcome {
    asks(&mut start(trial)?)
}

/// Asks these questions one after another, and compares the answers.
fn answers(trial: &mut Trial<'_>, questions: &[(&[u8; 9], &[u8; 4])]) -> Outcome {
    let mut server = start(trial)?;
    for (question, answer) in questions {
        server.send(*question)?;
        server.expect(*answer)?;
    }
    Ok(())
}

pub(super) fn sums(trial: &mut Trial<'_>) -> Outcome {
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
}

pub(super) fn sums_of_32_bits(trial: &mut Trial<'_>) -> Outcome {
    answers(
        trial,
        &[
            (b"Q\x7f\xff\xff\xff\0\0\0\x01", b"\x80\0\0\0"),
            (b"Q\xff\xff\xff\xff\0\0\0\0", b"\xff\xff\xff\xff"),
            (b"Q\x80\0\0\0\x7f\xff\xff\xff", b"\xff\xff\xff\xff"),
            (b"QSSSSQQQQ", b"\xa4\xa4\xa4\xa4"),
        ],
    )
}

pub(super) fn sums_beyond_32_bits(trial: &mut Trial<'_>) -> Outcome {
    answers(
        trial,
        &[
            (b"Q\xff\xff\xff\xff\0\0\0\x02", b"\0\0\0\x01"),
            (b"Q\x80\0\0\0\x80\0\0\0", b"\0\0\0\0"),
            (b"Q\xff\xff\xff\xff\xff\xff\xff\xff", b"\xff\xff\xff\xfe"),
        ],
    )
}

pub(super) fn any_number_of_questions(trial: &mut Trial<'_>) -> Outcome {
    for count in [1, 100] {
        let mut server = start(trial)?;
        for left in 0..count {
            server.send(&[b'Q', 0, 0, 0, left, 0, 0, 0, 100])?;
            server.expect(&[0, 0, 0, left + 100])?;
        }
        gives(trial, &mut server, SECRET)?;
    }
    Ok(())
}

pub(super) fn no_question(trial: &mut Trial<'_>) -> Outcome {
    let mut server = start(trial)?;
    gives(trial, &mut server, SECRET)
}

pub(super) fn secret(trial: &mut Trial<'_>) -> Outcome {
    after_a_question(trial, SECRET)
}

pub(super) fn secret_of_the_letters(trial: &mut Trial<'_>) -> Outcome {
    for secret in [b"QQSSQS12", b"SSSSSSSS"] {
        after_a_question(trial, secret)?;
    }
    Ok(())
}

pub(super) fn secret_of_any_bytes(trial: &mut Trial<'_>) -> Outcome {
    for secret in [b"\x1b[2J\xff\0\n\x9b", b"\xc3\xa9\r\n \t\\'"] {
        after_a_question(trial, secret)?;
    }
    Ok(())
}

fn after_a_question(trial: &mut Trial<'_>, secret: &[u8]) -> Outcome {
    let mut server = start(trial)?;
    asks(&mut server)?;
    gives(trial, &mut server, secret)
}

pub(super) fn nothing_but_the_secret(trial: &mut Trial<'_>) -> Outcome {
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
}

pub(super) fn closes_first(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let mut server = start(trial)?;
    asks(&mut server)?;
    server.send(&[b"S", SECRET].concat())?;
    server.expect_end()?;
    trial.process()?.wait_exit(timeout)?;
    Ok(())
}

pub(super) fn status_of_success(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    after_a_question(trial, SECRET)?;
    match trial.process()?.wait_exit(timeout)? {
        exit if exit.success() => Ok(()),
        exit => Err(Problem::broken("status 0", exit.to_string())),
    }
}

pub(super) fn question_in_pieces(trial: &mut Trial<'_>) -> Outcome {
    let mut server = start(trial)?;
    for size in [1, 4, 5, 8] {
        server.send_in_pieces(QUESTION, size, PAUSE)?;
        server.expect(ANSWER)?;
    }
    Ok(())
}

pub(super) fn secret_in_pieces(trial: &mut Trial<'_>) -> Outcome {
    for size in [1, 5] {
        let mut server = start(trial)?;
        asks(&mut server)?;
        server.send_in_pieces(&[b"S", SECRET].concat(), size, PAUSE)?;
        prints(trial, &mut server, SECRET)?;
    }
    Ok(())
}

pub(super) fn two_together(trial: &mut Trial<'_>) -> Outcome {
    let mut server = start(trial)?;
    server.send(&[QUESTION, QUESTION].concat())?;
    server.expect(&[ANSWER, ANSWER].concat())?;
    server.send(&[QUESTION, b"S", SECRET].concat())?;
    server.expect(ANSWER)?;
    prints(trial, &mut server, SECRET)
}

/// One whose answers wait for acknowledgements needs 40 seconds.
pub(super) fn a_thousand_questions(trial: &mut Trial<'_>) -> Outcome {
    const QUESTIONS: u32 = 1000;
    let timeout = trial.timeout();
    let mut server = start(trial)?;
    let begin = Instant::now();
    for answered in 0..QUESTIONS {
        asks(&mut server)?;
        if begin.elapsed() > timeout {
            return Err(Problem::broken(
                format!(
                    "{QUESTIONS} answers within {:.1} seconds",
                    timeout.as_secs_f64()
                ),
                format!("only {answered}"),
            ));
        }
    }
    Ok(())
}

pub(super) fn one_piece(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let mut server = start(trial)?;
    for _ in 0..300 {
        server.send(QUESTION)?;
        let bytes = receive_first_piece(&mut server, timeout)?;
        if bytes != ANSWER {
            let happened = format!("at first {} come", shown(&bytes));
            return Err(Problem::broken("the whole answer at once", happened));
        }
    }
    Ok(())
}

pub(super) fn secret_on_a_terminal(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let listener = trial.listen()?;
    let arguments = arguments("127.0.0.1", listener.port());
    trial.start_as(&arguments, Program::on_terminal)?;
    let mut server = trial.accept(&listener)?;
    asks(&mut server)?;
    server.send(&[b"S", CONTROLS].concat())?;
    server.shutdown_write()?;
    let process = trial.process()?;
    process.wait_exit(timeout)?;
    let printed = process.stdout();
    let is_raw = |byte: &&u8| CONTROLS.contains(byte) && !(b' '..=b'~').contains(*byte);
    let happened = match printed.iter().find(is_raw) {
        Some(byte) => format!("the byte {byte:02x} is printed as it is"),
        None if printed.is_empty() => "nothing is printed".to_owned(),
        None => return Ok(()),
    };
    let expected = "the secret on the terminal, without its control characters";
    Err(Problem::broken(expected, happened))
}
