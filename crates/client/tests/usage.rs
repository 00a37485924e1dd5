//! The command line of the client, and the way to the server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::ffi::OsStr;
use std::fs::File;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use harness::{Exit, Finished, Input, Listener, Output, Program, free_port};

use common::{SOON, client, program};

/// What a program that is called in a wrong way prints on standard error.
fn usage_error(program: Program) -> String {
    let Finished {
        exit,
        stdout,
        stderr,
    } = program.run(SOON).unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!((exit, stdout), (Exit::Status(2), Vec::new()), "{stderr}");
    let error = stderr
        .strip_suffix("\nUsage: client HOST PORT NAME TYPE\n")
        .unwrap();
    error.strip_prefix("client: ").unwrap().to_owned()
}

#[test]
fn c_17_every_wrong_argument_is_its_own_error_with_status_2() {
    let good = ["localhost", "5000", "alice", "read"];
    for count in [0, 1, 2, 3] {
        let error = format!("expected 4 arguments, got {count}");
        assert_eq!(usage_error(program().args(&good[..count])), error);
    }
    assert_eq!(
        usage_error(program().args(good).arg("x")),
        "expected 4 arguments, got 5"
    );
    let long = "ü".repeat(128);
    for (place, wrong, error) in [
        (
            1,
            "1023",
            "PORT is \"1023\"; give a number from 1024 to 64000",
        ),
        (
            1,
            "64001",
            "PORT is \"64001\"; give a number from 1024 to 64000",
        ),
        (
            1,
            "5e3",
            "PORT is \"5e3\"; give a number from 1024 to 64000",
        ),
        (2, "", "NAME is \"\"; give 1 to 255 bytes of text"),
        (
            2,
            &long,
            &format!("NAME is \"{long}\"; give 1 to 255 bytes of text"),
        ),
        (3, "Read", "TYPE is \"Read\"; give read or create"),
        (3, "", "TYPE is \"\"; give read or create"),
    ] {
        let mut words = good;
        words[place] = wrong;
        assert_eq!(usage_error(program().args(words)), error);
    }
    for place in 0..4 {
        let mut words = good.map(OsStr::new);
        words[place] = OsStr::from_bytes(b"a\xff");
        usage_error(program().args(words));
    }
}

#[test]
fn c_17_a_host_that_does_not_resolve_is_an_error_before_any_prompt() {
    for host in ["", "no such host", "1.2.3.4.5"] {
        let words = [host, "5000", "alice", "create"];
        let finished = program().args(words).run(SOON).unwrap();
        assert_eq!(
            (finished.exit, &*finished.stdout),
            (Exit::Status(1), &b""[..])
        );
        let error = String::from_utf8(finished.stderr).unwrap();
        assert!(
            error.starts_with(&format!("client: cannot find the host \"{host}\": ")),
            "{error}"
        );
    }
}

#[test]
fn c_20_a_server_that_is_not_there_is_an_error() {
    let port = free_port().unwrap();
    let words = ["127.0.0.1", &port.to_string(), "alice", "read"];
    let finished = program().args(words).run(SOON).unwrap();
    assert_eq!(
        (finished.exit, &*finished.stdout),
        (Exit::Status(1), &b""[..])
    );
    assert_eq!(
        String::from_utf8(finished.stderr).unwrap(),
        format!(
            "client: cannot connect to 127.0.0.1:{port}: connection refused; \
             is the server running there?\n"
        )
    );
}

#[test]
fn c_17_an_ipv6_address_is_a_host() {
    // Where this machine has it.
    let Ok(server) = TcpListener::bind("[::1]:0") else {
        return;
    };
    let port = server.local_addr().unwrap().port();
    let words = ["::1", &port.to_string(), "bob", "read"];
    let finished = program().args(words).run(SOON).unwrap();
    assert!(finished.stdout.starts_with(b"sent to [::1]:"));
}

#[test]
fn g_1_a_closed_output_is_a_quiet_end_and_a_full_one_an_error() {
    let full = || Output::File(File::options().write(true).open("/dev/full").unwrap());
    let text = b"bob\nhello\n".to_vec();
    for (stdout, status, printed) in [
        (Output::ClosedPipe, 0, ""),
        (full(), 1, "client: cannot write to standard output: "),
    ] {
        let server = Listener::new().unwrap();
        let create = client(&server, "alice", "create").stdin(Input::Bytes(text.clone()));
        let finished = create.stdout(stdout).run(SOON).unwrap();
        let errors = String::from_utf8(finished.stderr).unwrap();
        assert_eq!(finished.exit, Exit::Status(status), "{errors}");
        assert!(
            errors.starts_with(printed) && errors.is_empty() == printed.is_empty(),
            "{errors}"
        );
    }
    for (stdout, status) in [(Output::ClosedPipe, 0), (full(), 1)] {
        let help = program().arg("--help").stdout(stdout).run(SOON).unwrap();
        assert_eq!(help.exit, Exit::Status(status));
    }
}

#[test]
fn g_1_a_stream_that_was_closed_is_an_error_and_the_server_is_not_asked() {
    for (closed, task, cause) in [
        (">&-", "read", "cannot write to standard output"),
        ("<&-", "create", "cannot read standard input"),
    ] {
        let server = Listener::new().unwrap();
        let shell = format!("exec \"$0\" \"$@\" {closed}");
        let port = server.port().to_string();
        let words = [
            "-c",
            &shell,
            env!("CARGO_BIN_EXE_client"),
            "127.0.0.1",
            &port,
            "bob",
            task,
        ];
        let finished = Program::new("sh").args(words).run(SOON).unwrap();
        assert_eq!(finished.exit, Exit::Status(1), "{finished:?}");
        let errors = String::from_utf8(finished.stderr).unwrap();
        assert_eq!(
            errors,
            format!("client: {cause}: it was closed when the program started\n")
        );
        server.accept(Duration::from_millis(1)).unwrap_err();
    }
}
