//! Common to all programs.

use harness::{Exit, shown};

use super::errors::{PANICKED, UNCAUGHT, end_after};
use super::requests::PAUSE;
use super::{expect_requests, finish, letters, lines, messages, prints, respond, response, start};
use crate::checks::common;
use crate::checks::usage::is_refused;
use crate::{Check, Problem};

pub(super) const CHECKS: &[Check] = &[
    common::success_is_0(|trial| {
        let messages = messages::<3>(trial);
        let mut server = start(trial, &lines(&messages))?;
        expect_requests(&mut server, &messages)?;
        respond(&mut server, &messages)?;
        let exit = finish(trial, server)?;
        if exit.success() {
            return Ok(());
        }
        Err(Problem::broken("status 0", exit.to_string()))
    })
    .needs(&["TC-2"]),
    common::wrong_usage_is_2(|trial| {
        for words in [
            &[][..],
            &["--unknown", "-"],
            &["-x", "-"],
            &["-", "-"],
            &["-", "-p"],
        ] {
            is_refused(trial, words)?;
        }
        Ok(())
    }),
    common::survives(|trial| {
        for bytes in [
            &b""[..],
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            b"\0\0\0\x04\xff\xfe\xc3(\0\0\0\x02\xf0\x9f",
            &[0xff; 64],
        ] {
            let exit = end_after(trial, bytes)?;
            let stderr = trial.process()?.stderr();
            if matches!(exit, Exit::Signal(_) | PANICKED) || stderr.starts_with(UNCAUGHT) {
                let happened = format!("{exit}, and {}", shown(&stderr));
                return Err(Problem::broken("it ends in order", happened));
            }
        }
        Ok(())
    })
    .needs(&["TC-2"]),
    common::in_pieces(|trial| {
        let messages = messages::<2>(trial);
        let answers = [letters(trial, 1), letters(trial, 20)];
        let mut server = start(trial, &lines(&messages))?;
        expect_requests(&mut server, &messages)?;
        for answer in &answers {
            server.send_in_pieces(&response(answer.as_bytes()), 1, PAUSE)?;
        }
        prints(trial, &answers)
    })
    .needs(&["TC-2"]),
    common::announced_length(|trial| {
        const SENT: usize = 16 << 20;
        const MOST: u64 = 4 * SENT as u64;
        let messages = messages::<2>(trial);
        let mut server = start(trial, &lines(&messages))?;
        expect_requests(&mut server, &messages)?;
        server.send(b"\x7f\xff\xff\xff")?;
        // More than the system keeps: it is taken only if the client has read the header.
        server.send(&vec![b'x'; SENT])?;
        let taken = trial.peak_memory()?;
        if taken <= MOST {
            return Ok(());
        }
        Err(Problem::broken(
            format!(
                "at most {} MiB for 16 MiB of data, of 2 GiB announced",
                MOST >> 20
            ),
            format!("{} MiB", taken >> 20),
        ))
    })
    .needs(&["TC-2"]),
];
