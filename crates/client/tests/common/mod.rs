//! What the tests of the client share: a listener that plays the server, and how to call it.
#![allow(dead_code, reason = "each test file uses some of it")]

use std::time::Duration;

use harness::{Exit, Finished, Input, Listener, Peer, Process, Program};

/// Far more than anything here takes; only a failure waits as long.
pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_client"))
}

/// The client, called for the server that the test plays.
pub(crate) fn client(server: &Listener, name: &str, task: &str) -> Program {
    program().args(["127.0.0.1", &server.port().to_string(), name, task])
}

/// Runs `create` with these lines typed in; gives what the server received until the client
/// closed, and how the client ended.
pub(crate) fn create(input: &[u8]) -> (Vec<u8>, Finished) {
    let server = Listener::new().unwrap();
    let process = client(&server, "alice", "create")
        .stdin(Input::Bytes(input.to_vec()))
        .start()
        .unwrap();
    let request = server
        .accept_from(&process, SOON)
        .unwrap()
        .receive_to_end(SOON)
        .unwrap();
    (request, finished(&process))
}

/// Runs `read` for bob against a server that does what `answer` does, then closes.
pub(crate) fn read_as(answer: impl FnOnce(&mut Peer)) -> Finished {
    let server = Listener::new().unwrap();
    let process = client(&server, "bob", "read")
        .keep(32 << 20)
        .start()
        .unwrap();
    let mut peer = server.accept_from(&process, SOON).unwrap();
    assert_eq!(
        peer.receive_exactly(10, SOON).unwrap(),
        b"\xae\x73\x01\x03\x00\x00\x00bob"
    );
    answer(&mut peer);
    drop(peer);
    finished(&process)
}

/// Runs `read` for bob; the server sends these bytes and closes.
pub(crate) fn read(response: &[u8]) -> Finished {
    read_as(|peer| peer.send(response).unwrap())
}

fn finished(process: &Process) -> Finished {
    let exit = process.wait_exit(SOON).unwrap();
    Finished {
        exit,
        stdout: process.stdout(),
        stderr: process.stderr(),
    }
}

/// What was printed on standard output behind the line that the request was sent.
pub(crate) fn result(finished: &Finished) -> &[u8] {
    let printed = &finished.stdout;
    assert!(printed.starts_with(b"sent to 127.0.0.1:"), "{finished:?}");
    let end = printed.iter().position(|byte| *byte == b'\n').unwrap();
    &printed[end + 1..]
}

/// The error that it ended with, without the server's port.
pub(crate) fn error(finished: &Finished) -> String {
    assert_eq!(finished.exit, Exit::Status(1), "{finished:?}");
    let error = String::from_utf8(finished.stderr.clone()).unwrap();
    let error = error.strip_prefix("client: 127.0.0.1:").unwrap().trim_end();
    error
        .trim_start_matches(|letter: char| letter.is_ascii_digit())
        .trim_start()
        .to_owned()
}

/// A message as a response carries it.
pub(crate) fn message(sender: &[u8], text: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(text.len()).unwrap().to_be_bytes();
    let header = [u8::try_from(sender.len()).unwrap(), high, low];
    [&header, sender, text].concat()
}
