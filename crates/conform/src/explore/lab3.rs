//! The server that tells each client its id, and takes pickled objects.

use std::time::Duration;

use harness::shown;

use super::clients::{Protocol, RestsOn};
use super::draw::is_plain_ascii;
use super::pieces::AT_ONCE;
use super::{Breaks as _, Draw, Fault, smaller};
use crate::checks::lab3::{self, AS_CALLS, KINDS, NO_PICKLES, PROTOCOLS, is_id};
use crate::checks::pickle::{Object, long_text, receive};
use crate::{Conversation, Problem};

/// The server of lab 3.
pub(crate) struct Lab3;

#[derive(Clone, PartialEq)]
pub(crate) enum Request {
    Student(Student),
    /// A text, in protocol 4 or 1.
    Text(String, Form),
    /// The same as one of them, and the line that is printed is looked at.
    Shown(Box<Request>),
    /// Another object, and the check that asks for it.
    Object(&'static [u8], &'static str),
    NoPickle(&'static [u8]),
}

#[derive(Clone, PartialEq)]
pub(crate) struct Student {
    name: String,
    username: String,
    sid: i32,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Form {
    New,
    Old,
}

/// The check of what the course's skeleton answers.
const ITS_WORDS: &str = "P-6/2";

impl Student {
    fn is_plain(&self) -> bool {
        is_plain(&self.name) && is_plain(&self.username)
    }

    /// Its pickle, and the line that is printed about it.
    fn as_sent(&self) -> lab3::Student {
        lab3::Student::new(&self.name, &self.username, self.sid)
    }
}

impl Protocol for Lab3 {
    type Request = Request;
    type Memory = ();

    const MOST_REQUESTS: usize = 5;

    const RESTS_ON: RestsOn = RestsOn {
        pieces: "G-5",
        together: Some("P-4/3"),
        pause: "G-5",
        meanwhile: Some("P-10/2"),
        half_close: None,
        cut_off: "P-7/7",
        visit: None,
        leaves: "P-7/3",
        undelivered: "P-7/4",
        another: "P-10",
    };

    fn draw(draw: &mut Draw) -> Request {
        let request = match draw.number(0..10) {
            0 | 1 => Request::NoPickle(draw.pick(&NO_PICKLES)),
            2 => object(draw),
            3 | 4 => Request::Student(Student {
                name: name(draw),
                username: name(draw),
                sid: draw.pick(&[0, 7, -1, 255, 65_536, 918_273_645, i32::MAX]),
            }),
            _ => {
                let length = match draw.one_in(8) {
                    true => draw.number(4080..4100),
                    false => draw.length(20_000),
                };
                Request::Text(draw.text(length), draw.pick(&[Form::New, Form::Old]))
            }
        };
        match draw.one_in(4) && printed(&request, 0).is_some() {
            true => Request::Shown(Box::new(request)),
            false => request,
        }
    }

    fn smaller(request: &Request) -> Vec<Request> {
        let mut all = vec![Request::Text("a".to_owned(), Form::New)];
        match request {
            Request::Student(student) => {
                let names = smaller::texts(&student.name);
                let mut students = smaller::with(student, names, |student, name| {
                    student.name = name;
                });
                let usernames = smaller::texts(&student.username);
                students.extend(smaller::with(student, usernames, |student, username| {
                    student.username = username;
                }));
                all.extend(students.into_iter().map(Request::Student));
            }
            Request::Text(text, form) => {
                all.push(Request::Text("a".repeat(text.len()), Form::New));
                all.push(Request::Text(text.clone(), Form::New));
                let texts = smaller::texts(text).into_iter();
                all.extend(texts.map(|text| Request::Text(text, *form)));
            }
            Request::Shown(request) => {
                let mut shown = Self::smaller(request);
                shown.retain(|request| printed(request, 0).is_some());
                all.push(Request::clone(request));
                all.extend(shown.into_iter().map(Box::new).map(Request::Shown));
            }
            Request::Object(..) => {}
            Request::NoPickle(_) => all.clear(),
        }
        all.retain(|smaller| smaller != request);
        all
    }

    /// What any object asks for comes last: that it is acknowledged.
    fn rests_on(request: &Request, is_last: bool) -> Vec<&'static str> {
        let mut all = Vec::new();
        all.extend((!is_last).then_some("P-4/2"));
        match request {
            Request::Student(student) => {
                all.extend((!student.is_plain()).then_some("P-9"));
                all.extend(["P-6", ITS_WORDS]);
            }
            Request::Text(text, form) => {
                all.extend((text.len() > AT_ONCE).then_some("P-4/4"));
                all.extend((*form == Form::Old).then_some("P-4/5"));
                all.extend((!is_plain(text)).then_some("P-9"));
                all.push("P-6");
            }
            Request::Shown(request) => {
                all.push(match &**request {
                    Request::Text(text, _) if text.contains(|one: char| one.is_control()) => {
                        "P-5/3"
                    }
                    Request::Text(..) => "P-5/2",
                    _ => "P-5",
                });
                all.extend(Self::rests_on(request, true));
                all.retain(|check| *check != ITS_WORDS);
            }
            Request::Object(_, check) => all.extend([*check, "P-6"]),
            Request::NoPickle(_) => all.push("P-7/7"),
        }
        all
    }

    /// Whatever came, the next client is served.
    fn rests_on_unanswered(request: &Request, _is_last: bool) -> Vec<&'static str> {
        match request {
            Request::NoPickle(_) => vec!["P-7"],
            _ => Vec::new(),
        }
    }

