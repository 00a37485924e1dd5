//! What a client is told first.

use harness::Event;

use super::client::{A_MOMENT, connect};
use crate::checks::pickle::{LONGEST, Object, Reading, read};
use crate::conversation::shown;
use crate::{Outcome, Problem, Trial};

pub(super) fn told_at_once(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let (client, told) = connect(trial, address)?;
    is_id(&told, client.port)
}

pub(super) fn told_each(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    for _ in 0..3 {
        let (client, told) = connect(trial, address)?;
        is_id(&told, client.port)?;
    }
    Ok(())
}

fn is_id(told: &Object, port: u16) -> Outcome {
    if told.get("clientid") == Some(&Object::Integer(port.into())) {
        return Ok(());
    }
    let expected = format!("the dictionary {{'clientid': {port}}}, the client's port");
    Err(Problem::broken(expected, format!("{told}")))
}

pub(super) fn nothing_else(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let (mut client, told) = connect(trial, address)?;
    let exactly_one = matches!(&told, Object::Dictionary(entries) if entries.len() == 1);
    if !exactly_one || client.pickles.has_more() {
        let happened = format!("{told}, and more behind it or in it");
        return Err(Problem::broken(
            "{'clientid': N} and nothing else",
            happened,
        ));
    }
    Ok(client.pickles.conversation.expect_silence(A_MOMENT)?)
}

pub(super) fn one_piece(trial: &mut Trial<'_>) -> Outcome {
    let bytes = first_piece(trial)?;
    match read(&bytes) {
        Reading::Whole(..) => Ok(()),
        Reading::Part | Reading::Wrong { .. } => {
            Err(Problem::broken("a whole pickle", shown(&bytes)))
        }
    }
}

fn first_piece(trial: &mut Trial<'_>) -> Result<Vec<u8>, Problem> {
    let timeout = trial.timeout();
    let address = trial.serve()?;
    match trial.connect(address)?.next_event(LONGEST, timeout) {
        Event::Data(bytes) => Ok(bytes),
        event => Err(Problem::broken("a pickle", event.to_string())),
    }
}

/// Protocols from 2 on begin with their number; 4 is the newest that Python 3.4 knows.
pub(super) fn old_protocol(trial: &mut Trial<'_>) -> Outcome {
    match first_piece(trial)?.as_slice() {
        [0x80, protocol, ..] if *protocol > 4 => Err(Problem::broken(
            "a pickle of protocol 0 to 4",
            format!("protocol {protocol}"),
        )),
        _ => Ok(()),
    }
}
