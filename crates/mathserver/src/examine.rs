use std::fmt;
use std::io;
use std::time::Duration;

use net::Connection;
use proto::math::{Answer, Frame, Question};

use crate::{Delivery, Exam};

/// Asks a client its questions, one at a time, and gives it the secret when all its answers were
/// right (MS-1, MS-2).
///
/// An answer is the next four bytes, whenever they came: a client that sends more than that has
/// begun to answer the next question before it was asked.
///
/// `timeout` is how long the client may send nothing, or take nothing
/// ([`SILENCE_LIMIT`](proto::math::SILENCE_LIMIT)).
pub fn examine(
    client: &mut Connection,
    mut exam: Exam,
    mut delivery: Delivery,
    timeout: Duration,
) -> Outcome {
    let questions = exam.questions();
    let secret = exam.secret();
    for right in 0..questions {
        let question = exam.question();
        let end = match ask(client, question, &mut delivery, timeout) {
            Ok(answer) if answer == question.sum() => continue,
            Ok(answer) => End::WrongAnswer { question, answer },
            Err((received, loss)) => End::NoAnswer {
                question,
                received,
                loss,
            },
        };
        return Outcome {
            right,
            questions,
            end,
        };
    }
    let end = match delivery.send(client, Frame::Secret(secret), timeout) {
        Ok(()) => End::SecretGiven(secret),
        Err(error) => End::SecretNotTaken(error.into()),
    };
    Outcome {
        right: questions,
        questions,
        end,
    }
}

/// Asks a question and receives the answer. If it is not complete, returns the part that came.
fn ask(
    client: &mut Connection,
    question: Question,
    delivery: &mut Delivery,
    timeout: Duration,
) -> Result<Answer, (Vec<u8>, Loss)> {
    let sent = delivery.send(client, Frame::Question(question), timeout);
    sent.map_err(|error| (Vec::new(), error.into()))?;
    receive_answer(client, timeout)
}

/// Receives an answer and not a byte more: what follows belongs to the next one.
fn receive_answer(client: &mut Connection, timeout: Duration) -> Result<Answer, (Vec<u8>, Loss)> {
    let mut bytes = [0; Answer::LEN];
    let mut received = 0;
    while received < bytes.len() {
        let loss = match client.read(&mut bytes[received..], Some(timeout)) {
            Ok(0) => Loss::Closed,
            Ok(length) => {
                received += length;
                continue;
            }
            Err(error) => error.into(),
        };
        return Err((bytes[..received].to_vec(), loss));
    }
    Ok(Answer::parse(bytes))
}

/// How far a client came (MS-4). Displayed, it is the line about that client.
#[derive(Debug)]
pub struct Outcome {
    /// How many questions it answered rightly.
    pub right: u32,
    /// How many questions it was to be asked.
    pub questions: u32,
    /// What came then.
    pub end: End,
}

/// How a client's exam ended.
#[derive(Debug)]
pub enum End {
    /// It was sent the secret.
    SecretGiven([u8; 8]),
    /// It earned the secret, but could not be sent it.
    SecretNotTaken(Loss),
    /// Its answer was wrong.
    WrongAnswer {
        /// What it was asked.
        question: Question,
        /// What it answered.
        answer: Answer,
    },
    /// It did not answer.
    NoAnswer {
        /// What it was asked.
        question: Question,
        /// What came of an answer.
        received: Vec<u8>,
        /// Why no more came.
        loss: Loss,
    },
}

/// Why a client was lost.
#[derive(Debug, thiserror::Error)]
pub enum Loss {
    /// It closed the connection.
    #[error("the client closed the connection")]
    Closed,
    /// It reset the connection.
    #[error("the client reset the connection")]
    Reset,
    /// It sent nothing, or took nothing, for too long.
    #[error("the client was silent for too long")]
    Silent,
    /// The server was shut down.
    #[error("the server was shut down")]
    Shutdown,
    /// The connection failed in another way.
    #[error(transparent)]
    System(io::Error),
}

impl From<net::Error> for Loss {
    fn from(error: net::Error) -> Self {
        match error {
            net::Error::TimedOut => Self::Silent,
            net::Error::Shutdown => Self::Shutdown,
            error if error.is_reset() => Self::Reset,
            net::Error::System(error) => Self::System(error),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} right, ", self.right, self.questions)?;
        match &self.end {
            End::SecretGiven(secret) => write!(f, "secret given: {}", cli::escape(secret)),
            End::SecretNotTaken(loss) => write!(f, "secret not given: {loss}"),
            End::WrongAnswer { question, answer } => {
                write!(
                    f,
                    "then a wrong answer: {}, came {}",
                    Expected(*question),
                    Number(*answer)
                )
            }
            End::NoAnswer {
                question,
                received,
                loss,
            } => {
                write!(f, "then no answer: {}, came ", Expected(*question))?;
                match received.as_slice() {
                    [] => f.write_str("nothing")?,
                    bytes => write_hex(f, bytes)?,
                }
                write!(f, ": {loss}")
            }
        }
    }
}

