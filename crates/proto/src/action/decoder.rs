//! The stream of responses that a client reads.

use super::ResponseHeader;
use crate::input::{Gather, take};

/// A part of a stream of responses. Each response is a `Header`, its data in any number of `Body`
/// pieces (none if the data is empty), and `End`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseEvent<'a> {
    /// A response begins.
    Header(ResponseHeader),
    /// A piece of its data, never empty, as it lies in the input.
    Body(&'a [u8]),
    /// All its data has come.
    End,
}

/// Decodes a stream of responses (T-2, T-4), wherever it is cut (G-5), without keeping any data.
#[derive(Clone, Debug, Default)]
pub struct ResponseDecoder {
    header: Gather<{ ResponseHeader::LEN }>,
    body: Option<Body>,
}

/// The response that is being received.
#[derive(Clone, Copy, Debug)]
struct Body {
    length: u32,
    missing: u32,
}

impl ResponseDecoder {
    /// A decoder at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next event, taken from the front of `input`; `None` when it needs more bytes.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Option<ResponseEvent<'a>> {
        let Some(body) = &mut self.body else {
            let header = ResponseHeader::parse(self.header.next(input)?);
            self.body = Some(Body {
                length: header.length,
                missing: header.length,
            });
            return Some(ResponseEvent::Header(header));
        };
        if body.missing == 0 {
            self.body = None;
            return Some(ResponseEvent::End);
        }
        let piece = take(input, body.missing as usize);
        if piece.is_empty() {
            return None;
        }
        body.missing -= piece.len() as u32;
        Some(ResponseEvent::Body(piece))
    }

    /// Whether the stream may end here, that is, between responses.
    ///
    /// # Errors
    /// [`Truncated`] if a response has begun and is not whole.
    pub const fn finish(&self) -> Result<(), Truncated> {
        match self.body {
            Some(Body { missing: 0, .. }) => Ok(()),
            Some(Body { length, missing }) => Err(Truncated::Body { length, missing }),
            None if self.header.is_empty() => Ok(()),
            None => Err(Truncated::Header {
                missing: self.header.missing(),
            }),
        }
    }
}

/// The stream ended inside a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Truncated {
    /// Inside the header.
    #[error(
        "response cut off: {missing} of {} header bytes missing",
        ResponseHeader::LEN
    )]
    Header {
        /// How many bytes of the header are missing.
        missing: usize,
    },
    /// Inside the data.
    #[error("response cut off: {missing} of {length} data bytes missing")]
    Body {
        /// The announced length of the data, in bytes.
        length: u32,
        /// How many of them are missing.
        missing: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain<'a>(decoder: &mut ResponseDecoder, mut input: &'a [u8]) -> Vec<ResponseEvent<'a>> {
        std::iter::from_fn(|| decoder.next(&mut input)).collect()
    }

    #[test]
    fn t_4_responses_follow_each_other() {
        let mut decoder = ResponseDecoder::new();
        let events = drain(&mut decoder, b"\0\0\0\x05error\0\0\0\0\0\0\0\x02hi");
        assert_eq!(
            events,
            [
                ResponseEvent::Header(ResponseHeader { length: 5 }),
                ResponseEvent::Body(b"error"),
                ResponseEvent::End,
                ResponseEvent::Header(ResponseHeader { length: 0 }),
                ResponseEvent::End,
                ResponseEvent::Header(ResponseHeader { length: 2 }),
                ResponseEvent::Body(b"hi"),
                ResponseEvent::End,
            ]
        );
        assert_eq!(decoder.finish(), Ok(()));
    }

    #[test]
    fn t_17_data_is_handed_on_as_it_lies_in_the_input() {
        let input = b"\0\0\0\x05error";
        let mut decoder = ResponseDecoder::new();
        let Some(ResponseEvent::Body(body)) = drain(&mut decoder, input).get(1).copied() else {
            panic!("no body");
        };
        assert_eq!(body.as_ptr(), input[4..].as_ptr());
    }

    #[test]
    fn tc_4_a_stream_may_end_only_between_responses() {
        let record = b"\0\0\0\x03abc";
        for (len, result) in [
            (0, Ok(())),
            (1, Err(Truncated::Header { missing: 3 })),
            (3, Err(Truncated::Header { missing: 1 })),
            (
                4,
                Err(Truncated::Body {
                    length: 3,
                    missing: 3,
                }),
            ),
            (
                6,
                Err(Truncated::Body {
                    length: 3,
                    missing: 1,
                }),
            ),
            (7, Ok(())),
        ] {
            let mut decoder = ResponseDecoder::new();
            drain(&mut decoder, &record[..len]);
            assert_eq!(decoder.finish(), result, "after {len} bytes");
        }
    }

    #[test]
    fn tc_4_a_response_is_whole_before_its_end_is_fetched() {
        let mut decoder = ResponseDecoder::new();
        let mut input = &b"\0\0\0\x01a"[..];
        decoder.next(&mut input);
        decoder.next(&mut input);
        assert_eq!(decoder.finish(), Ok(()));
    }

    #[test]
    fn tc_4_errors_say_what_is_missing() {
        assert_eq!(
            Truncated::Header { missing: 3 }.to_string(),
            "response cut off: 3 of 4 header bytes missing"
        );
        assert_eq!(
            Truncated::Body {
                length: 11,
                missing: 5
            }
            .to_string(),
            "response cut off: 5 of 11 data bytes missing"
        );
    }
}
