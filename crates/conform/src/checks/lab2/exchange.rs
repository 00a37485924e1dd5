//! The id, the data and the reply.

use std::time::Duration;

use harness::{Event, Exit, Program};

use super::{ID, ID_LINE, REPLY, REPLY_LINE, STUDENT, arguments, start, start_as};
use crate::checks::pickle::{LONGEST, Object, Pickles, Reading, read};
use crate::conversation::shown;
use crate::{Arguments, Outcome, Problem, Trial};

/// A text that would do something to a terminal, as a pickle.
const UNRULY: &[u8] = b"X\x08\0\0\0\x1b[2J\nend.";

/// Starts the client, sends it the id, and receives its data.
fn exchange(trial: &mut Trial<'_>) -> Result<(Pickles, Object), Problem> {
    let mut server = start(trial)?;
    server.conversation.send(ID)?;
    let data = server.next(trial)?;
    Ok((server, data))
}

/// The whole exchange, with this id and this reply. Returns what was printed, at the latest when
/// the client has ended; that it does is another matter.
fn printed_about(trial: &mut Trial<'_>, id: &[u8], reply: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut server = start(trial)?;
    server.conversation.send(id)?;
    server.next(trial)?;
    server.conversation.send(reply)?;
    finish(trial, server)
}

fn finish(trial: &mut Trial<'_>, mut server: Pickles) -> Result<Vec<u8>, Problem> {
    let timeout = trial.timeout();
    let _: Event = server.conversation.next_event(1, timeout);
    drop(server);
    let process = trial.process()?;
    let _ = process.wait_exit(timeout);
    Ok(process.stdout())
}

fn lines(printed: &[u8]) -> impl Iterator<Item = &[u8]> {
    printed.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii)
}

/// That a part of this is a line, or a part of one.
fn shows(printed: &[u8], wanted: &str) -> Outcome {
    if String::from_utf8_lossy(printed).contains(wanted) {
        return Ok(());
    }
    let expected = format!("\"{wanted}\" on standard output");
    Err(Problem::broken(expected, shown(printed)))
}

fn is_exactly(printed: &[u8], wanted: &[u8]) -> Outcome {
    if printed == wanted {
        return Ok(());
    }
    let expected = format!("{} on standard output", shown(wanted));
    Err(Problem::broken(expected, shown(printed)))
}

