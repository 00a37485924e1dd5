//! Common to all programs.

use std::time::Duration;

use super::ASSIGNMENT;
use super::client::{COMMAND, FIRST, SECOND, end_file, expect_number, shake_hands};
use super::command_line::{SIGNALS, expect_quick_end, settle};
use crate::checks::common::{
    expect_refusal, expect_rest, not_plain_digits, shows_help, shows_version,
};
use crate::{Arguments, Check};

pub(super) const CHECKS: &[Check] = &[
    Check::should(
        "G-3",
        "--help prints the usage",
        "A program tells how it is used: --help as the only argument",
        shows_help,
    ),
    Check::should(
        "G-3/2",
        "--version prints name and version",
        "A program tells which one it is: --version as the only argument",
        |trial| shows_version(trial, ASSIGNMENT.name),
    ),
    Check::should(
        "G-4",
        "each signal ends it within a second",
        "Whoever stops a server does not wait for it",
        |trial| {
            for (signal, name) in SIGNALS {
                trial.serve()?;
                settle();
                expect_quick_end(trial, signal, name)?;
            }
            Ok(())
        },
    ),
    // G-4
    Check::should(
        "G-4/2",
        "it waits without using the processor",
        "A server that has nothing to do does nothing",
        |trial| {
            let address = trial.serve()?;
            let _served = shake_hands(trial, address)?;
            let _waiting = trial.connect(address)?;
            settle();
            expect_rest(trial)
        },
    ),
    // G-5
    Check::should(
        "G-5",
        "a header that comes byte by byte is the same",
        "A connection is a stream: a confirmation may come in any number of pieces",
        |trial| {
            const PAUSE: Duration = Duration::from_millis(2);
            let address = trial.serve()?;
            let mut client = trial.connect(address)?;
            client.expect(COMMAND)?;
            client.send_in_pieces(FIRST, 1, PAUSE)?;
            client.expect(COMMAND)?;
            client.send_in_pieces(SECOND, 1, PAUSE)?;
            client.send_in_pieces(b"file", 1, PAUSE)?;
            end_file(&mut client)?;
            expect_number(trial, 4)
        },
    ),
    // G-8
    Check::should(
        "G-8",
        "a port is plain digits",
        "A sign, a blank, a point, another base and other scripts are errors",
        |trial| {
            trial.may_choose_arguments()?;
            let port = trial.port()?;
            for text in not_plain_digits(port) {
                expect_refusal(trial, &Arguments::words([text]))?;
            }
            Ok(())
        },
    ),
    // G-8
    Check::should(
        "G-8/2",
        "a port may have leading zeros",
        "Plain digits, however many",
        |trial| {
            trial.may_choose_arguments()?;
            let address = trial.serve_with(|port| Arguments::words([format!("000{port}")]))?;
            trial.connect(address)?.expect(COMMAND)
        },
    ),
];
