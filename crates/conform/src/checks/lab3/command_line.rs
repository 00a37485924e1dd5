//! Arguments, and the line that says where the server listens.

use std::net::{Ipv4Addr, SocketAddr};

use harness::{Exit, Input, Listener};

use super::ASSIGNMENT;
use super::client::{expect_printed, is_served, lines};
use crate::checks::usage::{WRONG_PORTS, is_refused, run};
use crate::conversation::shown;
use crate::{Arguments, Outcome, Problem, Trial};

const LISTENING: &str = "Server listening at ";

/// Which name or address it gives the host is its own.
pub(super) fn says_where_it_listens(trial: &mut Trial<'_>) -> Outcome {
    let port = trial.serve()?.port();
    let wanted = format!("the line \"{LISTENING}127.0.0.1/{port}\"");
    let end = format!("/{port}");
    expect_printed(trial, &wanted, |printed| {
        let mut lines = lines(printed);
        lines.any(|line| line.starts_with(LISTENING.as_bytes()) && line.ends_with(end.as_bytes()))
    })
}

pub(super) fn port_of_the_system(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let timeout = trial.timeout();
    let server = trial.start(&Arguments::words(["127.0.0.1", "0"]), Input::Null)?;
    let line = loop {
        let line = server.wait_line(timeout)?;
        if line.starts_with(LISTENING) {
            break line;
        }
    };
    let addresses = server.listening();
    let is_named =
        |address: &SocketAddr| line == format!("{LISTENING}127.0.0.1/{}", address.port());
    if addresses.iter().any(is_named) {
        return Ok(());
    }
    let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    Err(Problem::broken(
        format!("the line \"{LISTENING}127.0.0.1/PORT\" with the port that it listens on"),
        format!(
            "it listens on \"{}\", and the line is {}",
            addresses.join(", "),
            shown(line.as_bytes())
        ),
    ))
}

pub(super) fn wrong_arguments(trial: &mut Trial<'_>) -> Outcome {
    is_refused(trial, &["127.0.0.1", "12000", "more"])
}

pub(super) fn port_in_use(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let port = trial.port()?;
    let _listener = Listener::at(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    let server = trial.start(&(ASSIGNMENT.arguments)(port), Input::Null)?;
    let exit = server.wait_exit(timeout)?;
    is_error_about(exit, &server.stderr(), &port.to_string())
}

pub(super) fn foreign_host(trial: &mut Trial<'_>) -> Outcome {
    // For documentation: nobody has it.
    const HOST: &str = "192.0.2.1";
    let finished = run(trial, [HOST, "0"])?;
    is_error_about(finished.exit, &finished.stderr, HOST)
}

fn is_error_about(exit: Exit, stderr: &[u8], what: &str) -> Outcome {
    if exit == Exit::Status(1) && String::from_utf8_lossy(stderr).contains(what) {
        return Ok(());
    }
    Err(Problem::broken(
        format!("status 1, and {what} on standard error"),
        format!("{exit}, and {}", shown(stderr)),
    ))
}

pub(super) fn wrong_ports(trial: &mut Trial<'_>) -> Outcome {
    WRONG_PORTS
        .iter()
        .try_for_each(|port| is_refused(trial, &["127.0.0.1", port]))
}

pub(super) fn leading_zeros(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let address =
        trial.serve_with(|port| Arguments::words(["127.0.0.1", &format!("000{port}")]))?;
    is_served(trial, address)
}
