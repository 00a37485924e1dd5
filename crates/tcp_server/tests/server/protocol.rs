//! Requests and responses on the wire.

use std::time::{Duration, Instant};

use crate::{SOON, assert_served, connect, request, response, start};

#[test]
fn t_1_t_2_t_11_the_example_of_the_assignment() {
    let (_server, address) = start();
    let mut peer = connect(address);
    peer.send(b"\x40\x00\x00\x0bHello World").unwrap();
    let answer = peer.receive_exactly(15, SOON).unwrap();
    assert_eq!(answer[..4], [0, 0, 0, 11]);
    let mut sorted = answer[4..].to_vec();
    sorted.sort_unstable();
    assert_eq!(sorted, b" HWdellloor");
}

#[test]
fn t_3_t_9_t_10_t_12_every_action() {
    let (_server, address) = start();
    let mut peer = connect(address);
    for (code, text, answer) in [
        (0x01, "straße ŉ", "STRASSE ʼN"),
        (0x02, "ΟΔΥΣΣΕΥΣ İ", "οδυσσευς i\u{307}"),
        (0x04, "aé漢😀z", "z😀漢éa"),
        (0x08, "éééé", "éééé"),
    ] {
        peer.send(&request(code, text.as_bytes())).unwrap();
        let wanted = response(answer.as_bytes());
        assert_eq!(peer.receive_exactly(wanted.len(), SOON).unwrap(), wanted);
    }
    // What is dropped or repeated is not known, but the rest stays in its order; and T-13 holds.
    peer.send(&request(0x10, b"abcdefghijklmnopqrstuvwxyz"))
        .unwrap();
    let header = peer.receive_exactly(4, SOON).unwrap().try_into().unwrap();
    let length = u32::from_be_bytes(header) as usize;
    assert!((1..=4 * 26 + 64).contains(&length), "{length}");
    let answer = peer.receive_exactly(length, SOON).unwrap();
    assert!(
        answer.is_sorted() && answer.iter().all(u8::is_ascii_lowercase),
        "{answer:?}"
    );
    assert_served(&mut peer);
}

#[test]
fn t_4_t_14_pipelined_requests_are_answered_in_their_order() {
    let (_server, address) = start();
    let mut peer = connect(address);
    let mut requests = Vec::new();
    let mut responses = Vec::new();
    for number in 0..10_000 {
        let line = format!("Line {number} ß");
        match number % 4 {
            0 => {
                requests.extend(request(0x01, line.as_bytes()));
                responses.extend(response(line.to_uppercase().as_bytes()));
            }
            1 => {
                requests.extend(request(0x1f, line.as_bytes()));
                responses.extend(response(b"error"));
            }
            2 => {
                requests.extend(request(0x10, b""));
                responses.extend(response(b""));
            }
            _ => {
                let reversed: String = line.chars().rev().collect();
                requests.extend(request(0x04, line.as_bytes()));
                responses.extend(response(reversed.as_bytes()));
            }
        }
    }
    peer.send(&requests).unwrap();
    peer.shutdown_write().unwrap();
    assert!(peer.receive_to_end(SOON).unwrap() == responses);
}

#[test]
fn t_5_reserved_action_keeps_the_stream_in_step() {
    let (_server, address) = start();
    let mut peer = connect(address);
    peer.send(&request(0x03, b"data that is skipped\x08\0\0\x01a"))
        .unwrap();
    assert_eq!(peer.receive_exactly(9, SOON).unwrap(), response(b"error"));
    assert_served(&mut peer);
    peer.send(&request(0x04, b"\xff\xfe")).unwrap();
    assert_eq!(peer.receive_exactly(9, SOON).unwrap(), response(b"error"));
    assert_served(&mut peer);
}

#[test]
fn t_6_closing_the_sending_side_inside_a_request_is_answered_with_error() {
    let (_server, address) = start();
    for octets in [
        &b"\x08"[..],
        b"\x08\0\0\x05",
        b"\x08\0\0\x05Hell",
        b"\x18\0\0\x05Hell",
    ] {
        let mut peer = connect(address);
        peer.send(octets).unwrap();
        peer.shutdown_write().unwrap();
        assert_eq!(
            peer.receive_to_end(SOON).unwrap(),
            response(b"error"),
            "{octets:?}"
        );
    }
}

#[test]
fn t_7_g_5_missing_data_is_waited_for() {
    let (_server, address) = start();
    let mut slow = connect(address);
    for octet in request(0x01, "straße".as_bytes()) {
        slow.send(&[octet]).unwrap();
        // Were it answered now, this client's answer would show that the server got so far.
        assert_served(&mut connect(address));
    }
    slow.shutdown_write().unwrap();
    assert_eq!(slow.receive_to_end(SOON).unwrap(), response(b"STRASSE"));
}

#[test]
fn t_8_a_clean_close_between_requests_is_not_answered() {
    let (_server, address) = start();
    let mut peer = connect(address);
    peer.shutdown_write().unwrap();
    peer.expect_close(SOON).unwrap();
    let mut peer = connect(address);
    assert_served(&mut peer);
    peer.shutdown_write().unwrap();
    peer.expect_close(SOON).unwrap();
}

#[test]
fn small_responses_are_not_held_back_for_an_acknowledgement() {
    const ROUNDS: u32 = 100;
    let (_server, address) = start();
    let mut peer = connect(address);
    let start = Instant::now();
    for _ in 0..ROUNDS {
        peer.send(b"\x08\0\0\x01a").unwrap();
        peer.send(b"\x08\0\0\x01b").unwrap();
        assert_eq!(
            peer.receive_exactly(10, SOON).unwrap(),
            b"\0\0\0\x01A\0\0\0\x01B"
        );
    }
    // A delayed acknowledgement takes 40 ms.
    assert!(start.elapsed() < ROUNDS * Duration::from_millis(20));
}
