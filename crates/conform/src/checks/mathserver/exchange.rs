//! What happens on a connection.

use std::collections::HashSet;
use std::iter::repeat_with;
use std::net::SocketAddr;
use std::time::Duration;

use harness::{Event, shown};

use super::{Exam, MESSAGE, Message, answer, arguments, connected, is_asked, pass, receive};
use crate::checks::default_port;
use crate::{Arguments, Check, Conversation, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "MS-1",
        "a client is asked as soon as it connects",
        "Questions & Answers: as soon as you connect to the server, it sends the first question, \
         Q and two 4-byte integers",
        |trial| is_asked(&mut connected(trial)?).map(drop),
    ),
    Check::must(
        "MS-1/2",
        "whoever answers all questions rightly gets the secret",
        "Questions & Answers: this repeats a random number of times; then the server sends a \
         secret phrase, S and 8 bytes",
        |trial| pass(&mut connected(trial)?).map(drop),
    )
    .needs(&["MS-1"]),
    Check::must(
        "MS-1/3",
        "one client is examined after another",
        "Overview: the server asks your script",
        |trial| {
            let address = trial.serve()?;
            for _ in 0..5 {
                pass(&mut trial.connect(address)?)?;
            }
            Ok(())
        },
    )
    .needs(&["MS-1/2"]),
    Check::must(
        "MS-1/4",
        "without a port it listens on 8000",
        "Running the script: when running your script locally, use mathserver and 8000",
        |trial| default_port::listens_on(trial, &Arguments::new(), DEFAULT_PORT).map(drop),
    ),
    Check::should(
        "MS-1/5",
        "the connection is closed behind the secret",
        "not in the assignment: what a careful user expects",
        |trial| {
            let mut client = connected(trial)?;
            pass(&mut client)?;
            client.expect_end()
        },
    )
    .needs(&["MS-1/2"]),
    Check::should(
        "MS-1/6",
        "--questions says how many questions there are, or that there is none",
        "not in the assignment: what a careful user expects",
        |trial| {
            for count in [0, trial.random().usize(21..30), 200] {
                let value = count.to_string();
                let address = serve(trial, &["--questions", &value])?;
                let asked = pass(&mut trial.connect(address)?)?.questions.len();
                if asked != count {
                    let expected = format!("{count} questions with --questions {count}");
                    return Err(Problem::broken(expected, format!("{asked} questions")));
                }
            }
            Ok(())
        },
    )
    .needs(&["MS-1/2"]),
    Check::should(
        "MS-1/7",
        "--secret says what the secret is",
        "not in the assignment: what a careful user expects",
        |trial| {
            let random = trial.random();
            let letters: String = repeat_with(|| random.alphanumeric()).take(7).collect();
            let secret = format!(" {letters}");
            let address = serve(trial, &["--secret", &secret])?;
            for exam in exams(trial, address, 2)? {
                if exam.secret != secret.as_bytes() {
                    let expected = format!("the secret {secret:?}");
                    return Err(Problem::broken(expected, shown(&exam.secret)));
                }
            }
            Ok(())
        },
    )
    .needs(&["MS-1/2"]),
    Check::should(
        "MS-1/8",
        "with --seed the clients are asked the same in every run",
        "not in the assignment: what a careful user expects",
        |trial| {
            let seed = trial.random().u32(..u32::MAX);
            let [seed, other] = [seed, seed + 1].map(|seed| seed.to_string());
            let address = serve(trial, &["--seed", &seed])?;
            let first = exams(trial, address, 5)?;
            let address = serve(trial, &["--seed", &seed])?;
            if first != exams(trial, address, 5)? {
                let expected = "the same questions and secrets with the same seed";
                return Err(Problem::broken(expected, "others in the second run"));
            }
            let address = serve(trial, &["--seed", &other])?;
            if first == exams(trial, address, 5)? {
                let expected = "other questions and secrets with another seed";
                return Err(Problem::broken(expected, "the same"));
            }
            Ok(())
        },
    )
    .needs(&["MS-1/2"]),
    // With 20 equally likely numbers 40 clients have the same one once in 10⁵⁰ runs.
    Check::should(
        "MS-1/9",
        "each client has 1 to 20 questions, as many as chance says",
        "Questions & Answers: this question-and-answer process repeats a random number of times",
        |trial| {
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
        },
    )
    .needs(&["MS-1/2"]),
    Check::should(
        "MS-1/10",
        "each client has a secret of its own, of letters and digits",
        "Secret Phrase: an 8-byte secret phrase, to be printed",
        |trial| {
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
        },
    )
    .needs(&["MS-1/2"]),
    Check::should(
        "MS-1/11",
        "a line on standard error says where it listens",
        "not in the assignment: what a careful user expects",
        |trial| {
            let timeout = trial.timeout();
            let port = trial.serve()?.port().to_string();
            let server = trial.process()?;
            let line = server.wait_error_line(timeout)?;
            if line.contains(&port) {
                return Ok(());
            }
            let expected = format!("a line on standard error with the port {port}");
            Err(Problem::broken(expected, shown(line.as_bytes())))
        },
    ),
    // Each of the four bytes is once the only one that is wrong.
    Check::must(
        "MS-2",
        "a wrong answer ends the connection",
        "Questions & Answers: if you get the answer wrong, the server closes the connection early",
        |trial| {
            let address = trial.serve()?;
            for byte in 0..4 {
                let wrong = trial.random().u32(1..=0xff) << (8 * byte);
                let mut client = trial.connect(address)?;
                let right = is_asked(&mut client)?;
                answer(&mut client, right ^ wrong)?;
                client.expect_gone()?;
            }
            Ok(())
        },
    )
    .needs(&["MS-1", "MS-1/3"]),
    Check::must(
        "MS-2/2",
        "a wrong answer ends the connection after right ones too",
        "Questions & Answers: if you get the answer wrong, the server closes the connection early",
        |trial| {
            const CLIENTS: u32 = 50;
            let address = trial.serve()?;
            for _ in 0..CLIENTS {
                let mut client = trial.connect(address)?;
                let right = is_asked(&mut client)?;
                answer(&mut client, right)?;
                if let Message::Question(left, right) = receive(&mut client)? {
                    let wrong = trial.random().u32(1..);
                    answer(&mut client, left.wrapping_add(right).wrapping_add(wrong))?;
                    return client.expect_gone();
                }
            }
            let reason = format!("none of {CLIENTS} clients was asked a second question");
            Err(Problem::not_in_this_run(reason))
        },
    )
    .needs(&["MS-1/2", "MS-1/3", "MS-2"]),
    Check::must(
        "MS-2/3",
        "the next question comes when the last one is answered",
        "Overview: one at a time, and it waits for your answers before sending the next one",
        |trial| {
            let mut client = connected(trial)?;
            let right = is_asked(&mut client)?;
            client.expect_silence(WHILE)?;
            answer(&mut client, right)?;
            receive(&mut client).map(drop)
        },
    )
    .needs(&["MS-1/2"]),
    Check::should(
        "MS-2/4",
        "a connection is closed, not reset, when more comes behind a wrong answer",
        "Questions & Answers: the server closes the connection early",
        |trial| {
            let mut client = connected(trial)?;
            let wrong = is_asked(&mut client)?.wrapping_add(1).to_be_bytes();
            client.send(&[&wrong[..], &[0; 1000]].concat())?;
            client.expect_end()
        },
    )
    .needs(&["MS-2"]),
    // Numbers that are drawn without regard to their sum exceed 32 bits half of the times.
    Check::should(
        "MS-3",
        "every sum fits 32 bits",
        "Questions & Answers: convert the sum into 4 bytes",
        |trial| {
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
        },
    )
    .needs(&["MS-1/2", "MS-1/6"]),
    // The first questions of 10 clients are the same by chance once in 10¹⁷⁰ runs.
    Check::should(
        "MS-3/2",
        "not everybody is asked the same",
        "Overview: the server asks a few simple addition questions",
        |trial| {
            let address = trial.serve()?;
            let first = exams(trial, address, 10)?
                .into_iter()
                .map(|exam| exam.questions.first().copied());
            let different: HashSet<_> = first.collect();
            if different.len() > 1 {
                return Ok(());
            }
            let asked = different.into_iter().flatten().next();
            let happened = asked.map_or("no question".to_owned(), |(left, right)| {
                format!("each is asked {left} + {right} first")
            });
            Err(Problem::broken(
                "10 clients have different questions",
                happened,
            ))
        },
    )
    .needs(&["MS-1/2", "MS-1/3"]),
];

/// What a server does too early because it does not wait, it does within this.
const WHILE: Duration = Duration::from_millis(300);

/// Starts the server with these options.
pub(super) fn serve(trial: &mut Trial<'_>, options: &[&str]) -> Result<SocketAddr, Problem> {
    trial.may_choose_arguments()?;
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

/// Receives a message, and counts its pieces.
pub(super) fn receive_pieces(
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

const DEFAULT_PORT: u16 = 8000;