/// A question with its answer.
struct Expected(Question);

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(question) = self;
        let sum = Number(question.sum());
        write!(f, "expected {} + {} = {sum}", question.left, question.right)
    }
}

/// An answer as a number and as its bytes, whose order is easily got wrong.
struct Number(Answer);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(answer) = self;
        write!(f, "{} (", answer.0)?;
        write_hex(f, &answer.emit())?;
        f.write_str(")")
    }
}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for (index, byte) in bytes.iter().enumerate() {
        let space = if index == 0 { "" } else { " " };
        write!(f, "{space}{byte:02x}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use fastrand::Rng;
    use proto::math::SILENCE_LIMIT;

    use super::*;
    use crate::Config;

    #[test]
    fn ms_4_the_line_says_how_many_were_right_and_what_came_then() {
        let question = Question { left: 5, right: 7 };
        let no_answer = |received: &[u8], loss| End::NoAnswer {
            question,
            received: received.to_vec(),
            loss,
        };
        for (end, text) in [
            (
                End::SecretGiven(*b"open\x1b5es"),
                r"2 of 3 right, secret given: open\x1b5es",
            ),
            (
                End::SecretNotTaken(Loss::Reset),
                "2 of 3 right, secret not given: the client reset the connection",
            ),
            (
                End::WrongAnswer {
                    question,
                    answer: Answer(12 << 24),
                },
                "2 of 3 right, then a wrong answer: \
                 expected 5 + 7 = 12 (00 00 00 0c), came 201326592 (0c 00 00 00)",
            ),
            (
                no_answer(b"", Loss::Closed),
                "2 of 3 right, then no answer: expected 5 + 7 = 12 (00 00 00 0c), \
                 came nothing: the client closed the connection",
            ),
            (
                no_answer(b"\0\xff", Loss::Silent),
                "2 of 3 right, then no answer: expected 5 + 7 = 12 (00 00 00 0c), \
                 came 00 ff: the client was silent for too long",
            ),
            (
                no_answer(b"", Loss::Shutdown),
                "2 of 3 right, then no answer: expected 5 + 7 = 12 (00 00 00 0c), \
                 came nothing: the server was shut down",
            ),
        ] {
            assert_eq!(
                Outcome {
                    right: 2,
                    questions: 3,
                    end
                }
                .to_string(),
                text
            );
        }
    }

    /// Examines a client that is a function of the test, with a limit on silence that a test can
    /// wait for.
    fn examine_quickly(client: impl FnOnce(TcpStream) + Send + 'static) -> Outcome {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let soon = Duration::from_secs(10);
        let mut connection = net::connect(&[listener.local_addr().unwrap()], soon).unwrap();
        let stream = listener.accept().unwrap().0;
        stream.set_read_timeout(Some(soon)).unwrap();
        let client = thread::spawn(move || client(stream));
        let exam = Exam::draw(
            &Config {
                questions: Some(1),
                ..Config::default()
            },
            Rng::new(),
        );
        let outcome = examine(
            &mut connection,
            exam,
            Delivery::Whole,
            Duration::from_millis(400),
        );
        drop(connection);
        client.join().unwrap();
        outcome
    }

    #[test]
    fn ms_4_a_client_that_stays_silent_for_30_seconds_is_dropped() {
        assert_eq!(SILENCE_LIMIT, Duration::from_secs(30));
        let outcome = examine_quickly(|mut stream| {
            stream.read_exact(&mut [0; Frame::LEN]).unwrap();
            stream.write_all(&[0; 3]).unwrap();
            assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
        });
        let text = outcome.to_string();
        assert!(
            text.ends_with("came 00 00 00: the client was silent for too long"),
            "{text}"
        );
    }

    #[test]
    fn ms_4_a_slow_client_is_not_a_silent_one() {
        let outcome = examine_quickly(|mut stream| {
            let mut question = [0; Frame::LEN];
            stream.read_exact(&mut question).unwrap();
            let Ok(Frame::Question(question)) = Frame::parse(question) else {
                panic!()
            };
            for byte in question.sum().emit() {
                // Four times less than the limit, and more than it in all.
                thread::sleep(Duration::from_millis(110));
                stream.write_all(&[byte]).unwrap();
            }
            stream.read_exact(&mut [0; Frame::LEN]).unwrap();
        });
        assert!(matches!(outcome.end, End::SecretGiven(_)), "{outcome}");
    }
}
