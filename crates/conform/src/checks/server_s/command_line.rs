//! The port, the signals, and what is printed.

use std::thread;
use std::time::{Duration, Instant};

use harness::{Exit, Signal};

use super::client::{A_MOMENT, COMMAND, LIMIT, expect_printed, send_file, shake_hands};
use crate::checks::common::{expect_refusal, expect_rest, expect_success, not_plain_digits};
use crate::conversation::shown;
use crate::{Arguments, Outcome, Problem, Trial};

const SIGNALS: [(Signal, &str); 3] = [
    (Signal::INT, "SIGINT"),
    (Signal::TERM, "SIGTERM"),
    (Signal::QUIT, "SIGQUIT"),
];

/// A second, and what a busy machine may add.
const A_SECOND: Duration = Duration::from_millis(1500);

pub(super) fn accepts_at_its_port(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    trial.connect(address).map(drop)
}

pub(super) fn incorrect_port(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    for port in ["abc", "-1", "100000"] {
        expect_refusal(trial, &Arguments::words([port]))?;
    }
    Ok(())
}

pub(super) fn zero_and_taken_port(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    expect_refusal(trial, &Arguments::words(["0"]))?;
    let address = trial.serve()?;
    expect_refusal(trial, &Arguments::new().port(address.port()))
}

pub(super) fn wrong_number_of_arguments(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    expect_refusal(trial, &Arguments::new())?;
    let port = trial.port()?;
    expect_refusal(trial, &Arguments::new().port(port).word("more"))
}

/// G-8
pub(super) fn digits_and_nothing_else(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let port = trial.port()?;
    for text in not_plain_digits(port) {
        expect_refusal(trial, &Arguments::words([text]))?;
    }
    Ok(())
}

/// G-8
pub(super) fn leading_zeros(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let address = trial.serve_with(|port| Arguments::words([format!("000{port}")]))?;
    trial.connect(address)?.expect(COMMAND)
}

pub(super) fn stops_on(trial: &mut Trial<'_>, signal: Signal) -> Outcome {
    trial.serve()?;
    settle();
    trial.process()?.signal_group(signal)?;
    expect_success(trial, LIMIT)
}

/// That a server catches signals cannot be seen. It may do so only after it has come to listen.
fn settle() {
    thread::sleep(A_MOMENT);
}

pub(super) fn stops_within_a_second(trial: &mut Trial<'_>) -> Outcome {
    for (signal, name) in SIGNALS {
        trial.serve()?;
        settle();
        expect_quick_end(trial, signal, name)?;
    }
    Ok(())
}

pub(super) fn stops_in_a_transfer(trial: &mut Trial<'_>) -> Outcome {
    for (signal, name) in SIGNALS {
        let address = trial.serve()?;
        let mut client = shake_hands(trial, address)?;
        client.send(b"part")?;
        settle();
        expect_quick_end(trial, signal, name)?;
        let printed = trial.process()?.stdout();
        if !printed.is_empty() {
            return Err(Problem::broken(
                "nothing is printed about the transfer",
                shown(&printed),
            ));
        }
    }
    Ok(())
}

fn expect_quick_end(trial: &mut Trial<'_>, signal: Signal, name: &str) -> Outcome {
    let process = trial.process()?;
    let start = Instant::now();
    process.signal_group(signal)?;
    let exit = process.wait_exit(LIMIT)?;
    let took = start.elapsed();
    if exit == Exit::Status(0) && took < A_SECOND {
        return Ok(());
    }
    Err(Problem::broken(
        format!("{name} ends the program within a second, with status 0"),
        format!(
            "it ended with {exit} after {:.1} seconds",
            took.as_secs_f64()
        ),
    ))
}

/// G-4
pub(super) fn waits_without_work(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let _served = shake_hands(trial, address)?;
    let _waiting = trial.connect(address)?;
    settle();
    expect_rest(trial)
}

pub(super) fn nothing_else_is_printed(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    send_file(trial, address, b"hello")?;
    let mut client = shake_hands(trial, address)?;
    client.send(b"part")?;
    client.reset()?;
    send_file(trial, address, b"hello world")?;
    expect_printed(trial, "\"5\\nERROR\\n11\\n\" and nothing else", |printed| {
        printed == b"5\nERROR\n11\n"
    })
}
