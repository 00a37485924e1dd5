//! Requests and responses, and what becomes of wrong ones.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use super::{
    ACTIONS, LOWERCASE, RANDOM, REVERSE, UPPERCASE, connected, is_served, receive_response,
    request, response,
};
use crate::{Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "T-1",
        "a request is read, and its response is framed by its length",
        "Protocol: 5 bits of action and 27 bits of length, then the data; the response is 32 bits \
         of length, then the data",
        |trial| {
            let mut client = connected(trial)?;
            client.send(b"\x08\0\0\x0bHello World")?;
            client.expect(b"\0\0\0\x0bHELLO WORLD")
        },
    ),
    Check::must(
        "T-2",
        "lengths of one, two and three bytes are read and written",
        "Protocol: the message length has 27 bits in a request and 32 bits in a response",
        |trial| {
            let mut client = connected(trial)?;
            for length in [1, 0xff, 0x100, 0x1234, 0x1_0203] {
                client.send(&request(UPPERCASE, &vec![b'x'; length]))?;
                client.expect(&response(&vec![b'X'; length]))?;
            }
            Ok(())
        },
    ),
    Check::must(
        "T-3",
        "each of the five actions has its number",
        "Protocol, the same as for TCP Client v3: uppercase 0x01, lowercase 0x02, reverse 0x04, \
         shuffle 0x08, random 0x10",
        |trial| {
            let mut client = connected(trial)?;
            for (action, answer) in [
                (UPPERCASE, "HELLO WORLD"),
                (LOWERCASE, "hello world"),
                (REVERSE, "dlroW olleH"),
            ] {
                client.send(&request(action, b"Hello World"))?;
                client.expect(&response(answer.as_bytes()))?;
            }
            client.send(b"\x40\0\0\x0bHello World")?;
            let shuffled = receive_response(&mut client)?;
            let mut sorted = shuffled.clone();
            sorted.sort_unstable();
            if sorted != b" HWdellloor" {
                let expected = "action 0x08: the letters of \"Hello World\" in any order";
                return Err(Problem::broken(expected, harness::escape(&shuffled)));
            }
            client.send(&request(RANDOM, b"abcdefghijkl"))?;
            let random = receive_response(&mut client)?;
            if random.is_empty() || !random.iter().all(|byte| (b'a'..=b'l').contains(byte)) {
                let expected =
                    "action 0x10: some of the letters of \"abcdefghijkl\", repeated or not";
                return Err(Problem::broken(expected, harness::escape(&random)));
            }
            Ok(())
        },
    ),
    Check::must(
        "T-4",
        "requests that come together are answered each, in their order",
        "Protocol: binary header and pipelining, as in TCP Client v3",
        |trial| {
            let mut client = connected(trial)?;
            let (mut requests, mut responses) = (Vec::new(), Vec::new());
            for number in 0..60 {
                let text = format!("Line {number}");
                let (action, answer) = match number % 3 {
                    0 => (UPPERCASE, text.to_uppercase()),
                    1 => (LOWERCASE, text.to_lowercase()),
                    _ => (REVERSE, text.chars().rev().collect()),
                };
                requests.extend(request(action, text.as_bytes()));
                responses.extend(response(answer.as_bytes()));
            }
            client.send(&requests)?;
            client.expect(&responses)
        },
    ),
    Check::must(
        "T-5",
        "an unexpected action is answered with \"error\", framed as every response",
        "Requirements: return \"error\" (with the appropriate header) if an error occurs when \
         processing a request, such as an invalid action",
        |trial| {
            let mut client = connected(trial)?;
            client.send(b"\x18\0\0\x05hello")?;
            client.expect(b"\0\0\0\x05error")
        },
    ),
    Check::must(
        "T-5/2",
        "the request behind an unexpected action is answered",
        "Protocol: requests are pipelined, and each one brings the data that its length announces",
        |trial| {
            let mut client = connected(trial)?;
            // Whoever does not skip the data reads a request in it.
            client.send(&request(0x03, b"\x08\0\0\x01a"))?;
            client.expect(b"\0\0\0\x05error")?;
            is_served(&mut client)
        },
    ),
    Check::must(
        "T-5/3",
        "all 27 other numbers are unexpected actions, with data and without",
        "Protocol: if an unexpected action is encountered, then the message \"error\" should be \
         returned",
        |trial| {
            let mut client = connected(trial)?;
            for action in (0..32).filter(|action| !ACTIONS.contains(action)) {
                for data in [&b"data"[..], b""] {
                    client.send(&request(action, data))?;
                    client.expect(b"\0\0\0\x05error")?;
                }
            }
            is_served(&mut client)
        },
    ),
    Check::should(
        "T-6",
        "a message that is not UTF-8 is answered with \"error\", and the next one as usual",
        "Protocol: if a request is malformed, then the message \"error\" should be returned",
        |trial| {
            let mut client = connected(trial)?;
            for data in [
                &b"\xff\xfe"[..],
                b"cut \xe6\xbc",
                b"\xc0\xaf",
                b"\xed\xa0\x80",
            ] {
                client.send(&request(UPPERCASE, data))?;
                client.expect(b"\0\0\0\x05error")?;
            }
            is_served(&mut client)
        },
    ),
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
                client.expect(b"\0\0\0\x05error")?;
                client.expect_end()?;
            }
            Ok(())
        },
    ),
    Check::must(
        "T-7",
        "missing data is waited for",
        "Requirements: if a client does not send enough data, your server is allowed to block \
         waiting for the remaining bytes",
        |trial| {
            let mut client = connected(trial)?;
            for piece in [&b"\x08\0\0\x0b"[..], b"Hello"] {
                client.send(piece)?;
                client.expect_silence(WHILE)?;
            }
            client.send(b" World")?;
            client.expect(b"\0\0\0\x0bHELLO WORLD")
        },
    ),
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
    ),
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
    ),
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
    ),
];

/// How long a server is watched for what it should not do: it may do it a little late.
const WHILE: Duration = Duration::from_millis(300);

/// Sees that others are served, now and later: a server may notice late that a client is gone.
pub(super) fn goes_on(trial: &Trial<'_>, address: SocketAddr) -> Outcome {
    const TIMES: u32 = 5;
    for _ in 0..TIMES {
        is_served(&mut trial.connect(address)?)?;
        thread::sleep(WHILE / TIMES);
    }
    Ok(())
}
