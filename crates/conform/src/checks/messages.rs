//! What the checks of the message server and of its client share: the records [3.3], and how
//! either of them refuses.

use std::time::Duration;

use harness::Exit;

use crate::{Problem, Trial};

/// The first and the last port that both programs take.
pub(super) const BORDER_PORTS: [u16; 2] = [1024, 64000];

/// Those before and behind.
pub(super) const WRONG_PORTS: [&str; 2] = ["1023", "64001"];

/// The gap that both programs look for [3.5].
pub(super) const SECOND: Duration = Duration::from_secs(1);

/// A request for the messages of a user.
pub(super) fn read(name: &[u8]) -> Vec<u8> {
    let header = [0xae, 0x73, 1, name.len() as u8, 0, 0, 0];
    [&header, name].concat()
}

/// A request to store a message.
pub(super) fn create(sender: &[u8], receiver: &[u8], text: &[u8]) -> Vec<u8> {
    let (sender_length, receiver_length) = (sender.len() as u8, receiver.len() as u8);
    let [high, low] = (text.len() as u16).to_be_bytes();
    let header = [0xae, 0x73, 2, sender_length, receiver_length, high, low];
    [&header, sender, receiver, text].concat()
}

/// A response with one byte of `MoreMsgs`, and senders and texts.
pub(super) fn response(more: u8, messages: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut record = vec![0xae, 0x73, 3, messages.len() as u8, more];
    for (sender, text) in messages {
        record.push(sender.len() as u8);
        record.extend((text.len() as u16).to_be_bytes());
        record.extend(*sender);
        record.extend(*text);
    }
    record
}

/// Waits until the program that was started last has ended by itself, with any text on either
/// output.
pub(super) fn ends_with_a_text(trial: &mut Trial<'_>, within: Duration) -> Result<Exit, Problem> {
    const EXPECTED: &str = "a text on either output, and then the program ends";
    let process = trial.process()?;
    let command = process.command_line().to_owned();
    let exit = process.wait_exit(within).map_err(|_| {
        let seconds = within.as_secs_f64();
        let happened = format!("{command} runs on after {seconds:.1} seconds");
        Problem::broken(EXPECTED, happened)
    })?;
    if process.stdout().is_empty() && process.stderr().is_empty() {
        let happened = format!("{command} printed nothing and ended with {exit}");
        return Err(Problem::broken(EXPECTED, happened));
    }
    Ok(exit)
}

/// Sees that a program has ended with this status.
pub(super) fn has_status(exit: Exit, status: i32) -> crate::Outcome {
    if exit == Exit::Status(status) {
        return Ok(());
    }
    Err(Problem::broken(
        format!("the program ends with status {status}"),
        format!("it ended with {exit}"),
    ))
}
