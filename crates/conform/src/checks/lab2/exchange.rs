//! The id, the data and the reply.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use harness::{Event, Exit, Input, Listener, Output, Program};

use super::errors::has_failed;
use super::{
    DEFAULT_PORT, ID, ID_LINE, NOT_IN_IT, REPLY, REPLY_LINE, STUDENT, arguments, arguments_of,
    start, start_as,
};
use crate::checks::default_port;
use crate::checks::lab3::word;
use crate::checks::pickle::{Object, receive};
use crate::{Arguments, Check, Conversation, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "PC-1",
        "the student's data is sent as a pickled dictionary, after the id has come",
        "the course's client: it receives its id, and sends the dictionary of student_name, \
         github_username and sid",
        |trial| {
            let student = [word(trial), word(trial), number(trial)];
            let mut server = start_as(
                trial,
                |port| arguments_of(port, &student),
                |program| program,
            )?;
            server.send(ID)?;
            is_student(trial, &receive(&mut server)?, &student)
        },
    ),
    Check::should(
        "PC-1/2",
        "the id is printed",
        "the course's client: Client id N assigned by server",
        |trial| {
            let id = Id::random(trial);
            shows(
                &printed_about(trial, &id.in_dictionary(), REPLY)?,
                &id.line(),
            )
        },
    )
    .needs(&["PC-1"]),
    Check::should(
        "PC-1/3",
        "the reply is printed",
        "the course's client: it prints the server's reply",
        |trial| {
            let reply = word(trial);
            let pickle = [
                b"\x80\x04\x8c",
                &[reply.len() as u8][..],
                reply.as_bytes(),
                b"\x94.",
            ];
            shows(&printed_about(trial, ID, &pickle.concat())?, &reply)
        },
    )
    .needs(&["PC-1"]),
    Check::should(
        "PC-1/4",
        "it ends after the reply",
        "the course's client: it sends its data once",
        |trial| {
            let (mut server, _) = exchange(trial)?;
            server.send(REPLY)?;
            ends(trial)
        },
    )
    .needs(&["PC-1", "PC-1/17"]),
    Check::should(
        "PC-1/5",
        "the reply may be a number",
        "the course's servers: one of them replies with a pickled 1",
        |trial| {
            let number = trial.random().u8(2..);
            let printed = printed_about(trial, ID, &[b"\x80\x04K", &[number][..], b"."].concat())?;
            let after_id = printed.replace(ID_LINE, "");
            shows(&after_id, &number.to_string())
        },
    )
    .needs(&["PC-1", "PC-1/3"]),
    Check::should(
        "PC-1/6",
        "the reply may be a dictionary",
        "the course's servers: one of them replies with a pickled dictionary",
        |trial| {
            const OK: &[u8] =
                b"\x80\x04\x95\x18\0\0\0\0\0\0\0}\x94\x8c\x06status\x94\x8c\x08received\x94s.";
            shows(&printed_about(trial, ID, OK)?, "received")
        },
    )
    .needs(&["PC-1", "PC-1/3"]),
    Check::should(
        "PC-1/7",
        "the id may be an integer alone",
        "the course's servers: one of them sends the id without a dictionary",
        |trial| {
            let id = Id::random(trial);
            shows(&printed_about(trial, &id.alone(), REPLY)?, &id.line())
        },
    )
    .needs(&["PC-1", "PC-1/2"]),
    Check::should(
        "PC-1/8",
        "without options it connects to 127.0.0.1, port 12000",
        "the course's client: host 127.0.0.1, port 12000",
        |trial| {
            trial.may_choose_arguments()?;
            let _turn = default_port::reserve(DEFAULT_PORT)?;
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT));
            let listener = Listener::at(address)?;
            trial.start(&Arguments::words(STUDENT), Input::Pipe)?;
            let server = trial.accept(&listener)?;
            completes(server)
        },
    ),
    Check::should(
        "PC-1/9",
        "the sid is sent as an integer if it is one, and as a text if not",
        "the course's client: the sid is a number",
        |trial| {
            trial.may_choose_arguments()?;
            for sid in ["918273645", "9a"] {
                let words = |port| arguments_of(port, &["Ann Lee", "ann7", sid]);
                let mut server = start_as(trial, words, |program| program)?;
                server.send(ID)?;
                is_of_its_kind(&receive(&mut server)?, sid)?;
            }
            Ok(())
        },
    )
    .needs(&["PC-1"]),
    Check::should(
        "PC-1/10",
        "nothing is sent before the id has come",
        "the course's client: it receives its id first",
        |trial| {
            const A_MOMENT: Duration = Duration::from_millis(300);
            let mut server = start(trial)?;
            server.expect_silence(A_MOMENT)?;
            server.send(ID)?;
            receive(&mut server).map(drop)
        },
    )
    .needs(&["PC-1"]),
    Check::should(
        "PC-1/11",
        "the id and the reply are all that is printed, the reply bare if it is a text",
        "the course's client: it prints its id and the reply",
        |trial| {
            for (reply, line) in REPLIES {
                let printed = printed_about(trial, ID, reply)?;
                is_exactly(&printed, &format!("{ID_LINE}\n{line}\n"))?;
            }
            Ok(())
        },
    )
    .needs(&["PC-1", "PC-1/2", "PC-1/3"]),
    Check::should(
        "PC-1/12",
        "options may stand behind, and be joined with =",
        NOT_IN_IT,
        |trial| {
            comes(trial, |port| {
                let [name, username, sid] = STUDENT.map(str::to_owned);
                let port = format!("--port={port}");
                vec![name, port, username, sid, "--host=127.0.0.1".to_owned()]
            })
        },
    ),
    Check::should(
        "PC-1/13",
        "a server that sends no id is an error after 10 seconds",
        NOT_IN_IT,
        |trial| {
            let _server = start(trial)?;
            gives_up(trial, Instant::now())
        },
    )
    .waits(10),
    Check::should(
        "PC-1/14",
        "a server that does not reply is an error after 10 seconds",
        NOT_IN_IT,
        |trial| {
            let mut server = start(trial)?;
            server.send(ID)?;
            receive(&mut server)?;
            gives_up(trial, Instant::now())
        },
    )
    .needs(&["PC-1", "PC-1/3"])
    .waits(10),
    // Bytes come all the time, but not enough of them.
    Check::should(
        "PC-1/15",
        "a reply that comes a byte at a time has 10 seconds in all",
        NOT_IN_IT,
        |trial| {
            const PAUSE: Duration = Duration::from_millis(100);
            const LENGTH: usize = 150;
            let mut server = start(trial)?;
            server.send(ID)?;
            receive(&mut server)?;
            let begin = Instant::now();
            let text = [b"X\xff\0\0\0", &[b'x'; LENGTH][..]].concat();
            // It ends when the client has given up.
            let _ = server.send_in_pieces(&text, 1, PAUSE);
            gives_up(trial, begin)
        },
    )
    .needs(&["PC-1", "PC-1/14"])
    .waits(10),
    Check::should(
        "PC-1/16",
        "a server that does not accept is an error after 10 seconds",
        NOT_IN_IT,
        |trial| {
            trial.may_choose_arguments()?;
            let listener = Listener::unanswering()?;
            let begin = Instant::now();
            trial.start(&arguments(listener.port()), Input::Pipe)?;
            gives_up(trial, begin)
        },
    )
    .waits(10),
    Check::must(
        "PC-1/17",
        "it stays whole when the server answers",
        "the course's client: it receives what the server sends behind the data",
        |trial| {
            let (mut server, _) = exchange(trial)?;
            server.send(REPLY)?;
            stays_whole(trial)
        },
    )
    .needs(&["PC-1"]),
];

