//! Streams of pickles.

use std::fmt::{self, Write};

use proto::pickle::{Decoder, Error, MAX_LINE_LEN, MAX_LINE_RATIO, MAX_OBJECT_LEN, Plain, Value};

use super::{assert_line, cuts, memory};

/// Bytes that reading and printing an object may allocate for one byte of its pickle, and without
/// any. A value can be one byte long (`]`) and then takes 16 as a node and four on the stack,
/// three times that while these grow, and 40 to be measured; the memo has room for a thousand
/// values from the start.
const MEMORY: (usize, usize) = (80, 64 * 1024);

/// Any bytes as a stream of objects.
pub fn stream(bytes: &[u8]) {
    let limit = MEMORY.0 * bytes.len() + MEMORY.1;
    memory::assert_at_most(limit, || {
        let mut decoder = Decoder::new();
        let mut input = bytes;
        while let Ok(Some(value)) = decoder.next(&mut input) {
            write!(Nowhere, "{value}{}", value.as_ref().bare()).unwrap();
        }
    });

    let (values, end) = cuts::assert_no_difference(bytes, decode);
    match end {
        Ok(()) => {}
        Err(Error::Truncated { received }) => assert!(received <= bytes.len().min(MAX_OBJECT_LEN)),
        Err(error) => assert_line(error),
    }
    let longest = MAX_LINE_LEN.max(MAX_LINE_RATIO * bytes.len());
    for line in values {
        assert!(line.len() <= longest, "{} bytes", line.len());
        assert_line(line);
    }
    let mut input = bytes;
    if let Ok(Some(value)) = Decoder::new().next(&mut input) {
        assert_line(value.as_ref().bare());
        assert_emitted_parses_the_same(&value);
        let pickle = &bytes[..bytes.len() - input.len()];
        assert_every_prefix_is_incomplete(pickle);
    }
}

/// Reads the pickle of one object; its Python `repr` is `line`.
pub fn honest(pickle: &[u8], line: &str) {
    let (values, end) = decode(&[pickle]);
    assert_eq!(values, [line]);
    assert_eq!(end, Ok(()));
}

fn decode(pieces: &[&[u8]]) -> (Vec<String>, Result<(), Error>) {
    let mut decoder = Decoder::new();
    let mut lines = Vec::new();
    for mut piece in pieces.iter().copied() {
        loop {
            match decoder.next(&mut piece) {
                Ok(Some(value)) => lines.push(value.to_string()),
                Ok(None) => break assert_eq!(piece, b""),
                Err(error) => return (lines, Err(error)),
            }
        }
    }
    (lines, decoder.finish())
}

/// What our programs can write, they read as the same: as it is, and as the value of a dictionary.
fn assert_emitted_parses_the_same(value: &Value) {
    let text = value.as_ref().as_text().map(std::str::from_utf8);
    let plain = match (value.as_integer(), text) {
        (Some(integer), _) => Plain::Int(integer),
        (_, Some(Ok(text))) => Plain::Str(text),
        _ => return,
    };
    let line = value.to_string();
    honest(&emitted(plain), &line);
    let entries = [("key", plain), ("", Plain::Dict(&[]))];
    let pickle = emitted(Plain::Dict(&entries));
    honest(&pickle, &format!("{{'key': {line}, '': {{}}}}"));
    let read = Decoder::new().next(&mut pickle.as_slice());
    let dict = read.unwrap().unwrap();
    assert_eq!(dict.get("key").unwrap().to_string(), line);
    assert!(dict.get("other").is_none());
}

fn emitted(plain: Plain<'_>) -> Vec<u8> {
    let mut pickle = Vec::new();
    plain.emit(&mut pickle);
    pickle
}

/// A stream may not end inside an object, wherever that is.
fn assert_every_prefix_is_incomplete(pickle: &[u8]) {
    let mut decoder = Decoder::new();
    for (received, byte) in pickle.iter().enumerate() {
        let wanted = match received {
            0 => Ok(()),
            _ => Err(Error::Truncated { received }),
        };
        assert_eq!(decoder.finish(), wanted);
        let end = decoder.next(&mut std::slice::from_ref(byte));
        assert_eq!(end.unwrap().is_some(), received + 1 == pickle.len());
    }
    assert_eq!(decoder.finish(), Ok(()));
}

/// Takes what is written to it and keeps nothing.
struct Nowhere;

impl Write for Nowhere {
    fn write_str(&mut self, _: &str) -> fmt::Result {
        Ok(())
    }
}
