//! Python pickles of plain data, read without Python and without trust.
//!
//! Source: the assignment "Lab 3: TCP server", items 5 and 6 (`pickle.dumps`, `pickle.loads`);
//! clauses P-4 to P-9.
//!
//! A pickle is a program for a machine with a stack and a memo. It ends with the opcode `.`, so
//! pickles follow each other on a stream without any frame around them:
//!
//! ```text
//! +--------+---------+--------+---------+- - -+-----+--------+- - -
//! | opcode | operand | opcode | operand |     |  .  | opcode |
//! +--------+---------+--------+---------+- - -+-----+--------+- - -
//! |<------------- one object --------------------->|<- the next one
//! ```
//!
//! An operand is nothing, 1 to 8 bytes, a length and as many bytes, or a line of text. Integers
//! are little-endian, floats big-endian. All protocols from 0 to 5 are read.
//!
//! Nothing is ever imported or called. The exception is how Python itself writes sets and bytes in
//! older protocols (P-8): `set`, `frozenset`, `bytes` and `bytearray`, and `_codecs.encode`,
//! applied to plain data, are understood as that data.
//!
//! ```
//! use proto::pickle::{Decoder, Plain};
//!
//! let mut pickle = Vec::new();
//! Plain::Dict(&[("clientid", Plain::Int(51669))]).emit(&mut pickle);
//!
//! let mut decoder = Decoder::new();
//! let (mut start, mut rest) = pickle.split_at(10);
//! assert!(decoder.next(&mut start)?.is_none()); // more is needed
//! let value = decoder.next(&mut rest)?.expect("the pickle is complete");
//! assert_eq!(value.to_string(), "{'clientid': 51669}");
//! assert_eq!(value.get("clientid").and_then(|id| id.as_integer()), Some(51669));
//! # Ok::<(), proto::pickle::Error>(())
//! ```

mod arena;
mod decoder;
mod emit;
mod error;
mod machine;
mod measure;
mod number;
mod opcode;
mod repr;
mod text;
mod value;

pub use decoder::Decoder;
pub use emit::Plain;
pub use error::Error;
pub use value::{Value, ValueRef};

/// The most bytes that one object may have (P-8).
pub const MAX_OBJECT_LEN: usize = 1024 * 1024;
/// The most levels of nesting: a list in a list has two (P-8).
pub const MAX_DEPTH: usize = 1_000;
/// The most values, counted with their repetitions: a value that is reached twice counts twice, and
/// so does everything in it (P-8).
pub const MAX_VALUES: usize = 200_000;
/// The most bits of an integer, its sign aside (P-8).
pub const MAX_INTEGER_BITS: u64 = 100_000;
/// The longest line, in bytes, that an object of any length may print as (P-8).
pub const MAX_LINE_LEN: usize = 64 * 1024;
/// A longer line is allowed for an object that came in many bytes: up to this many times as long
/// (P-8).
pub const MAX_LINE_RATIO: usize = 16;
/// The most bytes of text, bytes and digits of large integers, counted with their repetitions.
pub const MAX_TEXT_LEN: usize = 2 * 1024 * 1024;
/// The most values that may be built on the way to an object, those included that only stand for
/// the arguments of a call. With the memo, texts and lists beside them, decoding and printing an
/// object stays below 16 MiB (P-8).
const MAX_NODES: usize = MAX_VALUES + MAX_VALUES / 4;
/// The most bytes of text that may be built on the way to an object: older protocols write bytes
/// as a text first.
const MAX_TEXT_BUILT: usize = 2 * MAX_TEXT_LEN;