/// That this is the dictionary of this student, with the sid as a number or as a text.
pub(crate) fn is_student(
    trial: &Trial<'_>,
    data: &Object,
    [name, username, sid]: &[String; 3],
) -> Outcome {
    if trial.may_choose_arguments().is_err() {
        return is_some_student(data);
    }
    let named = data.get("student_name") == Some(&Object::text(name))
        && data.get("github_username") == Some(&Object::text(username));
    let numbered = match data.get("sid") {
        Some(Object::Integer(integer)) => integer.to_string() == *sid,
        Some(object) => *object == Object::text(sid),
        None => false,
    };
    if named && numbered {
        return Ok(());
    }
    let expected =
        format!("{{'student_name': '{name}', 'github_username': '{username}', 'sid': {sid}}}");
    Err(Problem::broken(expected, data.to_string()))
}

/// That this is the dictionary of any student: the course's client has its own in its code.
fn is_some_student(data: &Object) -> Outcome {
    let is_text = |key| matches!(data.get(key), Some(Object::Text(_)));
    let is_number = matches!(data.get("sid"), Some(Object::Integer(_)));
    if is_text("student_name") && is_text("github_username") && (is_number || is_text("sid")) {
        return Ok(());
    }
    let expected = "a dictionary of student_name, github_username and sid";
    Err(Problem::broken(expected, data.to_string()))
}

/// That the sid is a number if it is written as one, and else a text.
pub(crate) fn is_of_its_kind(data: &Object, sid: &str) -> Outcome {
    let expected = sid
        .parse()
        .map_or_else(|_| Object::text(sid), Object::Integer);
    if data.get("sid") == Some(&expected) {
        return Ok(());
    }
    Err(Problem::broken(
        format!("'sid': {expected}"),
        data.to_string(),
    ))
}

/// Replies of every kind, and what is printed about them.
pub(crate) const REPLIES: [(&[u8], &str); 6] = [
    (REPLY, REPLY_LINE),
    (b"K\x01.", "1"),
    (b"}X\x02\0\0\0okI01\ns.", "{'ok': True}"),
    (b"N.", "None"),
    (b"C\x02\xff\n.", r"b'\xff\n'"),
    (b"X\x04\0\0\0it's.", "it's"),
];

/// An id that a server may assign, of two bytes as Python writes it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Id(pub(crate) u16);

