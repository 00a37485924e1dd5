//! The program against servers of literal bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::thread;
use std::time::{Duration, Instant};

use harness::{Exit, Listener, Output, Peer, Process, Program};

const SOON: Duration = Duration::from_secs(10);

/// `{'clientid': 51669}`, as Python 3.11 writes it.
const ID: &[u8] =
    b"\x80\x04\x95\x12\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x08clientid\x94M\xd5\xc9s.";
/// What is sent for the arguments of [`start`].
const STUDENT: &[u8] = b"\x80\x02}(X\x0c\x00\x00\x00student_nameX\x07\x00\x00\x00Ann Lee\
    X\x0f\x00\x00\x00github_usernameX\x04\x00\x00\x00ann7X\x03\x00\x00\x00sidJ\x6d\xbe\xbb\x36u.";
/// `'server got the data'`, as Python 3.11 writes it.
const REPLY: &[u8] =
    b"\x80\x04\x95\x17\x00\x00\x00\x00\x00\x00\x00\x8c\x13server got the data\x94.";

fn lab2() -> Program {
    Program::new(env!("CARGO_BIN_EXE_lab2"))
}

/// Starts the program with a server that it reaches, and returns the server's end.
fn start(program: Program) -> (Process, Peer) {
    let listener = Listener::new().unwrap();
    let process = program
        .args(["--port", &listener.port().to_string()])
        .args(["Ann Lee", "ann7", "918273645"])
        .start()
        .unwrap();
    let server = listener.accept_from(&process, SOON).unwrap();
    (process, server)
}

/// Starts the program, and gives it an id.
fn start_with_id(program: Program) -> (Process, Peer) {
    let (mut process, mut server) = start(program);
    server.send(ID).unwrap();
    assert_eq!(
        process.wait_line(SOON).unwrap(),
        "Client id 51669 assigned by server"
    );
    (process, server)
}

#[track_caller]
fn assert_prints(process: &Process, stdout: &[u8]) {
    let exit = process.wait_exit(SOON).unwrap();
    assert_eq!(exit, Exit::Status(0), "{process:?}");
    assert_eq!(process.stdout(), stdout, "{process:?}");
    assert_eq!(process.stderr(), b"", "{process:?}");
}

