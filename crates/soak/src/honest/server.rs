//! Clients of `server`: several senders write to several receivers, and every message must be
//! read once, whole and in order.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use bench::Error;
use bench::load::Connection;
use fastrand::Rng;
use proto::message::{Request, ResponseDecoder, ResponseEvent};

use super::connect;
use crate::load::Load;
use crate::subject::Subject;

/// Users who write, each to all receivers.
const SENDERS: usize = 4;

/// Users who read, each what is theirs.
const RECEIVERS: usize = 4;

/// While so many messages wait for a receiver, nobody writes to it.
const MOST_WAITING: u64 = 1000;

/// What a user waits between two requests.
const PAUSE: Duration = Duration::from_millis(3);

/// The longest text of most messages, in bytes.
const SHORT: usize = 2000;

/// A message of a response: who sent it, and its text.
pub(super) type Message = (Vec<u8>, Vec<u8>);

/// Writes and reads until the load is over, and then reads until nothing is left.
pub(super) fn keep_writing_and_reading(load: &Load<'_>) {
    let mailboxes: [Mailbox; RECEIVERS] = std::array::from_fn(Mailbox::new);
    let writing = AtomicUsize::new(SENDERS);
    thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (mailboxes, writing) = (&mailboxes, &writing);
            scope.spawn(move || {
                keep_writing(load, sender, mailboxes);
                writing.fetch_sub(1, Ordering::SeqCst);
            });
        }
        for mailbox in &mailboxes {
            scope.spawn(|| keep_reading(load, mailbox, &writing));
        }
    });
}

/// What is known of the messages to one receiver.
struct Mailbox {
    receiver: String,
    /// How many messages of each sender are stored for sure: the server has closed their
    /// connections.
    stored: [AtomicU64; SENDERS],
    /// How many were read.
    read: AtomicU64,
}

impl Mailbox {
    fn new(number: usize) -> Self {
        Self {
            receiver: format!("receiver-{number}"),
            stored: Default::default(),
            read: AtomicU64::new(0),
        }
    }

    fn stored(&self) -> [u64; SENDERS] {
        self.stored
            .each_ref()
            .map(|stored| stored.load(Ordering::SeqCst))
    }

    fn waiting(&self) -> u64 {
        let stored: u64 = self.stored().iter().sum();
        stored.saturating_sub(self.read.load(Ordering::SeqCst))
    }
}

fn keep_writing(load: &Load<'_>, sender: usize, mailboxes: &[Mailbox; RECEIVERS]) {
    let mut rng = Rng::new();
    for mailbox in mailboxes.iter().cycle() {
        if load.is_over() {
            break;
        }
        if mailbox.waiting() < MOST_WAITING {
            load.judge(Subject::Server, write(load, sender, mailbox, &mut rng));
        }
        thread::sleep(PAUSE);
    }
}

fn write(load: &Load<'_>, sender: usize, mailbox: &Mailbox, rng: &mut Rng) -> Result<(), Error> {
    let before = mailbox.stored();
    let length = match rng.u8(0..50) {
        0 => rng.usize(SHORT..=proto::message::MAX_TEXT),
        _ => rng.usize(150..SHORT),
    };
    let (sender_name, text) = (name(sender), Text { before, length }.to_string());
    let request = Request::Create {
        sender: sender_name.as_bytes(),
        receiver: mailbox.receiver.as_bytes(),
        text: text.as_bytes(),
    };
    create(load.address(Subject::Server), request)?;
    mailbox.stored[sender].fetch_add(1, Ordering::SeqCst);
    load.counters.count_served(Subject::Server, 1);
    Ok(())
}

fn keep_reading(load: &Load<'_>, mailbox: &Mailbox, writing: &AtomicUsize) {
    let mut seen = [0; SENDERS];
    loop {
        let all_written = writing.load(Ordering::SeqCst) == 0;
        let read = read_some(load, mailbox, &mut seen);
        let is_empty = matches!(read, Ok(0));
        load.judge(Subject::Server, read.map(drop));
        if is_empty && all_written {
            break;
        }
        thread::sleep(PAUSE);
    }
    load.judge(Subject::Server, check_all_seen(mailbox, seen));
}

fn check_all_seen(mailbox: &Mailbox, seen: [u64; SENDERS]) -> Result<(), Error> {
    let stored = mailbox.stored();
    if seen == stored {
        return Ok(());
    }
    let what = format!("the messages of each sender to {}", mailbox.receiver);
    Err(Error::wrong(
        what,
        format!("{stored:?}"),
        format!("{seen:?}"),
    ))
}

/// Reads once and checks the messages. Returns how many there were.
fn read_some(
    load: &Load<'_>,
    mailbox: &Mailbox,
    seen: &mut [u64; SENDERS],
) -> Result<usize, Error> {
    let messages = read(load.address(Subject::Server), mailbox.receiver.as_bytes())?;
    load.counters.count_served(Subject::Server, 1);
    mailbox
        .read
        .fetch_add(messages.len() as u64, Ordering::SeqCst);
    for message in &messages {
        check(message, seen)?;
    }
    Ok(messages.len())
}

