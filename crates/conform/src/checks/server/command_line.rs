//! The port, and where the server listens.

use std::net::{Ipv4Addr, SocketAddr};

use harness::{Exit, Input, Listener};

use super::{ASSIGNMENT, is_served};
use crate::checks::common::{listens_on_all_interfaces, not_plain_digits};
use crate::checks::default_port;
use crate::checks::messages::{BORDER_PORTS, WRONG_PORTS, ends_with_a_text, has_status};
use crate::{Arguments, Outcome, Problem, Trial};

/// Starts the server with words that it has to refuse.
fn refused(trial: &mut Trial<'_>, words: &[&str]) -> Result<Exit, Problem> {
    trial.may_choose_arguments()?;
    let timeout = trial.timeout();
    trial.start(&Arguments::words(words), Input::Null)?;
    ends_with_a_text(trial, timeout)
}

/// Starts the server on a port that is taken.
fn refused_port_in_use(trial: &mut Trial<'_>) -> Result<Exit, Problem> {
    let timeout = trial.timeout();
    let port = trial.port()?;
    let _listener = Listener::at(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))?;
    trial.start(&(ASSIGNMENT.arguments)(port), Input::Null)?;
    ends_with_a_text(trial, timeout)
}

pub(super) fn out_of_range(trial: &mut Trial<'_>) -> Outcome {
    for port in WRONG_PORTS {
        refused(trial, &[port])?;
    }
    Ok(())
}

pub(super) fn first_and_last_port(trial: &mut Trial<'_>) -> Outcome {
    for port in BORDER_PORTS {
        default_port::listens_on(trial, &(ASSIGNMENT.arguments)(port), port)?;
    }
    Ok(())
}

pub(super) fn port_in_use(trial: &mut Trial<'_>) -> Outcome {
    refused_port_in_use(trial).map(drop)
}

pub(super) fn wrong_number_of_arguments(trial: &mut Trial<'_>) -> Outcome {
    let port = trial.port()?.to_string();
    for words in [&[][..], &[port.as_str(), port.as_str()]] {
        has_status(refused(trial, words)?, 2)?;
    }
    Ok(())
}

pub(super) fn status_of_a_wrong_port(trial: &mut Trial<'_>) -> Outcome {
    for port in WRONG_PORTS {
        has_status(refused(trial, &[port])?, 2)?;
    }
    Ok(())
}

pub(super) fn status_of_a_port_in_use(trial: &mut Trial<'_>) -> Outcome {
    has_status(refused_port_in_use(trial)?, 1)
}

pub(super) fn not_a_number(trial: &mut Trial<'_>) -> Outcome {
    let port = trial.port()?;
    for word in not_plain_digits(port) {
        has_status(refused(trial, &[&word])?, 2)?;
    }
    for word in ["", "http"] {
        has_status(refused(trial, &[word])?, 2)?;
    }
    Ok(())
}

pub(super) fn leading_zeros(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let address = trial.serve_with(|port| Arguments::words([format!("00{port}")]))?;
    is_served(trial, address)
}

pub(super) fn all_interfaces(trial: &mut Trial<'_>) -> Outcome {
    listens_on_all_interfaces(trial)
}
