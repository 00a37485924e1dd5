//! The MessageRequest record (C-1, C-2).

use byteorder::{BigEndian, ByteOrder};

use super::{EmitError, Field, MAGIC, RequestError};
use crate::input::take;

mod field {
    use std::ops::Range;

    pub(super) const MAGIC: Range<usize> = 0..2;
    pub(super) const ID: usize = 2;
    pub(super) const NAME_LEN: usize = 3;
    pub(super) const RECEIVER_LEN: usize = 4;
    pub(super) const TEXT_LEN: Range<usize> = 5..7;
}

const READ: u8 = 1;
const CREATE: u8 = 2;

/// The fixed header of a valid request: what it asks for and how long its parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestHeader {
    kind: Kind,
    name_len: u8,
    receiver_len: u8,
    text_len: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Read,
    Create,
}

impl RequestHeader {
    /// Bytes on the wire.
    pub const LEN: usize = 7;

    /// Reads a header and checks all of C-2, in the order of the record.
    ///
    /// # Errors
    /// A [`RequestError`] for the first field that is wrong.
    pub fn parse(bytes: [u8; Self::LEN]) -> Result<Self, RequestError> {
        let magic = BigEndian::read_u16(&bytes[field::MAGIC]);
        if magic != MAGIC {
            return Err(RequestError::BadMagic { found: magic });
        }
        let kind = match bytes[field::ID] {
            READ => Kind::Read,
            CREATE => Kind::Create,
            found => return Err(RequestError::BadId { found }),
        };
        let header = Self {
            kind,
            name_len: bytes[field::NAME_LEN],
            receiver_len: bytes[field::RECEIVER_LEN],
            text_len: BigEndian::read_u16(&bytes[field::TEXT_LEN]),
        };
        header.check_lengths()?;
        Ok(header)
    }

    /// The header's bytes.
    pub fn emit(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        BigEndian::write_u16(&mut bytes[field::MAGIC], MAGIC);
        bytes[field::ID] = match self.kind {
            Kind::Read => READ,
            Kind::Create => CREATE,
        };
        bytes[field::NAME_LEN] = self.name_len;
        bytes[field::RECEIVER_LEN] = self.receiver_len;
        BigEndian::write_u16(&mut bytes[field::TEXT_LEN], self.text_len);
        bytes
    }

    /// The length of the whole record in bytes, this header included: at most 66,052.
    pub const fn record_len(self) -> usize {
        Self::LEN + self.name_len as usize + self.receiver_len as usize + self.text_len as usize
    }

    const fn check_lengths(self) -> Result<(), RequestError> {
        if self.name_len == 0 {
            return Err(RequestError::EmptyName);
        }
        match (self.kind, self.receiver_len, self.text_len) {
            (Kind::Read, 0, 0) => Ok(()),
            (Kind::Read, 0, found) => Err(RequestError::TextInRead { found }),
            (Kind::Read, found, _) => Err(RequestError::ReceiverInRead { found }),
            (Kind::Create, 0, _) => Err(RequestError::EmptyReceiver),
            (Kind::Create, _, 0) => Err(RequestError::EmptyText),
            (Kind::Create, _, _) => Ok(()),
        }
    }
}

/// What a client asks for.
///
/// ```
/// use proto::message::Request;
///
/// let request = Request::Create { sender: b"alice", receiver: b"bob", text: b"hello" };
/// let mut record = Vec::new();
/// request.emit(&mut record)?;
/// assert_eq!(record, b"\xae\x73\x02\x05\x03\x00\x05alicebobhello");
/// assert_eq!(Request::parse(&record), Ok(request));
/// # Ok::<(), proto::message::EmitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// The messages stored for a user (C-10).
    Read {
        /// The user, 1 to 255 bytes.
        name: &'a [u8],
    },
    /// To store a message (C-9).
    Create {
        /// Who sends it, 1 to 255 bytes.
        sender: &'a [u8],
        /// For whom it is stored, 1 to 255 bytes.
        receiver: &'a [u8],
        /// The message, 1 to 65,535 bytes.
        text: &'a [u8],
    },
}

impl<'a> Request<'a> {
    /// Reads one whole record; its parts are borrowed from it.
    ///
    /// # Errors
    /// A [`RequestError`] for what is wrong with the header (C-2), or else if the record is shorter
    /// or longer than its header says (C-8).
    pub fn parse(record: &'a [u8]) -> Result<Self, RequestError> {
        let Some((bytes, mut body)) = record.split_first_chunk() else {
            return Err(RequestError::Truncated {
                missing: RequestHeader::LEN - record.len(),
            });
        };
        let header = RequestHeader::parse(*bytes)?;
        let announced = header.record_len();
        if record.len() < announced {
            return Err(RequestError::Truncated {
                missing: announced - record.len(),
            });
        }
        if record.len() > announced {
            return Err(RequestError::TooLong {
                found: record.len(),
                announced,
            });
        }
        let name = take(&mut body, header.name_len.into());
        Ok(match header.kind {
            Kind::Read => Self::Read { name },
            Kind::Create => {
                let receiver = take(&mut body, header.receiver_len.into());
                Self::Create {
                    sender: name,
                    receiver,
                    text: body,
                }
            }
        })
    }

