//! The server that stores messages until they are read.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use harness::shown;

use super::clients::{Protocol, RestsOn};
use super::{Breaks as _, Draw, Fault, smaller};
use crate::Conversation;
use crate::checks::messages::{self, MAGIC, request, response};

/// The server of COSC264.
pub(crate) struct Server;

#[derive(Clone)]
pub(crate) enum Request {
    Create {
        sender: Vec<u8>,
        receiver: Vec<u8>,
        text: Vec<u8>,
    },
    Read {
        name: Vec<u8>,
    },
    /// A valid record of a kind for this user, in which something is wrong.
    Wrong(Kind, Mistake, Vec<u8>),
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Create,
    Read,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mistake {
    Magic(u16),
    Id(u8),
    NoName,
    /// A read request with a receiver, or a create request without one.
    Receiver,
    /// A read request with a message, or a create request without one.
    Message,
    /// So many bytes too many.
    Surplus(usize),
}

/// A sender and a text.
type Message = (Vec<u8>, Vec<u8>);

#[derive(Default)]
pub(crate) struct Memory {
    /// The messages of each receiver.
    stored: HashMap<Vec<u8>, Vec<Message>>,
    /// Whose messages are not known.
    unknown: HashSet<Vec<u8>>,
}

/// The most messages of one response.
const MOST: usize = 255;

/// A request has to come within a second. Where sending it took longer than this, the machine is
/// too busy to tell.
const IN_TIME: Duration = Duration::from_millis(500);

impl Protocol for Server {
    type Request = Request;
    type Memory = Memory;

    const MOST_REQUESTS: usize = 1;

    const TIMES: &[usize] = &[2, 3, MOST - 1, MOST, MOST + 1, 2 * MOST + 1];

    const RESTS_ON: RestsOn = RestsOn {
        pieces: "C-7/4",
        together: None,
        pause: "C-7/4",
        meanwhile: None,
        half_close: Some("C-8/4"),
        cut_off: "C-8/4",
        visit: Some("C-8"),
        leaves: "C-12/2",
        undelivered: "C-11",
        another: "C-12/2",
    };

    fn draw(draw: &mut Draw) -> Request {
        match draw.number(0..10) {
            0 => Request::Wrong(
                draw.pick(&[Kind::Create, Kind::Read]),
                mistake(draw),
                receiver(draw),
            ),
            1..=5 => Request::Create {
                sender: name(draw),
                receiver: receiver(draw),
                text: text(draw),
            },
            _ => Request::Read {
                name: receiver(draw),
            },
        }
    }

    fn smaller(request: &Request) -> Vec<Request> {
        match request.clone() {
            Request::Create {
                sender,
                receiver,
                text,
            } => {
                let with = |sender, text| Request::Create {
                    sender,
                    receiver: receiver.clone(),
                    text,
                };
                let texts = shorter(&text).map(|text| with(sender.clone(), text));
                let senders = shorter(&sender).map(|sender| with(sender, text.clone()));
                texts.chain(senders).collect()
            }
            Request::Wrong(kind, Mistake::Surplus(count), name) => smaller::numbers(count, 1)
                .into_iter()
                .map(|count| Request::Wrong(kind, Mistake::Surplus(count), name.clone()))
                .collect(),
            Request::Read { .. } | Request::Wrong(..) => Vec::new(),
        }
    }

    fn rests_on(request: &Request, _is_last: bool) -> Vec<&'static str> {
        let is_odd = |name: &[u8]| {
            let text = str::from_utf8(name);
            text.is_ok_and(|text| text.trim() != text || text.contains(char::is_control))
        };
        let mut all = Vec::new();
        match request {
            Request::Create {
                sender,
                receiver,
                text,
            } => {
                if [sender, receiver, text]
                    .map(|one| str::from_utf8(one))
                    .iter()
                    .any(Result::is_err)
                {
                    all.push("C-15/2");
                }
                if is_odd(sender) || is_odd(receiver) {
                    all.push("C-15");
                }
                if is_odd(text) {
                    all.push("C-3/3");
                }
                if sender.len() > 254 || receiver.len() > 254 || text.len() > 65_534 {
                    all.push("C-1/5");
                }
            }
            Request::Read { name } => {
                if str::from_utf8(name).is_err() {
                    all.push("C-15/2");
                }
                if is_odd(name) {
                    all.push("C-15");
                }
            }
            Request::Wrong(Kind::Create, Mistake::Receiver, _) => all.push("C-2/7"),
            Request::Wrong(_, Mistake::Surplus(_), _) => all.push("C-8/3"),
            Request::Wrong(..) => {}
        }
        all
    }

