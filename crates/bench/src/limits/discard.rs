use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;

use cli::Output;
use proto::accio::{COMMAND, CONFIRMATION, SECOND_CONFIRMATION};
use rustix::net::{RecvFlags, recv};

use crate::Error;
use crate::limits::{Limit, listen};

/// What one call discards at most.
const BUFFER: usize = 256 * 1024;

/// The limit of a server that receives a file: on Linux the bytes never leave the kernel.
pub(super) const DISCARD: Limit = Limit {
    name: "discard",
    usage: "PORT  receives files as accio does, and prints how long each was",
    run,
};

fn run(arguments: &[OsString]) -> Result<(), Error> {
    let listener = listen(arguments)?;
    let output = Output::stdout()?;
    let mut buffer = vec![0; BUFFER];
    loop {
        let accepted = listener.accept();
        let (client, _) = accepted.map_err(Error::system("accepting a client"))?;
        if let Ok(count) = discard(client, &mut buffer) {
            output.line(count)?;
        }
    }
}

fn discard(mut client: TcpStream, buffer: &mut [u8]) -> io::Result<u64> {
    for confirmation in [CONFIRMATION, SECOND_CONFIRMATION] {
        client.write_all(COMMAND)?;
        client.read_exact(&mut vec![0; confirmation.len()])?;
    }
    receive(&client, buffer)
}

/// Receives and counts what comes until the end of the stream.
pub(crate) fn receive(client: &TcpStream, buffer: &mut [u8]) -> io::Result<u64> {
    let mut count = 0;
    loop {
        match recv(client, &mut *buffer, TRUNCATE)? {
            (_, 0) => return Ok(count),
            (_, length) => count += length as u64,
        }
    }
}

#[cfg(target_os = "linux")]
const TRUNCATE: RecvFlags = RecvFlags::TRUNC;
#[cfg(not(target_os = "linux"))]
const TRUNCATE: RecvFlags = RecvFlags::empty();
