//! The MessageResponse record (C-3, C-4).

use byteorder::{BigEndian, ByteOrder};

use super::{EmitError, Field, MAGIC, ResponseError};

mod field {
    use std::ops::Range;

    pub(super) const MAGIC: Range<usize> = 0..2;
    pub(super) const ID: usize = 2;
    pub(super) const NUM_ITEMS: usize = 3;
    pub(super) const MORE_MSGS: usize = 4;

    pub(super) const SENDER_LEN: usize = 0;
    pub(super) const TEXT_LEN: Range<usize> = 1..3;
}

const RESPONSE: u8 = 3;

/// The fixed header of a response. No items and more waiting is a valid one (C-23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseHeader {
    /// How many messages follow.
    pub items: u8,
    /// Whether more are waiting on the server.
    pub more: bool,
}

impl ResponseHeader {
    /// Bytes on the wire.
    pub const LEN: usize = 5;

    /// Reads a header.
    ///
    /// # Errors
    /// A [`ResponseError`] for the first field that is wrong (C-4).
    pub fn parse(bytes: [u8; Self::LEN]) -> Result<Self, ResponseError> {
        let magic = BigEndian::read_u16(&bytes[field::MAGIC]);
        if magic != MAGIC {
            return Err(ResponseError::BadMagic { found: magic });
        }
        let id = bytes[field::ID];
        if id != RESPONSE {
            return Err(ResponseError::BadId { found: id });
        }
        let more = match bytes[field::MORE_MSGS] {
            0 => false,
            1 => true,
            found => return Err(ResponseError::BadMore { found }),
        };
        Ok(Self {
            items: bytes[field::NUM_ITEMS],
            more,
        })
    }

    /// The header's bytes.
    pub fn emit(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        BigEndian::write_u16(&mut bytes[field::MAGIC], MAGIC);
        bytes[field::ID] = RESPONSE;
        bytes[field::NUM_ITEMS] = self.items;
        bytes[field::MORE_MSGS] = self.more.into();
        bytes
    }
}

/// The header of one message in a response: two lengths in bytes, both at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageHeader {
    sender_len: u8,
    text_len: u16,
}

impl MessageHeader {
    /// Bytes on the wire.
    pub const LEN: usize = 3;

    /// Reads a header.
    ///
    /// # Errors
    /// [`ResponseError::EmptySender`] or [`ResponseError::EmptyText`] if a length is 0 (C-4).
    pub fn parse(bytes: [u8; Self::LEN]) -> Result<Self, ResponseError> {
        let sender_len = bytes[field::SENDER_LEN];
        let text_len = BigEndian::read_u16(&bytes[field::TEXT_LEN]);
        if sender_len == 0 {
            return Err(ResponseError::EmptySender);
        }
        if text_len == 0 {
            return Err(ResponseError::EmptyText);
        }
        Ok(Self {
            sender_len,
            text_len,
        })
    }

    /// The header's bytes.
    pub fn emit(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[field::SENDER_LEN] = self.sender_len;
        BigEndian::write_u16(&mut bytes[field::TEXT_LEN], self.text_len);
        bytes
    }

    /// The length of the sender's name.
    pub const fn sender_len(self) -> usize {
        self.sender_len as usize
    }

    /// The length of the message's text.
    pub const fn text_len(self) -> usize {
        self.text_len as usize
    }

    /// The length of what follows this header: sender and text.
    pub const fn body_len(self) -> usize {
        self.sender_len() + self.text_len()
    }
}

/// One message of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Who sent it, 1 to 255 bytes.
    pub sender: &'a [u8],
    /// The message, 1 to 65,535 bytes.
    pub text: &'a [u8],
}

impl Message<'_> {
    /// The header that goes before this message.
    ///
    /// # Errors
    /// [`EmitError::Length`] if a part is too short or too long.
    pub fn header(&self) -> Result<MessageHeader, EmitError> {
        Ok(MessageHeader {
            sender_len: Field::Sender.length(self.sender)?,
            text_len: Field::Text.length(self.text)?,
        })
    }

    /// How many bytes this message takes in a response, its header included.
    pub const fn emitted_len(&self) -> usize {
        MessageHeader::LEN + self.sender.len() + self.text.len()
    }
}

