//! The records of the message protocol that are sent and expected.

use proto::message::{MAX_ITEMS, Message, Request, emit_response};

use crate::Error;

/// Who sends all messages.
const SENDER: &[u8] = b"alice";

/// Appends the request that stores a text.
pub fn create(receiver: &[u8], text: &[u8], record: &mut Vec<u8>) {
    let request = Request::Create {
        sender: SENDER,
        receiver,
        text,
    };
    // No name or text is empty or too long here; if one were, the server would refuse the request.
    let _ = request.emit(record);
}

/// Appends the request for a receiver's messages.
pub fn read(name: &[u8], record: &mut Vec<u8>) {
    // As above.
    let _ = Request::Read { name }.emit(record);
}

/// The response with `items` messages of this text.
///
/// # Errors
/// [`Error::Wrong`] if there can be no such response.
pub fn response(text: &[u8], items: usize, more: bool) -> Result<Vec<u8>, Error> {
    let mut record = Vec::new();
    let sender = SENDER;
    emit_response(&vec![Message { sender, text }; items], more, &mut record)
        .map_err(|error| Error::wrong("a response", "what fits one", error))?;
    Ok(record)
}

/// The text of a long message.
pub const LONG_TEXT: [u8; 1024] = [b'x'; 1024];

/// The response with as many long messages as there can be, while more are waiting.
///
/// # Errors
/// As [`response`].
pub fn full_response() -> Result<Vec<u8>, Error> {
    response(&LONG_TEXT, MAX_ITEMS, true)
}
