//! Common to all programs.

use std::time::Duration;

use harness::Input;

use super::errors::{ends_in_order, is_in_order};
use super::exchange::{BARTHOLOMEW, WILHELMINA, shows};
use super::{arguments, ended, start, start_reading};
use crate::Check;
use crate::checks::common;
use crate::checks::messages::response;

pub(super) const CHECKS: &[Check] = &[
    Check::should(
        "G-3/3",
        "a user may be named --help",
        "3.2: the third parameter is the name of the client's user",
        |trial| {
            let listener = trial.listen()?;
            trial.start(&arguments(listener.port(), "--help", "read"), Input::Pipe)?;
            let mut server = trial.accept(&listener)?;
            server.expect(b"\xae\x73\x01\x06\0\0\0--help")?;
            server.send(crate::checks::messages::NO_MESSAGES)?;
            server.expect_gone()
        },
    ),
    common::survives(|trial| {
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
    }),
    common::in_pieces(|trial| {
        // More than a second in all.
        const PAUSE: Duration = Duration::from_millis(40);
        let listener = trial.listen()?;
        let mut server = start_reading(trial, &listener)?;
        let messages = [(WILHELMINA, &b"hello"[..]), (BARTHOLOMEW, b"again")];
        server.send_in_pieces(&response(0, &messages), 1, PAUSE)?;
        let finished = ended(trial)?;
        shows(&finished, &["Wilhelmina", "hello", "Bartholomew", "again"])
    })
    .waits(1),
];