/// The program ends with status 1 and one line on standard error, which ends with `message`.
#[track_caller]
fn assert_fails(process: &Process, message: &str) {
    let exit = process.wait_exit(Duration::from_secs(20)).unwrap();
    assert_eq!(exit, Exit::Status(1), "{process:?}");
    let stderr = String::from_utf8(process.stderr()).unwrap();
    assert!(
        stderr.starts_with("lab2: ") && stderr.ends_with(&format!("{message}\n")),
        "{stderr}, not {message}"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

#[test]
fn pc_1_something_else_than_an_id() {
    let long = [b"X\xc8\x00\x00\x00".as_slice(), &[b'x'; 200], b"."].concat();
    let shortened = format!(
        "it sent '{}..., expected {{'clientid': N}} or N",
        "x".repeat(79)
    );
    for (object, message) in [
        (
            b"X\x03\x00\x00\x00a\nb.".as_slice(),
            r"it sent 'a\nb', expected {'clientid': N} or N",
        ),
        (
            b"}X\x08\x00\x00\x00clientidNs.",
            "it sent {'clientid': None}, expected {'clientid': N} or N",
        ),
        (b"\x88.", "it sent True, expected {'clientid': N} or N"),
        (&long, &shortened),
    ] {
        let (process, mut server) = start(lab2());
        server.send(object).unwrap();
        let address = server.local_address();
        assert_fails(&process, &format!("no client id from {address}: {message}"));
        assert_eq!(process.stdout(), b"");
    }
}

#[test]
fn pc_2_a_server_that_closes_or_resets() {
    let (process, server) = start(lab2());
    drop(server);
    assert_fails(&process, ": it closed the connection");

    let (process, mut server) = start(lab2());
    server.send(&ID[..ID.len() - 1]).unwrap();
    drop(server);
    assert_fails(
        &process,
        ": the connection ended inside a pickle, after 28 bytes of it",
    );

    let (process, mut server) = start_with_id(lab2());
    server.receive_exactly(STUDENT.len(), SOON).unwrap();
    server.reset().unwrap();
    assert_fails(&process, ": it reset the connection");

    let (process, mut server) = start_with_id(lab2());
    server.receive_exactly(STUDENT.len(), SOON).unwrap();
    let address = server.local_address();
    drop(server);
    assert_fails(
        &process,
        &format!("no reply from {address}: it closed the connection"),
    );

    // It leaves without looking at the data.
    let (process, mut server) = start(lab2());
    server.send(ID).unwrap();
    drop(server);
    assert_fails(&process, " the connection");
    assert_eq!(process.stdout(), b"Client id 51669 assigned by server\n");
}

#[test]
fn pc_2_errors_say_what_was_refused() {
    for (bytes, message) in [
        (
            b"\x1bHTTP/1.1 400 Bad Request\r\n".as_slice(),
            "this is no pickle: byte 0 is 0x1b, which is no opcode",
        ),
        (
            b"cposix\nsystem\n.",
            "the pickle asks to import posix.system at byte 14; only plain data is taken",
        ),
        (
            b"X\xff\xff\xff\xff",
            "the pickle announces 4294967295 bytes at byte 5, where 1048576 are allowed in all",
        ),
    ] {
        let (process, mut server) = start(lab2());
        server.send(bytes).unwrap();
        let address = server.local_address();
        assert_fails(&process, &format!("no client id from {address}: {message}"));

        let (process, mut server) = start_with_id(lab2());
        server.send(bytes).unwrap();
        let address = server.local_address();
        assert_fails(&process, &format!("no reply from {address}: {message}"));
    }
}

#[test]
fn pc_1_pc_2_an_id_that_comes_slowly_has_ten_seconds_in_all() {
    let begin = Instant::now();
    let (process, mut server) = start(lab2());
    let drip = thread::spawn(move || {
        let text = [b"X\xff\x00\x00\x00".as_slice(), &[b'x'; 255]].concat();
        let pause = Duration::from_millis(100);
        assert!(server.send_in_pieces(&text, 1, pause).is_err());
    });
    assert_fails(&process, ": no whole object came within 10s");
    assert!(process.stdout().is_empty());
    let took = begin.elapsed();
    assert!(took >= SOON && took < Duration::from_secs(14), "{took:?}");
    drip.join().unwrap();
}

#[test]
fn pc_2_a_refused_connection_and_an_unknown_host() {
    let port = harness::free_port().unwrap().to_string();
    let arguments = ["--port", &port, "A", "B", "7"];
    let process = lab2().args(arguments).start().unwrap();
    assert_fails(
        &process,
        &format!(
            "cannot connect to 127.0.0.1:{port}: connection refused; is the server running there?"
        ),
    );
    for host in ["", "no host has this name", "256.0.0.1"] {
        let process = lab2()
            .args(["--host", host, "A", "B", "7"])
            .start()
            .unwrap();
        let exit = process.wait_exit(SOON).unwrap();
        let stderr = String::from_utf8(process.stderr()).unwrap();
        assert!(
            stderr.starts_with(&format!("lab2: cannot find the host \"{host}\": ")),
            "{stderr}"
        );
        assert_eq!((exit, process.stdout()), (Exit::Status(1), Vec::new()));
    }
}

#[test]
fn pc_1_g_10_an_ipv6_address() {
    let Ok(listener) = Listener::at("[::1]:0".parse().unwrap()) else {
        // This machine has no IPv6.
        return;
    };
    let port = format!("--port={}", listener.port());
    let process = lab2()
        .args(["A", &port, "B", "7", "--host", "::1"])
        .start()
        .unwrap();
    let mut server = listener.accept_from(&process, SOON).unwrap();
    server.send(&[ID, REPLY].concat()).unwrap();
    assert_prints(
        &process,
        b"Client id 51669 assigned by server\nserver got the data\n",
    );
}

#[test]
fn g_1_an_output_that_is_full_or_closed() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (process, mut server) = start(lab2().stdout(Output::File(full)));
    server.send(ID).unwrap();
    assert_fails(
        &process,
        "cannot write to standard output: No space left on device (os error 28)",
    );
    let (process, mut server) = start(lab2().stdout(Output::ClosedPipe));
    server.send(ID).unwrap();
    assert_prints(&process, b"");
}

#[test]
fn g_2_wrong_arguments() {
    let word = |text: &'static str| OsStr::new(text);
    let not_text = OsStr::from_bytes(b"\xff\x1b");
    for (arguments, message) in [
        (vec![], "expected 3 arguments, got 0"),
        (vec![word("A"), word("B")], "expected 3 arguments, got 2"),
        (
            vec![word("A"), word("B"), word("-7")],
            "unknown option \"-7\"\n",
        ),
        (
            vec![word("A"), word("B"), word("7"), word("--port")],
            "--port needs a value",
        ),
        (
            vec![word("A"), word("B"), word("7"), word("--port=\"9\"")],
            "--port is \"\"9\"\"; give a number",
        ),
        (
            vec![word("A"), word("B"), word("7"), word("--port=0")],
            "--port is \"0\"; give a number from 1 to 65535",
        ),
        (
            vec![word("A"), not_text, word("7")],
            "GITHUB_USERNAME is \"\\xff\\x1b\"; give text in UTF-8",
        ),
        (
            vec![word("--host"), not_text],
            "--host is \"\\xff\\x1b\"; give text in UTF-8",
        ),
        (
            vec![OsStr::from_bytes(b"-\xff\x1b")],
            "unknown option \"-\\xff\\x1b\"",
        ),
    ] {
        let finished = lab2().args(arguments).run(SOON).unwrap();
        let stderr = String::from_utf8(finished.stderr).unwrap();
        assert!(stderr.starts_with(&format!("lab2: {message}")), "{stderr}");
        assert!(
            stderr.ends_with(
                "\nUsage: lab2 [--host HOST] [--port PORT] STUDENT_NAME GITHUB_USERNAME SID\n"
            ),
            "{stderr}"
        );
        assert_eq!(
            (finished.exit, finished.stdout),
            (Exit::Status(2), Vec::new())
        );
    }
}
