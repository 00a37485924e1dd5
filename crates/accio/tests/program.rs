//! `accio` as a program, against `server-s` and against servers of literal bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs::File;
use std::time::{Duration, Instant};

use common::*;
use harness::{Exit, Finished, Input, Listener, Output, Program, free_port};

/// A pause in which a program that is wrong would have acted.
const BRIEFLY: Duration = Duration::from_millis(50);

#[test]
fn ac_1_the_servers_close_is_waited_for() {
    let listener = Listener::new().unwrap();
    let process = sending(file_of(b"the file"), listener.address(), &[])
        .start()
        .unwrap();
    let mut server = accept(&listener, &process);
    assert_eq!(server.receive_to_end(SOON).unwrap(), b"the file");
    assert!(process.wait_exit(BRIEFLY).is_err(), "{process:?}");
    // What a server says then has no meaning.
    server.send(b"thank you").unwrap();
    drop(server);
    assert_eq!(process.wait_exit(SOON).unwrap(), Exit::Status(0));
    assert_eq!((process.stdout(), process.stderr()), (vec![], vec![]));
}

#[test]
fn ac_1_server_s_counts_exactly() {
    let counter = Counter::start();
    for length in [0, 1, 500, 262_144, 10 << 20] {
        let file = file_of(&vec![b'x'; length]);
        expect_success(&sending(file, counter.address, &[]).run(SOON).unwrap());
        assert_eq!(counter.next().unwrap(), length as u64);
    }
}

#[test]
fn ac_3_files_that_the_system_cannot_move_are_read() {
    let counter = Counter::start();
    let port = counter.address.port().to_string();
    expect_success(
        &accio()
            .args(["localhost", &port, "/dev/null"])
            .run(SOON)
            .unwrap(),
    );
    assert_eq!(counter.next().unwrap(), 0);
    let endless = ["--abort-after", "300000", "localhost", &port, "/dev/zero"];
    expect_success(&accio().args(endless).run(SOON).unwrap());
    assert!(counter.next().is_err());
}

#[test]
fn ac_3_a_file_from_a_pipe_is_counted_exactly_and_never_whole_in_memory() {
    const PIECE: usize = 1 << 20;
    const PIECES: usize = 200;
    let counter = Counter::start();
    let port = counter.address.port().to_string();
    let mut process = accio()
        .args(["127.0.0.1", &port, "-"])
        .stdin(Input::Pipe)
        .start()
        .unwrap();
    for _ in 0..PIECES {
        process.write_stdin(&[b'x'; PIECE]).unwrap();
    }
    let peak = process.peak_memory().unwrap();
    assert!(peak < 8 << 20, "{peak} bytes");
    process.write_stdin(b"end").unwrap();
    process.close_stdin().unwrap();
    assert_eq!(
        process.wait_exit(SOON).unwrap(),
        Exit::Status(0),
        "{process:?}"
    );
    assert_eq!(counter.next().unwrap(), (PIECES * PIECE + 3) as u64);
}

#[test]
fn ac_4_a_file_in_delayed_chunks_is_counted_exactly() {
    let counter = Counter::start();
    let file = file_of(&vec![b'x'; (10 << 20) + 1]);
    let start = Instant::now();
    let options = ["--chunk=524288", "--delay", "10"];
    expect_success(&sending(file, counter.address, &options).run(SOON).unwrap());
    assert!(start.elapsed() >= Duration::from_millis(200), "no delay");
    assert_eq!(counter.next().unwrap(), (10 << 20) + 1);
}

#[test]
fn ac_4_each_chunk_is_sent_on_its_own() {
    let listener = Listener::new().unwrap();
    let options = ["--chunk", "3", "--delay", "100"];
    let process = sending(file_of(b"abcdefgh"), listener.address(), &options)
        .start()
        .unwrap();
    let mut server = accept(&listener, &process);
    for chunk in [&b"abc"[..], b"def", b"gh"] {
        assert_eq!(server.receive_exactly(chunk.len(), SOON).unwrap(), chunk);
        if chunk.len() == 3 {
            server.expect_silence(BRIEFLY).unwrap();
        }
    }
    server.expect_close(SOON).unwrap();
    drop(server);
    assert_eq!(process.wait_exit(SOON).unwrap(), Exit::Status(0));
}

