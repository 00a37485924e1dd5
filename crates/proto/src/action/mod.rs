//! The action protocol: a text to transform, behind a 5/27-bit header.
//!
//! Source: the assignment "TCP Server", section Protocol; action codes (T-3) and
//! [`transform::transform`] are from the same course's TCP Client v3 page and starter files.
//!
//! A request (T-1) is one 32-bit word and its data. Any number of them follow each other on one
//! connection:
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |  Action |               Message Length (27 bits)              |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                    Data (Message Length bytes)               |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```
//!
//! A response (T-2) has the length alone; responses come in the order of their requests (T-4):
//!
//! ```text
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                    Message Length (32 bits)                   |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |                    Data (Message Length bytes)               |
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! ```
//!
//! Both lengths count bytes and do not include the header. Data is text in UTF-8.

use std::fmt;
use std::str::FromStr;

mod decoder;
mod header;
pub mod transform;

pub use decoder::{ResponseDecoder, ResponseEvent, Truncated};
pub use header::{RequestHeader, ResponseHeader, TooLong};

/// The server's default port (T-20).
pub const DEFAULT_PORT: u16 = 8083;

/// The data of a response to a request that cannot be carried out (T-5).
pub const ERROR_MESSAGE: &[u8] = b"error";

/// What a request asks to be done with its text (T-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// 0x01: full Unicode upper case (T-9).
    Uppercase,
    /// 0x02: full Unicode lower case (T-9).
    Lowercase,
    /// 0x04: code points in reverse order (T-10).
    Reverse,
    /// 0x08: code points in random order (T-11).
    Shuffle,
    /// 0x10: code points dropped and repeated at random (T-12).
    Random,
    /// One of the other 27 codes, kept as it came.
    Reserved(u8),
}

impl Action {
    /// The action with this code. A code has five bits: the upper three of `code` are ignored.
    pub const fn from_code(code: u8) -> Self {
        match code & 0x1f {
            0x01 => Self::Uppercase,
            0x02 => Self::Lowercase,
            0x04 => Self::Reverse,
            0x08 => Self::Shuffle,
            0x10 => Self::Random,
            reserved => Self::Reserved(reserved),
        }
    }

    /// The code of this action, 0 to 31.
    pub const fn code(self) -> u8 {
        match self {
            Self::Uppercase => 0x01,
            Self::Lowercase => 0x02,
            Self::Reverse => 0x04,
            Self::Shuffle => 0x08,
            Self::Random => 0x10,
            Self::Reserved(code) => code & 0x1f,
        }
    }

    /// The name of this action in a request file; `reserved` for those that have none.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uppercase => "uppercase",
            Self::Lowercase => "lowercase",
            Self::Reverse => "reverse",
            Self::Shuffle => "shuffle",
            Self::Random => "random",
            Self::Reserved(_) => "reserved",
        }
    }
}

/// The name, and the code too if it is reserved.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reserved(code) => write!(f, "{} 0x{code:02x}", self.name()),
            _ => f.write_str(self.name()),
        }
    }
}

/// Reads one of the five names, in lower case as the course writes them.
impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(name: &str) -> Result<Self, UnknownAction> {
        let named = [
            Self::Uppercase,
            Self::Lowercase,
            Self::Reverse,
            Self::Shuffle,
            Self::Random,
        ];
        named
            .into_iter()
            .find(|action| action.name() == name)
            .ok_or(UnknownAction)
    }
}

/// The text is not the name of an action. The message does not repeat it: the caller adds it,
/// escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown action, want uppercase, lowercase, reverse, shuffle or random")]
pub struct UnknownAction;

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: [(Action, u8, &str); 5] = [
        (Action::Uppercase, 0x01, "uppercase"),
        (Action::Lowercase, 0x02, "lowercase"),
        (Action::Reverse, 0x04, "reverse"),
        (Action::Shuffle, 0x08, "shuffle"),
        (Action::Random, 0x10, "random"),
    ];

    #[test]
    fn t_3_named_actions() {
        for (action, code, name) in NAMED {
            assert_eq!(Action::from_code(code), action);
            assert_eq!(action.code(), code);
            assert_eq!(action.name(), name);
            assert_eq!(action.to_string(), name);
            assert_eq!(name.parse(), Ok(action));
        }
    }

    #[test]
    fn t_3_the_other_27_codes_are_reserved_and_kept() {
        let reserved: Vec<u8> = (0..32)
            .filter(|code| NAMED.iter().all(|(_, named, _)| named != code))
            .collect();
        assert_eq!(reserved.len(), 27);
        for code in reserved {
            assert_eq!(Action::from_code(code), Action::Reserved(code));
            assert_eq!(Action::Reserved(code).code(), code);
            assert_eq!(Action::Reserved(code).name(), "reserved");
        }
        assert_eq!(Action::Reserved(0x1f).to_string(), "reserved 0x1f");
    }

    #[test]
    fn t_1_a_code_has_five_bits() {
        for byte in 0..=u8::MAX {
            assert_eq!(Action::from_code(byte), Action::from_code(byte & 0b1_1111));
            assert_eq!(Action::from_code(byte).code(), byte & 0b1_1111);
            assert_eq!(Action::Reserved(byte).code(), byte & 0b1_1111);
        }
    }

    #[test]
    fn t_5_t_20_constants() {
        assert_eq!(ERROR_MESSAGE, b"error");
        assert_eq!(DEFAULT_PORT, 8083);
    }

    #[test]
    fn tc_3_other_names_are_refused() {
        for name in ["", "Uppercase", " reverse", "random ", "reserved", "upper"] {
            assert_eq!(name.parse::<Action>(), Err(UnknownAction), "{name:?}");
        }
    }
}
