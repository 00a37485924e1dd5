//! The stream of one MessageResponse, as the client reads it.

use super::{Message, MessageHeader, ResponseError, ResponseHeader};
use crate::input::{Gather, take};

/// A part of a response: a `Header`, as many `Message`s as it announces, and `End`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseEvent<'a> {
    /// The fixed header has come.
    Header(ResponseHeader),
    /// A message has come whole.
    Message(Message<'a>),
    /// The response is complete.
    End,
}

/// Decodes one response (C-3, C-4), wherever the stream is cut (G-5).
///
/// Each message is handed out as soon as it is whole, so that those before a fault are not lost
/// (C-22). It is gathered in a buffer of the decoder's own, which serves one message after the
/// other and grows with the bytes that come, never with those announced (G-7).
#[derive(Clone, Debug, Default)]
pub struct ResponseDecoder {
    stage: Stage,
    header: Gather<{ ResponseHeader::LEN }>,
    message_header: Gather<{ MessageHeader::LEN }>,
    /// Sender and text of the message that is being received.
    body: Vec<u8>,
    /// How many messages the response has, and how many of them have come whole.
    items: u8,
    received: u8,
}

/// What comes next.
#[derive(Clone, Copy, Debug, Default)]
enum Stage {
    #[default]
    Header,
    MessageHeader,
    Body(MessageHeader),
    Done,
}

