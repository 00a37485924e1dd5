//! Common to all programs.

use std::time::Duration;

use super::client::{COMMAND, FIRST, SECOND, end_file, expect_number};
use crate::Check;
use crate::checks::common;

pub(super) const CHECKS: &[Check] = &[
    // G-5
    common::in_pieces(|trial| {
        const PAUSE: Duration = Duration::from_millis(2);
        let address = trial.serve()?;
        let mut client = trial.connect(address)?;
        client.expect(COMMAND)?;
        client.send_in_pieces(FIRST, 1, PAUSE)?;
        client.expect(COMMAND)?;
        client.send_in_pieces(SECOND, 1, PAUSE)?;
        client.send_in_pieces(b"file", 1, PAUSE)?;
        end_file(&mut client)?;
        expect_number(trial, 4)
    }),
];
