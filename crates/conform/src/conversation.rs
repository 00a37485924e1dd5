use std::mem;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use harness::{Event, Peer, Transcript, shown};

use crate::{Outcome, Problem};

/// How many of a check's first conversations are kept, and how many of its last.
const KEPT: usize = 16;

/// No check is made longer than this by a machine that is too busy.
const MOST_GRANTED: Duration = Duration::from_secs(60);

/// How much longer to wait for a program that waits for a processor: how long it has done so is not
/// known yet.
const A_TURN: Duration = Duration::from_secs(1);

/// Less than this changes nothing.
pub(crate) const LEAST_GRANTED: Duration = Duration::from_millis(50);

/// What was seen on the connections of one check.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// The conversations by their number; nothing of one that goes on.
    conversations: Vec<(usize, Option<Kept>)>,
    /// How many there were.
    count: usize,
    /// Whether the failure is a matter of time: on a busy machine it may be nobody's fault.
    pub(crate) depends_on_time: bool,
    /// Whether the checker did something later than it should have.
    pub(crate) was_late: bool,
    /// The number of the program that was started last.
    program: Option<u32>,
    /// How much longer was waited for it because others had the processors.
    granted: Duration,
    /// The same, for all programs of the check.
    granted_in_all: Duration,
    /// The longest time for which one of them could not run, as far as that was seen.
    starved: Duration,
}

/// The two ends of a connection, and what was said on it.
#[derive(Debug)]
struct Kept {
    local: SocketAddr,
    remote: SocketAddr,
    transcript: Transcript,
}

pub(crate) type SharedLog = Arc<Mutex<Log>>;

/// What a mutex holds, also when a thread that held it has panicked.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Log {
    /// Gives a conversation its number.
    fn begin(&mut self) -> usize {
        self.count += 1;
        self.conversations.push((self.count, None));
        if self.conversations.len() > 2 * KEPT {
            self.conversations.remove(KEPT);
        }
        self.count
    }

    fn keep(&mut self, number: usize, conversation: Kept) {
        // One that is missing is one of those between the first and the last.
        let place = self
            .conversations
            .iter_mut()
            .find(|(other, _)| *other == number);
        if let Some((_, kept)) = place {
            *kept = Some(conversation);
        }
    }

    /// The program with this number was started.
    pub(crate) fn started(&mut self, program: u32) {
        self.program = Some(program);
        self.granted = Duration::ZERO;
    }

    /// How much longer to wait now, because the program could not run for that long: on a busy
    /// machine a timeout counts only the time that it had.
    pub(crate) fn grant(&mut self) -> Duration {
        let mut more = self.look_starved().saturating_sub(self.granted);
        if more < LEAST_GRANTED && self.program.is_some_and(harness::is_starving) {
            more = A_TURN;
        }
        more = more.min(MOST_GRANTED - self.granted_in_all);
        self.granted += more;
        self.granted_in_all += more;
        more
    }

    /// How long the program could not run so far. That is remembered: it cannot be asked after its
    /// end.
    pub(crate) fn look_starved(&mut self) -> Duration {
        let starved = self.program.map_or(Duration::ZERO, harness::starved);
        self.remember_starved(starved);
        starved
    }

    fn remember_starved(&mut self, starved: Duration) {
        self.starved = self.starved.max(starved).max(self.granted);
    }

    /// Whether the failure is a matter of time. Any is, if a program could not run for so long that
    /// its own timeouts may be over: assignments give it some of a second.
    pub(crate) fn depends_on_time(&mut self) -> bool {
        const A_SECOND: Duration = Duration::from_secs(1);
        self.depends_on_time || self.was_starved_for(A_SECOND)
    }

    /// Whether a program could not run for so long that it may have done something late.
    pub(crate) fn was_starved(&mut self) -> bool {
        self.was_starved_for(Duration::from_millis(300))
    }

    fn was_starved_for(&mut self, long: Duration) -> bool {
        self.look_starved();
        self.starved > long
    }

    /// The conversations that were kept, and a line for the others.
    pub(crate) fn conversations(&self) -> Vec<String> {
        let mut texts: Vec<_> = self
            .conversations
            .iter()
            .map(|(_, kept)| kept.as_ref().map(Kept::text).unwrap_or_default())
            .collect();
        let left_out = self.count - texts.len();
        if left_out > 0 {
            texts.insert(KEPT, format!("... {left_out} more connections ...\n"));
        }
        texts
    }
}

