//! Requests, received and checked.

use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;
use std::process;
use std::time::{Duration, Instant};

use super::wrong;

pub(super) struct Request {
    pub(super) creates: bool,
    pub(super) name: Vec<u8>,
    pub(super) receiver: Vec<u8>,
    pub(super) text: Vec<u8>,
}

pub(super) fn read_request(fault: &str, client: &mut TcpStream) -> io::Result<Request> {
    let mut within = Within {
        fault,
        deadline: Instant::now() + waits(fault),
    };
    let header = within.receive(client, 7)?;
    let [m0, m1, id, name, receiver, t0, t1] = header[..] else {
        return wrong("no header");
    };
    let length = match fault {
        "MessageLen is little-endian" => u16::from_le_bytes([t0, t1]),
        _ => u16::from_be_bytes([t0, t1]),
    };
    if [m0, m1] != [0xae, 0x73] {
        match fault {
            "any MagicNo is good" => {}
            "it ends on a wrong MagicNo" => process::exit(101),
            _ => return wrong("MagicNo"),
        }
    }
    if ![1, 2].contains(&id) && fault != "any ID is good" {
        return wrong("ID");
    }
    let creates = if fault == "any ID is good" {
        receiver > 0
    } else {
        id == 2
    };
    if name == 0 && fault != "any NameLen is good" {
        return wrong("NameLen");
    }
    if (receiver > 0) != creates && fault != "any ReceiverLen is good" {
        return wrong("ReceiverLen");
    }
    if (length > 0) != creates && fault != "any MessageLen is good" {
        return wrong("MessageLen");
    }
    if length > 60_000 && fault == "a text has 60,000 bytes at most" {
        return wrong("the text is too long");
    }
    if name == 1 && fault == "a name has two bytes at least" {
        return wrong("the name is too short");
    }
    let name = within.receive(client, name.into())?;
    if fault == "names are UTF-8" {
        String::from_utf8(name.clone()).map_err(io::Error::other)?;
    }
    let receiver = within.receive(client, receiver.into())?;
    let mut text = within.receive(client, length.into())?;
    if fault == "texts are trimmed" {
        text = text.trim_ascii().to_vec();
    }
    look_behind(fault, client)?;
    Ok(Request {
        creates,
        name,
        receiver,
        text,
    })
}

/// Whether something else is there, or the end.
fn look_behind(fault: &str, client: &TcpStream) -> io::Result<()> {
    client.set_nonblocking(true)?;
    let behind = client.peek(&mut [0]);
    client.set_nonblocking(false)?;
    match behind {
        Ok(0) if fault == "a client has to stay" => wrong("the client has gone"),
        Ok(1) if fault != "a surplus is overlooked" => wrong("more than announced"),
        _ => Ok(()),
    }
}

fn waits(fault: &str) -> Duration {
    match fault {
        "requests are waited for forever" => Duration::from_secs(1000),
        "requests are waited for half a second" => Duration::from_millis(500),
        "requests are waited for a twentieth of a second" => Duration::from_millis(50),
        _ => Duration::from_secs(1),
    }
}

struct Within<'a> {
    fault: &'a str,
    deadline: Instant,
}

impl Within<'_> {
    fn receive(&mut self, client: &mut TcpStream, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        let mut filled = 0;
        while filled < count {
            if self.fault == "each part of a request may take a second" {
                self.deadline = Instant::now() + waits(self.fault);
            }
            let left = self.deadline.saturating_duration_since(Instant::now());
            client.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
            match client.read(&mut bytes[filled..])? {
                0 if self.fault == "what has come of a message is stored" && filled > 0 => break,
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                read if self.fault == "a header comes in one piece" && read < count => {
                    return wrong("a piece of a header");
                }
                read => filled += read,
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }
}
