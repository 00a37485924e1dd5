//! Common to all programs.

use harness::{Exit, Input, Program};

use super::errors::{PANICKED, UNCAUGHT, closes_after};
use super::exchange::{CONTROLS, SECRET, after_a_question};
use super::{ANSWER, QUESTION, arguments, asks, contains, start};
use crate::checks::common::{receive_first_piece, shows_help, shows_version};
use crate::checks::usage::{WRONG_PORTS, is_refused};
use crate::conversation::shown;
use crate::{Arguments, Check, Problem};

pub(super) const CHECKS: &[Check] = &[
    Check::should(
        "G-2",
        "the status is 0 when it has the secret",
        "not in the assignment: what scripts expect",
        |trial| {
            let timeout = trial.timeout();
            after_a_question(trial, SECRET)?;
            match trial.process()?.wait_exit(timeout)? {
                exit if exit.success() => Ok(()),
                exit => Err(Problem::broken("status 0", exit.to_string())),
            }
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
        |trial| shows_version(trial, "lab4"),
    ),
    Check::should(
        "G-4",
        "nothing that a server sends makes it crash",
        "not in the assignment: what a careful user expects",
        |trial| {
            let timeout = trial.timeout();
            for bytes in [
                &b""[..],
                b"\xff",
                b"HTTP/1.1 400 Bad Request\r\n\r\n",
                b"Q\0\0\0\x02",
                b"S\xff\xfe\xc3(",
                &[QUESTION, b"\0\0\0\0"].concat(),
                &[0xff; 64],
            ] {
                let mut server = start(trial)?;
                server.send(bytes)?;
                drop(server);
                let process = trial.process()?;
                let exit = process.wait_exit(timeout)?;
                let stderr = process.stderr();
                if matches!(exit, Exit::Signal(_) | PANICKED) || contains(&stderr, UNCAUGHT) {
                    let happened = format!("{exit}, and {} on standard error", shown(&stderr));
                    return Err(Problem::broken("it ends in order", happened));
                }
            }
            Ok(())
        },
    ),
    Check::should(
        "G-5",
        "an answer comes in one piece",
        "not in the assignment: many servers read a small answer with one call",
        |trial| {
            let timeout = trial.timeout();
            let mut server = start(trial)?;
            for _ in 0..300 {
                server.send(QUESTION)?;
                let bytes = receive_first_piece(&mut server, timeout)?;
                if bytes != ANSWER {
                    let happened = format!("at first {} come", shown(&bytes));
                    return Err(Problem::broken("the whole answer at once", happened));
                }
            }
            Ok(())
        },
    ),
    Check::should(
        "G-6",
        "a secret phrase cannot drive the terminal that it is printed on",
        "not in the assignment: the phrase is a stranger's",
        |trial| {
            let timeout = trial.timeout();
            let listener = trial.listen()?;
            let arguments = arguments("127.0.0.1", listener.port());
            trial.start_as(&arguments, Program::on_terminal)?;
            let mut server = trial.accept(&listener)?;
            asks(&mut server)?;
            server.send(&[b"S", CONTROLS].concat())?;
            server.shutdown_write()?;
            let process = trial.process()?;
            process.wait_exit(timeout)?;
            let printed = process.stdout();
            let is_raw = |byte: &&u8| CONTROLS.contains(byte) && !(b' '..=b'~').contains(*byte);
            let happened = match printed.iter().find(is_raw) {
                Some(byte) => format!("the byte {byte:02x} is printed as it is"),
                None if printed.is_empty() => "nothing is printed".to_owned(),
                None => return Ok(()),
            };
            let expected = "the secret on the terminal, without its control characters";
            Err(Problem::broken(expected, happened))
        },
    ),
    Check::should(
        "G-6/2",
        "an error message cannot drive the terminal either",
        "not in the assignment: what the server sent is a stranger's",
        |trial| {
            for first in [b'\x1b', b'\x9b'] {
                closes_after(trial, &[&[first], &b"[2Jxxxxx"[..]].concat())?;
                let stderr = trial.process()?.stderr();
                if stderr.contains(&first) {
                    return Err(Problem::broken(
                        "a message without the control characters that the server sent",
                        shown(&stderr),
                    ));
                }
            }
            Ok(())
        },
    ),
    Check::should(
        "G-8",
        "a port that is not a plain decimal number is refused",
        "Overview: the second argument is the port number",
        |trial| {
            WRONG_PORTS
                .iter()
                .try_for_each(|port| is_refused(trial, &["127.0.0.1", port]))
        },
    ),
    Check::should(
        "G-8/2",
        "a port may have leading zeros",
        "Overview: the second argument is the port number",
        |trial| {
            trial.may_choose_arguments()?;
            let listener = trial.listen()?;
            let port = format!("000{}", listener.port());
            trial.start(&Arguments::words(["127.0.0.1", &port]), Input::Null)?;
            asks(&mut trial.accept(&listener)?)
        },
    ),
];