#[test]
fn ac_4_a_limit_is_kept() {
    let counter = Counter::start();
    let start = Instant::now();
    let file = file_of(&[b'x'; 50_000]);
    expect_success(
        &sending(file, counter.address, &["--limit=100000"])
            .run(SOON)
            .unwrap(),
    );
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(500), "took {took:?}");
    assert_eq!(counter.next().unwrap(), 50_000);
}

#[test]
fn ac_4_an_abort_resets_the_connection_and_the_next_client_is_served() {
    let counter = Counter::start();
    for after in ["0", "1", "1000000"] {
        let file = file_of(&vec![b'x'; 2_000_000]);
        let options = ["--abort-after", after];
        expect_success(&sending(file, counter.address, &options).run(SOON).unwrap());
        let error = counter.next().unwrap_err().to_string();
        assert!(error.starts_with("Connection reset by peer"), "{error}");

        expect_success(
            &sending(file_of(b"next"), counter.address, &[])
                .run(SOON)
                .unwrap(),
        );
        assert_eq!(counter.next().unwrap(), 4);
    }
}

#[test]
fn ac_4_an_abort_that_is_not_reached_changes_nothing() {
    let counter = Counter::start();
    let options = ["--abort-after", "6"];
    let short = sending(file_of(b"short"), counter.address, &options);
    expect_success(&short.run(SOON).unwrap());
    assert_eq!(counter.next().unwrap(), 5);
}

/// What `accio` prints on a terminal, sending two million bytes.
fn on_terminal(program: Program, counter: &Counter) -> String {
    let program = program.env("TERM", "xterm").stderr(Output::Terminal);
    let process = program.start().unwrap();
    assert_eq!(
        process.wait_exit(SOON).unwrap(),
        Exit::Status(0),
        "{process:?}"
    );
    assert_eq!(counter.next().unwrap(), 2_000_000);
    String::from_utf8(process.stderr()).unwrap()
}

#[test]
fn ac_5_a_progress_bar_with_rate_and_time_left_is_drawn_on_a_terminal() {
    let counter = Counter::start();
    let options = ["--chunk", "500000", "--delay", "100"];
    let file = file_of(&[b'x'; 2_000_000]);
    let drawn = on_terminal(sending(file, counter.address, &options), &counter);
    let parts = [
        "█",
        "976.56 KiB/1.91 MiB",
        "1.91 MiB/1.91 MiB",
        "/s, ",
        "s left",
    ];
    for part in parts {
        assert!(drawn.contains(part), "{part} is missing: {drawn:?}");
    }
}

#[test]
fn ac_5_without_a_known_length_the_bar_shows_what_was_sent() {
    let counter = Counter::start();
    let bytes = vec![b'x'; 2_000_000];
    let port = counter.address.port().to_string();
    let program = accio()
        .args(["127.0.0.1", &port, "-"])
        .stdin(Input::Bytes(bytes));
    let drawn = on_terminal(program, &counter);
    assert!(drawn.contains("1.91 MiB in "), "{drawn:?}");
    assert!(drawn.contains("/s"), "{drawn:?}");
}

fn run(arguments: &[&str]) -> Finished {
    accio().args(arguments).run(SOON).unwrap()
}

