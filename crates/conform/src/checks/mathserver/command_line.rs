//! Arguments, and errors at the start.

use std::net::{Ipv4Addr, SocketAddr};

use harness::{Exit, Input, Listener};

use super::{arguments, is_asked};
use crate::checks::default_port;
use crate::checks::usage::{WRONG_PORTS, is_refused};
use crate::conversation::shown;
use crate::{Arguments, Outcome, Problem, Trial};

const DEFAULT_PORT: u16 = 8000;

pub(super) fn default_port(trial: &mut Trial<'_>) -> Outcome {
    default_port::listens_on(trial, &Arguments::new(), DEFAULT_PORT).map(drop)
}

pub(super) fn says_where_it_listens(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let port = trial.serve()?.port().to_string();
    let server = trial.process()?;
    let line = server.wait_error_line(timeout)?;
    if line.contains(&port) {
        return Ok(());
    }
    let expected = format!("a line on standard error with the port {port}");
    Err(Problem::broken(expected, shown(line.as_bytes())))
}

pub(super) fn wrong_arguments(trial: &mut Trial<'_>) -> Outcome {
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
}

pub(super) fn wrong_ports(trial: &mut Trial<'_>) -> Outcome {
    WRONG_PORTS
        .iter()
        .try_for_each(|port| is_refused(trial, &[port]))
}

pub(super) fn leading_zeros(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let address = trial.serve_with(|port| Arguments::words([format!("000{port}")]))?;
    is_asked(&mut trial.connect(address)?).map(drop)
}

pub(super) fn port_in_use(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let port = trial.port()?;
    let _listener = Listener::at(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))?;
    let server = trial.start(&arguments(port), Input::Null)?;
    let exit = server.wait_exit(timeout)?;
    let stderr = server.stderr();
    if exit == Exit::Status(1) && String::from_utf8_lossy(&stderr).contains(&port.to_string()) {
        return Ok(());
    }
    Err(Problem::broken(
        format!("status 1, and {port} on standard error"),
        format!("{exit}, and {}", shown(&stderr)),
    ))
}
