//! Text as it is written in pickles, and as Python prints it.

use std::fmt::{self, Write};

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// A piece of text in which lone surrogates may stand: Python's `str` allows them.
enum Piece<'a> {
    Text(&'a str),
    /// A surrogate, 0xd800 to 0xdfff.
    Surrogate(u32),
}

/// The pieces of bytes that are UTF-8, except for lone surrogates in three bytes each. Stops at
/// the first byte that fits neither, which is then the first one of `rest`.
struct Pieces<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let valid = self.rest.utf8_chunks().next()?.valid();
        if !valid.is_empty() {
            self.rest = &self.rest[valid.len()..];
            return Some(Piece::Text(valid));
        }
        let [0xed, second @ 0xa0..=0xbf, third @ 0x80..=0xbf, rest @ ..] = self.rest else {
            return None;
        };
        self.rest = rest;
        let low = u32::from(second & 0x3f) << 6 | u32::from(third & 0x3f);
        Some(Piece::Surrogate(0xd000 | low))
    }
}

/// Whether all bytes are text, in which lone surrogates may stand.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    // Most are UTF-8, which is much faster to check.
    if std::str::from_utf8(bytes).is_ok() {
        return true;
    }
    let mut pieces = Pieces { rest: bytes };
    pieces.by_ref().for_each(drop);
    pieces.rest.is_empty()
}

/// Appends a code point, a lone surrogate too. `None`: beyond Unicode.
fn push(text: &mut Vec<u8>, code: u32) -> Option<()> {
    match char::from_u32(code) {
        Some(character) => {
            text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        None if (0xd800..=0xdfff).contains(&code) => {
            let low = |shift: u32| 0x80 | (code >> shift & 0x3f) as u8;
            text.extend_from_slice(&[0xed, low(6), low(0)]);
        }
        None => return None,
    }
    Some(())
}

/// Reads text of protocol 0: Latin-1, with `\uXXXX` and `\UXXXXXXXX` for the rest (Python's codec
/// raw-unicode-escape). `None`: an escape is cut off or beyond Unicode.
pub(super) fn from_raw_unicode_escape(line: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(line.len());
    let mut rest = line;
    while let [byte, after @ ..] = rest {
        let (code, next) = match (byte, after) {
            (b'\\', [b'u', after @ ..]) => (hex(after.get(..4)?)?, after.get(4..)?),
            (b'\\', [b'U', after @ ..]) => (hex(after.get(..8)?)?, after.get(8..)?),
            // A backslash before a backslash escapes nothing, and the second one neither.
            (b'\\', [b'\\', after @ ..]) => {
                text.push(b'\\');
                (u32::from(b'\\'), after)
            }
            _ => (u32::from(*byte), after),
        };
        push(&mut text, code)?;
        rest = next;
    }
    Some(text)
}

/// Reads the quoted form of a Python 2 string, `'it\'s'`. `None`: not such a form.
pub(super) fn from_quoted(line: &[u8]) -> Option<Vec<u8>> {
    let line = line.trim_ascii();
    let (&quote, rest) = line.split_first()?;
    let (&last, mut rest) = rest.split_last()?;
    if quote != last || !matches!(quote, b'\'' | b'"') {
        return None;
    }
    let mut bytes = Vec::with_capacity(rest.len());
    while let [byte, after @ ..] = rest {
        let (byte, next) = match byte {
            b'\\' => unescape(after)?,
            _ => (*byte, after),
        };
        bytes.push(byte);
        rest = next;
    }
    Some(bytes)
}

/// What stands after a backslash in such a string.
fn unescape(after: &[u8]) -> Option<(u8, &[u8])> {
    let (&kind, rest) = after.split_first()?;
    let byte = match kind {
        b'\\' | b'\'' | b'"' => kind,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'x' => return Some((u8::try_from(hex(rest.get(..2)?)?).ok()?, rest.get(2..)?)),
        _ => return None,
    };
    Some((byte, rest))
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, &digit| {
        Some(number << 4 | char::from(digit).to_digit(16)?)
    })
}

