//! What the checks of `conform` do not look at: the texts of lines, a standard output that fails,
//! clients that are examined at the same time, memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use harness::{Output, Peer, Process, Program};

const SOON: Duration = Duration::from_secs(10);

fn mathserver() -> Program {
    Program::new(env!("CARGO_BIN_EXE_mathserver"))
}

struct Server {
    process: Process,
    address: SocketAddr,
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let (process, address) = harness::start_server(SOON, |port| {
            mathserver().args(arguments).arg(port.to_string())
        })
        .unwrap();
        Self { process, address }
    }

    fn connect(&self) -> Client {
        Client {
            peer: Peer::connect(self.address).unwrap(),
        }
    }

    /// The next line about a client, which must be this one, without its address.
    #[track_caller]
    fn outcome_of(&mut self, client: SocketAddr) -> String {
        let line = self.process.wait_line(SOON).unwrap();
        let prefix = format!("{client}: ");
        line.strip_prefix(&prefix)
            .unwrap_or_else(|| panic!("{line} is not {prefix}"))
            .to_owned()
    }
}

struct Client {
    peer: Peer,
}

impl Client {
    fn address(&self) -> SocketAddr {
        self.peer.local_address()
    }

    fn frame(&mut self) -> [u8; 9] {
        self.peer
            .receive_exactly(9, SOON)
            .unwrap()
            .try_into()
            .unwrap()
    }

    fn question(&mut self) -> (u32, u32) {
        let frame = self.frame();
        assert_eq!(frame[0], b'Q', "{frame:?}");
        let number = |at: usize| u32::from_be_bytes(frame[at..at + 4].try_into().unwrap());
        (number(1), number(5))
    }

    fn answer(&mut self, number: u32) {
        self.peer.send(&number.to_be_bytes()).unwrap();
    }

    /// Answers every question rightly; all frames that came, the secret being the last.
    fn pass(&mut self) -> Vec<[u8; 9]> {
        let mut frames = Vec::new();
        loop {
            let frame = self.frame();
            frames.push(frame);
            if frame[0] == b'S' {
                self.peer.expect_close(SOON).unwrap();
                return frames;
            }
            self.answer(sum(frame));
        }
    }
}

/// The right answer; the sum must fit 32 bits.
fn sum(question: [u8; 9]) -> u32 {
    assert_eq!(question[0], b'Q', "{question:?}");
    let number = |at: usize| u32::from_be_bytes(question[at..at + 4].try_into().unwrap());
    number(1).checked_add(number(5)).unwrap()
}

#[test]
fn ms_1_ms_4_the_lines_about_listening_and_about_a_client_that_passed() {
    let mut server = Server::start(&["--questions", "3", "--secret", "open 5es"]);
    let mut client = server.connect();
    client.pass();
    assert_eq!(
        server.outcome_of(client.address()),
        "3 of 3 right, secret given: open 5es"
    );
    let line = format!(
        "mathserver: listening on 0.0.0.0:{}\n",
        server.address.port()
    );
    assert_eq!(String::from_utf8(server.process.stderr()).unwrap(), line);
}

#[test]
fn ms_1_what_a_seed_draws_depends_neither_on_other_clients_nor_on_pieces() {
    let first = Server::start(&["--seed", "42"]);
    let exams: Vec<_> = (0..5).map(|_| first.connect().pass()).collect();

    let second = Server::start(&["--seed", "42", "--fragment"]);
    let mut clients: Vec<_> = (0..5)
        .map(|_| {
            let mut client = second.connect();
            let frame = client.frame();
            client.answer(sum(frame));
            (client, vec![frame])
        })
        .collect();
    for (client, frames) in clients.iter_mut().rev() {
        frames.extend(client.pass());
    }
    let again: Vec<_> = clients.into_iter().map(|(_, frames)| frames).collect();
    assert_eq!(exams, again);
}

#[test]
fn ms_1_the_listening_line_does_not_depend_on_rust_log() {
    let (mut process, address) = harness::start_server(SOON, |port| {
        mathserver().arg(port.to_string()).env("RUST_LOG", "off")
    })
    .unwrap();
    let line = format!("mathserver: listening on 0.0.0.0:{}", address.port());
    assert_eq!(process.wait_error_line(SOON).unwrap(), line);
}