/// That `accio` ends with `status` and a message with this in it, and prints nothing.
fn expect_refusal(arguments: &[&str], status: i32, reason: &str) {
    let finished = run(arguments);
    let message = String::from_utf8(finished.stderr).unwrap();
    assert_eq!(
        finished.exit,
        Exit::Status(status),
        "{arguments:?}: {message}"
    );
    assert_eq!(finished.stdout, b"");
    assert!(
        message.starts_with("ERROR: ") && message.contains(reason),
        "{arguments:?}: {message}"
    );
    let (_, rest) = message.split_once('\n').unwrap();
    assert_eq!(
        rest.starts_with("Usage: accio "),
        status == 2,
        "{arguments:?}: {message}"
    );
    assert_eq!(rest.is_empty(), status != 2, "{arguments:?}: {message}");
}

#[test]
fn ac_2_wrong_arguments_are_refused() {
    let file = env!("CARGO_BIN_EXE_accio");
    expect_refusal(&[], 2, "expected 3 arguments");
    expect_refusal(&["localhost", "5000"], 2, "expected 3 arguments");
    expect_refusal(&["localhost", "5000", file, "x"], 2, "expected 3 arguments");
    for port in ["0", "65536", "+5000", "5000x", ""] {
        expect_refusal(
            &["localhost", port, file],
            2,
            "give a number from 1 to 65535",
        );
    }
    expect_refusal(
        &["--chunk", "0", "h", "1", "f"],
        2,
        "--chunk is \"0\"; give a number",
    );
    expect_refusal(&["--fast", "h", "1", "f"], 2, "unknown option \"--fast\"");
}

#[test]
fn ac_2_g_6_an_unreadable_file_is_refused_before_the_server_is_disturbed() {
    let listener = Listener::new().unwrap();
    let port = listener.port().to_string();
    let table = [
        (
            "/no/such\u{1b}[2J",
            "cannot read \"/no/such\\x1b[2J\": No such file",
        ),
        ("/tmp", "cannot read \"/tmp\": is a directory"),
        ("", "cannot read \"\": No such file"),
    ];
    for (file, reason) in table {
        expect_refusal(&["127.0.0.1", &port, file], 1, reason);
    }
    assert!(listener.accept(BRIEFLY).is_err());
}

#[test]
fn ac_2_an_unknown_host_and_a_refusal_are_named() {
    let file = env!("CARGO_BIN_EXE_accio");
    let unknown = "cannot find the host \"no-such-host.invalid\"";
    expect_refusal(&["no-such-host.invalid", "5000", file], 1, unknown);
    let port = free_port().unwrap().to_string();
    let refused = format!("cannot connect to 127.0.0.1:{port}: connection refused");
    expect_refusal(&["127.0.0.1", &port, file], 1, &refused);
}

#[test]
fn ac_2_a_server_that_does_something_else_is_an_error_of_its_own() {
    let missing = |count, word| format!("closed with {count} of 7 bytes of the {word} missing");
    let table: [(&[u8], String); 6] = [
        (b"", missing(7, "first command")),
        (b"acc", missing(4, "first command")),
        (b"accio\r\n", missing(7, "second command")),
        (b"accio\r\naccio\r", missing(1, "second command")),
        (
            b"HTTP/1.1 400",
            "wrong first command: found 'H' at byte offset 0, want 'a'".to_owned(),
        ),
        (
            b"accio\r\naccio\n",
            r"wrong second command: found '\n' at byte offset 5, want '\r'".to_owned(),
        ),
    ];
    for (said, reason) in table {
        let listener = Listener::new().unwrap();
        let process = sending(file_of(b"file"), listener.address(), &[])
            .start()
            .unwrap();
        let mut server = listener.accept_from(&process, SOON).unwrap();
        server.send(said).unwrap();
        // Not with unread bytes: that would be a reset.
        server.shutdown_write().unwrap();
        let message = format!("{}: {reason}", listener.address());
        expect_failure(&process, 1, &message);
    }
}

