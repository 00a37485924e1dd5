use std::borrow::Cow;
use std::fmt;

/// Text from a peer, made safe for a terminal and a log (G-6).
///
/// Control characters (C0, DEL, and C1 also as two-byte UTF-8) and bytes that are not UTF-8 are
/// shown as `\n`, `\x1b`, `\xff`; everything else, backslashes included, stays as it is. Line and
/// paragraph separators, the characters that turn the direction of writing and the byte order mark
/// are escaped too, as `\u{2028}`: they could make one line look like another.
///
/// ```
/// assert_eq!(cli::escape(b"caf\xc3\xa9\x1b[2J\xff\n").to_string(), r"café\x1b[2J\xff\n");
/// ```
pub fn escape(bytes: &[u8]) -> Escaped<'_> {
    Escaped { bytes }
}

/// The [`Display`](fmt::Display) of [`escape`].
#[derive(Clone, Copy)]
pub struct Escaped<'a> {
    bytes: &'a [u8],
}

impl<'a> Escaped<'a> {
    /// The escaped bytes; borrowed where nothing had to be escaped.
    pub fn into_bytes(self) -> Cow<'a, [u8]> {
        let plain =
            std::str::from_utf8(self.bytes).is_ok_and(|text| !text.chars().any(must_be_escaped));
        if plain {
            Cow::Borrowed(self.bytes)
        } else {
            Cow::Owned(self.to_string().into_bytes())
        }
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.bytes.utf8_chunks() {
            for part in chunk.valid().split_inclusive(must_be_escaped) {
                let last = part
                    .chars()
                    .next_back()
                    .filter(|&last| must_be_escaped(last));
                f.write_str(&part[..part.len() - last.map_or(0, char::len_utf8)])?;
                if let Some(control) = last {
                    write_control(f, control)?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

fn must_be_escaped(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

fn write_control(f: &mut fmt::Formatter<'_>, control: char) -> fmt::Result {
    match control {
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        _ => match u8::try_from(control) {
            Ok(code) => write!(f, "\\x{code:02x}"),
            Err(_) => write!(f, "\\u{{{:x}}}", u32::from(control)),
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn g_6_controls_and_bytes_that_are_not_utf_8_are_escaped() {
        let table: [(&[u8], &str); 11] = [
            (b"plain text", "plain text"),
            ("Grüße 🎉".as_bytes(), "Grüße 🎉"),
            (b"two\nlines\r\tand", r"two\nlines\r\tand"),
            (b"\x1b]0;title\x07", r"\x1b]0;title\x07"),
            (b"\0\x7f", r"\x00\x7f"),
            ("C1: \u{9b}2J".as_bytes(), r"C1: \x9b2J"),
            (b"not utf-8: \xff\x9b", r"not utf-8: \xff\x9b"),
            (b"cut: \xe2\x82", r"cut: \xe2\x82"),
            (
                "turned: \u{202e}txt\u{200f}".as_bytes(),
                r"turned: \u{202e}txt\u{200f}",
            ),
            ("\u{feff}marked".as_bytes(), r"\u{feff}marked"),
            (br"back\slash", r"back\slash"),
        ];
        for (bytes, text) in table {
            assert_eq!(escape(bytes).to_string(), text);
            assert_eq!(escape(bytes).into_bytes(), text.as_bytes());
        }
    }

    #[test]
    fn what_needs_no_escape_is_borrowed() {
        assert!(matches!(
            escape("Grüße".as_bytes()).into_bytes(),
            Cow::Borrowed(_)
        ));
    }

    proptest! {
        #[test]
        fn g_6_nothing_escaped_drives_a_terminal_or_forges_a_line(bytes: Vec<u8>) {
            let text = escape(&bytes).to_string();
            prop_assert!(!text.chars().any(must_be_escaped), "{text:?}");
        }
    }
}