#[test]
fn ms_4_the_line_about_a_wrong_answer() {
    let mut server = Server::start(&["--questions", "3"]);
    let mut client = server.connect();
    let (left, right) = client.question();
    client.answer(left + right);
    let (left, right) = client.question();
    let sum = left + right;
    let wrong = sum ^ 0x0100_0000;
    client.answer(wrong);
    assert_eq!(
        server.outcome_of(client.address()),
        format!(
            "1 of 3 right, then a wrong answer: expected {left} + {right} = {sum} ({}), came {wrong} ({})",
            hex(&sum.to_be_bytes()),
            hex(&wrong.to_be_bytes())
        )
    );
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn ms_2_answers_that_come_too_early_count_when_their_question_is_asked() {
    let arguments = ["--seed", "7", "--questions", "5"];
    let questions = Server::start(&arguments).connect().pass();
    let mut answers: Vec<u8> = questions[..5]
        .iter()
        .flat_map(|question| sum(*question).to_be_bytes())
        .collect();
    answers.extend(b"and more that nobody asked for");
    let mut server = Server::start(&arguments);
    let mut client = server.connect();
    client.peer.send(&answers).unwrap();
    // What is left over does not turn the close into a reset.
    assert_eq!(
        client.peer.receive_to_end(SOON).unwrap(),
        questions.concat()
    );
    assert!(
        server
            .outcome_of(client.address())
            .starts_with("5 of 5 right, secret given: ")
    );
}

#[test]
fn ms_4_the_lines_about_clients_that_leave() {
    let mut server = Server::start(&["--questions", "2"]);
    let expected = |(left, right): (u32, u32)| {
        let sum = left + right;
        format!(
            "expected {left} + {right} = {sum} ({})",
            hex(&sum.to_be_bytes())
        )
    };

    let mut client = server.connect();
    let (question, address) = (client.question(), client.address());
    drop(client);
    assert_eq!(
        server.outcome_of(address),
        format!(
            "0 of 2 right, then no answer: {}, came nothing: the client closed the connection",
            expected(question)
        )
    );

    let mut client = server.connect();
    let (left, right) = client.question();
    client.answer(left + right);
    let (question, address) = (client.question(), client.address());
    client.peer.send(b"\x00\x1b\xff").unwrap();
    client.peer.shutdown_write().unwrap();
    client.peer.expect_close(SOON).unwrap();
    assert_eq!(
        server.outcome_of(address),
        format!(
            "1 of 2 right, then no answer: {}, came 00 1b ff: the client closed the connection",
            expected(question)
        )
    );

    let mut client = server.connect();
    let (question, address) = (client.question(), client.address());
    client.peer.reset().unwrap();
    assert_eq!(
        server.outcome_of(address),
        format!(
            "0 of 2 right, then no answer: {}, came nothing: the client reset the connection",
            expected(question)
        )
    );
}

#[test]
fn ms_4_a_closed_or_full_standard_output_stops_nobody() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    for (output, message) in [
        (Output::File(full), "No space left"),
        (Output::ClosedPipe, "Broken pipe"),
    ] {
        let port = harness::free_port().unwrap();
        let mut process = mathserver()
            .arg(port.to_string())
            .stdout(output)
            .start()
            .unwrap();
        let address = process.wait_listening(port, SOON).unwrap();
        for _ in 0..3 {
            Client {
                peer: Peer::connect(address).unwrap(),
            }
            .pass();
        }
        process.wait_error_line(SOON).unwrap();
        let warning = process.wait_error_line(SOON).unwrap();
        assert!(warning.contains("cannot write to standard output") && warning.contains(message));
    }
}

#[test]
fn little_memory_is_used() {
    let server = Server::start(&[]);
    server.connect().pass();
    let memory = server.process.resident_memory().unwrap();
    assert!(memory < 6 << 20, "{memory}");
}

#[test]
fn g_2_the_error_says_what_is_wrong_with_the_arguments() {
    for (argument, message) in [
        (
            OsStr::new("65536"),
            "PORT is \"65536\"; give a number from 1 to 65535",
        ),
        (
            OsStr::from_bytes(b"\xff"),
            "PORT is \"\\xff\"; give a number",
        ),
    ] {
        let finished = mathserver().arg(argument).run(SOON).unwrap();
        let stderr = String::from_utf8(finished.stderr).unwrap();
        let message = format!("mathserver: {message}");
        assert!(stderr.starts_with(&message), "{stderr}");
        let usage = "\nUsage: mathserver [--questions N]";
        assert!(stderr.contains(usage), "{stderr}");
    }
}
