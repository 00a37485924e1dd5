//! Common to all programs.

use super::exchange::{accept_small, expect_file};
use crate::Check;
use crate::checks::common;
use crate::checks::common::expect_success;
use crate::checks::server_s::{COMMAND, FIRST, LIMIT, SECOND};

pub(super) const CHECKS: &[Check] = &[common::together(|trial| {
    let (_listener, mut server, file) = accept_small(trial)?;
    server.send(&COMMAND.repeat(2))?;
    server.expect_bytes(&[FIRST, SECOND].concat())?;
    expect_file(&mut server, &file)?;
    drop(server);
    expect_success(trial, LIMIT)
})];