/// Does what [`Log::look_starved`] does on a thread of its own: on a busy machine it takes more than
/// a second, and a client that has just connected may wait for an answer no longer than that.
pub(crate) fn look_starved_meanwhile(log: &SharedLog) {
    let Some(program) = locked(log).program else {
        return;
    };
    let log = SharedLog::clone(log);
    // If there is no thread for it, a little less is known.
    let _ = thread::Builder::new().spawn(move || {
        let starved = harness::starved(program);
        locked(&log).remember_starved(starved);
    });
}

impl Kept {
    fn text(&self) -> String {
        let Self {
            local,
            remote,
            transcript,
        } = self;
        format!("connection {local} - {remote}:\n{transcript}")
    }
}

/// A check's end of a connection to the program under test; everything that happens on it becomes
/// evidence.
///
/// Waits end after the timeout of the run.
#[derive(Debug)]
pub struct Conversation {
    /// `None` only where the conversation ends.
    peer: Option<Box<Peer>>,
    number: usize,
    log: SharedLog,
    timeout: Duration,
    frees_port: bool,
    /// What came together with what was asked for, behind it.
    ahead: Vec<u8>,
}

impl Conversation {
    pub(crate) fn new(peer: Peer, log: &SharedLog, timeout: Duration) -> Self {
        Self {
            peer: Some(Box::new(peer)),
            number: locked(log).begin(),
            log: Arc::clone(log),
            timeout,
            frees_port: false,
            ahead: Vec::new(),
        }
    }

    /// Leaves no state in the system at a server's port that the next check needs again.
    ///
    /// The system remembers a connection for a minute at the end that closed first, and meanwhile a
    /// server without SO_REUSEADDR cannot use the port. A reset after the server's close, which
    /// the server cannot notice any more, makes the system forget.
    pub(crate) fn free_port(&mut self) {
        self.frees_port = true;
    }

    #[allow(clippy::expect_used)]
    fn peer(&self) -> &Peer {
        // Only `reset` and `drop` take it, and both end the conversation.
        self.peer.as_deref().expect("the conversation goes on")
    }

    #[allow(clippy::expect_used)]
    fn peer_mut(&mut self) -> &mut Peer {
        // As above.
        self.peer.as_deref_mut().expect("the conversation goes on")
    }

    /// This end's address.
    pub fn local_address(&self) -> SocketAddr {
        self.peer().local_address()
    }

    /// The program's address.
    pub fn remote_address(&self) -> SocketAddr {
        self.peer().remote_address()
    }

    /// The socket itself. What happens on it directly is not evidence.
    pub fn stream(&self) -> &TcpStream {
        self.peer().stream()
    }

    /// See [`Peer::set_receive_buffer`].
    ///
    /// # Errors
    /// A [`Problem`] of the checker itself.
    pub fn set_receive_buffer(&self, bytes: usize) -> Outcome {
        Ok(self.peer().set_receive_buffer(bytes)?)
    }

