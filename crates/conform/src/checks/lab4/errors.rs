//! Servers that do not give the secret.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use harness::{Exit, Input, Listener, shown};

use super::{arguments, asks, start};
use crate::{Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::should(
        "M-6",
        "a server that closes at once is an error",
        "not in the assignment: what a careful user expects",
        |trial| closes_after(trial, b""),
    ),
    Check::should(
        "M-6/2",
        "a server that closes after an answer is an error",
        "Questions & Answers: if you get the answer wrong, the server closes the connection early",
        |trial| {
            let timeout = trial.timeout();
            let mut server = start(trial)?;
            asks(trial, &mut server)?;
            asks(trial, &mut server)?;
            drop(server);
            has_failed(trial, timeout)
        },
    )
    .needs(&["M-1"]),
    Check::should(
        "M-6/3",
        "a server that closes inside a message is an error",
        "not in the assignment: what a careful user expects",
        |trial| {
            for bytes in [&b"Q"[..], b"Q\0\0\0\x02\0\0\0", b"S", b"Salmost!"] {
                closes_after(trial, bytes)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "M-6/4",
        "a reset is an error",
        "not in the assignment: what a careful user expects",
        |trial| {
            let timeout = trial.timeout();
            let mut server = start(trial)?;
            asks(trial, &mut server)?;
            server.reset()?;
            has_failed(trial, timeout)
        },
    )
    .needs(&["M-1"]),
    // The server does not close: it is what it has sent that is wrong.
    Check::should(
        "M-6/5",
        "a message that begins with neither Q nor S is an error",
        "not in the assignment: what a careful user expects",
        |trial| {
            let timeout = trial.timeout();
            for bytes in [
                &b"q\0\0\0\x02\0\0\0\x28"[..],
                b"HTTP/1.1 400 Bad Request\r\n\r\n",
            ] {
                let mut server = start(trial)?;
                asks(trial, &mut server)?;
                server.send(bytes)?;
                has_failed(trial, timeout)?;
            }
            Ok(())
        },
    )
    .needs(&["M-1"]),
    Check::should(
        "M-6/6",
        "a connection that is refused is an error",
        "not in the assignment: what a careful user expects",
        |trial| {
            let timeout = trial.timeout();
            let port = trial.port()?;
            trial.start(&arguments("127.0.0.1", port), Input::Pipe)?;
            has_failed(trial, timeout)
        },
    ),
    Check::should(
        "M-6/7",
        "a host that does not exist is an error",
        "not in the assignment: what a careful user expects",
        |trial| {
            trial.start(&arguments("no-such-host.invalid", 8000), Input::Pipe)?;
            has_failed(trial, FOR_NAMES)
        },
    ),
    Check::should(
        "M-7",
        "a connection that does not come about within 10 seconds is an error",
        "not in the assignment: what a careful user expects",
        |trial| {
            // A busy machine may be late, but not early.
            let within = CONNECT_LIMIT + trial.timeout();
            let listener = Listener::new()?;
            let _queue = fill_queue(listener.address())?;
            let start = Instant::now();
            trial.start(&arguments("127.0.0.1", listener.port()), Input::Pipe)?;
            has_failed(trial, within)?;
            let took = start.elapsed();
            if took >= CONNECT_LIMIT {
                return Ok(());
            }
            Err(Problem::broken(
                format!("it waits for {CONNECT_LIMIT:?}"),
                format!("it ended after {took:.1?}"),
            ))
        },
    )
    .waits(11),
];

/// Finding out that a host does not exist may take as long as its name servers take.
const FOR_NAMES: Duration = Duration::from_secs(20);

/// How long a client waits for its connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The status of a program in Rust that panicked.
pub(super) const PANICKED: Exit = Exit::Status(101);

/// How the output of a Python program begins that did not catch its error.
pub(super) const UNCAUGHT: &[u8] = b"Traceback";

/// Waits until the client has ended with an error, and has printed no secret.
fn has_failed(trial: &mut Trial<'_>, within: Duration) -> Outcome {
    let exit = trial.wait_end(within)?;
    let process = trial.process()?;
    let (stdout, stderr) = (process.stdout(), process.stderr());
    if exit == Exit::Status(1) && stdout.is_empty() && !stderr.is_empty() {
        return Ok(());
    }
    let (stdout, stderr) = (shown(&stdout), shown(&stderr));
    Err(Problem::broken(
        "status 1, a text on standard error and nothing on standard output",
        format!("{exit}, {stderr} on standard error and {stdout} on standard output"),
    ))
}

/// Sends these bytes, and closes; the client ends with an error.
pub(super) fn closes_after(trial: &mut Trial<'_>, bytes: &[u8]) -> Outcome {
    let timeout = trial.timeout();
    let mut server = start(trial)?;
    server.send(bytes)?;
    drop(server);
    has_failed(trial, timeout)
}

/// Connects until no connection is answered any more, because the backlog is full.
fn fill_queue(address: SocketAddr) -> Result<Vec<TcpStream>, Problem> {
    const UNANSWERED: Duration = Duration::from_millis(500);
    const MOST: usize = 500;
    let mut queue = Vec::new();
    while queue.len() < MOST {
        match TcpStream::connect_timeout(&address, UNANSWERED) {
            Ok(stream) => queue.push(stream),
            Err(error) if error.kind() == ErrorKind::TimedOut => return Ok(queue),
            Err(_) => break,
        }
    }
    let reason = "this system answers whoever connects, though nobody accepts";
    Err(Problem::not_in_this_run(reason.to_owned()))
}
