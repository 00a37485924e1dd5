//! From lines to requests, and to whom they are sent.

use std::net::{Ipv4Addr, SocketAddr};
use std::slice::from_ref;
use std::time::Duration;

use harness::{Error, Input, Listener, shown};

use super::{
    ACTIONS, UPPERCASE, arguments, at_a_terminal, expect_request, expect_requests, finish, letters,
    lines, messages, prints, request, respond, response, start, start_at, start_with,
};
use crate::checks::default_port::{self, DEFAULT_PORT};
use crate::checks::usage::help_anywhere_names;
use crate::{Arguments, Check, Conversation, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "TC-1",
        "each line of the file becomes a request to the host and port of the options",
        "TCP Client v3: FILE holds one request a line, ACTION MESSAGE; a request is 5 bits of \
         action and 27 bits of length, then the message",
        |trial| {
            let messages = messages::<5>(trial);
            let requests: Vec<_> = ACTIONS.iter().zip(&messages).collect();
            let line =
                |((name, _), message): &(&(&str, u32), &String)| format!("{name} {message}\n");
            let file: String = requests.iter().map(line).collect();
            let mut server = start(trial, file.as_bytes())?;
            for ((_, action), message) in requests {
                expect_request(&mut server, *action, message.as_bytes())?;
                server.send(&response(b"ok"))?;
            }
            Ok(())
        },
    ),
    Check::must(
        "TC-1/2",
        "- as the file is standard input",
        "TCP Client v3: FILE may be - to read from standard input",
        |trial| {
            let messages = messages::<2>(trial);
            let listener = trial.listen()?;
            let input = Input::Bytes(lines(&messages));
            trial.start(&arguments(listener.port()).file("-"), input)?;
            answers_each(&mut trial.accept(&listener)?, &messages)
        },
    )
    .needs(&["TC-1"]),
    Check::must(
        "TC-1/3",
        "the message is all that follows the first space",
        "TCP Client v3: ACTION MESSAGE",
        |trial| {
            let [first, second] = messages(trial);
            is_sent(trial, &format!("{first} {second}  {first}"))
        },
    )
    .needs(&["TC-1"]),
    Check::must(
        "TC-1/4",
        "a message of 70,000 bytes is sent, with its length in 27 bits",
        "TCP Client v3: the message length has 27 bits",
        |trial| {
            let length = trial.random().usize(70_000..80_000);
            let message = letters(trial, length);
            is_sent(trial, &message)
        },
    )
    .needs(&["TC-1"]),
    Check::must(
        "TC-1/5",
        "--host, --port and --verbose are the long forms",
        "TCP Client v3, Usage: [--help] [-v] [-h HOST] [-p PORT] FILE",
        |trial| {
            is_sent_with(trial, |port| {
                Arguments::new()
                    .word("--verbose")
                    .host_option("--host", "127.0.0.1")
                    .port_option("--port", port)
            })
        },
    )
    .needs(&["TC-1"]),
    Check::must(
        "TC-1/6",
        "without a host it connects to localhost",
        "TCP Client v3: the default host is localhost",
        |trial| is_sent_with(trial, |port| Arguments::new().port_option("-p", port)),
    )
    .needs(&["TC-1"]),
    Check::should(
        "TC-1/7",
        "without a port it connects to 8083",
        "the default port of the server",
        |trial| {
            trial.may_choose_arguments()?;
            let messages = messages::<1>(trial);
            let _turn = default_port::reserve(DEFAULT_PORT)?;
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT));
            let listener = Listener::at(address)?;
            let file = trial.file(&lines(&messages))?;
            let options = Arguments::new().host_option("-h", "127.0.0.1");
            let mut server = start_at(trial, &listener, &options.file(file))?;
            answers_each(&mut server, &messages)
        },
    )
    .needs(&["TC-1"]),
    Check::should(
        "TC-1/8",
        "the length of a message is that of its bytes",
        "TCP Client v3: the message length is followed by so much data, which is UTF-8",
        |trial| {
            let [text] = messages(trial);
            let messages = [format!("é漢{text}😀"), text];
            let mut server = start(trial, &lines(&messages))?;
            answers_each(&mut server, &messages)
        },
    )
    .needs(&["TC-1"]),
    Check::should(
        "TC-1/9",
        "lines may end with CRLF, the last one with nothing, and a message may be empty",
        "TCP Client v3: FILE holds one request a line",
        |trial| {
            let [first, last] = messages(trial);
            let file = format!("uppercase {first}\r\nuppercase \nuppercase {last}");
            let mut server = start(trial, file.as_bytes())?;
            answers_each(&mut server, &[first, String::new(), last])
        },
    )
    .needs(&["TC-1"]),
    Check::should(
        "TC-1/11",
        "of an empty file nothing is sent or printed, and the status is 0",
        "TCP Client v3: FILE holds one request a line",
        |trial| {
            let listener = trial.listen()?;
            let file = trial.file(b"")?;
            trial.start(&arguments(listener.port()).file(file), Input::Pipe)?;
            // It may connect for nothing.
            match trial.accept(&listener) {
                Ok(mut server) => server.expect_gone()?,
                Err(Problem::Broken { .. }) => {}
                Err(problem) => return Err(problem),
            }
            let exit = trial.wait_exit()?;
            let printed = trial.printed()?;
            if exit.success() && printed.is_empty() {
                return Ok(());
            }
            let happened = format!(
                "{exit}, and on standard output {}",
                shown(printed.as_bytes())
            );
            Err(Problem::broken(
                "status 0, and nothing on standard output",
                happened,
            ))
        },
    ),
    Check::must(
        "TC-1/10",
        "--help prints the usage with its options",
        "TCP Client v3, Usage: [--help] [-v] [-h HOST] [-p PORT] FILE",
        |trial| help_anywhere_names(trial, &["-v", "-h", "-p"]),
    ),
    Check::must(
        "TC-2",
        "all requests are sent without waiting, and each response is printed on a line, in order",
        "TCP Client v3: requests are pipelined on one connection; each response is printed on its \
         own line",
        |trial| {
            let messages = messages::<3>(trial);
            let mut server = start(trial, &lines(&messages))?;
            // No request is answered before all have come.
            expect_requests(&mut server, &messages)?;
            let answers = messages.map(|message| format!("{message} and more"));
            respond(&mut server, &answers)?;
            prints(trial, &answers)
        },
    )
    .needs(&["TC-1"]),
    Check::must(
        "TC-2/2",
        "a response of 70,000 bytes is printed whole",
        "Protocol: 32 bits of length, then the data",
        |trial| {
            let messages = messages::<2>(trial);
            let length = trial.random().usize(70_000..80_000);
            let answers = [letters(trial, length), letters(trial, 9)];
            let mut server = start(trial, &lines(&messages))?;
            expect_requests(&mut server, &messages)?;
            // In two pieces: one read does not give all of it.
            server.send_in_pieces(&response(answers[0].as_bytes()), 40_000, PAUSE)?;
            respond(&mut server, &answers[1..])?;
            prints(trial, &answers)
        },
    )
    .needs(&["TC-2"]),
    Check::must(
        "TC-2/3",
        "\"error\" is printed as every response",
        "Protocol: the message \"error\" is returned, with the appropriate header",
        |trial| prints_answers(trial, "error"),
    )
    .needs(&["TC-2"]),
    Check::should(
        "TC-2/4",
        "an empty response is an empty line",
        "TCP Client v3: each response is printed on its own line",
        |trial| prints_answers(trial, ""),
    )
    .needs(&["TC-2"]),
    Check::should(
        "TC-2/5",
        "each response is printed as it arrives",
        "TCP Client v3: each response is printed as it arrives",
        |trial| {
            let messages = messages::<3>(trial);
            let mut server = start(trial, &lines(&messages))?;
            expect_requests(&mut server, &messages)?;
            for answer in &messages {
                respond(&mut server, &[answer])?;
                prints(trial, &[answer])?;
            }
            Ok(())
        },
    )
    .needs(&["TC-2"]),
    Check::should(
        "TC-2/6",
        "lines that come slowly are sent as they come",
        "TCP Client v3: tail -f log | tcp_client - shows the responses as lines come",
        |trial| {
            let listener = trial.listen()?;
            trial.start_as(&arguments(listener.port()).file("-"), at_a_terminal)?;
            let mut server: Option<Conversation> = None;
            for message in &messages::<2>(trial) {
                trial.process()?.write_stdin(&lines(from_ref(message)))?;
                // It may connect at once, or when it has something to send.
                let server = match &mut server {
                    Some(server) => server,
                    None => server.insert(trial.accept(&listener)?),
                };
                answers_each(server, from_ref(message))?;
            }
            Ok(())
        },
    )
    .needs(&["TC-1/2"]),
    // More requests and more responses than the system keeps for both ends, which is some megabytes:
    // a client that does not receive while it sends, and this server, wait for each other forever.
    Check::should(
        "TC-2/7",
        "it receives while it sends, so that a file of any size works",
        "TCP Client v3: reading and writing overlap",
        |trial| {
            const REQUESTS: usize = 8 * 1024;
            let message = letters(trial, 1020);
            let line = format!("uppercase {message}\n");
            let listener = trial.listen()?;
            let file = trial.file(line.repeat(REQUESTS).as_bytes())?;
            // What it prints is too much for a terminal.
            trial.start(&arguments(listener.port()).file(file), Input::Pipe)?;
            let mut server = trial.accept(&listener)?;
            server.set_receive_buffer(256 << 10)?;
            let request = request(UPPERCASE, message.as_bytes());
            let answer = response(&[b'y'; 2044]);
            for answered in 0..REQUESTS {
                server.expect_bytes(&request)?;
                server.send(&answer).map_err(|error| match error {
                    Error::Peer { event, .. } => Problem::broken(
                        "a client that takes responses while it sends",
                        format!("{event}, after {answered} of {REQUESTS} responses"),
                    ),
                    error => error.into(),
                })?;
            }
            Ok(())
        },
    )
    .needs(&["TC-2"])
    .waits(10),
    Check::should(
        "TC-2/8",
        "the responses are all that is printed",
        "TCP Client v3: each response is printed on its own line",
        |trial| {
            let messages = messages::<2>(trial);
            let mut server = start(trial, &lines(&messages))?;
            expect_requests(&mut server, &messages)?;
            respond(&mut server, &messages)?;
            finish(trial, server)?;
            let printed = trial.printed()?;
            let expected = messages.map(|message| message + "\n").concat();
            if printed == expected {
                return Ok(());
            }
            Err(Problem::broken(
                format!("{} on standard output", shown(expected.as_bytes())),
                shown(printed.as_bytes()),
            ))
        },
    )
    .needs(&["TC-2"]),
];

