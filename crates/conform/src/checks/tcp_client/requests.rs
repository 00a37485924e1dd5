//! From lines to requests, and to whom they are sent.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use harness::{Error, Input, Listener};

use super::{arguments, finish, prints, response, start, start_with};
use crate::checks::default_port::{self, DEFAULT_PORT};
use crate::checks::usage::help_names;
use crate::conversation::shown;
use crate::{Arguments, Check, Conversation, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "TC-1",
        "each line of the file becomes a request to the host and port of the options",
        "TCP Client v3: FILE holds one request a line, ACTION MESSAGE; a request is 5 bits of \
         action and 27 bits of length, then the message",
        |trial| {
            let lines = b"uppercase Hello\nlowercase WORLD\nreverse abc\nshuffle ab\nrandom x\n";
            let server = start(trial, lines)?;
            let requests = [
                &b"\x08\0\0\x05Hello"[..],
                b"\x10\0\0\x05WORLD",
                b"\x20\0\0\x03abc",
                b"\x40\0\0\x02ab",
                b"\x80\0\0\x01x",
            ];
            answers_each(trial, server, &requests)
        },
    ),
    Check::must(
        "TC-1/2",
        "- as the file is standard input",
        "TCP Client v3: FILE may be - to read from standard input",
        |trial| {
            let listener = trial.listen()?;
            let lines = Input::Bytes(b"uppercase Hello\nreverse abc\n".to_vec());
            trial.start(&arguments(listener.port()).file("-"), lines)?;
            let server = trial.accept(&listener)?;
            answers_each(trial, server, &[b"\x08\0\0\x05Hello", b"\x20\0\0\x03abc"])
        },
    ),
    Check::must(
        "TC-1/3",
        "the message is all that follows the first space",
        "TCP Client v3: ACTION MESSAGE",
        |trial| {
            let server = start(trial, b"uppercase Hello  wide World\n")?;
            answers_each(trial, server, &[b"\x08\0\0\x11Hello  wide World"])
        },
    ),
    Check::must(
        "TC-1/4",
        "a message of 70,000 bytes is sent, with its length in 27 bits",
        "TCP Client v3: the message length has 27 bits",
        |trial| {
            const LENGTH: usize = 70_000;
            let message: Vec<u8> = (b'a'..=b'z').cycle().take(LENGTH).collect();
            let server = start(trial, &[b"reverse ", &message[..], b"\n"].concat())?;
            let request = [&b"\x20\x01\x11\x70"[..], &message].concat();
            answers_each(trial, server, &[&request])
        },
    ),
    Check::must(
        "TC-1/5",
        "--host, --port and --verbose are the long forms",
        "TCP Client v3, Usage: [--help] [-v] [-h HOST] [-p PORT] FILE",
        |trial| {
            trial.may_choose_arguments()?;
            let options = |port| {
                Arguments::new()
                    .word("--verbose")
                    .host_option("--host", "127.0.0.1")
                    .port_option("--port", port)
            };
            let server = start_with(trial, b"uppercase Hello\n", options)?;
            answers_each(trial, server, &[b"\x08\0\0\x05Hello"])
        },
    ),
    Check::must(
        "TC-1/6",
        "without a host it connects to localhost",
        "TCP Client v3: the default host is localhost",
        |trial| {
            trial.may_choose_arguments()?;
            let options = |port| Arguments::new().port_option("-p", port);
            let server = start_with(trial, b"uppercase Hello\n", options)?;
            answers_each(trial, server, &[b"\x08\0\0\x05Hello"])
        },
    ),
    Check::should(
        "TC-1/7",
        "without a port it connects to 8083",
        "the default port of the server",
        |trial| {
            trial.may_choose_arguments()?;
            let _turn = default_port::reserve(DEFAULT_PORT)?;
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT));
            let listener = Listener::at(address)?;
            let file = trial.file(b"uppercase Hello\n")?;
            let options = Arguments::new().host_option("-h", "127.0.0.1");
            trial.start(&options.file(file), Input::Pipe)?;
            let server = trial.accept(&listener)?;
            answers_each(trial, server, &[b"\x08\0\0\x05Hello"])
        },
    ),
    Check::should(
        "TC-1/8",
        "the length of a message is that of its bytes",
        "TCP Client v3: the message length is followed by so much data, which is UTF-8",
        |trial| {
            let server = start(trial, "reverse é漢😀\nreverse abc\n".as_bytes())?;
            let request = [&b"\x20\0\0\x09"[..], "é漢😀".as_bytes()].concat();
            answers_each(trial, server, &[&request, b"\x20\0\0\x03abc"])
        },
    ),
    Check::should(
        "TC-1/9",
        "lines may end with CRLF, the last one with nothing, and a message may be empty",
        "TCP Client v3: FILE holds one request a line",
        |trial| {
            let server = start(trial, b"reverse ab\r\nlowercase \nuppercase last")?;
            let requests = [&b"\x20\0\0\x02ab"[..], b"\x10\0\0\0", b"\x08\0\0\x04last"];
            answers_each(trial, server, &requests)
        },
    ),
    Check::must(
        "TC-1/10",
        "--help prints the usage with its options on standard output",
        "TCP Client v3, Usage: [--help] [-v] [-h HOST] [-p PORT] FILE",
        |trial| help_names(trial, &["--help", "-v", "-h", "-p"]),
    ),
    Check::must(
        "TC-2",
        "all requests are sent without waiting, and each response is printed on a line, in order",
        "TCP Client v3: requests are pipelined on one connection; each response is printed on its \
         own line",
        |trial| {
            let mut server = start(trial, THREE_LINES)?;
            // No request is answered before all have come.
            server.expect(THREE_REQUESTS)?;
            server.send(b"\0\0\0\x01A\0\0\0\x06second\0\0\0\x07a third")?;
            prints(trial, server, b"A\nsecond\na third\n")
        },
    ),
    Check::must(
        "TC-2/2",
        "a response of 70,000 bytes is printed whole",
        "Protocol: 32 bits of length, then the data",
        |trial| {
            const LENGTH: usize = 70_000;
            let mut server = start(trial, b"uppercase abc\nreverse abc\n")?;
            server.expect(b"\x08\0\0\x03abc\x20\0\0\x03abc")?;
            let long: Vec<u8> = (b'a'..=b'z').cycle().take(LENGTH).collect();
            // In two pieces: one read does not give all of it.
            server.send_in_pieces(&response(&long), 40_000, PAUSE)?;
            server.send(&response(b"cba"))?;
            prints(trial, server, &[&long[..], b"\ncba\n"].concat())
        },
    ),
    Check::must(
        "TC-2/3",
        "\"error\" is printed as every response",
        "Protocol: the message \"error\" is returned, with the appropriate header",
        |trial| {
            let mut server = start(trial, THREE_LINES)?;
            server.expect(THREE_REQUESTS)?;
            server.send(b"\0\0\0\x01A\0\0\0\x05error\0\0\0\x02dc")?;
            prints(trial, server, b"A\nerror\ndc\n")
        },
    ),
    Check::should(
        "TC-2/4",
        "an empty response is an empty line",
        "TCP Client v3: each response is printed on its own line",
        |trial| {
            let mut server = start(trial, THREE_LINES)?;
            server.expect(THREE_REQUESTS)?;
            server.send(b"\0\0\0\x01A\0\0\0\0\0\0\0\x02dc")?;
            prints(trial, server, b"A\n\ndc\n")
        },
    ),
    Check::should(
        "TC-2/5",
        "each response is printed as it arrives",
        "TCP Client v3: each response is printed as it arrives",
        |trial| {
            let mut server = start(trial, THREE_LINES)?;
            server.expect(THREE_REQUESTS)?;
            for answer in ["A", "b", "dc"] {
                server.send(&response(answer.as_bytes()))?;
                next_line_is(trial, answer)?;
            }
            finish(trial, server).map(drop)
        },
    ),
    Check::should(
        "TC-2/6",
        "lines that come slowly are sent as they come",
        "TCP Client v3: tail -f log | tcp_client - shows the responses as lines come",
        |trial| {
            let listener = trial.listen()?;
            trial.start(&arguments(listener.port()).file("-"), Input::Pipe)?;
            let mut server: Option<Conversation> = None;
            for (line, request, answer) in [
                (b"reverse abc\n", b"\x20\0\0\x03abc", "cba"),
                (b"reverse def\n", b"\x20\0\0\x03def", "fed"),
            ] {
                trial.process()?.write_stdin(line)?;
                // It may connect at once, or when it has something to send.
                let server = match &mut server {
                    Some(server) => server,
                    None => server.insert(trial.accept(&listener)?),
                };
                server.expect(request)?;
                server.send(&response(answer.as_bytes()))?;
                next_line_is(trial, answer)?;
            }
            trial.process()?.close_stdin()?;
            match server {
                Some(server) => finish(trial, server).map(drop),
                None => Ok(()),
            }
        },
    ),
    // More requests and more responses than the system keeps for both ends, which is some megabytes:
    // a client that does not receive while it sends, and this server, wait for each other forever.
    Check::should(
        "TC-2/7",
        "it receives while it sends, so that a file of any size works",
        "TCP Client v3: reading and writing overlap",
        |trial| {
            const REQUESTS: usize = 8 * 1024;
            let message = [b'x'; 1020];
            let line = [b"reverse ", &message[..], b"\n"].concat();
            let mut server = start(trial, &line.repeat(REQUESTS))?;
            server.set_receive_buffer(256 << 10)?;
            let request = [b"\x20\0\x03\xfc", &message[..]].concat();
            let text = [b'y'; 2044];
            let answer = response(&text);
            for answered in 0..REQUESTS {
                server.expect(&request)?;
                server.send(&answer).map_err(|error| match error {
                    Error::Peer { event, .. } => Problem::broken(
                        "a client that takes responses while it sends",
                        format!("{event}, after {answered} of {REQUESTS} responses"),
                    ),
                    error => error.into(),
                })?;
            }
            prints(trial, server, &[&text[..], b"\n"].concat().repeat(REQUESTS))
        },
    )
    .waits(10),
];

/// Receives each request and answers it at once, for clients that wait and for those that do not.
fn answers_each(trial: &mut Trial<'_>, mut server: Conversation, requests: &[&[u8]]) -> Outcome {
    for request in requests {
        server.expect(request)?;
        server.send(&response(b"ok"))?;
    }
    finish(trial, server).map(drop)
}

/// Between pieces that are to be read one by one.
pub(super) const PAUSE: Duration = Duration::from_millis(20);

pub(super) const THREE_LINES: &[u8] = b"uppercase a\nlowercase B\nreverse cd\n";

pub(super) const THREE_REQUESTS: &[u8] = b"\x08\0\0\x01a\x10\0\0\x01B\x20\0\0\x02cd";

fn next_line_is(trial: &mut Trial<'_>, answer: &str) -> Outcome {
    let timeout = trial.timeout();
    let line = trial.process()?.wait_line(timeout)?;
    if line == answer {
        return Ok(());
    }
    let expected = format!("the line \"{answer}\"");
    Err(Problem::broken(expected, shown(line.as_bytes())))
}
