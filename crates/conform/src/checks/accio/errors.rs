//! Ten seconds to connect, for each command, and without progress.

use std::ffi::OsStr;
use std::time::{Duration, Instant};

use harness::{Input, Listener};

use super::arguments;
use super::exchange::{accept_small, accept_with, ask_for_file, shake_hands};
use crate::checks::common::{expect_error, expect_error_since, expect_refusal};
use crate::checks::server_s::{COMMAND, LIMIT, random_file};
use crate::{Arguments, Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "AC-2",
        "an unknown host is an error",
        "Accio client: every error is a message on standard error that starts with ERROR:, and a \
         non-zero exit status",
        |trial| {
            let file = trial.file(b"file")?;
            let port = trial.port()?;
            // Reserved: no such name will ever exist.
            let host = Arguments::new().host("no-such-host.invalid");
            trial.start(&host.port(port).file(file), Input::Pipe)?;
            expect_error(trial, 2 * LIMIT)
        },
    ),
    Check::must(
        "AC-2/2",
        "an incorrect port is an error",
        "Accio client: every error is a message on standard error that starts with ERROR:, and a \
         non-zero exit status",
        |trial| refuses_ports(trial, ["abc", "-1", "100000"]),
    ),
    Check::must(
        "AC-2/3",
        "a refused connection is an error",
        "Accio client: every error is a message on standard error that starts with ERROR:, and a \
         non-zero exit status",
        |trial| {
            let file = trial.file(b"file")?;
            let port = trial.port()?;
            expect_refusal(trial, &arguments(port, file))
        },
    ),
    // When the program looks for its file is its own affair: it meets a server that serves it.
    Check::must(
        "AC-2/4",
        "a file that cannot be read is an error",
        "Accio client: every error is a message on standard error that starts with ERROR:, and a \
         non-zero exit status",
        |trial| {
            let listener = trial.listen()?;
            trial.start(&arguments(listener.port(), "/no/such/file"), Input::Pipe)?;
            if let Ok(mut server) = trial.accept(&listener) {
                // It may leave at any point.
                let _ = shake_hands(&mut server);
            }
            expect_error(trial, LIMIT)
        },
    ),
    Check::must(
        "AC-2/5",
        "it gives up after 10 seconds if its connection is not answered",
        "Accio client: 10 seconds without a connection are an error",
        |trial| {
            let full = Listener::unanswering()?;
            let file = trial.file(b"file")?;
            let start = Instant::now();
            trial.start(&arguments(full.port(), file), Input::Pipe)?;
            gives_up(trial, start)
        },
    )
    .waits(10),
    Check::must(
        "AC-2/6",
        "it gives up after 10 seconds without the first command",
        "Accio client: 10 seconds without the command are an error",
        |trial| {
            let (_listener, _server) = accept_with(trial, b"file")?;
            gives_up(trial, Instant::now())
        },
    )
    .waits(10),
    Check::must(
        "AC-2/7",
        "it gives up after 10 seconds without the second command",
        "Accio client: 10 seconds without the command are an error",
        |trial| {
            let (_listener, mut server) = accept_with(trial, b"file")?;
            let last_byte = Instant::now();
            server.send(COMMAND)?;
            gives_up(trial, last_byte)
        },
    )
    .waits(10),
    Check::must(
        "AC-2/8",
        "it gives up after 10 seconds in which nothing of the file is taken",
        "Accio client: 10 seconds without progress in sending are an error",
        |trial| {
            let file = random_file(trial, LARGE..=LARGE);
            let (_listener, mut server) = accept_with(trial, &file)?;
            ask_for_file(&mut server)?;
            gives_up_within(trial, Instant::now(), LIMIT + TWICE_MORE)
        },
    )
    .waits(10),
    // A byte every two seconds.
    Check::should(
        "AC-2/9",
        "each command has to come whole within 10 seconds",
        "Accio client: the limit is one for the whole command, however its bytes come",
        |trial| {
            const PAUSE: Duration = Duration::from_secs(2);
            let start = Instant::now();
            let (_listener, mut server) = accept_with(trial, b"file")?;
            for byte in b"accio\r" {
                // When the program has given up, it is gone.
                if server.send(&[*byte]).is_err() {
                    break;
                }
                if trial.process()?.wait_exit(PAUSE).is_ok() {
                    break;
                }
            }
            gives_up(trial, start)
        },
    )
    .needs(&["AC-2/6"])
    .waits(10),
    Check::should(
        "AC-2/10",
        "a server that takes a little of the file now and then is not given up",
        "Accio client: the error is that nothing is taken for 10 seconds, however long it takes \
         in all",
        |trial| {
            // Linux calls a connection writable only when much of its buffer is free.
            const LITTLE: usize = 2 << 20;
            const PAUSE: Duration = Duration::from_secs(4);
            let file = random_file(trial, LARGE..=LARGE);
            let (_listener, mut server) = accept_with(trial, &file)?;
            shake_hands(&mut server)?;
            let mut received = Vec::new();
            for _ in 0..4 {
                if let Ok(exit) = trial.process()?.wait_exit(PAUSE) {
                    return Err(Problem::broken(
                        "the program goes on while something is taken every 4 seconds",
                        format!("it ended with {exit}"),
                    ));
                }
                received.extend(server.receive(LITTLE)?);
            }
            received.extend(server.receive_to_end(LIMIT)?);
            if received == file {
                return Ok(());
            }
            Err(Problem::broken(
                format!("the {LARGE} bytes of the file"),
                format!("{} bytes, or others", received.len()),
            ))
        },
    )
    .needs(&["AC-1", "AC-1/4", "AC-1/5"])
    .waits(16),
    Check::should(
        "AC-2/11",
        "a server that says something else is an error",
        "Nothing that does not speak accio is sent a file",
        |trial| {
            let (_listener, mut server, _) = accept_small(trial)?;
            server.send(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")?;
            expect_error(trial, LIMIT)
        },
    ),
    Check::should(
        "AC-2/12",
        "a server that closes before the second command is an error",
        "Exit status 0 says that the file was sent",
        |trial| {
            let (_listener, mut server, _) = accept_small(trial)?;
            server.send(COMMAND)?;
            server.shutdown_write()?;
            expect_error(trial, LIMIT)
        },
    ),
    Check::should(
        "AC-2/13",
        "a reset in the file is an error",
        "Exit status 0 says that everything was accepted and the connection closed cleanly",
        |trial| {
            let file = random_file(trial, LARGE..=LARGE);
            let (_listener, mut server) = accept_with(trial, &file)?;
            ask_for_file(&mut server)?;
            server.receive(1)?;
            server.reset()?;
            expect_error(trial, LIMIT)
        },
    ),
    Check::should(
        "AC-2/14",
        "an argument too few and one too many are errors",
        "Accio client: the command line is accio HOST PORT FILE",
        |trial| {
            trial.may_choose_arguments()?;
            let file = trial.file(b"file")?;
            let listener = trial.listen()?;
            let port = listener.port();
            expect_refusal(trial, &Arguments::new().host("127.0.0.1").port(port))?;
            // A program that takes no notice of the word connects, and waits.
            expect_refusal(trial, &arguments(port, file).word("more"))
        },
    ),
];

