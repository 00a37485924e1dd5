//! Arguments.

use crate::checks::common::shows_version;
use crate::checks::usage::{WRONG_PORTS, help_names, is_refused};
use crate::{Outcome, Trial};

pub(super) fn help(trial: &mut Trial<'_>) -> Outcome {
    help_names(trial, &["--help", "-v", "-h", "-p"])
}

pub(super) fn version(trial: &mut Trial<'_>) -> Outcome {
    shows_version(trial, "tcp_client")
}

pub(super) fn wrong_arguments(trial: &mut Trial<'_>) -> Outcome {
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
}

pub(super) fn wrong_ports(trial: &mut Trial<'_>) -> Outcome {
    WRONG_PORTS
        .iter()
        .try_for_each(|port| is_refused(trial, &["-p", port, "-"]))
}
