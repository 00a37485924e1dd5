//! What the checks of the message server and of its client share: the records [3.3], names and
//! texts that are drawn, and how either program refuses.

use std::time::Duration;

use harness::{Event, Exit, shown};

use crate::{Problem, Trial};

/// The first and the last port that both programs take.
pub(super) const BORDER_PORTS: [u16; 2] = [1024, 64000];

/// Those before and behind.
pub(super) const WRONG_PORTS: [&str; 2] = ["1023", "64001"];

/// The gap that both programs look for [3.5].
pub(super) const SECOND: Duration = Duration::from_secs(1);

/// The response that carries no messages.
pub(super) const NO_MESSAGES: &[u8] = b"\xae\x73\x03\0\0";

/// A length whose two bytes are the same: it does not matter in which order they are sent.
pub(super) const SAME_IN_EITHER_ORDER: usize = 0x0101;

/// A sender and a text.
pub(crate) type Message = (String, String);

/// The name of a user: letters.
pub(super) fn name(trial: &mut Trial<'_>) -> String {
    let length = trial.random().usize(8..15);
    let small = letters(trial, length);
    format!("{}{small}", trial.random().uppercase())
}

/// A text: words.
pub(super) fn text(trial: &mut Trial<'_>) -> String {
    let words = trial.random().usize(2..5);
    let words: Vec<_> = (0..words).map(|_| letters(trial, 7)).collect();
    words.join(" ")
}

/// So many small letters.
pub(super) fn letters(trial: &mut Trial<'_>, length: usize) -> String {
    (0..length).map(|_| trial.random().lowercase()).collect()
}

/// As many characters, in no order, of two, three and four bytes.
pub(super) fn wide(trial: &mut Trial<'_>, length: usize) -> String {
    const CHARACTERS: [char; 8] = ['ü', 'ß', 'é', 'Ω', '漢', '字', '…', '😀'];
    let mut choose = || trial.random().choice(CHARACTERS).unwrap_or('ü');
    (0..length).map(|_| choose()).collect()
}

/// A message of an ordinary length.
pub(super) fn message(trial: &mut Trial<'_>) -> Message {
    (name(trial), text(trial))
}

/// The first two bytes of every record.
pub(crate) const MAGIC: u16 = 0xae73;

/// A request for the messages of a user.
pub(crate) fn read(name: impl AsRef<[u8]>) -> Vec<u8> {
    request(MAGIC, 1, [name.as_ref(), b"", b""])
}

/// A request to store a message.
pub(crate) fn create(
    sender: impl AsRef<[u8]>,
    receiver: impl AsRef<[u8]>,
    text: impl AsRef<[u8]>,
) -> Vec<u8> {
    let fields = [sender.as_ref(), receiver.as_ref(), text.as_ref()];
    request(MAGIC, 2, fields)
}

/// A request, right or wrong.
pub(crate) fn request(magic: u16, id: u8, [name, receiver, text]: [&[u8]; 3]) -> Vec<u8> {
    let mut record = magic.to_be_bytes().to_vec();
    record.extend([id, name.len() as u8, receiver.len() as u8]);
    record.extend((text.len() as u16).to_be_bytes());
    [&record, name, receiver, text].concat()
}

/// A response with one byte of `MoreMsgs`, and senders and texts.
pub(crate) fn response<S: AsRef<[u8]>, T: AsRef<[u8]>>(more: u8, messages: &[(S, T)]) -> Vec<u8> {
    let mut record = MAGIC.to_be_bytes().to_vec();
    record.extend([3, messages.len() as u8, more]);
    for (sender, text) in messages {
        let (sender, text) = (sender.as_ref(), text.as_ref());
        record.push(sender.len() as u8);
        record.extend((text.len() as u16).to_be_bytes());
        record.extend(sender);
        record.extend(text);
    }
    record
}

/// A record in which one byte is another.
pub(super) fn with_byte(mut record: Vec<u8>, place: usize, byte: u8) -> Vec<u8> {
    record[place] = byte;
    record
}

/// An event in a sentence, with the data that came.
pub(super) fn shown_event(event: Event) -> String {
    match event {
        Event::Data(bytes) => shown(&bytes),
        event => event.to_string(),
    }
}

/// Waits until the program that was started last has ended by itself, with any text on either
/// output.
pub(super) fn ends_with_a_text(trial: &mut Trial<'_>, within: Duration) -> Result<Exit, Problem> {
    const EXPECTED: &str = "a text on either output, and then the program ends";
    let command = trial.process()?.command_line().to_owned();
    let exit = trial.wait_end(within).map_err(|_| {
        let seconds = within.as_secs_f64();
        let happened = format!("{command} runs on after {seconds:.1} seconds");
        Problem::broken(EXPECTED, happened)
    })?;
    let process = trial.process()?;
    if process.stdout().is_empty() && process.stderr().is_empty() {
        let happened = format!("{command} printed nothing and ended with {exit}");
        return Err(Problem::broken(EXPECTED, happened));
    }
    Ok(exit)
}

/// Sees that a program has ended with this status.
pub(crate) fn has_status(exit: Exit, status: i32) -> crate::Outcome {
    if exit == Exit::Status(status) {
        return Ok(());
    }
    Err(Problem::broken(
        format!("the program ends with status {status}"),
        format!("it ended with {exit}"),
    ))
}