    fn words(request: &Request) -> String {
        match request {
            Request::Create {
                sender,
                receiver,
                text,
            } => format!(
                "create, from {} to {}: {}",
                shown(sender),
                shown(receiver),
                shown(text)
            ),
            Request::Read { name } => format!("read, of {}", shown(name)),
            Request::Wrong(kind, mistake, name) => {
                let kind = match kind {
                    Kind::Create => "create",
                    Kind::Read => "read",
                };
                let mistake = match mistake {
                    Mistake::Magic(magic) => format!("the MagicNo {magic:#06x}"),
                    Mistake::Id(id) => format!("the ID {id}"),
                    Mistake::NoName => "a NameLen of 0".to_owned(),
                    Mistake::Receiver if kind == "read" => "a ReceiverLen of 1".to_owned(),
                    Mistake::Receiver => "a ReceiverLen of 0".to_owned(),
                    Mistake::Message if kind == "read" => "a MessageLen of 1".to_owned(),
                    Mistake::Message => "a MessageLen of 0".to_owned(),
                    Mistake::Surplus(count) => format!("{count} bytes too many"),
                };
                format!("{kind}, for {}, with {mistake}", shown(name))
            }
        }
    }

    fn bytes(request: &Request) -> Vec<u8> {
        match request {
            Request::Create {
                sender,
                receiver,
                text,
            } => messages::create(sender, receiver, text),
            Request::Read { name } => messages::read(name),
            Request::Wrong(kind, mistake, name) => wrong(*kind, *mistake, name),
        }
    }

    fn judge(
        request: &Request,
        took: Duration,
        memory: &mut Memory,
        client: &mut Conversation,
    ) -> Result<(), Fault> {
        if took > IN_TIME {
            Self::forget(request, memory);
            // It may have given the client up.
            return client.receive_all().map(drop).or(Ok(()));
        }
        match request {
            Request::Create {
                sender,
                receiver,
                text,
            } => {
                expect_close("C-9", client)?;
                let message = (sender.clone(), text.clone());
                memory
                    .stored
                    .entry(receiver.clone())
                    .or_default()
                    .push(message);
                Ok(())
            }
            Request::Read { name } if memory.unknown.contains(name) => {
                memory.stored.remove(name);
                client.receive_all().breaks("C-10/7").map(drop)
            }
            Request::Read { name } => {
                let mut sent = memory.stored.remove(name).unwrap_or_default();
                let left = sent.split_off(sent.len().min(MOST));
                let more = u8::from(!left.is_empty());
                if more == 1 {
                    memory.stored.insert(name.clone(), left);
                }
                let expected = response(more, &sent);
                client.expect_bytes(&expected).breaks("C-9/2")?;
                expect_close("C-10/7", client)
            }
            Request::Wrong(..) => expect_close("C-12/6", client),
        }
    }

    fn whole_after(request: &Request) -> Option<usize> {
        match request {
            Request::Wrong(_, Mistake::Surplus(count), _) => {
                Some(Self::bytes(request).len() - count)
            }
            _ => None,
        }
    }

    fn may_close_early(request: &Request, took: Duration) -> bool {
        matches!(request, Request::Wrong(..)) || took > IN_TIME
    }

    fn forget(request: &Request, memory: &mut Memory) {
        let (Request::Create { receiver: name, .. } | Request::Read { name }) = request else {
            return;
        };
        memory.unknown.insert(name.clone());
    }

    fn judge_end(inside: bool, client: &mut Conversation) -> Result<(), Fault> {
        if inside {
            return expect_close("C-8/2", client);
        }
        Ok(())
    }
}

/// Without a byte before. What was not read makes a reset of a close.
fn expect_close(check: &'static str, client: &mut Conversation) -> Result<(), Fault> {
    client.expect_gone().breaks(check)
}