/// The bytes that Latin-1 has for a text. `None`: it has none for some character.
pub(super) fn to_latin_1(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    text.chars()
        .map(|character| u8::try_from(character).ok())
        .collect()
}

/// Writes a `str` as Python's `repr` does: in single quotes, unless it has some and no double ones;
/// what cannot be printed is escaped.
pub(super) fn write_str(f: &mut impl Write, text: &[u8]) -> fmt::Result {
    let quote = quote(text);
    f.write_char(quote)?;
    write_bare(f, text, Some(quote))?;
    f.write_char(quote)
}

/// Writes a text so that it stays one line: without quotes if `quote` is `None`, and backslashes
/// stay as they are then.
pub(super) fn write_bare(f: &mut impl Write, text: &[u8], quote: Option<char>) -> fmt::Result {
    let special = |character: char| {
        Some(character) == quote
            || (character == '\\' && quote.is_some())
            || !is_printable(character)
    };
    for piece in (Pieces { rest: text }) {
        let text = match piece {
            Piece::Text(text) => text,
            Piece::Surrogate(code) => {
                write!(f, "\\u{code:x}")?;
                continue;
            }
        };
        let mut plain = 0;
        for (at, character) in text
            .char_indices()
            .filter(|&(_, character)| special(character))
        {
            f.write_str(&text[plain..at])?;
            write_escaped(f, character)?;
            plain = at + character.len_utf8();
        }
        f.write_str(&text[plain..])?;
    }
    Ok(())
}

fn write_escaped(f: &mut impl Write, character: char) -> fmt::Result {
    match character {
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        '\\' | '\'' | '"' => write!(f, "\\{character}"),
        _ => match u32::from(character) {
            code @ ..=0xff => write!(f, "\\x{code:02x}"),
            code @ ..=0xffff => write!(f, "\\u{code:04x}"),
            code => write!(f, "\\U{code:08x}"),
        },
    }
}

/// Writes a `bytes` as Python's `repr` does.
pub(super) fn write_bytes(f: &mut impl Write, bytes: &[u8]) -> fmt::Result {
    write_quoted(f, bytes, quote(bytes))
}

/// Writes a `bytearray` as Python's `repr` does: every single quote in it is escaped, also between
/// double ones.
pub(super) fn write_bytearray(f: &mut impl Write, bytes: &[u8]) -> fmt::Result {
    f.write_str("bytearray(")?;
    write_quoted(f, bytes, '\'')?;
    f.write_char(')')
}

fn write_quoted(f: &mut impl Write, bytes: &[u8], escaped_quote: char) -> fmt::Result {
    let quote = quote(bytes);
    write!(f, "b{quote}")?;
    for character in bytes.iter().copied().map(char::from) {
        match character {
            '\\' => write_escaped(f, character)?,
            ' '..='~' if character != escaped_quote => f.write_char(character)?,
            _ => write_escaped(f, character)?,
        }
    }
    f.write_char(quote)
}

fn quote(text: &[u8]) -> char {
    if text.contains(&b'\'') && !text.contains(&b'"') {
        '"'
    } else {
        '\''
    }
}

