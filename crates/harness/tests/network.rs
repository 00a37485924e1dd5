//! The harness on both ends of connections, and finding out who listens.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cell::OnceCell;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use harness::{Error, Event, Listener, Peer, Program, free_port, start_server};

/// For what happens at once, with room for a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// For a wait that is to fail.
const BRIEFLY: Duration = Duration::from_millis(100);

/// Two ends of one connection.
fn pair() -> (Peer, Peer) {
    let listener = Listener::new().unwrap();
    let client = Peer::connect(listener.address()).unwrap();
    let server = listener.accept(SOON).unwrap();
    assert_eq!(client.local_address(), server.remote_address());
    (client, server)
}

#[test]
fn what_is_sent_is_received_and_the_rest_stays() {
    let (mut client, mut server) = pair();
    client.send(b"hello world").unwrap();
    assert_eq!(server.receive_exactly(5, SOON).unwrap(), b"hello");
    assert_eq!(server.receive_exactly(6, SOON).unwrap(), b" world");
    client
        .send_in_pieces(b"bye", 1, Duration::from_millis(1))
        .unwrap();
    client.shutdown_write().unwrap();
    assert_eq!(server.receive_to_end(SOON).unwrap(), b"bye");
    server.send(b"still open").unwrap();
    drop(server);
    assert_eq!(client.receive_exactly(10, SOON).unwrap(), b"still open");
    client.expect_close(SOON).unwrap();
}

