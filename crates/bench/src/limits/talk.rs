use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;

use crate::Error;
use crate::limits::{Limit, listen};
use crate::load::students::{ACKNOWLEDGEMENT, greeting, pickle};

/// Enough for any object.
const BUFFER: usize = 4096;

/// The limit of a server that greets a client, takes an object, and acknowledges it.
pub(super) const TALK: Limit = Limit {
    name: "talk",
    usage: "PORT  accepts, writes a client's id, reads once, acknowledges, and closes",
    run,
};

fn run(arguments: &[OsString]) -> Result<(), Error> {
    let listener = listen(arguments)?;
    let acknowledgement = pickle(&ACKNOWLEDGEMENT);
    let mut buffer = vec![0; BUFFER];
    loop {
        let accepted = listener.accept();
        let (client, peer) = accepted.map_err(Error::system("accepting a client"))?;
        // What becomes of one client is its own affair.
        let _ = talk(client, peer.port(), &acknowledgement, &mut buffer);
    }
}

fn talk(
    mut client: TcpStream,
    id: u16,
    acknowledgement: &[u8],
    buffer: &mut [u8],
) -> io::Result<()> {
    client.set_nodelay(true)?;
    client.write_all(&greeting(id))?;
    let _ = client.read(buffer)?;
    client.write_all(acknowledgement)
}
