//! The two headers of the action protocol.

use byteorder::{BigEndian, ByteOrder};

use super::Action;

/// How many bits of the request's word the length has.
const LENGTH_BITS: u32 = 27;

/// The header of a request: an action and the length of the data (T-1).
///
/// ```
/// use proto::action::{Action, RequestHeader};
///
/// let header = RequestHeader::parse([0x40, 0x00, 0x00, 0x0b]);
/// assert_eq!(header.action(), Action::Shuffle);
/// assert_eq!(header.length(), 11);
/// assert_eq!(RequestHeader::new(Action::Shuffle, 11), Ok(header));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestHeader {
    // Kept packed, as it stands on the wire, so that parse and emit cannot differ in any bit.
    word: u32,
}

impl RequestHeader {
    /// Bytes on the wire.
    pub const LEN: usize = 4;

    /// The longest data that a request can announce, in bytes: 134,217,727.
    pub const MAX_LENGTH: u32 = (1 << LENGTH_BITS) - 1;

    /// A header for `length` bytes of data.
    ///
    /// # Errors
    /// [`TooLong`] if `length` does not fit 27 bits.
    pub const fn new(action: Action, length: u32) -> Result<Self, TooLong> {
        if length > Self::MAX_LENGTH {
            return Err(TooLong { length });
        }
        Ok(Self {
            word: (action.code() as u32) << LENGTH_BITS | length,
        })
    }

    /// Reads a header. Every 32 bits are one, so this cannot fail.
    pub fn parse(bytes: [u8; Self::LEN]) -> Self {
        Self {
            word: BigEndian::read_u32(&bytes),
        }
    }

    /// The header's bytes.
    pub fn emit(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        BigEndian::write_u32(&mut bytes, self.word);
        bytes
    }

    /// What is to be done.
    pub const fn action(self) -> Action {
        Action::from_code((self.word >> LENGTH_BITS) as u8)
    }

    /// How many bytes of data follow, 0 to [`MAX_LENGTH`](Self::MAX_LENGTH).
    pub const fn length(self) -> u32 {
        self.word & Self::MAX_LENGTH
    }
}

/// The data is longer than a request header can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "message is {length} bytes long, want at most {}",
    RequestHeader::MAX_LENGTH
)]
pub struct TooLong {
    /// The length of the data, in bytes.
    pub length: u32,
}

/// The header of a response (T-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseHeader {
    /// How many bytes of data follow.
    pub length: u32,
}

impl ResponseHeader {
    /// Bytes on the wire.
    pub const LEN: usize = 4;

    /// Reads a header. Every 32 bits are one, so this cannot fail.
    pub fn parse(bytes: [u8; Self::LEN]) -> Self {
        Self {
            length: BigEndian::read_u32(&bytes),
        }
    }

    /// The header's bytes.
    pub fn emit(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        BigEndian::write_u32(&mut bytes, self.length);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_1_request_headers() {
        for (action, length, bytes) in [
            (Action::Shuffle, 11, [0x40, 0x00, 0x00, 0x0b]),
            (Action::Uppercase, 0, [0x08, 0x00, 0x00, 0x00]),
            (Action::Lowercase, 1, [0x10, 0x00, 0x00, 0x01]),
            (Action::Reverse, 0x0123_4567, [0x21, 0x23, 0x45, 0x67]),
            (Action::Random, 0x07ff_ffff, [0x87, 0xff, 0xff, 0xff]),
            (Action::Reserved(0x00), 0, [0x00, 0x00, 0x00, 0x00]),
            (
                Action::Reserved(0x1f),
                0x07ff_ffff,
                [0xff, 0xff, 0xff, 0xff],
            ),
        ] {
            let header = RequestHeader::parse(bytes);
            assert_eq!((header.action(), header.length()), (action, length));
            assert_eq!(RequestHeader::new(action, length), Ok(header));
            assert_eq!(header.emit(), bytes);
        }
    }

    #[test]
    fn t_1_every_bit_of_the_word_belongs_to_one_field() {
        for bit in 0..27 {
            let header = RequestHeader::parse((1_u32 << bit).to_be_bytes());
            assert_eq!((header.action().code(), header.length()), (0, 1 << bit));
            assert_eq!(header.emit(), (1_u32 << bit).to_be_bytes());
        }
        for bit in 27..32 {
            let header = RequestHeader::parse((1_u32 << bit).to_be_bytes());
            assert_eq!(
                (header.action().code(), header.length()),
                (1 << (bit - 27), 0)
            );
            assert_eq!(header.emit(), (1_u32 << bit).to_be_bytes());
        }
    }

    #[test]
    fn t_1_the_length_has_27_bits() {
        let action = Action::Random;
        for length in [134_217_726, 134_217_727] {
            assert_eq!(RequestHeader::new(action, length).unwrap().length(), length);
        }
        for length in [134_217_728, u32::MAX] {
            assert_eq!(RequestHeader::new(action, length), Err(TooLong { length }));
        }
        assert_eq!(
            TooLong {
                length: 134_217_728
            }
            .to_string(),
            "message is 134217728 bytes long, want at most 134217727"
        );
    }

    #[test]
    fn t_1_a_reserved_code_of_more_than_five_bits_does_not_reach_the_length() {
        let header = RequestHeader::new(Action::Reserved(0xff), 1).unwrap();
        assert_eq!(header.emit(), [0xf8, 0x00, 0x00, 0x01]);
        assert_eq!(header.action(), Action::Reserved(0x1f));
    }

    #[test]
    fn t_2_response_headers() {
        for (length, bytes) in [
            (0, [0x00, 0x00, 0x00, 0x00]),
            (5, [0x00, 0x00, 0x00, 0x05]),
            (0x0123_4567, [0x01, 0x23, 0x45, 0x67]),
            (u32::MAX, [0xff, 0xff, 0xff, 0xff]),
        ] {
            assert_eq!(ResponseHeader::parse(bytes), ResponseHeader { length });
            assert_eq!(ResponseHeader { length }.emit(), bytes);
        }
    }
}
