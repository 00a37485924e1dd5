//! From responses to lines of text, without sockets and files (TC-2).

use proto::action::{ResponseDecoder, ResponseEvent, Truncated};

/// Turns a stream of responses into lines, an answer each, wherever the stream is cut.
#[derive(Debug)]
pub(crate) struct Answers {
    decoder: ResponseDecoder,
    /// For a terminal, answers are escaped (G-6).
    terminal: bool,
    /// The beginning of a character whose rest has not come: it cannot be escaped yet.
    cut: Vec<u8>,
    count: u64,
}

impl Answers {
    pub(crate) fn new(terminal: bool) -> Self {
        Self {
            decoder: ResponseDecoder::new(),
            terminal,
            cut: Vec::new(),
            count: 0,
        }
    }

    /// How many answers have come in full.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Appends to `text` what is to be printed for these bytes.
    pub(crate) fn print(&mut self, mut received: &[u8], text: &mut Vec<u8>) {
        while let Some(event) = self.decoder.next(&mut received) {
            match event {
                ResponseEvent::Header(_) => {}
                ResponseEvent::Body(piece) if self.terminal => self.print_escaped(piece, text),
                ResponseEvent::Body(piece) => text.extend_from_slice(piece),
                ResponseEvent::End => {
                    text.extend_from_slice(&cli::escape(&self.cut).into_bytes());
                    self.cut.clear();
                    text.push(b'\n');
                    self.count += 1;
                }
            }
        }
    }

    fn print_escaped(&mut self, piece: &[u8], text: &mut Vec<u8>) {
        let mut whole = std::mem::take(&mut self.cut);
        whole.extend_from_slice(piece);
        self.cut = whole.split_off(whole.len() - cut_character(&whole));
        text.extend_from_slice(&cli::escape(&whole).into_bytes());
    }

    /// Whether the stream may end here, that is, between answers.
    ///
    /// # Errors
    /// [`Truncated`] if an answer has begun and is not whole.
    pub(crate) fn finish(&self) -> Result<(), Truncated> {
        self.decoder.finish()
    }
}

/// How many bytes at the end are the beginning of a character in UTF-8: at most three.
fn cut_character(bytes: &[u8]) -> usize {
    let is_beginning = |length: &usize| {
        let tail = &bytes[bytes.len() - length..];
        std::str::from_utf8(tail)
            .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
    };
    (1..=bytes.len().min(3)).find(is_beginning).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stream(answers: &[Vec<u8>]) -> Vec<u8> {
        let frame = |answer: &Vec<u8>| {
            [
                &u32::try_from(answer.len()).unwrap().to_be_bytes(),
                answer.as_slice(),
            ]
            .concat()
        };
        answers.iter().flat_map(frame).collect()
    }

    fn printed<'a>(terminal: bool, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        let mut answers = Answers::new(terminal);
        let mut text = Vec::new();
        for piece in pieces {
            answers.print(piece, &mut text);
        }
        answers.finish().unwrap();
        text
    }

    #[test]
    fn tc_2_each_answer_is_a_line() {
        let stream = stream(&[b"HELLO".to_vec(), Vec::new(), b"a\x1b\nb\xff".to_vec()]);
        assert_eq!(printed(false, [&stream[..]]), b"HELLO\n\na\x1b\nb\xff\n");
    }

    #[test]
    fn g_6_answers_are_escaped_on_a_terminal() {
        let stream = stream(&[
            "é\u{1b}[2J\n😀".as_bytes().to_vec(),
            b"cut \xf0\x9f".to_vec(),
        ]);
        assert_eq!(
            printed(true, [&stream[..]]),
            "é\\x1b[2J\\n😀\ncut \\xf0\\x9f\n".as_bytes()
        );
    }

    #[test]
    fn tc_2_an_answer_is_printed_as_it_comes() {
        let mut answers = Answers::new(true);
        let mut text = Vec::new();
        answers.print(b"\0\0\0\x09ab\xe6\xbc", &mut text);
        assert_eq!((&text[..], answers.count()), (&b"ab"[..], 0));
        assert_eq!(
            answers.finish(),
            Err(Truncated::Body {
                length: 9,
                missing: 5
            })
        );
        answers.print(b"\xa2c\xe6ef", &mut text);
        assert_eq!(
            (text.as_slice(), answers.count()),
            ("ab漢c\\xe6ef\n".as_bytes(), 1)
        );
    }

    proptest! {
        #[test]
        fn g_5_any_cut_of_the_stream_gives_the_same_text(
            texts in proptest::collection::vec("[ -~é漢😀\u{9b}]{0,9}", 0..8),
            mut wild: Vec<Vec<u8>>,
            sizes in proptest::collection::vec(1..9_usize, 1..20),
            terminal: bool,
        ) {
            wild.extend(texts.into_iter().map(String::into_bytes));
            let stream = stream(&wild);
            let mut pieces = Vec::new();
            let mut rest = stream.as_slice();
            for size in sizes.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, later) = rest.split_at(rest.len().min(*size));
                pieces.push(piece);
                rest = later;
            }
            let line = |answer: &Vec<u8>| {
                let mut line = answer.clone();
                if terminal {
                    line = cli::escape(answer).to_string().into_bytes();
                }
                line.push(b'\n');
                line
            };
            let wanted: Vec<u8> = wild.iter().flat_map(line).collect();
            prop_assert_eq!(printed(terminal, pieces), wanted);
        }
    }
}
