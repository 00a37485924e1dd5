//! The pickles that a program under test sends: as much of the format as plain data needs, in every
//! protocol. What Python writes, and any other right way to write the same, is read.
//!
//! No crate: those that read pickles copy what the memo holds whenever it is asked for, so that a
//! hundred bytes stand for billions of values, and call themselves for each level of nesting. Nor
//! our own codec: the judge must not share the mistakes of the judged.

use std::collections::HashMap;
use std::fmt;

use harness::shown;

use crate::{Conversation, Problem};

/// The longest pickle that is read: as many bytes as one `recv` of the assignment takes.
pub(crate) const LONGEST: usize = 4096;

/// Receives the next object, whatever it is.
///
/// # Errors
/// A [`Problem`] if no pickle of plain data comes.
pub(crate) fn receive(conversation: &mut Conversation) -> Result<Object, Problem> {
    const WANTED: &str = "a whole pickle";
    conversation.receive_one(WANTED, |bytes| match read(bytes) {
        Reading::Whole(object, length) => Ok(Some((object, length))),
        Reading::Part => Ok(None),
        Reading::Wrong { at } => Err(Problem::broken(
            format!("{WANTED} of plain data, of at most {LONGEST} bytes"),
            format!("{}, which is none at byte {at}", shown(bytes)),
        )),
    })
}

/// A text of any length as a pickle.
pub(crate) fn long_text(text: &str) -> Vec<u8> {
    let length = (text.len() as u32).to_le_bytes();
    [b"\x80\x04X", &length[..], text.as_bytes(), b"."].concat()
}

/// A Python object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    Integer(i64),
    /// A text, as it is written in the pickle.
    Text(Vec<u8>),
    Dictionary(Vec<(Self, Self)>),
    /// Anything else, by its kind; what is inside of it is not looked at.
    Other(&'static str),
}

impl Object {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.as_bytes().to_vec())
    }

    /// What a dictionary has for a key that is a text.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Dictionary(entries) = self else {
            return None;
        };
        let is_wanted = |(found, _): &&(Self, Self)| *found == Self::text(key);
        entries.iter().rfind(is_wanted).map(|(_, value)| value)
    }
}

/// As Python shows it, nearly.
impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Text(text) => write!(f, "'{}'", cli::escape(text)),
            Self::Dictionary(entries) => {
                f.write_str("{")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{key}: {value}")?;
                }
                f.write_str("}")
            }
            Self::Other(kind) => f.write_str(kind),
        }
    }
}

/// What the bytes from the start of a pickle are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// An object, and the length of its pickle.
    Whole(Object, usize),
    /// The beginning of a pickle.
    Part,
    /// Something else, from this byte on.
    Wrong { at: usize },
}

pub(crate) fn read(bytes: &[u8]) -> Reading {
    let mut reader = Reader {
        rest: bytes,
        stack: Vec::new(),
        memo: HashMap::new(),
    };
    loop {
        let at = bytes.len() - reader.rest.len();
        if at >= LONGEST {
            return Reading::Wrong { at };
        }
        match reader.step() {
            Ok(None) => {}
            Ok(Some(object)) => return Reading::Whole(object, bytes.len() - reader.rest.len()),
            Err(Stop::AtEnd) => return Reading::Part,
            Err(Stop::Wrong) => return Reading::Wrong { at },
        }
    }
}

/// Why a pickle cannot be read on.
enum Stop {
    AtEnd,
    Wrong,
}

/// A value on the stack of the machine for which a pickle is a program.
#[derive(Clone)]
enum Item {
    Mark,
    Object(Object),
}

struct Reader<'a> {
    rest: &'a [u8],
    stack: Vec<Item>,
    memo: HashMap<u64, Object>,
}

