//! What a client sends, how it is acknowledged, and what is printed about it.

use std::time::Duration;

use harness::Event;

use super::client::{
    A_MOMENT, Client, STUDENT, STUDENT_LINE, are_shown, connected, expect_line, expect_printed,
    goes_on, last, lines, text,
};
use crate::checks::pickle::Object;
use crate::conversation::shown;
use crate::{Outcome, Problem, Trial};

/// `{'name': 'Jose', 'n': [1, 2.5, None, True]}`, as Python 3.11 writes it in the protocols 0 to 5.
const PROTOCOLS: [&[u8]; 6] = [
    b"(dp0\nVname\np1\nVJose\np2\nsVn\np3\n(lp4\nI1\naF2.5\naNaI01\nas.",
    b"}q\0(X\x04\0\0\0nameq\x01X\x04\0\0\0Joseq\x02X\x01\0\0\0nq\x03]q\x04\
      (K\x01G@\x04\0\0\0\0\0\0NI01\neu.",
    b"\x80\x02}q\0(X\x04\0\0\0nameq\x01X\x04\0\0\0Joseq\x02X\x01\0\0\0nq\x03]q\x04\
      (K\x01G@\x04\0\0\0\0\0\0N\x88eu.",
    b"\x80\x03}q\0(X\x04\0\0\0nameq\x01X\x04\0\0\0Joseq\x02X\x01\0\0\0nq\x03]q\x04\
      (K\x01G@\x04\0\0\0\0\0\0N\x88eu.",
    b"\x80\x04\x95(\0\0\0\0\0\0\0}\x94(\x8c\x04name\x94\x8c\x04Jose\x94\x8c\x01n\x94]\x94\
      (K\x01G@\x04\0\0\0\0\0\0N\x88eu.",
    b"\x80\x05\x95(\0\0\0\0\0\0\0}\x94(\x8c\x04name\x94\x8c\x04Jose\x94\x8c\x01n\x94]\x94\
      (K\x01G@\x04\0\0\0\0\0\0N\x88eu.",
];

/// Other kinds of plain data, and how Python shows them.
const KINDS: [(&[u8], &str); 11] = [
    (b"N.", "None"),
    (b"\x89.", "False"),
    (b"J\xfe\xff\xff\xff.", "-2"),
    (b"G?\xb9\x99\x99\x99\x99\x99\x9a.", "0.1"),
    (b"X\x05\0\0\0it's!.", "\"it's!\""),
    (b"C\x03a\xff\n.", r"b'a\xff\n'"),
    (b"\x96\x01\0\0\0\0\0\0\0x.", "bytearray(b'x')"),
    (b"K\x01\x85.", "(1,)"),
    (b"\x8f(K\x01\x90.", "{1}"),
    (b"(K\x01\x91.", "frozenset({1})"),
    // The same list twice.
    (
        b"\x80\x04\x95\x14\0\0\0\0\0\0\0}\x94(\x8c\x01x\x94]\x94K\x01a\x8c\x01y\x94h\x02u.",
        "{'x': [1], 'y': [1]}",
    ),
];

pub(super) fn received(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    for _ in 0..2 {
        let mut client = Client::connect(trial, address)?;
        client.send(STUDENT)?;
        client.pause();
    }
    goes_on(trial, address)
}

pub(super) fn many(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    for _ in 0..20 {
        client.tell(trial, &text(b"again"))?;
    }
    Ok(())
}

pub(super) fn together(trial: &mut Trial<'_>) -> Outcome {
    const COUNT: usize = 5;
    let mut client = connected(trial)?;
    client.send(&text(b"together").repeat(COUNT))?;
    for _ in 0..COUNT {
        client.pickles.next(trial)?;
    }
    Ok(())
}

pub(super) fn long(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    let content = [b'x'; 20_000];
    client.tell(trial, &[b"X\x20\x4e\0\0", &content[..], b"."].concat())?;
    client.tell(trial, &text(b"short"))?;
    Ok(())
}

pub(super) fn byte_by_byte(trial: &mut Trial<'_>) -> Outcome {
    const PAUSE: Duration = Duration::from_millis(2);
    let mut client = connected(trial)?;
    for pickle in [&text(b"slowly"), STUDENT] {
        let conversation = &mut client.pickles.conversation;
        conversation.send_in_pieces(pickle, 1, PAUSE)?;
        client.pickles.next(trial)?;
    }
    Ok(())
}

