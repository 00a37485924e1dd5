//! Signals, while the server is idle and while it is busy.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use harness::{Exit, Peer, Process, Signal};

use crate::{SOON, assert_served, connect, program, request, start, wait_until};

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

#[test]
fn g_4_a_log_that_nobody_reads_does_not_hold_up_the_end() {
    let (reader, writer) = std::io::pipe().unwrap();
    let log = std::fs::File::from(std::os::fd::OwnedFd::from(writer));
    let port = harness::free_port().unwrap();
    let server = program()
        .args(["-v", "-p", &port.to_string()])
        .stderr(harness::Output::File(log))
        .start()
        .unwrap();
    let address = server.wait_listening(port, SOON).unwrap();
    let mut client = connect(address);
    // Each request is a line of the log; these are far more than a pipe holds.
    client.send(&request(1, b"").repeat(30_000)).unwrap();
    wait_until("the server is stuck at its log", || {
        let before = server.cpu_time().unwrap();
        std::thread::sleep(Duration::from_millis(50));
        server.cpu_time().unwrap() == before
    });
    server.signal(Signal::INT).unwrap();
    assert_eq!(server.wait_exit(SOON).unwrap(), Exit::Status(0));
    drop(reader);
}
