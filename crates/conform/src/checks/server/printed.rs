//! What the server prints. How it says it, and on which output, is its own affair.

use std::collections::HashSet;
use std::thread;
use std::time::{Duration, Instant};

use harness::{Event, Signal};

use super::{is_sent, send, serve_here, store};
use crate::checks::messages::{SECOND, create, read, response};
use crate::conversation::shown;
use crate::{Outcome, Problem, Trial};

/// Whoever interrupts a server does so when it waits. When it does cannot be seen.
const UNTIL_IT_WAITS: Duration = Duration::from_millis(200);

/// All that the server that was started last has printed, as soon as `is_there`, or else when it
/// has been ended: it may keep it back until then.
fn printed(trial: &mut Trial<'_>, is_there: impl Fn(&str) -> bool) -> Result<String, Problem> {
    const GLANCE: Duration = Duration::from_millis(10);
    let timeout = trial.timeout();
    let server = trial.process()?;
    let both = |server: &harness::Process| {
        let both = [server.stdout(), b"\n".to_vec(), server.stderr()].concat();
        String::from_utf8_lossy(&both).into_owned()
    };
    let start = Instant::now();
    while start.elapsed() < timeout.min(SECOND) {
        let text = both(server);
        if is_there(&text) {
            return Ok(text);
        }
        thread::sleep(GLANCE);
    }
    server.signal_group(Signal::INT)?;
    // How it ends is another matter.
    let _ = server.wait_exit(timeout);
    Ok(both(server))
}

fn prints(trial: &mut Trial<'_>, wanted: &str, is_there: impl Fn(&str) -> bool) -> Outcome {
    let text = printed(trial, &is_there)?;
    if is_there(&text) {
        return Ok(());
    }
    Err(Problem::broken(
        format!("{wanted} on either output"),
        shown(text.trim().as_bytes()),
    ))
}

/// Whether a number is in a text, and not just as part of another.
fn has_number(text: &str, number: u16) -> bool {
    let number = number.to_string();
    text.split(|letter: char| !letter.is_ascii_digit())
        .any(|digits| digits == number)
}

pub(super) fn address_of_the_client(trial: &mut Trial<'_>) -> Outcome {
    let address = serve_here(trial)?;
    let mut reader = send(trial, address, &read(b"nobody"))?;
    reader.expect(&response(0, &[]))?;
    let port = reader.local_address().port();
    prints(trial, &format!("127.0.0.1 and {port}"), |text| {
        text.contains("127.0.0.1") && has_number(text, port)
    })
}

pub(super) fn sender_and_receiver(trial: &mut Trial<'_>) -> Outcome {
    let address = serve_here(trial)?;
    store(trial, address, b"Wilhelmina", b"Bartholomew", b"hello")?;
    prints(trial, "Wilhelmina and Bartholomew", |text| {
        text.contains("Wilhelmina") && text.contains("Bartholomew")
    })
}

pub(super) fn number_of_messages(trial: &mut Trial<'_>) -> Outcome {
    const COUNT: u16 = 17;
    let address = serve_here(trial)?;
    let messages = [(&b"alice"[..], &b"hello"[..]); COUNT as usize];
    for (sender, text) in messages {
        store(trial, address, sender, b"bob", text)?;
    }
    is_sent(trial, address, b"bob", &response(0, &messages))?;
    prints(trial, "the number 17", |text| has_number(text, COUNT))
}

/// What all servers print about different clients is not the same in numbers only.
fn without_digits(line: &str) -> String {
    line.trim()
        .replace(|letter: char| letter.is_ascii_digit(), "")
}

/// Lines that are not printed for a client without a fault are about the fault.
pub(super) fn errors(trial: &mut Trial<'_>) -> Outcome {
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
}

pub(super) fn on_which_output(trial: &mut Trial<'_>) -> Outcome {
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
}

/// A machine that is busy for a moment is given another try: after a second the server gives the
/// client up.
pub(super) fn at_once(trial: &mut Trial<'_>) -> Outcome {
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
}

pub(super) fn control_characters(trial: &mut Trial<'_>) -> Outcome {
    let address = serve_here(trial)?;
    let name = "eve\x1b[2J\u{9b}2J\nforged by eve";
    let mut sender = send(trial, address, &create(name.as_bytes(), b"bob", b"hello"))?;
    sender.expect_gone()?;
    let text = printed(trial, |text| text.contains("forged by eve"))?;
    let drives_a_terminal = |letter: char| letter.is_control() && !"\n\r\t".contains(letter);
    if !text.contains(drives_a_terminal) && !text.contains("\nforged by eve") {
        return Ok(());
    }
    Err(Problem::broken(
        "control characters of a name are escaped",
        harness::escape(text.as_bytes()).to_string(),
    ))
}