    /// Appends the record to `out`.
    ///
    /// # Errors
    /// [`EmitError::Length`] if a part is too short or too long. Nothing is appended then.
    pub fn emit(&self, out: &mut Vec<u8>) -> Result<(), EmitError> {
        let header = self.header()?;
        out.reserve(self.emitted_len());
        out.extend_from_slice(&header.emit());
        for part in self.parts() {
            out.extend_from_slice(part);
        }
        Ok(())
    }

    /// How many bytes [`emit`](Self::emit) appends.
    pub fn emitted_len(&self) -> usize {
        RequestHeader::LEN + self.parts().iter().map(|part| part.len()).sum::<usize>()
    }

    fn header(&self) -> Result<RequestHeader, EmitError> {
        Ok(match self {
            Self::Read { name } => RequestHeader {
                kind: Kind::Read,
                name_len: Field::Name.length(name)?,
                receiver_len: 0,
                text_len: 0,
            },
            Self::Create {
                sender,
                receiver,
                text,
            } => RequestHeader {
                kind: Kind::Create,
                name_len: Field::Sender.length(sender)?,
                receiver_len: Field::Receiver.length(receiver)?,
                text_len: Field::Text.length(text)?,
            },
        })
    }

    /// What follows the header, in its order.
    const fn parts(&self) -> [&'a [u8]; 3] {
        match self {
            Self::Read { name } => [name, &[], &[]],
            Self::Create {
                sender,
                receiver,
                text,
            } => [sender, receiver, text],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{MAX_NAME, MAX_TEXT};

    fn emitted(request: Request<'_>) -> Vec<u8> {
        let mut record = Vec::new();
        request.emit(&mut record).unwrap();
        record
    }

    #[test]
    fn c_1_records() {
        let (name, text) = ([0xff; MAX_NAME], vec![0; MAX_TEXT]);
        let longest = [
            b"\xae\x73\x02\xff\xff\xff\xff",
            &name[..],
            &name[..],
            &text[..],
        ]
        .concat();
        for (request, bytes) in [
            (
                Request::Read {
                    name: b"alice stevens",
                },
                &b"\xae\x73\x01\x0d\0\0\0alice stevens"[..],
            ),
            (
                Request::Read { name: &name },
                &[b"\xae\x73\x01\xff\0\0\0", &name[..]].concat(),
            ),
            (
                Request::Create {
                    sender: b"a",
                    receiver: b"\xc3\xa9",
                    text: b"\0\n\x1b",
                },
                b"\xae\x73\x02\x01\x02\x00\x03a\xc3\xa9\0\n\x1b",
            ),
            (
                Request::Create {
                    sender: &name,
                    receiver: &name,
                    text: &text,
                },
                &longest,
            ),
        ] {
            assert_eq!(Request::parse(bytes), Ok(request));
            assert_eq!(emitted(request), bytes);
            assert_eq!(request.emitted_len(), bytes.len());
        }
        assert_eq!(longest.len(), 66_052);
    }

    #[test]
    fn c_1_emit_appends() {
        let mut out = b"before".to_vec();
        Request::Read { name: b"a" }.emit(&mut out).unwrap();
        assert_eq!(out, b"before\xae\x73\x01\x01\0\0\0a");
    }

    #[test]
    fn c_2_every_violation_is_an_error_of_its_own() {
        for (bytes, error, shown) in [
            (
                *b"\xae\x72\x01\x01\0\0\0",
                RequestError::BadMagic { found: 0xae72 },
                "MagicNo is 0xAE72, want 0xAE73",
            ),
            (
                *b"\x73\xae\x01\x01\0\0\0",
                RequestError::BadMagic { found: 0x73ae },
                "MagicNo is 0x73AE, want 0xAE73",
            ),
            (
                *b"\xae\x73\x00\x01\0\0\0",
                RequestError::BadId { found: 0 },
                "ID is 0, want 1 (read) or 2 (create)",
            ),
            (
                *b"\xae\x73\x03\x01\0\0\0",
                RequestError::BadId { found: 3 },
                "ID is 3, want 1 (read) or 2 (create)",
            ),
            (
                *b"\xae\x73\x01\x00\0\0\0",
                RequestError::EmptyName,
                "NameLen is 0, want at least 1",
            ),
            (
                *b"\xae\x73\x02\x00\x01\x00\x01",
                RequestError::EmptyName,
                "NameLen is 0, want at least 1",
            ),
            (
                *b"\xae\x73\x01\x01\x02\0\0",
                RequestError::ReceiverInRead { found: 2 },
                "ReceiverLen is 2, want 0 in a read request",
            ),
            (
                *b"\xae\x73\x01\x01\x00\x00\x01",
                RequestError::TextInRead { found: 1 },
                "MessageLen is 1, want 0 in a read request",
            ),
            (
                *b"\xae\x73\x01\x01\x00\x01\x00",
                RequestError::TextInRead { found: 256 },
                "MessageLen is 256, want 0 in a read request",
            ),
            (
                *b"\xae\x73\x02\x01\x00\x00\x01",
                RequestError::EmptyReceiver,
                "ReceiverLen is 0, want at least 1 in a create request",
            ),
            (
                *b"\xae\x73\x02\x01\x01\x00\x00",
                RequestError::EmptyText,
                "MessageLen is 0, want at least 1 in a create request",
            ),
        ] {
            assert_eq!(RequestHeader::parse(bytes), Err(error));
            assert_eq!(Request::parse(&bytes), Err(error));
            assert_eq!(error.to_string(), shown);
        }
    }

    #[test]
    fn c_2_a_header_is_valid_at_each_limit() {
        for (bytes, len) in [
            (*b"\xae\x73\x01\x01\0\0\0", 8),
            (*b"\xae\x73\x01\xff\0\0\0", 262),
            (*b"\xae\x73\x02\x01\x01\x00\x01", 10),
            (*b"\xae\x73\x02\x02\x03\x01\x00", 268),
            (*b"\xae\x73\x02\xff\xff\xff\xff", 66_052),
        ] {
            let header = RequestHeader::parse(bytes).unwrap();
            assert_eq!(header.record_len(), len);
            assert_eq!(header.emit(), bytes);
        }
    }

    #[test]
    fn c_8_fewer_bytes_than_announced() {
        let record = emitted(Request::Create {
            sender: b"a",
            receiver: b"b",
            text: b"hello",
        });
        for (len, missing) in [(0, 7), (6, 1), (7, 7), (8, 6), (13, 1)] {
            let error = RequestError::Truncated { missing };
            assert_eq!(Request::parse(&record[..len]), Err(error), "{len} bytes");
        }
        assert_eq!(
            RequestError::Truncated { missing: 6 }.to_string(),
            "request cut off: at least 6 more bytes wanted"
        );
    }

    #[test]
    fn c_8_more_bytes_than_announced() {
        for (request, announced) in [
            (Request::Read { name: b"a" }, 8),
            (
                Request::Create {
                    sender: b"a",
                    receiver: b"b",
                    text: b"c",
                },
                10,
            ),
        ] {
            let mut record = emitted(request);
            record.push(0);
            let error = RequestError::TooLong {
                found: announced + 1,
                announced,
            };
            assert_eq!(Request::parse(&record), Err(error));
        }
        assert_eq!(
            RequestError::TooLong {
                found: 9,
                announced: 8
            }
            .to_string(),
            "request is 9 bytes long, want the 8 that it announces"
        );
    }

    #[test]
    fn c_17_c_18_parts_that_do_not_fit_are_refused_and_nothing_is_appended() {
        let (name, long_name) = (vec![b'n'; MAX_NAME], vec![b'n'; MAX_NAME + 1]);
        let (text, long_text) = (vec![b't'; MAX_TEXT], vec![b't'; MAX_TEXT + 1]);
        let create = |sender, receiver, text| Request::Create {
            sender,
            receiver,
            text,
        };
        for (request, field, found) in [
            (Request::Read { name: b"" }, Field::Name, 0),
            (Request::Read { name: &long_name }, Field::Name, 256),
            (create(b"", &name, &text), Field::Sender, 0),
            (create(&long_name, &name, &text), Field::Sender, 256),
            (create(&name, b"", &text), Field::Receiver, 0),
            (create(&name, &long_name, &text), Field::Receiver, 256),
            (create(&name, &name, b""), Field::Text, 0),
            (create(&name, &name, &long_text), Field::Text, 65_536),
        ] {
            let mut out = b"before".to_vec();
            assert_eq!(
                request.emit(&mut out),
                Err(EmitError::Length { field, found })
            );
            assert_eq!(out, b"before");
        }
        assert_eq!(
            EmitError::Length {
                field: Field::Receiver,
                found: 256
            }
            .to_string(),
            "receiver is 256 bytes long, want 1 to 255"
        );
        assert_eq!(
            EmitError::Length {
                field: Field::Text,
                found: 0
            }
            .to_string(),
            "message is 0 bytes long, want 1 to 65535"
        );
    }
}