impl<'a> Reader<'a> {
    /// Reads an instruction, and returns the object if it was the last one.
    fn step(&mut self) -> Result<Option<Object>, Stop> {
        let [opcode] = self.take_array()?;
        match opcode {
            // Instructions that do not change the object: PROTO, FRAME.
            0x80 => self.take(1).map(drop)?,
            0x95 => self.take(8).map(drop)?,
            b'.' => return self.pop().map(Some),

            b'K' => self.integer(1, false)?,
            b'M' => self.integer(2, false)?,
            b'J' => self.integer(4, true)?,
            0x8a => {
                let [length] = self.take_array()?;
                self.integer(length.into(), true)?;
            }
            b'I' | b'L' => self.decimal()?,
            b'U' | 0x8c => self.counted(1, Object::Text)?,
            b'T' | b'X' => self.counted(4, Object::Text)?,
            0x8d => self.counted(8, Object::Text)?,
            b'V' => {
                let text = self.line()?.to_vec();
                self.push(Object::Text(text));
            }

            b'N' => self.push(Object::Other("None")),
            0x88 => self.push(Object::Other("True")),
            0x89 => self.push(Object::Other("False")),
            b')' => self.push(Object::Other("a tuple")),
            b']' => self.push(Object::Other("a list")),
            0x8f => self.push(Object::Other("a set")),
            b'G' => {
                self.take(8)?;
                self.push(Object::Other("a float"));
            }
            b'F' => {
                self.line()?;
                self.push(Object::Other("a float"));
            }
            b'S' => {
                self.line()?;
                self.push(Object::Other("a text of Python 2"));
            }
            b'C' => self.counted(1, |_| Object::Other("bytes"))?,
            b'B' => self.counted(4, |_| Object::Other("bytes"))?,
            0x8e => self.counted(8, |_| Object::Other("bytes"))?,
            0x96 => self.counted(8, |_| Object::Other("a bytearray"))?,

            b'(' => self.stack.push(Item::Mark),
            b'}' => self.push(Object::Dictionary(Vec::new())),
            b'd' => {
                let members = self.pop_to_mark()?;
                self.push(Object::Dictionary(Vec::new()));
                self.set_items(members)?;
            }
            b's' => {
                let value = self.pop()?;
                let members = vec![self.pop()?, value];
                self.set_items(members)?;
            }
            b'u' => {
                let members = self.pop_to_mark()?;
                self.set_items(members)?;
            }
            b'l' => {
                self.pop_to_mark()?;
                self.push(Object::Other("a list"));
            }
            b't' => {
                self.pop_to_mark()?;
                self.push(Object::Other("a tuple"));
            }
            0x91 => {
                self.pop_to_mark()?;
                self.push(Object::Other("a frozenset"));
            }
            b'a' => self.pop().map(drop)?,
            b'e' | 0x90 => self.pop_to_mark().map(drop)?,
            0x85..=0x87 => {
                for _ in 0x84..opcode {
                    self.pop()?;
                }
                self.push(Object::Other("a tuple"));
            }

            0x94 => self.remember(self.memo.len() as u64)?,
            b'q' => {
                let place = self.number(1)?;
                self.remember(place)?;
            }
            b'r' => {
                let place = self.number(4)?;
                self.remember(place)?;
            }
            b'p' => {
                let place = parse(self.line()?)?;
                self.remember(place)?;
            }
            b'h' => {
                let place = self.number(1)?;
                self.recall(place)?;
            }
            b'j' => {
                let place = self.number(4)?;
                self.recall(place)?;
            }
            b'g' => {
                let place = parse(self.line()?)?;
                self.recall(place)?;
            }
            _ => return Err(Stop::Wrong),
        }
        Ok(None)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Stop> {
        if count > LONGEST {
            return Err(Stop::Wrong);
        }
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Stop::AtEnd)?;
        self.rest = rest;
        Ok(taken)
    }

