//! Messages that hostile readers ask for and never take. Since no response with them is ever
//! handed over, all of them must be there at the end, in their order (C-11).

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use bench::Error;
use proto::message::Request;

use super::TIMEOUT;
use super::server::{Message, create, read};
use crate::load::Load;
use crate::subject::Subject;

/// The user whose messages these are.
pub(crate) const NAME: &[u8] = b"unread";

/// All of them go into one response.
const MESSAGES: usize = 200;

/// The length of each text, in bytes: the response is longer than all that the system buffers.
const LENGTH: usize = 60_000;

/// Stores the messages.
///
/// # Errors
/// [`Error`] if one is not taken.
pub(crate) fn store(address: SocketAddr) -> Result<(), Error> {
    (0..MESSAGES).try_for_each(|number| {
        let (sender, text) = message(number);
        let request = Request::Create {
            sender: &sender,
            receiver: NAME,
            text: &text,
        };
        create(address, request)
    })
}

/// Reads the messages when the last hostile reader has gone, and checks them.
pub(super) fn read_back(load: &Load<'_>) {
    let checked = read_all(load.address(Subject::Server)).and_then(|got| {
        load.counters
            .count_served(Subject::Server, got.len() as u64);
        check(&got)
    });
    load.judge(Subject::Server, checked);
}

/// While they are on their way to a hostile reader, there are none.
fn read_all(address: SocketAddr) -> Result<Vec<Message>, Error> {
    const BETWEEN: Duration = Duration::from_millis(50);
    let start = Instant::now();
    loop {
        let messages = read(address, NAME)?;
        if !messages.is_empty() || start.elapsed() > TIMEOUT {
            return Ok(messages);
        }
        thread::sleep(BETWEEN);
    }
}

fn check(got: &[Message]) -> Result<(), Error> {
    if got.iter().cloned().eq((0..MESSAGES).map(message)) {
        return Ok(());
    }
    let expected = format!("all {MESSAGES} in order");
    let got = format!("{}, or others", got.len());
    Err(Error::wrong("the unread messages", expected, got))
}

fn message(number: usize) -> Message {
    let text = format!("{number:0>LENGTH$}");
    (b"saver".to_vec(), text.into_bytes())
}
