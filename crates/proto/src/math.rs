//! The math protocol: sums to work out, and a secret for right answers.
//!
//! Source: the assignment "Lab 4: Python Sockets", section Communicating with the Server.
//!
//! The server sends frames of 9 bytes: a question (M-2), or at the end the secret (M-4).
//!
//! ```text
//! +-----+---------------------------+---------------------------+
//! | 'Q' | left  (4 bytes, integer) | right (4 bytes, integer) |
//! +-----+---------------------------+---------------------------+
//! +-----+-------------------------------------------------------+
//! | 'S' | secret phrase (8 bytes of any kind)                  |
//! +-----+-------------------------------------------------------+
//! ```
//!
//! The client answers each question with the sum, before the next one is asked (M-3).
//!
//! ```text
//! +---------------------------+
//! | sum   (4 bytes, integer) |
//! +---------------------------+
//! ```
//!
//! Integers are big-endian. The sum wraps (M-2), so that signed and unsigned readings of them
//! give the same bytes.

use std::ops::Range;
use std::time::Duration;

use byteorder::{BigEndian, ByteOrder};

use crate::input::Gather;

/// The port that the lab's server listens on (MS-1).
pub const DEFAULT_PORT: u16 = 8000;

/// The longest that either end waits for the other's next byte (M-7, MS-4).
pub const SILENCE_LIMIT: Duration = Duration::from_secs(30);

/// The longest that the client tries to connect to one address (M-7).
pub const CONNECT_LIMIT: Duration = Duration::from_secs(10);

mod field {
    use super::Range;

    pub(super) const KIND: usize = 0;
    pub(super) const LEFT: Range<usize> = 1..5;
    pub(super) const RIGHT: Range<usize> = 5..9;
    pub(super) const SECRET: Range<usize> = 1..9;
}

const QUESTION: u8 = b'Q';
const SECRET: u8 = b'S';

/// What the server sends.
///
/// ```
/// use proto::math::{Frame, Question};
///
/// let question = Question { left: 2, right: 40 };
/// assert_eq!(Frame::parse(*b"Q\0\0\0\x02\0\0\0\x28"), Ok(Frame::Question(question)));
/// assert_eq!(question.sum().emit(), [0, 0, 0, 42]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A sum to work out.
    Question(Question),
    /// The secret phrase, which need not be text.
    Secret([u8; 8]),
}

impl Frame {
    /// Bytes on the wire.
    pub const LEN: usize = 9;

    /// Reads a frame.
    ///
    /// # Errors
    /// [`Error::UnknownKind`] if it is neither a question nor a secret.
    pub fn parse(bytes: [u8; Self::LEN]) -> Result<Self, Error> {
        match bytes[field::KIND] {
            QUESTION => Ok(Self::Question(Question {
                left: BigEndian::read_u32(&bytes[field::LEFT]),
                right: BigEndian::read_u32(&bytes[field::RIGHT]),
            })),
            SECRET => {
                let [_, secret @ ..] = bytes;
                Ok(Self::Secret(secret))
            }
            found => Err(Error::UnknownKind { found }),
        }
    }

    /// The frame's bytes.
    pub fn emit(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        match self {
            Self::Question(Question { left, right }) => {
                bytes[field::KIND] = QUESTION;
                BigEndian::write_u32(&mut bytes[field::LEFT], left);
                BigEndian::write_u32(&mut bytes[field::RIGHT], right);
            }
            Self::Secret(secret) => {
                bytes[field::KIND] = SECRET;
                bytes[field::SECRET].copy_from_slice(&secret);
            }
        }
        bytes
    }
}

/// Two numbers to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The first number.
    pub left: u32,
    /// The second number.
    pub right: u32,
}

impl Question {
    /// The right answer: the sum modulo 2³².
    pub const fn sum(self) -> Answer {
        Answer(self.left.wrapping_add(self.right))
    }
}

/// What the client sends: the sum of a question's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer(
    /// The sum, read as an unsigned number.
    pub u32,
);

impl Answer {
    /// Bytes on the wire.
    pub const LEN: usize = 4;

    /// Reads an answer. Every 32 bits are one, so this cannot fail.
    pub fn parse(bytes: [u8; Self::LEN]) -> Self {
        Self(BigEndian::read_u32(&bytes))
    }

    /// The answer's bytes.
    pub fn emit(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        BigEndian::write_u32(&mut bytes, self.0);
        bytes
    }
}

/// Decodes the frames that the server sends, wherever the stream is cut (M-5).
#[derive(Clone, Debug, Default)]
pub struct FrameDecoder {
    frame: Gather<{ Frame::LEN }>,
}

