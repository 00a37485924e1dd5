//! From lines of text to requests, without files and sockets (TC-1, TC-3).

use std::ops::Range;

use cli::TERMINAL_LINE;
use proto::action::{Action, RequestHeader};

/// The size of the buffer, unless a line is longer.
const PIECE: usize = 64 * 1024;

/// A line longer than this holds no request: the longest name, a space, and the longest message.
const LONGEST_LINE: usize = b"uppercase ".len() + RequestHeader::MAX_LENGTH as usize + 1;

/// What some editors write at the start of a file in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// How much of a wrong action an error keeps.
const SHOWN: usize = 40;

/// Turns lines into requests in place: a request is shorter than its line.
///
/// Bytes are read into [`Requests::room`] and counted with [`Requests::read`], which makes requests
/// of all complete lines; the beginning of a line waits for its rest. Only a line longer than
/// [`PIECE`] takes more memory.
#[derive(Debug)]
pub(crate) struct Requests {
    /// Requests, ..., the beginning of a line, room.
    bytes: Vec<u8>,
    /// Where the requests end.
    encoded: usize,
    /// The beginning of a line, up to where bytes have been read.
    begun: Range<usize>,
    /// How much of it is known to have no line break.
    searched: usize,
    lines: u64,
    /// The rest of this line is dropped: it is too long.
    too_long: bool,
    /// They are typed on a terminal.
    typed: bool,
}

/// What [`Requests::read`] made of the lines.
#[derive(Debug)]
pub(crate) struct Encoded<'a> {
    /// The requests, one after another.
    pub(crate) bytes: &'a [u8],
    /// How many they are.
    pub(crate) count: u64,
    /// The numbers of the lines that are no requests.
    pub(crate) errors: Vec<(u64, LineError)>,
}

impl Requests {
    pub(crate) fn new(typed: bool) -> Self {
        Self {
            bytes: vec![0; PIECE],
            encoded: 0,
            begun: 0..0,
            searched: 0,
            lines: 0,
            too_long: false,
            typed,
        }
    }

    /// Where to read the next bytes to. The requests made before are forgotten.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        let length = self.begun.len();
        if self.begun.start > 0 {
            self.bytes.copy_within(self.begun.clone(), 0);
            self.begun = 0..length;
        }
        if length > self.bytes.len() / 2 {
            // Twice the size, up to the longest line.
            let size = self.bytes.len().saturating_mul(2).min(LONGEST_LINE + PIECE);
            self.bytes.resize(size, 0);
        } else if length < PIECE && self.bytes.len() > PIECE {
            self.bytes.truncate(PIECE);
            self.bytes.shrink_to_fit();
        }
        &mut self.bytes[length..]
    }

    /// Counts `count` bytes as read into the room, and makes requests of the lines that they
    /// complete.
    pub(crate) fn read(&mut self, count: usize) -> Encoded<'_> {
        self.begun.end += count;
        debug_assert!(self.begun.end <= self.bytes.len(), "read beyond the room");
        self.encode(false)
    }

    /// Makes a request of the last line, if it has no line break.
    pub(crate) fn finish(&mut self) -> Encoded<'_> {
        self.room();
        self.encode(true)
    }

    fn encode(&mut self, at_end: bool) -> Encoded<'_> {
        self.encoded = 0;
        let (mut count, mut errors) = (0, Vec::new());
        while let Some((line, next)) = self.next_line(at_end) {
            self.lines += 1;
            if !std::mem::take(&mut self.too_long) {
                match self.encode_line(line) {
                    Ok(is_request) => count += u64::from(is_request),
                    Err(error) => errors.push((self.lines, error)),
                }
            }
            self.begun.start = next;
            self.searched = 0;
        }
        self.searched = self.begun.len();
        if self.too_long || self.begun.len() > LONGEST_LINE {
            if !std::mem::replace(&mut self.too_long, true) {
                errors.push((self.lines + 1, LineError::TooLong));
            }
            self.begun.start = self.begun.end;
            self.searched = 0;
        }
        Encoded {
            bytes: &self.bytes[..self.encoded],
            count,
            errors,
        }
    }

    /// The next line without its line break, and where the one behind it begins.
    fn next_line(&self, at_end: bool) -> Option<(Range<usize>, usize)> {
        let Range { start, end } = self.begun;
        match memchr::memchr(b'\n', &self.bytes[start + self.searched..end]) {
            Some(position) => {
                let line_feed = start + self.searched + position;
                let line = &self.bytes[start..line_feed];
                let length = line.strip_suffix(b"\r").unwrap_or(line).len();
                Some((start..start + length, line_feed + 1))
            }
            None if at_end && start < end => Some((start..end, end)),
            None => None,
        }
    }

    /// Appends the request of a line to those before it; `false` if the line is blank.
    fn encode_line(&mut self, mut line: Range<usize>) -> Result<bool, LineError> {
        if self.typed && line.len() == TERMINAL_LINE {
            return Err(LineError::Cut);
        }
        if self.lines == 1 && self.bytes[line.clone()].starts_with(BYTE_ORDER_MARK) {
            line.start += BYTE_ORDER_MARK.len();
        }
        let Some((header, message)) = parse_line(&self.bytes[line.clone()])? else {
            return Ok(false);
        };
        let length = message.len();
        let place = self.encoded + RequestHeader::LEN;
        self.bytes.copy_within(line.end - length..line.end, place);
        self.bytes[self.encoded..place].copy_from_slice(&header.emit());
        self.encoded = place + length;
        Ok(true)
    }
}

