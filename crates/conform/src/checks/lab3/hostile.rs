//! Pickles of somebody who means harm. All of them are small enough to do little to a server that
//! takes them.

use std::net::SocketAddr;
use std::path::Path;

use super::client::{Client, are_shown, is_served};
use crate::checks::hostile;
use crate::conversation::shown;
use crate::{Outcome, Problem, Trial};

/// The most memory that a client may cost (P-8).
const MOST: u64 = 16 << 20;

/// Sends a pickle that is to be refused: the connection ends, without an acknowledgement.
fn refuse(trial: &Trial<'_>, address: SocketAddr, pickle: &[u8]) -> Outcome {
    let mut client = Client::connect(trial, address)?;
    // It may close before it has taken all.
    let _ = client.pickles.conversation.send(pickle);
    client.pickles.conversation.expect_gone()
}

/// The same, and then somebody else is served.
fn is_refused(trial: &mut Trial<'_>, pickle: &[u8]) -> Outcome {
    let address = trial.serve()?;
    refuse(trial, address, pickle)?;
    is_served(trial, address)
}

pub(super) fn nothing_is_called(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let folder = hostile::folder()?;
    let path = folder.path().join("called");
    for pickle in hostile::calls(&path) {
        let mut client = Client::connect(trial, address)?;
        client.send(&pickle)?;
        client.pause();
        drop(client);
        // When this one is served, a server that serves one after another is done with the other.
        is_served(trial, address)?;
        hostile::was_not_called(&path)?;
    }
    Ok(())
}

pub(super) fn class_is_named(trial: &mut Trial<'_>) -> Outcome {
    const CLASS: &str = "NoSuchClass";
    let timeout = trial.timeout();
    let address = trial.serve()?;
    refuse(
        trial,
        address,
        b"\x80\x04\x8c\x06shelve\x8c\x0bNoSuchClass\x93.",
    )?;
    let process = trial.process()?;
    let is_named = |printed: &[u8]| String::from_utf8_lossy(printed).contains(CLASS);
    process.wait_stderr(is_named, timeout).map_err(|_| {
        let expected = format!("{CLASS} in a text on standard error");
        Problem::broken(expected, shown(&process.stderr()))
    })
}

pub(super) fn old_sets_and_bytes(trial: &mut Trial<'_>) -> Outcome {
    let table: [(&[u8], &str); 3] = [
        (
            b"\x80\x02c__builtin__\nset\nq\0]q\x01K\x01a\x85q\x02Rq\x03.",
            "{1}",
        ),
        (
            b"\x80\x02c_codecs\nencode\nq\0X\x03\0\0\0a\xc3\xbfq\x01X\x06\0\0\0latin1q\x02\
              \x86q\x03Rq\x04.",
            r"b'a\xff'",
        ),
        (b"\x80\x02c__builtin__\nbytes\nq\0)Rq\x01.", "b''"),
    ];
    are_shown(trial, &table)
}

pub(super) fn bytearray(trial: &mut Trial<'_>) -> Outcome {
    is_refused(trial, hostile::BYTEARRAY)
}

pub(super) fn nested(trial: &mut Trial<'_>) -> Outcome {
    is_refused(trial, &hostile::nested())
}

pub(super) fn repeated(trial: &mut Trial<'_>) -> Outcome {
    is_refused(trial, &hostile::repeated())
}

pub(super) fn integer(trial: &mut Trial<'_>) -> Outcome {
    is_refused(trial, &hostile::integer())
}

pub(super) fn announced_length(trial: &mut Trial<'_>) -> Outcome {
    for pickle in hostile::ANNOUNCED {
        is_refused(trial, pickle)?;
    }
    Ok(())
}

pub(super) fn large(trial: &mut Trial<'_>) -> Outcome {
    is_refused(trial, &hostile::large())
}

pub(super) fn recursive(trial: &mut Trial<'_>) -> Outcome {
    is_refused(trial, hostile::RECURSIVE)
}

pub(super) fn memory(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    is_served(trial, address)?;
    let before = trial.process()?.peak_memory()?;
    let long_lists = [
        hostile::BYTEARRAY.to_vec(),
        hostile::nested(),
        hostile::repeated(),
        hostile::integer(),
        hostile::large(),
        // Never called: there is no such place.
        hostile::calls(Path::new("/nonexistent/called")).concat(),
    ];
    for pickle in &long_lists {
        refuse(trial, address, pickle)?;
    }
    for pickle in hostile::ANNOUNCED {
        refuse(trial, address, pickle)?;
    }
    let taken = trial.process()?.peak_memory()?.saturating_sub(before);
    if taken <= MOST {
        return Ok(());
    }
    Err(Problem::broken(
        format!("at most {} MiB more than before", MOST >> 20),
        format!("{} MiB more", taken >> 20),
    ))
}
