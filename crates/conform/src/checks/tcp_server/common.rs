//! Common to all programs.

use std::time::Duration;

use harness::shown;

use super::connections::{MIB, send_within};
use super::wire::goes_on;
use super::{SERVED, UPPERCASE, connected, expect_text, is_served, letters, request};
use crate::checks::common;
use crate::{Check, Problem};

pub(super) const CHECKS: &[Check] = &[
    common::survives(|trial| {
        let address = trial.serve()?;
        for bytes in [
            &b""[..],
            b"\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"\x08\0\0\x02\xff\xff\x20\0\0\x01\x80\x40\0\0\x02\xc3(\x80\0\0\x01\xc3",
            &[0x00; 64],
            &[0xff; 64],
        ] {
            let mut client = trial.connect(address)?;
            client.send(bytes)?;
            drop(client);
            goes_on(trial, address)?;
        }
        Ok(())
    })
    .needs(SERVED),
    common::in_pieces(|trial| {
        const PAUSE: Duration = Duration::from_millis(10);
        let text = letters(trial, 20);
        let mut client = connected(trial)?;
        client.send_in_pieces(&request(UPPERCASE, text.as_bytes()), 1, PAUSE)?;
        expect_text(&mut client, &text)
    })
    .needs(&["T-1"]),
    common::in_one_piece(|trial| {
        let timeout = trial.timeout();
        let text = letters(trial, 20);
        let mut client = connected(trial)?;
        for _ in 0..10 {
            client.send(&request(UPPERCASE, text.as_bytes()))?;
            let bytes = common::receive_first_piece(&mut client, timeout)?;
            if bytes.len() != 4 + text.len() {
                let happened = format!("at first only {}", shown(&bytes));
                return Err(Problem::broken("the whole response in one piece", happened));
            }
        }
        Ok(())
    })
    .needs(&["T-1", "T-4"]),
    common::announced_length(|trial| {
        const SENT: usize = 8 * MIB;
        const MOST: u64 = 64 << 20;
        let timeout = 4 * trial.timeout();
        let mut client = connected(trial)?;
        is_served(&mut client)?;
        let before = trial.peak_memory()?;
        client.send(b"\x0f\xff\xff\xff")?;
        // More than the system keeps: it is taken only if the server has read the header.
        send_within(&mut client, &vec![b'x'; SENT], timeout)?;
        let taken = trial.peak_memory()?.saturating_sub(before);
        if taken <= MOST {
            return Ok(());
        }
        Err(Problem::broken(
            format!(
                "at most {} MiB for 8 MiB of data, of 128 MiB announced",
                MOST >> 20
            ),
            format!("{} MiB", taken >> 20),
        ))
    })
    .needs(&["T-17"]),
];
