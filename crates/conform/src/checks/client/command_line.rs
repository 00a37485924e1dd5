//! The four arguments.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use harness::{Exit, Input, Listener};

use super::{READ, arguments, start_reading};
use crate::checks::common::not_plain_digits;
use crate::checks::default_port::reserve;
use crate::checks::messages::{
    BORDER_PORTS, SECOND, WRONG_PORTS, ends_with_a_text, has_status, read, response,
};
use crate::{Arguments, Outcome, Problem, Trial};

/// Finding out that a host does not exist may take as long as its name servers take.
const FOR_NAMES: Duration = Duration::from_secs(20);

/// Starts the client with words that it has to refuse, and sees that it does so before it connects.
fn refused(
    trial: &mut Trial<'_>,
    words: &[&str],
    listener: Option<&Listener>,
) -> Result<Exit, Problem> {
    trial.may_choose_arguments()?;
    let timeout = trial.timeout();
    trial.start(&Arguments::words(words), Input::Null)?;
    let exit = ends_with_a_text(trial, timeout + 2 * SECOND)?;
    if listener.is_some_and(|listener| listener.accept(Duration::ZERO).is_ok()) {
        let happened = format!("it connects with the arguments {words:?}");
        return Err(Problem::broken("it ends without connecting", happened));
    }
    Ok(exit)
}

/// The words of a good command line, but for one.
fn all_refused(trial: &mut Trial<'_>, place: usize, wrong: &[&str]) -> Result<Vec<Exit>, Problem> {
    let listener = trial.listen()?;
    let port = listener.port().to_string();
    let mut exits = Vec::new();
    for word in wrong {
        let mut words = ["127.0.0.1", &port, "alice", "read"];
        if let Some(place) = words.get_mut(place) {
            *place = word;
        }
        exits.push(refused(trial, &words, Some(&listener))?);
    }
    Ok(exits)
}

/// With every number of words but four.
fn all_counts(trial: &mut Trial<'_>) -> Result<Vec<Exit>, Problem> {
    let listener = trial.listen()?;
    let port = listener.port().to_string();
    let words = ["127.0.0.1", &port, "alice", "read", "read"];
    let mut exits = Vec::new();
    for count in [0, 1, 2, 3, 5] {
        let words = words.get(..count).unwrap_or(&words);
        exits.push(refused(trial, words, Some(&listener))?);
    }
    Ok(exits)
}

pub(super) fn wrong_number(trial: &mut Trial<'_>) -> Outcome {
    all_counts(trial).map(drop)
}

/// A client that takes the port connects to it.
pub(super) fn port_out_of_range(trial: &mut Trial<'_>) -> Outcome {
    for (word, port) in WRONG_PORTS.into_iter().zip([1023, 64001]) {
        let _guard = reserve(port).ok();
        // Not everybody may listen on the first.
        let listener = Listener::at(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).ok();
        let words = ["127.0.0.1", word, "alice", "read"];
        refused(trial, &words, listener.as_ref())?;
    }
    Ok(())
}

pub(super) fn first_and_last_port(trial: &mut Trial<'_>) -> Outcome {
    for port in BORDER_PORTS {
        let _guard = reserve(port)?;
        let listener = Listener::at(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        // A reset: the system keeps nothing of the connection that others could run into.
        start_reading(trial, &listener)?.reset()?;
    }
    Ok(())
}

pub(super) fn wrong_name(trial: &mut Trial<'_>) -> Outcome {
    // 128 characters of two bytes each.
    all_refused(trial, 2, &["", &"n".repeat(256), &"ü".repeat(128)]).map(drop)
}

pub(super) fn longest_name(trial: &mut Trial<'_>) -> Outcome {
    let name = "ü".repeat(127) + "x";
    let listener = trial.listen()?;
    trial.start(&arguments(listener.port(), &name, "read"), Input::Null)?;
    trial.accept(&listener)?.expect(&read(name.as_bytes()))
}

pub(super) fn wrong_type(trial: &mut Trial<'_>) -> Outcome {
    all_refused(trial, 3, &["write", "readcreate", ""]).map(drop)
}

pub(super) fn unknown_host(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    for host in ["no-such-host.invalid", "1.2.3.4.5"] {
        let words = [host, "5000", "alice", "read"];
        trial.start(&Arguments::words(words), Input::Null)?;
        ends_with_a_text(trial, FOR_NAMES)?;
    }
    Ok(())
}

/// Whichever address of it the client takes.
pub(super) fn localhost(trial: &mut Trial<'_>) -> Outcome {
    let all = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
    let listener = Listener::at(all).or_else(|_| Listener::new())?;
    reads_at_localhost(trial, &listener)
}

pub(super) fn every_address(trial: &mut Trial<'_>) -> Outcome {
    let listener = trial.listen()?;
    reads_at_localhost(trial, &listener)
}

fn reads_at_localhost(trial: &mut Trial<'_>, listener: &Listener) -> Outcome {
    let arguments = Arguments::new().host("localhost").port(listener.port());
    trial.start(&arguments.word("alice").word("read"), Input::Null)?;
    trial.accept(listener)?.expect(READ)
}

pub(super) fn statuses(trial: &mut Trial<'_>) -> Outcome {
    let mut exits = all_counts(trial)?;
    exits.extend(all_refused(trial, 1, &WRONG_PORTS)?);
    exits.extend(all_refused(trial, 2, &["", &"n".repeat(256)])?);
    exits.extend(all_refused(trial, 3, &["write"])?);
    exits.into_iter().try_for_each(|exit| has_status(exit, 2))
}

pub(super) fn status_of_an_unknown_host(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let words = ["no-such-host.invalid", "5000", "alice", "create"];
    trial.start(&Arguments::words(words), Input::Null)?;
    let exit = ends_with_a_text(trial, FOR_NAMES)?;
    has_status(exit, 1)?;
    let printed = trial.process()?.stdout();
    if printed.is_empty() {
        return Ok(());
    }
    let happened = crate::conversation::shown(&printed);
    Err(Problem::broken("it ends before any prompt", happened))
}

pub(super) fn help_is_a_name(trial: &mut Trial<'_>) -> Outcome {
    let listener = trial.listen()?;
    trial.start(&arguments(listener.port(), "--help", "read"), Input::Null)?;
    let mut server = trial.accept(&listener)?;
    server.expect(b"\xae\x73\x01\x06\0\0\0--help")?;
    server.send(&response(0, &[]))?;
    server.expect_gone()
}

/// A client that takes one of them connects.
pub(super) fn not_a_number(trial: &mut Trial<'_>) -> Outcome {
    let listener = trial.listen()?;
    for port in not_plain_digits(listener.port()) {
        let words = ["127.0.0.1", &port, "alice", "read"];
        has_status(refused(trial, &words, Some(&listener))?, 2)?;
    }
    Ok(())
}

pub(super) fn leading_zeros(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let listener = trial.listen()?;
    let port = format!("00{}", listener.port());
    let words = ["127.0.0.1", &port, "alice", "read"];
    trial.start(&Arguments::words(words), Input::Null)?;
    trial.accept(&listener)?.expect(READ)
}
