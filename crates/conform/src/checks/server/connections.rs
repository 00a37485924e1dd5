//! Several clients at once, the end of the server, and its next start.

use std::collections::HashSet;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use harness::Signal;

use super::messages::{
    LIMIT, has_number, overfill, printed, stalled_reader, store_much, without_digits,
};
use super::{is_sent, is_served, nothing_is_stored, send, serve_here, store};
use crate::checks::common::expect_success;
use crate::checks::messages::{SECOND, create, read, response};
use crate::conversation::shown;
use crate::{Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    // Lines that are not printed for a client without a fault are about the fault.
    Check::must(
        "C-12",
        "an error message is printed for each erroneous request",
        "3.1: if the request is not valid, or is not read in time, the server prints an \
         appropriate error message",
        |trial| {
            let address = serve_here(trial)?;
            for _ in 0..3 {
                store(trial, address, b"alice", b"bob", b"hello")?;
            }
            thread::sleep(UNTIL_IT_WAITS);
            let usual: HashSet<String> = printed(trial, |_| false)?
                .lines()
                .map(without_digits)
                .collect();
            let unusual = |text: &str| {
                let lines = text.lines().map(without_digits);
                lines.filter(|line| !usual.contains(line)).count()
            };

            let address = serve_here(trial)?;
            let faults = [
                &b"\xae\x74\x02\x05\x03\0\x05alicebobhello"[..],
                b"\xae\x73\x07\x05\x03\0\x05alicebobhello",
                b"\xae\x73\x02\0\x03\0\x05bobhello",
                b"\xae\x73\x01\x05\x03\0\0alicebob",
                b"\xae\x73\x01\x05\0\0\x05alicehello",
                b"\xae\x73\x02\x05\0\0\x05alicehello",
                b"\xae\x73\x02\x05\x03\0\0alicebob",
                b"\xae\x73\x02",
                b"\xae\x73\x02\x05\x03\0\x05alicebobhel",
            ];
            for fault in faults {
                let mut client = send(trial, address, fault)?;
                // Nothing more comes. It may be closed for the fault already.
                let _ = client.shutdown_write();
                client.expect_gone()?;
            }
            let mut stalled = send(trial, address, b"\xae\x73\x02\x05\x03\0\x05alice")?;
            stalled.next_event(1, trial.timeout() + 2 * SECOND);

            let wanted = faults.len() + 1;
            let text = printed(trial, |text| unusual(text) >= wanted)?;
            let found = unusual(&text);
            if found >= wanted {
                return Ok(());
            }
            Err(Problem::broken(
                format!("{wanted} error messages, one for each erroneous request"),
                format!("{found} lines that are not printed for valid requests"),
            ))
        },
    )
    .waits(3),
    Check::must(
        "C-12/2",
        "the server goes on when a client resets the connection",
        "3.5: exceptions of recv() and of writing are handled by printing an error message, \
         closing the socket and returning to the start of the loop",
        |trial| {
            let address = trial.serve()?;
            let (create, read) = (create(b"alice", b"heidi", b"hello"), read(b"heidi"));
            for bytes in [
                &b""[..],
                b"\xae\x73\x02",
                b"\xae\x73\x02\x05\x05\0\x05",
                &create,
                &read,
            ] {
                send(trial, address, bytes)?.reset()?;
                is_served(trial, address)?;
            }
            Ok(())
        },
    ),
    // Whoever comes next may have to wait until the server has given up.
    Check::must(
        "C-12/3",
        "the server goes on when a client does not take its messages",
        "3.5: gaps of one second or more are detected, with a timeout for reading or writing",
        |trial| {
            let address = trial.serve()?;
            store_much(trial, address, b"wendy")?;
            let reader = stalled_reader(trial, address, b"wendy")?;
            let mut sender = send(trial, address, &create(b"alice", b"xavier", b"hello"))?;
            let event = sender.next_event(1, trial.timeout() + 2 * SECOND);
            if !matches!(event, harness::Event::Closed | harness::Event::Reset) {
                let expected = "the next client is served, after a second";
                return Err(Problem::broken(expected, event.to_string()));
            }
            drop(reader);
            is_served(trial, address)
        },
    )
    .waits(1),
    Check::should(
        "C-12/4",
        "errors name the client on standard error, the rest is on standard output",
        "not in the assignment: what users of a command line expect",
        |trial| {
            let timeout = trial.timeout();
            let address = serve_here(trial)?;
            store(trial, address, b"Wilhelmina", b"Bartholomew", b"hello")?;
            let mut wrong = send(trial, address, b"\xae\x74\x01\x01\0\0\0a")?;
            wrong.expect_gone()?;
            let port = wrong.local_address().port();
            let server = trial.process()?;
            let informed = server.wait_stdout(
                |printed| String::from_utf8_lossy(printed).contains("Bartholomew"),
                timeout,
            );
            let warned = server.wait_stderr(
                |printed| has_number(&String::from_utf8_lossy(printed), port),
                timeout,
            );
            if informed.is_ok() && warned.is_ok() {
                return Ok(());
            }
            Err(Problem::broken(
                format!(
                    "the names of a valid request on standard output, {port}, the port of an erroneous \
             client, on standard error"
                ),
                format!(
                    "standard output: {}, standard error: {}",
                    shown(&server.stdout()),
                    shown(&server.stderr())
                ),
            ))
        },
    ),
    // If they are waited for one after another, that takes 20 seconds.
    Check::should(
        "C-13",
        "20 silent clients delay no other",
        "not in the assignment, whose loop serves one client after another",
        |trial| {
            const MOST: Duration = Duration::from_secs(5);
            let address = trial.serve()?;
            let silent: Result<Vec<_>, _> = (0..20).map(|_| trial.connect(address)).collect();
            let start = Instant::now();
            store(trial, address, b"alice", b"yves", b"hello")?;
            is_sent(
                trial,
                address,
                b"yves",
                &response(0, &[(b"alice", b"hello")]),
            )?;
            let took = start.elapsed();
            drop(silent?);
            if took < MOST {
                return Ok(());
            }
            Err(Problem::broken(
                "another client is served at once",
                format!("it takes {:.1} seconds", took.as_secs_f64()),
            ))
        },
    )
    .waits(1),
    Check::should(
        "C-13/2",
        "messages are in the order in which their requests were completed",
        "not in the assignment, whose loop serves one client after another",
        |trial| {
            let address = trial.serve()?;
            let late = create(b"alice", b"zoe", b"late");
            let (begin, end) = late.split_at_checked(10).unwrap_or((&late, b""));
            let mut slow = send(trial, address, begin)?;
            store(trial, address, b"alice", b"zoe", b"early")?;
            slow.send(end)?;
            slow.expect_gone()?;
            let messages = [(&b"alice"[..], &b"early"[..]), (b"alice", b"late")];
            is_sent(trial, address, b"zoe", &response(0, &messages))
        },
    ),
    Check::should(
        "C-14",
        "beyond SERVER_MAX_BYTES nothing is stored, and what is stored can be read",
        "not in the assignment: memory is not endless",
        |trial| {
            let (address, [first, second]) = overfill(trial)?;
            let messages = [(&b"alice"[..], first.as_slice()), (b"alice", &second)];
            is_sent(trial, address, b"tina", &response(0, &messages))?;
            // What is read makes room.
            store(trial, address, b"alice", b"tina", &first)?;
            is_sent(trial, address, b"tina", &response(0, &[(b"alice", &first)]))
        },
    ),
    Check::should(
        "C-14/2",
        "who is refused for it finds the limit on standard error",
        "not in the assignment: memory is not endless",
        |trial| {
            let timeout = trial.timeout();
            overfill(trial)?;
            let names_it = |printed: &[u8]| String::from_utf8_lossy(printed).contains(LIMIT);
            let server = trial.process()?;
            if server.wait_stderr(names_it, timeout).is_ok() {
                return Ok(());
            }
            Err(Problem::broken(
                format!("a line on standard error with the limit, {LIMIT}"),
                shown(&server.stderr()),
            ))
        },
    ),
    Check::should(
        "C-15",
        "names are compared as bytes",
        "3.3.1: names are stored in the record in bytes",
        |trial| {
            let address = trial.serve()?;
            store(trial, address, b"alice", "é".as_bytes(), b"composed")?;
            store(trial, address, b"alice", b"\xe9", b"latin-1")?;
            for name in ["e\u{301}", "É", "e"] {
                nothing_is_stored(trial, address, name.as_bytes())?;
            }
            is_sent(
                trial,
                address,
                b"\xe9",
                &response(0, &[(b"alice", b"latin-1")]),
            )?;
            let composed = response(0, &[(b"alice", b"composed")]);
            is_sent(trial, address, "é".as_bytes(), &composed)
        },
    ),
    Check::should(
        "C-16",
        "SIGINT ends the server with status 0",
        "not in the assignment, whose loop is infinite: what users of a command line expect",
        |trial| ends_on(trial, Signal::INT),
    ),
    Check::should(
        "C-16/2",
        "SIGTERM ends the server with status 0",
        "not in the assignment, whose loop is infinite: what users of a command line expect",
        |trial| ends_on(trial, Signal::TERM),
    ),
    // The second in which a server ends may be too short for a machine that is busy for a moment,
    // which is given another try.
    Check::should(
        "C-16/3",
        "a response that has begun is finished, but nobody else is accepted",
        "not in the assignment: messages are not lost",
        |trial| {
            const TRIES: u32 = 3;
            let mut outcome = Ok(());
            for _ in 0..TRIES {
                outcome = ends_with_response(trial);
                if outcome.is_ok() {
                    break;
                }
            }
            outcome
        },
    ),
];