/// Appends a whole response with these messages to `out`; `more` says whether others are waiting.
///
/// ```
/// use proto::message::{Message, emit_response};
///
/// let mut record = Vec::new();
/// emit_response(&[Message { sender: b"alice", text: b"hello" }], false, &mut record)?;
/// assert_eq!(record, b"\xae\x73\x03\x01\x00\x05\x00\x05alicehello");
/// # Ok::<(), proto::message::EmitError>(())
/// ```
///
/// # Errors
/// [`EmitError`] if there are more than 255 messages, or a part of one is too short or too long.
/// Nothing is appended then.
pub fn emit_response(
    messages: &[Message<'_>],
    more: bool,
    out: &mut Vec<u8>,
) -> Result<(), EmitError> {
    let Ok(items) = u8::try_from(messages.len()) else {
        return Err(EmitError::TooManyItems {
            found: messages.len(),
        });
    };
    for message in messages {
        message.header()?;
    }
    out.reserve(ResponseHeader::LEN + messages.iter().map(Message::emitted_len).sum::<usize>());
    out.extend_from_slice(&ResponseHeader { items, more }.emit());
    for message in messages {
        out.extend_from_slice(&message.header()?.emit());
        out.extend_from_slice(message.sender);
        out.extend_from_slice(message.text);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{MAX_ITEMS, MAX_NAME, MAX_TEXT};

    #[test]
    fn c_3_headers() {
        for (items, more, bytes) in [
            (0, false, *b"\xae\x73\x03\x00\x00"),
            (1, false, *b"\xae\x73\x03\x01\x00"),
            (255, true, *b"\xae\x73\x03\xff\x01"),
            // C-23: nothing sent, and more are waiting.
            (0, true, *b"\xae\x73\x03\x00\x01"),
        ] {
            let header = ResponseHeader { items, more };
            assert_eq!(ResponseHeader::parse(bytes), Ok(header));
            assert_eq!(header.emit(), bytes);
        }
    }

    #[test]
    fn c_3_message_headers() {
        for (sender_len, text_len, bytes) in [
            (1, 1, [0x01, 0x00, 0x01]),
            (5, 0x0102, [0x05, 0x01, 0x02]),
            (255, 65_535, [0xff, 0xff, 0xff]),
        ] {
            let header = MessageHeader::parse(bytes).unwrap();
            assert_eq!(
                (header.sender_len(), header.text_len()),
                (sender_len, text_len)
            );
            assert_eq!(header.body_len(), sender_len + text_len);
            assert_eq!(header.emit(), bytes);
        }
    }

    #[test]
    fn c_4_every_violation_is_an_error_of_its_own() {
        for (bytes, error, shown) in [
            (
                *b"\xae\x74\x03\x00\x00",
                ResponseError::BadMagic { found: 0xae74 },
                "MagicNo is 0xAE74, want 0xAE73",
            ),
            (
                *b"\xae\x73\x02\x00\x00",
                ResponseError::BadId { found: 2 },
                "ID is 2, want 3 (response)",
            ),
            (
                *b"\xae\x73\x03\x00\x02",
                ResponseError::BadMore { found: 2 },
                "MoreMsgs is 2, want 0 or 1",
            ),
        ] {
            assert_eq!(ResponseHeader::parse(bytes), Err(error));
            assert_eq!(error.to_string(), shown);
        }
        for (bytes, error, shown) in [
            (
                *b"\x00\x00\x01",
                ResponseError::EmptySender,
                "SenderLen is 0, want at least 1",
            ),
            (
                *b"\x01\x00\x00",
                ResponseError::EmptyText,
                "MessageLen is 0, want at least 1",
            ),
        ] {
            assert_eq!(MessageHeader::parse(bytes), Err(error));
            assert_eq!(error.to_string(), shown);
        }
    }

    #[test]
    fn c_10_responses() {
        let (name, text) = ([b'n'; MAX_NAME], vec![b't'; MAX_TEXT]);
        let longest = [b"\xae\x73\x03\x01\x00\xff\xff\xff", &name[..], &text[..]].concat();
        for (messages, more, bytes) in [
            (&[][..], false, &b"\xae\x73\x03\x00\x00"[..]),
            (
                &[
                    Message {
                        sender: b"alice",
                        text: b"hello",
                    },
                    Message {
                        sender: b"b",
                        text: b"\0\xff",
                    },
                ],
                true,
                b"\xae\x73\x03\x02\x01\x05\x00\x05alicehello\x01\x00\x02b\0\xff",
            ),
            (
                &[Message {
                    sender: &name,
                    text: &text,
                }],
                false,
                &longest,
            ),
        ] {
            let mut out = b"before".to_vec();
            emit_response(messages, more, &mut out).unwrap();
            assert_eq!(out.strip_prefix(b"before"), Some(bytes));
        }
    }

    #[test]
    fn c_10_a_response_has_at_most_255_messages() {
        let messages = [Message {
            sender: b"a",
            text: b"b",
        }; MAX_ITEMS + 1];
        let mut out = Vec::new();
        let error = EmitError::TooManyItems { found: 256 };
        assert_eq!(emit_response(&messages, false, &mut out), Err(error));
        assert_eq!(out, b"");
        assert_eq!(
            error.to_string(),
            "256 messages for one response, want at most 255"
        );
        emit_response(&messages[..MAX_ITEMS], false, &mut out).unwrap();
        assert_eq!(out.len(), ResponseHeader::LEN + 255 * 5);
        assert_eq!(out.get(..5), Some(&b"\xae\x73\x03\xff\x00"[..]));
    }

    #[test]
    fn c_4_messages_that_would_be_invalid_are_refused_and_nothing_is_appended() {
        let (long_name, long_text) = (vec![b'n'; MAX_NAME + 1], vec![b't'; MAX_TEXT + 1]);
        let good = Message {
            sender: b"a",
            text: b"b",
        };
        for (bad, field, found) in [
            (
                Message {
                    sender: b"",
                    ..good
                },
                Field::Sender,
                0,
            ),
            (
                Message {
                    sender: &long_name,
                    ..good
                },
                Field::Sender,
                256,
            ),
            (Message { text: b"", ..good }, Field::Text, 0),
            (
                Message {
                    text: &long_text,
                    ..good
                },
                Field::Text,
                65_536,
            ),
        ] {
            let mut out = b"before".to_vec();
            let error = EmitError::Length { field, found };
            assert_eq!(emit_response(&[good, bad], false, &mut out), Err(error));
            assert_eq!(out, b"before");
        }
    }
}