/// The request of a line, `ACTION MESSAGE`; `None` if it is blank.
fn parse_line(line: &[u8]) -> Result<Option<(RequestHeader, &[u8])>, LineError> {
    if line.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
        return Ok(None);
    }
    let (name, message) = match memchr::memchr(b' ', line) {
        Some(space) => (&line[..space], Some(&line[space + 1..])),
        None => (line, None),
    };
    let action: Action = std::str::from_utf8(name)
        .ok()
        .and_then(|name| name.parse().ok())
        .ok_or_else(|| LineError::unknown_action(name))?;
    let message = message.ok_or(LineError::NoSpace { action })?;
    let header = u32::try_from(message.len())
        .ok()
        .and_then(|length| RequestHeader::new(action, length).ok())
        .ok_or(LineError::TooLong)?;
    Ok(Some((header, message)))
}

/// Why a line is no request (TC-3).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LineError {
    /// There is no such action.
    #[error(
        "unknown action \"{}\", expected uppercase, lowercase, reverse, shuffle or random",
        shown(name)
    )]
    UnknownAction {
        /// What stands before the first space, or its beginning if that is long.
        name: Vec<u8>,
    },
    /// Nothing comes after the action, not even a space.
    #[error("no space after the action \"{action}\", expected ACTION MESSAGE")]
    NoSpace {
        /// The action.
        action: Action,
    },
    /// It may have been cut.
    #[error(
        "the line fills the {TERMINAL_LINE} bytes that a terminal keeps of a line and may have been \
         cut; give it from a file or through a pipe"
    )]
    Cut,
    /// The message does not fit a request.
    #[error("the message is longer than {} bytes", RequestHeader::MAX_LENGTH)]
    TooLong,
}

impl LineError {
    fn unknown_action(name: &[u8]) -> Self {
        let name = name.get(..SHOWN).unwrap_or(name).to_vec();
        Self::UnknownAction { name }
    }
}

