use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;

use cli::Output;
use proto::accio::{COMMAND, CONFIRMATION, SECOND_CONFIRMATION};
use proto::action::RequestHeader;
use rustix::net::{RecvFlags, recv};

use crate::limits::{Limit, serve};
use crate::load::messages::full_response;
use crate::load::students::{ACKNOWLEDGEMENT, greeting, pickle};

/// Enough for any request of the message protocol.
const REQUEST: usize = 128 * 1024;

/// The limit of a server whose response is as long as the request.
pub(super) const ECHO: Limit = Limit {
    name: "echo",
    usage: "PORT  sends back what it receives, one client after another",
    run: |line| serve(line, |client, _| echo(client)),
};

fn echo(mut client: TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match client.read(&mut buffer)? {
            0 => return Ok(()),
            count => client.write_all(&buffer[..count])?,
        }
    }
}

/// The limit of a server that has to have a whole text before it can answer.
pub(super) const WHOLE: Limit = Limit {
    name: "whole",
    usage: "PORT  receives a whole request of tcp_server, and sends it back",
    run: |line| {
        // Kept from request to request: its memory is made once.
        let mut buffer = Vec::new();
        serve(line, |client, _| whole(client, &mut buffer))
    },
};

fn whole(mut client: TcpStream, buffer: &mut Vec<u8>) -> io::Result<()> {
    client.set_nodelay(true)?;
    loop {
        let mut header = [0; RequestHeader::LEN];
        client.read_exact(&mut header)?;
        let length = RequestHeader::parse(header).length() as usize;
        buffer.resize(buffer.len().max(header.len() + length), 0);
        let (place, data) = buffer[..header.len() + length].split_at_mut(header.len());
        place.copy_from_slice(&header);
        client.read_exact(data)?;
        client.write_all(&buffer[..header.len() + length])?;
    }
}

/// The limit of a server that receives a file: on Linux the bytes never leave the kernel.
pub(super) const DISCARD: Limit = Limit {
    name: "discard",
    usage: "PORT  receives files as accio does, and prints how long each was",
    run: |line| {
        let output = Output::stdout()?;
        let mut buffer = vec![0; 256 * 1024];
        serve(line, |mut client, _| {
            for confirmation in [CONFIRMATION, SECOND_CONFIRMATION] {
                client.write_all(COMMAND)?;
                client.read_exact(&mut vec![0; confirmation.len()])?;
            }
            let count = receive(&client, &mut buffer)?;
            output.line(count).map_err(io::Error::other)
        })
    },
};

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

/// The limit of a server that takes a request to which there is no response.
pub(super) const CLOSE: Limit = Limit {
    name: "close",
    usage: "PORT  accepts, reads once, and closes",
    run: |line| {
        let mut buffer = vec![0; REQUEST];
        serve(line, |mut client, _| client.read(&mut buffer).map(drop))
    },
};

/// The limit of a server that is asked for messages: the response is there already.
pub(super) const CANNED: Limit = Limit {
    name: "canned",
    usage: "PORT  accepts, reads once, answers with 255 messages of 1 KiB, and closes",
    run: |line| {
        let response = full_response()?;
        let mut buffer = vec![0; REQUEST];
        serve(line, |mut client, _| {
            let _ = client.read(&mut buffer)?;
            client.write_all(&response)
        })
    },
};

/// The limit of a server that greets a client, takes an object, and acknowledges it.
pub(super) const TALK: Limit = Limit {
    name: "talk",
    usage: "PORT  accepts, writes a client's id, reads once, acknowledges, and closes",
    run: |line| {
        let acknowledgement = pickle(&ACKNOWLEDGEMENT);
        let mut buffer = vec![0; 4096];
        serve(line, |mut client, address| {
            client.set_nodelay(true)?;
            client.write_all(&greeting(address.port()))?;
            let _ = client.read(&mut buffer)?;
            client.write_all(&acknowledgement)
        })
    },
};
