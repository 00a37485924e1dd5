//! Clients that send half of a large request and stall: they hold memory for which others may wait
//! (T-18, P-8).

use std::io::Write as _;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use fastrand::Rng;

use super::Target;
use crate::connect::{connect, reset};
use crate::subject::Subject;

/// So many stall together. They leave a part of what all may use: honest clients here send much
/// before they take anything, and would be taken for stalled if they had to wait for long.
const CLIENTS: usize = 2;

/// What a server does not take within this time, it is not to take: the client waits for memory.
const TIMEOUT: Duration = Duration::from_millis(300);

/// How long they stay, at most: beside others that wait, a server ends those that it takes for
/// stalled sooner.
const LONGEST_STAY: u64 = 6000;

/// Some clients send half of a large request each, stay for a while, and tear their connections
/// down.
pub(super) fn send_half(target: &Target<'_>, rng: &mut Rng) -> u64 {
    let Some(request) = large_request(target.subject) else {
        return 0;
    };
    let half = &request[..request.len() / 2];
    let address = target.load.address(target.subject);
    let mut stalled: Vec<TcpStream> = (0..CLIENTS)
        .filter_map(|_| connect(address, TIMEOUT).ok())
        .collect();
    for stream in &mut stalled {
        let _ = stream.write_all(half);
    }
    thread::sleep(Duration::from_millis(rng.u64(0..LONGEST_STAY)));
    let events = stalled.len();
    stalled.into_iter().for_each(reset);
    events as u64
}

/// A request that takes a share of the server's memory.
fn large_request(subject: Subject) -> Option<Vec<u8>> {
    match subject {
        // To be reversed, 24 MiB.
        Subject::TcpServer => Some([b"\x21\x80\0\0".as_slice(), &vec![b'x'; 24 << 20]].concat()),
        // None, memoized a million times: 16 bytes for each.
        Subject::Lab3 => Some([b"N".as_slice(), &vec![0x94; 1_000_000], b"."].concat()),
        _ => None,
    }
}
