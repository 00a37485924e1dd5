//! How it waits, and how it ends.

use std::time::Duration;

use harness::shown;

use super::{MESSAGE, connected, is_asked, pass, receive};
use crate::checks::common;
use crate::checks::common::receive_first_piece;
use crate::checks::usage::is_refused;
use crate::{Check, Problem};

pub(super) const CHECKS: &[Check] = &[
    common::wrong_usage_is_2(|trial| {
        for words in [
            &["0"][..],
            &["8000", "9000"],
            &["--unknown"],
            &["--questions"],
            &["--questions", "-1"],
            &["--questions", "three"],
            &["--secret", "short"],
            &["--secret=nine byte"],
            &["--seed", "x"],
        ] {
            is_refused(trial, words)?;
        }
        Ok(())
    }),
    common::PORT_IN_USE_IS_1,
    common::survives(|trial| {
        let address = trial.serve()?;
        for bytes in [
            &b""[..],
            b"\0",
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            &[0xff; 64],
        ] {
            let mut client = trial.connect(address)?;
            client.send(bytes)?;
            drop(client);
            let mut client = trial.connect(address)?;
            is_asked(&mut client)?;
            client.send(bytes)?;
            client.reset()?;
            pass(&mut trial.connect(address)?)?;
        }
        Ok(())
    })
    .needs(&["MS-1/2", "MS-1/3"]),
    common::in_pieces(|trial| {
        const PAUSE: Duration = Duration::from_millis(10);
        let mut client = connected(trial)?;
        let right = is_asked(&mut client)?;
        client.send_in_pieces(&right.to_be_bytes(), 1, PAUSE)?;
        receive(&mut client).map(drop)
    })
    .needs(&["MS-1/2"]),
    common::in_one_piece(|trial| {
        let timeout = trial.timeout();
        let address = trial.serve()?;
        for _ in 0..20 {
            let mut client = trial.connect(address)?;
            let bytes = receive_first_piece(&mut client, timeout)?;
            if bytes.len() != MESSAGE {
                let happened = format!("at first {} come", shown(&bytes));
                return Err(Problem::broken("the whole question in one piece", happened));
            }
        }
        Ok(())
    })
    .needs(&["MS-1", "MS-1/3"]),
];
