//! Common to all programs.

use super::exchange::{SMALL, accept_with, expect_file};
use crate::Check;
use crate::checks::common;
use crate::checks::common::expect_success;
use crate::checks::server_s::{COMMAND, FIRST, LIMIT, SECOND, binary_file};

pub(super) const CHECKS: &[Check] = &[common::together(|trial| {
    let file = binary_file(SMALL);
    let (_listener, mut server) = accept_with(trial, &file)?;
    server.send(&COMMAND.repeat(2))?;
    server.expect(&[FIRST, SECOND].concat())?;
    expect_file(&mut server, &file)?;
    drop(server);
    expect_success(trial, LIMIT)
})];
