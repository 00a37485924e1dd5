//! Common to all programs.

use std::time::Duration;

use harness::Input;

use super::command_line::{reads_at_localhost, refused};
use super::errors::{ends_in_order, is_in_order};
use super::exchange::{BARTHOLOMEW, WILHELMINA, shows};
use super::{READ, arguments, ended, start, start_reading};
use crate::checks::common::{not_plain_digits, shows_help, shows_version};
use crate::checks::messages::{has_status, response};
use crate::{Arguments, Check};

pub(super) const CHECKS: &[Check] = &[
    Check::should(
        "G-3",
        "--help as the sole argument prints the usage",
        "not in the assignment: what users of a command line expect",
        shows_help,
    ),
    Check::should(
        "G-3/2",
        "--version as the sole argument prints the name and the version",
        "not in the assignment: what users of a command line expect",
        |trial| shows_version(trial, "client"),
    ),
    Check::should(
        "G-3/3",
        "a user may be named --help",
        "3.2: the third parameter is the name of the client's user",
        |trial| {
            let listener = trial.listen()?;
            trial.start(&arguments(listener.port(), "--help", "read"), Input::Null)?;
            let mut server = trial.accept(&listener)?;
            server.expect(b"\xae\x73\x01\x06\0\0\0--help")?;
            server.send(&response(0, &[]))?;
            server.expect_gone()
        },
    ),
    Check::should(
        "G-4",
        "no bytes of a server and no entry make the client crash",
        "5: just letting a library function crash will result in deductions",
        |trial| {
            for bytes in [
                &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
                b"\xae\x73\x03\x01\0\x02\0\x02\xff\xfe\xc3(",
                b"\xae\x73\x03\xff\x01\xff\xff\xff",
                &[0xff; 64],
            ] {
                ends_in_order(trial, bytes)?;
            }
            let listener = trial.listen()?;
            start(
                trial,
                &listener,
                "create",
                Input::Bytes(b"b\xff\n\xff\n".to_vec()),
            )?;
            let finished = ended(trial)?;
            is_in_order(finished.exit, &finished.stderr)
        },
    ),
    Check::should(
        "G-5",
        "a response may come one byte at a time",
        "3.5: TCP has full discretion over the size of its packets",
        |trial| {
            // More than a second in all.
            const PAUSE: Duration = Duration::from_millis(40);
            let listener = trial.listen()?;
            let mut server = start_reading(trial, &listener)?;
            let messages = [(WILHELMINA, &b"hello"[..]), (BARTHOLOMEW, b"again")];
            server.send_in_pieces(&response(0, &messages), 1, PAUSE)?;
            let finished = ended(trial)?;
            shows(&finished, &["Wilhelmina", "hello", "Bartholomew", "again"])
        },
    )
    .waits(1),
    // A client that takes one of them connects.
    Check::should(
        "G-8",
        "a port that is not a plain decimal number is refused with status 2",
        "3.2: the second parameter is the port number",
        |trial| {
            let listener = trial.listen()?;
            for port in not_plain_digits(listener.port()) {
                let words = ["127.0.0.1", &port, "alice", "read"];
                has_status(refused(trial, &words, Some(&listener))?, 2)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "G-8/2",
        "a port may have leading zeros",
        "3.2: the second parameter is the port number",
        |trial| {
            trial.may_choose_arguments()?;
            let listener = trial.listen()?;
            let port = format!("00{}", listener.port());
            let words = ["127.0.0.1", &port, "alice", "read"];
            trial.start(&Arguments::words(words), Input::Null)?;
            trial.accept(&listener)?.expect(READ)
        },
    ),
    Check::should(
        "G-10",
        "if the first address of a host refuses, the next one is tried",
        "3.2: the client converts the hostname with getaddrinfo(), which gives several addresses",
        |trial| {
            let listener = trial.listen()?;
            reads_at_localhost(trial, &listener)
        },
    ),
];
