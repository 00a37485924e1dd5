//! The headers, the stream of responses, and the transformations of short and long texts.

use std::fmt;

use divan::counter::BytesCount;
use divan::{Bencher, black_box, black_box_drop};
use proto::action::transform::transform;
use proto::action::{Action, RequestHeader, ResponseDecoder, ResponseHeader};

/// Bytes of a text, about: no code point is cut.
const SIZES: [usize; 3] = [64, 4 * 1024, 1024 * 1024];

/// Responses in the stream that is decoded.
const RESPONSES: usize = 1024;

#[divan::bench(args = SIZES)]
fn memcpy(bencher: Bencher<'_, '_>, size: usize) {
    crate::memcpy(bencher, &vec![b'a'; size]);
}

#[divan::bench(consts = SIZES, args = [Text::Ascii, Text::Utf8])]
fn uppercase<const SIZE: usize>(bencher: Bencher<'_, '_>, text: Text) {
    transformation(bencher, Action::Uppercase, text, SIZE);
}

#[divan::bench(consts = SIZES, args = [Text::Ascii, Text::Utf8])]
fn lowercase<const SIZE: usize>(bencher: Bencher<'_, '_>, text: Text) {
    transformation(bencher, Action::Lowercase, text, SIZE);
}

#[divan::bench(consts = SIZES, args = [Text::Ascii, Text::Utf8])]
fn reverse<const SIZE: usize>(bencher: Bencher<'_, '_>, text: Text) {
    transformation(bencher, Action::Reverse, text, SIZE);
}

#[divan::bench(consts = SIZES, args = [Text::Ascii, Text::Utf8])]
fn shuffle<const SIZE: usize>(bencher: Bencher<'_, '_>, text: Text) {
    transformation(bencher, Action::Shuffle, text, SIZE);
}

#[divan::bench(consts = SIZES, args = [Text::Ascii, Text::Utf8])]
fn random<const SIZE: usize>(bencher: Bencher<'_, '_>, text: Text) {
    transformation(bencher, Action::Random, text, SIZE);
}

#[divan::bench]
fn request_header(bencher: Bencher<'_, '_>) {
    let bytes = *b"\x40\x00\x00\x0b";
    bencher
        .counter(BytesCount::new(RequestHeader::LEN))
        .bench_local(|| {
            let header = RequestHeader::parse(black_box(bytes));
            RequestHeader::new(header.action(), header.length()).map(RequestHeader::emit)
        });
}

#[divan::bench]
fn response_header(bencher: Bencher<'_, '_>) {
    let bytes = *b"\x00\x00\x00\x0b";
    bencher
        .counter(BytesCount::new(ResponseHeader::LEN))
        .bench_local(|| ResponseHeader::parse(black_box(bytes)).emit());
}

#[divan::bench(args = SIZES)]
fn response_stream(bencher: Bencher<'_, '_>, size: usize) {
    let length = size as u32;
    let mut response = ResponseHeader { length }.emit().to_vec();
    response.resize(ResponseHeader::LEN + size, b'a');
    // A long one stands for itself.
    let stream = response.repeat(if size < 1024 { RESPONSES } else { 1 });
    bencher
        .counter(BytesCount::of_slice(&stream))
        .bench_local(|| {
            let mut decoder = ResponseDecoder::new();
            let mut input = black_box(stream.as_slice());
            while let Some(event) = decoder.next(&mut input) {
                black_box(event);
            }
            decoder.finish()
        });
}

/// Of what the text consists.
#[derive(Clone, Copy, Debug)]
enum Text {
    Ascii,
    /// One to four bytes for each code point.
    Utf8,
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ascii => "ASCII",
            Self::Utf8 => "UTF-8",
        })
    }
}

impl Text {
    fn bytes(self, size: usize) -> Vec<u8> {
        let pattern = match self {
            Self::Ascii => "The quick brown fox jumps over the lazy dog. ",
            Self::Utf8 => "Straße, ÉTÉ, Ωμέγα, Жёлтый, 漢字かな, 😀 and plain text. ",
        };
        let mut bytes = 0;
        let text: String = pattern
            .chars()
            .cycle()
            .take_while(|point| {
                bytes += point.len_utf8();
                bytes <= size
            })
            .collect();
        text.into_bytes()
    }
}

/// The buffer is transformed again and again: what it holds changes, but not how much.
fn transformation(bencher: Bencher<'_, '_>, action: Action, text: Text, size: usize) {
    let mut body = text.bytes(size);
    let mut rng = fastrand::Rng::with_seed(1);
    bencher
        .counter(BytesCount::of_slice(&body))
        .bench_local(|| black_box_drop(transform(action, black_box(&mut body), &mut rng)));
}
