//! Several clients at once, the end of the server, and its next start.

use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use harness::Signal;

use super::readers::{stalled_reader, store_much};
use super::{is_sent, is_served, send, serve_here, store};
use crate::checks::common::{expect_rest, expect_success};
use crate::checks::messages::{create, read, response};
use crate::{Outcome, Problem, Trial};

/// Whoever presses ctrl-c does so when the server waits. When it does cannot be seen.
const UNTIL_IT_WAITS: Duration = Duration::from_millis(200);

/// For the end of the server: a second, and what a busy machine may add.
const AT_ONCE: Duration = Duration::from_millis(1500);

/// If they are waited for one after another, that takes 20 seconds.
pub(super) fn silent_clients(trial: &mut Trial<'_>) -> Outcome {
    const MOST: Duration = Duration::from_secs(5);
    let address = trial.serve()?;
    let silent: Result<Vec<_>, _> = (0..20).map(|_| trial.connect(address)).collect();
    let start = Instant::now();
    store(trial, address, b"alice", b"yves", b"hello")?;
    is_sent(
        trial,
        address,
        b"yves",
        &response(0, &[(b"alice", b"hello")]),
    )?;
    let took = start.elapsed();
    drop(silent?);
    if took < MOST {
        return Ok(());
    }
    Err(Problem::broken(
        "another client is served at once",
        format!("it takes {:.1} seconds", took.as_secs_f64()),
    ))
}

pub(super) fn order_of_completion(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let late = create(b"alice", b"zoe", b"late");
    let (begin, end) = late.split_at_checked(10).unwrap_or((&late, b""));
    let mut slow = send(trial, address, begin)?;
    store(trial, address, b"alice", b"zoe", b"early")?;
    slow.send(end)?;
    slow.expect_gone()?;
    let messages = [(&b"alice"[..], &b"early"[..]), (b"alice", b"late")];
    is_sent(trial, address, b"zoe", &response(0, &messages))
}

pub(super) fn interrupt(trial: &mut Trial<'_>) -> Outcome {
    ends_on(trial, Signal::INT)
}

pub(super) fn terminate(trial: &mut Trial<'_>) -> Outcome {
    ends_on(trial, Signal::TERM)
}

fn ends_on(trial: &mut Trial<'_>, signal: Signal) -> Outcome {
    let timeout = trial.timeout();
    let address = serve_here(trial)?;
    is_served(trial, address)?;
    thread::sleep(UNTIL_IT_WAITS);
    trial.process()?.signal_group(signal)?;
    expect_success(trial, timeout)
}

/// The second in which a server ends may be too short for a machine that is busy for a moment,
/// which is given another try.
pub(super) fn response_is_finished(trial: &mut Trial<'_>) -> Outcome {
    const TRIES: u32 = 3;
    let mut outcome = Ok(());
    for _ in 0..TRIES {
        outcome = ends_with_response(trial);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// The reader takes its messages slowly until nobody can connect any more, so that the server
/// cannot be done before.
fn ends_with_response(trial: &mut Trial<'_>) -> Outcome {
    const PAUSE: Duration = Duration::from_millis(2);
    let address = serve_here(trial)?;
    let record = store_much(trial, address, b"anna")?;
    let mut reader = stalled_reader(trial, address, b"anna")?;
    trial.process()?.signal_group(Signal::INT)?;
    let mut listens = true;
    for piece in record.get(5..).unwrap_or_default().chunks(20_000) {
        reader.expect(piece)?;
        if listens {
            listens = TcpStream::connect(address).is_ok();
            thread::sleep(PAUSE);
        }
    }
    if !listens {
        return Ok(());
    }
    Err(Problem::broken(
        "it stops listening at once, and then finishes the response",
        "it still listens when the response is finished",
    ))
}

pub(super) fn stalled_clients_at_the_end(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let address = serve_here(trial)?;
    is_served(trial, address)?;
    let _silent = trial.connect(address)?;
    let _stalled = send(trial, address, b"\xae\x73\x02\x05")?;
    let start = Instant::now();
    trial.process()?.signal_group(Signal::INT)?;
    expect_success(trial, timeout)?;
    let took = start.elapsed();
    if took < AT_ONCE {
        return Ok(());
    }
    let happened = format!("it ended after {:.1} seconds", took.as_secs_f64());
    Err(Problem::broken("it ends within a second", happened))
}

/// It waits for this client, and then for another. One that does not just wait takes what it gets
/// of a busy machine.
pub(super) fn idle(trial: &mut Trial<'_>) -> Outcome {
    let address = serve_here(trial)?;
    is_served(trial, address)?;
    let _silent = trial.connect(address)?;
    expect_rest(trial)
}

/// The server's end of a connection is closed first, so that the system keeps it for a while:
/// without SO_REUSEADDR the port cannot be used then.
pub(super) fn restart(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let address = serve_here(trial)?;
    store(trial, address, b"alice", b"ben", b"hello")?;
    is_served(trial, address)?;
    trial.process()?.signal_group(Signal::KILL)?;
    trial.process()?.wait_exit(timeout)?;
    trial.serve_again(address)?;
    let mut reader = send(trial, address, &read(b"nobody"))?;
    reader.expect(&response(0, &[]))
}
