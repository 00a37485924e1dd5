//! The message protocol: messages stored for a receiver until they are read.
//!
//! Source: the assignment "COSC264 Assignment", section 3.3.
//!
//! A client sends one MessageRequest (3.3.1, C-1); ID is 1 to read, 2 to create:
//!
//! ```text
//!  0        1        2        3        4        5        6
//! +--------+--------+--------+--------+--------+--------+--------+
//! |  MagicNo 0xAE73 |   ID   | NameLen| RecvLen|   MessageLen    |  fixed header, 7 bytes
//! +--------+--------+--------+--------+--------+--------+--------+
//! |  name (NameLen bytes)                                       |
//! +--------------------------------------------------------------+
//! |  receiver (ReceiverLen bytes, none to read)                 |
//! +--------------------------------------------------------------+
//! |  message text (MessageLen bytes, none to read)              |
//! +--------------------------------------------------------------+
//! ```
//!
//! To a read request the server answers with one MessageResponse (3.3.2, C-3):
//!
//! ```text
//!  0        1        2        3        4
//! +--------+--------+--------+--------+--------+
//! |  MagicNo 0xAE73 |   3    |NumItems|MoreMsgs|  fixed header, 5 bytes
//! +--------+--------+--------+--------+--------+
//! then NumItems times:
//! +--------+--------+--------+
//! |SendrLen|   MessageLen    |                    message header, 3 bytes
//! +--------+--------+--------+-----------------+
//! |  sender (SenderLen bytes)                 |
//! +--------------------------------------------+
//! |  message text (MessageLen bytes)          |
//! +--------------------------------------------+
//! ```
//!
//! Every length counts bytes, not characters. Integers are in network byte order. Names and texts
//! are any bytes here: the programs require UTF-8.

use std::ops::RangeInclusive;
use std::time::Duration;

mod decoder;
mod error;
mod request;
mod response;

pub use decoder::{ResponseDecoder, ResponseEvent};
pub use error::{EmitError, Field, RequestError, ResponseError};
pub use request::{Request, RequestHeader};
pub use response::{Message, MessageHeader, ResponseHeader, emit_response};

/// The first field of both records (C-1, C-3).
pub const MAGIC: u16 = 0xae73;

/// The longest name of a user, receiver or sender, in bytes. The shortest has 1.
pub const MAX_NAME: usize = u8::MAX as usize;

/// The longest text of a message, in bytes. The shortest has 1.
pub const MAX_TEXT: usize = u16::MAX as usize;

/// The most messages that one response can hold (C-10).
pub const MAX_ITEMS: usize = u8::MAX as usize;

/// The ports that a server may use (C-5, C-17).
pub const PORTS: RangeInclusive<u16> = 1_024..=64_000;

/// The longest gap while a record is read or written, and the longest that a whole request may
/// take (C-7, C-21; section 3.5).
pub const READ_GAP: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_5_c_7_c_10_constants() {
        assert_eq!((*PORTS.start(), *PORTS.end()), (1_024, 64_000));
        assert_eq!(READ_GAP, Duration::from_secs(1));
        assert_eq!((MAX_NAME, MAX_TEXT, MAX_ITEMS), (255, 65_535, 255));
    }
}
