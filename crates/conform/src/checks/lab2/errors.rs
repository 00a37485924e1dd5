//! Servers that are not there, close early, or are hostile.

use std::time::Duration;

use harness::{Exit, Input, shown};

use super::{HOSTILE, ID, NOT_IN_IT, REPLY, STUDENT, arguments, start};
use crate::checks::hostile;
use crate::checks::pickle::receive;
use crate::{Arguments, Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::should(
        "PC-2",
        "a connection that is refused is an error",
        NOT_IN_IT,
        |trial| {
            let port = trial.port()?;
            trial.start(&arguments(port), Input::Pipe)?;
            fails(trial)
        },
    ),
    Check::should(
        "PC-2/2",
        "a host that does not exist is an error",
        NOT_IN_IT,
        |trial| {
            trial.may_choose_arguments()?;
            let options = Arguments::words(["--host", "no-such-host.invalid"]);
            let words = STUDENT.into_iter().fold(options, Arguments::word);
            trial.start(&words, Input::Pipe)?;
            let exit = trial.wait_end(FOR_NAMES)?;
            has_failed(trial, exit)
        },
    ),
    Check::should(
        "PC-2/3",
        "a server that leaves without an id, or within it, is an error",
        NOT_IN_IT,
        |trial| {
            fails_after(trial, b"")?;
            fails_after(trial, ID.get(..20).unwrap_or(ID))
        },
    ),
    Check::should(
        "PC-2/4",
        "a server that leaves without a reply, or within it, is an error",
        NOT_IN_IT,
        |trial| {
            fails_after_id(trial, b"")?;
            fails_after_id(trial, REPLY.get(..20).unwrap_or(REPLY))
        },
    )
    .needs(&["PC-1", "PC-1/3"]),
    Check::should(
        "PC-2/5",
        "a server that resets the connection is an error",
        NOT_IN_IT,
        |trial| {
            start(trial)?.reset()?;
            fails(trial)?;
            let mut server = start(trial)?;
            server.send(ID)?;
            receive(&mut server)?;
            server.reset()?;
            fails(trial)
        },
    ),
    Check::should(
        "PC-2/6",
        "an object that is no id is an error",
        "the course's client: it receives its id first",
        |trial| {
            for object in NO_IDS {
                let mut server = start(trial)?;
                server.send(&[object, REPLY].concat())?;
                fails(trial)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "PC-2/7",
        "what is no pickle is an error",
        NOT_IN_IT,
        |trial| {
            NO_PICKLES
                .iter()
                .try_for_each(|bytes| fails_at(trial, bytes))
        },
    ),
    Check::should(
        "PC-2/8",
        "nothing that a pickle names is called",
        HOSTILE,
        |trial| {
            // Elsewhere it might be refused to a program that is confined.
            let path = trial.scratch()?.join("called");
            for pickle in hostile::calls(&path) {
                // That it is an error is the smaller part.
                let outcome = fails_at(trial, &pickle);
                hostile::was_not_called(&path)?;
                outcome?;
            }
            Ok(())
        },
    ),
    Check::should(
        "PC-2/9",
        "a pickle that stands for too much is refused",
        HOSTILE,
        |trial| {
            for pickle in [
                &hostile::nested()[..],
                &hostile::repeated(),
                &hostile::integer(),
                &hostile::large(),
                hostile::BYTEARRAY,
                hostile::RECURSIVE,
            ] {
                fails_at(trial, pickle)?;
            }
            hostile::ANNOUNCED
                .iter()
                .try_for_each(|pickle| fails_at(trial, pickle))
        },
    ),
];

/// Objects that are no id.
pub(crate) const NO_IDS: [&[u8]; 4] = [
    b"X\x05\0\0\0hello.",
    b"N.",
    b"\x88.",
    b"}X\x08\0\0\0clientidNs.",
];

/// The beginning of each of these is wrong already.
pub(crate) const NO_PICKLES: [&[u8]; 3] =
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\xfe\xfd", b"."];

/// Finding out that a host does not exist may take as long as its name servers take.
const FOR_NAMES: Duration = Duration::from_secs(20);

/// Checks that the client, which has ended, reports an error.
pub(super) fn has_failed(trial: &mut Trial<'_>, exit: Exit) -> Outcome {
    let stderr = trial.process()?.stderr();
    if exit == Exit::Status(1) && !stderr.is_empty() {
        return Ok(());
    }
    let happened = format!("{exit}, and {} on standard error", shown(&stderr));
    Err(Problem::broken(
        "status 1, and a text on standard error",
        happened,
    ))
}

/// Waits for the end of the client, and checks that it reports an error.
pub(crate) fn fails(trial: &mut Trial<'_>) -> Outcome {
    let exit = trial.wait_exit()?;
    has_failed(trial, exit)
}

/// The server sends this in place of the id, and closes.
fn fails_after(trial: &mut Trial<'_>, bytes: &[u8]) -> Outcome {
    let mut server = start(trial)?;
    // It may have seen enough before it has taken all.
    let _ = server.send(bytes);
    drop(server);
    fails(trial)
}

/// The server sends this in place of the reply, and closes.
fn fails_after_id(trial: &mut Trial<'_>, bytes: &[u8]) -> Outcome {
    let mut server = start(trial)?;
    server.send(ID)?;
    receive(&mut server)?;
    let _ = server.send(bytes);
    drop(server);
    fails(trial)
}

/// The server sends this in place of the id and of the reply, and stays connected.
fn fails_at(trial: &mut Trial<'_>, bytes: &[u8]) -> Outcome {
    let mut server = start(trial)?;
    let _ = server.send(bytes);
    fails(trial)?;
    let mut server = start(trial)?;
    server.send(ID)?;
    receive(&mut server)?;
    let _ = server.send(bytes);
    fails(trial)
}
