//! Lines that are no requests, and servers that do not answer as they should.

use std::time::Duration;

use harness::{Exit, Input};

use super::{arguments, finish, has_printed, prints, start};
use crate::conversation::shown;
use crate::{Arguments, Outcome, Problem, Trial};

/// Finding out that a host does not exist may take as long as its name servers take.
const FOR_NAMES: Duration = Duration::from_secs(20);

const TWO_LINES: &[u8] = b"reverse abc\nreverse def\n";
const TWO_REQUESTS: &[u8] = b"\x20\0\0\x03abc\x20\0\0\x03def";

pub(super) fn empty_lines(trial: &mut Trial<'_>) -> Outcome {
    let mut server = start(trial, b"\nreverse abc\n\n\nreverse def\n\n")?;
    server.expect(TWO_REQUESTS)?;
    server.send(b"\0\0\0\x03cba\0\0\0\x03fed")?;
    prints(trial, server, b"cba\nfed\n")
}

pub(super) fn unknown_action(trial: &mut Trial<'_>) -> Outcome {
    reports_line_2(trial, b"reverse abc\ninvert xyz\nreverse def\n")
}

pub(super) fn no_space(trial: &mut Trial<'_>) -> Outcome {
    reports_line_2(trial, b"reverse abc\nreverse\nreverse def\n")
}

fn reports_line_2(trial: &mut Trial<'_>, lines: &[u8]) -> Outcome {
    let mut server = start(trial, lines)?;
    server.expect(TWO_REQUESTS)?;
    server.send(b"\0\0\0\x03cba\0\0\0\x03fed")?;
    let exit = finish(trial, server)?;
    has_printed(trial, b"cba\nfed\n")?;
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
fn has_failed(trial: &mut Trial<'_>, exit: Exit) -> Outcome {
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

pub(super) fn refused(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let port = trial.port()?;
    let file = trial.file(TWO_LINES)?;
    let client = trial.start(&arguments(port).file(file), Input::Null)?;
    let exit = client.wait_exit(timeout)?;
    has_failed(trial, exit)
}

pub(super) fn unknown_host(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let file = trial.file(TWO_LINES)?;
    let host = Arguments::words(["-h", "no-such-host.invalid"]);
    let client = trial.start(&host.file(file), Input::Null)?;
    let exit = client.wait_exit(FOR_NAMES)?;
    has_failed(trial, exit)
}

pub(super) fn closes_early(trial: &mut Trial<'_>) -> Outcome {
    closes_after(trial, b"\0\0\0\x03cba")?;
    has_printed(trial, b"cba\n")
}

pub(super) fn cut_off(trial: &mut Trial<'_>) -> Outcome {
    closes_after(trial, b"\0\0\0\x03cba\0\0")?;
    closes_after(trial, b"\0\0\0\x03cba\0\0\0\x03fe")
}

/// Answers the two requests with these bytes, and leaves.
fn closes_after(trial: &mut Trial<'_>, bytes: &[u8]) -> Outcome {
    let exit = end_after(trial, bytes)?;
    has_failed(trial, exit)
}

fn end_after(trial: &mut Trial<'_>, bytes: &[u8]) -> Result<Exit, Problem> {
    let timeout = trial.timeout();
    let mut server = start(trial, TWO_LINES)?;
    server.expect(TWO_REQUESTS)?;
    server.send(bytes)?;
    drop(server);
    Ok(trial.process()?.wait_exit(timeout)?)
}

pub(super) fn no_such_file(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let listener = trial.listen()?;
    let arguments = arguments(listener.port()).file("/no/such/file");
    let client = trial.start(&arguments, Input::Null)?;
    let exit = client.wait_exit(timeout)?;
    has_failed(trial, exit)
}

/// The status of a program in Rust that panicked.
const PANICKED: Exit = Exit::Status(101);

/// The first words of a program in Python that did not catch its error.
const UNCAUGHT: &[u8] = b"Traceback";

pub(super) fn garbage(trial: &mut Trial<'_>) -> Outcome {
    for bytes in [
        &b""[..],
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\0\0\0\x04\xff\xfe\xc3(\0\0\0\x02\xf0\x9f",
        &[0xff; 64],
    ] {
        let exit = end_after(trial, bytes)?;
        let stderr = trial.process()?.stderr();
        if matches!(exit, Exit::Signal(_) | PANICKED) || stderr.starts_with(UNCAUGHT) {
            let happened = format!("{exit}, and {}", shown(&stderr));
            return Err(Problem::broken("it ends in order", happened));
        }
    }
    Ok(())
}

pub(super) fn announced_length(trial: &mut Trial<'_>) -> Outcome {
    const SENT: usize = 16 << 20;
    const MOST: u64 = 4 * SENT as u64;
    let mut server = start(trial, TWO_LINES)?;
    server.expect(TWO_REQUESTS)?;
    server.send(b"\x7f\xff\xff\xff")?;
    // More than the system keeps: it is taken only if the client has read the header.
    server.send(&vec![b'x'; SENT])?;
    let taken = trial.process()?.peak_memory()?;
    if taken <= MOST {
        return Ok(());
    }
    Err(Problem::broken(
        format!(
            "at most {} MiB for 16 MiB of data, of 2 GiB announced",
            MOST >> 20
        ),
        format!("{} MiB", taken >> 20),
    ))
}
