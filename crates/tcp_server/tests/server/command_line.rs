//! Arguments, what is printed, and exit statuses.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;

use harness::{Exit, Finished, Output, Peer, Signal};

use crate::{SOON, assert_served, connect, program, request, start};

const HELP: &str = "\
Usage: tcp_server [--help] [-v] [-p PORT]

Options:
  --help
  -v, --verbose
  --port PORT, -p PORT
";

fn run(arguments: &[&str]) -> Finished {
    program().args(arguments).run(SOON).unwrap()
}

#[test]
fn t_20_help_is_the_usage_block_of_the_assignment() {
    for arguments in [&["--help"][..], &["-v", "--help"], &["--help", "-p"]] {
        let finished = run(arguments);
        assert_eq!(String::from_utf8(finished.stdout).unwrap(), HELP);
        assert_eq!(
            (finished.exit, finished.stderr),
            (Exit::Status(0), Vec::new())
        );
    }
}

#[test]
fn g_3_version() {
    let finished = run(&["--version"]);
    assert_eq!(finished.stdout, b"tcp_server 0.1.0\n");
    assert_eq!(
        (finished.exit, finished.stderr),
        (Exit::Status(0), Vec::new())
    );
}

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
fn g_2_t_23_wrong_usage_is_status_2_and_says_what_is_wrong() {
    for (arguments, text) in [
        (&["-h"][..], "unknown option \"-h\""),
        (&["--verbos"], "unknown option \"--verbos\""),
        (&["8083"], "unexpected argument \"8083\""),
        (&["-p"], "the option -p, --port wants a port"),
        (&["--port="], "the port \"\" is not a number"),
        (&["-p", "+5"], "the port \"+5\" is not a number"),
        (
            &["--port=\"9000\""],
            "the port \"\"9000\"\" is not a number",
        ),
        (&["-p65536"], "the port \"65536\" is out of range"),
        (
            &["-p", "\u{1b}[2J"],
            "the port \"\\x1b[2J\" is not a number",
        ),
    ] {
        let finished = run(arguments);
        let stderr = String::from_utf8(finished.stderr).unwrap();
        assert!(
            stderr.starts_with(&format!("tcp_server: {text}")),
            "{arguments:?}: {stderr}"
        );
        assert_eq!(
            (finished.exit, finished.stdout),
            (Exit::Status(2), Vec::new())
        );
    }
    let finished = program()
        .arg(OsStr::from_bytes(b"-p\xff"))
        .run(SOON)
        .unwrap();
    assert_eq!(finished.exit, Exit::Status(2), "{finished:?}");
}

#[test]
fn t_23_a_port_in_use_is_named_and_status_1() {
    let (_server, address) = start();
    let port = address.port().to_string();
    let finished = run(&["-p", &port]);
    let stderr = String::from_utf8(finished.stderr).unwrap();
    assert!(
        stderr.contains(&format!("port {port} is in use")),
        "{stderr}"
    );
    assert_eq!(
        (finished.exit, finished.stdout),
        (Exit::Status(1), Vec::new())
    );
}

#[test]
fn t_23_forms_of_the_port_that_getopt_users_expect() {
    for form in [
        &["--port="][..],
        &["-p"],
        &["-vp"],
        &["--port", ""],
        &["-v", "-p", ""],
    ] {
        let (server, address) = harness::start_server(SOON, |port| {
            let (last, first) = form.split_last().unwrap();
            program().args(first).arg(format!("{last}{port}"))
        })
        .unwrap();
        assert_served(&mut connect(address));
        drop(server);
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
