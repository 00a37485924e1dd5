//! The client of the math server: it adds until it is given the secret.

use std::fmt::Write as _;

use harness::{Exit, Input, Output, shown};

use super::pieces::{self, Cut};
use super::{Breaks as _, Draw, Fault, Model, Stage, smaller};
use crate::{Conversation, Problem};

/// The client of Lab 4.
pub(crate) struct Lab4;

#[derive(Clone)]
pub(crate) struct Case {
    questions: Vec<Question>,
    secret: Vec<u8>,
    cuts: Vec<Cut>,
    end: End,
}

#[derive(Clone)]
struct Question {
    numbers: [u32; 2],
    cuts: Vec<Cut>,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    /// The server gives the secret and closes.
    Gives,
    /// It closes or resets behind so many bytes of the secret's message.
    Stops { after: usize, resets: bool },
    /// Its message begins with another byte.
    Begins(u8),
}

impl Model for Lab4 {
    type Case = Case;
    type Memory = ();

    fn draw(draw: &mut Draw) -> Case {
        let count = draw.few(20);
        let secret = match draw.number(0..8) {
            0 => draw
                .pick(&["Q1234567", "SSSSSSSS", "QQQQ1111", "S0000000"])
                .to_owned(),
            1 => draw
                .pick(&[
                    "a b c d.",
                    "{\"a\": 1}",
                    "100%s%d%",
                    "\\n\\t\\x00",
                    "'\"'\"'\"'\"",
                ])
                .to_owned(),
            _ => draw.letters(8),
        };
        let first = draw.pick(b"RTqs\0\xff 0");
        Case {
            questions: (0..count).map(|_| question(draw)).collect(),
            secret: secret.into_bytes(),
            cuts: pieces::draw(draw, 9, false),
            end: match draw.number(0..12) {
                0 => End::Stops {
                    after: draw.number(0..9),
                    resets: draw.one_in(2),
                },
                1 => End::Begins(first),
                _ => End::Gives,
            },
        }
    }

    fn smaller(case: &Case) -> Vec<Case> {
        let mut all = Vec::new();
        if case.end != End::Gives {
            all.push(Case {
                end: End::Gives,
                ..case.clone()
            });
        }
        let questions = smaller::lists(&case.questions, 1).into_iter();
        let plainer = smaller::items(&case.questions, smaller_question).into_iter();
        all.extend(questions.chain(plainer).map(|questions| Case {
            questions,
            ..case.clone()
        }));
        let cuts = pieces::fewer(&case.cuts).into_iter();
        all.extend(cuts.chain(pieces::smaller(&case.cuts)).map(|cuts| Case {
            cuts,
            ..case.clone()
        }));
        if case.secret != b"aaaaaaaa" {
            all.push(Case {
                secret: b"aaaaaaaa".to_vec(),
                ..case.clone()
            });
        }
        all
    }

    fn rests_on(case: &Case) -> Vec<&'static str> {
        let mut all = Vec::new();
        for Question { numbers, cuts } in &case.questions {
            match numbers[0].checked_add(numbers[1]) {
                None => all.push("M-2/3"),
                Some(sum) if sum > i32::MAX as u32 => all.push("M-2/2"),
                Some(_) => {}
            }
            all.extend((!cuts.is_empty()).then_some("M-5"));
        }
        // What is printed may be the bytes as a language shows them.
        if !case.secret.iter().all(u8::is_ascii_alphanumeric) {
            all.push("M-4/3");
        }
        match case.end {
            End::Gives => all.extend((!case.cuts.is_empty()).then_some("M-5/2")),
            wrong => all.push(wrong.check()),
        }
        all
    }

    fn words(case: &Case) -> String {
        let mut text = String::new();
        for Question { numbers, cuts } in &case.questions {
            // Writing into a `String` cannot fail.
            let _ = writeln!(text, "the server asks for {} + {}", numbers[0], numbers[1]);
            pieces::words(&mut text, cuts, 9);
        }
        let _ = match case.end {
            End::Gives => writeln!(text, "it gives the secret {}", shown(&case.secret)),
            End::Stops { after, resets } => {
                let how = if resets { "resets" } else { "closes" };
                writeln!(
                    text,
                    "it {how} the connection behind {after} bytes of the secret"
                )
            }
            End::Begins(byte) => writeln!(text, "it sends a message that begins with {byte:#04x}"),
        };
        pieces::words(&mut text, &case.cuts, 9);
        text
    }

    fn play(case: &Case, (): &mut (), stage: &mut Stage<'_>) -> Result<(), Fault> {
        let trial = stage.fresh();
        let listener = trial.listen().breaks("M-1")?;
        let arguments = trial.assignment().arguments_at(listener.port());
        let start = trial.start_as(&arguments, |program| {
            program.stdin(Input::Pipe).stdout(Output::Captured)
        });
        start.breaks("M-1")?;
        let mut server = trial.accept(&listener).breaks("M-1")?;
        for question in &case.questions {
            ask(question, &mut server)?;
        }
        let first = match case.end {
            End::Begins(byte) => byte,
            End::Gives | End::Stops { .. } => b'S',
        };
        let secret = [&[first], &*case.secret].concat();
        let end = match case.end {
            End::Stops { after, .. } => after,
            End::Gives | End::Begins(_) => secret.len(),
        };
        // It may have seen already that it is wrong.
        let sent = pieces::send(&case.cuts, &secret[..end], &mut server);
        match case.end {
            End::Stops { resets: true, .. } => server.reset().breaks("M-6/4")?,
            End::Gives => {
                sent.breaks("M-4")?;
                // Some clients wait for the close; others have ended already.
                let _ = server.shutdown_write();
            }
            End::Stops { .. } | End::Begins(_) => drop(server),
        }
        let exit = trial.wait_exit().breaks("M-4/5")?;
        let printed = trial.process().breaks("M-4")?.stdout();
        judge_end(case, exit, &printed)
    }
}

