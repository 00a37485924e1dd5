//! Attacks that are over within a moment.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use fastrand::Rng;

use super::Target;
use crate::connect::{connect, reset};
use crate::subject::Subject;

/// How long a hostile client waits for anything. A server that is out of descriptors at the moment
/// lets it wait: it tries again later.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Connections of one flood: fewer than wait in the backlogs, so that honest clients wait there
/// too and need not try again.
const FLOOD: usize = 100;

/// The longest random message, in bytes.
const MOST_RANDOM: usize = 64 * 1024;

impl Target<'_> {
    pub(super) fn connect(&self) -> Option<TcpStream> {
        connect(self.load.address(self.subject), TIMEOUT).ok()
    }
}

/// Sends a part of a conversation, receives a part of the responses, and resets the connection.
pub(super) fn reset_in_the_middle(target: &Target<'_>, rng: &mut Rng) -> u64 {
    let Some(mut stream) = target.connect() else {
        return 0;
    };
    // The server may have closed already.
    let _ = stream.write_all(&part_of_conversation(target.subject, rng));
    if rng.bool() {
        let _ = stream.set_read_timeout(Some(Duration::from_millis(20)));
        let mut buffer = [0; 1000];
        let _ = stream.read(buffer.split_at_mut(rng.usize(1..1000)).0);
    }
    reset(stream);
    1
}

/// Sends a part of a conversation, ends the sending side, and receives the rest.
pub(super) fn half_close(target: &Target<'_>, rng: &mut Rng) -> u64 {
    let Some(mut stream) = target.connect() else {
        return 0;
    };
    let _ = stream.write_all(&part_of_conversation(target.subject, rng));
    let _ = stream.shutdown(Shutdown::Write);
    take_all(stream);
    1
}

/// Sends what means nothing, and leaves in either way.
pub(super) fn random_bytes(target: &Target<'_>, rng: &mut Rng) -> u64 {
    let Some(mut stream) = target.connect() else {
        return 0;
    };
    let mut bytes = vec![0; rng.usize(1..=MOST_RANDOM)];
    rng.fill(&mut bytes);
    let _ = stream.write_all(&bytes);
    if rng.bool() {
        let _ = stream.shutdown(Shutdown::Write);
        take_all(stream);
    } else {
        reset(stream);
    }
    1
}

/// Many connections that leave as soon as they are there, in both ways to leave.
pub(super) fn flood(target: &Target<'_>, rng: &mut Rng) -> u64 {
    let timeout = Duration::from_millis(100);
    let address = target.load.address(target.subject);
    let connected: Vec<TcpStream> = (0..FLOOD)
        .map_while(|_| connect(address, timeout).ok())
        .collect();
    let events = connected.len();
    for stream in connected {
        if rng.bool() {
            reset(stream);
        }
    }
    events as u64
}

/// Receives until the server closes, or the timeout ends.
pub(super) fn take_all(mut stream: TcpStream) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(1..) = stream.read(&mut buffer) {}
}

/// The beginning of a conversation that an honest client might have, cut anywhere. Of it nothing
/// is stored for good: a message is never whole.
fn part_of_conversation(subject: Subject, rng: &mut Rng) -> Vec<u8> {
    let mut bytes = match subject {
        Subject::TcpServer => [b"\x40\0\0\x0bHello World".as_slice(), &[b'x'; 200]].concat(),
        Subject::Lab3 => b"\x80\x02}X\x04\0\0\0nameX\x04\0\0\0Joses.".repeat(5),
        Subject::Server if rng.bool() => b"\xae\x73\x01\x06\0\0\0nobody".to_vec(),
        Subject::Server => [
            b"\xae\x73\x02\x05\x06\x01\0aliceunread".as_slice(),
            &[b'x'; 255],
        ]
        .concat(),
        Subject::Mathserver | Subject::ServerS => vec![0; 12],
    };
    bytes.truncate(rng.usize(0..=bytes.len()));
    bytes
}

#[cfg(test)]
mod tests {
    use proto::message::Request;

    use super::*;

    #[test]
    fn no_message_is_ever_stored() {
        let mut rng = Rng::with_seed(1);
        for _ in 0..1000 {
            let bytes = part_of_conversation(Subject::Server, &mut rng);
            let parsed = Request::parse(&bytes);
            assert!(!matches!(parsed, Ok(Request::Create { .. })), "{bytes:?}");
        }
    }
}
