//! Requests and responses, read and written.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use proto::message::{
    EmitError, MAX_ITEMS, MAX_TEXT, Message, Request, ResponseDecoder, ResponseError, emit_response,
};

/// Bytes of a message's text.
const TEXTS: [usize; 3] = [16, 1024, MAX_TEXT];

#[divan::bench(args = TEXTS)]
fn request_memcpy(bencher: Bencher<'_, '_>, text: usize) {
    crate::memcpy(bencher, &request(&vec![b'a'; text]));
}

#[divan::bench(args = TEXTS)]
fn request_parse(bencher: Bencher<'_, '_>, text: usize) {
    let record = request(&vec![b'a'; text]);
    bencher
        .counter(BytesCount::of_slice(&record))
        .bench_local(|| Request::parse(black_box(&record)).is_ok());
}

#[divan::bench(args = TEXTS)]
fn request_emit(bencher: Bencher<'_, '_>, text: usize) {
    let text = vec![b'a'; text];
    let mut record = request(&text);
    bencher
        .counter(BytesCount::of_slice(&record))
        .bench_local(|| -> Result<(), EmitError> {
            record.clear();
            create(black_box(&text)).emit(black_box(&mut record))
        });
}

#[divan::bench(args = TEXTS)]
fn response_memcpy(bencher: Bencher<'_, '_>, text: usize) {
    crate::memcpy(bencher, &response(&vec![b'a'; text]));
}

#[divan::bench(args = TEXTS)]
fn response_decode(bencher: Bencher<'_, '_>, text: usize) {
    let record = response(&vec![b'a'; text]);
    bencher
        .counter(BytesCount::of_slice(&record))
        .bench_local(|| -> Result<(), ResponseError> {
            let mut decoder = ResponseDecoder::new();
            let mut input = black_box(record.as_slice());
            while let Some(event) = decoder.next(&mut input)? {
                black_box(event);
            }
            decoder.finish()
        });
}

#[divan::bench(args = TEXTS)]
fn response_emit(bencher: Bencher<'_, '_>, text: usize) {
    let text = vec![b'a'; text];
    let messages = full(&text);
    let mut record = response(&text);
    bencher
        .counter(BytesCount::of_slice(&record))
        .bench_local(|| {
            record.clear();
            emit_response(black_box(&messages), true, black_box(&mut record))
        });
}

fn create(text: &[u8]) -> Request<'_> {
    Request::Create {
        sender: b"alice",
        receiver: b"bob",
        text,
    }
}

fn request(text: &[u8]) -> Vec<u8> {
    let mut record = Vec::new();
    // It fails for no text that is measured: none is empty or too long.
    let _ = create(text).emit(&mut record);
    record
}

/// As many messages as a response can hold.
fn full(text: &[u8]) -> Vec<Message<'_>> {
    let sender = b"alice";
    vec![Message { sender, text }; MAX_ITEMS]
}

fn response(text: &[u8]) -> Vec<u8> {
    let mut record = Vec::new();
    // As in `request`.
    let _ = emit_response(&full(text), true, &mut record);
    record
}
