//! A client of the server, and what the server prints about it.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use harness::{Event, Signal};

use crate::checks::pickle::{LONGEST, Object, Pickles};
use crate::conversation::shown;
use crate::{Outcome, Problem, Trial};

/// Long enough for the server to do something that has no visible sign but what it breaks.
pub(super) const A_MOMENT: Duration = Duration::from_millis(300);

/// A program that prints immediately has printed within this time; any other prints when it ends.
const PRINTS_AT_ONCE: Duration = Duration::from_secs(2);

/// `{'student_name': 'Ann Lee', 'github_username': 'ann7', 'sid': 918273645}`, as Python writes it.
pub(super) const STUDENT: &[u8] = b"\x80\x04\x95B\0\0\0\0\0\0\0}\x94(\x8c\x0cstudent_name\x94\
    \x8c\x07Ann Lee\x94\x8c\x0fgithub_username\x94\x8c\x04ann7\x94\x8c\x03sid\x94Jm\xbe\xbb6u.";

/// What the course's server prints about that student.
pub(super) const STUDENT_LINE: &str =
    "Connected: Student: Ann Lee, Github Username: ann7, sid: 918273645";

/// A client that has received its id, whatever that is.
pub(super) struct Client {
    pub(super) pickles: Pickles,
    pub(super) port: u16,
}

impl Client {
    pub(super) fn connect(trial: &Trial<'_>, address: SocketAddr) -> Result<Self, Problem> {
        let (client, _) = connect(trial, address)?;
        Ok(client)
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> Outcome {
        Ok(self.pickles.conversation.send(bytes)?)
    }

    /// Sends an object, and receives its acknowledgement, whatever that is.
    pub(super) fn tell(&mut self, trial: &Trial<'_>, pickle: &[u8]) -> Result<Object, Problem> {
        self.send(pickle)?;
        self.pickles.next(trial)
    }

    /// Gives a server that does not answer a moment to act.
    pub(super) fn pause(&mut self) {
        let _: Event = self.pickles.conversation.next_event(LONGEST, A_MOMENT);
    }
}

/// A new client, and the first object that it received.
pub(super) fn connect(trial: &Trial<'_>, address: SocketAddr) -> Result<(Client, Object), Problem> {
    let conversation = trial.connect(address)?;
    let port = conversation.local_address().port();
    let mut pickles = Pickles::new(conversation);
    let told = pickles.next(trial)?;
    Ok((Client { pickles, port }, told))
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
pub(super) fn text(text: &[u8]) -> Vec<u8> {
    [&b"\x80\x04\x8c"[..], &[text.len() as u8], text, b"\x94."].concat()
}

/// Checks that a line appears on standard output. A program that buffers its output is asked to
/// end, and flushes it then.
pub(super) fn expect_line(trial: &mut Trial<'_>, line: &str) -> Outcome {
    let wanted = format!("the line {}", shown(line.as_bytes()));
    expect_printed(trial, &wanted, |printed| {
        lines(printed).any(|found| found == line.as_bytes())
    })
}

/// Checks that these objects are acknowledged, and printed as Python shows them.
pub(super) fn are_shown(trial: &mut Trial<'_>, objects: &[(&[u8], &str)]) -> Outcome {
    let mut client = connected(trial)?;
    for (pickle, _) in objects {
        client.tell(trial, pickle)?;
    }
    for (_, repr) in objects {
        expect_line(trial, &format!("Client {}: {repr}", client.port))?;
    }
    Ok(())
}

/// Checks other contents of standard output in the way of [`expect_line`].
pub(super) fn expect_printed(
    trial: &mut Trial<'_>,
    wanted: &str,
    mut shows: impl FnMut(&[u8]) -> bool,
) -> Outcome {
    let timeout = trial.timeout();
    let process = trial.process()?;
    if process.wait_stdout(&mut shows, PRINTS_AT_ONCE).is_err() {
        process.signal_group(Signal::INT)?;
        // What it has printed counts, even if it does not end.
        let _ = process.wait_exit(timeout);
    }
    let printed = process.stdout();
    if shows(&printed) {
        return Ok(());
    }
    Err(Problem::broken(
        format!("{wanted} on standard output, at the latest after SIGINT"),
        last(&printed),
    ))
}

/// The lines, without blanks around them.
pub(super) fn lines(printed: &[u8]) -> impl Iterator<Item = &[u8]> {
    printed.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii)
}

/// The last line that was printed, to show beside what was expected.
pub(super) fn last(printed: &[u8]) -> String {
    let line = lines(printed).filter(|line| !line.is_empty()).last();
    match line {
        Some(line) => format!("the last line is {}", shown(line)),
        None => "nothing is printed".to_owned(),
    }
}