impl FrameDecoder {
    /// A decoder at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next frame, taken from the front of `input`; `None` when it needs more bytes.
    ///
    /// # Errors
    /// [`Error::UnknownKind`] as soon as a frame begins with another byte (M-6). That byte is
    /// not taken.
    pub fn next(&mut self, input: &mut &[u8]) -> Result<Option<Frame>, Error> {
        if self.frame.is_empty() {
            match input.first() {
                None | Some(&QUESTION | &SECRET) => {}
                Some(&found) => return Err(Error::UnknownKind { found }),
            }
        }
        self.frame.next(input).map(Frame::parse).transpose()
    }

    /// Whether the stream may end here, that is, between frames. The program decides whether it
    /// may end before the secret.
    ///
    /// # Errors
    /// [`Error::Truncated`] if a frame has begun and is not whole.
    pub const fn finish(&self) -> Result<(), Error> {
        if self.frame.is_empty() {
            return Ok(());
        }
        Err(Error::Truncated {
            missing: self.frame.missing(),
        })
    }
}

/// Why a stream is not one of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A frame is neither a question nor a secret.
    #[error("frame begins with '{}', want 'Q' or 'S'", .found.escape_ascii())]
    UnknownKind {
        /// Its first byte.
        found: u8,
    },
    /// The stream ended inside a frame.
    #[error("frame cut off: {missing} of {} bytes missing", Frame::LEN)]
    Truncated {
        /// How many bytes of the frame are missing.
        missing: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m_7_ms_1_constants() {
        assert_eq!(DEFAULT_PORT, 8000);
        assert_eq!(SILENCE_LIMIT, Duration::from_secs(30));
        assert_eq!(CONNECT_LIMIT, Duration::from_secs(10));
    }

    #[test]
    fn m_2_m_4_frames() {
        for (frame, bytes) in [
            (
                Frame::Question(Question { left: 2, right: 40 }),
                *b"Q\0\0\0\x02\0\0\0\x28",
            ),
            (
                Frame::Question(Question {
                    left: 0x0123_4567,
                    right: 0x89ab_cdef,
                }),
                *b"Q\x01\x23\x45\x67\x89\xab\xcd\xef",
            ),
            (Frame::Secret(*b"open 5es"), *b"Sopen 5es"),
            (
                Frame::Secret(*b"QS\0\xff\x80\r\n\x1b"),
                *b"SQS\0\xff\x80\r\n\x1b",
            ),
        ] {
            assert_eq!(Frame::parse(bytes), Ok(frame));
            assert_eq!(frame.emit(), bytes);
        }
    }

    #[test]
    fn m_2_answers_are_sums_that_wrap() {
        for (left, right, bytes) in [
            (2, 40, [0x00, 0x00, 0x00, 0x2a]),
            (0x0102_0304, 0, [0x01, 0x02, 0x03, 0x04]),
            (u32::MAX, 0, [0xff, 0xff, 0xff, 0xff]),
            (u32::MAX, 1, [0x00, 0x00, 0x00, 0x00]),
            (u32::MAX, u32::MAX, [0xff, 0xff, 0xff, 0xfe]),
            // As signed numbers: -3 + 5.
            (0xffff_fffd, 5, [0x00, 0x00, 0x00, 0x02]),
        ] {
            let answer = Question { left, right }.sum();
            assert_eq!(answer.emit(), bytes);
            assert_eq!(Answer::parse(bytes), answer);
        }
    }

    #[test]
    fn m_6_any_other_first_byte_is_refused_at_once() {
        for found in (0..=u8::MAX).filter(|byte| !b"QS".contains(byte)) {
            let mut bytes = [0; Frame::LEN];
            bytes[0] = found;
            let error = Error::UnknownKind { found };
            assert_eq!(Frame::parse(bytes), Err(error));
            let mut input = &bytes[..1];
            assert_eq!(FrameDecoder::new().next(&mut input), Err(error));
            assert_eq!(input, &bytes[..1]);
        }
        assert_eq!(
            Error::UnknownKind { found: b'\n' }.to_string(),
            r"frame begins with '\n', want 'Q' or 'S'"
        );
    }

    #[test]
    fn m_6_the_second_frame_is_judged_by_its_own_first_byte() {
        let mut decoder = FrameDecoder::new();
        let mut input = &b"Q\0\0\0\x02\0\0\0\x28X"[..];
        assert!(decoder.next(&mut input).unwrap().is_some());
        assert_eq!(
            decoder.next(&mut input),
            Err(Error::UnknownKind { found: b'X' })
        );
    }

    #[test]
    fn m_6_a_close_inside_a_frame_is_an_error() {
        let frame = b"Ssecretes";
        for len in 0..=Frame::LEN {
            let mut decoder = FrameDecoder::new();
            decoder.next(&mut &frame[..len]).unwrap();
            let result = match len {
                0 | Frame::LEN => Ok(()),
                _ => Err(Error::Truncated {
                    missing: Frame::LEN - len,
                }),
            };
            assert_eq!(decoder.finish(), result, "after {len} bytes");
        }
        assert_eq!(
            Error::Truncated { missing: 4 }.to_string(),
            "frame cut off: 4 of 9 bytes missing"
        );
    }
}