impl End {
    /// What it shows.
    fn check(self) -> &'static str {
        match self {
            Self::Gives => "M-4",
            Self::Stops { resets: true, .. } => "M-6/4",
            Self::Stops { after: 0, .. } => "M-6/2",
            Self::Stops { .. } => "M-6/3",
            Self::Begins(_) => "M-6/5",
        }
    }
}

fn question(draw: &mut Draw) -> Question {
    let numbers = match draw.number(0..10) {
        0 => [u32::MAX, draw.number(1..9) as u32],
        1 => [0x4000_0000, 0x4000_0000 + draw.number(0..9) as u32],
        2 => [
            draw.pick(&[0, 1, 0x7f, 0x80, 0xff]),
            draw.pick(&[0, 1, 0x80, 0xff00, 0xff_ffff]),
        ],
        3 => [
            u32::from_be_bytes(*b"QS\0\n"),
            draw.pick(&[0, 1, 0x53, 0x51_0000]),
        ],
        _ => [(); 2].map(|()| draw.number(0..1 << 30) as u32),
    };
    Question {
        numbers,
        cuts: pieces::draw(draw, 9, false),
    }
}

fn smaller_question(question: &Question) -> Vec<Question> {
    let Question { numbers, cuts } = question;
    let cuts = pieces::fewer(cuts).into_iter().chain(pieces::smaller(cuts));
    let mut all: Vec<_> = cuts
        .map(|cuts| Question {
            numbers: *numbers,
            cuts,
        })
        .collect();
    for index in [0, 1] {
        all.extend(
            smaller::numbers(numbers[index] as usize, 0)
                .into_iter()
                .map(|number| {
                    let mut numbers = *numbers;
                    numbers[index] = number as u32;
                    Question {
                        numbers,
                        cuts: question.cuts.clone(),
                    }
                }),
        );
    }
    all
}

fn ask(question: &Question, server: &mut Conversation) -> Result<(), Fault> {
    let [left, right] = question.numbers;
    let bytes = [&b"Q"[..], &left.to_be_bytes(), &right.to_be_bytes()].concat();
    pieces::send(&question.cuts, &bytes, server).breaks("M-3")?;
    let sum = left.wrapping_add(right).to_be_bytes();
    server.expect_bytes(&sum).breaks("M-2")
}

fn judge_end(case: &Case, exit: Exit, printed: &[u8]) -> Result<(), Fault> {
    let has_secret = printed
        .windows(case.secret.len())
        .any(|part| part == case.secret);
    let happened = || format!("{exit}, and printed are {}", shown(printed));
    if case.end == End::Gives {
        return match has_secret {
            true => Ok(()),
            false => {
                let expected = format!("{} on standard output", shown(&case.secret));
                Err(Problem::broken(expected, happened())).breaks("M-4")
            }
        };
    }
    if exit.success() || has_secret {
        let expected = "an error: a status that is not 0, and no secret";
        return Err(Problem::broken(expected, happened())).breaks(case.end.check());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_have_eight_bytes() {
        for number in 0..1000 {
            let case = Lab4::draw(&mut Draw::new(number));
            assert_eq!(case.secret.len(), 8, "{}", Lab4::words(&case));
        }
    }
}
