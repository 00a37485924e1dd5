//! Common to all programs.

use harness::Input;

use super::ASSIGNMENT;
use super::errors::refuses_ports;
use super::exchange::{SMALL, accept_with, expect_exchange, expect_file};
use crate::checks::common::{expect_success, not_plain_digits, shows_help, shows_version};
use crate::checks::server_s::{COMMAND, FIRST, LIMIT, SECOND, binary_file};
use crate::{Arguments, Check};

pub(super) const CHECKS: &[Check] = &[
    Check::should(
        "G-3",
        "--help prints the usage",
        "A program tells how it is used",
        shows_help,
    ),
    Check::should(
        "G-3/2",
        "--version prints name and version",
        "A program tells which one it is",
        |trial| shows_version(trial, ASSIGNMENT.name),
    ),
    Check::should(
        "G-5",
        "both commands at once are the same",
        "A connection is a stream: the second command may come together with the first",
        |trial| {
            let file = binary_file(SMALL);
            let (_listener, mut server) = accept_with(trial, &file)?;
            server.send(&COMMAND.repeat(2))?;
            server.expect(&[FIRST, SECOND].concat())?;
            expect_file(&mut server, &file)?;
            drop(server);
            expect_success(trial, LIMIT)
        },
    ),
    // G-8. A program that takes one of them connects, and waits.
    Check::should(
        "G-8",
        "a port is plain digits",
        "A sign, a blank, a point, another base and other scripts are errors",
        |trial| {
            let listener = trial.listen()?;
            refuses_ports(trial, not_plain_digits(listener.port()))
        },
    ),
    Check::should(
        "G-10",
        "a host is found by its name, at any of its addresses",
        "localhost may be ::1 first, where nobody listens",
        |trial| {
            let file = binary_file(SMALL);
            let listener = trial.listen()?;
            let path = trial.file(&file)?;
            let arguments = Arguments::new()
                .host("localhost")
                .port(listener.port())
                .file(path);
            trial.start(&arguments, Input::Null)?;
            let server = trial.accept(&listener)?;
            expect_exchange(trial, server, &file)
        },
    ),
];
