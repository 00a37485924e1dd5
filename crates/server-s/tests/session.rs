//! What one client after another sees of `server-s`, and what is printed about it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::thread;
use std::time::{Duration, Instant};

use common::*;
use harness::{Event, Peer};

#[test]
fn a_1_a_3_the_file_is_asked_for_twice_and_its_length_is_printed_as_the_client_closes() {
    let (mut server, address) = start();
    let mut client = Peer::connect(address).unwrap();
    expect_command(&mut client);
    client.expect_silence(Duration::from_millis(50)).unwrap();
    client.send(FIRST).unwrap();
    expect_command(&mut client);
    client.send(SECOND).unwrap();
    client.send(b"hello world").unwrap();
    client.expect_silence(Duration::from_millis(50)).unwrap();
    assert_eq!(server.stdout(), b"");
    client.shutdown_write().unwrap();
    client.expect_close(SOON).unwrap();
    assert_eq!(server.wait_line(SOON).unwrap(), "11");
    assert_eq!(server.stdout(), b"11\n");
    assert_eq!(server.stderr(), b"");
}

#[test]
fn a_2_a_4_what_follows_the_two_confirmations_is_counted_whatever_it_looks_like() {
    let (mut server, address) = start();
    for file in [
        &b""[..],
        b"\0",
        b"\r\n",
        b"accio\r\n",
        b"Content-Length: 5\r\n\r\nhello",
        HEADER,
        &[0xff; 100_000],
    ] {
        send_file(address, file);
        assert_eq!(server.wait_line(SOON).unwrap(), file.len().to_string());
    }
}

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
fn a_5_g_5_one_byte_at_a_time_is_the_same() {
    let (mut server, address) = start();
    let mut client = Peer::connect(address).unwrap();
    let all = [HEADER, b"abc"].concat();
    client
        .send_in_pieces(&all, 1, Duration::from_millis(1))
        .unwrap();
    client.shutdown_write().unwrap();
    let commands = client.receive_to_end(SOON).unwrap();
    assert_eq!(commands, b"accio\r\naccio\r\n");
    assert_eq!(server.wait_line(SOON).unwrap(), "3");
}

#[test]
fn a_5_a_client_that_sends_everything_without_waiting_is_counted() {
    let (mut server, address) = start();
    for length in [0, 1, 5000, 1_000_000] {
        let mut client = Peer::connect(address).unwrap();
        client
            .send(&[HEADER, &vec![b'x'; length]].concat())
            .unwrap();
        client.shutdown_write().unwrap();
        let commands = client.receive_to_end(SOON).unwrap();
        assert_eq!(commands, b"accio\r\naccio\r\n");
        assert_eq!(server.wait_line(SOON).unwrap(), length.to_string());
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
fn a_13_ten_more_clients_wait_and_only_one_has_seen_accio() {
    let (mut server, address) = start();
    let mut clients: Vec<Peer> = (0..11).map(|_| Peer::connect(address).unwrap()).collect();
    for number in 0..clients.len() {
        let (served, waiting) = clients[number..].split_first_mut().unwrap();
        expect_command(served);
        for client in waiting {
            client.expect_silence(Duration::from_millis(5)).unwrap();
        }
        served.send(HEADER).unwrap();
        served.send(&vec![0; 1000 + number]).unwrap();
        served.shutdown_write().unwrap();
        expect_command(served);
        served.expect_close(SOON).unwrap();
        assert_eq!(server.wait_line(SOON).unwrap(), (1000 + number).to_string());
    }
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

/// The ten-second clauses side by side: each case is a server of its own.
#[test]
fn a_8_a_10_ten_seconds_of_silence_abort_and_slowness_does_not() {
    let before_file = "nothing received for 10 seconds, before both confirmations were there";
    thread::scope(|scope| {
        for length in [0, 3, 15, 37] {
            scope.spawn(move || silent_after(&HEADER[..length], before_file));
        }
        for length in [0, 5] {
            let sent = [HEADER, &b"a file"[..length]].concat();
            let reason =
                format!("nothing received for 10 seconds, after {length} bytes of the file");
            scope.spawn(move || silent_after(&sent, &reason));
        }
        scope.spawn(slow);
    });
}

fn silent_after(sent: &[u8], reason: &str) {
    let (mut server, address) = start();
    let mut client = Peer::connect(address).unwrap();
    let name = client.local_address();
    expect_command(&mut client);
    let mut waiting = Peer::connect(address).unwrap();
    let last_byte = Instant::now();
    client.send(sent).unwrap();
    if sent.len() >= FIRST.len() {
        expect_command(&mut client);
    }
    client.expect_close(Duration::from_secs(12)).unwrap();
    let silence = last_byte.elapsed();
    assert!(
        (Duration::from_secs(10)..Duration::from_secs(12)).contains(&silence),
        "given up after {silence:?}"
    );
    expect_error(&mut server, name, reason);
    let busy = server.cpu_time().unwrap();
    assert!(busy < Duration::from_millis(500), "waited for {busy:?}");

    expect_command(&mut waiting);
    waiting.send(HEADER).unwrap();
    expect_command(&mut waiting);
    end_file(waiting);
    assert_eq!(server.wait_line(SOON).unwrap(), "0");
}

/// More than ten seconds in all, and nearly ten between two bytes.
fn slow() {
    let (mut server, address) = start();
    let mut client = Peer::connect(address).unwrap();
    expect_command(&mut client);
    client.expect_silence(Duration::from_secs(3)).unwrap();
    client.send(&HEADER[..7]).unwrap();
    client.expect_silence(Duration::from_secs(9)).unwrap();
    client.send(&[&HEADER[7..], b"a"].concat()).unwrap();
    expect_command(&mut client);
    client.expect_silence(Duration::from_secs(3)).unwrap();
    client.send(b"b").unwrap();
    end_file(client);
    assert_eq!(server.wait_line(SOON).unwrap(), "2");
}
