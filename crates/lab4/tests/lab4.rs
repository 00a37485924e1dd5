//! What the checks of `conform` do not look at: the texts of errors, streams that fail, memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::thread;
use std::time::Duration;

use harness::{Exit, Finished, Listener, Output, Peer, Process, Program};

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

#[track_caller]
fn assert_says(process: &Process, message: &str) {
    let stderr = String::from_utf8(finished(process).stderr).unwrap();
    assert!(
        stderr.starts_with("lab4: ") && stderr.contains(message),
        "{stderr}"
    );
}

fn answers(server: &mut Peer) {
    server.send(QUESTION).unwrap();
    assert_eq!(server.receive_exactly(4, SOON).unwrap(), ANSWER);
}

#[test]
fn m_6_the_error_says_which_byte_is_none_of_a_frame() {
    let (process, mut server) = start(lab4());
    server.send(b"\x1b").unwrap();
    assert_says(
        &process,
        r"after 0 answers: it sent something else than a question: frame begins with '\x1b', want 'Q' or 'S'",
    );
    let (process, mut server) = start(lab4());
    answers(&mut server);
    server.send(b"HTTP/1.1 400 Bad Request\r\n").unwrap();
    assert_says(
        &process,
        "after 1 answer: it sent something else than a question: frame begins with 'H'",
    );
}

#[test]
fn m_6_the_error_says_where_the_server_left() {
    let (process, server) = start(lab4());
    drop(server);
    assert_says(
        &process,
        "after 0 answers: it closed the connection immediately\n",
    );

    let (process, mut server) = start(lab4());
    answers(&mut server);
    answers(&mut server);
    let address = server.local_address();
    drop(server);
    assert_says(
        &process,
        &format!(
            "no secret from {address} after 2 answers: it closed the connection, \
             as a math server does when the last answer is wrong\n"
        ),
    );

    let (process, mut server) = start(lab4());
    server.send(b"Salmost!").unwrap();
    drop(server);
    assert_says(
        &process,
        "closed the connection too early: frame cut off: 1 of 9 bytes missing",
    );

    let (process, mut server) = start(lab4());
    answers(&mut server);
    server.reset().unwrap();
    assert_says(&process, "after 1 answer: it reset the connection\n");
}

#[test]
fn m_6_the_error_says_why_there_is_no_connection() {
    let port = harness::free_port().unwrap().to_string();
    let process = lab4().args(["127.0.0.1", &port]).start().unwrap();
    assert_says(
        &process,
        &format!("cannot connect to 127.0.0.1:{port}: connection refused"),
    );
    for host in ["", "no host has this name", "256.0.0.1", "[::1]"] {
        let process = lab4().args([host, "8000"]).start().unwrap();
        assert_says(&process, &format!("cannot find the host \"{host}\""));
    }
}

#[test]
fn m_8_the_host_may_be_an_ipv6_address() {
    let Ok(listener) = Listener::at("[::1]:0".parse().unwrap()) else {
        println!("not possible without IPv6");
        return;
    };
    let port = listener.port().to_string();
    let process = lab4().args(["::1", &port]).start().unwrap();
    let mut server = listener.accept_from(&process, SOON).unwrap();
    server.send(b"Sfound it").unwrap();
    assert_prints(&process, b"found it\n");
}

#[test]
fn m_8_the_error_says_what_is_wrong_with_the_arguments() {
    let not_text = OsStr::from_bytes(b"\xff\x1b");
    let host = OsStr::new("localhost");
    for (arguments, message) in [
        (&[][..], "expected 2 arguments, got 0"),
        (&[host], "expected 2 arguments, got 1"),
        (
            &[host, OsStr::new("0")],
            "PORT is \"0\"; give a number from 1 to 65535",
        ),
        (
            &[host, OsStr::new("--help")],
            "PORT is \"--help\"; give a number",
        ),
        (
            &[not_text, OsStr::new("8000")],
            "HOST is \"\\xff\\x1b\"; give text in UTF-8",
        ),
        (&[host, not_text], "PORT is \"\\xff\\x1b\"; give a number"),
    ] {
        let finished = lab4().args(arguments).run(SOON).unwrap();
        let stderr = String::from_utf8(finished.stderr).unwrap();
        assert!(stderr.starts_with(&format!("lab4: {message}")), "{stderr}");
        assert!(stderr.ends_with("\nUsage: lab4 HOST PORT\n"), "{stderr}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn g_1_an_output_that_is_full_or_closed() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (process, mut server) = start(lab4().stdout(Output::File(full)));
    server.send(b"Stoo much").unwrap();
    assert_says(
        &process,
        "cannot write to standard output: No space left on device",
    );
    assert_eq!(process.exit(), Some(Exit::Status(1)));
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
    answers(&mut server);
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

#[test]
fn g_1_an_output_that_was_closed_is_an_error_and_the_server_is_not_asked() {
    let listener = Listener::new().unwrap();
    let port = listener.port().to_string();
    let shell = "exec \"$0\" \"$@\" >&-";
    let words = ["-c", shell, env!("CARGO_BIN_EXE_lab4"), "127.0.0.1", &port];
    let finished = Program::new("sh").args(words).run(SOON).unwrap();
    assert_eq!(finished.exit, Exit::Status(1), "{finished:?}");
    listener.accept(Duration::from_millis(1)).unwrap_err();
}
