//! The action protocol under any cut, any damage and any text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use proptest::prelude::*;
use proto::action::transform::{
    TransformError, Transformed, begin, max_extra_copies, transform, transform_rest,
};
use proto::action::{
    Action, RequestHeader, ResponseDecoder, ResponseEvent, ResponseHeader, Truncated,
};

use common::{any_places, cuts, damaged, pieces};

const NAMED: [Action; 5] = [
    Action::Uppercase,
    Action::Lowercase,
    Action::Reverse,
    Action::Shuffle,
    Action::Random,
];

/// Three responses, the second one empty.
const RESPONSES: &[u8] = b"\0\0\0\x05error\0\0\0\0\0\0\0\x02hi";

/// A response as it was decoded: announced length, data, whether its end was seen.
#[derive(Debug, Default, PartialEq)]
struct Response {
    length: u32,
    data: Vec<u8>,
    ended: bool,
}

/// Decodes all pieces; each must be taken whole.
fn decode(pieces: &[&[u8]]) -> (Vec<Response>, Result<(), Truncated>) {
    let mut decoder = ResponseDecoder::new();
    let mut responses: Vec<Response> = Vec::new();
    for mut piece in pieces.iter().copied() {
        while let Some(event) = decoder.next(&mut piece) {
            match event {
                ResponseEvent::Header(ResponseHeader { length }) => {
                    responses.push(Response {
                        length,
                        ..Response::default()
                    });
                }
                ResponseEvent::Body(data) => {
                    assert!(!data.is_empty());
                    responses.last_mut().unwrap().data.extend_from_slice(data);
                }
                ResponseEvent::End => responses.last_mut().unwrap().ended = true,
            }
        }
        assert!(piece.is_empty());
    }
    (responses, decoder.finish())
}

fn emit(texts: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in texts {
        bytes.extend(
            ResponseHeader {
                length: text.len() as u32,
            }
            .emit(),
        );
        bytes.extend(text);
    }
    bytes
}

#[test]
fn g_5_no_cut_of_responses_makes_a_difference() {
    let whole = decode(&[RESPONSES]);
    assert_eq!(whole.1, Ok(()));
    for pieces in cuts(RESPONSES) {
        assert_eq!(decode(&pieces), whole, "{pieces:?}");
    }
}

#[test]
fn tc_4_every_prefix_inside_a_response_is_incomplete() {
    let whole = decode(&[RESPONSES]).0;
    for len in 0..RESPONSES.len() {
        let (responses, end) = decode(&[&RESPONSES[..len]]);
        let ended = responses.iter().filter(|response| response.ended).count();
        assert_eq!(responses[..ended], whole[..ended]);
        assert!(responses.len() <= ended + 1);
        assert_eq!(
            end.is_ok(),
            [0, 9, 13].contains(&len),
            "{end:?} after {len} bytes"
        );
    }
}

#[test]
fn damage_gives_other_responses_or_an_early_end() {
    let whole = decode(&[RESPONSES]);
    for bytes in damaged(RESPONSES) {
        assert_ne!(decode(&[&bytes]), whole);
    }
}

/// The text that the transformation makes of `text`.
fn apply(action: Action, text: &str, seed: u64) -> String {
    let mut body = text.as_bytes().to_vec();
    match transform(action, &mut body, &mut fastrand::Rng::with_seed(seed)).unwrap() {
        Transformed::InPlace => String::from_utf8(body).unwrap(),
        Transformed::Replaced(result) => {
            assert_eq!(body, text.as_bytes());
            result
        }
    }
}

/// Any text, of one kind of characters or mixed.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,40}",
        "[a-cà-ýα-ω漢😀]{0,40}",
        prop::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter),
    ]
}