    /// Sends all of `bytes`.
    ///
    /// # Errors
    /// [`harness::Error::Peer`] if the connection breaks, or takes nothing for long.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), harness::Error> {
        self.peer_mut().send(bytes)
    }

    /// Sends `bytes` in pieces of `size` with a pause after each.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_in_pieces(&mut self, bytes: &[u8], size: usize, pause: Duration) -> Outcome {
        Ok(self.peer_mut().send_in_pieces(bytes, size, pause)?)
    }

    /// Closes the sending side.
    ///
    /// # Errors
    /// A [`Problem`] if the connection is gone.
    pub fn shutdown_write(&mut self) -> Outcome {
        Ok(self.peer_mut().shutdown_write()?)
    }

    /// Looks for so long, and no longer on a busy machine, whether something comes: silence is as
    /// good.
    pub fn glance(&mut self, limit: usize, within: Duration) -> Event {
        self.peer_mut().next_event(limit, within)
    }

    /// Waits for the next event, of at most `limit` bytes if it is data.
    pub fn next_event(&mut self, limit: usize, within: Duration) -> Event {
        if !self.ahead.is_empty() {
            let rest = self.ahead.split_off(limit.min(self.ahead.len()));
            return Event::Data(mem::replace(&mut self.ahead, rest));
        }
        let mut event = self.peer_mut().next_event(limit, within);
        while event == Event::Silence {
            let more = locked(&self.log).grant();
            if more < LEAST_GRANTED {
                locked(&self.log).depends_on_time = true;
                break;
            }
            event = self.peer_mut().next_event(limit, more);
        }
        event
    }

    /// Waits until `period` is over, in which nothing may happen.
    ///
    /// # Errors
    /// A [`Problem`] with what happened.
    pub fn expect_silence(&mut self, period: Duration) -> Outcome {
        if !self.ahead.is_empty() {
            return Err(Problem::broken("nothing more comes", shown(&self.ahead)));
        }
        let silent = self.peer_mut().expect_silence(period);
        // A checker that is late meets the end of a server's patience.
        locked(&self.log).depends_on_time |= silent.is_err();
        Ok(silent?)
    }

    /// Receives as many bytes as are expected, or fewer if they are wrong already, and compares
    /// them.
    ///
    /// # Errors
    /// A [`Problem`] that shows both, or what happened instead.
    pub fn expect_bytes(&mut self, expected: &[u8]) -> Outcome {
        let deadline = Instant::now() + self.timeout;
        let mut received = Vec::new();
        while received != expected {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.next_event(expected.len() - received.len(), left) {
                Event::Data(bytes) => received.extend(bytes),
                event => {
                    let happened = format!("{event}, after {}", shown(&received));
                    return Err(Problem::broken(shown(expected), happened));
                }
            }
            if !expected.starts_with(&received) {
                return Err(Problem::broken(shown(expected), shown(&received)));
            }
        }
        Ok(())
    }

    /// Receives what shows only by itself where it ends: `read` returns it with its length, or
    /// nothing while it is not there as a whole. What came behind it is received next.
    ///
    /// # Errors
    /// A [`Problem`] of `read`, or with what happened instead of what is `expected`.
    pub(crate) fn receive_one<T>(
        &mut self,
        expected: &str,
        read: impl Fn(&[u8]) -> Result<Option<(T, usize)>, Problem>,
    ) -> Result<T, Problem> {
        const AT_MOST: usize = 4096;
        let deadline = Instant::now() + self.timeout;
        let mut received = Vec::new();
        loop {
            if let Some((one, length)) = read(&received)? {
                let mut rest = received.split_off(length);
                rest.append(&mut self.ahead);
                self.ahead = rest;
                return Ok(one);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.next_event(AT_MOST, left) {
                Event::Data(bytes) => received.extend(bytes),
                event => {
                    let happened = format!("{event}, after {}", shown(&received));
                    return Err(Problem::broken(expected, happened));
                }
            }
        }
    }

    /// Receives exactly this number of bytes.
    ///
    /// # Errors
    /// A [`Problem`] with what happened instead.
    pub fn receive(&mut self, count: usize) -> Result<Vec<u8>, Problem> {
        self.receive_exactly(count, self.timeout)
    }

    /// Receives exactly this number of bytes, in the time that is given.
    ///
    /// # Errors
    /// A [`Problem`] with what happened instead.
    pub fn receive_exactly(&mut self, count: usize, within: Duration) -> Result<Vec<u8>, Problem> {
        let deadline = Instant::now() + within;
        let mut received = Vec::new();
        while received.len() < count {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.next_event(count - received.len(), left) {
                Event::Data(bytes) => received.extend(bytes),
                event => {
                    let happened = format!("{event}, after {}", shown(&received));
                    return Err(Problem::broken(format!("{count} bytes"), happened));
                }
            }
        }
        Ok(received)
    }

    /// Receives all bytes until the program closes.
    ///
    /// # Errors
    /// A [`Problem`] with what happened instead.
    pub fn receive_all(&mut self) -> Result<Vec<u8>, Problem> {
        self.receive_to_end(self.timeout)
    }

    /// Receives all bytes until the program closes, in the time that is given.
    ///
    /// # Errors
    /// A [`Problem`] with what happened instead.
    pub fn receive_to_end(&mut self, within: Duration) -> Result<Vec<u8>, Problem> {
        const AT_MOST: usize = 64 << 10;
        let deadline = Instant::now() + within;
        let mut received = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.next_event(AT_MOST, left) {
                Event::Data(bytes) => received.extend(bytes),
                Event::Closed => return Ok(received),
                event => {
                    let happened = format!("{event}, after {}", shown(&received));
                    return Err(Problem::broken("the connection is closed", happened));
                }
            }
        }
    }

    /// Waits until the program closes the connection in order, and sends nothing before.
    ///
    /// # Errors
    /// A [`Problem`] with what happened instead.
    pub fn expect_end(&mut self) -> Outcome {
        let timeout = self.timeout;
        match self.next_event(1, timeout) {
            Event::Closed => Ok(()),
            Event::Data(bytes) => Err(Problem::broken("the connection is closed", shown(&bytes))),
            event => Err(Problem::broken("the connection is closed", event)),
        }
    }

    /// Waits until the program gives the connection up, in order or with a reset, and sends nothing
    /// before.
    ///
    /// # Errors
    /// A [`Problem`] with what happened instead.
    pub fn expect_gone(&mut self) -> Outcome {
        let timeout = self.timeout;
        match self.next_event(1, timeout) {
            Event::Closed | Event::Reset => Ok(()),
            event => Err(Problem::broken("the connection is closed or reset", event)),
        }
    }

    /// Ends the connection with a reset.
    ///
    /// # Errors
    /// A [`Problem`] of the checker itself.
    pub fn reset(mut self) -> Outcome {
        if let Some(peer) = self.peer.take() {
            let ends = (peer.local_address(), peer.remote_address());
            let transcript = peer.reset()?;
            self.keep(ends, transcript);
        }
        Ok(())
    }

    /// Whether the program has closed, and nothing is left to receive.
    fn is_over(&self) -> bool {
        self.stream().set_nonblocking(true).is_ok() && matches!(self.stream().peek(&mut [0]), Ok(0))
    }

    fn keep(&self, (local, remote): (SocketAddr, SocketAddr), transcript: Transcript) {
        let kept = Kept {
            local,
            remote,
            transcript,
        };
        locked(&self.log).keep(self.number, kept);
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        let ends_with_reset = self.frees_port && self.peer.is_some() && self.is_over();
        if let Some(peer) = self.peer.take() {
            let ends = (peer.local_address(), peer.remote_address());
            self.keep(ends, peer.transcript().clone());
            if ends_with_reset {
                // What cannot be reset is gone already.
                let _ = peer.reset();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_of_a_program_that_could_not_run_for_a_second_depends_on_time() {
        let starved_for = |millis| Log {
            starved: Duration::from_millis(millis),
            ..Log::default()
        };
        for (millis, is_late, depends_on_time) in
            [(0, false, false), (900, true, false), (1100, true, true)]
        {
            let mut log = starved_for(millis);
            assert_eq!(log.was_starved(), is_late);
            assert_eq!(log.depends_on_time(), depends_on_time);
        }
    }
}
