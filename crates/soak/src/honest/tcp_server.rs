//! Clients of `tcp_server`: pipelined requests of every kind, each answer checked.

use std::fmt::Display;
use std::net::SocketAddr;
use std::thread;

use bench::Error;
use bench::load::Connection;
use fastrand::Rng;
use proto::action::transform::max_extra_copies;
use proto::action::{Action, ERROR_MESSAGE, RequestHeader, ResponseHeader};

use super::{PAUSE, connect};
use crate::load::Load;
use crate::subject::Subject;

/// What texts are made of: some change their length with their case, some need four bytes.
const CHARACTERS: [char; 12] = [
    'a', 'Z', ' ', '0', '\n', 'ß', 'ŉ', 'Σ', 'İ', 'é', '漢', '🎉',
];

/// Bytes that are in no text in UTF-8.
const NOT_TEXT: [&[u8]; 4] = [b"\xff", b"\xed\xa0\x80", b"ok\xc3", b"\xf5abc"];

/// The longest text of most requests, in characters.
const SHORT: usize = 2000;

/// The length of a long one, in bytes: it goes through many reads and writes.
const LONG: usize = 1 << 20;

/// One in so many is long.
const LONG_ONE_IN: usize = 500;

/// Has one exchange after another.
pub(crate) fn keep_asking(load: &Load<'_>) {
    let mut rng = Rng::new();
    while !load.is_over() {
        load.judge(Subject::TcpServer, converse(load, &mut rng));
        thread::sleep(PAUSE);
    }
}

/// A connection with some batches of pipelined requests.
fn converse(load: &Load<'_>, rng: &mut Rng) -> Result<(), Error> {
    let server = connect(load.address(Subject::TcpServer))?;
    for _ in 0..rng.usize(1..=20) {
        let requests: Vec<_> = (0..rng.usize(1..=50)).map(|_| Request::draw(rng)).collect();
        let mut bytes = Vec::new();
        for request in &requests {
            request.emit(&mut bytes)?;
        }
        server.send(&bytes)?;
        for request in &requests {
            request.check(&receive(&server)?)?;
            load.counters.count_served(Subject::TcpServer, 1);
        }
        thread::sleep(PAUSE);
    }
    server.half_close()?;
    server.expect_end()
}

/// A connection with one request, for one who takes the time.
///
/// # Errors
/// [`Error`] if the answer is not right.
pub(crate) fn ask_once(address: SocketAddr) -> Result<(), Error> {
    let request = Request {
        action: Action::Uppercase,
        data: b"how long does this take?".to_vec(),
    };
    let server = connect(address)?;
    let mut bytes = Vec::new();
    request.emit(&mut bytes)?;
    server.send(&bytes)?;
    request.check(&receive(&server)?)?;
    server.half_close()?;
    server.expect_end()
}

fn receive(server: &Connection) -> Result<Vec<u8>, Error> {
    let header = ResponseHeader::parse(server.receive_array()?);
    server.receive_bytes(header.length as usize)
}

struct Request {
    action: Action,
    data: Vec<u8>,
}

impl Request {
    fn draw(rng: &mut Rng) -> Self {
        let action = Action::from_code(match rng.u8(0..10) {
            0 => rng.u8(0..32),
            _ => 1 << rng.u8(0..5),
        });
        let data = match rng.usize(0..LONG_ONE_IN) {
            0 => vec![b'a' + rng.u8(0..26); LONG],
            1..20 => NOT_TEXT[rng.usize(0..NOT_TEXT.len())].to_vec(),
            _ => draw_text(rng),
        };
        Self { action, data }
    }

    fn emit(&self, bytes: &mut Vec<u8>) -> Result<(), Error> {
        let length = u32::try_from(self.data.len()).unwrap_or(u32::MAX);
        let header = RequestHeader::new(self.action, length).map_err(|error| {
            Error::wrong("a request of the soak itself", "a shorter one", error)
        })?;
        bytes.extend_from_slice(&header.emit());
        bytes.extend_from_slice(&self.data);
        Ok(())
    }

