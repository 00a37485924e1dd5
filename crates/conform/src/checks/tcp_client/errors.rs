//! Lines that are no requests, and servers that do not answer as they should.

use std::time::Duration;

use harness::{Exit, Input, shown};

use super::{arguments, expect_requests, finish, lines, messages, prints, respond, start};
use crate::{Arguments, Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::should(
        "TC-3",
        "empty lines are skipped",
        "not in the assignment: what a careful user expects",
        |trial| {
            let messages = messages::<2>(trial);
            let [first, second] = [0, 1].map(|index| lines(&messages[index..=index]));
            let mut server = start(trial, &[b"\n", &*first, b"\n\n", &second, b"\n"].concat())?;
            expect_requests(&mut server, &messages)?;
            respond(&mut server, &messages)?;
            prints(trial, &messages)
        },
    )
    .needs(&["TC-2"]),
    Check::should(
        "TC-3/2",
        "an unknown action is reported with its line, the others are sent, and the status is 1",
        "not in the assignment: what a careful user expects",
        |trial| reports_line_2(trial, b"invert xyz\n"),
    )
    .needs(&["TC-2"]),
    Check::should(
        "TC-3/3",
        "a line without a space is reported with its line, and the others are sent",
        "not in the assignment: what a careful user expects",
        |trial| reports_line_2(trial, b"uppercase\n"),
    )
    .needs(&["TC-2"]),
    Check::should(
        "TC-4",
        "a connection that is refused is an error",
        "not in the assignment: what a careful user expects",
        |trial| {
            let port = trial.port()?;
            let file = trial.file(LINE)?;
            let exit = trial.run(&arguments(port).file(file), Input::Pipe)?.exit;
            has_failed(trial, exit)
        },
    ),
    Check::should(
        "TC-4/2",
        "a host that does not exist is an error",
        "not in the assignment: what a careful user expects",
        |trial| {
            trial.may_choose_arguments()?;
            let file = trial.file(LINE)?;
            let host = Arguments::words(["-h", "no-such-host.invalid"]);
            trial.start(&host.file(file), Input::Pipe)?;
            let exit = trial.wait_end(FOR_NAMES)?;
            has_failed(trial, exit)
        },
    ),
    Check::should(
        "TC-4/3",
        "a server that closes before it has answered is an error",
        "not in the assignment: what a careful user expects",
        |trial| {
            closes_after(trial, b"\0\0\0\x03cba")?;
            prints(trial, &["cba"])
        },
    )
    .needs(&["TC-2"]),
    Check::should(
        "TC-4/4",
        "a response that is cut off is an error",
        "not in the assignment: what a careful user expects",
        |trial| {
            closes_after(trial, b"\0\0\0\x03cba\0\0")?;
            closes_after(trial, b"\0\0\0\x03cba\0\0\0\x03fe")
        },
    )
    .needs(&["TC-2"]),
    Check::should(
        "TC-4/5",
        "a file that does not exist is an error",
        "not in the assignment: what a careful user expects",
        |trial| {
            let listener = trial.listen()?;
            let arguments = arguments(listener.port()).file("/no/such/file");
            let exit = trial.run(&arguments, Input::Pipe)?.exit;
            has_failed(trial, exit)
        },
    ),
];

/// Finding out that a host does not exist may take as long as its name servers take.
const FOR_NAMES: Duration = Duration::from_secs(20);

const LINE: &[u8] = b"uppercase abc\n";

/// With a wrong line between two right ones.
fn reports_line_2(trial: &mut Trial<'_>, wrong: &[u8]) -> Outcome {
    let messages = messages::<2>(trial);
    let [first, third] = [0, 1].map(|index| lines(&messages[index..=index]));
    let mut server = start(trial, &[&*first, wrong, &third].concat())?;
    expect_requests(&mut server, &messages)?;
    respond(&mut server, &messages)?;
    prints(trial, &messages)?;
    let exit = finish(trial, server)?;
    let stderr = trial.process()?.stderr();
    if exit == Exit::Status(1) && stderr.contains(&b'2') {
        return Ok(());
    }
    let happened = format!("{exit}, and {}", shown(&stderr));
    Err(Problem::broken(
        "status 1, and the line 2 on standard error",
        happened,
    ))
}

/// Looks that the client, which has ended, says that something is wrong.
pub(crate) fn has_failed(trial: &mut Trial<'_>, exit: Exit) -> Outcome {
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

/// Answers the two requests with these bytes, and leaves.
fn closes_after(trial: &mut Trial<'_>, bytes: &[u8]) -> Outcome {
    let exit = end_after(trial, bytes)?;
    has_failed(trial, exit)
}

pub(super) fn end_after(trial: &mut Trial<'_>, bytes: &[u8]) -> Result<Exit, Problem> {
    let messages = messages::<2>(trial);
    let mut server = start(trial, &lines(&messages))?;
    expect_requests(&mut server, &messages)?;
    server.send(bytes)?;
    drop(server);
    trial.wait_exit()
}

/// The status of a program in Rust that panicked.
pub(super) const PANICKED: Exit = Exit::Status(101);

/// The first words of a program in Python that did not catch its error.
pub(super) const UNCAUGHT: &[u8] = b"Traceback";