    fn words(request: &Request) -> String {
        match request {
            Request::Student(Student {
                name,
                username,
                sid,
            }) => format!("the student {name:?}, {username:?} with the sid {sid}"),
            Request::Text(text, Form::New) => format!("the text of {}", shown(text.as_bytes())),
            Request::Text(text, Form::Old) => {
                format!("the text of {}, in protocol 1", shown(text.as_bytes()))
            }
            Request::Shown(request) => Self::words(request) + ", which is to be printed",
            Request::Object(pickle, _) => format!("the pickle of {}", shown(pickle)),
            Request::NoPickle(bytes) => format!("no pickle but {}", shown(bytes)),
        }
    }

    fn bytes(request: &Request) -> Vec<u8> {
        match request {
            Request::Student(student) => student.as_sent().pickle,
            Request::Text(text, Form::New) if text.len() < 256 => lab3::text(text.as_bytes()),
            Request::Text(text, Form::New) => long_text(text),
            // The same without the mark of a protocol.
            Request::Text(text, Form::Old) => long_text(text).split_off(2),
            Request::Shown(request) => Self::bytes(request),
            Request::Object(pickle, _) => pickle.to_vec(),
            Request::NoPickle(bytes) => bytes.to_vec(),
        }
    }

    fn line(request: &Request, port: u16) -> Option<String> {
        match request {
            Request::Shown(request) => printed(request, port),
            _ => None,
        }
    }

    fn greet(client: &mut Conversation) -> Result<(), Fault> {
        let port = client.local_address().port();
        let told = receive(client).breaks("P-3")?;
        is_id(&told, port).breaks("P-3")
    }

    fn is_the_end(request: &Request) -> bool {
        matches!(request, Request::NoPickle(_))
    }

    fn may_close_early(request: &Request, _took: Duration) -> bool {
        Self::is_the_end(request)
    }

    /// Any object acknowledges another one. The words of the course's skeleton are looked at only
    /// where a student is sent: programs that use others are explored all the same.
    fn judge(
        request: &Request,
        _took: Duration,
        (): &mut (),
        client: &mut Conversation,
    ) -> Result<(), Fault> {
        const ACKNOWLEDGEMENT: &str = "server got the data";
        if let Request::NoPickle(_) = request {
            return client.expect_gone().breaks("P-7/7");
        }
        let answer = receive(client).breaks("P-4")?;
        let is_student = matches!(request, Request::Student(_));
        if is_student && answer != Object::text(ACKNOWLEDGEMENT) {
            let expected = format!("the text \"{ACKNOWLEDGEMENT}\"");
            return Err(Problem::broken(expected, answer.to_string())).breaks(ITS_WORDS);
        }
        Ok(())
    }

    fn judge_end(inside: bool, client: &mut Conversation) -> Result<(), Fault> {
        if inside {
            return client.expect_gone().breaks("P-7/7");
        }
        Ok(())
    }
}

/// The line that is printed about a request of the client at this port; nothing where how Python
/// shows it is a long story.
fn printed(request: &Request, port: u16) -> Option<String> {
    match request {
        Request::Student(student) if student.is_plain() => {
            Some(student.as_sent().line.trim().to_owned())
        }
        Request::Text(text, _) if text.is_ascii() && !text.contains(['\'', '\\']) => {
            let text = text.bytes().map(|byte| match byte {
                b' '..=b'~' => char::from(byte).to_string(),
                _ => byte.escape_ascii().to_string(),
            });
            Some(format!("Client {port}: '{}'", text.collect::<String>()))
        }
        _ => None,
    }
}

/// Whether it is something, and any program prints it as it is.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && is_plain_ascii(text)
}

fn object(draw: &mut Draw) -> Request {
    let of = |table: &[(&'static [u8], &str)], check| {
        let objects = table.iter();
        objects
            .map(|(pickle, _)| Request::Object(pickle, check))
            .collect::<Vec<_>>()
    };
    let protocols = PROTOCOLS.map(|pickle| Request::Object(pickle, "P-4/5"));
    let all = [&of(&KINDS, "P-9"), &of(&AS_CALLS, "P-8/3"), &protocols[..]].concat();
    draw.pick(&all)
}

/// Of up to 255 bytes.
fn name(draw: &mut Draw) -> String {
    let length = draw.length(63);
    draw.text(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::pickle::{LONGEST, Reading, read};

    #[test]
    fn students_and_texts_are_pickles_and_what_is_none_is_wrong_from_the_start() {
        for number in 0..2000 {
            let request = Lab3::draw(&mut Draw::new(number));
            let (bytes, words) = (Lab3::bytes(&request), Lab3::words(&request));
            match (read(&bytes), request) {
                (Reading::Whole(object, end), Request::Student(student)) => {
                    let name = Object::text(&student.name);
                    assert_eq!(object.get("student_name"), Some(&name));
                    assert_eq!(end, bytes.len(), "{words}");
                }
                (Reading::Whole(object, end), Request::Text(text, _)) => {
                    assert_eq!(object, Object::text(&text));
                    assert_eq!(end, bytes.len(), "{words}");
                }
                (_, Request::Text(..)) => assert!(bytes.len() > LONGEST, "{words}"),
                (reading, Request::NoPickle(_)) => {
                    assert_eq!(reading, Reading::Wrong { at: 0 }, "{words}");
                }
                (reading, Request::Student(_)) => panic!("{reading:?} of {words}"),
                (_, Request::Object(..) | Request::Shown(_)) => {}
            }
        }
    }
}