/// The name of an action that there is not, so that all of it can be seen: a no-break space as
/// `\u{a0}`.
fn shown(name: &[u8]) -> String {
    let escaped = cli::escape(name).to_string();
    let show = |character: char| match character {
        '\0'..='\x7f' => character.to_string(),
        _ => character.escape_debug().to_string(),
    };
    escaped.chars().map(show).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is made of text that comes in pieces of these sizes: requests, their number, errors.
    type Made = (Vec<u8>, u64, Vec<(u64, LineError)>);

    fn made_in_pieces(text: &[u8], sizes: &[usize]) -> Made {
        let mut requests = Requests::new(false);
        let mut made = Made::default();
        let mut add = |encoded: Encoded<'_>| {
            made.0.extend_from_slice(encoded.bytes);
            made.1 += encoded.count;
            made.2.extend(encoded.errors);
        };
        let mut rest = text;
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let room = requests.room();
            let (piece, later) = rest.split_at(rest.len().min(*size).min(room.len()));
            room[..piece.len()].copy_from_slice(piece);
            rest = later;
            add(requests.read(piece.len()));
        }
        add(requests.finish());
        made
    }

    fn made(text: &[u8]) -> Made {
        made_in_pieces(text, &[usize::MAX])
    }

    #[test]
    fn tc_1_a_line_is_a_request() {
        for (line, request) in [
            (&b"uppercase hello\n"[..], &b"\x08\0\0\x05hello"[..]),
            (b"lowercase hello\r\n", b"\x10\0\0\x05hello"),
            (b"reverse a b  c \n", b"\x20\0\0\x07a b  c "),
            (b"shuffle \n", b"\x40\0\0\0"),
            (b"shuffle \r\n", b"\x40\0\0\0"),
            (b"random  x\n", b"\x80\0\0\x02 x"),
            (b"reverse a\rb\r\r\n", b"\x20\0\0\x04a\rb\r"),
            (b"reverse \xff\0\xc3\xa9\n", b"\x20\0\0\x04\xff\0\xc3\xa9"),
            (b"reverse no line break", b"\x20\0\0\x0dno line break"),
            (b"reverse \r", b"\x20\0\0\x01\r"),
        ] {
            assert_eq!(made(line), (request.to_vec(), 1, Vec::new()), "{line:?}");
        }
    }

    #[test]
    fn tc_1_a_byte_order_mark_at_the_start_is_no_part_of_the_first_request() {
        const MARK: &str = "\u{feff}";
        let text = format!("{MARK}reverse a\n{MARK}reverse b\n");
        let (requests, count, errors) = made(text.as_bytes());
        assert_eq!((&*requests, count), (&b"\x20\0\0\x01a"[..], 1));
        let name = format!("{MARK}reverse").into_bytes();
        assert_eq!(errors, [(2, LineError::UnknownAction { name })]);
        assert_eq!(made(MARK.as_bytes()), Made::default());
        assert_eq!(made_in_pieces(text.as_bytes(), &[1]), made(text.as_bytes()));
    }

    #[test]
    fn tc_3_blank_lines_are_skipped() {
        assert_eq!(
            made(b"\n\r\n  \n\t\r\nreverse x\n\n "),
            (b"\x20\0\0\x01x".to_vec(), 1, vec![])
        );
        assert_eq!(made(b""), Made::default());
    }

    #[test]
    fn tc_3_a_line_that_is_no_request_is_an_error_with_its_number() {
        let unknown = |name: &[u8]| LineError::UnknownAction {
            name: name.to_vec(),
        };
        let text =
            b"reverse a\n\nupper b\nuppercase\n Reverse c\nREVERSE d\nreverse\te\nrandom f\nx";
        let errors = vec![
            (3, unknown(b"upper")),
            (
                4,
                LineError::NoSpace {
                    action: Action::Uppercase,
                },
            ),
            (5, unknown(b"")),
            (6, unknown(b"REVERSE")),
            (7, unknown(b"reverse\te")),
            (9, unknown(b"x")),
        ];
        let requests = b"\x20\0\0\x01a\x80\0\0\x01f".to_vec();
        assert_eq!(made(text), (requests, 2, errors));
        let long = [&[b'y'; 1000][..], b" z\n"].concat();
        assert_eq!(made(&long).2, [(1, unknown(&[b'y'; SHOWN]))]);
    }

    #[test]
    fn tc_3_errors_tell_what_is_expected_and_are_escaped() {
        assert_eq!(
            LineError::UnknownAction {
                name: b"up\x1b".to_vec()
            }
            .to_string(),
            "unknown action \"up\\x1b\", expected uppercase, lowercase, reverse, shuffle or random"
        );
        for (name, shown) in [
            ("reverse\u{a0}x", r"reverse\u{a0}x"),
            ("\u{200b}reverse", r"\u{200b}reverse"),
            (r"größer\", r"größer\"),
        ] {
            let error = LineError::unknown_action(name.as_bytes()).to_string();
            let start = format!("unknown action \"{shown}\", expected ");
            assert!(error.starts_with(&start), "{error}");
        }
        assert_eq!(
            LineError::NoSpace {
                action: Action::Random
            }
            .to_string(),
            "no space after the action \"random\", expected ACTION MESSAGE"
        );
        assert_eq!(
            LineError::TooLong.to_string(),
            "the message is longer than 134217727 bytes"
        );
    }

    #[test]
    fn tc_3_a_message_has_27_bits_of_length() {
        const MOST: usize = RequestHeader::MAX_LENGTH as usize;
        // The longest and shortest names, and line breaks that do not belong to the message.
        for (line, fits) in [
            (("uppercase ", MOST, "\r\n"), true),
            (("random ", MOST, ""), true),
            (("uppercase ", MOST + 1, "\n"), false),
            (("random ", MOST + (3 << 20), "\n"), false),
        ] {
            let (action, length, line_break) = line;
            let mut text = action.as_bytes().to_vec();
            text.resize(action.len() + length, b'x');
            text.extend_from_slice(line_break.as_bytes());
            text.extend_from_slice(if line_break.is_empty() {
                b""
            } else {
                b"reverse next\n"
            });
            let (requests, count, errors) = made_in_pieces(&text, &[1 << 20]);
            let next = u64::from(!line_break.is_empty());
            if fits {
                assert_eq!((count, errors), (1 + next, vec![]), "{line:?}");
                assert_eq!(requests[1..4], [0xff, 0xff, 0xff]);
            } else {
                assert_eq!(
                    (count, errors),
                    (next, vec![(1, LineError::TooLong)]),
                    "{line:?}"
                );
            }
            assert!(next == 0 || requests.ends_with(b"\x20\0\0\x04next"));
        }
    }

    #[test]
    fn tc_2_a_long_line_does_not_leave_its_memory_behind() {
        let mut requests = Requests::new(false);
        let mut rest = 10 * PIECE;
        while rest > 0 {
            let count = requests.room().len().min(rest);
            requests.read(count);
            rest -= count;
        }
        assert!(requests.bytes.len() > 10 * PIECE);
        requests.room()[0] = b'\n';
        requests.read(1);
        assert_eq!(requests.room().len(), PIECE);
        assert!(requests.bytes.capacity() < 2 * PIECE);
    }

    proptest! {
        #[test]
        fn g_5_any_cut_of_the_text_gives_the_same_requests(
            lines in proptest::collection::vec(
                "(uppercase|lowercase|reverse|shuffle|random|other|)[ ]{0,2}[a-zé\r]{0,9}(\r)?",
                0..20,
            ),
            sizes in proptest::collection::vec(1..30_usize, 1..20),
        ) {
            let text = lines.join("\n").into_bytes();
            prop_assert_eq!(made_in_pieces(&text, &sizes), made(&text));
        }
    }
}