/// Whoever presses ctrl-c does so when the server waits. When it does cannot be seen.
const UNTIL_IT_WAITS: Duration = Duration::from_millis(200);

fn ends_on(trial: &mut Trial<'_>, signal: Signal) -> Outcome {
    let timeout = trial.timeout();
    let address = serve_here(trial)?;
    is_served(trial, address)?;
    thread::sleep(UNTIL_IT_WAITS);
    trial.process()?.signal_group(signal)?;
    expect_success(trial, timeout)
}

/// The reader takes its messages slowly until nobody can connect any more, so that the server
/// cannot be done before.
fn ends_with_response(trial: &mut Trial<'_>) -> Outcome {
    const PAUSE: Duration = Duration::from_millis(2);
    let address = serve_here(trial)?;
    let record = store_much(trial, address, b"anna")?;
    let mut reader = stalled_reader(trial, address, b"anna")?;
    trial.process()?.signal_group(Signal::INT)?;
    let mut listens = true;
    for piece in record.get(5..).unwrap_or_default().chunks(20_000) {
        reader.expect(piece)?;
        if listens {
            listens = TcpStream::connect(address).is_ok();
            thread::sleep(PAUSE);
        }
    }
    if !listens {
        return Ok(());
    }
    Err(Problem::broken(
        "it stops listening at once, and then finishes the response",
        "it still listens when the response is finished",
    ))
}
