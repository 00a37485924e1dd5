use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use harness::{Event, Peer};

use crate::{Outcome, Problem};

/// What was said on the connections of one check.
pub(crate) type Said = Arc<Mutex<Vec<String>>>;

/// A check's end of a connection to the program under test; all that is said becomes evidence.
///
/// Waits end after the timeout of the run.
#[derive(Debug)]
pub struct Conversation {
    peer: Option<Box<Peer>>,
    ends: (SocketAddr, SocketAddr),
    place: usize,
    said: Said,
    timeout: Duration,
    frees_port: bool,
}

impl Conversation {
    pub(crate) fn new(peer: Peer, said: &Said, timeout: Duration) -> Self {
        let mut all = said.lock().unwrap_or_else(PoisonError::into_inner);
        let place = all.len();
        all.push(String::new());
        drop(all);
        let ends = (peer.local_address(), peer.remote_address());
        Self {
            peer: Some(Box::new(peer)),
            ends,
            place,
            said: Arc::clone(said),
            timeout,
            frees_port: false,
        }
    }

    /// Leaves nothing behind at the port of a server which the next check needs again.
    ///
    /// The system remembers a connection for a minute at the end that closed first, and meanwhile a
    /// server without SO_REUSEADDR cannot use the port. A reset behind the server's close, which
    /// the server cannot notice any more, makes the system forget.
    pub(crate) fn free_port(&mut self) {
        self.frees_port = true;
    }

    /// Whether the program has closed, and nothing is left to receive.
    fn is_over(&self) -> bool {
        self.stream().set_nonblocking(true).is_ok() && matches!(self.stream().peek(&mut [0]), Ok(0))
    }

    /// Receives as many bytes as are expected, or fewer if they are wrong already, and compares
    /// them.
    ///
    /// # Errors
    /// A [`Problem`] that shows both, or what happened instead.
    pub fn expect(&mut self, expected: &[u8]) -> Outcome {
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

    /// Receives exactly so many bytes.
    ///
    /// # Errors
    /// A [`Problem`] with what happened instead.
    pub fn receive(&mut self, count: usize) -> Result<Vec<u8>, Problem> {
        let timeout = self.timeout;
        Ok(self.receive_exactly(count, timeout)?)
    }

    /// Receives all bytes until the program closes.
    ///
    /// # Errors
    /// A [`Problem`] with what happened instead.
    pub fn receive_all(&mut self) -> Result<Vec<u8>, Problem> {
        let timeout = self.timeout;
        Ok(self.receive_to_end(timeout)?)
    }

    /// Waits until the program closes the connection in order, and says nothing before.
    ///
    /// # Errors
    /// A [`Problem`] with what happened instead.
    pub fn expect_end(&mut self) -> Outcome {
        let timeout = self.timeout;
        Ok(self.expect_close(timeout)?)
    }

    /// Waits until the program gives the connection up, in order or with a reset, and says nothing
    /// before.
    ///
    /// # Errors
    /// A [`Problem`] with what happened instead.
    pub fn expect_gone(&mut self) -> Outcome {
        let timeout = self.timeout;
        match self.next_event(1, timeout) {
            Event::Closed | Event::Reset => Ok(()),
            event => Err(Problem::broken(
                "the connection is closed or reset",
                event.to_string(),
            )),
        }
    }

    /// Ends the connection with a reset.
    ///
    /// # Errors
    /// A [`Problem`] of the checker itself.
    pub fn reset(mut self) -> Outcome {
        if let Some(peer) = self.peer.take() {
            let transcript = peer.reset()?;
            self.keep(&transcript.to_string());
        }
        Ok(())
    }

    fn keep(&self, transcript: &str) {
        let (local, remote) = self.ends;
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = said.get_mut(self.place) {
            *place = format!("connection {local} - {remote}:\n{transcript}");
        }
    }
}

/// What a connection of the harness can do, a conversation can do too.
impl Deref for Conversation {
    type Target = Peer;

    fn deref(&self) -> &Peer {
        // `None` only inside `reset` and `drop`, which own the conversation.
        #[allow(clippy::expect_used)]
        self.peer.as_deref().expect("the conversation goes on")
    }
}

impl DerefMut for Conversation {
    fn deref_mut(&mut self) -> &mut Peer {
        // As above.
        #[allow(clippy::expect_used)]
        self.peer.as_deref_mut().expect("the conversation goes on")
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        let ends_with_reset = self.frees_port && self.peer.is_some() && self.is_over();
        if let Some(peer) = self.peer.take() {
            self.keep(&peer.transcript().to_string());
            if ends_with_reset {
                // What cannot be reset is gone already.
                let _ = peer.reset();
            }
        }
    }
}

/// Bytes in a sentence: as text if they are, folded if they are many.
pub(crate) fn shown(bytes: &[u8]) -> String {
    const SHOWN: usize = 48;
    let head = cli::escape(bytes.get(..SHOWN).unwrap_or(bytes));
    match bytes.len() {
        len @ ..=SHOWN => format!("{len} bytes \"{head}\""),
        len => format!("{len} bytes \"{head}\"..."),
    }
}
