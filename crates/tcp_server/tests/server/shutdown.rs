//! Signals, while the server is idle and while it is busy.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use harness::{Exit, Peer, Process, Signal};

use crate::{SOON, assert_served, connect, request, response, start};

/// G-4 allows a second; above it, what a busy machine may add.
const AT_ONCE: Duration = Duration::from_millis(1500);

fn stop(server: &Process, signal: Signal) {
    let start = Instant::now();
    server.signal(signal).unwrap();
    assert_eq!(server.wait_exit(SOON).unwrap(), Exit::Status(0));
    assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
    assert_eq!(server.stdout(), b"");
}

fn assert_refused(address: SocketAddr) {
    assert!(matches!(
        Peer::connect(address),
        Err(harness::Error::Connect { .. })
    ));
}

#[test]
fn t_19_g_4_each_signal_ends_an_idle_server() {
    for signal in [Signal::INT, Signal::TERM] {
        let (server, address) = start();
        stop(&server, signal);
        assert_refused(address);
    }
}

#[test]
fn t_19_g_4_clients_that_wait_do_not_hold_it_up() {
    let (server, address) = start();
    let mut served = connect(address);
    assert_served(&mut served);
    let mut silent = connect(address);
    let mut inside = connect(address);
    inside.send(b"\x08\0\0\x05Hell").unwrap();
    assert_served(&mut connect(address));
    stop(&server, Signal::INT);
    for peer in [&mut served, &mut silent, &mut inside] {
        peer.expect_close(SOON).unwrap();
    }
}

#[test]
fn t_19_a_request_received_before_the_signal_is_answered() {
    const LENGTH: usize = 32 << 20;
    let (server, address) = start();
    let mut peer = connect(address);
    peer.send(&request(1, &vec![b'x'; LENGTH])).unwrap();
    // The answer has begun, so the request was received in full; most of the answer still waits,
    // more than the system holds for the two ends.
    let wanted = response(&vec![b'X'; LENGTH]);
    assert_eq!(peer.receive_exactly(4, SOON).unwrap(), wanted[..4]);
    let taker = std::thread::spawn(move || peer.receive_to_end(SOON).unwrap());
    stop(&server, Signal::TERM);
    let answer = taker.join().unwrap();
    assert!(answer == wanted[4..], "{} octets", answer.len());
}

#[test]
fn t_19_g_4_a_client_that_takes_nothing_does_not_hold_it_up() {
    let (server, address) = start();
    let mut peer = connect(address);
    peer.set_receive_buffer(4096).unwrap();
    peer.send(&request(1, &vec![b'x'; 32 << 20])).unwrap();
    peer.receive_exactly(4, SOON).unwrap();
    stop(&server, Signal::INT);
    assert_refused(address);
}

#[test]
fn g_4_a_long_computation_does_not_hold_it_up() {
    let (server, address) = start();
    let mut peer = connect(address);
    // Takes many seconds in an unoptimised build.
    peer.send(&request(0x10, &vec![b'x'; 64 << 20])).unwrap();
    assert_served(&mut connect(address));
    stop(&server, Signal::INT);
}

#[test]
fn g_4_waiting_costs_no_processor_time() {
    let (server, address) = start();
    let mut peer = connect(address);
    assert_served(&mut peer);
    let mut greedy = connect(address);
    greedy.set_receive_buffer(4096).unwrap();
    greedy.send(&request(1, &vec![b'x'; 16 << 20])).unwrap();
    greedy.shutdown_write().unwrap();
    assert_served(&mut peer);
    // A client that takes nothing and one that is silent: all that happens is time passing.
    let before = server.cpu_time().unwrap();
    peer.expect_silence(Duration::from_millis(700)).unwrap();
    let used = server.cpu_time().unwrap() - before;
    assert!(used < Duration::from_millis(200), "{used:?}");
}
