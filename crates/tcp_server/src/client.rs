//! One client, from its connection to its end.

use std::collections::TryReserveError;
use std::net::SocketAddr;
use std::time::Duration;

use net::{Budget, Connection, Error, Ready, STALL_PERIOD, Share};
use proto::action::RequestHeader;
use proto::action::transform::TransformError;

use crate::session::Session;

/// While a client has more bytes than this to take, nothing is received from it (T-18). One
/// response, and what was received before, may exceed it; and the memory of half as many bytes that
/// were sent may not be free yet.
pub const MOST_OUTPUT: usize = 256 * 1024 * 1024;

/// After so long a silence, the memory of a client's last large request is given back.
const KEEPS_MEMORY: Duration = Duration::from_millis(100);

/// A client that has taken a part of a response mostly takes the next one sooner than this.
const TAKES_MORE: Duration = Duration::from_millis(10);

/// How often a client that has a share of the budget, or waits for one, is looked after.
const GLANCE: Duration = Duration::from_millis(250);

/// Serves a client until it leaves or the server stops. It takes a share of `budget` for all but
/// small requests (T-18).
pub(crate) fn serve_client(connection: &mut Connection, budget: &Budget) {
    let peer = connection.peer();
    log::debug!("{peer}: connected");
    let mut client = Client {
        connection,
        session: Session::default(),
        memory: budget.share(),
        most_output: MOST_OUTPUT.min(budget.limit() / 2),
        limit: budget.limit(),
    };
    match client.converse() {
        Ok(Closed::BetweenRequests) => log::debug!("{peer}: closed"),
        Ok(Closed::InsideRequest) => log::debug!("{peer}: closed inside a request"),
        Err(Lost::Connection(Error::Shutdown)) => {
            log::debug!("{peer}: closed, since the server is stopping");
        }
        Err(Lost::Connection(error)) => log::debug!("{peer}: lost: {error}"),
        Err(error) => log::error!("{peer}: closed, {error}"),
    }
    client.session.shrink();
}

struct Client<'a> {
    connection: &'a mut Connection,
    session: Session,
    memory: Share<'a>,
    /// While it has so many bytes to take, nothing is received from it.
    most_output: usize,
    /// What all clients may use.
    limit: usize,
}

/// Where a client closed its sending side.
enum Closed {
    BetweenRequests,
    InsideRequest,
}

/// Why a client was given up.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error(transparent)]
    Connection(#[from] Error),
    #[error("no memory for its requests: {0}")]
    Memory(#[from] TryReserveError),
    #[error("its request of {length} bytes is more than all clients may use, {limit} bytes")]
    TooLarge { length: usize, limit: usize },
    #[error("it made too little progress for {STALL_PERIOD:?} while others waited for memory")]
    Stalled,
}

impl Client<'_> {
    fn converse(&mut self) -> Result<Closed, Lost> {
        let peer = self.connection.peer();
        loop {
            self.give_memory_back()?;
            self.wait_for_memory()?;
            let glance = self.memory.is_held().then_some(GLANCE);
            match self
                .connection
                .read_into_spare(self.session.room()?, glance)
            {
                Ok(0) => {
                    let inside = self.session.end_of_input()?;
                    self.send_all()?;
                    return Ok(if inside {
                        Closed::InsideRequest
                    } else {
                        Closed::BetweenRequests
                    });
                }
                Ok(length) => {
                    self.memory.moved(length);
                    let log = |header, result| log_request(peer, header, result);
                    self.session.answer(log)?;
                    self.memory.shrink(self.session.memory());
                }
                Err(Error::TimedOut) => {}
                Err(Error::Shutdown) => {
                    // What was received in time is answered in time, if the client takes it (T-19).
                    self.connection.write_all(self.session.output(), None)?;
                    return Err(Error::Shutdown.into());
                }
                Err(error) => return Err(error.into()),
            }
            self.check_progress()?;
            self.send()?;
        }
    }

    /// Waits until there is memory for what comes next. Meanwhile the client may take its
    /// responses.
    fn wait_for_memory(&mut self) -> Result<(), Lost> {
        if let Some(header) = self.session.begun()
            && header.length() as usize > self.limit
        {
            return Err(Lost::TooLarge {
                length: header.length() as usize,
                limit: self.limit,
            });
        }
        while !self.memory.resize(self.session.memory()) {
            self.check_progress()?;
            if !self.session.output().is_empty() {
                self.send_some(false)?;
                continue;
            }
            match self.connection.wait(NOTHING, Some(Duration::ZERO)) {
                Err(Error::TimedOut) => self.memory.wait(GLANCE),
                // It is gone: reading tells how.
                waited => return Ok(waited.map(drop)?),
            }
        }
        Ok(())
    }

    fn check_progress(&mut self) -> Result<(), Lost> {
        if self.memory.is_held() && self.memory.is_stalled() {
            return Err(Lost::Stalled);
        }
        Ok(())
    }

    /// Sends the waiting responses until something arrives. A client may send everything before it
    /// takes anything: the server must not wait for it to take (T-18).
    fn send(&mut self) -> Result<(), Lost> {
        while !self.session.output().is_empty() {
            let receives = self.session.output().len() < self.most_output;
            if self.send_some(receives)? {
                break;
            }
        }
        Ok(())
    }

    fn send_all(&mut self) -> Result<(), Lost> {
        while !self.session.output().is_empty() {
            self.send_some(false)?;
        }
        Ok(())
    }

    /// Sends what the client takes, and waits a while if that is not all. Returns whether something
    /// has arrived, if it `receives`.
    fn send_some(&mut self, receives: bool) -> Result<bool, Lost> {
        let taken = self.connection.try_write(self.session.output())?;
        self.session.sent(taken);
        self.memory.moved(taken);
        if self.session.output().is_empty() {
            return Ok(false);
        }
        if taken > 0 {
            // One that takes gets all before more is received: the next large request then has the
            // memory of this one, which is in the processor's cache.
            match self.connection.wait(OUTPUT, Some(TAKES_MORE)) {
                Err(Error::TimedOut) => {}
                waited => return Ok(waited.map(|_| false)?),
            }
        }
        let interest = Ready {
            readable: receives,
            writable: true,
        };
        let must_look = self.memory.is_held() || self.memory.is_waiting();
        match self.connection.wait(interest, must_look.then_some(GLANCE)) {
            Err(Error::TimedOut) => self.check_progress().map(|()| false),
            ready => Ok(ready?.readable && receives),
        }
    }

    /// Waits briefly for the next request before it gives the memory of the last one back;
    /// immediately, if others wait for it.
    fn give_memory_back(&mut self) -> Result<(), Lost> {
        if !self.session.is_idle_and_large() {
            return Ok(());
        }
        let is_silent = self.memory.is_wanted()
            || match self.connection.wait(INPUT, Some(KEEPS_MEMORY)) {
                Err(Error::TimedOut) => true,
                waited => waited.map(|_| false)?,
            };
        if is_silent {
            self.session.shrink();
        }
        Ok(())
    }
}

const NOTHING: Ready = Ready {
    readable: false,
    writable: false,
};
const OUTPUT: Ready = Ready {
    readable: false,
    writable: true,
};
const INPUT: Ready = Ready {
    readable: true,
    writable: false,
};

fn log_request(peer: SocketAddr, header: RequestHeader, result: Result<(), TransformError>) {
    let (action, length) = (header.action(), header.length());
    match result {
        Ok(()) => log::debug!("{peer}: {action}, {length} bytes"),
        Err(error) => log::debug!("{peer}: {action}, {length} bytes: error: {error}"),
    }
}