#[test]
fn ac_2_a_reset_before_the_file_is_an_error() {
    let listener = Listener::new().unwrap();
    let process = sending(file_of(b"file"), listener.address(), &[])
        .start()
        .unwrap();
    let mut server = listener.accept_from(&process, SOON).unwrap();
    // With its answer the client is past connecting, to which a reset is a refusal.
    server.send(COMMAND).unwrap();
    server.receive_exactly(FIRST.len(), SOON).unwrap();
    server.reset().unwrap();
    let message = format!(
        "{}: the connection broke before the file: Connection reset by peer (os error 104)",
        listener.address()
    );
    expect_failure(&process, 1, &message);
}

#[test]
fn ac_2_a_server_that_leaves_in_the_file_is_an_error() {
    let listener = Listener::new().unwrap();
    for (length, input) in [(30_000_000, "moved"), (300, "waiting for its end")] {
        let file = file_of(&vec![b'x'; length]);
        // The short one is held back until the server has gone.
        let options = ["--chunk", "100", "--delay", "100"];
        let options = if length > 300 { &[][..] } else { &options };
        let process = sending(file, listener.address(), options).start().unwrap();
        let mut server = accept(&listener, &process);
        server.receive_exactly(1, SOON).unwrap();
        server.reset().unwrap();
        assert_eq!(process.wait_exit(SOON).unwrap(), Exit::Status(1), "{input}");
        let said = String::from_utf8(process.stderr()).unwrap();
        let start = format!(
            "ERROR: {}: the connection broke in the file: ",
            listener.address()
        );
        assert!(said.starts_with(&start), "{input}: {said}");
    }
}

#[test]
fn ac_2_a_reset_in_place_of_the_close_is_an_error() {
    let listener = Listener::new().unwrap();
    let process = sending(file_of(b"file"), listener.address(), &[])
        .start()
        .unwrap();
    let mut server = accept(&listener, &process);
    assert_eq!(server.receive_to_end(SOON).unwrap(), b"file");
    server.reset().unwrap();
    let message = format!(
        "{}: the connection broke at the end of the file: Connection reset by peer \
         (os error 104); perhaps the server did not receive all of it",
        listener.address()
    );
    expect_failure(&process, 1, &message);
}

#[test]
fn ac_2_a_file_that_cannot_be_read_to_its_end_is_an_error() {
    let listener = Listener::new().unwrap();
    // A file that is open for writing only.
    let file = File::options().write(true).open("/dev/null").unwrap();
    let process = sending(file, listener.address(), &[]).start().unwrap();
    let server = accept(&listener, &process);
    let message = format!(
        "{}: cannot read the file: Bad file descriptor (os error 9)",
        listener.address()
    );
    expect_failure(&process, 1, &message);
    drop(server);
}

#[test]
fn g_3_help_is_printed_whatever_else_is_asked() {
    let help = run(&["a", "--chunk", "x", "--help"]);
    assert_eq!((help.exit, help.stderr), (Exit::Status(0), vec![]));
    assert!(help.stdout.starts_with(b"Usage: accio [--chunk BYTES] "));
}

#[test]
fn g_1_help_survives_a_full_or_closed_output() {
    let closed = accio().arg("--help").stdout(Output::ClosedPipe);
    expect_success(&closed.run(SOON).unwrap());
    let full = File::options().write(true).open("/dev/full").unwrap();
    let full = accio()
        .arg("--help")
        .stdout(Output::File(full))
        .run(SOON)
        .unwrap();
    assert_eq!(full.exit, Exit::Status(1));
    assert!(
        full.stderr
            .starts_with(b"ERROR: cannot write to standard output")
    );
}

#[test]
fn g_1_an_input_that_was_closed_is_no_empty_one() {
    let server = Listener::new().unwrap();
    let port = server.port().to_string();
    let shell = "exec \"$0\" \"$@\" <&-";
    let words = [
        "-c",
        shell,
        env!("CARGO_BIN_EXE_accio"),
        "127.0.0.1",
        &port,
        "-",
    ];
    let finished = Program::new("sh").args(words).run(SOON).unwrap();
    assert_eq!(finished.exit, Exit::Status(1), "{finished:?}");
    server.accept(Duration::from_millis(1)).unwrap_err();
}