/// That this message is the next one of its sender, that those which were stored before it was
/// begun have been read before it, and that it is whole.
fn check((sender, bytes): &Message, seen: &mut [u64; SENDERS]) -> Result<(), Error> {
    let wrong = |what, expected: String| Err(Error::wrong(what, expected, cli::escape(bytes)));
    let Some(text) = Text::parse(bytes) else {
        return wrong("a message", "one of ours, whole".to_owned());
    };
    let mut next_of_each = seen.iter_mut().zip(text.before).enumerate();
    let of_sender = next_of_each.find(|(number, _)| name(*number).as_bytes() == *sender);
    let Some((_, (expected, number))) = of_sender else {
        return wrong("a sender", "one of ours".to_owned());
    };
    // A gap is reported once, not for all messages that follow.
    let expected = std::mem::replace(expected, number + 1);
    if number != expected {
        return wrong("the next message of its sender", expected.to_string());
    }
    if text
        .before
        .iter()
        .zip(seen)
        .any(|(before, seen)| *before > *seen)
    {
        return wrong("an order", "first what was stored first".to_owned());
    }
    Ok(())
}

fn name(sender: usize) -> String {
    format!("sender-{sender}")
}

/// The text of a message, which tells what was stored for its receiver before it was begun: of its
/// own sender that is its number, and of the others those that must be read before it (C-13).
struct Text {
    before: [u64; SENDERS],
    /// The length of the whole text in bytes.
    length: usize,
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { before, length } = self;
        let mut text = format!("{before:?} {length} ");
        text.extend(std::iter::repeat_n('x', length.saturating_sub(text.len())));
        f.write_str(&text)
    }
}

impl Text {
    /// Reads a text that is whole.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (before, rest) = text.strip_prefix('[')?.split_once("] ")?;
        let (length, _) = rest.split_once(' ')?;
        let before: Option<Vec<u64>> = before.split(", ").map(|n| n.parse().ok()).collect();
        let parsed = Self {
            before: before?.try_into().ok()?,
            length: length.parse().ok()?,
        };
        (parsed.to_string().as_bytes() == bytes).then_some(parsed)
    }
}

/// Stores a message. It is stored when the server closes without a response.
pub(super) fn create(address: SocketAddr, request: Request<'_>) -> Result<(), Error> {
    send(address, request)?.expect_end()
}

/// Reads the messages that wait for a user, up to 255.
pub(super) fn read(address: SocketAddr, name: &[u8]) -> Result<Vec<Message>, Error> {
    let server = send(address, Request::Read { name })?;
    let mut decoder = ResponseDecoder::new();
    let mut messages = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let length = server.receive(&mut buffer)?;
        if length == 0 {
            return Err(Error::wrong("a response", "more of it", "the end"));
        }
        let mut input = &buffer[..length];
        loop {
            let event = decoder.next(&mut input);
            match event.map_err(|error| Error::wrong("a response", "a valid one", error))? {
                None => break,
                Some(ResponseEvent::Header(_)) => {}
                Some(ResponseEvent::Message(message)) => {
                    messages.push((message.sender.to_vec(), message.text.to_vec()));
                }
                Some(ResponseEvent::End) => {
                    if !input.is_empty() {
                        return Err(Error::wrong("the end", "no bytes", input.len()));
                    }
                    server.expect_end()?;
                    return Ok(messages);
                }
            }
        }
    }
}

/// Connects and sends immediately: the server waits for a second only (C-7).
fn send(address: SocketAddr, request: Request<'_>) -> Result<Connection, Error> {
    let mut record = Vec::new();
    request
        .emit(&mut record)
        .map_err(|error| Error::wrong("a request of the soak itself", "a valid one", error))?;
    let server = connect(address)?;
    server.send(&record)?;
    Ok(server)
}

/// Stores a message and reads it, for one who takes the time.
///
/// # Errors
/// [`Error`] if it does not come back.
pub(crate) fn write_and_read_once(address: SocketAddr) -> Result<(), Error> {
    const NAME: &[u8] = b"watch";
    const TEXT: &[u8] = b"how long does this take?";
    let request = Request::Create {
        sender: NAME,
        receiver: NAME,
        text: TEXT,
    };
    create(address, request)?;
    let messages = read(address, NAME)?;
    if messages == [(NAME.to_vec(), TEXT.to_vec())] {
        return Ok(());
    }
    Err(Error::wrong("the messages", "the one", messages.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(sender: usize, before: [u64; SENDERS]) -> Message {
        let text = Text {
            before,
            length: 200,
        };
        (name(sender).into_bytes(), text.to_string().into_bytes())
    }

    fn are_right(messages: &[Message]) -> bool {
        let mut seen = [0; SENDERS];
        messages
            .iter()
            .all(|message| check(message, &mut seen).is_ok())
    }

    #[test]
    fn messages_in_order_are_right() {
        assert!(are_right(&[
            message(0, [0, 0, 0, 0]),
            // Begun while that one was stored.
            message(1, [0, 0, 0, 0]),
            message(0, [1, 0, 0, 0]),
            message(2, [2, 1, 0, 0]),
        ]));
    }

    #[test]
    fn a_lost_a_doubled_a_late_and_a_cut_message_are_wrong() {
        let first = message(0, [0, 0, 0, 0]);
        let second = message(0, [1, 0, 0, 0]);
        assert!(!are_right(std::slice::from_ref(&second)));
        assert!(!are_right(&[first.clone(), first.clone()]));
        // It was begun when the first one was stored already.
        assert!(!are_right(&[message(1, [1, 0, 0, 0]), first.clone()]));
        let (sender, mut text) = first;
        text.pop();
        assert!(!are_right(&[(sender, text)]));
    }
}
