//! The program against servers of literal octets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ffi::OsStr;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::ffi::OsStrExt as _;
use std::thread;
use std::time::{Duration, Instant};

use harness::{Event, Exit, Finished, Listener, Output, Peer, Process, Program};

const SOON: Duration = Duration::from_secs(10);

const QUESTION: &[u8] = b"Q\0\0\0\x02\0\0\0\x28";
const ANSWER: &[u8] = b"\0\0\0\x2a";

fn lab4() -> Program {
    Program::new(env!("CARGO_BIN_EXE_lab4"))
}

/// Starts the program with a server that it reaches, and returns the server's end.
fn start(program: Program) -> (Process, Peer) {
    let listener = Listener::new().unwrap();
    let program = program.args(["127.0.0.1", &listener.port().to_string()]);
    let process = program.start().unwrap();
    let server = listener.accept_from(&process, SOON).unwrap();
    (process, server)
}

fn finished(process: &Process) -> Finished {
    let exit = process.wait_exit(SOON).unwrap();
    Finished {
        exit,
        stdout: process.stdout(),
        stderr: process.stderr(),
    }
}

#[track_caller]
fn assert_prints(process: &Process, stdout: &[u8]) {
    let expected = Finished {
        exit: Exit::Status(0),
        stdout: stdout.to_vec(),
        stderr: Vec::new(),
    };
    assert_eq!(finished(process), expected, "{process:?}");
}

/// The program ends with status 1, `message` on standard error and nothing on standard output.
#[track_caller]
fn assert_fails(process: &Process, message: &str) {
    let Finished {
        exit,
        stdout,
        stderr,
    } = finished(process);
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(
        stderr.starts_with("lab4: ") && stderr.contains(message),
        "{stderr}"
    );
    assert_eq!((exit, stdout), (Exit::Status(1), Vec::new()), "{stderr}");
}

#[test]
fn m_1_m_2_m_3_m_4_each_question_is_answered_and_the_secret_printed() {
    let (process, mut server) = start(lab4());
    for (question, answer) in [
        (b"Q\0\0\0\x02\0\0\0\x28", b"\0\0\0\x2a"),
        (b"Q\x01\x02\x03\x04\x10\x20\x30\x40", b"\x11\x22\x33\x44"),
        (b"Q\xff\xff\xff\xff\x00\x00\x00\x02", b"\0\0\0\x01"),
        (b"Q\x80\0\0\0\x80\0\0\0", b"\0\0\0\0"),
    ] {
        server.send(question).unwrap();
        // One write for an answer, and nothing after it before the next question.
        assert_eq!(server.next_event(64, SOON), Event::Data(answer.to_vec()));
    }
    server.send(b"Sopen 5es").unwrap();
    server.expect_close(SOON).unwrap();
    assert_prints(&process, b"open 5es\n");
}

#[test]
fn m_1_m_3_the_client_says_nothing_before_it_is_asked() {
    let (process, mut server) = start(lab4());
    server.expect_silence(Duration::from_millis(100)).unwrap();
    server.send(b"Sno quest").unwrap();
    assert_prints(&process, b"no quest\n");
}

#[test]
fn m_4_g_6_a_secret_that_is_no_text_is_written_unchanged_to_a_pipe() {
    let (process, mut server) = start(lab4());
    server.send(b"S\x1b[2J\xff\0\n\x9b").unwrap();
    assert_prints(&process, b"\x1b[2J\xff\0\n\x9b\n");
}

#[test]
fn m_4_g_6_a_secret_cannot_drive_the_terminal() {
    let (process, mut server) = start(lab4().on_terminal());
    server.send(b"S\x1b[2J\xff\0\n\x9b").unwrap();
    assert_prints(&process, b"\\x1b[2J\\xff\\x00\\n\\x9b\n");
}

#[test]
fn m_4_the_program_does_not_wait_for_the_server_to_close() {
    let (process, mut server) = start(lab4());
    server.send(b"Swaiting!and more").unwrap();
    assert_prints(&process, b"waiting!\n");
    drop(server);
}

#[test]
fn m_5_g_5_frames_in_pieces_of_every_size() {
    let start_all = (1..9).map(|size| (size, start(lab4())));
    for (size, (process, mut server)) in start_all.collect::<Vec<_>>() {
        for _ in 0..3 {
            server
                .send_in_pieces(QUESTION, size, Duration::from_millis(2))
                .unwrap();
            assert_eq!(server.receive_exactly(4, SOON).unwrap(), ANSWER);
        }
        server
            .send_in_pieces(b"Spieces!!", size, Duration::from_millis(2))
            .unwrap();
        assert_prints(&process, b"pieces!!\n");
    }
}

