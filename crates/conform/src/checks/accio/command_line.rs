//! Host, port and file.

use std::ffi::OsStr;

use harness::Input;

use super::arguments;
use super::exchange::shake_hands;
use crate::checks::common::{expect_error, expect_refusal, not_plain_digits};
use crate::checks::server_s::LIMIT;
use crate::{Arguments, Outcome, Trial};

pub(super) fn unknown_host(trial: &mut Trial<'_>) -> Outcome {
    let file = trial.file(b"file")?;
    let port = trial.port()?;
    // Reserved: no such name will ever exist.
    let host = Arguments::new().host("no-such-host.invalid");
    trial.start(&host.port(port).file(file), Input::Null)?;
    expect_error(trial, 2 * LIMIT)
}

pub(super) fn incorrect_port(trial: &mut Trial<'_>) -> Outcome {
    refuses_ports(trial, ["abc", "-1", "100000"])
}

/// G-8. A program that takes one of them connects, and waits.
pub(super) fn digits_and_nothing_else(trial: &mut Trial<'_>) -> Outcome {
    let listener = trial.listen()?;
    refuses_ports(trial, not_plain_digits(listener.port()))
}

fn refuses_ports<S: AsRef<OsStr>>(
    trial: &mut Trial<'_>,
    ports: impl IntoIterator<Item = S>,
) -> Outcome {
    trial.may_choose_arguments()?;
    let file = trial.file(b"file")?;
    for port in ports {
        let arguments = Arguments::new().host("127.0.0.1").word(port).file(&file);
        expect_refusal(trial, &arguments)?;
    }
    Ok(())
}

pub(super) fn refused(trial: &mut Trial<'_>) -> Outcome {
    let file = trial.file(b"file")?;
    let port = trial.port()?;
    expect_refusal(trial, &arguments(port, file))
}

/// When the program looks for its file is its own affair: it meets a server that serves it.
pub(super) fn no_such_file(trial: &mut Trial<'_>) -> Outcome {
    let listener = trial.listen()?;
    trial.start(&arguments(listener.port(), "/no/such/file"), Input::Null)?;
    if let Ok(mut server) = trial.accept(&listener) {
        // It may leave at any point.
        let _ = shake_hands(&mut server);
    }
    expect_error(trial, LIMIT)
}

pub(super) fn wrong_number_of_arguments(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let file = trial.file(b"file")?;
    let listener = trial.listen()?;
    let port = listener.port();
    expect_refusal(trial, &Arguments::new().host("127.0.0.1").port(port))?;
    // A program that takes no notice of the word connects, and waits.
    expect_refusal(trial, &arguments(port, file).word("more"))
}