/// Python's `str.isprintable` for one character: no control, format, surrogate, private-use or
/// unassigned character (the group "other"), and no separator but the space.
fn is_printable(character: char) -> bool {
    use GeneralCategoryGroup::{Other, Separator};
    matches!(character, ' '..='~')
        || !matches!(character.general_category_group(), Other | Separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &[u8]) -> String {
        let mut shown = String::new();
        write_str(&mut shown, text).unwrap();
        shown
    }

    #[test]
    fn p_5_text_prints_as_in_python() {
        let table: [(&[u8], &str); 12] = [
            (b"", "''"),
            (b"plain", "'plain'"),
            (b"it's", "\"it's\""),
            (b"\"both\" it's", "'\"both\" it\\'s'"),
            (b"a\nb\r\tc\\", r"'a\nb\r\tc\\'"),
            (b"\0\x1b[2J\x7f", r"'\x00\x1b[2J\x7f'"),
            ("é ñ 漢 🎉".as_bytes(), "'é ñ 漢 🎉'"),
            ("\u{85}\u{a0}\u{ad}".as_bytes(), r"'\x85\xa0\xad'"),
            (
                "\u{2028}\u{200b}\u{3000}".as_bytes(),
                r"'\u2028\u200b\u3000'",
            ),
            ("\u{e000}\u{e0001}".as_bytes(), r"'\ue000\U000e0001'"),
            (b"\xed\xa0\x80x\xed\xbf\xbf", r"'\ud800x\udfff'"),
            ("\u{202e}".as_bytes(), r"'\u202e'"),
        ];
        for (text, expected) in table {
            assert!(is_text(text));
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn p_5_bytes_print_as_in_python() {
        let table: [(&[u8], &str); 4] = [
            (b"", "b''"),
            (b"a'b", "b\"a'b\""),
            (b"'\"\\", r#"b'\'"\\'"#),
            (b"\t\n\r\x00\xff ~\x7f", r"b'\t\n\r\x00\xff ~\x7f'"),
        ];
        for (bytes, expected) in table {
            let mut shown = String::new();
            write_bytes(&mut shown, bytes).unwrap();
            assert_eq!(shown, expected);
        }
    }

    #[test]
    fn p_5_a_bytearray_prints_as_in_python() {
        let table: [(&[u8], &str); 3] = [
            (b"", "bytearray(b'')"),
            (b"a'b", r#"bytearray(b"a\'b")"#),
            (b"'\"", r#"bytearray(b'\'"')"#),
        ];
        for (bytes, expected) in table {
            let mut shown = String::new();
            write_bytearray(&mut shown, bytes).unwrap();
            assert_eq!(shown, expected);
        }
    }

    #[test]
    fn bare_text_is_one_line_too() {
        let mut shown = String::new();
        write_bare(&mut shown, b"O'Neil \\ \n\x1b\xed\xa0\x80", None).unwrap();
        assert_eq!(shown, r"O'Neil \ \n\x1b\ud800");
    }

    #[test]
    fn bytes_that_are_no_text_are_told_apart() {
        for bytes in [
            &b"\xff"[..],
            b"a\x80",
            b"\xed\xa0",
            b"\xf4\x90\x80\x80",
            b"\xc0\x80",
        ] {
            assert!(!is_text(bytes), "{bytes:?}");
        }
    }

    #[test]
    fn p_4_text_of_protocol_0_is_read() {
        let read = |line: &[u8]| from_raw_unicode_escape(line).map(|text| shown(&text));
        assert_eq!(
            read(b"caf\xe9 \\u6f22 \\U0001f389").as_deref(),
            Some("'café 漢 🎉'")
        );
        assert_eq!(read(b"\\u005c \\ud800").as_deref(), Some(r"'\\ \ud800'"));
        assert_eq!(
            read(b"a\\b \\\\u0041").as_deref(),
            Some(r"'a\\b \\\\u0041'")
        );
        assert_eq!(read(b"\\u12"), None);
        assert_eq!(read(b"\\U00110000"), None);
        assert_eq!(read(b"\\uzzzz"), None);
    }

    #[test]
    fn p_4_quoted_strings_of_python_2_are_read() {
        assert_eq!(from_quoted(b"'it\\'s'").as_deref(), Some(&b"it's"[..]));
        assert_eq!(
            from_quoted(b"\"a\\n\\x00\\\\\"").as_deref(),
            Some(&b"a\n\0\\"[..])
        );
        for line in [
            &b""[..],
            b"'",
            b"abc",
            b"'abc\"",
            b"'\\'",
            b"'\\x1'",
            b"'\\q'",
        ] {
            assert_eq!(from_quoted(line), None, "{line:?}");
        }
    }
}
