//! Clients of `lab3`: each must get its own port as its id, and an acknowledgement for each
//! object.

use std::net::SocketAddr;
use std::thread;

use bench::Error;
use bench::load::Connection;
use fastrand::Rng;
use proto::pickle::{Decoder, Plain, Value};

use super::{PAUSE, connect};
use crate::load::Load;
use crate::subject::Subject;

/// The acknowledgement (P-6), as Python would show it.
const ACKNOWLEDGEMENT: &str = "'server got the data'";

/// Objects as Python writes them, in protocols 0 to 4; in the last one, the same list twice.
const OBJECTS: [&[u8]; 6] = [
    b"(lp0\nI1\naI2\na.",
    b"\x80\x02}q\x00X\x04\x00\x00\x00nameq\x01X\x04\x00\x00\x00Joseq\x02s.",
    b"\x80\x03C\x03\x00\xff\x01q\x00.",
    b"\x80\x04\x95\x06\x00\x00\x00\x00\x00\x00\x00\x8f\x94(K\x01K\x02\x90.",
    b"N.",
    b"]q\x00h\x00\x86.",
];

/// One of them.
const OBJECT: &[u8] = b"N.";

/// Has one connection after another.
pub(crate) fn keep_telling(load: &Load<'_>) {
    let mut rng = Rng::new();
    while !load.is_over() {
        load.judge(Subject::Lab3, converse(load, &mut rng));
        thread::sleep(PAUSE);
    }
}

/// A connection with some batches of objects, those of a batch sent together.
fn converse(load: &Load<'_>, rng: &mut Rng) -> Result<(), Error> {
    let mut client = Client::connect(load.address(Subject::Lab3))?;
    for _ in 0..rng.usize(1..=20) {
        let count = rng.usize(1..=50);
        let objects: Vec<u8> = (0..count).flat_map(|_| draw_object(rng)).collect();
        client.connection.send(&objects)?;
        for _ in 0..count {
            client.expect_acknowledgement()?;
            load.counters.count_served(Subject::Lab3, 1);
        }
        thread::sleep(PAUSE);
    }
    client.end()
}

/// A connection with one object, for one who takes the time.
///
/// # Errors
/// [`Error`] if the id or the acknowledgement is not right.
pub(crate) fn tell_once(address: SocketAddr) -> Result<(), Error> {
    let mut client = Client::connect(address)?;
    client.connection.send(OBJECT)?;
    client.expect_acknowledgement()?;
    client.end()
}

struct Client {
    connection: Connection,
    decoder: Decoder,
    /// What was received and is not decoded yet.
    rest: Vec<u8>,
}

impl Client {
    /// Connects, and checks the id (P-3).
    fn connect(address: SocketAddr) -> Result<Self, Error> {
        let mut client = Self {
            connection: connect(address)?,
            decoder: Decoder::new(),
            rest: Vec::new(),
        };
        let port = client.connection.port()?;
        let expected = format!("{{'clientid': {port}}}");
        client.expect("the id", &expected)?;
        Ok(client)
    }

    fn expect_acknowledgement(&mut self) -> Result<(), Error> {
        self.expect("the acknowledgement", ACKNOWLEDGEMENT)
    }

    fn expect(&mut self, what: &str, expected: &str) -> Result<(), Error> {
        let got = self.receive()?.to_string();
        if got == expected {
            return Ok(());
        }
        Err(Error::wrong(what, expected, got))
    }

    fn receive(&mut self) -> Result<Value, Error> {
        loop {
            let mut input = &self.rest[..];
            let decoded = self.decoder.next(&mut input);
            self.rest = input.to_vec();
            match decoded {
                Ok(Some(object)) => return Ok(object),
                Ok(None) => {}
                Err(error) => return Err(Error::wrong("an object", "a pickle", error)),
            }
            let mut buffer = [0; 4096];
            let length = self.connection.receive(&mut buffer)?;
            if length == 0 {
                return Err(Error::wrong("an object", "a pickle", "the end"));
            }
            self.rest.extend(buffer.iter().take(length));
        }
    }

    /// Ends the sending side; the server must send nothing more.
    fn end(self) -> Result<(), Error> {
        self.connection.half_close()?;
        if !self.rest.is_empty() {
            return Err(Error::wrong("the end", "no bytes", self.rest.len()));
        }
        self.connection.expect_end()
    }
}

fn draw_object(rng: &mut Rng) -> Vec<u8> {
    let mut pickle = Vec::new();
    let text: String = (0..rng.usize(0..200)).map(|_| rng.char(..)).collect();
    match rng.u8(0..4) {
        0 => Plain::Int(rng.i64(..)).emit(&mut pickle),
        1 => Plain::Str(&text).emit(&mut pickle),
        2 => Plain::Dict(&[("text", Plain::Str(&text)), ("n", Plain::Int(rng.i64(..)))])
            .emit(&mut pickle),
        _ => pickle.extend_from_slice(rng.choice(OBJECTS).unwrap_or(OBJECT)),
    }
    pickle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_9_the_objects_are_plain_data() {
        let shown: Vec<String> = OBJECTS
            .iter()
            .map(|pickle| Decoder::new().next(&mut &pickle[..]).unwrap().unwrap())
            .map(|object| object.to_string())
            .collect();
        let expected = [
            "[1, 2]",
            "{'name': 'Jose'}",
            r"b'\x00\xff\x01'",
            "{1, 2}",
            "None",
            "([], [])",
        ];
        assert_eq!(shown, expected);
    }
}
