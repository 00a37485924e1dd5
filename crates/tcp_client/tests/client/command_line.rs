//! Arguments, files, what is printed where, and exit statuses.

use std::fs::File;
use std::time::Duration;

use harness::{Exit, Finished, Input, Listener, Output, Program};

use crate::{SOON, Server, client_of, program, send};

fn run(arguments: &[&str]) -> Finished {
    program().args(arguments).run(SOON).unwrap()
}

#[track_caller]
fn assert_fails(finished: &Finished, status: i32, text: &str) {
    let stderr = String::from_utf8_lossy(&finished.stderr);
    assert!(
        stderr.starts_with(&format!("tcp_client: {text}")),
        "{stderr}"
    );
    assert_eq!(
        (finished.exit, finished.stdout.as_slice()),
        (Exit::Status(status), &b""[..])
    );
}

#[test]
fn tc_4_g_2_a_timeout_that_is_no_number_of_seconds_is_wrong_usage() {
    let finished = program()
        .arg("-")
        .env("TCP_CLIENT_TIMEOUT", "soon")
        .run(SOON)
        .unwrap();
    assert_fails(&finished, 2, "TCP_CLIENT_TIMEOUT is \"soon\"");
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    assert_fails(
        &run(&["/nowhere/\u{1b}"]),
        1,
        "cannot read \"/nowhere/\\x1b\": No such file",
    );
    let server = Server::start();
    let port = server.address.port().to_string();
    assert_fails(
        &run(&["-p", &port, "/"]),
        1,
        "cannot read \"/\": is a directory",
    );
}

#[test]
fn tc_3_lines_that_are_no_requests_are_reported_and_skipped() {
    let server = Server::start();
    let finished = send(
        server.address,
        b"reverse ab\n\nupper\x1b x\nrandom\n\nreverse cd\nx",
    );
    assert_eq!(finished.stdout, b"ba\ndc\n");
    assert_eq!(finished.exit, Exit::Status(1));
    let stderr = String::from_utf8(finished.stderr).unwrap();
    let lines: Vec<_> = stderr.lines().collect();
    assert_eq!(lines.len(), 4, "{stderr}");
    assert!(
        lines[0].starts_with("tcp_client: -:3: unknown action \"upper\\x1b\""),
        "{stderr}"
    );
    assert!(
        lines[1].starts_with("tcp_client: -:4: no space after the action"),
        "{stderr}"
    );
    assert!(
        lines[2].starts_with("tcp_client: -:7: unknown action \"x\""),
        "{stderr}"
    );
    assert_eq!(
        lines[3],
        "tcp_client: lines skipped: 3; the others were sent"
    );
}

#[test]
fn g_1_a_full_output_is_an_error_and_a_closed_one_an_ordinary_end() {
    let server = Server::start();
    let lines = || Input::Bytes(b"reverse a\n".repeat(100_000));
    let full = File::options().write(true).open("/dev/full").unwrap();
    let client = client_of(server.address)
        .stdin(lines())
        .stdout(Output::File(full));
    assert_fails(
        &client.run(SOON).unwrap(),
        1,
        "cannot write to standard output",
    );
    let client = client_of(server.address)
        .stdin(lines())
        .stdout(Output::ClosedPipe);
    let finished = client.run(SOON).unwrap();
    assert_eq!(
        (finished.exit, finished.stderr),
        (Exit::Status(0), Vec::new())
    );
}

#[test]
fn g_6_answers_are_escaped_on_a_terminal_only() {
    let server = Server::start();
    let finished = send(server.address, b"reverse J2[\x1b\n");
    assert_eq!(finished.stdout, b"\x1b[2J\n");
    let mut client = client_of(server.address).on_terminal().start().unwrap();
    client.write_stdin(b"reverse J2[\x1b\n").unwrap();
    assert_eq!(client.wait_line(SOON).unwrap(), "\\x1b[2J");
    client.close_stdin().unwrap();
    assert_eq!(client.wait_exit(SOON).unwrap(), Exit::Status(0));
}

#[test]
fn g_1_an_input_that_was_closed_is_no_empty_one() {
    let server = Listener::new().unwrap();
    let port = server.port().to_string();
    let shell = "exec \"$0\" \"$@\" <&-";
    let words = [
        "-c",
        shell,
        env!("CARGO_BIN_EXE_tcp_client"),
        "-h",
        "127.0.0.1",
        "-p",
        &port,
        "-",
    ];
    let finished = Program::new("sh").args(words).run(SOON).unwrap();
    assert_eq!(finished.exit, Exit::Status(1), "{finished:?}");
    server.accept(Duration::from_millis(1)).unwrap_err();
}

#[test]
fn tc_3_a_line_that_the_terminal_may_have_cut_is_skipped() {
    let server = Server::start();
    let mut client = client_of(server.address).on_terminal().start().unwrap();
    let pasted = ["reverse ", &"x".repeat(5000), "\nreverse ab\n\x04"].concat();
    client.write_stdin(pasted.as_bytes()).unwrap();
    assert_eq!(client.wait_exit(SOON).unwrap(), Exit::Status(1));
    let printed = String::from_utf8(client.stdout()).unwrap();
    assert!(printed.starts_with("tcp_client: -:1: the line fills the 4095 bytes that "));
    assert!(printed.ends_with("ba\ntcp_client: lines skipped: 1; the others were sent\n"));
}
