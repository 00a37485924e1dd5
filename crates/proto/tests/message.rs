//! Message records under any cut and damage.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use proptest::prelude::*;
use proto::message::{
    Message, Request, RequestError, RequestHeader, ResponseDecoder, ResponseError, ResponseEvent,
    ResponseHeader, emit_response,
};

use common::{any_places, cuts, damaged, pieces};

const CREATE: &[u8] = b"\xae\x73\x02\x05\x03\x00\x05alicebobhello";
const READ: &[u8] = b"\xae\x73\x01\x03\x00\x00\x00bob";

/// Two messages, and more are waiting.
const RESPONSE: &[u8] = b"\xae\x73\x03\x02\x01\x05\x00\x05alicehello\x01\x00\x02b\0\xff";

/// What a client saw of a response before the stream ended or went wrong, and how it ended.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    header: Option<ResponseHeader>,
    messages: Vec<(Vec<u8>, Vec<u8>)>,
    complete: bool,
    error: Option<ResponseError>,
}

fn decode(pieces: &[&[u8]]) -> Outcome {
    let mut decoder = ResponseDecoder::new();
    let mut outcome = Outcome::default();
    for mut piece in pieces.iter().copied() {
        loop {
            match decoder.next(&mut piece) {
                Ok(Some(ResponseEvent::Header(header))) => outcome.header = Some(header),
                Ok(Some(ResponseEvent::Message(Message { sender, text }))) => {
                    outcome.messages.push((sender.to_vec(), text.to_vec()));
                }
                Ok(Some(ResponseEvent::End)) => outcome.complete = true,
                Ok(None) => break assert!(piece.is_empty() || outcome.complete),
                Err(error) => {
                    outcome.error = Some(error);
                    return outcome;
                }
            }
        }
    }
    outcome.error = decoder.finish().err();
    outcome
}

fn any_name() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 1..=255)
}

fn any_message_text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        9 => prop::collection::vec(any::<u8>(), 1..=600),
        1 => (65_000..=65_535_usize).prop_map(|len| vec![0xae; len]),
    ]
}

#[test]
fn c_8_every_prefix_of_a_request_is_incomplete() {
    for record in [CREATE, READ] {
        for len in 0..record.len() {
            let result = Request::parse(&record[..len]);
            let whole = if len < RequestHeader::LEN {
                RequestHeader::LEN
            } else {
                record.len()
            };
            assert_eq!(
                result,
                Err(RequestError::Truncated {
                    missing: whole - len
                })
            );
        }
        assert!(Request::parse(record).is_ok());
    }
}

#[test]
fn c_2_damage_gives_another_request_or_an_error() {
    for record in [CREATE, READ] {
        for bytes in damaged(record) {
            let Ok(request) = Request::parse(&bytes) else {
                continue;
            };
            assert_ne!(Request::parse(record), Ok(request));
            let mut again = Vec::new();
            request.emit(&mut again).unwrap();
            assert_eq!(again, bytes);
        }
    }
}

#[test]
fn g_5_no_cut_of_a_response_makes_a_difference() {
    let whole = decode(&[RESPONSE]);
    assert!(whole.complete);
    assert_eq!(whole.messages.len(), 2);
    for pieces in cuts(RESPONSE) {
        assert_eq!(decode(&pieces), whole, "{pieces:?}");
    }
}

#[test]
fn c_22_every_prefix_of_a_response_is_incomplete() {
    let whole = decode(&[RESPONSE]);
    for len in 0..RESPONSE.len() {
        let outcome = decode(&[&RESPONSE[..len]]);
        assert!(!outcome.complete);
        assert!(whole.messages.starts_with(&outcome.messages));
        // Each message is there as soon as it is whole.
        assert_eq!(outcome.messages.len(), usize::from(len >= 18));
        assert_eq!(
            matches!(outcome.error, Some(ResponseError::TruncatedHeader { .. })),
            len < ResponseHeader::LEN
        );
        assert!(outcome.error.is_some());
    }
}

#[test]
fn c_4_damage_gives_another_response_or_an_error() {
    let whole = decode(&[RESPONSE]);
    for bytes in damaged(RESPONSE) {
        let outcome = decode(&[&bytes]);
        assert_ne!(outcome, whole);
        assert_ne!(outcome.complete, outcome.error.is_some());
    }
}

proptest! {
    #[test]
    fn c_1_requests_parse_to_what_they_were(
        sender in any_name(),
        receiver in any_name(),
        text in any_message_text(),
    ) {
        for request in [
            Request::Read { name: &sender },
            Request::Create { sender: &sender, receiver: &receiver, text: &text },
        ] {
            let mut record = Vec::new();
            request.emit(&mut record).unwrap();
            prop_assert_eq!(record.len(), request.emitted_len());
            let header = RequestHeader::parse(*record.first_chunk().unwrap()).unwrap();
            prop_assert_eq!(header.record_len(), record.len());
            prop_assert_eq!(Request::parse(&record), Ok(request));
        }
    }

    #[test]
    fn c_2_any_bytes_are_the_request_that_they_came_from_or_none(
        header in (1..=3_u8, 0..3_u8, 0..3_u8, 0..3_u8),
        body in prop::collection::vec(any::<u8>(), 0..6),
    ) {
        let (id, name_len, receiver_len, text_len) = header;
        let mut bytes = vec![0xae, 0x73, id, name_len, receiver_len, 0, text_len];
        bytes.extend(&body);
        let header_holds = name_len > 0 && match id {
            1 => receiver_len == 0 && text_len == 0,
            2 => receiver_len > 0 && text_len > 0,
            _ => false,
        };
        let length_holds = body.len() == usize::from(name_len + receiver_len + text_len);
        let result = Request::parse(&bytes);
        prop_assert_eq!(result.is_ok(), header_holds && length_holds, "{:?}", result);
        if let Ok(request) = result {
            let mut again = Vec::new();
            request.emit(&mut again).unwrap();
            prop_assert_eq!(again, bytes);
        }
    }

    #[test]
    fn c_1_random_bytes_are_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let _ = Request::parse(&bytes);
        let with_magic = [&b"\xae\x73"[..], &bytes].concat();
        let _ = Request::parse(&with_magic);
    }

    #[test]
    fn c_3_responses_survive_any_cut(
        messages in prop::collection::vec((any_name(), any_message_text()), 0..6),
        more: bool,
        places in any_places(),
    ) {
        let borrowed: Vec<Message<'_>> =
            messages.iter().map(|(sender, text)| Message { sender, text }).collect();
        let mut bytes = Vec::new();
        emit_response(&borrowed, more, &mut bytes).unwrap();
        let header = Some(ResponseHeader { items: messages.len() as u8, more });
        let outcome = decode(&pieces(&bytes, &places));
        prop_assert_eq!(outcome, Outcome { header, messages, complete: true, error: None });
    }

    #[test]
    fn g_5_any_bytes_give_the_same_response_however_cut(
        items in 0..4_u8,
        bytes in prop::collection::vec(0..4_u8, 0..40),
        places in any_places(),
    ) {
        let bytes = [&[0xae, 0x73, 3, items, 0][..], &bytes].concat();
        prop_assert_eq!(decode(&pieces(&bytes, &places)), decode(&[&bytes]));
    }
}
