//! Clients that ask for long responses and never read them, or not to the end.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use fastrand::Rng;

use super::Target;
use crate::connect::{connect_without_room, reset};
use crate::honest::unread;
use crate::subject::Subject;

/// So many connect together.
const CLIENTS: usize = 3;

/// What a server does not take within this time, it is not to take: it waits for the client.
const TIMEOUT: Duration = Duration::from_millis(300);

/// How long they stay: some are torn down, and some stay longer than `server` waits (C-11).
const LONGEST_STAY: u64 = 1500;

/// Some clients send all their questions, stay for a while, and tear their connections down.
pub(super) fn ask_and_never_read(target: &Target<'_>, rng: &mut Rng) -> u64 {
    let questions = questions(target.subject);
    let address = target.load.address(target.subject);
    let slow_reader: Vec<TcpStream> = (0..CLIENTS)
        .filter_map(|_| connect_without_room(address, TIMEOUT).ok())
        .collect();
    for mut stream in &slow_reader {
        // The server need not take all of it.
        let _ = stream.write_all(&questions);
    }
    thread::sleep(Duration::from_millis(rng.u64(0..LONGEST_STAY)));
    let events = slow_reader.len();
    slow_reader.into_iter().for_each(reset);
    events as u64
}

/// Asks, takes the beginning of the answer, and resets the connection.
pub(super) fn read_a_little_and_reset(target: &Target<'_>, _: &mut Rng) -> u64 {
    let Some(mut stream) = target.connect() else {
        return 0;
    };
    let questions = questions(target.subject);
    // A message server is asked one thing; of the others, a few answers are enough to leave.
    let asked = match target.subject {
        Subject::Server => questions.len(),
        _ => questions.len() / 64,
    };
    let _ = stream.write_all(&questions[..asked]);
    let _ = stream.read(&mut [0; 100]);
    reset(stream);
    1
}

/// What has long answers.
fn questions(subject: Subject) -> Vec<u8> {
    match subject {
        Subject::TcpServer => {
            let request = [b"\x20\x01\0\0".as_slice(), &[b'x'; 1 << 16]].concat();
            request.repeat(64)
        }
        Subject::Lab3 => b"N.".repeat(200_000),
        Subject::Server => [b"\xae\x73\x01\x06\0\0\0", unread::NAME].concat(),
        Subject::Mathserver | Subject::ServerS => vec![0; 1 << 20],
    }
}

#[cfg(test)]
mod tests {
    use proto::message::Request;

    use super::*;

    #[test]
    fn the_unread_messages_are_requested() {
        let request = questions(Subject::Server);
        let name = unread::NAME;
        assert_eq!(Request::parse(&request), Ok(Request::Read { name }));
    }
}
