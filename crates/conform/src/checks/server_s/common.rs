//! Common to all programs.

use std::time::Duration;

use super::client::{COMMAND, FIRST, SECOND, end_file, expect_number, random_file};
use crate::Check;
use crate::checks::common;

pub(super) const CHECKS: &[Check] = &[
    // G-5
    common::in_pieces(|trial| {
        const PAUSE: Duration = Duration::from_millis(2);
        let address = trial.serve()?;
        let file = random_file(trial, 1..=50);
        let mut client = trial.connect(address)?;
        client.expect_bytes(COMMAND)?;
        client.send_in_pieces(FIRST, 1, PAUSE)?;
        client.expect_bytes(COMMAND)?;
        client.send_in_pieces(SECOND, 1, PAUSE)?;
        client.send_in_pieces(&file, 1, PAUSE)?;
        end_file(&mut client)?;
        expect_number(trial, file.len())
    })
    .needs(&["A-1", "A-1/2", "A-2", "A-3"]),
];
