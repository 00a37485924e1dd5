//! Where the server listens, and whom it serves.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use harness::{Error, Signal};

use super::client::{A_MOMENT, Client, connect, connected, is_served, text};
use crate::checks::common::expect_rest;
use crate::checks::default_port;
use crate::checks::pickle::Pickles;
use crate::{Arguments, Outcome, Problem, Trial};

const DEFAULT_PORT: u16 = 12_000;

/// Clients that may wait.
const QUEUE: usize = 10;

pub(super) fn default_address(trial: &mut Trial<'_>) -> Outcome {
    let addresses = default_port::listens_on(trial, &Arguments::new(), DEFAULT_PORT)?;
    listens_on(&addresses, DEFAULT_PORT)
}

pub(super) fn given_host(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let port = trial.serve()?.port();
    let addresses = trial.process()?.listening();
    listens_on(&addresses, port)
}

fn listens_on(addresses: &[SocketAddr], port: u16) -> Outcome {
    if addresses.is_empty() {
        let reason = "this system does not say where a program listens";
        return Err(Problem::NotRun(reason.to_owned()));
    }
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    if addresses == [wanted] {
        return Ok(());
    }
    let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    Err(Problem::broken(
        format!("it listens on {wanted} and nowhere else"),
        format!("it listens on {}", addresses.join(", ")),
    ))
}

pub(super) fn ten_wait(trial: &mut Trial<'_>) -> Outcome {
    let served = connected(trial)?;
    let address = served.pickles.conversation.remote_address();
    let waiting = (0..QUEUE).map(|_| trial.connect(address));
    let waiting = waiting.collect::<Result<Vec<_>, _>>()?;
    drop(served);
    for client in waiting {
        Pickles::new(client).next(trial)?;
    }
    Ok(())
}

/// The server is stopped meanwhile, so that it takes nobody from the queue.
pub(super) fn no_more_wait(trial: &mut Trial<'_>) -> Outcome {
    /// A connection that is not dropped takes far less.
    const AT_ONCE: Duration = Duration::from_millis(300);
    /// Linux takes one more than it is told, and a server may take some before it stops.
    const MOST: usize = QUEUE + 5;
    let address = trial.serve()?;
    trial.process()?.signal_group(Signal::STOP)?;
    thread::sleep(A_MOMENT);
    let mut waiting = Vec::new();
    while waiting.len() <= MOST {
        match TcpStream::connect_timeout(&address, AT_ONCE) {
            Ok(client) => waiting.push(client),
            Err(_) => break,
        }
    }
    trial.process()?.signal_group(Signal::CONT)?;
    if waiting.len() > MOST {
        let happened = format!("{} clients could connect", waiting.len());
        let expected = format!("{QUEUE} clients can wait, the next ones are dropped");
        return Err(Problem::broken(expected, happened));
    }
    drop(waiting);
    is_served(trial, address)
}

pub(super) fn one_after_another(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    for _ in 0..5 {
        is_served(trial, address)?;
    }
    Ok(())
}

pub(super) fn side_by_side(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let (_silent, _) = connect(trial, address)?;
    let mut slow = Client::connect(trial, address)?;
    slow.send(b"]")?;
    Client::connect(trial, address)?.tell(trial, &text(b"quick"))?;
    slow.tell(trial, b".")?;
    Ok(())
}

/// Both the objects and their acknowledgements are more than the system keeps for both ends: a
/// server that does not read on while one cannot be delivered, and its client, wait for each other
/// forever.
pub(super) fn everything_sent_before_anything_is_read(trial: &mut Trial<'_>) -> Outcome {
    const BLOCKS: usize = 200;
    const OBJECTS: usize = 1000;
    let object = text(&[b'x'; 95]);
    let mut client = connected(trial)?;
    let answer = client.tell(trial, &object)?;
    client.pickles.conversation.set_receive_buffer(65_536)?;
    let block = object.repeat(OBJECTS);
    for sent in 0..BLOCKS {
        let taken = client.pickles.conversation.send(&block);
        taken.map_err(|error| match error {
            Error::Peer { event, .. } => Problem::broken(
                format!("{BLOCKS},000 objects are taken from a client that reads nothing"),
                format!("{event}, after {sent},000"),
            ),
            error => error.into(),
        })?;
    }
    for received in 0..BLOCKS * OBJECTS {
        let next = client.pickles.next(trial)?;
        if next != answer {
            let happened = format!("{next}, after {received}");
            return Err(Problem::broken("the same answer to each", happened));
        }
    }
    Ok(())
}

pub(super) fn idle(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    client.tell(trial, &text(b"hello"))?;
    expect_rest(trial)
}