    /// That this is the right answer (T-5, T-6, T-9 to T-14).
    fn check(&self, answer: &[u8]) -> Result<(), Error> {
        let expected = match (self.action, std::str::from_utf8(&self.data)) {
            (Action::Reserved(_), _) | (_, Err(_)) => ERROR_MESSAGE.to_vec(),
            (Action::Uppercase, Ok(text)) => text.to_uppercase().into_bytes(),
            (Action::Lowercase, Ok(text)) => text.to_lowercase().into_bytes(),
            (Action::Reverse, Ok(text)) => text.chars().rev().collect::<String>().into_bytes(),
            (Action::Shuffle, Ok(text)) => return self.check_text(answer, is_shuffled, text),
            (Action::Random, Ok(text)) => return self.check_text(answer, is_random, text),
        };
        if answer == expected {
            return Ok(());
        }
        Err(self.wrong(cli::escape(&expected), answer))
    }

    fn check_text(
        &self,
        answer: &[u8],
        is_right: fn(&str, &str) -> bool,
        text: &str,
    ) -> Result<(), Error> {
        match std::str::from_utf8(answer) {
            Ok(answer) if is_right(text, answer) => Ok(()),
            _ => Err(self.wrong(format!("that done to {text:?}"), answer)),
        }
    }

    fn wrong(&self, expected: impl Display, answer: &[u8]) -> Error {
        let what = format!("the answer to {}", self.action);
        Error::wrong(what, expected, cli::escape(answer))
    }
}

fn draw_text(rng: &mut Rng) -> Vec<u8> {
    let (length, is_ascii) = (rng.usize(0..SHORT), rng.bool());
    let draw = |_| {
        if is_ascii {
            rng.alphanumeric()
        } else {
            CHARACTERS[rng.usize(0..CHARACTERS.len())]
        }
    };
    (0..length).map(draw).collect::<String>().into_bytes()
}

/// Whether both have the same code points (T-11).
fn is_shuffled(text: &str, answer: &str) -> bool {
    let sorted = |text: &str| {
        let mut points: Vec<char> = text.chars().collect();
        points.sort_unstable();
        points
    };
    sorted(text) == sorted(answer)
}

/// Whether `answer` can come of `text` by dropping and repeating (T-12), within the bound (T-13).
fn is_random(text: &str, answer: &str) -> bool {
    let points = text.chars().count();
    let length = answer.chars().count();
    let mut from = text.chars().peekable();
    let in_order = answer.chars().all(|got| {
        while from.next_if(|point| *point != got).is_some() {}
        from.peek().is_some()
    });
    in_order && length <= points + max_extra_copies(points) && (length > 0 || points == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_12_what_random_may_answer_and_what_not() {
        for (text, answer) in [("", ""), ("abc", "a"), ("abc", "aacccc"), ("aba", "bba")] {
            assert!(is_random(text, answer), "{text} {answer}");
        }
        for (text, answer) in [("", "a"), ("abc", ""), ("abc", "ca"), ("abc", "abcd")] {
            assert!(!is_random(text, answer), "{text} {answer}");
        }
        assert!(is_random("ab", &"b".repeat(72)));
        assert!(!is_random("ab", &"b".repeat(73)));
    }

    #[test]
    fn right_answers_pass_and_wrong_ones_do_not() {
        let table: [(u8, &str, &str, &str); 6] = [
            (1, "straße", "STRASSE", "STRAßE"),
            (2, "ABC", "abc", "ABC"),
            (4, "aé漢", "漢éa", "aé漢"),
            (8, "aab", "aba", "abb"),
            (16, "abc", "bbc", "cb"),
            (3, "abc", "error", "abc"),
        ];
        for (code, text, right, wrong) in table {
            let request = Request {
                action: Action::from_code(code),
                data: text.into(),
            };
            assert!(request.check(right.as_bytes()).is_ok(), "{code}");
            assert!(request.check(wrong.as_bytes()).is_err(), "{code}");
        }
        let not_text = Request {
            action: Action::Reverse,
            data: b"\xff".to_vec(),
        };
        assert!(not_text.check(b"error").is_ok());
    }
}
