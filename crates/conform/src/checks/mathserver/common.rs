//! How it waits, and how it ends.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use harness::{Exit, Input, Listener, Signal};

use super::{MESSAGE, arguments, connected, is_asked, pass, receive};
use crate::checks::common::{expect_rest, receive_first_piece, shows_help, shows_version};
use crate::checks::usage::{WRONG_PORTS, is_refused};
use crate::conversation::shown;
use crate::{Arguments, Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::should(
        "G-2",
        "wrong arguments are refused with status 2",
        "not in the assignment: what scripts expect",
        |trial| {
            for words in [
                &["0"][..],
                &["8000", "9000"],
                &["--unknown"],
                &["--questions"],
                &["--questions", "-1"],
                &["--questions", "three"],
                &["--secret", "short"],
                &["--secret=nine byte"],
                &["--seed", "x"],
            ] {
                is_refused(trial, words)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "G-2/2",
        "a port in use is named in the error, and the status is 1",
        "not in the assignment: what scripts expect",
        |trial| {
            let timeout = trial.timeout();
            let port = trial.port()?;
            let _listener = Listener::at(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))?;
            let server = trial.start(&arguments(port), Input::Null)?;
            let exit = server.wait_exit(timeout)?;
            let stderr = server.stderr();
            if exit == Exit::Status(1)
                && String::from_utf8_lossy(&stderr).contains(&port.to_string())
            {
                return Ok(());
            }
            Err(Problem::broken(
                format!("status 1, and {port} on standard error"),
                format!("{exit}, and {}", shown(&stderr)),
            ))
        },
    ),
    Check::should(
        "G-3",
        "--help prints the usage",
        "not in the assignment: what users of a command line expect",
        shows_help,
    ),
    Check::should(
        "G-3/2",
        "--version prints the name and the version",
        "not in the assignment: what users of a command line expect",
        |trial| shows_version(trial, "mathserver"),
    ),
    Check::should(
        "G-4",
        "SIGINT and SIGTERM end it within a second, with status 0",
        "not in the assignment: what a careful user expects",
        |trial| {
            for signal in SIGNALS {
                pass(&mut connected(trial)?)?;
                ends_quickly(trial, signal)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "G-4/2",
        "a client that is being examined does not hold up the end",
        "not in the assignment: what a careful user expects",
        |trial| {
            for signal in SIGNALS {
                let mut client = connected(trial)?;
                is_asked(&mut client)?;
                client.send(b"\0\0")?;
                ends_quickly(trial, signal)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "G-4/3",
        "nothing that a client sends ends the server",
        "not in the assignment: what a careful user expects",
        |trial| {
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
        },
    ),
    Check::should(
        "G-4/4",
        "it uses no processor time while it waits",
        "not in the assignment: what a careful user expects",
        |trial| {
            let mut client = connected(trial)?;
            is_asked(&mut client)?;
            expect_rest(trial)
        },
    )
    .waits(1),
    Check::should(
        "G-5",
        "an answer may come one byte at a time",
        "Background: the stream may not arrive all at once",
        |trial| {
            const PAUSE: Duration = Duration::from_millis(10);
            let mut client = connected(trial)?;
            let right = is_asked(&mut client)?;
            client.send_in_pieces(&right.to_be_bytes(), 1, PAUSE)?;
            receive(&mut client).map(drop)
        },
    ),
    Check::should(
        "G-5/2",
        "a question comes in one piece",
        "not in the assignment: many clients read a small message with one call",
        |trial| {
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
        },
    ),
    Check::should(
        "G-8",
        "a port that is not a plain decimal number is refused",
        "not in the assignment: what users of a command line expect",
        |trial| {
            WRONG_PORTS
                .iter()
                .try_for_each(|port| is_refused(trial, &[port]))
        },
    ),
    Check::should(
        "G-8/2",
        "a port may have leading zeros",
        "not in the assignment: what users of a command line expect",
        |trial| {
            trial.may_choose_arguments()?;
            let address = trial.serve_with(|port| Arguments::words([format!("000{port}")]))?;
            is_asked(&mut trial.connect(address)?).map(drop)
        },
    ),
    // The server's end of the connection is closed first, so that the system keeps it for a while:
    // without SO_REUSEADDR the port cannot be used then.
    Check::should(
        "G-9",
        "after a signal it can be started again at once, though a client was connected",
        "not in the assignment: what a careful user expects",
        |trial| {
            let timeout = trial.timeout();
            let address = trial.serve()?;
            let mut client = trial.connect(address)?;
            is_asked(&mut client)?;
            trial.process()?.signal_group(Signal::INT)?;
            trial.process()?.wait_exit(timeout)?;
            client.expect_gone()?;
            drop(client);
            trial.serve_again(address)?;
            is_asked(&mut trial.connect(address)?).map(drop)
        },
    ),
];

const SIGNALS: [Signal; 2] = [Signal::INT, Signal::TERM];

/// A second, and what a busy machine may add.
const A_SECOND: Duration = Duration::from_millis(1500);

/// Sends the signal as a key on the terminal does: to all that belongs to the program.
fn ends_quickly(trial: &mut Trial<'_>, signal: Signal) -> Outcome {
    let timeout = trial.timeout();
    let server = trial.process()?;
    let start = Instant::now();
    server.signal_group(signal)?;
    let exit = server.wait_exit(timeout)?;
    let took = start.elapsed();
    if exit == Exit::Status(0) && took <= A_SECOND {
        return Ok(());
    }
    Err(Problem::broken(
        format!("{signal:?} ends it within a second, with status 0"),
        format!("{exit}, after {took:.1?}"),
    ))
}
