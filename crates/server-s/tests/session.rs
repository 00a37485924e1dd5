//! What one client after another sees of `server-s`, and what is printed about it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::thread;
use std::time::Duration;

use common::*;
use harness::{Event, Peer};

#[test]
fn a_5_g_5_the_count_does_not_depend_on_where_segments_end() {
    let (mut server, address) = start();
    let all = [HEADER, b"abc"].concat();
    for cut in 0..=all.len() {
        let (before, after) = all.split_at(cut);
        let mut client = Peer::connect(address).unwrap();
        client.send(before).unwrap();
        // The server has read what was sent before it answers it.
        expect_command(&mut client);
        if cut >= FIRST.len() {
            expect_command(&mut client);
        }
        client.send(after).unwrap();
        client.shutdown_write().unwrap();
        client.receive_to_end(SOON).unwrap();
        assert_eq!(server.wait_line(SOON).unwrap(), "3", "cut after {cut}");
    }
}

#[test]
fn a_5_a_9_a_client_that_closes_with_accio_unread_resets() {
    let (mut server, address) = start();
    let mut client = Peer::connect(address).unwrap();
    // One command is there for certain, and stays unread.
    let mut byte = [0];
    client.stream().peek(&mut byte).unwrap();
    client.send(&FIRST[..5]).unwrap();
    drop(client);
    assert_eq!(server.wait_line(SOON).unwrap(), "ERROR");
    expect_served(&mut server, address);
}

#[test]
fn a_6_a_10_a_wrong_confirmation_is_noticed_at_the_first_byte_that_differs() {
    let (mut server, address) = start();
    let table: [(&[u8], &str); 4] = [
        (
            b"x",
            "wrong first confirmation: found 'x' at byte offset 0, want 'c'",
        ),
        (
            b"confirm-accio\n",
            r"wrong first confirmation: found '\n' at byte offset 13, want '\r'",
        ),
        (
            b"confirm-accio\r\nco\x1b",
            r"wrong second confirmation: found '\x1b' at byte offset 2, want 'n'",
        ),
        (
            b"confirm-accio\r\nconfirm-accio-again\r\nContent-Length: 5\r\n",
            r"wrong second confirmation: found 'C' at byte offset 21, want '\r'",
        ),
    ];
    for (sent, reason) in table {
        let mut client = Peer::connect(address).unwrap();
        let name = client.local_address();
        expect_command(&mut client);
        client.send(sent).unwrap();
        // The client stays, silent, and is told that it was given up.
        expect_error(&mut server, name, reason);
        while let Event::Data(_) = client.next_event(7, SOON) {}
        expect_served(&mut server, address);
    }
}

#[test]
fn a_6_a_10_a_close_before_the_header_is_complete_is_an_error() {
    let (mut server, address) = start();
    for length in [0, 1, 14, 15, 16, 37] {
        let mut client = Peer::connect(address).unwrap();
        let name = client.local_address();
        client.send(&HEADER[..length]).unwrap();
        client.shutdown_write().unwrap();
        client.receive_to_end(SOON).unwrap();
        let reason = match length.checked_sub(FIRST.len()) {
            None => format!(
                "closed with {} of 15 bytes of the first confirmation missing",
                15 - length
            ),
            Some(length) => format!(
                "closed with {} of 23 bytes of the second confirmation missing",
                23 - length
            ),
        };
        expect_error(&mut server, name, &reason);
    }
    expect_served(&mut server, address);
}

#[test]
fn a_9_a_10_a_reset_is_an_error_wherever_it_comes() {
    let (mut server, address) = start();

    let mut client = Peer::connect(address).unwrap();
    let name = client.local_address();
    expect_command(&mut client);
    client.reset().unwrap();
    let reset = "Connection reset by peer (os error 104)";
    let reason = format!("{reset}, before both confirmations were there");
    expect_error(&mut server, name, &reason);

    let mut client = shake_hands(address);
    let name = client.local_address();
    client.send(b"part of a file").unwrap();
    client.reset().unwrap();
    assert_eq!(server.wait_line(SOON).unwrap(), "ERROR");
    // A reset may overtake the bytes before it, so their count is not certain.
    let line = server.wait_error_line(SOON).unwrap();
    let start = format!("ERROR: {name}: {reset}, after ");
    assert!(line.starts_with(&start), "{line}");

    expect_served(&mut server, address);
    assert_eq!(server.stdout(), b"ERROR\nERROR\n5\n");
}

#[test]
fn a_7_memory_does_not_grow_with_the_file() {
    const PIECE: usize = 1 << 20;
    const PIECES: usize = 1024;
    let (mut server, address) = start();
    assert!(server.resident_memory().unwrap() < 6 << 20, "{server:?}");
    let mut client = shake_hands(address);
    let piece = vec![b'x'; PIECE];
    for _ in 0..PIECES {
        client.send(&piece).unwrap();
    }
    end_file(client);
    assert_eq!(server.wait_line(SOON).unwrap(), "1073741824");
    let peak = server.peak_memory().unwrap();
    assert!(peak < 8 << 20, "{peak} bytes");
}

#[test]
fn a_9_the_reason_says_where_silence_began() {
    let before_file = "nothing received for 10 seconds, before both confirmations were there";
    let in_file = "nothing received for 10 seconds, after 5 bytes of the file";
    thread::scope(|scope| {
        // The last byte of the header is missing.
        scope.spawn(|| silent_after(&HEADER[..37], before_file));
        scope.spawn(|| silent_after(&[HEADER, b"hello"].concat(), in_file));
    });
}

fn silent_after(sent: &[u8], reason: &str) {
    let (mut server, address) = start();
    let mut client = Peer::connect(address).unwrap();
    let name = client.local_address();
    client.send(sent).unwrap();
    expect_command(&mut client);
    expect_command(&mut client);
    client.expect_close(Duration::from_secs(20)).unwrap();
    expect_error(&mut server, name, reason);
}
