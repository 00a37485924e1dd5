use std::time::Duration;

use fastrand::Rng;
use net::{Connection, Error, Ready};
use proto::math::Frame;

/// The shortest and the longest pause between two pieces of a frame. A frame has nine pieces at
/// most, so it is delivered within 32 milliseconds.
const PAUSE_MILLIS: std::ops::RangeInclusive<u64> = 1..=4;

/// How frames are handed to the system.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// Each with one write (G-5).
    Whole,
    /// Each in random pieces with short pauses (MS-5). The connection has TCP_NODELAY, so each
    /// piece is a segment of its own.
    InPieces(Rng),
}

impl Delivery {
    /// Sends a frame; `timeout` is how long the client may take nothing of it.
    ///
    /// # Errors
    /// As [`Connection::write_all`].
    pub fn send(
        &mut self,
        client: &mut Connection,
        frame: Frame,
        timeout: Duration,
    ) -> Result<(), Error> {
        let bytes = frame.emit();
        match self {
            Self::Whole => client.write_all(&bytes, Some(timeout)),
            Self::InPieces(random) => {
                let (first, rest) = cut(&bytes, random);
                client.write_all(first, Some(timeout))?;
                for piece in rest {
                    pause(client, Duration::from_millis(random.u64(PAUSE_MILLIS)))?;
                    client.write_all(piece, Some(timeout))?;
                }
                Ok(())
            }
        }
    }
}

/// Cuts a frame at random, at least once.
fn cut<'a>(bytes: &'a [u8; Frame::LEN], random: &mut Rng) -> (&'a [u8], Vec<&'a [u8]>) {
    let (first, mut rest) = bytes.split_at(random.usize(1..Frame::LEN));
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(random.usize(1..=rest.len()));
        pieces.push(piece);
        rest = after;
    }
    (first, pieces)
}

/// Waits, unless the client is gone. Unlike a sleep, this lets other clients in meanwhile.
fn pause(client: &mut Connection, time: Duration) -> Result<(), Error> {
    let nothing = Ready {
        readable: false,
        writable: false,
    };
    match client.wait(nothing, Some(time)) {
        Ok(_) | Err(Error::TimedOut) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ms_5_pieces_are_the_frame_cut_at_random_at_least_once() {
        let frame = *b"Q12345678";
        let mut random = Rng::with_seed(5);
        let mut cuts = [0_u32; Frame::LEN + 1];
        for _ in 0..1000 {
            let (first, rest) = cut(&frame, &mut random);
            assert!(!first.is_empty() && !rest.is_empty());
            assert!(rest.iter().all(|piece| !piece.is_empty()));
            assert_eq!([&[first], rest.as_slice()].concat().concat(), frame);
            let mut at = first.len();
            for piece in rest {
                cuts[at] += 1;
                at += piece.len();
            }
        }
        // Every place inside the frame is a likely one.
        assert!(
            cuts[1..Frame::LEN].iter().all(|&count| count > 50),
            "{cuts:?}"
        );
        assert_eq!((cuts[0], cuts[Frame::LEN]), (0, 0));
    }
}
