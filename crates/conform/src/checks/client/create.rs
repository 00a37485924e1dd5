//! What is typed in, and the request that it becomes.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use harness::{Finished, Input, Listener};

use super::{ALICE, arguments, ended, says_more, start};
use crate::checks::messages::{create, ends_with_a_text, has_status};
use crate::conversation::shown;
use crate::{Outcome, Problem, Trial};

/// Runs the client with these lines typed in, and sees that the request is as it should be.
fn creates(
    trial: &mut Trial<'_>,
    listener: &Listener,
    lines: &[u8],
    request: &[u8],
) -> Result<Finished, Problem> {
    start(trial, listener, "create", Input::Bytes(lines.to_vec()))?;
    let mut server = trial.accept(listener)?;
    // In parts, of which each is compared once.
    for piece in request.chunks(1 << 14) {
        server.expect(piece)?;
    }
    // It has no response. The client may leave first, or when the server does.
    let _ = server.shutdown_write();
    server.expect_gone()?;
    ended(trial)
}

fn creates_from(trial: &mut Trial<'_>, lines: &[u8], receiver: &[u8], text: &[u8]) -> Outcome {
    let listener = trial.listen()?;
    creates(trial, &listener, lines, &create(ALICE, receiver, text)).map(drop)
}

pub(super) fn as_the_format_says(trial: &mut Trial<'_>) -> Outcome {
    let listener = trial.listen()?;
    let request = b"\xae\x73\x02\x05\x03\x00\x05alicebobhello";
    creates(trial, &listener, b"bob\nhello\n", request).map(drop)
}

pub(super) fn bytes_not_characters(trial: &mut Trial<'_>) -> Outcome {
    let (receiver, text) = ("Zoë Brontë", "Grüße, 漢字 😀");
    let lines = format!("{receiver}\n{text}\n");
    creates_from(
        trial,
        lines.as_bytes(),
        receiver.as_bytes(),
        text.as_bytes(),
    )
}

pub(super) fn two_bytes_of_length(trial: &mut Trial<'_>) -> Outcome {
    let text = "x".repeat(0x0102);
    creates_from(
        trial,
        format!("bob\n{text}\n").as_bytes(),
        b"bob",
        text.as_bytes(),
    )
}

/// On a terminal: elsewhere a program may keep its output back until it ends.
pub(super) fn prompts(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let listener = trial.listen()?;
    let arguments = arguments(listener.port(), "alice", "create");
    trial.start_as(&arguments, harness::Program::on_terminal)?;
    let mut seen = 0;
    for (what, line) in [("receiver", b"bob\n" as &[u8]), ("message", b"hello\n")] {
        let client = trial.process()?;
        let prompted = client.wait_stdout(|printed| printed.len() > seen, timeout);
        prompted.map_err(|_| {
            let expected = format!("a prompt for the {what}");
            Problem::broken(expected, "nothing, on a terminal")
        })?;
        seen = client.stdout().len();
        client.write_stdin(line)?;
    }
    let mut server = trial.accept(&listener)?;
    server.expect(&create(ALICE, b"bob", b"hello"))
}

pub(super) fn before_connecting(trial: &mut Trial<'_>) -> Outcome {
    const WHILE: Duration = Duration::from_millis(300);
    let timeout = trial.timeout();
    let listener = trial.listen()?;
    start(trial, &listener, "create", Input::Pipe)?;
    let client = trial.process()?;
    // It has begun, or keeps its prompt back.
    let begun = |printed: &[u8]| !printed.is_empty();
    let _ = client.wait_stdout(begun, timeout.min(Duration::from_secs(1)));
    client.write_stdin(b"bob\n")?;
    if listener.accept(WHILE).is_ok() {
        return Err(Problem::broken(
            "it connects when receiver and message have been entered",
            "it connects when the message has not been entered",
        ));
    }
    client.write_stdin(b"hello\n")?;
    let mut server = trial.accept(&listener)?;
    server.expect(&create(ALICE, b"bob", b"hello"))
}

