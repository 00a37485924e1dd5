//! Servers that do not answer as they should: each its own error, status 1, and no hanging (TC-4).

use harness::{Exit, Input, Listener, Peer, Process};

use crate::{SOON, client_of};

const LINES: &[u8] = b"reverse abc\nreverse def\nreverse ghi\n";
const REQUESTS: &[u8] = b"\x20\0\0\x03abc\x20\0\0\x03def\x20\0\0\x03ghi";

/// A client that has sent three requests, and its server's end of the connection.
fn start() -> (Process, Peer) {
    let listener = Listener::new().unwrap();
    let client = client_of(listener.address())
        .env("TCP_CLIENT_TIMEOUT", "1")
        .stdin(Input::Bytes(LINES.to_vec()));
    let client = client.start().unwrap();
    let mut peer = listener.accept_from(&client, SOON).unwrap();
    assert_eq!(peer.receive_to_end(SOON).unwrap(), REQUESTS);
    (client, peer)
}

#[track_caller]
fn assert_ends(client: &Process, printed: &[u8], error: &str) {
    assert_eq!(
        client.wait_exit(SOON).unwrap(),
        Exit::Status(1),
        "{client:?}"
    );
    let stderr = String::from_utf8(client.stderr()).unwrap();
    assert!(stderr.starts_with("tcp_client: 127.0.0.1:"), "{stderr}");
    assert!(stderr.ends_with(&format!(" {error}\n")), "{stderr}");
    assert_eq!(client.stdout(), printed);
}

#[test]
fn tc_4_a_server_that_closes_early() {
    let (client, mut peer) = start();
    peer.send(b"\0\0\0\x03cba").unwrap();
    drop(peer);
    let error = "closed the connection early; 1 answers to 3 requests came";
    assert_ends(&client, b"cba\n", error);
}

#[test]
fn tc_4_a_server_that_closes_at_once_while_lines_may_still_come() {
    let listener = Listener::new().unwrap();
    let client = client_of(listener.address())
        .stdin(Input::Pipe)
        .start()
        .unwrap();
    drop(listener.accept_from(&client, SOON).unwrap());
    let error = "closed the connection early; 0 answers to 0 requests came";
    assert_ends(&client, b"", error);
}

#[test]
fn tc_4_a_frame_that_is_cut_in_its_header() {
    let (client, mut peer) = start();
    peer.send(b"\0\0\0\x03cba\0\0").unwrap();
    drop(peer);
    let error = "closed the connection inside an answer: \
                 response cut off: 2 of 4 header bytes missing; 1 answers to 3 requests came";
    assert_ends(&client, b"cba\n", error);
}

#[test]
fn tc_4_a_frame_that_is_cut_in_its_data() {
    let (client, mut peer) = start();
    peer.send(b"\0\0\0\x03cba\0\0\0\x03fe").unwrap();
    drop(peer);
    let error = "closed the connection inside an answer: \
                 response cut off: 1 of 3 data bytes missing; 1 answers to 3 requests came";
    assert_ends(&client, b"cba\nfe", error);
}

#[test]
fn tc_4_a_length_that_is_too_large() {
    let (client, mut peer) = start();
    peer.send(b"\0\0\0\x03cba\xff\xff\xff\xfffed\0\0\0\x03ihg")
        .unwrap();
    drop(peer);
    let error = "closed the connection inside an answer: \
                 response cut off: 4294967285 of 4294967295 data bytes missing; \
                 1 answers to 3 requests came";
    assert_ends(&client, b"cba\nfed\0\0\0\x03ihg", error);
}

#[test]
fn tc_4_a_length_that_is_too_small() {
    let (client, mut peer) = start();
    peer.send(b"\0\0\0\x03cba\0\0\0\x03fed\0\0\0\x01ihgs")
        .unwrap();
    // What is left over is the beginning of a header.
    drop(peer);
    let error = "closed the connection inside an answer: \
                 response cut off: 1 of 4 header bytes missing; 3 answers to 3 requests came";
    assert_ends(&client, b"cba\nfed\ni\n", error);
}

#[test]
fn tc_4_more_answers_than_requests() {
    let (client, mut peer) = start();
    peer.send(&b"\0\0\0\x01x".repeat(4)).unwrap();
    let error = "answered more than it was asked; 4 answers to 3 requests came";
    assert_ends(&client, b"x\nx\nx\nx\n", error);
}

#[test]
fn tc_4_a_reset() {
    let (client, mut peer) = start();
    peer.send(b"\0\0\0\x03cba").unwrap();
    client
        .wait_stdout(|stdout| stdout == b"cba\n", SOON)
        .unwrap();
    peer.reset().unwrap();
    let error = "broke the connection: Connection reset by peer (os error 104); \
                 1 answers to 3 requests came";
    assert_ends(&client, b"cba\n", error);
}

#[test]
fn tc_4_a_server_that_falls_silent() {
    let (client, mut peer) = start();
    peer.send(b"\0\0\0\x03cba\0\0\0\x03fe").unwrap();
    let error = "was silent for 1 seconds; 1 answers to 3 requests came";
    assert_ends(&client, b"cba\nfe", error);
}

#[test]
fn tc_4_a_server_that_neither_takes_nor_sends_anything() {
    let listener = Listener::new().unwrap();
    let client = client_of(listener.address())
        .env("TCP_CLIENT_TIMEOUT", "1")
        .stdin(Input::Bytes(b"reverse abc\n".repeat(4_000_000)));
    let client = client.start().unwrap();
    let _peer = listener.accept_from(&client, SOON).unwrap();
    assert_eq!(client.wait_exit(SOON).unwrap(), Exit::Status(1));
    let stderr = String::from_utf8(client.stderr()).unwrap();
    assert!(
        stderr.contains(" was silent for 1 seconds; 0 answers to "),
        "{stderr}"
    );
}

#[test]
fn tc_4_a_server_that_owes_nothing_may_be_silent_for_longer_than_timeout() {
    let listener = Listener::new().unwrap();
    let client = client_of(listener.address())
        .env("TCP_CLIENT_TIMEOUT", "1")
        .stdin(Input::Pipe);
    let mut client = client.start().unwrap();
    let mut peer = listener.accept_from(&client, SOON).unwrap();
    client.write_stdin(b"reverse abc\n").unwrap();
    peer.receive_exactly(7, SOON).unwrap();
    peer.send(b"\0\0\0\x03cba").unwrap();
    assert_eq!(client.wait_line(SOON).unwrap(), "cba");
    peer.expect_silence(std::time::Duration::from_millis(2500))
        .unwrap();
    client.write_stdin(b"reverse def\n").unwrap();
    peer.receive_exactly(7, SOON).unwrap();
    peer.send(b"\0\0\0\x03fed").unwrap();
    client.close_stdin().unwrap();
    peer.expect_close(SOON).unwrap();
    drop(peer);
    assert_eq!(client.wait_exit(SOON).unwrap(), Exit::Status(0));
    assert_eq!(client.stdout(), b"cba\nfed\n");
}
