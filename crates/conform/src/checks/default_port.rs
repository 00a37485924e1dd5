//! The port that a program uses if it is told none: of the text server and its client, and others.
//! Only one program at a time can listen on it, while checks run side by side.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use harness::{Input, Signal};

use crate::{Arguments, Problem, Trial};

pub(super) const DEFAULT_PORT: u16 = 8083;

/// How long another program may use the port, the checks of another run for example.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until nobody uses the port. Other checks of this run do not until the guard is dropped.
pub(super) fn reserve() -> Result<MutexGuard<'static, ()>, Problem> {
    reserve_port(DEFAULT_PORT)
}

/// The same, for the port of another assignment.
pub(super) fn reserve_port(port: u16) -> Result<MutexGuard<'static, ()>, Problem> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let start = Instant::now();
    while !harness::listening_on(port).is_empty() {
        if start.elapsed() > PATIENCE {
            let reason = format!("another program uses the port {port}");
            return Err(Problem::NotRun(reason));
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(turn)
}

/// Starts the server without arguments, waits until it listens on the port, and says where.
pub(super) fn listens_on(trial: &mut Trial<'_>, port: u16) -> Result<Vec<SocketAddr>, Problem> {
    trial.may_choose_arguments()?;
    let patience = trial.patience();
    let _turn = reserve_port(port)?;
    // Not connected to: a server without SO_REUSEADDR could not use the port for a while.
    trial.start(&Arguments::new(), Input::Null)?;
    let listens = trial.wait_listening(port);
    let addresses = trial.process()?.listening();
    // It is not ended by this function's caller, but the next check needs the port.
    trial.process()?.signal_group(Signal::KILL)?;
    trial.process()?.wait_exit(patience)?;
    listens.map(|_| addresses)
}
