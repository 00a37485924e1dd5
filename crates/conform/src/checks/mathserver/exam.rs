//! What happens on a connection.

use std::time::Duration;

use super::{MESSAGE, Message, answer, connected, is_asked, pass, receive};
use crate::checks::common::receive_first_piece;
use crate::conversation::shown;
use crate::{Outcome, Problem, Trial};

/// What a server does too early because it does not wait, it does within this.
const WHILE: Duration = Duration::from_millis(300);

pub(super) fn first_question(trial: &mut Trial<'_>) -> Outcome {
    is_asked(&mut connected(trial)?).map(drop)
}

pub(super) fn secret(trial: &mut Trial<'_>) -> Outcome {
    pass(&mut connected(trial)?).map(drop)
}

pub(super) fn closes_behind_the_secret(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    pass(&mut client)?;
    client.expect_end()
}

pub(super) fn one_after_another(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    for _ in 0..5 {
        pass(&mut trial.connect(address)?)?;
    }
    Ok(())
}

/// Each of the four bytes is once the only one that is wrong.
pub(super) fn wrong_answer(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    for wrong in [1, 1 << 8, 1 << 16, 1 << 24] {
        let mut client = trial.connect(address)?;
        let right = is_asked(&mut client)?;
        answer(&mut client, right ^ wrong)?;
        client.expect_gone()?;
    }
    Ok(())
}

pub(super) fn wrong_after_right(trial: &mut Trial<'_>) -> Outcome {
    const CLIENTS: u32 = 50;
    let address = trial.serve()?;
    for _ in 0..CLIENTS {
        let mut client = trial.connect(address)?;
        let right = is_asked(&mut client)?;
        answer(&mut client, right)?;
        if let Message::Question(left, right) = receive(&mut client)? {
            answer(&mut client, left.wrapping_add(right).wrapping_add(1))?;
            return client.expect_gone();
        }
    }
    let reason = format!("none of {CLIENTS} clients was asked a second question");
    Err(Problem::NotRun(reason))
}

pub(super) fn one_at_a_time(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    let right = is_asked(&mut client)?;
    client.expect_silence(WHILE)?;
    answer(&mut client, right)?;
    receive(&mut client).map(drop)
}

pub(super) fn closes_in_order(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    let wrong = is_asked(&mut client)?.wrapping_add(1).to_be_bytes();
    client.send(&[&wrong[..], &[0; 1000]].concat())?;
    client.expect_end()
}

pub(super) fn side_by_side(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let silent: Result<Vec<_>, _> = (0..100).map(|_| trial.connect(address)).collect();
    let mut silent = silent?;
    pass(&mut trial.connect(address)?)?;
    silent
        .iter_mut()
        .step_by(25)
        .try_for_each(|client| pass(client).map(drop))
}

pub(super) fn garbage(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    for bytes in [
        &b""[..],
        b"\0",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        &[0xff; 64],
    ] {
        let mut client = trial.connect(address)?;
        client.send(bytes)?;
        drop(client);
        let mut client = trial.connect(address)?;
        is_asked(&mut client)?;
        client.send(bytes)?;
        client.reset()?;
        pass(&mut trial.connect(address)?)?;
    }
    Ok(())
}

pub(super) fn answer_in_pieces(trial: &mut Trial<'_>) -> Outcome {
    const PAUSE: Duration = Duration::from_millis(10);
    let mut client = connected(trial)?;
    let right = is_asked(&mut client)?;
    client.send_in_pieces(&right.to_be_bytes(), 1, PAUSE)?;
    receive(&mut client).map(drop)
}

pub(super) fn one_piece(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let address = trial.serve()?;
    for _ in 0..20 {
        let mut client = trial.connect(address)?;
        let bytes = receive_first_piece(&mut client, timeout)?;
        if bytes.len() != MESSAGE {
            let happened = format!("at first {} come", shown(&bytes));
            return Err(Problem::broken("the whole question at once", happened));
        }
    }
    Ok(())
}
