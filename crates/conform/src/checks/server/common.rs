//! Common to all programs.

use std::time::{Duration, Instant};

use harness::{Event, Signal};

use super::connections::AT_ONCE;
use super::messages::{has_number, printed};
use super::requests::refused;
use super::{is_served, send, serve_here, store};
use crate::checks::common::{
    expect_rest, expect_success, not_plain_digits, shows_help, shows_version,
};
use crate::checks::messages::{create, has_status, read, response};
use crate::conversation::shown;
use crate::{Arguments, Check, Problem};

pub(super) const CHECKS: &[Check] = &[
    // A machine that is busy for a moment is given another try: after a second the server gives the
    // client up.
    Check::should(
        "G-1",
        "a client that connects is printed at once, also where the output is a pipe",
        "not in the assignment: a log is read while the server runs",
        |trial| {
            const TRIES: u32 = 3;
            let timeout = trial.timeout();
            let address = serve_here(trial)?;
            for _ in 0..TRIES {
                let mut silent = trial.connect(address)?;
                let port = silent.local_address().port();
                let server = trial.process()?;
                let printed = server.wait_stdout(
                    |printed| has_number(&String::from_utf8_lossy(printed), port),
                    timeout,
                );
                if printed.is_ok() && silent.next_event(1, Duration::ZERO) == Event::Silence {
                    return Ok(());
                }
            }
            Err(Problem::broken(
                "the client's port on standard output, while it is connected",
                shown(&trial.process()?.stdout()),
            ))
        },
    )
    .waits(1),
    Check::should(
        "G-3",
        "--help as the sole argument prints the usage",
        "not in the assignment: what users of a command line expect",
        shows_help,
    ),
    Check::should(
        "G-3/2",
        "--version as the sole argument prints the name and the version",
        "not in the assignment: what users of a command line expect",
        |trial| shows_version(trial, "server"),
    ),
    Check::should(
        "G-4",
        "clients that stall do not hold up the end for more than a second",
        "not in the assignment: what users of a command line expect",
        |trial| {
            let timeout = trial.timeout();
            let address = serve_here(trial)?;
            is_served(trial, address)?;
            let _silent = trial.connect(address)?;
            let _stalled = send(trial, address, b"\xae\x73\x02\x05")?;
            let start = Instant::now();
            trial.process()?.signal_group(Signal::INT)?;
            expect_success(trial, timeout)?;
            let took = start.elapsed();
            if took < AT_ONCE {
                return Ok(());
            }
            let happened = format!("it ended after {:.1} seconds", took.as_secs_f64());
            Err(Problem::broken("it ends within a second", happened))
        },
    ),
    Check::should(
        "G-4/2",
        "nothing that a client sends ends the server",
        "3.1: the server goes back to the start of the loop",
        |trial| {
            let address = trial.serve()?;
            for bytes in [
                &b"\n"[..],
                b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                b"\xae\x73\x02\x02\x02\0\x02\xff\xfe\xc3(\xf0\x9f",
                b"\xae\x73\x01\x02\0\0\0\xff\xfe",
                &[0x00; 64],
                &[0xff; 64],
            ] {
                drop(send(trial, address, bytes)?);
                is_served(trial, address)?;
            }
            Ok(())
        },
    )
    .waits(1),
    // It waits for this client, and then for another. One that does not just wait takes what it gets
    // of a busy machine.
    Check::should(
        "G-4/3",
        "it uses no processor time while it waits",
        "not in the assignment: a server runs all day",
        |trial| {
            let address = serve_here(trial)?;
            is_served(trial, address)?;
            let _silent = trial.connect(address)?;
            expect_rest(trial)
        },
    )
    .waits(2),
    Check::should(
        "G-5",
        "a request may come one byte at a time",
        "3.5: TCP has full discretion over the size of its packets",
        |trial| {
            const PAUSE: Duration = Duration::from_millis(10);
            let address = trial.serve()?;
            let mut sender = trial.connect(address)?;
            sender.send_in_pieces(&create(b"alice", b"ivan", b"hello"), 1, PAUSE)?;
            sender.expect_gone()?;
            let mut reader = trial.connect(address)?;
            reader.send_in_pieces(&read(b"ivan"), 1, PAUSE)?;
            reader.expect(&response(0, &[(b"alice", b"hello")]))
        },
    ),
    Check::should(
        "G-5/2",
        "a small response comes in one piece",
        "not in the assignment: many clients read a small response with one call",
        |trial| {
            let timeout = trial.timeout();
            let address = trial.serve()?;
            let messages = [(&b"alice"[..], &b"one"[..]); 3];
            for (sender, text) in messages {
                store(trial, address, sender, b"judy", text)?;
            }
            let mut reader = send(trial, address, &read(b"judy"))?;
            match reader.next_event(1000, timeout) {
                Event::Data(bytes) if bytes == response(0, &messages) => Ok(()),
                Event::Data(bytes) => Err(Problem::broken(
                    "the whole response at once",
                    format!("at first only \"{}\" comes", harness::escape(&bytes)),
                )),
                event => Err(Problem::broken("a response", event.to_string())),
            }
        },
    ),
    Check::should(
        "G-6",
        "control characters in a name cannot drive the terminal, nor forge a line",
        "not in the assignment: a name is a stranger's",
        |trial| {
            let address = serve_here(trial)?;
            let name = "eve\x1b[2J\u{9b}2J\nforged by eve";
            let mut sender = send(trial, address, &create(name.as_bytes(), b"bob", b"hello"))?;
            sender.expect_gone()?;
            let text = printed(trial, |text| text.contains("forged by eve"))?;
            let drives_a_terminal =
                |letter: char| letter.is_control() && !"\n\r\t".contains(letter);
            if !text.contains(drives_a_terminal) && !text.contains("\nforged by eve") {
                return Ok(());
            }
            Err(Problem::broken(
                "control characters of a name are escaped",
                harness::escape(text.as_bytes()),
            ))
        },
    ),
    Check::should(
        "G-8",
        "a port that is not a plain decimal number is refused with status 2",
        "3.1: the parameter is the port number",
        |trial| {
            let port = trial.port()?;
            for word in not_plain_digits(port) {
                has_status(refused(trial, &[&word])?, 2)?;
            }
            for word in ["", "http"] {
                has_status(refused(trial, &[word])?, 2)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "G-8/2",
        "a port may have leading zeros",
        "3.1: the parameter is the port number",
        |trial| {
            trial.may_choose_arguments()?;
            let address = trial.serve_with(|port| Arguments::words([format!("00{port}")]))?;
            is_served(trial, address)
        },
    ),
    // The server's end of a connection is closed first, so that the system keeps it for a while:
    // without SO_REUSEADDR the port cannot be used then.
    Check::should(
        "G-9",
        "it can be started again at once, though clients were connected",
        "not in the assignment: SO_REUSEADDR",
        |trial| {
            let timeout = trial.timeout();
            let address = serve_here(trial)?;
            store(trial, address, b"alice", b"ben", b"hello")?;
            is_served(trial, address)?;
            trial.process()?.signal_group(Signal::KILL)?;
            trial.process()?.wait_exit(timeout)?;
            trial.serve_again(address)?;
            let mut reader = send(trial, address, &read(b"nobody"))?;
            reader.expect(&response(0, &[]))
        },
    ),
];
