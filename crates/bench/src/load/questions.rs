//! The math server that `lab4` is measured with.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use proto::math::{Answer, Frame, Question};

use crate::Error;
use crate::load::Door;

/// What a client gets in the end.
pub const SECRET: [u8; 8] = *b"open5es.";

/// Accepts one client, asks it questions until the time `round` is over, checks its answers, and
/// gives it the secret. Gives the number of questions and the seconds that they took.
///
/// # Errors
/// [`Error::Wrong`], [`Error::System`].
pub fn ask(door: &Door, round: Duration) -> Result<(u32, f64), Error> {
    const DOING: &str = "asking questions";
    let mut client = door.accept()?;
    let start = Instant::now();
    let mut count = 0;
    let mut bytes = [0; Answer::LEN];
    while count == 0 || start.elapsed() < round {
        // Both numbers change all the time, and the sum wraps now and then (M-2).
        let question = Question {
            left: 0x9e37_79b9_u32.wrapping_mul(count),
            right: count,
        };
        client
            .write_all(&Frame::Question(question).emit())
            .and_then(|()| client.read_exact(&mut bytes))
            .map_err(Error::system(DOING))?;
        let (wanted, found) = (question.sum(), Answer::parse(bytes));
        if found != wanted {
            return Err(Error::Wrong {
                who: "the client".to_owned(),
                wanted: wanted.0.to_string(),
                found: found.0.to_string(),
            });
        }
        count += 1;
    }
    let elapsed = start.elapsed().as_secs_f64();
    client
        .write_all(&Frame::Secret(SECRET).emit())
        .map_err(Error::system(DOING))?;
    Ok((count, elapsed))
}
