//! The action protocol: one request with its transformation, and a stream of responses.

use proto::action::transform::{TransformError, Transformed, begin, transform_rest};
use proto::action::{
    Action, RequestHeader, ResponseDecoder, ResponseEvent, ResponseHeader, Truncated,
};

use super::{assert_line, cuts, memory};

/// The most code points that `random` may make of `points` (T-13).
const fn most_random_points(points: usize) -> usize {
    4 * points + 64
}

/// Bytes that an action may allocate for one byte of text, and without any: three times what it
/// makes at most, because a buffer that grows has up to twice the room that it needs, and its old
/// room beside it while it moves.
fn transform_memory(action: Action, text: &[u8]) -> usize {
    let longest = match action {
        // All may be copies of a code point that takes four bytes.
        Action::Random => 4 * most_random_points(text.len()),
        _ if text.is_ascii() => 0,
        // `\u{390}` takes two bytes and becomes three times as long.
        Action::Uppercase | Action::Lowercase => 3 * text.len(),
        // Each code point takes four bytes meanwhile.
        Action::Shuffle => 4 * text.len(),
        Action::Reverse | Action::Reserved(_) => 0,
    };
    3 * longest
}

/// A header and the text behind it, whatever length the header announces.
pub fn request(bytes: &[u8]) {
    let Some((header, text)) = bytes.split_first_chunk() else {
        return;
    };
    let parsed = memory::assert_at_most(0, || RequestHeader::parse(*header));
    assert_eq!(parsed.emit(), *header);
    assert_eq!(
        RequestHeader::new(parsed.action(), parsed.length()),
        Ok(parsed)
    );

    let seed = u64::from(parsed.length());
    let limit = transform_memory(parsed.action(), text);
    let mut body = text.to_vec();
    let result = memory::assert_at_most(limit, || {
        // As if it came in two halves.
        let begun = begin(parsed.action(), &mut body[..text.len() / 2]);
        transform_rest(
            parsed.action(),
            &mut body,
            begun,
            &mut fastrand::Rng::with_seed(seed),
        )
    });
    if let Err(error) = &result {
        assert_line(error);
    }
    match (parsed.action(), std::str::from_utf8(text), result) {
        (Action::Reserved(code), _, result) => {
            assert_eq!(result, Err(TransformError::Reserved { code }));
            assert_eq!(body, text);
        }
        (_, Err(error), result) => {
            let at = error.valid_up_to();
            assert_eq!(result, Err(TransformError::NotUtf8 { at }));
        }
        (_, Ok(_), Err(error)) => panic!("{error}"),
        (action, Ok(text), Ok(Transformed::Replaced(found))) => {
            assert_transformed(action, text, &found);
        }
        (action, Ok(text), Ok(Transformed::InPlace)) => {
            assert_transformed(action, text, &String::from_utf8(body).unwrap());
        }
    }
}

fn assert_transformed(action: Action, text: &str, found: &str) {
    match action {
        Action::Uppercase => assert_eq!(found, text.to_uppercase()),
        Action::Lowercase => assert_eq!(found, text.to_lowercase()),
        Action::Reverse => assert_eq!(found, text.chars().rev().collect::<String>()),
        Action::Shuffle => assert_eq!(sorted(found), sorted(text)),
        Action::Random => assert_randomly_repeated(text, found),
        Action::Reserved(code) => panic!("{code} was carried out"),
    }
}

fn sorted(text: &str) -> Vec<char> {
    let mut points: Vec<char> = text.chars().collect();
    points.sort_unstable();
    points
}

/// T-12, T-13: the order stays, some are left out, some repeated, none of it beyond the bound.
fn assert_randomly_repeated(text: &str, found: &str) {
    assert!(found.chars().count() <= most_random_points(text.chars().count()));
    assert_eq!(found.is_empty(), text.is_empty());
    let mut kept: Vec<char> = found.chars().collect();
    kept.dedup();
    let mut rest = text.chars();
    assert!(
        kept.iter().all(|point| rest.any(|other| other == *point)),
        "{found:?} of {text:?}"
    );
}

/// Any bytes as a stream of responses; the decoder allocates nothing.
pub fn responses(bytes: &[u8]) {
    memory::assert_at_most(0, || {
        let mut decoder = ResponseDecoder::new();
        let mut input = bytes;
        while decoder.next(&mut input).is_some() {}
    });

    let (responses, end) = cuts::assert_no_difference(bytes, decode);
    let whole = responses.iter().filter(|response| response.ended).count();
    assert!(responses.len() - whole <= 1, "only the last can be cut off");

    let mut again = Vec::new();
    for response in &responses {
        let header = ResponseHeader {
            length: response.length,
        };
        again.extend_from_slice(&header.emit());
        again.extend_from_slice(&response.data);
    }
    if let Err(error) = end {
        assert_line(error);
    }
    match end {
        Ok(()) => assert_eq!(again, bytes),
        Err(Truncated::Header { missing }) => {
            assert_eq!(again, bytes[..bytes.len() + missing - ResponseHeader::LEN]);
        }
        Err(Truncated::Body { length, missing }) => {
            assert_eq!(again, bytes);
            let last = responses.last().unwrap();
            assert_eq!(last.length, length);
            assert_eq!(last.data.len() + missing as usize, length as usize);
        }
    }
}

/// A response as it was decoded.
#[derive(Debug, PartialEq)]
struct Response {
    length: u32,
    data: Vec<u8>,
    ended: bool,
}

fn decode(pieces: &[&[u8]]) -> (Vec<Response>, Result<(), Truncated>) {
    let mut decoder = ResponseDecoder::new();
    let mut responses: Vec<Response> = Vec::new();
    for mut piece in pieces.iter().copied() {
        while let Some(event) = decoder.next(&mut piece) {
            match (event, responses.last_mut()) {
                (ResponseEvent::Header(ResponseHeader { length }), _) => responses.push(Response {
                    length,
                    data: Vec::new(),
                    ended: false,
                }),
                (ResponseEvent::Body(data), Some(response)) => {
                    assert!(!data.is_empty());
                    response.data.extend_from_slice(data);
                }
                (ResponseEvent::End, Some(response)) => {
                    assert_eq!(response.data.len(), response.length as usize);
                    response.ended = true;
                }
                (event, None) => panic!("{event:?} before a header"),
            }
        }
        assert_eq!(piece, b"");
    }
    (responses, decoder.finish())
}
