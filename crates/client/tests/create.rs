//! `client HOST PORT NAME create`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::time::Duration;

use harness::{Exit, Finished, Input, Listener};

use common::{SOON, client, create};

const HELLO: &[u8] = b"\xae\x73\x02\x05\x03\x00\x05alicebobhello";

/// The lines that `create` prints on standard output, without the server's port.
fn printed(finished: &Finished) -> Vec<String> {
    let printed = String::from_utf8(finished.stdout.clone()).unwrap();
    let without_port = |line: &str| match line.split_once(": a ") {
        Some((_, what)) => format!("sent: a {what}"),
        None => line.to_owned(),
    };
    printed.lines().map(without_port).collect()
}

#[test]
fn c_18_c_20_c_24_it_asks_for_receiver_and_message_and_says_what_it_sent() {
    for input in [
        &b"bob\nhello\n"[..],
        b"bob\nhello",
        b"bob\r\nhello\r\n",
        b"bob\nhello\nmore\n",
    ] {
        let (request, finished) = create(input);
        assert_eq!(request, HELLO);
        assert_eq!(
            (finished.exit, &*finished.stderr),
            (Exit::Status(0), &b""[..])
        );
        assert_eq!(
            printed(&finished),
            [
                "Receiver: ",
                "Message: ",
                "sent: a message from alice for bob"
            ]
        );
    }
}

#[test]
fn c_18_an_invalid_entry_gets_an_error_and_the_prompt_again() {
    let (long_name, long_text) = ("n".repeat(255), "x".repeat(65_535));
    let (name, text) = ("ü".repeat(127), "x".repeat(65_534));
    let input = format!("\n{long_name}\n{name}\n\n{long_text}\n{text}\n");
    let (request, finished) = create(input.as_bytes());
    let expected = [
        b"\xae\x73\x02\x05\xfe\xff\xfealice",
        name.as_bytes(),
        text.as_bytes(),
    ]
    .concat();
    assert!(request == expected);
    assert_eq!(
        String::from_utf8(finished.stderr.clone()).unwrap(),
        "client: the receiver is empty; enter 1 to 254 bytes\n\
         client: the receiver is 255 bytes long; enter 1 to 254 bytes\n\
         client: the message is empty; enter 1 to 65534 bytes\n\
         client: the message is 65535 bytes long; enter 1 to 65534 bytes\n"
    );
    let printed = printed(&finished);
    assert_eq!(
        printed[..6].join(""),
        "Receiver: ".repeat(3) + &"Message: ".repeat(3)
    );
    assert_eq!(finished.exit, Exit::Status(0));
}

#[test]
fn c_18_input_that_is_not_utf_8_is_an_invalid_entry() {
    let (request, finished) = create(b"b\xf6b\nbob\n\xff\nhello\n");
    assert_eq!(request, HELLO);
    assert_eq!(
        String::from_utf8(finished.stderr).unwrap(),
        "client: the receiver is not UTF-8; enter text\n\
         client: the message is not UTF-8; enter text\n"
    );
}

#[test]
fn c_18_the_end_of_the_input_at_a_prompt_is_an_error() {
    let server = Listener::new().unwrap();
    for (input, field) in [
        (&b""[..], "receiver"),
        (b"\n", "receiver"),
        (b"bob\n", "message"),
    ] {
        let stdin = Input::Bytes(input.to_vec());
        let finished = client(&server, "alice", "create")
            .stdin(stdin)
            .run(SOON)
            .unwrap();
        assert_eq!(finished.exit, Exit::Status(1));
        let error = String::from_utf8(finished.stderr).unwrap();
        let end = format!("client: the input ended before a valid {field} was entered\n");
        assert!(error.ends_with(&end), "{error}");
    }
}

#[test]
fn c_18_standard_input_that_cannot_be_read_is_an_error() {
    let directory = std::fs::File::open("/").unwrap();
    let server = Listener::new().unwrap();
    let stdin = Input::File(directory);
    let finished = client(&server, "alice", "create")
        .stdin(stdin)
        .run(SOON)
        .unwrap();
    assert_eq!(finished.exit, Exit::Status(1));
    let error = String::from_utf8(finished.stderr).unwrap();
    assert!(
        error.starts_with("client: cannot read standard input: "),
        "{error}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn c_18_g_7_an_endless_line_is_not_gathered() {
    let zeros = std::fs::File::open("/dev/zero").unwrap();
    let server = Listener::new().unwrap();
    let process = client(&server, "alice", "create")
        .stdin(Input::File(zeros))
        .start()
        .unwrap();
    // By then it has read far more than it may keep.
    let deadline = std::time::Instant::now() + SOON;
    while process.cpu_time().unwrap() < Duration::from_millis(500) {
        assert!(std::time::Instant::now() < deadline && process.exit().is_none());
        std::thread::yield_now();
    }
    let peak = process.peak_memory().unwrap();
    assert!(peak < 8 << 20, "{peak}");
}

#[test]
fn c_24_on_a_terminal_the_entry_follows_its_prompt_on_the_line() {
    let server = Listener::new().unwrap();
    let mut process = client(&server, "alice", "create")
        .on_terminal()
        .start()
        .unwrap();
    process
        .wait_stdout(|printed| printed == b"Receiver: ", SOON)
        .unwrap();
    process.write_stdin(b"bob\n").unwrap();
    process
        .wait_stdout(|printed| printed == b"Receiver: Message: ", SOON)
        .unwrap();
    process.write_stdin(b"hello\n").unwrap();
    let mut peer = server.accept_from(&process, SOON).unwrap();
    assert_eq!(peer.receive_to_end(SOON).unwrap(), HELLO);
    assert_eq!(process.wait_exit(SOON).unwrap(), Exit::Status(0));
}

#[test]
fn c_18_an_entry_that_the_terminal_may_have_cut_is_asked_for_again() {
    let server = Listener::new().unwrap();
    let mut process = client(&server, "alice", "create")
        .on_terminal()
        .start()
        .unwrap();
    let asked = |times: usize| {
        move |printed: &[u8]| {
            printed.ends_with(b"Message: ")
                && String::from_utf8_lossy(printed)
                    .matches("Message: ")
                    .count()
                    == times
        }
    };
    process.write_stdin(b"bob\n").unwrap();
    for (times, length) in [(1, 5000), (2, 4095)] {
        process.wait_stdout(asked(times), SOON).unwrap();
        let pasted = [&vec![b'x'; length][..], b"\n"].concat();
        process.write_stdin(&pasted).unwrap();
    }
    process.wait_stdout(asked(3), SOON).unwrap();
    let printed = String::from_utf8(process.stdout()).unwrap();
    let error = "client: the message fills the 4095 bytes that a terminal keeps of a line and may \
                 have been cut; enter less, or give both lines through a pipe or from a file\n";
    assert_eq!(printed.matches(error).count(), 2, "{printed}");

    let longest = [b'x'; 4094];
    process
        .write_stdin(&[&longest[..], b"\n"].concat())
        .unwrap();
    let mut peer = server.accept_from(&process, SOON).unwrap();
    let request = peer.receive_to_end(SOON).unwrap();
    assert!(request.ends_with(&longest) && request.len() == 7 + 5 + 3 + 4094);
    assert_eq!(process.wait_exit(SOON).unwrap(), Exit::Status(0));
}
