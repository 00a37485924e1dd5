use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;

use crate::Error;
use crate::limits::{Limit, listen};

/// What one read takes at most.
const BUFFER: usize = 64 * 1024;

/// The limit of a server that answers with as many bytes as it was asked with.
pub(super) const ECHO: Limit = Limit {
    name: "echo",
    usage: "PORT  sends back what it receives, one client after another",
    run,
};

fn run(arguments: &[OsString]) -> Result<(), Error> {
    let listener = listen(arguments)?;
    loop {
        let accepted = listener.accept();
        let (client, _) = accepted.map_err(Error::system("accepting a client"))?;
        // What becomes of one client is its own affair.
        let _ = echo(client);
    }
}

fn echo(mut client: TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = client.read(&mut buffer)?;
        match buffer.get(..count) {
            Some(received) if count > 0 => client.write_all(received)?,
            _ => return Ok(()),
        }
    }
}
