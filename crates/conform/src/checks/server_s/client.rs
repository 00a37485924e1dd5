//! The client's side of an exchange, and what the server prints about it.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use harness::Event;

use crate::{Conversation, Outcome, Problem, Trial};

pub(crate) const COMMAND: &[u8] = b"accio\r\n";
pub(crate) const FIRST: &[u8] = b"confirm-accio\r\n";
pub(crate) const SECOND: &[u8] = b"confirm-accio-again\r\n\r\n";
pub(crate) const HEADER: &[u8] = b"confirm-accio\r\nconfirm-accio-again\r\n\r\n";

/// No limit of the assignment, but who needs longer for anything hangs.
pub(in crate::checks) const LIMIT: Duration = Duration::from_secs(15);

/// What a server does wrongly because it does not wait, it does within this.
pub(in crate::checks) const A_MOMENT: Duration = Duration::from_millis(300);

/// Many servers take what one `recv` returns for one confirmation: between the second one and the
/// file is this pause, where it is not just that which is tried.
const APART: Duration = Duration::from_millis(100);

/// About 500 bytes, as the assignment says.
pub(super) const SMALL: RangeInclusive<usize> = 450..=550;

/// A file of random bytes.
pub(in crate::checks) fn random_file(
    trial: &mut Trial<'_>,
    lengths: RangeInclusive<usize>,
) -> Vec<u8> {
    let mut file = vec![0; trial.random().usize(lengths)];
    trial.random().fill(&mut file);
    file
}

/// A client that was served up to where its file is expected.
pub(super) fn shake_hands(trial: &Trial<'_>, address: SocketAddr) -> Result<Conversation, Problem> {
    let mut client = trial.connect(address)?;
    client.expect_bytes(COMMAND)?;
    confirm(&mut client)?;
    Ok(client)
}

/// Confirms twice. Whether the server sends its second command in between is the matter of A-1/2:
/// here the client only gives it time to.
pub(super) fn confirm(client: &mut Conversation) -> Outcome {
    const SECOND_COMMAND: Duration = Duration::from_secs(2);
    client.send(FIRST)?;
    stays(client, COMMAND.len(), SECOND_COMMAND)?;
    client.send(SECOND)?;
    stays(client, COMMAND.len(), APART)
}

/// Waits for what the server may send, or until the time is over. It has no reason to close.
fn stays(client: &mut Conversation, most: usize, within: Duration) -> Outcome {
    match client.glance(most, within) {
        Event::Data(_) | Event::Silence => Ok(()),
        event => Err(Problem::broken(
            "the server keeps the connection until the client ends it",
            event.to_string(),
        )),
    }
}

/// Sends the file and ends the sending side, as a client that has sent everything.
///
/// When the server closes its side is the matter of A-13/4; a reset says that it did not take all.
pub(super) fn send_file(client: &mut Conversation, file: &[u8]) -> Outcome {
    client.send(file)?;
    end_file(client)
}

/// Ends the sending side.
pub(super) fn end_file(client: &mut Conversation) -> Outcome {
    client.shutdown_write()?;
    match client.glance(1, A_MOMENT) {
        Event::Reset | Event::Failed(_) => Err(Problem::broken(
            "the server receives the file to its end",
            "it reset the connection",
        )),
        _ => Ok(()),
    }
}

/// A whole exchange with a client that stays until the caller drops it.
pub(super) fn exchange(
    trial: &Trial<'_>,
    address: SocketAddr,
    file: &[u8],
) -> Result<Conversation, Problem> {
    let mut client = shake_hands(trial, address)?;
    send_file(&mut client, file)?;
    Ok(client)
}

/// Waits until the server gives the connection up, whatever it sends before, and returns how long
/// after `since` that was.
pub(super) fn wait_gone(
    client: &mut Conversation,
    since: Instant,
    within: Duration,
) -> Result<Duration, Problem> {
    loop {
        match client.next_event(1024, within.saturating_sub(since.elapsed())) {
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

/// That the server prints this number as a line of its own.
pub(super) fn expect_number(trial: &mut Trial<'_>, number: usize) -> Outcome {
    let outcome = expect_line(trial, &number.to_string());
    let Err(Problem::Broken { expected, happened }) = outcome else {
        return outcome;
    };
    let printed = trial.printed()?;
    let happened = if has_line(&printed, &(number + HEADER.len()).to_string()) {
        format!("{happened}: the header is counted too")
    } else if printed.contains(&number.to_string()) {
        format!("{happened}: the number is not alone on its line")
    } else {
        happened
    };
    Err(Problem::Broken { expected, happened })
}

/// That the server prints this as a line of its own.
pub(super) fn expect_line(trial: &mut Trial<'_>, line: &str) -> Outcome {
    trial.wait_printed(&format!("the line \"{line}\""), |printed| {
        has_line(printed, line)
    })
}

/// Whether a line is just this, blanks aside.
pub(super) fn has_line(printed: &str, wanted: &str) -> bool {
    printed.lines().any(|line| line.trim() == wanted)
}
