//! Objects: a student's dictionary, long text, and many small values.

use std::fmt;

use divan::counter::BytesCount;
use divan::{Bencher, black_box, black_box_drop};
use proto::pickle::{Decoder, Plain};

/// What is read, in pickles of protocol 2.
#[derive(Clone, Copy, Debug)]
enum Object {
    /// What the client of the assignment sends: a few short texts.
    Student,
    /// A text of 256 KiB.
    Text,
    /// A dictionary with 16,384 integers.
    Numbers,
}

const OBJECTS: [Object; 3] = [Object::Student, Object::Text, Object::Numbers];

#[divan::bench(args = OBJECTS)]
fn memcpy(bencher: Bencher<'_, '_>, object: Object) {
    crate::memcpy(bencher, &object.pickle());
}

#[divan::bench(args = OBJECTS)]
fn read(bencher: Bencher<'_, '_>, object: Object) {
    let pickle = object.pickle();
    bencher
        .counter(BytesCount::of_slice(&pickle))
        .bench_local(|| black_box_drop(Decoder::new().next(&mut black_box(pickle.as_slice()))));
}

/// Python's `repr` of an object that was read; the bytes are those of its text.
#[divan::bench(args = OBJECTS)]
fn repr(bencher: Bencher<'_, '_>, object: Object) {
    let pickle = object.pickle();
    let Ok(Some(value)) = Decoder::new().next(&mut pickle.as_slice()) else {
        return;
    };
    let mut text = value.to_string();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
        text.clear();
        fmt::write(black_box(&mut text), format_args!("{}", black_box(&value)))
    });
}

#[divan::bench(args = OBJECTS)]
fn emit(bencher: Bencher<'_, '_>, object: Object) {
    object.with_plain(|plain| {
        let mut pickle = object.pickle();
        bencher
            .counter(BytesCount::of_slice(&pickle))
            .bench_local(|| {
                pickle.clear();
                black_box(plain).emit(black_box(&mut pickle));
            });
    });
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Student => "student",
            Self::Text => "text",
            Self::Numbers => "numbers",
        })
    }
}

impl Object {
    fn pickle(self) -> Vec<u8> {
        let mut pickle = Vec::new();
        self.with_plain(|plain| plain.emit(&mut pickle));
        pickle
    }

    /// The object borrows its parts, which live as long as the call.
    fn with_plain(self, use_it: impl FnOnce(&Plain<'_>)) {
        match self {
            Self::Student => use_it(&Plain::Dict(&[
                ("student_name", Plain::Str("José Núñez")),
                ("github_username", Plain::Str("jose")),
                ("sid", Plain::Int(123_456_789)),
            ])),
            Self::Text => use_it(&Plain::Str(&"José's text. ".repeat(19_000))),
            Self::Numbers => {
                let keys: Vec<String> = (0..16_384).map(|key| key.to_string()).collect();
                let entries: Vec<_> = (0..)
                    .zip(&keys)
                    .map(|(value, key)| (key.as_str(), Plain::Int(value)))
                    .collect();
                use_it(&Plain::Dict(&entries));
            }
        }
    }
}
