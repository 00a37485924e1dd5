//! The port, the signals, and what is printed.

use std::thread;
use std::time::{Duration, Instant};

use harness::{Exit, Signal};

use super::client::{A_MOMENT, LIMIT, expect_printed, send_file, shake_hands};
use crate::checks::common::{expect_refusal, expect_success};
use crate::conversation::shown;
use crate::{Arguments, Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "A-15",
        "it accepts connections on the port of its command line",
        "Specification: PORT is the port number on which the server listens",
        |trial| {
            let address = trial.serve()?;
            trial.connect(address).map(drop)
        },
    ),
    Check::must(
        "A-15/2",
        "an incorrect port is an error",
        "Requirements: an incorrect port number is a message on standard error that starts with \
         ERROR:, and a non-zero exit status",
        |trial| {
            trial.may_choose_arguments()?;
            for port in ["abc", "-1", "100000"] {
                expect_refusal(trial, &Arguments::words([port]))?;
            }
            Ok(())
        },
    ),
    Check::should(
        "A-15/3",
        "port 0 and a port in use are errors",
        "Requirements: an incorrect port number is an error; nobody can listen on these",
        |trial| {
            trial.may_choose_arguments()?;
            expect_refusal(trial, &Arguments::words(["0"]))?;
            let address = trial.serve()?;
            expect_refusal(trial, &Arguments::new().port(address.port()))
        },
    ),
    Check::should(
        "A-15/4",
        "no argument and one too many are errors",
        "Specification: the command line is server-s PORT",
        |trial| {
            trial.may_choose_arguments()?;
            expect_refusal(trial, &Arguments::new())?;
            let port = trial.port()?;
            expect_refusal(trial, &Arguments::new().port(port).word("more"))
        },
    ),
    Check::must(
        "A-16",
        "SIGINT ends it with status 0",
        "Requirements: the exit code is zero when SIGINT is received",
        |trial| stops_on(trial, Signal::INT),
    ),
    Check::must(
        "A-16/2",
        "SIGTERM ends it with status 0",
        "Requirements: the exit code is zero when SIGTERM is received",
        |trial| stops_on(trial, Signal::TERM),
    ),
    Check::must(
        "A-16/3",
        "SIGQUIT ends it with status 0",
        "Requirements: the exit code is zero when SIGQUIT is received",
        |trial| stops_on(trial, Signal::QUIT),
    ),
    Check::should(
        "A-16/4",
        "each signal ends it in the middle of a transfer, of which nothing is printed",
        "Requirements: the exit code is zero when SIGQUIT, SIGTERM, SIGINT is received, also \
         while a client is served",
        |trial| {
            for (signal, name) in SIGNALS {
                let address = trial.serve()?;
                let mut client = shake_hands(trial, address)?;
                client.send(b"part")?;
                settle();
                expect_quick_end(trial, signal, name)?;
                let printed = trial.process()?.stdout();
                if !printed.is_empty() {
                    return Err(Problem::broken(
                        "nothing is printed about the transfer",
                        shown(&printed),
                    ));
                }
            }
            Ok(())
        },
    ),
    Check::should(
        "A-17",
        "nothing but numbers and ERROR is printed on standard output",
        "Introduction: a single number is printed; whoever reads it is not to search for it",
        |trial| {
            let address = trial.serve()?;
            send_file(trial, address, b"hello")?;
            let mut client = shake_hands(trial, address)?;
            client.send(b"part")?;
            client.reset()?;
            send_file(trial, address, b"hello world")?;
            expect_printed(trial, "\"5\\nERROR\\n11\\n\" and nothing else", |printed| {
                printed == b"5\nERROR\n11\n"
            })
        },
    ),
];

pub(super) const SIGNALS: [(Signal, &str); 3] = [
    (Signal::INT, "SIGINT"),
    (Signal::TERM, "SIGTERM"),
    (Signal::QUIT, "SIGQUIT"),
];

/// A second, and what a busy machine may add.
const A_SECOND: Duration = Duration::from_millis(1500);

pub(super) fn stops_on(trial: &mut Trial<'_>, signal: Signal) -> Outcome {
    trial.serve()?;
    settle();
    trial.process()?.signal_group(signal)?;
    expect_success(trial, LIMIT)
}

/// That a server catches signals cannot be seen. It may do so only after it has come to listen.
pub(super) fn settle() {
    thread::sleep(A_MOMENT);
}

pub(super) fn expect_quick_end(trial: &mut Trial<'_>, signal: Signal, name: &str) -> Outcome {
    let process = trial.process()?;
    let start = Instant::now();
    process.signal_group(signal)?;
    let exit = process.wait_exit(LIMIT)?;
    let took = start.elapsed();
    if exit == Exit::Status(0) && took < A_SECOND {
        return Ok(());
    }
    Err(Problem::broken(
        format!("{name} ends the program within a second, with status 0"),
        format!(
            "it ended with {exit} after {:.1} seconds",
            took.as_secs_f64()
        ),
    ))
}
