//! The two records of the message protocol.

use proto::message::{
    MAX_NAME, MAX_TEXT, Message, MessageHeader, Request, RequestError, RequestHeader,
    ResponseDecoder, ResponseError, ResponseEvent, ResponseHeader, emit_response,
};

use super::{assert_line, cuts, memory};

/// Bytes that the decoder of responses may allocate for one byte of input, and without any: its
/// buffer has up to twice the room that it needs, and its old room beside it while it moves.
const RESPONSE_MEMORY: (usize, usize) = (3, 64);

/// Any bytes as a request, which parsing borrows: it allocates nothing.
pub fn request(bytes: &[u8]) {
    let result = memory::assert_at_most(0, || Request::parse(bytes));
    if let Err(error) = result {
        assert_line(error);
    }
    let Some(header) = bytes.first_chunk() else {
        let missing = RequestHeader::LEN - bytes.len();
        return assert_eq!(result, Err(RequestError::Truncated { missing }));
    };
    let header = match RequestHeader::parse(*header) {
        Ok(parsed) => {
            assert_eq!(parsed.emit(), *header);
            parsed
        }
        Err(error) => return assert_eq!(result, Err(error)),
    };

    let announced = header.record_len();
    assert!(announced <= RequestHeader::LEN + 2 * MAX_NAME + MAX_TEXT);
    let Some((record, rest)) = bytes.split_at_checked(announced) else {
        let missing = announced - bytes.len();
        return assert_eq!(result, Err(RequestError::Truncated { missing }));
    };
    if rest.is_empty() {
        assert!(result.is_ok());
    } else {
        let found = bytes.len();
        assert_eq!(result, Err(RequestError::TooLong { found, announced }));
    }

    // The record alone is what a server parses: it has read the header and knows the length.
    let request = Request::parse(record).unwrap();
    assert_eq!(request.emitted_len(), record.len());
    let again = memory::assert_at_most(record.len(), || {
        let mut again = Vec::new();
        request.emit(&mut again).unwrap();
        again
    });
    assert_eq!(again, record);
}

/// Any bytes as the stream of one response.
pub fn response(bytes: &[u8]) {
    let limit = RESPONSE_MEMORY.0 * bytes.len() + RESPONSE_MEMORY.1;
    memory::assert_at_most(limit, || {
        let mut decoder = ResponseDecoder::new();
        let mut input = bytes;
        while let Ok(Some(_)) = decoder.next(&mut input) {}
    });

    let outcome = cuts::assert_no_difference(bytes, decode);
    if let Some(error) = outcome.error {
        assert_line(error);
    }
    let Some(header) = outcome.header else {
        let error = outcome.error.unwrap();
        assert_eq!(
            matches!(error, ResponseError::TruncatedHeader { .. }),
            bytes.len() < ResponseHeader::LEN
        );
        return;
    };
    let received = outcome.messages.len();
    assert_eq!(outcome.complete, received == usize::from(header.items));
    assert_eq!(outcome.complete, outcome.error.is_none());

    let messages: Vec<Message<'_>> = outcome
        .messages
        .iter()
        .map(|(sender, text)| Message { sender, text })
        .collect();
    let mut again = Vec::new();
    emit_response(&messages, header.more, &mut again).unwrap();
    let emitted_len: usize = messages.iter().map(Message::emitted_len).sum();
    assert_eq!(again.len(), ResponseHeader::LEN + emitted_len);
    let (emitted, after) = bytes.split_at(bytes.len() - outcome.left);
    assert_eq!(emitted.get(..3), again.get(..3));
    assert_eq!(emitted.get(4), again.get(4));
    let messages_emitted = &again[ResponseHeader::LEN..];
    let rest = emitted[ResponseHeader::LEN..]
        .strip_prefix(messages_emitted)
        .expect("messages emit what they came from");
    match outcome.error {
        None => assert_eq!(rest, b""),
        Some(ResponseError::TruncatedMessage {
            received: found,
            items,
            missing,
        }) => {
            assert_eq!((usize::from(found), items), (received, header.items));
            assert_eq!(after, b"");
            assert_missing(rest, missing);
        }
        // The header of the next message has been taken.
        Some(error) => {
            let next = rest.first_chunk().unwrap();
            assert_eq!(MessageHeader::parse(*next), Err(error));
        }
    }
}

/// What is said to be missing is what the message of which `rest` is there needs, or its header.
fn assert_missing(rest: &[u8], missing: usize) {
    let Some((header, body)) = rest.split_first_chunk() else {
        return assert_eq!(rest.len() + missing, MessageHeader::LEN);
    };
    let header = MessageHeader::parse(*header).unwrap();
    assert_eq!(header.emit(), rest[..MessageHeader::LEN]);
    assert_eq!(body.len() + missing, header.body_len());
}

/// What a client saw of a response before the stream ended or went wrong, and how it ended.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    header: Option<ResponseHeader>,
    messages: Vec<(Vec<u8>, Vec<u8>)>,
    complete: bool,
    error: Option<ResponseError>,
    /// How many bytes were not taken.
    left: usize,
}

fn decode(pieces: &[&[u8]]) -> Outcome {
    let mut decoder = ResponseDecoder::new();
    let mut outcome = Outcome::default();
    let mut left: usize = pieces.iter().map(|piece| piece.len()).sum();
    for mut piece in pieces.iter().copied() {
        left -= piece.len();
        loop {
            match decoder.next(&mut piece) {
                Ok(Some(ResponseEvent::Header(header))) => outcome.header = Some(header),
                Ok(Some(ResponseEvent::Message(Message { sender, text }))) => {
                    outcome.messages.push((sender.to_vec(), text.to_vec()));
                }
                Ok(Some(ResponseEvent::End)) => outcome.complete = true,
                Ok(None) if outcome.complete => {
                    outcome.left = left + piece.len();
                    assert_eq!(decoder.finish(), Ok(()));
                    return outcome;
                }
                Ok(None) => break assert_eq!(piece, b""),
                Err(error) => {
                    outcome.left = left + piece.len();
                    outcome.error = Some(error);
                    return outcome;
                }
            }
        }
    }
    outcome.error = decoder.finish().err();
    outcome
}
