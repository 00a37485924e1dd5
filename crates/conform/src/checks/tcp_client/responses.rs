//! Sending and receiving at the same time, and what is printed.

use std::time::Duration;

use harness::{Error, Input};

use super::{arguments, finish, prints, response, start};
use crate::conversation::shown;
use crate::{Conversation, Outcome, Problem, Trial};

/// Between pieces that are to be read one by one.
const PAUSE: Duration = Duration::from_millis(20);

const THREE_LINES: &[u8] = b"uppercase a\nlowercase B\nreverse cd\n";
const THREE_REQUESTS: &[u8] = b"\x08\0\0\x01a\x10\0\0\x01B\x20\0\0\x02cd";

pub(super) fn pipelined(trial: &mut Trial<'_>) -> Outcome {
    let mut server = start(trial, THREE_LINES)?;
    // No request is answered before all have come.
    server.expect(THREE_REQUESTS)?;
    server.send(b"\0\0\0\x01A\0\0\0\x06second\0\0\0\x07a third")?;
    prints(trial, server, b"A\nsecond\na third\n")
}

pub(super) fn long_response(trial: &mut Trial<'_>) -> Outcome {
    const LENGTH: usize = 70_000;
    let mut server = start(trial, b"uppercase abc\nreverse abc\n")?;
    server.expect(b"\x08\0\0\x03abc\x20\0\0\x03abc")?;
    let long: Vec<u8> = (b'a'..=b'z').cycle().take(LENGTH).collect();
    // In two pieces: one read does not give all of it.
    server.send_in_pieces(&response(&long), 40_000, PAUSE)?;
    server.send(&response(b"cba"))?;
    prints(trial, server, &[&long[..], b"\ncba\n"].concat())
}

pub(super) fn error_response(trial: &mut Trial<'_>) -> Outcome {
    let mut server = start(trial, THREE_LINES)?;
    server.expect(THREE_REQUESTS)?;
    server.send(b"\0\0\0\x01A\0\0\0\x05error\0\0\0\x02dc")?;
    prints(trial, server, b"A\nerror\ndc\n")
}

pub(super) fn empty_response(trial: &mut Trial<'_>) -> Outcome {
    let mut server = start(trial, THREE_LINES)?;
    server.expect(THREE_REQUESTS)?;
    server.send(b"\0\0\0\x01A\0\0\0\0\0\0\0\x02dc")?;
    prints(trial, server, b"A\n\ndc\n")
}

pub(super) fn printed_as_they_arrive(trial: &mut Trial<'_>) -> Outcome {
    let mut server = start(trial, THREE_LINES)?;
    server.expect(THREE_REQUESTS)?;
    for answer in ["A", "b", "dc"] {
        server.send(&response(answer.as_bytes()))?;
        next_line_is(trial, answer)?;
    }
    finish(trial, server).map(drop)
}

fn next_line_is(trial: &mut Trial<'_>, answer: &str) -> Outcome {
    let timeout = trial.timeout();
    let line = trial.process()?.wait_line(timeout)?;
    if line == answer {
        return Ok(());
    }
    let expected = format!("the line \"{answer}\"");
    Err(Problem::broken(expected, shown(line.as_bytes())))
}

pub(super) fn sent_as_they_come(trial: &mut Trial<'_>) -> Outcome {
    let listener = trial.listen()?;
    trial.start(&arguments(listener.port()).file("-"), Input::Pipe)?;
    let mut server: Option<Conversation> = None;
    for (line, request, answer) in [
        (b"reverse abc\n", b"\x20\0\0\x03abc", "cba"),
        (b"reverse def\n", b"\x20\0\0\x03def", "fed"),
    ] {
        trial.process()?.write_stdin(line)?;
        // It may connect at once, or when it has something to send.
        let server = match &mut server {
            Some(server) => server,
            None => server.insert(trial.accept(&listener)?),
        };
        server.expect(request)?;
        server.send(&response(answer.as_bytes()))?;
        next_line_is(trial, answer)?;
    }
    trial.process()?.close_stdin()?;
    match server {
        Some(server) => finish(trial, server).map(drop),
        None => Ok(()),
    }
}

/// More requests and more responses than the system keeps for both ends, which is some megabytes:
/// a client that does not receive while it sends, and this server, wait for each other forever.
pub(super) fn received_while_sending(trial: &mut Trial<'_>) -> Outcome {
    const REQUESTS: usize = 8 * 1024;
    let message = [b'x'; 1020];
    let line = [b"reverse ", &message[..], b"\n"].concat();
    let mut server = start(trial, &line.repeat(REQUESTS))?;
    server.set_receive_buffer(256 << 10)?;
    let request = [b"\x20\0\x03\xfc", &message[..]].concat();
    let text = [b'y'; 2044];
    let answer = response(&text);
    for answered in 0..REQUESTS {
        server.expect(&request)?;
        server.send(&answer).map_err(|error| match error {
            Error::Peer { event, .. } => Problem::broken(
                "a client that takes responses while it sends",
                format!("{event}, after {answered} of {REQUESTS} responses"),
            ),
            error => error.into(),
        })?;
    }
    prints(trial, server, &[&text[..], b"\n"].concat().repeat(REQUESTS))
}

pub(super) fn status_of_success(trial: &mut Trial<'_>) -> Outcome {
    let mut server = start(trial, THREE_LINES)?;
    server.expect(THREE_REQUESTS)?;
    server.send(b"\0\0\0\x01A\0\0\0\x01b\0\0\0\x02dc")?;
    let exit = finish(trial, server)?;
    if exit.success() {
        return Ok(());
    }
    Err(Problem::broken("status 0", exit.to_string()))
}

pub(super) fn byte_by_byte(trial: &mut Trial<'_>) -> Outcome {
    let mut server = start(trial, THREE_LINES)?;
    server.expect(THREE_REQUESTS)?;
    server.send_in_pieces(b"\0\0\0\x01A\0\0\0\x03bbb\0\0\0\x02dc", 1, PAUSE)?;
    prints(trial, server, b"A\nbbb\ndc\n")
}
