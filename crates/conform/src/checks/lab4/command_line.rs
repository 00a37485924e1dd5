//! Arguments.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use harness::{Input, Listener};

use super::{arguments, asks};
use crate::checks::usage::{WRONG_PORTS, is_refused};
use crate::{Arguments, Outcome, Trial};

pub(super) fn host_name(trial: &mut Trial<'_>) -> Outcome {
    connects_to(trial, "localhost", Ipv4Addr::LOCALHOST.into())
}

pub(super) fn another_host(trial: &mut Trial<'_>) -> Outcome {
    connects_to(trial, "127.0.0.2", Ipv4Addr::new(127, 0, 0, 2).into())
}

fn connects_to(trial: &mut Trial<'_>, host: &str, address: IpAddr) -> Outcome {
    let listener = Listener::at(SocketAddr::new(address, 0))?;
    trial.start(&arguments(host, listener.port()), Input::Null)?;
    asks(&mut trial.accept(&listener)?)
}

pub(super) fn wrong_arguments(trial: &mut Trial<'_>) -> Outcome {
    for words in [
        &[][..],
        &["127.0.0.1"],
        &["127.0.0.1", "0"],
        &["127.0.0.1", "8000", "9000"],
    ] {
        is_refused(trial, words)?;
    }
    Ok(())
}

pub(super) fn wrong_ports(trial: &mut Trial<'_>) -> Outcome {
    WRONG_PORTS
        .iter()
        .try_for_each(|port| is_refused(trial, &["127.0.0.1", port]))
}

pub(super) fn leading_zeros(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let listener = trial.listen()?;
    let port = format!("000{}", listener.port());
    trial.start(&Arguments::words(["127.0.0.1", &port]), Input::Null)?;
    asks(&mut trial.accept(&listener)?)
}
