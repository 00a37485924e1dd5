//! Common to all programs.

use std::time::Duration;

use harness::Event;

use super::messages::{has_number, printed};
use super::{is_served, send, serve_here, store};
use crate::checks::common;
use crate::checks::messages::{create, read, response};
use crate::conversation::shown;
use crate::{Check, Problem};

pub(super) const CHECKS: &[Check] = &[
    // A machine that is busy for a moment is given another try: after a second the server gives the
    // client up.
    common::prints_immediately(|trial| {
        const TRIES: u32 = 3;
        let timeout = trial.timeout();
        let address = serve_here(trial)?;
        for _ in 0..TRIES {
            let mut silent = trial.connect(address)?;
            let port = silent.local_address().port();
            let server = trial.process()?;
            let printed = server.wait_stdout(
                |printed| has_number(&String::from_utf8_lossy(printed), port),
                timeout,
            );
            if printed.is_ok() && silent.next_event(1, Duration::ZERO) == Event::Silence {
                return Ok(());
            }
        }
        Err(Problem::broken(
            "the client's port on standard output, while it is connected",
            shown(&trial.process()?.stdout()),
        ))
    })
    .waits(1),
    common::survives(|trial| {
        let address = trial.serve()?;
        for bytes in [
            &b"\n"[..],
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"\xae\x73\x02\x02\x02\0\x02\xff\xfe\xc3(\xf0\x9f",
            b"\xae\x73\x01\x02\0\0\0\xff\xfe",
            &[0x00; 64],
            &[0xff; 64],
        ] {
            drop(send(trial, address, bytes)?);
            is_served(trial, address)?;
        }
        Ok(())
    })
    .waits(1),
    common::in_pieces(|trial| {
        const PAUSE: Duration = Duration::from_millis(10);
        let address = trial.serve()?;
        let mut sender = trial.connect(address)?;
        sender.send_in_pieces(&create(b"alice", b"ivan", b"hello"), 1, PAUSE)?;
        sender.expect_gone()?;
        let mut reader = trial.connect(address)?;
        reader.send_in_pieces(&read(b"ivan"), 1, PAUSE)?;
        reader.expect(&response(0, &[(b"alice", b"hello")]))
    }),
    common::in_one_piece(|trial| {
        let timeout = trial.timeout();
        let address = trial.serve()?;
        let messages = [(&b"alice"[..], &b"one"[..]); 3];
        for (sender, text) in messages {
            store(trial, address, sender, b"judy", text)?;
        }
        let mut reader = send(trial, address, &read(b"judy"))?;
        match reader.next_event(1000, timeout) {
            Event::Data(bytes) if bytes == response(0, &messages) => Ok(()),
            Event::Data(bytes) => Err(Problem::broken(
                "the whole response at once",
                format!("at first only \"{}\" comes", harness::escape(&bytes)),
            )),
            event => Err(Problem::broken("a response", event.to_string())),
        }
    }),
    common::cannot_drive_a_terminal(|trial| {
        let address = serve_here(trial)?;
        let name = "eve\x1b[2J\u{9b}2J\nforged by eve";
        let mut sender = send(trial, address, &create(name.as_bytes(), b"bob", b"hello"))?;
        sender.expect_gone()?;
        let text = printed(trial, |text| text.contains("forged by eve"))?;
        let drives_a_terminal = |letter: char| letter.is_control() && !"\n\r\t".contains(letter);
        if !text.contains(drives_a_terminal) && !text.contains("\nforged by eve") {
            return Ok(());
        }
        Err(Problem::broken(
            "control characters of a name are escaped",
            harness::escape(text.as_bytes()),
        ))
    }),
];