/// Receives each request and answers it immediately, for clients that wait and for those that do not.
fn answers_each(server: &mut Conversation, messages: &[String]) -> Outcome {
    for message in messages {
        expect_request(server, UPPERCASE, message.as_bytes())?;
        server.send(&response(b"ok"))?;
    }
    Ok(())
}

fn is_sent(trial: &mut Trial<'_>, message: &str) -> Outcome {
    let messages = [message.to_owned()];
    let mut server = start(trial, &lines(&messages))?;
    answers_each(&mut server, &messages)
}

fn is_sent_with(trial: &mut Trial<'_>, options: fn(u16) -> Arguments) -> Outcome {
    trial.may_choose_arguments()?;
    let messages = messages::<1>(trial);
    let mut server = start_with(trial, &lines(&messages), options)?;
    answers_each(&mut server, &messages)
}

/// Sees that three responses are printed, of which this one is the second.
fn prints_answers(trial: &mut Trial<'_>, second: &str) -> Outcome {
    let messages = messages::<3>(trial);
    let mut server = start(trial, &lines(&messages))?;
    expect_requests(&mut server, &messages)?;
    let [first, _, last] = messages;
    let answers = [first, second.to_owned(), last];
    respond(&mut server, &answers)?;
    prints(trial, &answers)
}

/// Between pieces that are to be read one by one.
pub(super) const PAUSE: Duration = Duration::from_millis(20);
