//! What a person types in to create a message (section 3.2.1).

use std::fmt;
use std::io::{self, BufRead, Read};

use cli::{Error, Output, TERMINAL_LINE};
use proto::message::{MAX_NAME, MAX_TEXT};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// The receiver's name.
    Receiver,
    /// The message's text.
    Message,
}

impl Field {
    /// The longest entry, in bytes of UTF-8: one less than a record could hold (C-18).
    const fn longest(self) -> usize {
        match self {
            Self::Receiver => MAX_NAME - 1,
            Self::Message => MAX_TEXT - 1,
        }
    }

    const fn prompt(self) -> &'static str {
        match self {
            Self::Receiver => "Receiver: ",
            Self::Message => "Message: ",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Receiver => "receiver",
            Self::Message => "message",
        })
    }
}

/// Prompts until a valid entry comes; standard error tells what is wrong with any other.
///
/// An entry is a line; the last one may lack its line break. Where standard input is no terminal,
/// no typed line break ends the line of the prompt, so it is written.
pub(crate) fn ask(
    field: Field,
    input: &mut impl BufRead,
    terminal: bool,
    output: &Output,
) -> Result<String, Error> {
    loop {
        output.text(field.prompt())?;
        if !terminal {
            output.text("\n")?;
        }
        let entry = read_entry(field, input, terminal)
            .map_err(|error| Error::new(format_args!("cannot read standard input: {error}")))?;
        match entry {
            Some(Ok(entry)) => return Ok(entry),
            // Where standard error takes nothing, the prompt that follows tells enough.
            Some(Err(error)) => cli::report(format_args!("client: {error}")),
            None => {
                return Err(Error::new(format_args!(
                    "the input ended before a valid {field} was entered"
                )));
            }
        }
    }
}

/// The next line, checked; `None` at the end of the input. Of a line that is too long, only the
/// beginning is kept.
fn read_entry(
    field: Field,
    input: &mut impl BufRead,
    terminal: bool,
) -> io::Result<Option<Result<String, EntryError>>> {
    const LINE_BREAK: &[u8] = b"\r\n";
    let most = field.longest() + LINE_BREAK.len();
    let mut line = Vec::new();
    let mut bounded = Read::take(&mut *input, most as u64);
    if bounded.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let mut length = line.len();
    if line.pop_if(|byte| *byte == b'\n').is_some() {
        if terminal && line.len() == TERMINAL_LINE {
            return Ok(Some(Err(EntryError::Cut { field })));
        }
        line.pop_if(|byte| *byte == b'\r');
        length = line.len();
    } else if line.len() == most {
        length += skip_line(input)?;
    }
    if !(1..=field.longest()).contains(&length) {
        return Ok(Some(Err(EntryError::Length { field, length })));
    }
    let entry = String::from_utf8(line).map_err(|_| EntryError::NotText { field });
    Ok(Some(entry))
}

/// Skips the rest of a line and returns how long it was.
fn skip_line(input: &mut impl BufRead) -> io::Result<usize> {
    let mut skipped = 0;
    loop {
        let buffer = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            buffer => buffer?,
        };
        let length = buffer.len();
        let end = buffer.iter().position(|byte| *byte == b'\n');
        input.consume(end.map_or(length, |end| end + 1));
        skipped += end.unwrap_or(length);
        if end.is_some() || length == 0 {
            return Ok(skipped);
        }
    }
}

/// Why an entry is asked for again (C-18).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum EntryError {
    /// It is empty or too long.
    #[error("the {field} is {}; enter 1 to {} bytes", shown(*length), field.longest())]
    Length {
        field: Field,
        /// How long the entry is, in bytes.
        length: usize,
    },
    /// It may have been cut.
    #[error(
        "the {field} fills the {TERMINAL_LINE} bytes that a terminal keeps of a line and may have been \
         cut; enter less, or give both lines through a pipe or from a file"
    )]
    Cut { field: Field },
    /// It is not UTF-8.
    #[error("the {field} is not UTF-8; enter text")]
    NotText { field: Field },
}

