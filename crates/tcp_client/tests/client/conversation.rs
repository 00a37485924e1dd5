//! Sending and receiving at the same time, with a server that does what it should.

use std::collections::HashSet;
use std::fs::File;
use std::time::{Duration, Instant};

use harness::{Exit, Input, Listener, Output, Peer};

use crate::{SOON, Server, client_of, program, send};

const LINES: usize = 200_000;
const MIB: u64 = 1 << 20;

fn line(number: usize) -> String {
    format!("line {number}")
}

fn reversed(number: usize) -> String {
    line(number).chars().rev().collect()
}

#[test]
fn tc_2_200_000_requests_are_answered_in_order() {
    let server = Server::start();
    let lines: String = (0..LINES)
        .map(|number| format!("reverse {}\n", line(number)))
        .collect();
    let finished = send(server.address, lines.as_bytes());
    assert_eq!(
        (finished.exit, finished.stderr),
        (Exit::Status(0), Vec::new())
    );
    let answers: String = (0..LINES).map(|number| reversed(number) + "\n").collect();
    assert!(finished.stdout == answers.as_bytes());
}

#[test]
fn tc_2_the_framing_never_slips_when_answers_have_any_length() {
    let server = Server::start();
    let action = |number| if number % 3 == 0 { "random" } else { "reverse" };
    let lines: String = (0..LINES)
        .map(|number| format!("{} {}\n", action(number), line(number)))
        .collect();
    let finished = send(server.address, lines.as_bytes());
    assert_eq!(
        (finished.exit, finished.stderr),
        (Exit::Status(0), Vec::new())
    );
    let stdout = String::from_utf8(finished.stdout).unwrap();
    assert_eq!(stdout.lines().count(), LINES);
    for (number, answer) in stdout.lines().enumerate() {
        if action(number) == "reverse" {
            assert_eq!(answer, reversed(number));
        } else {
            let known: HashSet<char> = line(number).chars().collect();
            assert!(
                !answer.is_empty() && answer.chars().all(|c| known.contains(&c)),
                "{answer}"
            );
        }
    }
}

#[test]
fn tc_2_g_5_lines_that_come_at_once_are_sent_at_once_and_none_waits_for_an_answer() {
    let listener = Listener::new().unwrap();
    let lines = Input::Bytes(b"uppercase a\nlowercase b\n".to_vec());
    let client = client_of(listener.address()).stdin(lines).start().unwrap();
    let mut peer = listener.accept_from(&client, SOON).unwrap();
    assert_eq!(
        peer.receive_to_end(SOON).unwrap(),
        b"\x08\0\0\x01a\x10\0\0\x01b"
    );
    // An answer is printed as it comes, even the beginning of one.
    peer.send(b"\0\0\0\x03AB").unwrap();
    client.wait_stdout(|stdout| stdout == b"AB", SOON).unwrap();
    peer.send(b"C\0\0\0\0").unwrap();
    client
        .wait_stdout(|stdout| stdout == b"ABC\n\n", SOON)
        .unwrap();
    drop(peer);
    assert_eq!(client.wait_exit(SOON).unwrap(), Exit::Status(0));
}

#[test]
fn tc_2_memory_is_bounded_for_a_file_of_any_size() {
    let server = Server::start();
    let null = File::options().write(true).open("/dev/null").unwrap();
    let client = client_of(server.address)
        .stdin(Input::Pipe)
        .stdout(Output::File(null));
    let mut client = client.start().unwrap();
    let lines = format!("reverse {}\n", "x".repeat(1000)).repeat(1000);
    for _ in 0..100 {
        client.write_stdin(lines.as_bytes()).unwrap();
    }
    // All but what the pipe holds has passed through.
    let peak = client.peak_memory().unwrap();
    assert!(peak < 8 * MIB, "{peak}");
    client.close_stdin().unwrap();
    assert_eq!(client.wait_exit(SOON).unwrap(), Exit::Status(0));
}

#[test]
fn tc_2_tc_4_a_server_that_takes_requests_slowly_is_not_silent_and_holds_up_the_reading() {
    let listener = Listener::new().unwrap();
    let lines = Input::Bytes(
        format!("reverse {}\n", "x".repeat(1000))
            .repeat(64_000)
            .into(),
    );
    let client = client_of(listener.address())
        .env("TCP_CLIENT_TIMEOUT", "1")
        .stdin(lines);
    let client = client.start().unwrap();
    let mut peer = listener.accept_from(&client, SOON).unwrap();
    // 3 seconds in all, while the client's timeout is 1.
    let mut left = 64_000 * 1004;
    while left > 0 {
        left -= peer.receive_exactly(left.min(2 << 20), SOON).unwrap().len();
        std::thread::sleep(Duration::from_millis(100));
    }
    peer.expect_close(SOON).unwrap();
    assert!(client.peak_memory().unwrap() < 8 * MIB);
    peer.send(&[0; 4 * 64_000]).unwrap();
    drop(peer);
    assert_eq!(client.wait_exit(SOON).unwrap(), Exit::Status(0));
    assert_eq!(client.stdout(), [b'\n'; 64_000]);
}

