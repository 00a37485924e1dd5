//! Arguments.

use std::net::{Ipv4Addr, SocketAddr};

use harness::{Input, Listener};

use super::{ID, REPLY, STUDENT, start_as};
use crate::checks::default_port;
use crate::checks::pickle::Pickles;
use crate::checks::usage::{WRONG_PORTS, is_refused};
use crate::{Arguments, Outcome, Trial};

const DEFAULT_PORT: u16 = 12_000;

pub(super) fn default_address(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let _turn = default_port::reserve(DEFAULT_PORT)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT));
    let listener = Listener::at(address)?;
    trial.start(&Arguments::words(STUDENT), Input::Null)?;
    let server = trial.accept(&listener)?;
    completes(trial, Pickles::new(server))
}

fn completes(trial: &Trial<'_>, mut server: Pickles) -> Outcome {
    server.conversation.send(ID)?;
    server.next(trial)?;
    Ok(server.conversation.send(REPLY)?)
}

/// Starts the client with just these words, and looks that it comes.
fn comes(trial: &mut Trial<'_>, words: impl Fn(u16) -> Vec<String>) -> Outcome {
    trial.may_choose_arguments()?;
    let words = |port| Arguments::words(words(port));
    let server = start_as(trial, words, |program| program)?;
    completes(trial, server)
}

pub(super) fn options_everywhere(trial: &mut Trial<'_>) -> Outcome {
    comes(trial, |port| {
        let [name, username, sid] = STUDENT.map(str::to_owned);
        let port = format!("--port={port}");
        vec![name, port, username, sid, "--host=127.0.0.1".to_owned()]
    })
}

pub(super) fn leading_zeros(trial: &mut Trial<'_>) -> Outcome {
    comes(trial, |port| {
        let options = ["--port".to_owned(), format!("000{port}")];
        options
            .into_iter()
            .chain(STUDENT.map(str::to_owned))
            .collect()
    })
}

/// The name may stand for several addresses, of which only this one accepts.
pub(super) fn host_name(trial: &mut Trial<'_>) -> Outcome {
    comes(trial, |port| {
        let options = ["--host", "localhost", "--port"].map(str::to_owned);
        let operands = STUDENT.map(str::to_owned);
        let port = [port.to_string()];
        options.into_iter().chain(port).chain(operands).collect()
    })
}

pub(super) fn wrong_arguments(trial: &mut Trial<'_>) -> Outcome {
    for words in [
        &[][..],
        &["Ann Lee", "ann7"],
        &["Ann Lee", "ann7", "7", "more"],
        &["Ann Lee", "ann7", "7", "--unknown"],
        &["Ann Lee", "ann7", "7", "--port"],
    ] {
        is_refused(trial, words)?;
    }
    Ok(())
}

pub(super) fn wrong_ports(trial: &mut Trial<'_>) -> Outcome {
    WRONG_PORTS
        .iter()
        .try_for_each(|port| is_refused(trial, &["--port", port, "Ann Lee", "ann7", "7"]))
}
