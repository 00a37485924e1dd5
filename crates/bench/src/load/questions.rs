//! The math server that `lab4` is measured with.

use std::time::{Duration, Instant};

use proto::math::{Answer, Frame, Question};

use crate::Error;
use crate::load::Listener;

/// What a client gets in the end.
pub const SECRET: [u8; 8] = *b"open5es.";

/// Accepts one client, asks it questions until the time `round` is over, checks its answers, and
/// gives it the secret. Returns the number of questions and the seconds that they took.
///
/// # Errors
/// [`Error::Wrong`], [`Error::System`].
pub fn ask(listener: &Listener, round: Duration) -> Result<(u32, f64), Error> {
    let client = listener.accept()?;
    let start = Instant::now();
    let mut count = 0;
    while count == 0 || start.elapsed() < round {
        // Both numbers change all the time, and the sum wraps now and then (M-2).
        let question = Question {
            left: 0x9e37_79b9_u32.wrapping_mul(count),
            right: count,
        };
        client.send(&Frame::Question(question).emit())?;
        let (expected, got) = (question.sum(), Answer::parse(client.receive_array()?));
        if got != expected {
            return Err(Error::wrong("the client's answer", expected.0, got.0));
        }
        count += 1;
    }
    let elapsed = start.elapsed().as_secs_f64();
    client.send(&Frame::Secret(SECRET).emit())?;
    Ok((count, elapsed))
}
