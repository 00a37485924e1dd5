//! Common to all programs.

use std::time::{Duration, Instant};

use harness::{Event, Signal};

use super::connections::{A_SECOND, MIB, ends_with_0, restart_after, send_within};
use super::wire::goes_on;
use super::{REVERSE, UPPERCASE, connected, is_served, request};
use crate::checks::common::{expect_rest, shows_version};
use crate::checks::usage::{WRONG_PORTS, is_refused};
use crate::{Arguments, Check, Problem};

pub(super) const CHECKS: &[Check] = &[
    Check::should(
        "G-3",
        "--version prints the name and the version",
        "not in the assignment: what users of a command line expect",
        |trial| shows_version(trial, "tcp_server"),
    ),
    Check::should(
        "G-4",
        "a client that stays connected does not hold up the end for more than a second",
        "Requirements: properly shutdown the server when an interrupt signal is sent",
        |trial| {
            let timeout = trial.timeout();
            let mut client = connected(trial)?;
            is_served(&mut client)?;
            client.send(b"\x08\0\0\x05Hell")?;
            let start = Instant::now();
            trial.process()?.signal_group(Signal::INT)?;
            let exit = trial.process()?.wait_exit(timeout)?;
            let took = start.elapsed();
            if took > A_SECOND {
                let happened = format!("it ended after {took:.1?}");
                return Err(Problem::broken("it ends within a second", happened));
            }
            ends_with_0(exit)
        },
    ),
    Check::should(
        "G-4/2",
        "nothing that a client sends ends the server",
        "Command-line Interface: the server is designed to block forever",
        |trial| {
            let address = trial.serve()?;
            for bytes in [
                &b""[..],
                b"\n",
                b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                b"\x08\0\0\x02\xff\xff\x20\0\0\x01\x80\x40\0\0\x02\xc3(\x80\0\0\x01\xc3",
                &[0x00; 64],
                &[0xff; 64],
            ] {
                let mut client = trial.connect(address)?;
                client.send(bytes)?;
                drop(client);
                goes_on(trial, address)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "G-4/3",
        "it uses no processor time while it waits",
        "Command-line Interface: your server will be designed to block",
        |trial| {
            let mut client = connected(trial)?;
            is_served(&mut client)?;
            expect_rest(trial)
        },
    )
    .waits(1),
    Check::should(
        "G-5",
        "a request may come one byte at a time",
        "Protocol: TCP has no message boundaries",
        |trial| {
            const PAUSE: Duration = Duration::from_millis(10);
            let mut client = connected(trial)?;
            let requests = [
                request(UPPERCASE, "straße".as_bytes()),
                request(REVERSE, b"abc"),
            ];
            client.send_in_pieces(&requests.concat(), 1, PAUSE)?;
            client.expect(b"\0\0\0\x07STRASSE\0\0\0\x03cba")
        },
    ),
    Check::should(
        "G-5/2",
        "a small response comes in one piece with its length",
        "not in the assignment: many clients read a small response with one call",
        |trial| {
            let timeout = trial.timeout();
            let mut client = connected(trial)?;
            for _ in 0..10 {
                client.send(b"\x08\0\0\x05hello")?;
                match client.next_event(64, timeout) {
                    Event::Data(bytes) if bytes == b"\0\0\0\x05HELLO" => {}
                    Event::Data(bytes) => {
                        let happened =
                            format!("at first only \"{}\" comes", harness::escape(&bytes));
                        return Err(Problem::broken("the whole response at once", happened));
                    }
                    event => return Err(Problem::broken("a response", event.to_string())),
                }
            }
            Ok(())
        },
    ),
    Check::should(
        "G-7",
        "an announced length costs no memory until its data comes",
        "Requirements: your server must handle any request size",
        |trial| {
            const SENT: usize = 8 * MIB;
            const MOST: u64 = 64 << 20;
            let timeout = 4 * trial.timeout();
            let mut client = connected(trial)?;
            is_served(&mut client)?;
            let before = trial.process()?.peak_memory()?;
            client.send(b"\x0f\xff\xff\xff")?;
            // More than the system keeps: it is taken only if the server has read the header.
            send_within(&mut client, &vec![b'x'; SENT], timeout)?;
            let taken = trial.process()?.peak_memory()?.saturating_sub(before);
            if taken <= MOST {
                return Ok(());
            }
            Err(Problem::broken(
                format!(
                    "at most {} MiB for 8 MiB of data, of 128 MiB announced",
                    MOST >> 20
                ),
                format!("{} MiB", taken >> 20),
            ))
        },
    ),
    Check::should(
        "G-8",
        "a port that is not a plain decimal number is refused",
        "Usage: --port PORT",
        |trial| {
            WRONG_PORTS
                .iter()
                .try_for_each(|port| is_refused(trial, &["-p", port]))
        },
    ),
    Check::should(
        "G-8/2",
        "a port may have leading zeros",
        "Usage: --port PORT",
        |trial| {
            trial.may_choose_arguments()?;
            let address =
                trial.serve_with(|port| Arguments::words(["-p", &format!("000{port}")]))?;
            is_served(&mut trial.connect(address)?)
        },
    ),
    Check::should(
        "G-9",
        "after a signal it can be started again at once, though a client was connected",
        "Requirements: you must set the SO_REUSEADDR option on the server socket",
        |trial| restart_after(trial, Signal::INT),
    ),
];
