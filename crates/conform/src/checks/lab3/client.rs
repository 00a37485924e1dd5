//! A client of the server, and what the server prints about it.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use harness::Event;

use crate::checks::pickle::{LONGEST, Object, receive};
use crate::{Conversation, Outcome, Problem, Trial};

/// Long enough for the server to do something that has no visible sign but what it breaks.
pub(super) const A_MOMENT: Duration = Duration::from_millis(300);

/// A student, as Python writes the dictionary, and the line that the course's server prints.
pub(crate) struct Student {
    pub(crate) pickle: Vec<u8>,
    pub(crate) line: String,
}

impl Student {
    pub(super) fn random(trial: &mut Trial<'_>) -> Self {
        let (name, username) = (word(trial), word(trial));
        let sid = trial.random().i32(100_000..=i32::MAX);
        Self::new(&name, &username, sid)
    }

    /// Of a name and a username of up to 255 bytes each.
    pub(crate) fn new(name: &str, username: &str, sid: i32) -> Self {
        let pickle = [
            b"\x80\x04}\x94(\x8c\x0cstudent_name\x94\x8c",
            &counted(name)[..],
            b"\x94\x8c\x0fgithub_username\x94\x8c",
            &counted(username),
            b"\x94\x8c\x03sid\x94J",
            &sid.to_le_bytes(),
            b"u.",
        ];
        Self {
            pickle: pickle.concat(),
            line: format!("Connected: Student: {name}, Github Username: {username}, sid: {sid}"),
        }
    }
}

/// A few letters.
pub(in crate::checks) fn word(trial: &mut Trial<'_>) -> String {
    let random = trial.random();
    (0..random.usize(4..=12))
        .map(|_| random.lowercase())
        .collect()
}

fn counted(text: &str) -> Vec<u8> {
    [&[text.len() as u8], text.as_bytes()].concat()
}

/// A client that has received its id, whatever that is.
pub(super) struct Client {
    pub(super) conversation: Conversation,
    pub(super) port: u16,
}

impl Client {
    pub(super) fn connect(trial: &Trial<'_>, address: SocketAddr) -> Result<Self, Problem> {
        let (client, _) = connect(trial, address)?;
        Ok(client)
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> Outcome {
        Ok(self.conversation.send(bytes)?)
    }

    /// Sends an object, and receives its acknowledgement, whatever that is.
    pub(super) fn tell(&mut self, pickle: &[u8]) -> Result<Object, Problem> {
        self.send(pickle)?;
        receive(&mut self.conversation)
    }

    /// Gives a server that answers nothing a moment to do what it does.
    pub(super) fn pause(&mut self) {
        let _: Event = self.conversation.glance(LONGEST, A_MOMENT);
    }
}

/// A new client, and the first object that it received.
pub(super) fn connect(trial: &Trial<'_>, address: SocketAddr) -> Result<(Client, Object), Problem> {
    let mut conversation = trial.connect(address)?;
    let port = conversation.local_address().port();
    let told = receive(&mut conversation)?;
    Ok((Client { conversation, port }, told))
}

/// Starts the server, and connects to it.
pub(super) fn connected(trial: &mut Trial<'_>) -> Result<Client, Problem> {
    let address = trial.serve()?;
    Client::connect(trial, address)
}

/// Checks that one more client receives its id: the server goes on.
pub(super) fn is_served(trial: &Trial<'_>, address: SocketAddr) -> Outcome {
    Client::connect(trial, address).map(drop)
}

/// The same a moment later: a server that serves clients concurrently may end only after this one
/// has connected.
pub(super) fn goes_on(trial: &Trial<'_>, address: SocketAddr) -> Outcome {
    is_served(trial, address)?;
    thread::sleep(A_MOMENT);
    is_served(trial, address)
}

/// A text, up to 255 bytes of it, as a pickle.
pub(crate) fn text(text: &[u8]) -> Vec<u8> {
    [&b"\x80\x04\x8c"[..], &[text.len() as u8], text, b"\x94."].concat()
}

/// That this line is printed.
pub(super) fn expect_line(trial: &mut Trial<'_>, line: &str) -> Outcome {
    expect_lines(trial, 1, line)
}

/// That this line is printed so many times.
pub(super) fn expect_lines(trial: &mut Trial<'_>, times: usize, line: &str) -> Outcome {
    let expected = match times {
        1 => format!("the line \"{line}\""),
        times => format!("{times} lines \"{line}\""),
    };
    trial.wait_printed(&expected, |printed| {
        let found = printed.lines().filter(|found| found.trim() == line);
        found.count() >= times
    })
}

/// Checks that these objects are acknowledged, and printed as Python shows them.
pub(super) fn are_shown(trial: &mut Trial<'_>, objects: &[(&[u8], &str)]) -> Outcome {
    let mut client = connected(trial)?;
    for (pickle, _) in objects {
        client.tell(pickle)?;
    }
    for (_, repr) in objects {
        expect_line(trial, &format!("Client {}: {repr}", client.port))?;
    }
    Ok(())
}
