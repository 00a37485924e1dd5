//! Bytes made readable for failure texts: as hex, and folded if long.

use std::fmt::Write as _;

use cli::escape;

/// Bytes on a line of [`hex`].
const ROW: usize = 16;

/// Bytes as a part of a sentence: as text if they are text, shortened if they are many.
///
/// ```
/// assert_eq!(harness::shown(b"hi\n"), r#"3 bytes "hi\n""#);
/// ```
#[must_use]
pub fn shown(bytes: &[u8]) -> String {
    const SHOWN: usize = 48;
    let head = escape(bytes.get(..SHOWN).unwrap_or(bytes));
    match bytes.len() {
        len @ ..=SHOWN => format!("{len} bytes \"{head}\""),
        len => format!("{len} bytes \"{head}\"..."),
    }
}

/// `bytes` as rows of hex with their text beside them, each row after `indent`. Rows that are all
/// the same are folded.
///
/// ```
/// let rows = harness::hex(b"@\0\0\x0bHello", "  ");
/// assert_eq!(rows, "  40 00 00 0b 48 65 6c 6c 6f                        @...Hello\n");
/// ```
#[must_use]
pub fn hex(bytes: &[u8], indent: &str) -> String {
    let mut rows = String::new();
    let all: Vec<&[u8]> = bytes.chunks(ROW).collect();
    for same in all.chunk_by(|row, next| row == next) {
        let (shown, folded) = match same.len() {
            // A line that says so would save nothing.
            count @ ..=2 => (count, 0),
            count => (1, count - 1),
        };
        for row in same.iter().take(shown) {
            push_row(&mut rows, row, indent);
        }
        if folded > 0 {
            let _ = writeln!(rows, "{indent}... {folded} more rows like this ...");
        }
    }
    rows
}

fn push_row(rows: &mut String, row: &[u8], indent: &str) {
    let mut pairs = String::with_capacity(3 * ROW);
    let mut text = String::with_capacity(ROW);
    for byte in row {
        let _ = write!(pairs, "{byte:02x} ");
        let shown = byte.is_ascii_graphic() || *byte == b' ';
        text.push(if shown { char::from(*byte) } else { '.' });
    }
    let _ = writeln!(
        rows,
        "{indent}{pairs:<width$}  {}",
        text.trim_end(),
        width = 3 * ROW
    );
}

/// `word` as a shell would take it: quoted only if it has to be.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!(
        "'{}'",
        escape(word.as_bytes()).to_string().replace('\'', r"'\''")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_sixteen() {
        let rows = hex(&[0x41; 17], "");
        assert_eq!(rows.lines().count(), 2);
        assert!(rows.ends_with("  A\n"), "{rows}");
        assert_eq!(hex(b"", "  "), "");
    }

    #[test]
    fn folds_rows_that_are_the_same() {
        let rows = hex(&[&[0x41; 160][..], &[0x42; 32]].concat(), "  ");
        let lines: Vec<_> = rows.lines().collect();
        assert_eq!(lines.len(), 4, "{rows}");
        assert_eq!(lines[1], "  ... 9 more rows like this ...");
    }

    #[test]
    fn quotes_only_what_a_shell_would_split() {
        assert_eq!(quote("--port=9000"), "--port=9000");
        assert_eq!(quote("echo it's"), r"'echo it'\''s'");
        assert_eq!(quote(""), "''");
    }
}
