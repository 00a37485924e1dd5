//! One client after another.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use harness::Signal;

use super::client::{
    A_MOMENT, APART, COMMAND, FIRST, LIMIT, SECOND, binary_file, end_file, expect_printed,
    has_line, send_file,
};
use crate::conversation::shown;
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
            trial.connect(other)?.expect(COMMAND)
        },
    ),
    Check::must(
        "A-13",
        "the next client is served when the first has finished",
        "Requirements: multiple connections are accepted and processed sequentially",
        |trial| {
            let address = trial.serve()?;
            send_file(trial, address, b"first")?;
            trial.connect(address)?.expect(COMMAND)
        },
    ),
    Check::must(
        "A-13/2",
        "ten clients at once are served one after another",
        "Requirements: of 10 simultaneous connections none is rejected, and only one at a time \
         sees the accio command",
        |trial| serve_in_turn(trial, 10),
    )
    .waits(5),
    Check::should(
        "A-13/3",
        "ten clients wait while one is served, and all are counted",
        "Requirements: up to 10 connections wait until the one before is done",
        |trial| {
            const CLIENTS: usize = 11;
            serve_in_turn(trial, CLIENTS)?;
            expect_printed(trial, "the number of every client", |printed| {
                (0..CLIENTS).all(|client| has_line(printed, length(client).to_string().as_bytes()))
            })
        },
    )
    .waits(5),
    Check::should(
        "A-14",
        "it can be started again at once",
        "A restart right after clients were connected works (SO_REUSEADDR)",
        |trial| {
            let address = trial.serve()?;
            let timeout = trial.timeout();
            let mut client = trial.connect(address)?;
            client.expect(COMMAND)?;
            // The server's end is the first one to close: it is remembered at the server's port.
            let process = trial.process()?;
            process.signal_group(Signal::KILL)?;
            process.wait_exit(timeout)?;
            client.expect_gone()?;
            drop(client);
            trial.serve_again(address)?;
            trial.connect(address)?.expect(COMMAND)
        },
    ),
];

/// The length of a client's file, different for each.
pub(super) fn length(client: usize) -> usize {
    1000 + client
}

/// So many clients are connected before the first one says anything. They may be served in any
/// order, but one at a time.
fn serve_in_turn(trial: &mut Trial<'_>, count: usize) -> Outcome {
    let address = trial.serve()?;
    let clients = (0..count).map(|_| trial.connect(address));
    let clients = clients.collect::<Result<Vec<_>, _>>()?;
    let being_served = AtomicUsize::new(0);
    let problem = Mutex::new(None);
    thread::scope(|scope| {
        for (client, mut connection) in clients.into_iter().enumerate() {
            let (being_served, problem) = (&being_served, &problem);
            scope.spawn(move || {
                let outcome = take_turn(&mut connection, length(client), being_served);
                let mut problem = problem.lock().unwrap_or_else(PoisonError::into_inner);
                *problem = problem.take().or(outcome.err());
            });
        }
    });
    let problem = problem.into_inner().unwrap_or_else(PoisonError::into_inner);
    problem.map_or(Ok(()), Err)
}

fn take_turn(client: &mut Conversation, length: usize, being_served: &AtomicUsize) -> Outcome {
    let command = client.receive_exactly(COMMAND.len(), LIMIT)?;
    if command != COMMAND {
        return Err(Problem::broken(shown(COMMAND), shown(&command)));
    }
    if being_served.fetch_add(1, Ordering::SeqCst) > 0 {
        return Err(Problem::broken(
            "one client at a time sees accio",
            "another one saw it before this one had finished",
        ));
    }
    // Time enough for another one to see it too.
    client.expect_silence(A_MOMENT)?;
    client.send(FIRST)?;
    client.expect(COMMAND)?;
    client.send(SECOND)?;
    client.expect_silence(APART)?;
    client.send(&binary_file(length))?;
    being_served.fetch_sub(1, Ordering::SeqCst);
    end_file(client)
}