pub(super) fn receiver_again(trial: &mut Trial<'_>) -> Outcome {
    // The last invalid one has 128 characters of two bytes each.
    let (longer, wide) = ("r".repeat(255), "ü".repeat(128));
    let receiver = "ü".repeat(127);
    let lines = format!("\n{longer}\n{wide}\n{receiver}\nhello\n");
    creates_from(trial, lines.as_bytes(), receiver.as_bytes(), b"hello")
}

pub(super) fn message_again(trial: &mut Trial<'_>) -> Outcome {
    let (longer, wide) = ("t".repeat(65_535), "ü".repeat(32_768));
    let text = "ü".repeat(32_767);
    let lines = format!("bob\n\n{longer}\n{wide}\n{text}\n");
    creates_from(trial, lines.as_bytes(), b"bob", text.as_bytes())
}

pub(super) fn shortest_and_longest(trial: &mut Trial<'_>) -> Outcome {
    creates_from(trial, b"b\nh\n", b"b", b"h")?;
    let (receiver, text) = ("r".repeat(254), "t".repeat(65_534));
    let lines = format!("{receiver}\n{text}\n");
    creates_from(
        trial,
        lines.as_bytes(),
        receiver.as_bytes(),
        text.as_bytes(),
    )
}

/// More is printed than for valid entries alone: an error, and the prompt again.
pub(super) fn says_that_an_entry_is_invalid(trial: &mut Trial<'_>) -> Outcome {
    let listener = trial.listen()?;
    let request = create(ALICE, b"bob", b"hello");
    let length = |finished: &Finished| finished.stdout.len() + finished.stderr.len();
    let valid = creates(trial, &listener, b"bob\nhello\n", &request)?;
    for lines in [b"\nbob\nhello\n", b"bob\n\nhello\n"] {
        let invalid = creates(trial, &listener, lines, &request)?;
        if length(&invalid) <= length(&valid) {
            return Err(Problem::broken(
                "an error message, and the prompt again, for an invalid entry",
                "no more is printed than for valid entries alone",
            ));
        }
    }
    Ok(())
}

pub(super) fn end_of_input(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let listener = trial.listen()?;
    for lines in [&b""[..], b"\n", b"bob\n"] {
        start(trial, &listener, "create", Input::Bytes(lines.to_vec()))?;
        let exit = ends_with_a_text(trial, timeout)?;
        has_status(exit, 1)?;
        if trial.process()?.stderr().is_empty() {
            return Err(Problem::broken(
                "an error on standard error",
                "nothing there",
            ));
        }
        if listener.accept(Duration::ZERO).is_ok() {
            return Err(Problem::broken("it ends without connecting", "it connects"));
        }
    }
    Ok(())
}

/// Where nobody listens, the client prints the same up to the moment when it connects: what it
/// prints beyond that, it prints because it has sent the request. The port is not one that the
/// system gives to others meanwhile.
pub(super) fn says_that_it_is_sent(trial: &mut Trial<'_>) -> Outcome {
    let port = trial.port()?;
    let listener = Listener::at(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    let request = create(ALICE, b"bob", b"hello");
    let sent = creates(trial, &listener, b"bob\nhello\n", &request)?;
    drop(listener);
    let lines = Input::Bytes(b"bob\nhello\n".to_vec());
    trial.start(&arguments(port, "alice", "create"), lines)?;
    let refused = ended(trial)?;
    if says_more(&sent, &refused) {
        return Ok(());
    }
    Err(Problem::broken(
        "a message on either output that the request is sent",
        format!(
            "no more than where it cannot connect: {}",
            shown(&[sent.stdout, sent.stderr].concat())
        ),
    ))
}

pub(super) fn ends_although_the_server_stays(trial: &mut Trial<'_>) -> Outcome {
    let listener = trial.listen()?;
    start(
        trial,
        &listener,
        "create",
        Input::Bytes(b"bob\nhello\n".to_vec()),
    )?;
    let mut server = trial.accept(&listener)?;
    server.expect(&create(ALICE, b"bob", b"hello"))?;
    let finished = ended(trial)?;
    has_status(finished.exit, 0)
}
