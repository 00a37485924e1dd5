//! Clients of `lab3`, each of which is told its id and sends one object.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use proto::pickle::Plain;

use crate::Error;
use crate::load::Connection;

/// What a server sends for each object (P-6).
pub const ACKNOWLEDGEMENT: Plain<'_> = Plain::Str("server got the data");

/// What each client sends (PC-1).
const STUDENT: Plain<'_> = Plain::Dict(&[
    ("student_name", Plain::Str("Jose")),
    ("github_username", Plain::Str("jose")),
    ("sid", Plain::Int(123_456)),
]);

/// An object's pickle.
pub fn pickle(object: &Plain<'_>) -> Vec<u8> {
    let mut pickle = Vec::new();
    object.emit(&mut pickle);
    pickle
}

/// What a server sends first (P-3).
pub fn greeting(id: u16) -> Vec<u8> {
    pickle(&Plain::Dict(&[("clientid", Plain::Int(id.into()))]))
}

/// Clients connect, `concurrent` of them together, send one object each and nothing after it, until
/// the time `round` is over, and at least once. Returns how many there were, and the seconds that
/// they took.
///
/// # Errors
/// [`Error::Wrong`], [`Error::System`].
pub fn connect(
    address: SocketAddr,
    concurrent: usize,
    round: Duration,
) -> Result<(usize, f64), Error> {
    let (student, acknowledgement) = (pickle(&STUDENT), pickle(&ACKNOWLEDGEMENT));
    let start = Instant::now();
    let mut count = 0;
    while count == 0 || start.elapsed() < round {
        let clients: Result<Vec<_>, _> = (0..concurrent)
            .map(|_| Connection::connect(address))
            .collect();
        let clients = clients?;
        for client in &clients {
            client.expect("the client's id", &greeting(client.port()?))?;
            client.send(&student)?;
            client.half_close()?;
        }
        for client in &clients {
            client.expect("the acknowledgement", &acknowledgement)?;
            client.expect_end()?;
            count += 1;
        }
    }
    Ok((count, start.elapsed().as_secs_f64()))
}
