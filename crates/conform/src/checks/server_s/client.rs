//! The client's side of an exchange, and what the server prints about it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use harness::{Event, Signal};

use crate::conversation::shown;
use crate::{Conversation, Outcome, Problem, Trial};

pub(in crate::checks) const COMMAND: &[u8] = b"accio\r\n";
pub(in crate::checks) const FIRST: &[u8] = b"confirm-accio\r\n";
pub(in crate::checks) const SECOND: &[u8] = b"confirm-accio-again\r\n\r\n";
pub(super) const HEADER: &[u8] = b"confirm-accio\r\nconfirm-accio-again\r\n\r\n";

/// No limit of the assignment, but who needs longer for anything hangs.
pub(in crate::checks) const LIMIT: Duration = Duration::from_secs(15);

/// What a server does wrongly because it does not wait, it does within this.
pub(in crate::checks) const A_MOMENT: Duration = Duration::from_millis(300);

/// Many servers take what one `recv` returns for one confirmation: between the second one and the
/// file is this pause, where it is not just that which is tried.
pub(super) const APART: Duration = Duration::from_millis(100);

/// A program that prints at once has printed within this; another one prints when it ends.
const PRINTS_AT_ONCE: Duration = Duration::from_secs(2);

/// Bytes of every value, so many of them.
pub(in crate::checks) fn binary_file(length: usize) -> Vec<u8> {
    let every_value: Vec<u8> = (0..=u8::MAX).collect();
    let mut file = every_value.repeat(length.div_ceil(every_value.len()));
    file.truncate(length);
    file
}

/// A client that was served up to where its file is expected.
pub(super) fn shake_hands(trial: &Trial<'_>, address: SocketAddr) -> Result<Conversation, Problem> {
    let mut client = trial.connect(address)?;
    client.expect(COMMAND)?;
    client.send(FIRST)?;
    client.expect(COMMAND)?;
    client.send(SECOND)?;
    client.expect_silence(APART)?;
    Ok(client)
}

/// Ends the file, and waits until the server has closed too.
pub(super) fn end_file(client: &mut Conversation) -> Outcome {
    client.shutdown_write()?;
    wait_gone(client, Instant::now(), LIMIT).map(drop)
}

/// A whole exchange.
pub(super) fn send_file(trial: &Trial<'_>, address: SocketAddr, file: &[u8]) -> Outcome {
    let mut client = shake_hands(trial, address)?;
    client.send(file)?;
    end_file(&mut client)
}

/// Waits until the server gives the connection up, whatever it says before, and returns how long
/// after `since` that was.
pub(super) fn wait_gone(
    client: &mut Conversation,
    since: Instant,
    within: Duration,
) -> Result<Duration, Problem> {
    const AT_ONCE: usize = 1024;
    loop {
        match client.next_event(AT_ONCE, within.saturating_sub(since.elapsed())) {
            Event::Closed | Event::Reset => return Ok(since.elapsed()),
            Event::Data(_) if since.elapsed() < within => {}
            event => {
                return Err(Problem::broken(
                    format!(
                        "the server closes or resets the connection within {} seconds",
                        within.as_secs()
                    ),
                    event.to_string(),
                ));
            }
        }
    }
}

/// That the server prints this number as a line of its own, sooner or later.
pub(super) fn expect_number(trial: &mut Trial<'_>, number: usize) -> Outcome {
    let line = number.to_string();
    expect_printed(trial, &format!("the number {line}"), |printed| {
        has_line(printed, line.as_bytes())
    })
}

/// That what is wanted shows on standard output. Who keeps in a buffer what it prints is asked to
/// end, and gives it out then.
pub(super) fn expect_printed(
    trial: &mut Trial<'_>,
    wanted: &str,
    mut shows: impl FnMut(&[u8]) -> bool,
) -> Outcome {
    let process = trial.process()?;
    if process.wait_stdout(&mut shows, PRINTS_AT_ONCE).is_err() {
        process.signal_group(Signal::TERM)?;
        // What it has printed counts, even if it does not end.
        let _ = process.wait_exit(LIMIT);
    }
    let printed = process.stdout();
    if shows(&printed) {
        return Ok(());
    }
    Err(Problem::broken(
        format!("{wanted} on standard output, at the latest after SIGTERM"),
        shown(&printed),
    ))
}

/// Whether a line is just this, blanks aside.
pub(super) fn has_line(printed: &[u8], wanted: &[u8]) -> bool {
    lines(printed).any(|line| line == wanted)
}

/// The lines, without blanks around them.
pub(super) fn lines(printed: &[u8]) -> impl Iterator<Item = &[u8]> {
    printed.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii)
}
