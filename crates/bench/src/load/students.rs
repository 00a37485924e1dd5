//! Clients of `lab3`, each of which is told its id and sends one object.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use proto::pickle::Plain;

use crate::Error;
use crate::load::upload::expect_end;

/// A server that says nothing for so long never will.
const TIMEOUT: Duration = Duration::from_secs(20);

/// What a server says to each object (P-6).
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

/// What a server says first (P-3).
pub fn greeting(id: u16) -> Vec<u8> {
    pickle(&Plain::Dict(&[("clientid", Plain::Int(id.into()))]))
}

/// Clients come, `at_once` together, send one object each and nothing after it, until the time `round` is over, and at least once. Gives how
/// many there were, and the seconds that they took.
///
/// # Errors
/// [`Error::Wrong`], [`Error::System`].
pub fn come(address: SocketAddr, at_once: usize, round: Duration) -> Result<(usize, f64), Error> {
    let (student, acknowledgement) = (pickle(&STUDENT), pickle(&ACKNOWLEDGEMENT));
    let start = Instant::now();
    let mut count = 0;
    while count == 0 || start.elapsed() < round {
        let clients: Result<Vec<_>, _> = (0..at_once).map(|_| connect(address)).collect();
        let mut clients = clients?;
        for client in &mut clients {
            let id = client.local_addr().map_err(Error::system("connecting"))?;
            expect(client, &greeting(id.port()))?;
            client
                .write_all(&student)
                .and_then(|()| client.shutdown(Shutdown::Write))
                .map_err(Error::system("sending an object"))?;
        }
        for client in &mut clients {
            expect(client, &acknowledgement)?;
            expect_end(client)?;
            count += 1;
        }
    }
    Ok((count, start.elapsed().as_secs_f64()))
}

fn connect(address: SocketAddr) -> Result<TcpStream, Error> {
    let connected = TcpStream::connect(address);
    let client = connected.map_err(Error::system("connecting"))?;
    client
        .set_read_timeout(Some(TIMEOUT))
        .map_err(Error::system("connecting"))?;
    Ok(client)
}

/// Reads what the server must say now.
fn expect(client: &mut TcpStream, wanted: &[u8]) -> Result<(), Error> {
    let mut found = vec![0; wanted.len()];
    let read = client.read_exact(&mut found);
    read.map_err(Error::system("waiting for a pickle"))?;
    if found == wanted {
        return Ok(());
    }
    Err(Error::Wrong {
        who: "the pickle server".to_owned(),
        wanted: wanted.escape_ascii().to_string(),
        found: found.escape_ascii().to_string(),
    })
}