fn shown(length: usize) -> String {
    match length {
        0 => "empty".to_owned(),
        _ => format!("{length} bytes long"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use proptest::prelude::*;

    use super::*;

    /// All entries of an input that comes in pieces of `capacity`.
    fn entries(field: Field, input: &[u8], capacity: usize) -> Vec<Result<String, EntryError>> {
        let mut input = BufReader::with_capacity(capacity, Cursor::new(input));
        std::iter::from_fn(|| read_entry(field, &mut input, false).unwrap()).collect()
    }

    fn length(field: Field, length: usize) -> Result<String, EntryError> {
        Err(EntryError::Length { field, length })
    }

    #[test]
    fn c_18_lengths_at_each_limit_in_bytes_not_characters() {
        for (field, longest) in [(Field::Receiver, 254), (Field::Message, 65_534)] {
            for line_break in ["\n", "\r\n", ""] {
                for found in [longest - 1, longest] {
                    let text = "x".repeat(found);
                    let input = format!("{text}{line_break}");
                    assert_eq!(entries(field, input.as_bytes(), 100), [Ok(text)]);
                }
                for found in [longest + 1, longest + 2, longest + 3, 3 * longest] {
                    let input = format!("{}{line_break}", "x".repeat(found));
                    let [
                        Err(EntryError::Length {
                            length: counted, ..
                        }),
                    ] = *entries(field, input.as_bytes(), 100)
                    else {
                        panic!("{found} bytes");
                    };
                    // A carriage return behind what is kept is counted as text.
                    assert!((found..=found + 1).contains(&counted), "{counted}, {found}");
                }
            }
            let text = "ü".repeat(longest / 2);
            assert_eq!(entries(field, text.as_bytes(), 100), [Ok(text.clone())]);
            let input = format!("{text}ü\n");
            assert_eq!(
                entries(field, input.as_bytes(), 100),
                [length(field, longest + 2)]
            );
        }
    }

    #[test]
    fn c_18_after_an_invalid_entry_comes_the_next_line() {
        let long = "x".repeat(1000);
        let input = format!("\n{long}\nbob\n\r\n{long}\r\n");
        let field = Field::Receiver;
        assert_eq!(
            entries(field, input.as_bytes(), 7),
            [
                length(field, 0),
                length(field, 1000),
                Ok("bob".to_owned()),
                length(field, 0),
                length(field, 1001),
            ]
        );
    }

    #[test]
    fn c_18_what_is_not_utf_8_is_refused() {
        let field = Field::Message;
        let not_text = Err(EntryError::NotText { field });
        assert_eq!(
            entries(field, b"caf\xe9\n\xff\ncaf\xc3\xa9", 100),
            [not_text.clone(), not_text, Ok("café".to_owned())]
        );
    }

    #[test]
    fn c_18_the_errors_say_what_to_enter() {
        let length = |field, length| EntryError::Length { field, length }.to_string();
        assert_eq!(
            length(Field::Receiver, 0),
            "the receiver is empty; enter 1 to 254 bytes"
        );
        assert_eq!(
            length(Field::Message, 70_000),
            "the message is 70000 bytes long; enter 1 to 65534 bytes"
        );
    }

    #[test]
    fn c_18_a_line_that_is_far_too_long_is_counted() {
        let endless = io::repeat(b'x').take(50_000_000);
        let mut input = BufReader::new(endless);
        let entry = read_entry(Field::Receiver, &mut input, false)
            .unwrap()
            .unwrap();
        assert_eq!(entry, length(Field::Receiver, 50_000_000));
    }

    proptest! {
        #[test]
        fn c_18_entries_are_the_lines_however_the_input_is_cut(
            lines in prop::collection::vec("[a-zü\r]{0,300}", 0..5),
            capacity in 1..400_usize,
        ) {
            let input = lines.join("\n");
            let field = Field::Receiver;
            let whole = entries(field, input.as_bytes(), 1 << 20);
            prop_assert_eq!(entries(field, input.as_bytes(), capacity), whole.clone());
            for (entry, line) in whole.iter().zip(input.lines()) {
                match entry {
                    Ok(entry) => prop_assert_eq!(entry, line),
                    Err(_) => prop_assert!(line.is_empty() || line.len() > 253),
                }
            }
        }
    }
}