impl Id {
    fn random(trial: &mut Trial<'_>) -> Self {
        Self(trial.random().u16(1024..))
    }

    pub(crate) fn in_dictionary(self) -> Vec<u8> {
        let head = b"\x80\x04\x95\x12\0\0\0\0\0\0\0}\x94\x8c\x08clientid\x94M";
        [&head[..], &self.0.to_le_bytes(), b"s."].concat()
    }

    pub(crate) fn alone(self) -> Vec<u8> {
        [b"\x80\x04M", &self.0.to_le_bytes()[..], b"."].concat()
    }

    /// What the client prints about it.
    pub(crate) fn line(self) -> String {
        format!("Client id {} assigned by server", self.0)
    }
}

fn number(trial: &mut Trial<'_>) -> String {
    trial.random().i32(100_000..).to_string()
}

/// A text that would do something to a terminal, as a pickle.
pub(super) const UNRULY: &[u8] = b"X\x08\0\0\0\x1b[2J\nend.";

/// Starts the client, sends it the id, and receives its data.
pub(super) fn exchange(trial: &mut Trial<'_>) -> Result<(Conversation, Object), Problem> {
    let mut server = start(trial)?;
    server.send(ID)?;
    let data = receive(&mut server)?;
    Ok((server, data))
}

/// The whole exchange, with this id and this reply. Returns what was printed, at the latest when
/// the client has ended; whether it ends is not checked here.
pub(super) fn printed_about(
    trial: &mut Trial<'_>,
    id: &[u8],
    reply: &[u8],
) -> Result<String, Problem> {
    let terminal = |program: Program| program.stdout(Output::Terminal);
    let mut server = start_as(trial, arguments, terminal)?;
    server.send(id)?;
    receive(&mut server)?;
    server.send(reply)?;
    finish(trial, server)
}

/// Waits for the end of the client, or closes if it listens on.
pub(crate) fn finish(trial: &mut Trial<'_>, mut server: Conversation) -> Result<String, Problem> {
    let _: Event = server.glance(1, LISTENS.min(trial.timeout()));
    drop(server);
    // What it has printed counts, even if it does not end.
    let _ = trial.wait_exit();
    trial.printed()
}

/// That a part of this is a line, or a part of one.
pub(super) fn shows(printed: &str, wanted: &str) -> Outcome {
    if printed.contains(wanted) {
        return Ok(());
    }
    let expected = format!("\"{wanted}\" on standard output");
    Err(Problem::broken(expected, format!("{printed:?}")))
}

pub(super) fn is_exactly(printed: &str, wanted: &str) -> Outcome {
    if printed == wanted {
        return Ok(());
    }
    let expected = format!("{wanted:?} on standard output");
    Err(Problem::broken(expected, format!("{printed:?}")))
}

/// Like the course's server, this one does not close before the client.
pub(super) fn exit_after_reply(trial: &mut Trial<'_>) -> Result<Exit, Problem> {
    let (mut server, _) = exchange(trial)?;
    server.send(REPLY)?;
    trial.wait_exit()
}

/// That the client ends by itself, whatever its status is.
pub(crate) fn ends(trial: &mut Trial<'_>) -> Outcome {
    match trial.wait_exit()? {
        Exit::Status(_) => Ok(()),
        exit @ Exit::Signal(_) => Err(Problem::broken(
            "the program ends by itself",
            format!("it ended with {exit}"),
        )),
    }
}

/// That the client, which has its reply, ends with status 0 or waits for more.
pub(crate) fn stays_whole(trial: &mut Trial<'_>) -> Outcome {
    let a_moment = LISTENS.min(trial.timeout());
    match trial.process()?.wait_exit(a_moment) {
        Ok(Exit::Status(0)) | Err(_) => Ok(()),
        Ok(exit) => Err(Problem::broken(
            "it runs on, or ends with status 0",
            format!("it ended with {exit}"),
        )),
    }
}

/// Who does nothing for so long listens for more.
const LISTENS: Duration = Duration::from_secs(1);

/// A clock may be coarse.
const EARLIEST: Duration = Duration::from_millis(9500);

/// What a busy machine may add.
const LATEST: Duration = Duration::from_secs(15);

fn gives_up(trial: &mut Trial<'_>, begin: Instant) -> Outcome {
    let exit = trial.wait_exit_within(LATEST.saturating_sub(begin.elapsed()))?;
    let after = begin.elapsed();
    if after < EARLIEST {
        let happened = format!("after {:.1} seconds", after.as_secs_f64());
        return Err(Problem::broken("it waits for 10 seconds", happened));
    }
    has_failed(trial, exit)
}

fn completes(mut server: Conversation) -> Outcome {
    server.send(ID)?;
    receive(&mut server)?;
    Ok(server.send(REPLY)?)
}

/// Starts the client with just these words, and checks that it connects.
pub(super) fn comes(trial: &mut Trial<'_>, words: impl Fn(u16) -> Vec<String>) -> Outcome {
    trial.may_choose_arguments()?;
    let words = |port| Arguments::words(words(port));
    let server = start_as(trial, words, |program| program)?;
    completes(server)
}