pub(super) fn student(trial: &mut Trial<'_>) -> Outcome {
    let (_server, data) = exchange(trial)?;
    let [name, username, sid] = STUDENT;
    let named = data.get("student_name") == Some(&Object::text(name))
        && data.get("github_username") == Some(&Object::text(username));
    // Which of the two kinds it is, is another check's matter.
    let numbered = match data.get("sid") {
        Some(Object::Integer(integer)) => integer.to_string() == sid,
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

pub(super) fn kind_of_sid(trial: &mut Trial<'_>) -> Outcome {
    for (sid, expected) in [
        ("918273645", Object::Integer(918_273_645)),
        ("9a", Object::text("9a")),
    ] {
        let words = |port| {
            let options = Arguments::new()
                .host_option("--host", "127.0.0.1")
                .port_option("--port", port);
            ["Ann Lee", "ann7", sid]
                .into_iter()
                .fold(options, Arguments::word)
        };
        let mut server = start_as(trial, words, |program| program)?;
        server.conversation.send(ID)?;
        let data = server.next(trial)?;
        if data.get("sid") != Some(&expected) {
            let expected = format!("'sid': {expected}");
            return Err(Problem::broken(expected, data.to_string()));
        }
    }
    Ok(())
}

pub(super) fn id_is_printed(trial: &mut Trial<'_>) -> Outcome {
    shows(&printed_about(trial, ID, REPLY)?, ID_LINE)
}

pub(super) fn reply_is_printed(trial: &mut Trial<'_>) -> Outcome {
    shows(&printed_about(trial, ID, REPLY)?, REPLY_LINE)
}

pub(super) fn ends(trial: &mut Trial<'_>) -> Outcome {
    match exit_after_reply(trial)? {
        Exit::Status(_) => Ok(()),
        exit @ Exit::Signal(_) => Err(Problem::broken(
            "the program ends by itself",
            format!("it ended with {exit}"),
        )),
    }
}

pub(super) fn status_of_success(trial: &mut Trial<'_>) -> Outcome {
    match exit_after_reply(trial)? {
        Exit::Status(0) => Ok(()),
        exit => Err(Problem::broken("status 0", exit.to_string())),
    }
}

/// The server does not leave before the client, as the course's does not.
fn exit_after_reply(trial: &mut Trial<'_>) -> Result<Exit, Problem> {
    let timeout = trial.timeout();
    let (mut server, _) = exchange(trial)?;
    server.conversation.send(REPLY)?;
    Ok(trial.process()?.wait_exit(timeout)?)
}

pub(super) fn reply_is_1(trial: &mut Trial<'_>) -> Outcome {
    let printed = printed_about(trial, ID, b"\x80\x04K\x01.")?;
    let after_id = lines(&printed).filter(|line| *line != ID_LINE.as_bytes());
    let after_id = after_id.collect::<Vec<_>>().join(&b' ');
    if after_id.contains(&b'1') {
        return Ok(());
    }
    let expected = "1 on standard output, beside the id";
    Err(Problem::broken(expected, shown(&printed)))
}

pub(super) fn reply_is_dictionary(trial: &mut Trial<'_>) -> Outcome {
    const OK: &[u8] =
        b"\x80\x04\x95\x18\0\0\0\0\0\0\0}\x94\x8c\x06status\x94\x8c\x08received\x94s.";
    shows(&printed_about(trial, ID, OK)?, "received")
}

pub(super) fn id_is_bare(trial: &mut Trial<'_>) -> Outcome {
    let printed = printed_about(trial, b"\x80\x04\x95\x04\0\0\0\0\0\0\0M\xd5\xc9.", REPLY)?;
    shows(&printed, ID_LINE)
}

pub(super) fn waits_for_id(trial: &mut Trial<'_>) -> Outcome {
    const A_MOMENT: Duration = Duration::from_millis(300);
    let mut server = start(trial)?;
    server.conversation.expect_silence(A_MOMENT)?;
    server.conversation.send(ID)?;
    server.next(trial).map(drop)
}

pub(super) fn two_lines(trial: &mut Trial<'_>) -> Outcome {
    for (reply, line) in [
        (REPLY, REPLY_LINE),
        (b"K\x01.", "1"),
        (b"}X\x02\0\0\0okI01\ns.", "{'ok': True}"),
        (b"N.", "None"),
        (b"C\x02\xff\n.", r"b'\xff\n'"),
        (b"X\x04\0\0\0it's.", "it's"),
    ] {
        let printed = printed_about(trial, ID, reply)?;
        is_exactly(&printed, format!("{ID_LINE}\n{line}\n").as_bytes())?;
    }
    Ok(())
}

pub(super) fn id_at_once(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let (_server, _) = exchange(trial)?;
    let line = trial.process()?.wait_line(timeout)?;
    is_exactly(line.as_bytes(), ID_LINE.as_bytes())
}

pub(super) fn byte_by_byte(trial: &mut Trial<'_>) -> Outcome {
    const PAUSE: Duration = Duration::from_millis(2);
    let mut server = start(trial)?;
    server.conversation.send_in_pieces(ID, 1, PAUSE)?;
    server.next(trial)?;
    server.conversation.send_in_pieces(REPLY, 1, PAUSE)?;
    let printed = finish(trial, server)?;
    shows(&printed, ID_LINE)?;
    shows(&printed, REPLY_LINE)
}

pub(super) fn together(trial: &mut Trial<'_>) -> Outcome {
    let mut server = start(trial)?;
    server.conversation.send(&[ID, REPLY].concat())?;
    server.next(trial)?;
    let printed = finish(trial, server)?;
    shows(&printed, ID_LINE)?;
    shows(&printed, REPLY_LINE)
}

pub(super) fn one_piece(trial: &mut Trial<'_>) -> Outcome {
    const EXPECTED: &str = "a whole pickle in one piece";
    let timeout = trial.timeout();
    let mut server = start(trial)?;
    server.conversation.send(ID)?;
    match server.conversation.next_event(LONGEST, timeout) {
        Event::Data(bytes) => match read(&bytes) {
            Reading::Whole(..) => Ok(()),
            Reading::Part | Reading::Wrong { .. } => Err(Problem::broken(EXPECTED, shown(&bytes))),
        },
        event => Err(Problem::broken(EXPECTED, event.to_string())),
    }
}

pub(super) fn on_terminal(trial: &mut Trial<'_>) -> Outcome {
    let mut server = start_as(trial, arguments, Program::on_terminal)?;
    server.conversation.send(ID)?;
    server.next(trial)?;
    server.conversation.send(UNRULY)?;
    let printed = finish(trial, server)?;
    is_exactly(&printed, format!("{ID_LINE}\n\\x1b[2J\\nend\n").as_bytes())
}

pub(super) fn in_pipe(trial: &mut Trial<'_>) -> Outcome {
    let printed = printed_about(trial, ID, UNRULY)?;
    is_exactly(&printed, format!("{ID_LINE}\n\x1b[2J\nend\n").as_bytes())
}
