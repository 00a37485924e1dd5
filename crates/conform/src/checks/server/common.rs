//! Common to all programs.

use std::time::Duration;

use harness::{Output, shown};

use super::messages::{has_number, prints};
use super::{ASSIGNMENT, RECORDS, is_served, send, serve_here, store};
use crate::checks::common;
use crate::checks::common::receive_first_piece;
use crate::checks::messages::{create, letters, message, name, read, response};
use crate::{Check, Problem};

pub(super) const CHECKS: &[Check] = &[
    // A machine that is busy for a moment is given another try: after a second the server gives the
    // client up.
    common::prints_immediately(|trial| {
        const TRIES: u32 = 3;
        let in_a_pipe = |program: harness::Program| program.stdout(Output::Captured);
        let address = trial.serve_as(|port| ASSIGNMENT.arguments_at(port), in_a_pipe)?;
        for _ in 0..TRIES {
            let mut silent = trial.connect(address)?;
            let port = silent.local_address().port();
            let has_port = |printed: &[u8]| has_number(&String::from_utf8_lossy(printed), port);
            if trial.prints(has_port)? && silent.expect_silence(Duration::ZERO).is_ok() {
                return Ok(());
            }
        }
        Err(Problem::broken(
            "the client's port on standard output, while it is connected",
            shown(&trial.process()?.stdout()),
        ))
    })
    .waits(1)
    .needs(&["C-6"]),
    common::survives(|trial| {
        let random = letters(trial, 64);
        let address = trial.serve()?;
        for bytes in [
            &b"\n"[..],
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"\xae\x73\x02\x02\x02\0\x02\xff\xfe\xc3(\xf0\x9f",
            b"\xae\x73\x01\x02\0\0\0\xff\xfe",
            &[0x00; 64],
            &[0xff; 64],
            random.as_bytes(),
        ] {
            drop(send(trial, address, bytes)?);
            is_served(trial, address)?;
        }
        Ok(())
    })
    .waits(1)
    .needs(&["C-7", "C-8", "C-12/2", "C-12/5"]),
    common::in_pieces(|trial| {
        const PAUSE: Duration = Duration::from_millis(10);
        let receiver = name(trial);
        let (sender, text) = message(trial);
        let address = trial.serve()?;
        let mut client = trial.connect(address)?;
        client.send_in_pieces(&create(&sender, &receiver, &text), 1, PAUSE)?;
        client.next_event(1, trial.timeout());
        let mut reader = trial.connect(address)?;
        reader.send_in_pieces(&read(&receiver), 1, PAUSE)?;
        reader.expect_bytes(&response(0, &[(sender, text)]))
    })
    .needs(RECORDS),
    common::in_one_piece(|trial| {
        let timeout = trial.timeout();
        let receiver = name(trial);
        let messages = [message(trial), message(trial), message(trial)];
        let address = trial.serve()?;
        for message in &messages {
            store(trial, address, &receiver, message)?;
        }
        let mut reader = send(trial, address, &read(&receiver))?;
        let piece = receive_first_piece(&mut reader, timeout)?;
        if piece == response(0, &messages) {
            return Ok(());
        }
        let happened = format!("at first only {} come", shown(&piece));
        Err(Problem::broken("the whole response in one piece", happened))
    })
    .needs(&["C-1", "C-1/2", "C-10/8"]),
    common::cannot_drive_a_terminal(|trial| {
        const DRIVES: [&str; 3] = ["\x1b[2J", "\u{9b}2J", "\nforged by eve"];
        let address = serve_here(trial)?;
        let sender = format!("eve{}", DRIVES.concat());
        store(trial, address, "bob", &(sender, "hello".into()))?;
        // It may refuse such a name.
        let _ = prints(trial, "the name", |text| text.contains("forged by eve"));
        let server = trial.process()?;
        let both = [server.stdout(), b"\n".to_vec(), server.stderr()].concat();
        let printed = String::from_utf8_lossy(&both);
        if DRIVES.iter().any(|text| printed.contains(text)) {
            let happened = harness::escape(printed.as_bytes());
            return Err(Problem::broken(
                "control characters of a name are escaped",
                happened,
            ));
        }
        Ok(())
    }),
];
