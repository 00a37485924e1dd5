//! Frames with questions, and their answers.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use proto::math::{Answer, Error, Frame, FrameDecoder, Question};

/// Frames in the stream.
const FRAMES: u32 = 1024;

#[divan::bench]
fn memcpy(bencher: Bencher<'_, '_>) {
    crate::memcpy(bencher, &stream());
}

/// As the client does: decodes the questions and makes the answers.
#[divan::bench]
fn decode_and_answer(bencher: Bencher<'_, '_>) {
    let bytes = stream();
    let mut answers = Vec::with_capacity(bytes.len());
    bencher
        .counter(BytesCount::of_slice(&bytes))
        .bench_local(|| -> Result<(), Error> {
            answers.clear();
            let mut decoder = FrameDecoder::new();
            let mut input = black_box(bytes.as_slice());
            while let Some(frame) = decoder.next(&mut input)? {
                if let Frame::Question(question) = frame {
                    answers.extend(question.sum().emit());
                }
            }
            black_box(&answers);
            decoder.finish()
        });
}

#[divan::bench]
fn frame_parse_and_emit(bencher: Bencher<'_, '_>) {
    let bytes = *b"Q\0\0\0\x02\0\0\0\x28";
    bencher
        .counter(BytesCount::new(Frame::LEN))
        .bench_local(|| Frame::parse(black_box(bytes)).map(Frame::emit));
}

#[divan::bench]
fn answer_parse_and_emit(bencher: Bencher<'_, '_>) {
    let bytes = *b"\0\0\0\x2a";
    bencher
        .counter(BytesCount::new(Answer::LEN))
        .bench_local(|| Answer::parse(black_box(bytes)).emit());
}

fn stream() -> Vec<u8> {
    (0..FRAMES)
        .map(|left| Question { left, right: 40 })
        .flat_map(|question| Frame::Question(question).emit())
        .collect()
}