impl ResponseDecoder {
    /// A decoder at the start of a response.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next event, taken from the front of `input`; `None` when it needs more bytes, and
    /// after `End`. What follows a complete response is left in `input`.
    ///
    /// # Errors
    /// A [`ResponseError`] as soon as a header that violates C-4 is whole. After an error the
    /// decoder must not be used any more.
    pub fn next(&mut self, input: &mut &[u8]) -> Result<Option<ResponseEvent<'_>>, ResponseError> {
        loop {
            match self.stage {
                Stage::Header => {
                    let Some(bytes) = self.header.next(input) else {
                        return Ok(None);
                    };
                    let header = ResponseHeader::parse(bytes)?;
                    self.items = header.items;
                    self.stage = Stage::MessageHeader;
                    return Ok(Some(ResponseEvent::Header(header)));
                }
                Stage::MessageHeader if self.received == self.items => {
                    self.stage = Stage::Done;
                    return Ok(Some(ResponseEvent::End));
                }
                Stage::MessageHeader => {
                    let Some(bytes) = self.message_header.next(input) else {
                        return Ok(None);
                    };
                    self.body.clear();
                    self.stage = Stage::Body(MessageHeader::parse(bytes)?);
                }
                Stage::Body(header) => {
                    let piece = take(input, header.body_len() - self.body.len());
                    self.body.extend_from_slice(piece);
                    if self.body.len() < header.body_len() {
                        return Ok(None);
                    }
                    self.received += 1;
                    self.stage = Stage::MessageHeader;
                    let mut text = self.body.as_slice();
                    let sender = take(&mut text, header.sender_len());
                    return Ok(Some(ResponseEvent::Message(Message { sender, text })));
                }
                Stage::Done => return Ok(None),
            }
        }
    }

    /// Whether the stream may end here, that is, after a complete response.
    ///
    /// # Errors
    /// [`ResponseError::TruncatedHeader`] or [`ResponseError::TruncatedMessage`] if not (C-22).
    pub const fn finish(&self) -> Result<(), ResponseError> {
        let missing = match self.stage {
            Stage::Header => {
                return Err(ResponseError::TruncatedHeader {
                    missing: self.header.missing(),
                });
            }
            Stage::MessageHeader if self.received < self.items => self.message_header.missing(),
            Stage::Body(header) => header.body_len() - self.body.len(),
            Stage::MessageHeader | Stage::Done => return Ok(()),
        };
        let (received, items) = (self.received, self.items);
        Err(ResponseError::TruncatedMessage {
            received,
            items,
            missing,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two messages, and more are waiting.
    const RECORD: &[u8] = b"\xae\x73\x03\x02\x01\x05\x00\x05alicehello\x01\x00\x02b\0\xff";

    #[test]
    fn c_21_messages_come_in_their_order() {
        let mut decoder = ResponseDecoder::new();
        let mut input = RECORD;
        for event in [
            ResponseEvent::Header(ResponseHeader {
                items: 2,
                more: true,
            }),
            ResponseEvent::Message(Message {
                sender: b"alice",
                text: b"hello",
            }),
            ResponseEvent::Message(Message {
                sender: b"b",
                text: b"\0\xff",
            }),
            ResponseEvent::End,
        ] {
            assert_eq!(decoder.next(&mut input), Ok(Some(event)));
        }
        assert_eq!(decoder.next(&mut input), Ok(None));
        assert_eq!(decoder.finish(), Ok(()));
    }

    #[test]
    fn c_23_no_messages_but_more_waiting_is_complete() {
        let mut decoder = ResponseDecoder::new();
        let mut input = &b"\xae\x73\x03\x00\x01"[..];
        let header = ResponseHeader {
            items: 0,
            more: true,
        };
        assert_eq!(
            decoder.next(&mut input),
            Ok(Some(ResponseEvent::Header(header)))
        );
        assert_eq!(decoder.finish(), Ok(()));
        assert_eq!(decoder.next(&mut input), Ok(Some(ResponseEvent::End)));
        assert_eq!(decoder.next(&mut input), Ok(None));
    }

    #[test]
    fn c_21_what_follows_a_response_is_left() {
        let mut decoder = ResponseDecoder::new();
        let mut input = &b"\xae\x73\x03\x00\x00\xae\x73"[..];
        while decoder.next(&mut input).unwrap().is_some() {}
        assert_eq!(input, b"\xae\x73");
    }

    #[test]
    fn c_22_messages_before_a_fault_have_been_handed_out() {
        let mut decoder = ResponseDecoder::new();
        let mut input = &b"\xae\x73\x03\x02\x00\x01\x00\x01ab\x00\x00\x01"[..];
        assert!(decoder.next(&mut input).unwrap().is_some());
        let message = Message {
            sender: b"a",
            text: b"b",
        };
        assert_eq!(
            decoder.next(&mut input),
            Ok(Some(ResponseEvent::Message(message)))
        );
        assert_eq!(decoder.next(&mut input), Err(ResponseError::EmptySender));
    }

    #[test]
    fn c_22_an_early_close_says_where() {
        let header = |missing| ResponseError::TruncatedHeader { missing };
        let message = |received, missing| ResponseError::TruncatedMessage {
            received,
            items: 2,
            missing,
        };
        for (len, result) in [
            (0, Err(header(5))),
            (4, Err(header(1))),
            (5, Err(message(0, 3))),
            (7, Err(message(0, 1))),
            (8, Err(message(0, 10))),
            (17, Err(message(0, 1))),
            (18, Err(message(1, 3))),
            (21, Err(message(1, 3))),
            (23, Err(message(1, 1))),
            (24, Ok(())),
        ] {
            let mut decoder = ResponseDecoder::new();
            let mut input = &RECORD[..len];
            while decoder.next(&mut input).unwrap().is_some() {}
            assert_eq!(decoder.finish(), result, "after {len} bytes");
        }
        assert_eq!(
            header(5).to_string(),
            "response cut off: 5 of 5 header bytes missing"
        );
        assert_eq!(
            message(1, 3).to_string(),
            "response cut off after 1 of 2 messages: at least 3 more bytes wanted"
        );
    }

    #[test]
    fn g_7_memory_follows_what_comes_and_is_used_again() {
        let mut decoder = ResponseDecoder::new();
        let mut input = &b"\xae\x73\x03\x02\x00\xff\xff\xffabc"[..];
        while decoder.next(&mut input).unwrap().is_some() {}
        assert!(decoder.body.capacity() < 100);

        let mut input = &[b'x'; 65_790 - 3][..];
        assert!(decoder.next(&mut input).unwrap().is_some());
        let capacity = decoder.body.capacity();
        let mut input = &b"\xff\xff\xffabc"[..];
        assert_eq!(decoder.next(&mut input), Ok(None));
        assert_eq!(
            (decoder.body.as_slice(), decoder.body.capacity()),
            (&b"abc"[..], capacity)
        );
    }
}
