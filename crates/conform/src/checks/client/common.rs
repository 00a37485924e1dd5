//! Common to all programs.

use std::time::Duration;

use harness::Input;

use super::errors::{ends_in_order, is_orderly};
use super::exchange::shows_messages;
use super::records::asks_for;
use super::{ended, start, start_reading};
use crate::Check;
use crate::checks::common;
use crate::checks::messages::{letters, message, response};

pub(super) const CHECKS: &[Check] = &[
    Check::should(
        "G-3/3",
        "a user may be named --help",
        "3.2: the third parameter is the name of the client's user",
        |trial| asks_for(trial, "--help"),
    )
    .needs(&["C-1"]),
    common::survives(|trial| {
        let random = letters(trial, 64);
        for bytes in [
            &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
            b"\xae\x73\x03\x01\0\x02\0\x02\xff\xfe\xc3(",
            b"\xae\x73\x03\xff\x01\xff\xff\xff",
            &[0xff; 64],
            random.as_bytes(),
        ] {
            ends_in_order(trial, bytes)?;
        }
        let listener = trial.listen()?;
        let not_utf8 = Input::Bytes(b"b\xff\n\xff\n".to_vec());
        start(trial, &listener, "create", not_utf8)?;
        ended(trial)?;
        is_orderly(trial)
    }),
    common::in_pieces(|trial| {
        // More than a second in all.
        const PAUSE: Duration = Duration::from_millis(25);
        let messages = [message(trial), message(trial)];
        let listener = trial.listen()?;
        let mut server = start_reading(trial, &listener)?;
        server.send_in_pieces(&response(0, &messages), 1, PAUSE)?;
        let finished = ended(trial)?;
        shows_messages(&finished, &messages)
    })
    .waits(1)
    .needs(&["C-21"]),
];
