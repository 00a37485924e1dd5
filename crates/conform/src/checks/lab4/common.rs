//! Common to all programs.

use harness::{Exit, shown};

use super::errors::{PANICKED, UNCAUGHT, closes_after};
use super::exchange::{CONTROLS, after_a_question};
use super::{asks, contains, numbers, question, secret, start};
use crate::checks::common;
use crate::checks::common::receive_first_piece;
use crate::{Check, Problem};

pub(super) const CHECKS: &[Check] = &[
    common::success_is_0(|trial| {
        let secret = secret(trial);
        after_a_question(trial, secret.as_bytes())?;
        match trial.wait_exit()? {
            exit if exit.success() => Ok(()),
            exit => Err(Problem::broken("status 0", exit.to_string())),
        }
    })
    .needs(&["M-4"]),
    common::survives(|trial| {
        let timeout = trial.timeout();
        for bytes in [
            &b""[..],
            b"\xff",
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            b"Q\0\0\0\x02",
            b"S\xff\xfe\xc3(",
            b"Q\0\0\0\x02\0\0\0\x28\0\0\0\0",
            &[0xff; 64],
        ] {
            let mut server = start(trial)?;
            server.send(bytes)?;
            drop(server);
            let exit = trial.wait_end(timeout)?;
            let stderr = trial.process()?.stderr();
            if matches!(exit, Exit::Signal(_) | PANICKED) || contains(&stderr, UNCAUGHT) {
                let happened = format!("{exit}, and {} on standard error", shown(&stderr));
                return Err(Problem::broken("it ends in order", happened));
            }
        }
        Ok(())
    }),
    common::in_one_piece(|trial| {
        let timeout = trial.timeout();
        let mut server = start(trial)?;
        for _ in 0..300 {
            server.send(&question(numbers(trial)))?;
            let bytes = receive_first_piece(&mut server, timeout)?;
            if bytes.len() != 4 {
                let happened = format!("at first {} come", shown(&bytes));
                return Err(Problem::broken("the whole answer in one piece", happened));
            }
        }
        Ok(())
    })
    .needs(&["M-1"]),
    common::cannot_drive_a_terminal(|trial| {
        let timeout = trial.timeout();
        let mut server = start(trial)?;
        asks(trial, &mut server)?;
        server.send(&[b"S", CONTROLS].concat())?;
        server.shutdown_write()?;
        trial.wait_end(timeout)?;
        let printed = trial.process()?.stdout();
        let is_raw = |byte: &&u8| CONTROLS.contains(byte) && !(b' '..=b'~').contains(*byte);
        let happened = match printed.iter().find(is_raw) {
            Some(byte) => format!("the byte {byte:02x} is printed as it is"),
            None if printed.is_empty() => "nothing is printed".to_owned(),
            None => return Ok(()),
        };
        let expected = "the secret on the terminal, without its control characters";
        Err(Problem::broken(expected, happened))
    })
    .needs(&["M-4"]),
    common::errors_cannot_either(|trial| {
        for first in [b'\x1b', b'\x9b'] {
            closes_after(trial, &[&[first], &b"[2Jxxxxx"[..]].concat())?;
            let stderr = trial.process()?.stderr();
            if stderr.contains(&first) {
                return Err(Problem::broken(
                    "a message without the control characters that the server sent",
                    shown(&stderr),
                ));
            }
        }
        Ok(())
    }),
];