#[test]
fn m_5_two_frames_together() {
    let (process, mut server) = start(lab4());
    // Looking without pause, one would see the first answer alone if it were written alone (G-5).
    server.stream().set_nonblocking(true).unwrap();
    for _ in 0..300 {
        server.send(&[QUESTION, QUESTION].concat()).unwrap();
        let answers = loop {
            match server.next_event(64, SOON) {
                Event::Silence => {}
                event => break event,
            }
        };
        assert_eq!(answers, Event::Data([ANSWER, ANSWER].concat()));
    }
    server.stream().set_nonblocking(false).unwrap();
    server.send(&[QUESTION, b"Stogether"].concat()).unwrap();
    assert_eq!(server.receive_exactly(4, SOON).unwrap(), ANSWER);
    assert_prints(&process, b"together\n");
}

#[test]
fn m_6_any_other_first_byte() {
    let (process, mut server) = start(lab4());
    server.send(b"\x1b").unwrap();
    assert_fails(
        &process,
        r"after 0 answers: it sent something else than a question: frame begins with '\x1b', want 'Q' or 'S'",
    );
    let (process, mut server) = start(lab4());
    server.send(QUESTION).unwrap();
    server.receive_exactly(4, SOON).unwrap();
    server.send(b"HTTP/1.1 400 Bad Request\r\n").unwrap();
    assert_fails(
        &process,
        "after 1 answer: it sent something else than a question: frame begins with 'H'",
    );
}

#[test]
fn m_6_a_close_before_the_secret() {
    let (process, server) = start(lab4());
    drop(server);
    assert_fails(
        &process,
        "after 0 answers: it closed the connection at once\n",
    );

    let (process, mut server) = start(lab4());
    for _ in 0..2 {
        server.send(QUESTION).unwrap();
        server.receive_exactly(4, SOON).unwrap();
    }
    let address = server.local_address();
    drop(server);
    assert_fails(
        &process,
        &format!(
            "no secret from {address} after 2 answers: it closed the connection, \
             as a math server does when the last answer is wrong\n"
        ),
    );
}

#[test]
fn m_6_a_close_inside_a_frame() {
    for (frame, missing) in [(QUESTION, "8"), (QUESTION, "1"), (b"Salmost!!", "1")] {
        let (process, mut server) = start(lab4());
        let len = 9 - missing.parse::<usize>().unwrap();
        server.send(&frame[..len]).unwrap();
        drop(server);
        assert_fails(
            &process,
            &format!(
                "closed the connection too early: frame cut off: {missing} of 9 bytes missing"
            ),
        );
    }
}

#[test]
fn m_6_a_reset() {
    let (process, mut server) = start(lab4());
    server.send(QUESTION).unwrap();
    server.receive_exactly(4, SOON).unwrap();
    server.reset().unwrap();
    assert_fails(&process, "after 1 answer: it reset the connection\n");
}

#[test]
fn m_6_a_refused_connection_and_an_unknown_host() {
    let port = harness::free_port().unwrap().to_string();
    let process = lab4().args(["127.0.0.1", &port]).start().unwrap();
    assert_fails(
        &process,
        &format!("cannot connect to 127.0.0.1:{port}: connection refused"),
    );
    for host in ["", "no host has this name", "256.0.0.1", "[::1]"] {
        let process = lab4().args([host, "8000"]).start().unwrap();
        assert_fails(&process, &format!("cannot find the host \"{host}\""));
    }
}

#[test]
fn m_7_a_connection_that_does_not_come_about_within_10_seconds() {
    // With its queue full, the system does not answer who wants to connect.
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let SocketAddr::V4(address) = address else {
        panic!("{address}")
    };
    let listener = net::listen(address, 0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(500)) {
        queue.push(stream);
        assert!(queue.len() < 100, "the queue never fills");
    }
    let start = Instant::now();
    let program = lab4().args(["127.0.0.1", &address.port().to_string()]);
    let finished = program.run(Duration::from_secs(20)).unwrap();
    let took = start.elapsed();
    let stderr = String::from_utf8(finished.stderr).unwrap();
    assert_eq!(
        stderr,
        format!("lab4: cannot connect to {address}: no answer in time\n")
    );
    assert_eq!(
        (finished.exit, finished.stdout),
        (Exit::Status(1), Vec::new())
    );
    assert!(
        took >= Duration::from_secs(10) && took < Duration::from_secs(13),
        "{took:?}"
    );
}

#[test]
fn m_8_g_10_a_name_an_ipv4_and_an_ipv6_address() {
    // The name may stand for both, of which only one accepts.
    let hosts = [
        ("localhost", "127.0.0.1:0"),
        ("127.0.0.1", "127.0.0.1:0"),
        ("::1", "[::1]:0"),
    ];
    for (host, address) in hosts {
        let Ok(listener) = Listener::at(address.parse().unwrap()) else {
            assert_eq!(host, "::1", "only IPv6 may be absent");
            continue;
        };
        // Leading zeros are digits (G-8).
        let port = format!("0{}", listener.port());
        let process = lab4().args([host, &port]).start().unwrap();
        let mut server = listener.accept_from(&process, SOON).unwrap();
        server.send(b"Sfound it").unwrap();
        assert_prints(&process, b"found it\n");
    }
}