    fn take_array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Stop::AtEnd)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// Up to a line feed, which is taken too.
    fn line(&mut self) -> Result<&'a [u8], Stop> {
        let mut parts = self.rest.splitn(2, |byte| *byte == b'\n');
        match (parts.next(), parts.next()) {
            (Some(line), Some(rest)) => {
                self.rest = rest;
                Ok(line)
            }
            _ => Err(Stop::AtEnd),
        }
    }

    /// A number without sign, least byte first.
    fn number(&mut self, size: usize) -> Result<u64, Stop> {
        let bytes = self.take(size)?.iter().rev();
        Ok(bytes.fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn integer(&mut self, size: usize, signed: bool) -> Result<(), Stop> {
        let unused = 8_usize.checked_sub(size).ok_or(Stop::Wrong)? * 8;
        let number = self.number(size)?;
        let integer = if signed && size > 0 {
            (number << unused) as i64 >> unused
        } else {
            number as i64
        };
        self.push(Object::Integer(integer));
        Ok(())
    }

    /// `I7`, `L7L`; `I00` and `I01` are false and true.
    fn decimal(&mut self) -> Result<(), Stop> {
        let line = self.line()?;
        let object = match line {
            b"00" => Object::Other("False"),
            b"01" => Object::Other("True"),
            _ => Object::Integer(parse(line.strip_suffix(b"L").unwrap_or(line))?),
        };
        self.push(object);
        Ok(())
    }

    /// As many bytes as a length field of this size announces.
    fn counted(&mut self, size: usize, object: fn(Vec<u8>) -> Object) -> Result<(), Stop> {
        let length = usize::try_from(self.number(size)?).map_err(|_| Stop::Wrong)?;
        let bytes = self.take(length)?.to_vec();
        self.push(object(bytes));
        Ok(())
    }

    fn push(&mut self, object: Object) {
        self.stack.push(Item::Object(object));
    }

    fn pop(&mut self) -> Result<Object, Stop> {
        match self.stack.pop() {
            Some(Item::Object(object)) => Ok(object),
            Some(Item::Mark) | None => Err(Stop::Wrong),
        }
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Object>, Stop> {
        let mut members = Vec::new();
        loop {
            match self.stack.pop() {
                Some(Item::Object(object)) => members.push(object),
                Some(Item::Mark) => break,
                None => return Err(Stop::Wrong),
            }
        }
        members.reverse();
        Ok(members)
    }

    fn set_items(&mut self, members: Vec<Object>) -> Result<(), Stop> {
        let Some(Item::Object(Object::Dictionary(entries))) = self.stack.last_mut() else {
            return Err(Stop::Wrong);
        };
        let mut members = members.into_iter().map(flat);
        while let Some(key) = members.next() {
            let value = members.next().ok_or(Stop::Wrong)?;
            entries.push((key, value));
        }
        Ok(())
    }

    fn remember(&mut self, place: u64) -> Result<(), Stop> {
        let Some(Item::Object(object)) = self.stack.last() else {
            return Err(Stop::Wrong);
        };
        // What is remembered often is a text.
        self.memo.insert(place, flat(object.clone()));
        Ok(())
    }

    fn recall(&mut self, place: u64) -> Result<(), Stop> {
        let object = self.memo.get(&place).cloned().ok_or(Stop::Wrong)?;
        self.push(object);
        Ok(())
    }
}

/// Without its members, so that repeated objects do not multiply.
fn flat(object: Object) -> Object {
    match object {
        Object::Dictionary(_) => Object::Other("a dictionary"),
        object => object,
    }
}

fn parse<T: std::str::FromStr>(line: &[u8]) -> Result<T, Stop> {
    let text = std::str::from_utf8(line).map_err(|_| Stop::Wrong)?;
    text.parse().map_err(|_| Stop::Wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{'clientid': 51669}`, as Python 3.11 writes it in the protocols 0 to 4.
    const IDS: [&[u8]; 5] = [
        b"(dp0\nVclientid\np1\nI51669\ns.",
        b"}q\0X\x08\0\0\0clientidq\x01M\xd5\xc9s.",
        b"\x80\x02}q\0X\x08\0\0\0clientidq\x01M\xd5\xc9s.",
        b"\x80\x03}q\0X\x08\0\0\0clientidq\x01M\xd5\xc9s.",
        b"\x80\x04\x95\x12\0\0\0\0\0\0\0}\x94\x8c\x08clientid\x94M\xd5\xc9s.",
    ];

    fn object(bytes: &[u8]) -> Object {
        match read(bytes) {
            Reading::Whole(object, length) if length == bytes.len() => object,
            reading => panic!("{reading:?}"),
        }
    }

    #[test]
    fn p_3_an_id_in_every_protocol_and_no_part_of_it() {
        for bytes in IDS {
            let id = object(bytes);
            assert_eq!(id.get("clientid"), Some(&Object::Integer(51669)));
            assert_eq!(id.get("client"), None);
            for length in 0..bytes.len() {
                assert_eq!(read(&bytes[..length]), Reading::Part, "{length}");
            }
            let with_more = [bytes, b"more"].concat();
            assert_eq!(read(&with_more), Reading::Whole(id, bytes.len()));
        }
    }

    #[test]
    fn other_ways_to_write_the_same() {
        for bytes in [
            &b"}(X\x08\0\0\0clientidJ\xd5\xc9\0\0u."[..],
            b"(X\x08\0\0\0clientidJ\xd5\xc9\0\0d.",
            b"(\x8d\x08\0\0\0\0\0\0\0clientid\x8a\x03\xd5\xc9\0d.",
            b"}U\x08clientidL51669L\ns.",
        ] {
            let id = object(bytes);
            assert_eq!(id.get("clientid"), Some(&Object::Integer(51669)));
        }
    }

    #[test]
    fn p_6_any_plain_object_ends() {
        for (bytes, expected) in [
            (&b"K\x01."[..], Object::Integer(1)),
            (b"J\xff\xff\xff\xff.", Object::Integer(-1)),
            (b"\x8a\x00.", Object::Integer(0)),
            (
                b"Vserver got the data\np0\n.",
                Object::text("server got the data"),
            ),
            (b"I01\n.", Object::Other("True")),
            (b"\x80\x02]q\0(K\x01K\x02e.", Object::Other("a list")),
            (b"K\x01K\x02\x86q\0.", Object::Other("a tuple")),
            (b"(K\x01N\x88G\0\0\0\0\0\0\0\0t.", Object::Other("a tuple")),
            (b"\x80\x04\x8f\x94(K\x01\x90.", Object::Other("a set")),
            (b"C\x02\xff\xfe.", Object::Other("bytes")),
        ] {
            assert_eq!(object(bytes), expected);
        }
        let shown = object(b"}(X\x01\0\0\0\nK\x01]Nu.").to_string();
        assert_eq!(shown, r"{'\n': 1, a list: None}");
        let nested = object(b"}(X\x01\0\0\0aq\0}h\0]su.");
        assert_eq!(nested.get("a"), Some(&Object::Other("a dictionary")));
    }

    #[test]
    fn what_is_no_pickle_of_plain_data() {
        for (bytes, at) in [
            (&b"hello"[..], 0),
            (b".", 0),
            (b"K\x01s.", 2),
            (b"cposix\nsystem\n.", 0),
            (b"X\xff\xff\xff\xff", 0),
            (b"(K\x01u.", 3),
            (b"(K\x01d.", 3),
        ] {
            assert_eq!(read(bytes), Reading::Wrong { at }, "{bytes:?}");
        }
        let endless = [b'N'; LONGEST + 1];
        assert_eq!(read(&endless), Reading::Wrong { at: LONGEST });
    }
}
