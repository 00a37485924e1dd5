//! The port, the signals, and what is printed.

use std::time::{Duration, Instant};

use harness::{Exit, Signal, signal_name};

use super::client::{LIMIT, exchange, expect_number, shake_hands};
use crate::checks::common::expect_refusal;
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
            for signal in SIGNALS {
                let address = trial.serve()?;
                let mut client = shake_hands(trial, address)?;
                client.send(b"part")?;
                ends_within(trial, signal, A_SECOND)?;
                let printed = trial.printed()?;
                if !printed.is_empty() {
                    return Err(Problem::broken(
                        "nothing is printed about the transfer",
                        format!("{printed:?}"),
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
            let first = exchange(trial, address, b"hello")?;
            expect_number(trial, 5)?;
            drop(first);
            let mut client = shake_hands(trial, address)?;
            client.send(b"part")?;
            client.reset()?;
            let _last = exchange(trial, address, b"hello world")?;
            trial.wait_printed("\"5\\nERROR\\n11\\n\" and nothing else", |printed| {
                printed == "5\nERROR\n11\n"
            })
        },
    )
    .needs(&["A-1", "A-2", "A-3", "A-9/2", "A-10/2", "A-13"]),
];

const SIGNALS: [Signal; 3] = [Signal::INT, Signal::TERM, Signal::QUIT];

/// A second, and what a busy machine may add.
const A_SECOND: Duration = Duration::from_millis(1500);

fn stops_on(trial: &mut Trial<'_>, signal: Signal) -> Outcome {
    trial.serve()?;
    ends_within(trial, signal, LIMIT)
}

/// Sends the signal, and waits for the end with status 0.
fn ends_within(trial: &mut Trial<'_>, signal: Signal, within: Duration) -> Outcome {
    trial.wait_idle()?;
    let expected = format!(
        "{} ends it within {} seconds, with status 0",
        signal_name(signal),
        within.as_secs_f64()
    );
    let start = Instant::now();
    trial.signal(signal)?;
    let happened = match trial.wait_exit_within(within) {
        Ok(Exit::Status(0)) if start.elapsed() < within => return Ok(()),
        Ok(exit) => format!("it ended with {exit} after {:.1?}", start.elapsed()),
        Err(Problem::Broken { happened, .. }) => happened,
        Err(problem) => return Err(problem),
    };
    Err(Problem::broken(expected, happened))
}