/// The limit is ten seconds; a clock may be coarse.
const EARLIEST: Duration = Duration::from_millis(9500);

/// More than the system keeps on the way.
const LARGE: usize = 30 << 20;

/// A send of which the system has taken a part is over after ten seconds, and has sent something:
/// a program may well try again. Two such sends were seen before the one that took nothing.
const TWICE_MORE: Duration = Duration::from_secs(20);

fn gives_up(trial: &mut Trial<'_>, since: Instant) -> Outcome {
    gives_up_within(trial, since, LIMIT)
}

fn gives_up_within(trial: &mut Trial<'_>, since: Instant, limit: Duration) -> Outcome {
    expect_error_since(trial, since, limit)?;
    let waited = since.elapsed();
    if waited >= EARLIEST {
        return Ok(());
    }
    Err(Problem::broken(
        "the program gives up after 10 seconds",
        format!("it did so after {:.1} seconds", waited.as_secs_f64()),
    ))
}

pub(super) fn refuses_ports<S: AsRef<OsStr>>(
    trial: &mut Trial<'_>,
    ports: impl IntoIterator<Item = S>,
) -> Outcome {
    trial.may_choose_arguments()?;
    let file = trial.file(b"file")?;
    for port in ports {
        let arguments = Arguments::new().host("127.0.0.1").word(port).file(&file);
        expect_refusal(trial, &arguments)?;
    }
    Ok(())
}
