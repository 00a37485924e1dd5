//! Requests and responses, and what becomes of wrong ones.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use harness::shown;

use super::{ACTIONS, SERVED, UPPERCASE, ask, connected, expect_text, is_served, letters, request};
use crate::{Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "T-1",
        "a request is read, and its response is framed by its length",
        "Protocol: 5 bits of action and 27 bits of length, then the data; the response is 32 bits \
         of length, then the data",
        |trial| {
            let text = some_letters(trial);
            let mut client = connected(trial)?;
            client.send(&request(UPPERCASE, text.as_bytes()))?;
            expect_text(&mut client, &text)
        },
    ),
    Check::must(
        "T-2",
        "lengths of one, two and three bytes are read and written",
        "Protocol: the message length has 27 bits in a request and 32 bits in a response",
        |trial| {
            let address = trial.serve()?;
            let random = trial.random();
            let drawn =
                [2..0xff, 0x101..0xffff, 0x1_0001..0x2_0000].map(|range| random.usize(range));
            for length in [1, 0xff, 0x100, 0xffff, 0x1_0000].into_iter().chain(drawn) {
                let text = letters(trial, length);
                let mut client = trial.connect(address)?;
                client.send(&request(UPPERCASE, text.as_bytes()))?;
                expect_text(&mut client, &text)?;
            }
            Ok(())
        },
    )
    .needs(SERVED),
    // What they do with a message is T-9's to T-12's.
    Check::must(
        "T-3",
        "each of the five actions has its number",
        "Protocol, the same as for TCP Client v3: uppercase 0x01, lowercase 0x02, reverse 0x04, \
         shuffle 0x08, random 0x10",
        |trial| {
            let address = trial.serve()?;
            for action in ACTIONS {
                let text = some_letters(trial);
                let answer = ask(trial, address, action, text.as_bytes())?;
                if answer.as_deref() == Some(b"error") {
                    let expected = format!("the action {action:#04x} is not unexpected");
                    return Err(Problem::broken(expected, "the message \"error\""));
                }
            }
            Ok(())
        },
    )
    .needs(SERVED),
    Check::must(
        "T-4",
        "requests that come together are answered each, in their order",
        "Protocol: binary header and pipelining, as in TCP Client v3",
        |trial| {
            const REQUESTS: usize = 60;
            let texts: Vec<_> = (1..=REQUESTS)
                .map(|number| format!("{number} {}", some_letters(trial)))
                .collect();
            let mut client = connected(trial)?;
            let requests = texts.iter().map(|text| request(UPPERCASE, text.as_bytes()));
            client.send(&requests.collect::<Vec<_>>().concat())?;
            texts
                .iter()
                .try_for_each(|text| expect_text(&mut client, text))
        },
    )
    .needs(&["T-1"]),
    Check::must(
        "T-5",
        "an unexpected action is answered with \"error\", framed as every response",
        "Requirements: return \"error\" (with the appropriate header) if an error occurs when \
         processing a request, such as an invalid action",
        |trial| {
            let text = some_letters(trial);
            let mut client = connected(trial)?;
            client.send(&request(0x03, text.as_bytes()))?;
            client.expect_bytes(ERROR)
        },
    )
    .needs(&["T-1"]),
    Check::should(
        "T-5/2",
        "the request behind an unexpected action is answered",
        "Protocol: requests are pipelined, and each one brings the data that its length announces",
        |trial| {
            let text = some_letters(trial);
            let mut client = connected(trial)?;
            // Whoever does not skip the data reads a request in it.
            let inner = request(UPPERCASE, text.as_bytes());
            client.send(&request(0x03, &inner))?;
            client.expect_bytes(ERROR)?;
            is_served(&mut client)
        },
    )
    .needs(&["T-4", "T-5"]),
    Check::should(
        "T-5/3",
        "all 27 other numbers may come on one connection, with data and without",
        "Protocol: if an unexpected action is encountered, then the message \"error\" should be \
         returned",
        |trial| {
            let text = some_letters(trial);
            let mut client = connected(trial)?;
            for action in unexpected() {
                for data in [text.as_str(), ""] {
                    client.send(&request(action, data.as_bytes()))?;
                    client.expect_bytes(ERROR)?;
                }
            }
            is_served(&mut client)
        },
    )
    .needs(&["T-5/2", "T-5/4"]),
    Check::must(
        "T-5/4",
        "all 27 other numbers are unexpected actions",
        "Protocol: if an unexpected action is encountered, then the message \"error\" should be \
         returned",
        |trial| {
            let address = trial.serve()?;
            for action in unexpected() {
                let text = some_letters(trial);
                let answer = ask(trial, address, action, text.as_bytes())?.unwrap_or_default();
                if answer != b"error" {
                    let expected = format!("\"error\" for the action {action:#04x}");
                    return Err(Problem::broken(expected, shown(&answer)));
                }
            }
            Ok(())
        },
    )
    .needs(&["T-5", "T-16"]),
    Check::should(
        "T-6",
        "a message that is not UTF-8 is answered with \"error\", and the next one as usual",
        "Protocol: if a request is malformed, then the message \"error\" should be returned",
        |trial| {
            let text = some_letters(trial);
            let mut client = connected(trial)?;
            for data in [
                &b"\xff\xfe"[..],
                b"cut \xe6\xbc",
                b"\xc0\xaf",
                b"\xed\xa0\x80",
            ] {
                client.send(&request(UPPERCASE, &[text.as_bytes(), data].concat()))?;
                client.expect_bytes(ERROR)?;
            }
            is_served(&mut client)
        },
    )
    .needs(&["T-4", "T-5"]),
    Check::should(
        "T-6/2",
        "a request that the client ends in the middle is answered with \"error\"",
        "Protocol: if a request is malformed, then the message \"error\" should be returned",
        |trial| {
            let address = trial.serve()?;
            for bytes in [&b"\x08"[..], b"\x08\0\0\x05", b"\x08\0\0\x05Hell"] {
                let mut client = trial.connect(address)?;
                client.send(bytes)?;
                client.shutdown_write()?;
                client.expect_bytes(ERROR)?;
            }
            Ok(())
        },
    )
    .needs(&["T-5", "T-16"]),
    Check::should(
        "T-7",
        "missing data is waited for",
        "Requirements: if a client does not send enough data, your server is allowed to block \
         waiting for the remaining bytes",
        |trial| {
            let text = some_letters(trial);
            let request = request(UPPERCASE, text.as_bytes());
            let split = trial.random().usize(5..request.len());
            let mut client = connected(trial)?;
            for piece in [&request[..4], &request[4..split]] {
                client.send(piece)?;
                client.expect_silence(WHILE)?;
            }
            client.send(&request[split..])?;
            expect_text(&mut client, &text)
        },
    )
    .needs(&["T-1"]),
    Check::should(
        "T-8",
        "a client that ends between requests gets no further response, and its connection ends",
        "Command-line Interface: once it has handled one client, it will wait for another",
        |trial| {
            let address = trial.serve()?;
            let mut silent = trial.connect(address)?;
            silent.shutdown_write()?;
            silent.expect_end()?;
            let mut client = trial.connect(address)?;
            is_served(&mut client)?;
            client.shutdown_write()?;
            client.expect_end()
        },
    )
    .needs(SERVED),
    Check::should(
        "T-8/2",
        "a client that breaks its connection inside a request ends nothing else",
        "Command-line Interface: the server is designed to block forever",
        |trial| {
            let address = trial.serve()?;
            for bytes in [&b""[..], b"\x08\0", b"\x08\0\0\x05Hell"] {
                let mut client = trial.connect(address)?;
                client.send(bytes)?;
                client.reset()?;
                goes_on(trial, address)?;
            }
            Ok(())
        },
    )
    .needs(SERVED),
    Check::should(
        "T-8/3",
        "a response that cannot be delivered ends nothing else",
        "Command-line Interface: the server is designed to block forever",
        |trial| {
            let address = trial.serve()?;
            let mut client = trial.connect(address)?;
            client.set_receive_buffer(4096)?;
            // More than the system keeps for both ends: when the response begins, its end waits.
            client.send(&request(UPPERCASE, &vec![b'x'; 8 << 20]))?;
            client.receive(4)?;
            client.reset()?;
            goes_on(trial, address)
        },
    )
    .needs(&["T-16", "T-17"]),
    // What netcat does at the end of its input. It needs nothing of T-1: a server that reads to the
    // end answers only here.
    Check::should(
        "T-8/4",
        "a client that ends its sending side behind a request is answered",
        "Testing: netcat is going to be your best friend",
        |trial| {
            let text = some_letters(trial);
            let mut client = connected(trial)?;
            client.send(&request(UPPERCASE, text.as_bytes()))?;
            client.shutdown_write()?;
            expect_text(&mut client, &text)
        },
    ),
];

const ERROR: &[u8] = b"\0\0\0\x05error";

fn unexpected() -> impl Iterator<Item = u32> {
    (0..32).filter(|action| !ACTIONS.contains(action))
}

/// As many as fit into the smallest segment.
fn some_letters(trial: &mut Trial<'_>) -> String {
    let length = trial.random().usize(6..60);
    letters(trial, length)
}

/// How long a server is watched for what it should not do: it may do it a little late.
pub(super) const WHILE: Duration = Duration::from_millis(300);

/// Sees that others are served, now and later: a server may notice late that a client is gone.
pub(super) fn goes_on(trial: &Trial<'_>, address: SocketAddr) -> Outcome {
    const TIMES: u32 = 5;
    for _ in 0..TIMES {
        is_served(&mut trial.connect(address)?)?;
        thread::sleep(WHILE / TIMES);
    }
    Ok(())
}
