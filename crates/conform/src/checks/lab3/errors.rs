//! Clients that do something wrong, and who comes after them.

use std::thread;
use std::time::Duration;

use harness::{Event, Signal};

use super::client::{A_MOMENT, Client, connected, goes_on, text};
use crate::conversation::shown;
use crate::{Outcome, Problem, Trial};

/// Byte for byte nothing that a pickle could begin with.
const NO_PICKLE: &[u8] = b"\xff\xfe\xfdGET / HTTP/1.1\r\n\r\n";

/// What a server does about an error it has done by then, if it does not say so by closing.
const A_WHILE: Duration = Duration::from_secs(1);

pub(super) fn no_pickle(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    for bytes in [NO_PICKLE, b".", b"hello, server!\n"] {
        let mut client = Client::connect(trial, address)?;
        client.send(bytes)?;
        client.pause();
        drop(client);
        goes_on(trial, address)?;
    }
    Ok(())
}

pub(super) fn leaves_at_once(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    for _ in 0..3 {
        trial.connect(address).map(drop)?;
    }
    goes_on(trial, address)
}

pub(super) fn leaves_inside_pickle(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let mut client = Client::connect(trial, address)?;
    client.send(b"\x80\x04\x95B\0\0\0\0\0\0\0}\x94(\x8c\x0cstud")?;
    drop(client);
    goes_on(trial, address)
}

pub(super) fn resets(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let client = Client::connect(trial, address)?;
    client.pickles.conversation.reset()?;
    goes_on(trial, address)
}

/// What is printed about a client that sends no pickle is compared with what is printed about one
/// that is silent.
pub(super) fn reported(trial: &mut Trial<'_>) -> Outcome {
    let ordinary = console(trial, b"")?;
    let with_error = console(trial, NO_PICKLE)?;
    if with_error != ordinary {
        return Ok(());
    }
    Err(Problem::broken(
        "a text about the error, on either output, at the latest after SIGINT",
        format!(
            "the same as without the error: {}",
            shown(with_error.as_bytes())
        ),
    ))
}

/// All that the server prints about a client that sends this, up to its end; without numbers, which
/// differ between any two clients.
fn console(trial: &mut Trial<'_>, bytes: &[u8]) -> Result<String, Problem> {
    let timeout = trial.timeout();
    let mut client = connected(trial)?;
    client.send(bytes)?;
    let _: Event = client.pickles.conversation.next_event(1, A_WHILE);
    // It may close first and print then.
    thread::sleep(A_MOMENT);
    let process = trial.process()?;
    process.signal_group(Signal::INT)?;
    // What it has printed counts, even if it does not end.
    let _ = process.wait_exit(timeout);
    let printed = [process.stdout(), process.stderr()].concat();
    let mut text = String::from_utf8_lossy(&printed).into_owned();
    text.retain(|character| !character.is_ascii_digit());
    Ok(text)
}

pub(super) fn reported_with_id(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let mut client = connected(trial)?;
    client.send(NO_PICKLE)?;
    let id = client.port.to_string();
    let process = trial.process()?;
    let has_id = |printed: &[u8]| String::from_utf8_lossy(printed).contains(&id);
    process.wait_stderr(has_id, timeout).map_err(|_| {
        let expected = format!("a text with {id} on standard error");
        Problem::broken(expected, shown(&process.stderr()))
    })
}

pub(super) fn closed(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    client.send(NO_PICKLE)?;
    client.pickles.conversation.expect_gone()
}

pub(super) fn acknowledged_before(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    // What comes behind the error must not make the close a reset, which takes the
    // acknowledgement with it.
    let bytes = [&text(b"before")[..], NO_PICKLE, &[b'N'; 50_000]].concat();
    // It may close before it has taken all.
    let _ = client.pickles.conversation.send(&bytes);
    client.pickles.next(trial)?;
    client.pickles.conversation.expect_gone()
}