#[test]
fn a_large_message_is_sent_and_its_answer_printed() {
    let server = Server::start();
    let mut line = b"reverse ".to_vec();
    line.extend((b'a'..=b'z').cycle().take(20 << 20));
    let finished = send(server.address, &line);
    let mut answer = line[8..].to_vec();
    answer.reverse();
    answer.push(b'\n');
    assert!(finished.stdout == answer);
    assert_eq!(
        (finished.exit, finished.stderr),
        (Exit::Status(0), Vec::new())
    );
}

#[test]
fn a_server_that_does_not_close_after_the_last_answer_is_not_waited_for_long() {
    let listener = Listener::new().unwrap();
    let lines = Input::Bytes(b"uppercase a\n".to_vec());
    let client = client_of(listener.address()).stdin(lines).start().unwrap();
    let mut peer = listener.accept_from(&client, SOON).unwrap();
    peer.receive_to_end(SOON).unwrap();
    peer.send(b"\0\0\0\x01A").unwrap();
    assert_eq!(client.wait_exit(SOON).unwrap(), Exit::Status(0));
    assert_eq!(
        (client.stdout(), client.stderr()),
        (b"A\n".to_vec(), Vec::new())
    );
}

#[test]
fn tc_4_a_server_that_takes_one_long_request_slowly_is_not_silent() {
    const TIMEOUT: u32 = 2;
    const LENGTH: usize = 30 << 20;
    let line = [&b"reverse "[..], &vec![b'x'; LENGTH], b"\n"].concat();
    for _ in 0..3 {
        let listener = Listener::new().unwrap();
        let client = client_of(listener.address())
            .env("TCP_CLIENT_TIMEOUT", TIMEOUT.to_string())
            .stdin(Input::Bytes(line.clone()))
            .start()
            .unwrap();
        let mut peer = listener.accept_from(&client, SOON).unwrap();
        let start = Instant::now();
        let longest = take_slowly(&mut peer, 4 + LENGTH);
        if longest > Duration::from_secs(1) {
            // A busy machine: this server was nearly silent itself.
            continue;
        }
        assert!(start.elapsed() > Duration::from_secs(TIMEOUT.into()));
        peer.send(b"\0\0\0\x02ok").unwrap();
        drop(peer);
        assert_eq!(client.wait_exit(SOON).unwrap(), Exit::Status(0));
        assert_eq!(client.stdout(), b"ok\n");
        return;
    }
    eprintln!("skipped: the machine is too busy to tell");
}

/// A MiB every tenth of a second, or what came before the client gave up; returns the longest
/// time from one to the next.
fn take_slowly(peer: &mut Peer, length: usize) -> Duration {
    let mut longest = Duration::ZERO;
    let mut left = length;
    while left > 0 {
        let before = Instant::now();
        let Ok(bytes) = peer.receive_exactly(left.min(1 << 20), SOON) else {
            break;
        };
        left -= bytes.len();
        std::thread::sleep(Duration::from_millis(100));
        longest = longest.max(before.elapsed());
    }
    longest
}

#[test]
fn tc_4_a_server_that_closes_right_after_its_last_answer_has_not_closed_early() {
    for _ in 0..100 {
        let listener = Listener::new().unwrap();
        let client = client_of(listener.address()).stdin(Input::Bytes(b"reverse a\n".to_vec()));
        let client = client.start().unwrap();
        let mut peer = listener.accept_from(&client, SOON).unwrap();
        peer.receive_exactly(5, SOON).unwrap();
        peer.send(b"\0\0\0\x01a").unwrap();
        drop(peer);
        assert_eq!(
            client.wait_exit(SOON).unwrap(),
            Exit::Status(0),
            "{client:?}"
        );
    }
}

// The process's own memory can be opened, but nothing is at its start.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_read_is_an_error_also_when_the_server_stays() {
    let listener = Listener::new().unwrap();
    let port = listener.port().to_string();
    let client = program()
        .args(["-h", "127.0.0.1", "-p", &port, "/proc/self/mem"])
        .start()
        .unwrap();
    let _peer = listener.accept_from(&client, SOON).unwrap();
    assert_eq!(client.wait_exit(SOON).unwrap(), Exit::Status(1));
}
