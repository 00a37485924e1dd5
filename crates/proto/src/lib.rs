//! The wire formats of five network assignments, as codecs without sockets.
//!
//! Bytes go in and values come out, and back. Nothing here opens a socket, reads a clock, writes
//! a log or starts a thread; randomness comes in as an argument. So every format can be tested
//! completely in memory, and both ends of a protocol are written with the same code.
//!
//! | module | protocol |
//! |---|---|
//! | [`action`] | text transformations over a 5/27-bit header |
//! | [`accio`] | the handshake before a file, server and client side |
//! | [`math`] | sums, and a secret for right answers |
//! | [`message`] | store-and-forward messages |
//! | [`pickle`] | Python's plain data, as clients and the server of client ids send it |
//!
//! # Three shapes
//!
//! - **Fixed size**: `LEN` bytes, `parse([u8; LEN])` and `emit(self) -> [u8; LEN]`.
//! - **Whole record**: `parse(&[u8])` refuses leftovers, `emit(&self, &mut Vec<u8>)` appends,
//!   `emitted_len()` says how much.
//! - **Stream**: a decoder that keeps its state. `next(&mut input)` eats from the slice and hands
//!   out one event; `None` means that it needs more bytes and is no error. At the end of the
//!   stream `finish()` says whether it may end there.
//!
//! ```
//! use proto::action::{ResponseDecoder, ResponseEvent, Truncated};
//!
//! let mut decoder = ResponseDecoder::new();
//! let mut text = Vec::new();
//! for mut input in [&b"\x00\x00\x00\x05HE"[..], b"LL"] {
//!     while let Some(event) = decoder.next(&mut input) {
//!         if let ResponseEvent::Body(piece) = event {
//!             text.extend_from_slice(piece);
//!         }
//!     }
//! }
//! assert_eq!(text, b"HELL");
//! assert_eq!(decoder.finish(), Err(Truncated::Body { length: 5, missing: 1 }));
//! ```
//!
//! All multi-byte integers are in network byte order. Lengths are in bytes unless a name says
//! code points. A length that a peer announces is never an allocation.

pub mod accio;
pub mod action;
pub mod math;
pub mod message;
pub mod pickle;

mod input;
