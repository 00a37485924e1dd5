//! The program against clients of literal octets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashSet;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt as _;
use std::time::{Duration, Instant};

use harness::{Event, Exit, Output, Peer, Process, Program, Signal};

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
fn ms_1_questions_then_the_secret_then_the_end() {
    let mut server = Server::start(&["--questions", "3", "--secret", "open 5es"]);
    let mut client = server.connect();
    let frames = client.pass();
    assert_eq!(frames.len(), 4);
    assert_eq!(&frames[3], b"Sopen 5es");
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
fn ms_1_no_question_at_all() {
    let mut server = Server::start(&["--questions=0", "--secret=12345678"]);
    let mut client = server.connect();
    assert_eq!(client.pass(), [*b"S12345678"]);
    assert_eq!(
        server.outcome_of(client.address()),
        "0 of 0 right, secret given: 12345678"
    );
}

#[test]
fn ms_1_ms_3_what_is_not_given_is_drawn_for_each_client() {
    let server = Server::start(&[]);
    let exams: Vec<_> = (0..40).map(|_| server.connect().pass()).collect();
    let counts: HashSet<_> = exams.iter().map(|frames| frames.len() - 1).collect();
    assert!(
        counts.len() > 1 && counts.iter().all(|count| (1..=20).contains(count)),
        "{counts:?}"
    );
    let all: HashSet<_> = exams.iter().flatten().collect();
    assert_eq!(all.len(), exams.iter().flatten().count());
    let secrets = exams.iter().map(|frames| frames.last().unwrap());
    assert!(
        secrets
            .flat_map(|secret| &secret[1..])
            .all(u8::is_ascii_alphanumeric)
    );
}

#[test]
fn ms_1_with_a_seed_each_client_is_asked_the_same_in_every_run() {
    let first = Server::start(&["--seed", "42"]);
    let exams: Vec<_> = (0..5).map(|_| first.connect().pass()).collect();
    assert_ne!(exams[0], exams[1]);

    // Clients that are served at the same time do not disturb each other, nor do pieces.
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

    let other = Server::start(&["--seed", "43"]);
    assert_ne!(exams[0], other.connect().pass());
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
fn ms_2_a_wrong_answer_ends_it_at_once() {
    let mut server = Server::start(&["--questions", "3"]);
    let mut client = server.connect();
    let (left, right) = client.question();
    client.answer(left + right);
    let (left, right) = client.question();
    let sum = left + right;
    let wrong = sum ^ 0x0100_0000;
    client.answer(wrong);
    client.peer.expect_close(Duration::from_secs(1)).unwrap();
    assert_eq!(
        server.outcome_of(client.address()),
        format!(
            "1 of 3 right, then a wrong answer: expected {left} + {right} = {sum} ({}), came {wrong} ({})",
            hex(&sum.to_be_bytes()),
            hex(&wrong.to_be_bytes())
        )
    );
}

fn hex(octets: &[u8]) -> String {
    octets
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn ms_2_a_wrong_answer_with_more_behind_it_is_no_reset() {
    let mut server = Server::start(&["--questions", "3"]);
    let mut client = server.connect();
    let (left, right) = client.question();
    let wrong = (left + right).wrapping_add(1).to_be_bytes();
    client
        .peer
        .send(&[wrong.as_slice(), &[0; 1000]].concat())
        .unwrap();
    client.peer.expect_close(SOON).unwrap();
    assert!(
        server
            .outcome_of(client.address())
            .starts_with("0 of 3 right, then a wrong answer")
    );
}

#[test]
fn ms_2_one_question_at_a_time_each_in_one_segment() {
    let server = Server::start(&["--questions", "20"]);
    let mut client = server.connect();
    for _ in 0..20 {
        // Looking without pause, one would see a part of a frame that is more than one write
        // (G-5): whoever receives once has all of it.
        client.peer.stream().set_nonblocking(true).unwrap();
        let event = loop {
            match client.peer.next_event(64, SOON) {
                Event::Silence => {}
                event => break event,
            }
        };
        client.peer.stream().set_nonblocking(false).unwrap();
        let Event::Data(frame) = event else {
            panic!("no question: {}", client.peer.transcript());
        };
        let frame = frame.try_into().unwrap();
        client
            .peer
            .expect_silence(Duration::from_millis(10))
            .unwrap();
        // An answer in pieces is one as well.
        client
            .peer
            .send_in_pieces(&sum(frame).to_be_bytes(), 3, Duration::from_millis(1))
            .unwrap();
    }
    assert_eq!(client.frame()[0], b'S');
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
fn ms_4_silent_clients_delay_nobody() {
    let mut server = Server::start(&["--questions", "2"]);
    let mut silent: Vec<_> = (0..100).map(|_| server.connect()).collect();
    let mut client = server.connect();
    assert_eq!(client.pass().len(), 3);
    assert!(
        server
            .outcome_of(client.address())
            .starts_with("2 of 2 right")
    );
    let last = silent.last_mut().unwrap();
    assert_eq!(last.pass().len(), 3);
    assert!(
        server
            .outcome_of(last.address())
            .starts_with("2 of 2 right")
    );
}

#[test]
fn ms_4_a_client_that_leaves_is_a_line_and_no_more() {
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

    assert_eq!(server.connect().pass().len(), 3);
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
fn ms_5_pieces_reach_the_client_as_pieces() {
    let mut server = Server::start(&["--questions", "20", "--fragment", "--secret", "in parts"]);
    let start = Instant::now();
    let mut client = server.connect();
    let mut in_pieces = 0;
    loop {
        let Event::Data(mut frame) = client.peer.next_event(64, SOON) else {
            panic!("no frame: {}", client.peer.transcript());
        };
        if frame.len() < 9 {
            in_pieces += 1;
            frame.extend(client.peer.receive_exactly(9 - frame.len(), SOON).unwrap());
        }
        if frame == b"Sin parts" {
            break;
        }
        client.answer(sum(frame.try_into().unwrap()));
    }
    client.peer.expect_close(SOON).unwrap();
    assert_eq!(
        server.outcome_of(client.address()),
        "20 of 20 right, secret given: in parts"
    );
    // A busy machine may let pieces run together now and then.
    assert!(in_pieces >= 11, "{in_pieces} of 21");
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn g_4_signals_end_it_idle_and_busy() {
    for signal in [Signal::INT, Signal::TERM] {
        let idle = Server::start(&[]);
        let mut busy = Server::start(&["--questions", "1", "--fragment"]);
        let mut client = busy.connect();
        client.question();
        for server in [&idle, &busy] {
            let start = Instant::now();
            server.process.signal(signal).unwrap();
            assert_eq!(server.process.wait_exit(SOON).unwrap(), Exit::Status(0));
            assert!(
                start.elapsed() < Duration::from_secs(1),
                "{:?}",
                start.elapsed()
            );
            assert_eq!(harness::listening_on(server.address.port()), []);
        }
        assert!(idle.process.stdout().is_empty());
        let outcome = busy.outcome_of(client.address());
        assert!(
            outcome.starts_with("0 of 1 right, then no answer"),
            "{outcome}"
        );
        assert!(
            outcome.ends_with("came nothing: the server was shut down"),
            "{outcome}"
        );
    }
}

#[test]
fn g_4_waiting_costs_no_time_and_little_memory() {
    let server = Server::start(&[]);
    let _client = server.connect();
    let before = server.process.cpu_time().unwrap();
    server
        .process
        .wait_exit(Duration::from_millis(500))
        .unwrap_err();
    let used = server.process.cpu_time().unwrap() - before;
    assert!(used <= Duration::from_millis(20), "{used:?}");
    let memory = server.process.resident_memory().unwrap();
    assert!(memory < 6 << 20, "{memory}");
}

#[test]
fn g_9_a_restart_works_at_once_and_a_port_in_use_is_an_error() {
    let first = Server::start(&["--questions", "0"]);
    let client = first.connect();
    let port = first.address.port().to_string();
    let second = mathserver().arg(&port).run(SOON).unwrap();
    assert_eq!((second.exit, second.stdout), (Exit::Status(1), Vec::new()));
    let stderr = String::from_utf8(second.stderr).unwrap();
    assert!(
        stderr.starts_with("mathserver: cannot listen on 0.0.0.0:"),
        "{stderr}"
    );
    assert!(
        stderr.contains(&format!("port {port} is in use")),
        "{stderr}"
    );

    first.process.signal(Signal::TERM).unwrap();
    assert_eq!(first.process.wait_exit(SOON).unwrap(), Exit::Status(0));
    let third = mathserver().arg(&port).start().unwrap();
    third.wait_listening(first.address.port(), SOON).unwrap();
    drop(client);
}

#[test]
fn ms_1_g_2_wrong_arguments() {
    let not_text = OsStr::from_bytes(b"\xff");
    for (arguments, message) in [
        (
            vec![OsStr::new("0")],
            "the port \"0\" is out of range; give one from 1 to 65535",
        ),
        (
            vec![OsStr::new("65536")],
            "the port \"65536\" is out of range",
        ),
        (
            vec![OsStr::new("8000"), OsStr::new("9000")],
            "\"9000\" is one argument too many",
        ),
        (vec![OsStr::new("--listen")], "unknown option \"--listen\""),
        (
            vec![OsStr::new("--secret=short")],
            "--secret wants exactly 8 bytes, found 5",
        ),
        (
            vec![OsStr::new("--questions"), not_text],
            "--questions wants a number from 0 to 4294967295",
        ),
        (vec![not_text], "the port \"\u{fffd}\" is not a number"),
    ] {
        let finished = mathserver().args(arguments).run(SOON).unwrap();
        let stderr = String::from_utf8(finished.stderr).unwrap();
        assert!(
            stderr.starts_with(&format!("mathserver: {message}")),
            "{stderr}"
        );
        assert!(
            stderr.contains("\nUsage: mathserver [--questions N]"),
            "{stderr}"
        );
        assert_eq!(
            (finished.exit, finished.stdout),
            (Exit::Status(2), Vec::new()),
            "{stderr}"
        );
    }
}

#[test]
fn g_3_help_and_version() {
    let finished = mathserver().args(["8000", "--help"]).run(SOON).unwrap();
    assert_eq!(
        (finished.exit, finished.stderr),
        (Exit::Status(0), Vec::new())
    );
    let help = String::from_utf8(finished.stdout).unwrap();
    assert!(
        help.starts_with("Usage: mathserver [--questions N]"),
        "{help}"
    );
    assert!(help.contains("1 to 65535 [default: 8000]"), "{help}");
    let finished = mathserver().arg("--version").run(SOON).unwrap();
    assert_eq!(
        (finished.exit, finished.stderr),
        (Exit::Status(0), Vec::new())
    );
    let version = format!("mathserver {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(finished.stdout, version.into_bytes());
}
