//! One client after another.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use harness::shown;

use super::client::{
    A_MOMENT, COMMAND, LIMIT, SMALL, confirm, exchange, has_line, random_file, send_file, wait_gone,
};
use crate::{Check, Conversation, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "A-12",
        "it listens on all interfaces",
        "Requirements: the listening socket is bound to 0.0.0.0",
        |trial| {
            let address = trial.serve()?;
            // Elsewhere than on this machine there is no such other address to know.
            trial.process()?;
            let other = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), address.port()));
            trial.connect(other).map(drop)
        },
    ),
    Check::must(
        "A-13",
        "the next client is served when the first has finished",
        "Requirements: multiple connections are accepted and processed sequentially",
        |trial| {
            let address = trial.serve()?;
            let file = random_file(trial, SMALL);
            // It closes: one that the server still waits for is not finished.
            exchange(trial, address, &file)?;
            is_served(&mut trial.connect(address)?, LIMIT)
        },
    )
    .needs(&["A-1", "A-2"]),
    Check::must(
        "A-13/2",
        "ten clients that connect concurrently are served one after another",
        "Requirements: of 10 simultaneous connections none is rejected, and only one at a time \
         sees the accio command",
        |trial| serve_in_turn(trial, &[500; 10]),
    )
    .needs(&["A-1", "A-2", "A-13"])
    .waits(5),
    Check::should(
        "A-13/3",
        "ten clients wait while one is served, and all are counted",
        "Requirements: up to 10 connections wait until the one before is done",
        |trial| {
            let first = trial.random().usize(500..1000);
            let lengths: Vec<usize> = (first..first + 11).collect();
            serve_in_turn(trial, &lengths)?;
            trial.wait_printed("the number of every client", |printed| {
                lengths
                    .iter()
                    .all(|length| has_line(printed, &length.to_string()))
            })
        },
    )
    .needs(&["A-1", "A-2", "A-3", "A-13", "A-13/2"])
    .waits(5),
    Check::must(
        "A-13/4",
        "the connection is closed when the file is at its end",
        "Requirements: accept one connection, process it, close connection",
        |trial| {
            let address = trial.serve()?;
            let file = random_file(trial, SMALL);
            let mut client = exchange(trial, address, &file)?;
            wait_gone(&mut client, Instant::now(), LIMIT).map(drop)
        },
    )
    .needs(&["A-1", "A-2"]),
    Check::must(
        "A-13/5",
        "it waits for clients though nobody comes for 11 seconds",
        "Introduction: the server waits for clients to connect; the 10 seconds are about the data \
         of a client",
        |trial| {
            const NOBODY: Duration = Duration::from_secs(11);
            let address = trial.serve()?;
            if trial.ends_within(NOBODY)? {
                return Err(Problem::broken(
                    "the server waits for a client",
                    "it ended when nobody came",
                ));
            }
            trial.connect(address)?.expect_bytes(COMMAND)
        },
    )
    .needs(&["A-1"])
    .waits(11),
    Check::should(
        "A-14",
        "it can be started again immediately",
        "A restart right after clients were connected works (SO_REUSEADDR)",
        |trial| {
            let address = trial.serve()?;
            let mut client = trial.connect(address)?;
            client.expect_bytes(COMMAND)?;
            // The server's end is the first one to close: it is remembered at the server's port.
            trial.process()?.kill_tree()?;
            client.expect_gone()?;
            drop(client);
            trial.serve_again(address)?;
            trial.connect(address)?.expect_bytes(COMMAND)
        },
    ),
];

/// Waits until the server turns to this client, which waits for that.
fn is_served(client: &mut Conversation, within: Duration) -> Outcome {
    let command = client.receive_exactly(COMMAND.len(), within)?;
    if command == COMMAND {
        return Ok(());
    }
    Err(Problem::broken(shown(COMMAND), shown(&command)))
}

/// As many clients as there are lengths are connected before the first one sends anything. They may
/// be served in any order, but one at a time.
fn serve_in_turn(trial: &mut Trial<'_>, lengths: &[usize]) -> Outcome {
    let address = trial.serve()?;
    let clients = lengths.iter().map(|_| trial.connect(address));
    let mut waiting = clients.collect::<Result<Vec<_>, _>>()?;
    for length in lengths {
        let mut client = next_served(&mut waiting)?;
        // Time enough for another one to see it too.
        client.expect_silence(A_MOMENT)?;
        if waiting.iter().any(is_ready) {
            return Err(Problem::broken(
                "one client at a time sees accio",
                "another one saw it before this one had finished",
            ));
        }
        confirm(&mut client)?;
        let file = random_file(trial, *length..=*length);
        send_file(&mut client, &file)?;
    }
    Ok(())
}

/// Takes the client to which the server sends its command next.
fn next_served(waiting: &mut Vec<Conversation>) -> Result<Conversation, Problem> {
    const LOOK: Duration = Duration::from_millis(5);
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        if let Some(index) = waiting.iter().position(is_ready) {
            let mut client = waiting.remove(index);
            is_served(&mut client, LIMIT)?;
            return Ok(client);
        }
        thread::sleep(LOOK);
    }
    Err(Problem::broken(
        "the next client is served when the one before has finished",
        format!("{} clients wait for accio in vain", waiting.len()),
    ))
}

/// Whether something came, be it only the end of the connection.
fn is_ready(client: &Conversation) -> bool {
    let stream = client.stream();
    let peeked = stream
        .set_nonblocking(true)
        .and_then(|()| stream.peek(&mut [0]));
    let nothing = peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
    stream.set_nonblocking(false).is_ok() && !nothing
}
