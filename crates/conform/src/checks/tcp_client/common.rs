//! Common to all programs.

use harness::Exit;

use super::errors::{PANICKED, TWO_LINES, TWO_REQUESTS, UNCAUGHT, end_after};
use super::requests::{PAUSE, THREE_LINES, THREE_REQUESTS};
use super::{finish, prints, start};
use crate::checks::common;
use crate::checks::usage::is_refused;
use crate::conversation::shown;
use crate::{Check, Problem};

pub(super) const CHECKS: &[Check] = &[
    common::success_is_0(|trial| {
        let mut server = start(trial, THREE_LINES)?;
        server.expect(THREE_REQUESTS)?;
        server.send(b"\0\0\0\x01A\0\0\0\x01b\0\0\0\x02dc")?;
        let exit = finish(trial, server)?;
        if exit.success() {
            return Ok(());
        }
        Err(Problem::broken("status 0", exit.to_string()))
    }),
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
    }),
    common::in_pieces(|trial| {
        let mut server = start(trial, THREE_LINES)?;
        server.expect(THREE_REQUESTS)?;
        server.send_in_pieces(b"\0\0\0\x01A\0\0\0\x03bbb\0\0\0\x02dc", 1, PAUSE)?;
        prints(trial, server, b"A\nbbb\ndc\n")
    }),
    common::announced_length(|trial| {
        const SENT: usize = 16 << 20;
        const MOST: u64 = 4 * SENT as u64;
        let mut server = start(trial, TWO_LINES)?;
        server.expect(TWO_REQUESTS)?;
        server.send(b"\x7f\xff\xff\xff")?;
        // More than the system keeps: it is taken only if the client has read the header.
        server.send(&vec![b'x'; SENT])?;
        let taken = trial.process()?.peak_memory()?;
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
    }),
];
