//! What is printed, and exit statuses, beyond the checks of the assignment.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;

use harness::{Exit, Output, Peer, Signal};

use crate::{SOON, assert_served, connect, program, request, start};

#[test]
fn g_1_help_into_a_full_or_closed_output_is_no_panic() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let finished = program()
        .arg("--help")
        .stdout(Output::File(full))
        .run(SOON)
        .unwrap();
    assert_eq!(finished.exit, Exit::Status(1));
    let text = String::from_utf8(finished.stderr).unwrap();
    assert!(
        text.starts_with("tcp_server: cannot write to standard output"),
        "{text}"
    );

    let finished = program()
        .arg("--help")
        .stdout(Output::ClosedPipe)
        .run(SOON)
        .unwrap();
    assert_eq!(
        (finished.exit, finished.stderr),
        (Exit::Status(0), Vec::new())
    );
}

#[test]
fn g_6_arguments_are_escaped_in_errors() {
    for (argument, text) in [
        (&b"-p\x1b[2J"[..], r#"--port is "\x1b[2J"; give a number"#),
        (b"-p\xff", r#"unknown option "-p\xff""#),
    ] {
        let finished = program()
            .arg(OsStr::from_bytes(argument))
            .run(SOON)
            .unwrap();
        let stderr = String::from_utf8(finished.stderr).unwrap();
        assert!(
            stderr.starts_with(&format!("tcp_server: {text}")),
            "{stderr}"
        );
        assert_eq!(finished.exit, Exit::Status(2));
    }
}

#[test]
fn t_21_nothing_is_printed_when_not_verbose() {
    let (server, address) = start();
    let mut peer = connect(address);
    assert_served(&mut peer);
    peer.send(&[request(3, b""), request(1, b"\xff")].concat())
        .unwrap();
    peer.receive_exactly(18, SOON).unwrap();
    peer.reset().unwrap();
    assert_served(&mut connect(address));
    server.signal(Signal::INT).unwrap();
    assert_eq!(server.wait_exit(SOON).unwrap(), Exit::Status(0));
    assert_eq!((server.stdout(), server.stderr()), (Vec::new(), Vec::new()));
}

#[test]
fn t_22_verbose_logs_the_port_each_connection_and_each_request() {
    let mut server = program().args(["--verbose", "-p", "0"]).start().unwrap();
    let listening = server.wait_error_line(SOON).unwrap();
    let (_, address) = listening
        .rsplit_once("listening on 0.0.0.0:")
        .expect(&listening);
    let port: u16 = address.trim_end().parse().expect(&listening);

    let mut peer = Peer::connect(([127, 0, 0, 1], port).into()).unwrap();
    let requests = [
        request(1, b"hello"),
        request(3, b"\x1b[2J"),
        request(4, b"ok\xff"),
    ];
    peer.send(&requests.concat()).unwrap();
    peer.receive_exactly(27, SOON).unwrap();
    let client = peer.local_address();
    drop(peer);
    for text in [
        "connected",
        "uppercase, 5 bytes",
        "reserved 0x03, 4 bytes: error: action 0x03 is reserved, \
         want 0x01, 0x02, 0x04, 0x08 or 0x10",
        "reverse, 3 bytes: error: message is not UTF-8 from byte offset 2 on",
        "closed",
    ] {
        let line = server.wait_error_line(SOON).unwrap();
        assert!(
            line.trim_end().ends_with(&format!("{client}: {text}")),
            "{line}"
        );
    }
    assert_eq!(server.stdout(), b"");
}
