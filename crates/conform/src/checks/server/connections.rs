//! Several clients at once, the end of the server, and its next start.

use std::collections::HashSet;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use harness::{Event, Signal, shown};

use super::messages::{
    HEADER, LIMIT, has_number, overfill, printed, prints, stalled_reader, store_much,
};
use super::{
    MUCH, RECORDS, SERVED, is_sent, is_served, nothing_is_stored, send, serve_here, store,
};
use crate::checks::messages::{
    SECOND, create, has_status, message, name, read, response, shown_event, text, with_byte,
};
use crate::{Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    // What is not printed for a client without a fault is about the fault.
    Check::must(
        "C-12",
        "an error message is printed for each erroneous request",
        "3.1: if the request is not valid, or is not read in time, the server prints an \
         appropriate error message",
        |trial| {
            let (sender, receiver, text) = (name(trial), name(trial), text(trial));
            let valid = create(&sender, &receiver, &text);
            let half = trial.random().usize(8..valid.len());
            let address = serve_here(trial)?;
            for _ in 0..3 {
                send(trial, address, &valid)?.next_event(1, trial.timeout());
            }
            let printed = settled(trial)?;
            let usual: HashSet<String> = printed.lines().map(without_digits).collect();
            for (fault, request) in [
                ("a wrong MagicNo", with_byte(valid.clone(), 1, 0x74)),
                ("a wrong ID", with_byte(valid.clone(), 2, 7)),
                ("a NameLen of 0", create("", &receiver, &text)),
                (
                    "a read request with a ReceiverLen",
                    with_byte(create(&sender, &receiver, ""), 2, 1),
                ),
                (
                    "a read request with a MessageLen",
                    with_byte(create(&sender, "", &text), 2, 1),
                ),
                ("a ReceiverLen of 0", create(&sender, "", &text)),
                ("a MessageLen of 0", create(&sender, &receiver, "")),
                ("a header that is cut off", valid[..3].to_vec()),
                ("a request that is cut off", valid[..half].to_vec()),
            ] {
                is_mentioned(trial, &usual, fault, |trial| {
                    let mut client = send(trial, address, &request)?;
                    // Nothing more comes. It may be closed for the fault already.
                    let _ = client.shutdown_write();
                    client.next_event(1, trial.timeout());
                    Ok(())
                })?;
            }
            is_mentioned(trial, &usual, "a request that stops", |trial| {
                let mut stalled = send(trial, address, &valid[..half])?;
                stalled.next_event(1, trial.timeout() + 2 * SECOND);
                Ok(())
            })
        },
    )
    .waits(1)
    .needs(&[
        "C-2", "C-2/2", "C-2/3", "C-2/4", "C-2/5", "C-2/6", "C-7", "C-8", "C-8/2", "C-12/5",
    ]),
    Check::must(
        "C-12/2",
        "the server goes on when a client resets the connection",
        "3.5: exceptions of recv() and of writing are handled by printing an error message, \
         closing the socket and returning to the start of the loop",
        |trial| {
            let (receiver, (sender, text)) = (name(trial), message(trial));
            let (create, read) = (create(sender, &receiver, text), read(&receiver));
            let half = trial.random().usize(8..create.len());
            let address = trial.serve()?;
            for bytes in [b"", &create[..3], &create[..half], &create, &read] {
                send(trial, address, bytes)?.reset()?;
                is_served(trial, address)?;
            }
            Ok(())
        },
    )
    .needs(SERVED),
    // Whoever comes next may have to wait until the server has given up.
    Check::must(
        "C-12/3",
        "the server goes on when a client does not take its messages",
        "3.5: gaps of one second or more are detected, with a timeout for reading or writing",
        |trial| {
            let (receiver, (sender, text)) = (name(trial), message(trial));
            let address = trial.serve()?;
            store_much(trial, address, &receiver)?;
            let reader = stalled_reader(trial, address, &receiver)?;
            let mut next = send(trial, address, &create(sender, "bob", text))?;
            match next.next_event(100, trial.timeout() + 2 * SECOND) {
                Event::Closed | Event::Reset => {}
                event => {
                    let expected = "the next client is served, after a second";
                    return Err(Problem::broken(expected, shown_event(event)));
                }
            }
            drop(reader);
            is_served(trial, address)
        },
    )
    .waits(1)
    .needs(&["C-1/3", "C-7/4", "C-9", "C-10"]),
    Check::should(
        "C-12/4",
        "errors name the client on standard error, the rest is on standard output",
        "not in the assignment: what users of a command line expect",
        |trial| {
            let timeout = trial.timeout();
            let (receiver, message) = (name(trial), message(trial));
            let address = serve_here(trial)?;
            store(trial, address, &receiver, &message)?;
            let mut wrong = send(trial, address, b"\xae\x74\x01\x01\0\0\0a")?;
            wrong.next_event(1, timeout);
            let port = wrong.local_address().port();
            let is_told = |printed: &[u8]| String::from_utf8_lossy(printed).contains(&receiver);
            let is_blamed = |printed: &[u8]| has_number(&String::from_utf8_lossy(printed), port);
            if trial.prints(is_told)? && trial.logs(is_blamed)? {
                return Ok(());
            }
            let server = trial.process()?;
            Err(Problem::broken(
                format!(
                    "the names of a valid request on standard output; {port}, the port of an \
                     erroneous client, on standard error"
                ),
                format!(
                    "standard output: {}, standard error: {}",
                    shown(&server.stdout()),
                    shown(&server.stderr())
                ),
            ))
        },
    ),
    Check::must(
        "C-12/5",
        "the server goes on after a request with a wrong field",
        "3.1: if the request is not valid, the server goes back to the start of the loop",
        |trial| {
            let (receiver, (sender, text)) = (name(trial), message(trial));
            let valid = create(sender, &receiver, &text);
            let address = trial.serve()?;
            // Twice each: a fault may follow another.
            for wrong in [
                with_byte(valid.clone(), 0, 0xea),
                with_byte(valid.clone(), 2, 9),
                create("", &receiver, &text),
            ] {
                for _ in 0..2 {
                    send(trial, address, &wrong)?.next_event(1, trial.timeout());
                }
                is_served(trial, address)?;
            }
            Ok(())
        },
    )
    .needs(SERVED),
    Check::must(
        "C-12/6",
        "the connection of a request with a wrong field is closed",
        "3.1: if the request is not valid, the server closes the socket obtained from accept()",
        |trial| {
            let wrong = with_byte(read(name(trial)), 0, 0xea);
            let address = trial.serve()?;
            send(trial, address, &wrong)?.expect_gone()
        },
    ),
    Check::must(
        "C-12/7",
        "the server goes on when nobody comes for two seconds",
        "3.1: the server enters an infinite loop, in which it first accepts a connection",
        |trial| {
            const NOBODY_COMES: Duration = Duration::from_millis(2500);
            let address = trial.serve()?;
            thread::sleep(NOBODY_COMES);
            is_served(trial, address)
        },
    )
    .waits(3)
    .needs(SERVED),
    // If they are waited for one after another, that takes 20 seconds.
    Check::should(
        "C-13",
        "20 silent clients delay no other",
        "not in the assignment, whose loop serves one client after another",
        |trial| {
            const MOST: Duration = Duration::from_secs(5);
            let (receiver, message) = (name(trial), message(trial));
            let address = trial.serve()?;
            let silent: Result<Vec<_>, _> = (0..20).map(|_| trial.connect(address)).collect();
            let start = Instant::now();
            store(trial, address, &receiver, &message)?;
            is_sent(trial, address, &receiver, &[message])?;
            let took = start.elapsed();
            drop(silent?);
            if took < MOST {
                return Ok(());
            }
            Err(Problem::broken(
                "another client is served immediately",
                format!("it takes {:.1} seconds", took.as_secs_f64()),
            ))
        },
    )
    .waits(1)
    .needs(RECORDS),
    Check::should(
        "C-13/2",
        "messages are in the order in which their requests were completed",
        "not in the assignment, whose loop serves one client after another",
        |trial| {
            let receiver = name(trial);
            let (early, late) = (message(trial), message(trial));
            let address = trial.serve()?;
            let request = create(&late.0, &receiver, &late.1);
            let (begin, end) = request.split_at(10);
            let mut slow = send(trial, address, begin)?;
            store(trial, address, &receiver, &early)?;
            slow.send(end)?;
            slow.next_event(1, trial.timeout());
            is_sent(trial, address, &receiver, &[early, late])
        },
    )
    .needs(&["C-1", "C-1/2", "C-10/8"]),
    Check::should(
        "C-14",
        "beyond SERVER_MAX_BYTES nothing is stored, and what is stored can be read",
        "not in the assignment: memory is not endless",
        |trial| {
            let receiver = name(trial);
            let (address, messages) = overfill(trial, &receiver)?;
            is_sent(trial, address, &receiver, &messages)?;
            // What is read makes room.
            let [first, _] = messages;
            store(trial, address, &receiver, &first)?;
            is_sent(trial, address, &receiver, &[first])
        },
    )
    .needs(&["C-1", "C-1/2", "C-1/3", "C-10/2", "C-10/8"]),
    Check::should(
        "C-14/2",
        "who is refused for it finds the limit on standard error",
        "not in the assignment: memory is not endless",
        |trial| {
            overfill(trial, "bob")?;
            if trial.logs(|printed| String::from_utf8_lossy(printed).contains(LIMIT))? {
                return Ok(());
            }
            Err(Problem::broken(
                format!("a line on standard error with the limit, {LIMIT}"),
                shown(&trial.process()?.stderr()),
            ))
        },
    ),
    Check::should(
        "C-15",
        "names that look alike are different",
        "3.3.1: names are stored in the record in bytes",
        |trial| {
            let message = message(trial);
            let address = trial.serve()?;
            store(trial, address, "é", &message)?;
            for name in ["e\u{301}", "É", "e", "é "] {
                nothing_is_stored(trial, address, name)?;
            }
            is_sent(trial, address, "é", &[message])
        },
    )
    .needs(RECORDS),
    Check::should(
        "C-15/2",
        "a name need not be UTF-8",
        "3.3.1: names are stored in the record in bytes",
        |trial| {
            let message = message(trial);
            let address = trial.serve()?;
            let request = create(&message.0, b"\xe9", &message.1);
            send(trial, address, &request)?.next_event(1, trial.timeout());
            let mut reader = send(trial, address, &read(b"\xe9"))?;
            reader.expect_bytes(&response(0, &[message]))
        },
    )
    .needs(RECORDS),
    Check::should(
        "C-16",
        "SIGINT ends the server with status 0",
        "not in the assignment, whose loop is infinite: what users of a command line expect",
        |trial| ends_on(trial, Signal::INT),
    )
    .needs(SERVED),
    Check::should(
        "C-16/2",
        "SIGTERM ends the server with status 0",
        "not in the assignment, whose loop is infinite: what users of a command line expect",
        |trial| ends_on(trial, Signal::TERM),
    )
    .needs(SERVED),
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
                trial.process()?.kill_tree()?;
            }
            outcome
        },
    )
    .needs(MUCH),
];