proptest! {
    #[test]
    fn t_1_any_32_bits_are_a_request_header(word: u32) {
        let bytes = word.to_be_bytes();
        let header = RequestHeader::parse(bytes);
        prop_assert_eq!(header.emit(), bytes);
        prop_assert_eq!(u32::from(header.action().code()), word >> 27);
        prop_assert_eq!(header.length(), word & 0x07ff_ffff);
        prop_assert_eq!(RequestHeader::new(header.action(), header.length()), Ok(header));
    }

    #[test]
    fn t_2_any_32_bits_are_a_response_header(bytes: [u8; 4]) {
        prop_assert_eq!(ResponseHeader::parse(bytes).emit(), bytes);
    }

    #[test]
    fn g_5_responses_survive_any_cut(
        texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..5),
        places in any_places(),
    ) {
        let bytes = emit(&texts);
        let (responses, end) = decode(&pieces(&bytes, &places));
        prop_assert_eq!(end, Ok(()));
        prop_assert!(responses.iter().all(|response| response.ended));
        let data: Vec<Vec<u8>> = responses.into_iter().map(|response| response.data).collect();
        prop_assert_eq!(data, texts);
    }

    #[test]
    fn g_5_any_bytes_give_the_same_responses_however_cut(
        bytes in prop::collection::vec(prop_oneof![Just(0), 0..8_u8, any::<u8>()], 0..60),
        places in any_places(),
    ) {
        prop_assert_eq!(decode(&pieces(&bytes, &places)), decode(&[&bytes]));
    }

    #[test]
    fn t_9_case_mapping_is_that_of_str(text in any_text()) {
        prop_assert_eq!(apply(Action::Uppercase, &text, 0), text.to_uppercase());
        prop_assert_eq!(apply(Action::Lowercase, &text, 0), text.to_lowercase());
    }

    #[test]
    fn t_10_reverse_is_that_of_chars(text in any_text()) {
        prop_assert_eq!(apply(Action::Reverse, &text, 0), text.chars().rev().collect::<String>());
    }

    #[test]
    fn t_11_shuffle_keeps_the_code_points(text in any_text(), seed: u64) {
        let sorted = |text: &str| {
            let mut points: Vec<char> = text.chars().collect();
            points.sort_unstable();
            points
        };
        prop_assert_eq!(sorted(&apply(Action::Shuffle, &text, seed)), sorted(&text));
    }

    #[test]
    fn t_12_random_keeps_the_order_and_t_13_its_bound(text in any_text(), seed: u64) {
        let result = apply(Action::Random, &text, seed);
        let points = text.chars().count();
        prop_assert!(result.chars().count() <= points + max_extra_copies(points));
        prop_assert_eq!(result.is_empty(), text.is_empty());
        let mut kept: Vec<char> = result.chars().collect();
        kept.dedup();
        let mut rest = text.chars();
        prop_assert!(kept.iter().all(|point| rest.any(|other| other == *point)), "{result:?}");
    }

    #[test]
    fn g_5_a_text_is_transformed_the_same_if_that_begins_before_it_is_whole(
        text in any_text(),
        places in any_places(),
        seed: u64,
    ) {
        for action in NAMED {
            let mut body = text.clone().into_bytes();
            let (mut arrived, mut begun) = (0, 0);
            for piece in pieces(text.as_bytes(), &places) {
                arrived += piece.len();
                begun += begin(action, &mut body[begun..arrived]);
            }
            let mut rng = fastrand::Rng::with_seed(seed);
            let result = match transform_rest(action, &mut body, begun, &mut rng).unwrap() {
                Transformed::InPlace => String::from_utf8(body).unwrap(),
                Transformed::Replaced(result) => result,
            };
            prop_assert_eq!(result, apply(action, &text, seed));
        }
    }

    #[test]
    fn t_6_only_utf8_is_transformed(
        code in 0..32_u8,
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..20),
            any_text().prop_map(String::into_bytes),
            // Cut inside a character.
            any_text().prop_map(|text| {
                let mut bytes = format!("{text}😀").into_bytes();
                bytes.pop();
                bytes
            }),
        ],
    ) {
        let action = Action::from_code(code);
        let mut body = bytes.clone();
        let result = transform(action, &mut body, &mut fastrand::Rng::with_seed(0));
        let wanted = match (NAMED.contains(&action), std::str::from_utf8(&bytes)) {
            (false, _) => Some(TransformError::Reserved { code }),
            (true, Err(error)) => Some(TransformError::NotUtf8 { at: error.valid_up_to() }),
            (true, Ok(_)) => None,
        };
        prop_assert_eq!(result.err(), wanted);
        if wanted.is_some() {
            prop_assert_eq!(body, bytes);
        }
    }
}
