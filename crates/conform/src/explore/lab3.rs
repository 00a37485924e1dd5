//! The server that tells each client its id, and takes pickled objects.

use std::time::Duration;

use super::clients::{Place, Protocol, RestsOn};
use super::{Breaks as _, Draw, Fault, smaller};
use crate::checks::KINDS;
use crate::checks::pickle::{Object, Reading, read};
use crate::conversation::shown;
use crate::{Conversation, Problem};

/// The server of lab 3.
pub(crate) struct Lab3;

#[derive(Clone)]
pub(crate) enum Request {
    /// A text, with its length in this form.
    Text(Vec<u8>, Form),
    /// Another object.
    Object(&'static [u8]),
    NoPickle(Vec<u8>),
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Form {
    /// One byte, with the header of protocol 4.
    Short,
    /// Four bytes, without a header: any protocol.
    Long,
}

/// What the skeleton of the course answers.
const ACKNOWLEDGEMENT: &str = "server got the data";

/// What one `recv` of the assignment takes (Useful hints, 6).
const AT_ONCE: usize = 4096;

impl Protocol for Lab3 {
    type Request = Request;
    type Memory = ();

    const MOST_REQUESTS: usize = 5;

    const RESTS_ON: RestsOn = RestsOn {
        pieces: "G-5",
        pause: "G-5",
        meanwhile: Some("P-10/2"),
        half_close: "P-4/7",
        cut_off: "P-7/7",
        visit: "P-3",
        leaves: "P-7/3",
        undelivered: "P-7/4",
        another: "P-10",
    };

    fn draw(draw: &mut Draw) -> Request {
        match draw.number(0..8) {
            0 => Request::NoPickle(draw.pick(&[
                b".".to_vec(),
                b"hello, server!\n".to_vec(),
                b"\xff\xff".to_vec(),
            ])),
            1 | 2 => Request::Object(draw.pick(&KINDS).0),
            _ => {
                let length = match draw.one_in(6) {
                    true => draw.number(AT_ONCE - 12..AT_ONCE + 4),
                    false => draw.length(70_000),
                };
                let text = draw.text(length).into_bytes();
                let short = text.len() < 256 && draw.one_in(2);
                Request::Text(text, if short { Form::Short } else { Form::Long })
            }
        }
    }

    fn smaller(request: &Request) -> Vec<Request> {
        match request {
            Request::Text(text, form) => smaller::bytes(text)
                .into_iter()
                .map(|text| Request::Text(text, *form))
                .collect(),
            Request::Object(object) if *object != KINDS[0].0 => vec![Request::Object(KINDS[0].0)],
            Request::Object(_) | Request::NoPickle(_) => Vec::new(),
        }
    }

    fn rests_on(request: &Request, place: Place) -> Vec<&'static str> {
        if !place.is_judged {
            // Errors or not, the next client is served.
            return Vec::new();
        }
        let mut all = Vec::new();
        if !place.is_last {
            all.push("P-4/2");
        }
        match request {
            Request::Text(text, _) => {
                if text.len() > AT_ONCE - 12 {
                    all.push("P-4/4");
                }
                if !text.is_ascii() || text.iter().any(u8::is_ascii_control) {
                    all.push("P-5/3");
                }
                all.push("P-6/2");
            }
            Request::Object(_) => all.extend(["P-4/5", "P-6/2"]),
            Request::NoPickle(_) => all.push("P-7/7"),
        }
        all
    }

    fn words(request: &Request) -> String {
        match request {
            Request::Text(text, Form::Short) => format!("the pickled text of {}", shown(text)),
            Request::Text(text, Form::Long) => {
                format!("the pickled text of {}, its length in 4 bytes", shown(text))
            }
            Request::Object(pickle) => format!("the pickle {}", shown(pickle)),
            Request::NoPickle(bytes) => format!("what is no pickle, {}", shown(bytes)),
        }
    }

    fn bytes(request: &Request) -> Vec<u8> {
        match request {
            Request::Text(text, Form::Short) => {
                [&b"\x80\x04\x8c"[..], &[text.len() as u8], text, b"\x94."].concat()
            }
            Request::Text(text, Form::Long) => {
                let length = (text.len() as u32).to_le_bytes();
                [b"X", &length[..], text, b"."].concat()
            }
            Request::Object(pickle) => pickle.to_vec(),
            Request::NoPickle(bytes) => bytes.clone(),
        }
    }

    fn greet(client: &mut Conversation) -> Result<(), Fault> {
        let port = client.local_address().port();
        let told = receive(client).breaks("P-3")?;
        if told.get("clientid") == Some(&Object::Integer(port.into())) {
            return Ok(());
        }
        let expected = format!("the dictionary {{'clientid': {port}}}, the client's port");
        Err(Problem::broken(expected, told)).breaks("P-3")
    }

    fn is_the_end(request: &Request) -> bool {
        matches!(request, Request::NoPickle(_))
    }

    fn may_close_early(request: &Request, _took: Duration) -> bool {
        matches!(request, Request::NoPickle(_))
    }

    fn judge(
        request: &Request,
        _took: Duration,
        (): &mut (),
        client: &mut Conversation,
    ) -> Result<(), Fault> {
        if let Request::NoPickle(_) = request {
            return client.expect_gone().breaks("P-7/7");
        }
        let answer = receive(client).breaks("P-4")?;
        if answer == Object::text(ACKNOWLEDGEMENT) {
            return Ok(());
        }
        let expected = format!("the text \"{ACKNOWLEDGEMENT}\"");
        Err(Problem::broken(expected, answer)).breaks("P-6/2")
    }

    fn judge_end(_inside: bool, client: &mut Conversation) -> Result<(), Fault> {
        client.expect_gone().breaks("P-7/7")
    }
}

/// Receives one object and nothing behind it.
fn receive(client: &mut Conversation) -> Result<Object, Problem> {
    let mut received = Vec::new();
    loop {
        // What has come is only looked at, for what belongs to the object.
        let mut piece = [0; AT_ONCE];
        received.extend(client.receive(1)?);
        let looked = match has_come(client, &mut piece) {
            Ok(count) => &piece[..count],
            Err(_) => &[],
        };
        let both = [&received, looked].concat();
        match read(&both) {
            Reading::Whole(object, length) => {
                client.receive(length - received.len())?;
                return Ok(object);
            }
            Reading::Part if both.len() < AT_ONCE => received.extend(client.receive(looked.len())?),
            Reading::Part | Reading::Wrong { .. } => {
                return Err(Problem::broken("a pickle of plain data", shown(&both)));
            }
        }
    }
}

fn has_come(client: &Conversation, piece: &mut [u8]) -> std::io::Result<usize> {
    client.stream().set_nonblocking(true)?;
    let count = client.stream().peek(piece);
    client.stream().set_nonblocking(false)?;
    count
}