fn ends_on(trial: &mut Trial<'_>, signal: Signal) -> Outcome {
    let address = serve_here(trial)?;
    is_served(trial, address)?;
    trial.wait_idle()?;
    trial.signal(signal)?;
    has_status(trial.wait_exit()?, 0)
}

/// What is printed, when nothing more comes.
fn settled(trial: &mut Trial<'_>) -> Result<String, Problem> {
    const WHILE: Duration = Duration::from_millis(50);
    let mut text = printed(trial)?;
    loop {
        thread::sleep(WHILE);
        let now = printed(trial)?;
        if now == text {
            return Ok(text);
        }
        text = now;
    }
}

/// What all servers print about different clients differs in numbers only.
fn without_digits(line: &str) -> String {
    line.trim()
        .replace(|letter: char| letter.is_ascii_digit(), "")
}

/// Sees that something unusual is printed for a fault.
fn is_mentioned(
    trial: &mut Trial<'_>,
    usual: &HashSet<String>,
    fault: &str,
    commit: impl Fn(&Trial<'_>) -> Outcome,
) -> Outcome {
    let unusual = |text: &str| -> usize {
        let lines = text.lines().map(without_digits);
        let unusual = lines.filter(|line| !usual.contains(line));
        unusual.map(|line| line.len()).sum()
    };
    let before = unusual(&settled(trial)?);
    commit(trial)?;
    let expected = format!("a message about {fault}, which is not printed for a valid request,");
    prints(trial, &expected, |text| unusual(text) > before)
}

/// The reader takes its messages slowly until nobody can connect any more, so that the server
/// cannot be done before.
fn ends_with_response(trial: &mut Trial<'_>) -> Outcome {
    const PAUSE: Duration = Duration::from_millis(2);
    let receiver = name(trial);
    let address = serve_here(trial)?;
    let record = store_much(trial, address, &receiver)?;
    let mut reader = stalled_reader(trial, address, &receiver)?;
    trial.signal(Signal::INT)?;
    let mut listens = true;
    for piece in record[HEADER..].chunks(20_000) {
        reader.expect_bytes(piece)?;
        if listens {
            listens = TcpStream::connect(address).is_ok();
            thread::sleep(PAUSE);
        }
    }
    if !listens {
        return Ok(());
    }
    Err(Problem::broken(
        "it stops listening immediately, and then finishes the response",
        "it still listens when the response is finished",
    ))
}