#[test]
fn who_connects_to_a_full_queue_gets_no_answer() {
    let listener = Listener::unanswering().unwrap();
    let error = TcpStream::connect_timeout(&listener.address(), BRIEFLY).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[test]
fn close_reset_and_silence_are_different() {
    let (mut client, server) = pair();
    assert_eq!(client.next_event(10, BRIEFLY), Event::Silence);
    client.expect_silence(BRIEFLY).unwrap();
    drop(server);
    assert_eq!(client.next_event(10, SOON), Event::Closed);

    let (mut client, server) = pair();
    let transcript = server.reset().unwrap();
    assert_eq!(transcript.entries().count(), 1);
    assert_eq!(client.next_event(10, SOON), Event::Reset);
    let error = client.send(b"x").unwrap_err();
    assert!(
        matches!(
            error,
            Error::Peer {
                event: Event::Reset,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_short_answer_is_told_from_a_late_one() {
    let (mut client, mut server) = pair();
    server.send(b"abc").unwrap();
    let error = client.receive_exactly(4, BRIEFLY).unwrap_err();
    assert!(
        matches!(&error, Error::Peer { event: Event::Silence, received, .. } if received == b"abc"),
        "{error}"
    );
    server.send(b"d").unwrap();
    drop(server);
    let error = client.receive_exactly(4, SOON).unwrap_err();
    assert!(
        matches!(&error, Error::Peer { event: Event::Closed, received, .. } if received == b"d"),
        "{error}"
    );
}

#[test]
fn what_comes_too_much_is_no_close() {
    let (mut client, mut server) = pair();
    server.send(b"more").unwrap();
    let error = client.expect_close(SOON).unwrap_err();
    assert!(matches!(&error, Error::Peer { event: Event::Data(bytes), .. } if bytes == b"more"));
    server.send(b"more").unwrap();
    client.expect_silence(SOON).unwrap_err();
}

#[test]
fn a_failure_shows_the_conversation() {
    let (mut client, mut server) = pair();
    client.send(b"\x40\0\0\x0bHello World").unwrap();
    server.send(b"\0\0\0\x05err").unwrap();
    drop(server);
    let error = client.receive_exactly(9, SOON).unwrap_err();
    let text = error.to_string();
    for part in [
        "expected 9 bytes, but the ",
        "after 7 bytes",
        "connection from 127.0.0.1:",
        "s sent 15 bytes\n    40 00 00 0b 48 65 6c 6c 6f 20 57 6f 72 6c 64      @...Hello World\n",
        "s received 7 bytes\n    00 00 00 05 65 72 72                              ....err\n",
    ] {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}

#[test]
fn a_small_receive_buffer_holds_up_the_sender() {
    let (client, mut server) = pair();
    client.set_receive_buffer(4096).unwrap();
    server.stream().set_nonblocking(true).unwrap();
    // Far more than a socket's buffers hold: without a reader it cannot all be taken.
    let error = server.send(&vec![0; 64 << 20]).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Peer {
                event: Event::Silence,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn nobody_there_is_a_refusal() {
    let address = SocketAddr::from(([127, 0, 0, 1], free_port().unwrap()));
    let error = Peer::connect(address).unwrap_err();
    assert!(matches!(&error, Error::Connect { error, .. }
        if error.kind() == ErrorKind::ConnectionRefused));
    assert!(
        error
            .to_string()
            .starts_with(&format!("cannot connect to {address}: ")),
        "{error}"
    );
}

#[test]
fn waiting_for_a_client_has_a_deadline_and_notices_its_end() {
    let listener = Listener::new().unwrap();
    let error = listener.accept(BRIEFLY).unwrap_err();
    assert!(matches!(error, Error::Deadline { .. }), "{error}");

    let start = Instant::now();
    let process = Program::new("sh")
        .args(["-c", "echo no host >&2; exit 1"])
        .start()
        .unwrap();
    let error = listener.accept_from(&process, SOON).unwrap_err();
    assert!(matches!(error, Error::Ended { .. }), "{error}");
    assert!(error.to_string().contains("no host\\n"), "{error}");
    assert!(start.elapsed() < SOON);
}

#[test]
fn a_client_process_is_accepted() {
    let listener = Listener::new().unwrap();
    let script = format!(
        "exec 3<>/dev/tcp/127.0.0.1/{}; printf hello >&3",
        listener.port()
    );
    let process = Program::new("bash").args(["-c", &script]).start().unwrap();
    let mut peer = listener.accept_from(&process, SOON).unwrap();
    assert_eq!(peer.receive_to_end(SOON).unwrap(), b"hello");
}

/// Not a test of its own: run as a process by those below, it is a server of one client after
/// another that prints how many bytes each sent.
#[test]
fn counting_server() {
    let Ok(port) = std::env::var("COUNTING_SERVER_PORT") else {
        return;
    };
    let listener = TcpListener::bind(("0.0.0.0", port.parse().unwrap())).unwrap();
    for stream in listener.incoming() {
        let count = std::io::copy(&mut stream.unwrap(), &mut std::io::sink()).unwrap();
        // Standard output is the test runner's.
        eprintln!("{count}");
    }
}

fn start_counting_server(port: u16) -> Program {
    Program::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "counting_server",
            "--nocapture",
            "--test-threads=1",
        ])
        .env("COUNTING_SERVER_PORT", port.to_string())
}

#[test]
fn a_server_is_found_without_a_connection_that_it_would_notice() {
    let (mut process, address) = start_server(SOON, start_counting_server).unwrap();
    let mut peer = Peer::connect(address).unwrap().since(process.started());
    peer.send(b"12345").unwrap();
    peer.shutdown_write().unwrap();
    peer.expect_close(SOON).unwrap();
    assert_eq!(process.wait_error_line(SOON).unwrap(), "5");
}

#[cfg(target_os = "linux")]
#[test]
fn listening_addresses_are_told() {
    let (process, address) = start_server(SOON, start_counting_server).unwrap();
    let port = address.port();
    assert_eq!(
        process.listening(),
        [SocketAddr::from(([0, 0, 0, 0], port))]
    );
    assert_eq!(address, SocketAddr::from(([127, 0, 0, 1], port)));
    drop(process);
    assert_eq!(harness::listening_on(port), []);
}

#[test]
fn a_server_whose_port_was_taken_gets_another() {
    let thief = OnceCell::new();
    let (_process, address) = start_server(SOON, |port| {
        thief.get_or_init(|| TcpListener::bind(("0.0.0.0", port)).unwrap());
        start_counting_server(port)
    })
    .unwrap();
    let taken = thief.get().unwrap().local_addr().unwrap().port();
    assert_ne!(address.port(), taken);
}

#[cfg(target_os = "linux")]
#[test]
fn a_port_of_somebody_else_does_not_count() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    assert_eq!(
        harness::listening_on(port),
        [listener.local_addr().unwrap()]
    );
    let process = Program::new("sleep").arg("60").start().unwrap();
    let error = process.wait_listening(port, BRIEFLY).unwrap_err();
    assert!(matches!(error, Error::Deadline { .. }), "{error}");
    assert_eq!(process.listening(), []);
}

#[test]
fn a_server_that_only_ends_is_an_error_with_its_words() {
    let error = start_server(SOON, |port| {
        Program::new("sh").args(["-c", &format!("echo cannot use port {port} >&2; exit 2")])
    })
    .unwrap_err();
    assert!(matches!(error, Error::Ended { .. }), "{error}");
    assert!(error.to_string().contains("cannot use port "), "{error}");
}