#[test]
fn m_8_wrong_arguments() {
    let none: [&OsStr; 0] = [];
    let not_text = OsStr::from_bytes(b"\xff\x1b");
    let run = |arguments: &[&OsStr]| lab4().args(arguments).run(SOON).unwrap();
    let word = |text: &'static str| OsStr::new(text);
    for (arguments, message) in [
        (none.as_slice(), "want 2 arguments, found 0"),
        (&[word("localhost")], "want 2 arguments, found 1"),
        (
            &[word("localhost"), word("8000"), word("x")],
            "want 2 arguments, found 3",
        ),
        (
            &[word("localhost"), word("0")],
            "the port \"0\" is out of range; give one from 1 to 65535",
        ),
        (
            &[word("localhost"), word("65536")],
            "the port \"65536\" is out of range",
        ),
        (
            &[word("localhost"), word("+8000")],
            "the port \"+8000\" is not a number",
        ),
        (
            &[word("localhost"), word("")],
            "the port \"\" is not a number",
        ),
        (
            &[word("localhost"), word("--help")],
            "the port \"--help\" is not a number",
        ),
        (&[not_text, word("8000")], "the host is not UTF-8"),
        (
            &[word("localhost"), not_text],
            "the port \"\u{fffd}\\x1b\" is not a number",
        ),
    ] {
        let finished = run(arguments);
        let stderr = String::from_utf8(finished.stderr).unwrap();
        assert!(stderr.starts_with(&format!("lab4: {message}")), "{stderr}");
        assert!(stderr.ends_with("\nUsage: lab4 HOST PORT\n"), "{stderr}");
        assert_eq!(
            (finished.exit, finished.stdout),
            (Exit::Status(2), Vec::new()),
            "{stderr}"
        );
    }
}

#[test]
fn g_3_help_and_version() {
    let finished = lab4().arg("--help").run(SOON).unwrap();
    assert_eq!(
        (finished.exit, finished.stderr),
        (Exit::Status(0), Vec::new())
    );
    assert!(finished.stdout.starts_with(b"Usage: lab4 HOST PORT\n"));
    let finished = lab4().arg("--version").run(SOON).unwrap();
    assert_eq!(
        (finished.exit, finished.stderr),
        (Exit::Status(0), Vec::new())
    );
    assert_eq!(
        finished.stdout,
        format!("lab4 {}\n", env!("CARGO_PKG_VERSION")).into_bytes()
    );
}

#[test]
fn m_9_a_thousand_questions_take_no_time() {
    let (process, mut server) = start(lab4());
    let start = Instant::now();
    for _ in 0..1000 {
        server.send(QUESTION).unwrap();
        assert_eq!(server.receive_exactly(4, SOON).unwrap(), ANSWER);
    }
    let took = start.elapsed();
    server.send(b"Sa moment").unwrap();
    assert_prints(&process, b"a moment\n");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn g_1_an_output_that_is_full_or_closed() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (process, mut server) = start(lab4().stdout(Output::File(full)));
    server.send(b"Stoo much").unwrap();
    assert_fails(
        &process,
        "cannot write to standard output: No space left on device",
    );
    let (process, mut server) = start(lab4().stdout(Output::ClosedPipe));
    server.send(b"Snobody r").unwrap();
    assert_prints(&process, b"");
}

#[cfg(target_os = "linux")]
#[test]
fn g_7_a_million_questions_take_no_memory() {
    let (process, server) = start(lab4());
    let before = process.resident_memory().unwrap();
    let mut writer = Peer::from_stream(server.stream().try_clone().unwrap()).unwrap();
    let mut reader = server;
    let writing = thread::spawn(move || {
        for _ in 0..200 {
            writer.send(&QUESTION.repeat(5000)).unwrap();
        }
        writer
    });
    for _ in 0..200 {
        assert_eq!(
            reader.receive_exactly(20_000, SOON).unwrap(),
            ANSWER.repeat(5000)
        );
    }
    let after = process.peak_memory().unwrap();
    writing.join().unwrap().send(b"Sone more").unwrap();
    assert_prints(&process, b"one more\n");
    assert!(after < before + (4 << 20), "{before} {after}");
}

#[test]
fn rust_log_shows_each_answer_on_standard_error() {
    let (process, mut server) = start(lab4().env("RUST_LOG", "debug"));
    server.send(QUESTION).unwrap();
    server.receive_exactly(4, SOON).unwrap();
    server.send(b"Slogged!!").unwrap();
    let finished = finished(&process);
    assert_eq!(
        (finished.exit, finished.stdout.as_slice()),
        (Exit::Status(0), b"logged!!\n".as_slice())
    );
    assert!(
        String::from_utf8(finished.stderr)
            .unwrap()
            .contains("2 + 40 = 42")
    );
}