pub(super) fn every_protocol(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    for pickle in PROTOCOLS {
        client.tell(trial, pickle)?;
    }
    let line = format!(
        "Client {}: {{'name': 'Jose', 'n': [1, 2.5, None, True]}}",
        client.port
    );
    let wanted = format!("{} lines {}", PROTOCOLS.len(), shown(line.as_bytes()));
    expect_printed(trial, &wanted, |printed| {
        let found = lines(printed).filter(|found| *found == line.as_bytes());
        found.count() == PROTOCOLS.len()
    })
}

pub(super) fn printed_after_client_left(trial: &mut Trial<'_>) -> Outcome {
    /// More than what is received at once.
    const COUNT: usize = 1000;
    let address = trial.serve()?;
    let mut client = trial.connect(address)?;
    let line = format!("Client {}: 'left'", client.local_address().port());
    // Its id is not read: leaving is a reset then.
    client.send(&text(b"left").repeat(COUNT))?;
    drop(client);
    let wanted = format!("{COUNT} lines {}", shown(line.as_bytes()));
    expect_printed(trial, &wanted, |printed| {
        lines(printed)
            .filter(|found| *found == line.as_bytes())
            .count()
            == COUNT
    })
}

pub(super) fn student(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    client.send(STUDENT)?;
    expect_line(trial, STUDENT_LINE)
}

pub(super) fn shown_as_python_does(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    client.send(
        b"\x80\x04\x95.\0\0\0\0\0\0\0}\x94(\x8c\x04name\x94\x8c\x04Jose\x94\
          \x8c\x05email\x94\x8c\x10jose@example.edu\x94u.",
    )?;
    let line = format!(
        "Client {}: {{'name': 'Jose', 'email': 'jose@example.edu'}}",
        client.port
    );
    expect_line(trial, &line)
}

pub(super) fn one_line(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    client.send(&text(b"one\ntwo\rthree"))?;
    let line = format!(r"Client {}: 'one\ntwo\rthree'", client.port);
    expect_line(trial, &line)
}

pub(super) fn escaped(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    client.send(
        b"}(X\x0c\0\0\0student_nameX\x16\0\0\0Ann\nClient 1: 'forged'\
          X\x0f\0\0\0github_usernameX\x08\0\0\0\x1b[2Jann7X\x03\0\0\0sidK\x07u.",
    )?;
    let line = r"Connected: Student: Ann\nClient 1: 'forged', Github Username: \x1b[2Jann7, sid: 7";
    expect_line(trial, line)
}

pub(super) fn acknowledged(trial: &mut Trial<'_>) -> Outcome {
    connected(trial)?.tell(trial, STUDENT).map(drop)
}

pub(super) fn acknowledgement(trial: &mut Trial<'_>) -> Outcome {
    const TEXT: &str = "server got the data";
    let answer = connected(trial)?.tell(trial, STUDENT)?;
    if answer == Object::text(TEXT) {
        return Ok(());
    }
    let expected = format!("the text \"{TEXT}\"");
    Err(Problem::broken(expected, answer.to_string()))
}

pub(super) fn every_kind(trial: &mut Trial<'_>) -> Outcome {
    are_shown(trial, &KINDS)
}

/// 2 ** 99999 - 1, which has 99,999 bits and a sign, and 30,103 digits.
pub(super) fn long_integer(trial: &mut Trial<'_>) -> Outcome {
    const DIGITS: usize = 30_103;
    let mut client = connected(trial)?;
    let integer = [b"\x8b\xd4\x30\0\0", &[0xff; 12_499][..], b"\x7f."].concat();
    client.tell(trial, &integer)?;
    let id = format!("Client {}: ", client.port);
    let wanted = format!("{id} and {DIGITS} digits, from 499 to 687, as a line");
    expect_printed(trial, &wanted, |printed| {
        lines(printed)
            .filter_map(|line| line.strip_prefix(id.as_bytes()))
            .any(|digits| {
                digits.len() == DIGITS && digits.starts_with(b"499") && digits.ends_with(b"687")
            })
    })
}

pub(super) fn printed_at_once(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let mut client = connected(trial)?;
    client.send(STUDENT)?;
    // Whether it acknowledges is another matter.
    let _: Event = client.pickles.conversation.next_event(1, A_MOMENT);
    let process = trial.process()?;
    let has_line = |printed: &[u8]| lines(printed).any(|line| line == STUDENT_LINE.as_bytes());
    process.wait_stdout(has_line, timeout).map_err(|_| {
        let expected = format!("the line \"{STUDENT_LINE}\" while the server runs");
        Problem::broken(expected, last(&process.stdout()))
    })
}
