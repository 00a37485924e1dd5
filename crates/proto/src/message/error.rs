//! What can be wrong with a record that is read, or with values to write.

use std::fmt;

use super::{MAGIC, MAX_ITEMS, MAX_NAME, MAX_TEXT, ResponseHeader};

/// What is wrong with a MessageRequest (C-2, C-8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// MagicNo is not 0xAE73.
    #[error("MagicNo is 0x{found:04X}, want 0x{MAGIC:04X}")]
    BadMagic {
        /// The number that came.
        found: u16,
    },
    /// ID is neither 1 nor 2.
    #[error("ID is {found}, want 1 (read) or 2 (create)")]
    BadId {
        /// The ID that came.
        found: u8,
    },
    /// NameLen is 0.
    #[error("NameLen is 0, want at least 1")]
    EmptyName,
    /// ReceiverLen is not 0 in a read request.
    #[error("ReceiverLen is {found}, want 0 in a read request")]
    ReceiverInRead {
        /// The length that came.
        found: u8,
    },
    /// MessageLen is not 0 in a read request.
    #[error("MessageLen is {found}, want 0 in a read request")]
    TextInRead {
        /// The length that came.
        found: u16,
    },
    /// ReceiverLen is 0 in a create request.
    #[error("ReceiverLen is 0, want at least 1 in a create request")]
    EmptyReceiver,
    /// MessageLen is 0 in a create request.
    #[error("MessageLen is 0, want at least 1 in a create request")]
    EmptyText,
    /// The record is shorter than its header says.
    #[error("request cut off: at least {missing} more bytes wanted")]
    Truncated {
        /// How many bytes are missing; of the header, if it is not whole.
        missing: usize,
    },
    /// The record is longer than its header says.
    #[error("request is {found} bytes long, want the {announced} that it announces")]
    TooLong {
        /// The bytes that are there, header included.
        found: usize,
        /// The bytes that the header announces, itself included.
        announced: usize,
    },
}

/// What is wrong with a MessageResponse (C-4, C-22).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// MagicNo is not 0xAE73.
    #[error("MagicNo is 0x{found:04X}, want 0x{MAGIC:04X}")]
    BadMagic {
        /// The number that came.
        found: u16,
    },
    /// ID is not 3.
    #[error("ID is {found}, want 3 (response)")]
    BadId {
        /// The ID that came.
        found: u8,
    },
    /// MoreMsgs is neither 0 nor 1.
    #[error("MoreMsgs is {found}, want 0 or 1")]
    BadMore {
        /// The value that came.
        found: u8,
    },
    /// A SenderLen is 0.
    #[error("SenderLen is 0, want at least 1")]
    EmptySender,
    /// A MessageLen is 0.
    #[error("MessageLen is 0, want at least 1")]
    EmptyText,
    /// The stream ended inside the fixed header, or before it.
    #[error(
        "response cut off: {missing} of {} header bytes missing",
        ResponseHeader::LEN
    )]
    TruncatedHeader {
        /// How many of its bytes are missing.
        missing: usize,
    },
    /// The stream ended inside or before a message.
    #[error(
        "response cut off after {received} of {items} messages: \
         at least {missing} more bytes wanted"
    )]
    TruncatedMessage {
        /// How many messages came whole before it.
        received: u8,
        /// How many messages the response announced.
        items: u8,
        /// How many bytes of this message are missing; of its header, if that is not whole.
        missing: usize,
    },
}

/// A part of a record whose length is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The name of a user who reads.
    Name,
    /// The name of a message's sender.
    Sender,
    /// The name of a message's receiver.
    Receiver,
    /// The text of a message.
    Text,
}

impl Field {
    /// The longest that this part may be, in bytes. The shortest is 1.
    pub const fn limit(self) -> usize {
        match self {
            Self::Name | Self::Sender | Self::Receiver => MAX_NAME,
            Self::Text => MAX_TEXT,
        }
    }

    /// The length of this part as its length field holds it.
    pub(super) fn length<L: TryFrom<usize>>(self, part: &[u8]) -> Result<L, EmitError> {
        let found = part.len();
        match L::try_from(found) {
            Ok(length) if found > 0 => Ok(length),
            _ => Err(EmitError::Length { field: self, found }),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "user name",
            Self::Sender => "sender",
            Self::Receiver => "receiver",
            Self::Text => "message",
        })
    }
}

/// Why there is no record for given values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    /// A part is empty or too long.
    #[error("{field} is {found} bytes long, want 1 to {}", .field.limit())]
    Length {
        /// Which part.
        field: Field,
        /// Its length in bytes.
        found: usize,
    },
    /// There are more messages than a response can hold.
    #[error("{found} messages for one response, want at most {MAX_ITEMS}")]
    TooManyItems {
        /// How many there are.
        found: usize,
    },
}
