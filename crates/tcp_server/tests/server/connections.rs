//! Many clients, slow clients and clients that vanish.

use std::time::{Duration, Instant};

use harness::Peer;

use crate::{SOON, assert_served, connect, program, request, start, wait_until};

const MIB: u64 = 1 << 20;

#[test]
fn t_16_silent_and_slow_clients_delay_nobody() {
    let (_server, address) = start();
    let mut silent: Vec<Peer> = (0..50).map(|_| connect(address)).collect();
    for (index, peer) in silent.iter_mut().enumerate() {
        peer.send(&request(1, b"slow")[..index % 8]).unwrap();
    }
    let mut greedy = connect(address);
    greedy.set_receive_buffer(4096).unwrap();
    greedy.send(&request(1, &[b'x'; 1 << 22])).unwrap();
    for _ in 0..10 {
        assert_served(&mut connect(address));
    }
    for (index, peer) in silent.iter_mut().enumerate() {
        peer.send(&request(1, b"slow")[index % 8..]).unwrap();
        assert_eq!(peer.receive_exactly(8, SOON).unwrap(), b"\0\0\0\x04SLOW");
    }
}

#[test]
fn t_8_a_client_that_vanishes_ends_only_its_own_connection() {
    let (_server, address) = start();
    let mut other = connect(address);
    for _ in 0..20 {
        let mut peer = connect(address);
        peer.set_receive_buffer(4096).unwrap();
        peer.send(&request(1, &[b'x'; 1 << 20])).unwrap();
        peer.receive_exactly(100, SOON).unwrap();
        peer.reset().unwrap();
        assert_served(&mut other);
    }
    let mut inside = connect(address);
    inside.send(b"\x08\0\0\x05He").unwrap();
    inside.reset().unwrap();
    assert_served(&mut other);
}

#[test]
fn t_16_out_of_descriptors_others_wait_and_are_served_later() {
    let (server, address) = harness::start_server(SOON, |port| {
        program().limit_files(24).args(["-p", &port.to_string()])
    })
    .unwrap();
    let mut peers: Vec<Peer> = (0..40).map(|_| connect(address)).collect();
    server
        .wait_stderr(
            |seen| seen.windows(18).any(|text| text == b"cannot accept more"),
            SOON,
        )
        .unwrap();
    let before = server.cpu_time().unwrap();
    assert_served(&mut peers[0]);
    // Those that wait are served once others leave.
    while let Some(mut peer) = (!peers.is_empty()).then(|| peers.remove(0)) {
        assert_served(&mut peer);
    }
    assert!(server.cpu_time().unwrap() - before < Duration::from_secs(1));
}

#[test]
fn t_16_a_client_that_takes_the_last_descriptor_is_no_shortage() {
    // The three standard ones, the listening socket, and one client.
    let (server, address) = harness::start_server(SOON, |port| {
        program().limit_files(5).args(["-p", &port.to_string()])
    })
    .unwrap();
    let assert_served = |peer: &mut Peer| {
        peer.send(b"\x08\0\0\x05hello").unwrap();
        let received = peer.receive_exactly(9, SOON);
        let received = received.unwrap_or_else(|error| panic!("{error}\n{server:?}"));
        assert_eq!(received, b"\0\0\0\x05HELLO");
    };
    for _ in 0..20 {
        let mut peer = connect(address);
        assert_served(&mut peer);
        peer.shutdown_write().unwrap();
        peer.expect_close(SOON).unwrap();
    }
    assert_eq!(String::from_utf8(server.stderr()).unwrap(), "");
    // The first that is said is about a client who has to wait.
    let mut first = connect(address);
    assert_served(&mut first);
    let mut second = connect(address);
    server
        .wait_stderr(|seen| seen.starts_with(b"[WARN ] cannot accept more"), SOON)
        .unwrap();
    drop(first);
    assert_served(&mut second);
}

#[test]
fn t_17_a_thousand_idle_clients_cost_less_than_64_mib() {
    let (server, address) = start();
    assert_served(&mut connect(address));
    let idle = server.resident_memory().unwrap();
    assert!(idle < 6 * MIB, "{idle}");
    let mut peers: Vec<Peer> = (0..1000).map(|_| connect(address)).collect();
    for peer in &mut peers {
        assert_served(peer);
    }
    assert!(server.resident_memory().unwrap() < 64 * MIB);
    // The buffer that a batch of requests has used is kept; it counts as well.
    let batch = request(1, b"x").repeat(4000);
    for peer in &mut peers {
        peer.send(&batch).unwrap();
    }
    for peer in &mut peers {
        peer.receive_exactly(batch.len(), SOON).unwrap();
    }
    wait_until("a thousand clients cost less than 64 MiB", || {
        server.resident_memory().unwrap() < idle + 64 * MIB
    });
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
