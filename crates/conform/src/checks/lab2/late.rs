//! Servers that do not say anything, or not soon enough. Ten seconds is what they get.

use std::time::{Duration, Instant};

use harness::{Input, Listener};

use super::errors::has_failed;
use super::{ID, arguments, start};
use crate::{Outcome, Problem, Trial};

/// A clock may be coarse.
const EARLIEST: Duration = Duration::from_millis(9500);

/// What a busy machine may add.
const LATEST: Duration = Duration::from_secs(15);

pub(super) fn no_id(trial: &mut Trial<'_>) -> Outcome {
    let _server = start(trial)?;
    gives_up(trial, Instant::now())
}

pub(super) fn no_reply(trial: &mut Trial<'_>) -> Outcome {
    let mut server = start(trial)?;
    server.conversation.send(ID)?;
    server.next(trial)?;
    gives_up(trial, Instant::now())
}

/// Bytes come all the time, but not enough of them.
pub(super) fn slow_reply(trial: &mut Trial<'_>) -> Outcome {
    const PAUSE: Duration = Duration::from_millis(100);
    const LENGTH: usize = 150;
    let mut server = start(trial)?;
    server.conversation.send(ID)?;
    server.next(trial)?;
    let begin = Instant::now();
    let text = [b"X\xff\0\0\0", &[b'x'; LENGTH][..]].concat();
    // It ends when the client has given up.
    let _ = server.conversation.send_in_pieces(&text, 1, PAUSE);
    gives_up(trial, begin)
}

pub(super) fn not_accepted(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let listener = Listener::unanswering()?;
    let begin = Instant::now();
    trial.start(&arguments(listener.port()), Input::Null)?;
    gives_up(trial, begin)
}

fn gives_up(trial: &mut Trial<'_>, begin: Instant) -> Outcome {
    let process = trial.process()?;
    let exit = process.wait_exit(LATEST.saturating_sub(begin.elapsed()))?;
    let after = begin.elapsed();
    if after < EARLIEST {
        let happened = format!("after {:.1} seconds", after.as_secs_f64());
        return Err(Problem::broken("it waits for 10 seconds", happened));
    }
    has_failed(trial, exit)
}