fn wrong(kind: Kind, mistake: Mistake, user: &[u8]) -> Vec<u8> {
    let (id, [name, receiver, text]): (u8, [&[u8]; 3]) = match kind {
        Kind::Create => (2, [b"eve", user, b"wrong"]),
        Kind::Read => (1, [user, b"", b""]),
    };
    let other = |field: &[u8]| if field.is_empty() { &b"x"[..] } else { b"" };
    match mistake {
        Mistake::Magic(magic) => request(magic, id, [name, receiver, text]),
        Mistake::Id(id) => request(MAGIC, id, [name, receiver, text]),
        Mistake::NoName => request(MAGIC, id, [b"", receiver, text]),
        Mistake::Receiver => request(MAGIC, id, [name, other(receiver), text]),
        Mistake::Message => request(MAGIC, id, [name, receiver, other(text)]),
        Mistake::Surplus(count) => {
            let record = request(MAGIC, id, [name, receiver, text]);
            [record, vec![b'!'; count]].concat()
        }
    }
}

fn mistake(draw: &mut Draw) -> Mistake {
    match draw.number(0..8) {
        0 | 1 => Mistake::Magic(draw.pick(&[0, 0x73ae, 0xae72, 0xae74, 0xaf73, 0x2e73, 0xffff])),
        2 | 3 => Mistake::Id(draw.pick(&[0, 3, 4, 128, 129, 130, 255])),
        4 => Mistake::NoName,
        5 => Mistake::Receiver,
        6 => Mistake::Message,
        _ => Mistake::Surplus(draw.pick(&[1, 2, 7, 1000])),
    }
}

/// Of three for each case, so that messages meet those who read them; now and then an odd one.
fn receiver(draw: &mut Draw) -> Vec<u8> {
    let number = draw.case();
    match draw.number(0..16) {
        0 => name(draw),
        1 => format!("B\u{f6}b{number}").into_bytes(),
        2 => format!("bob{number} ").into_bytes(),
        _ => format!("bob{number}").into_bytes(),
    }
}

/// Of 1 to 254 bytes, or 255.
fn name(draw: &mut Draw) -> Vec<u8> {
    let length = match draw.number(0..10) {
        0 => draw.pick(&[127, 128, 129, 253, 254, 255]),
        1 | 2 => draw.number(1..3),
        _ => draw.number(1..16),
    };
    let text = match draw.one_in(12) {
        true => return draw.not_utf8(),
        false => draw.text(length).into_bytes(),
    };
    within(text, 255)
}

/// Of 1 to 65534 bytes, or 65535.
fn text(draw: &mut Draw) -> Vec<u8> {
    if draw.one_in(12) {
        return draw.not_utf8();
    }
    let length = match draw.number(0..12) {
        0 => draw.number(50_000..65_536),
        1 => draw.pick(&[1, 2, 255, 256, 32_767, 32_768, 65_533, 65_534, 65_535]),
        _ => draw.length(65_535).max(1),
    };
    within(draw.text(length).into_bytes(), 65_535)
}

/// The first of these bytes, so many at most, and no part of a character.
fn within(mut text: Vec<u8>, most: usize) -> Vec<u8> {
    while text.len() > most || str::from_utf8(&text).is_err() {
        text.truncate(text.len().saturating_sub(1).min(most));
    }
    text
}

fn shorter(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    smaller::bytes(text)
        .into_iter()
        .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_those_of_the_assignment() {
        let request = Request::Create {
            sender: b"al".to_vec(),
            receiver: b"bob".to_vec(),
            text: b"hi!!".to_vec(),
        };
        assert_eq!(
            Server::bytes(&request),
            b"\xae\x73\x02\x02\x03\0\x04albobhi!!"
        );
        let request = Request::Read {
            name: b"bob".to_vec(),
        };
        assert_eq!(Server::bytes(&request), b"\xae\x73\x01\x03\0\0\0bob");
        assert_eq!(
            wrong(Kind::Read, Mistake::Message, b"nobody"),
            b"\xae\x73\x01\x06\0\0\x01nobodyx"
        );
        assert_eq!(within("aß".into(), 2), b"a");
    }
}
