//! What clients cost in memory. A test process of its own, for its many descriptors.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use harness::Peer;

use common::{NO_MESSAGES, SOON, ask, read, start};

const MIB: u64 = 1 << 20;

#[test]
fn g_7_a_thousand_idle_connections_cost_less_than_64_mib() {
    let (server, address) = start();
    ask(address, &read(b"alice"));
    let idle = server.resident_memory().unwrap();
    assert!(idle < 6 * MIB, "idle: {idle}");

    // Each announces the longest record and sends no more than that.
    let mut clients: Vec<_> = (0..1000).map(|_| Peer::connect(address).unwrap()).collect();
    for client in &mut clients {
        client.send(b"\xae\x73\x02\xff\xff\xff\xff").unwrap();
    }
    for client in &mut clients {
        client.expect_close(SOON).unwrap();
    }
    let peak = server.peak_memory().unwrap();
    println!("idle {idle}, with 1,000 connections {peak}");
    assert!(peak < idle + 64 * MIB, "idle {idle}, peak {peak}");

    assert_eq!(ask(address, &read(b"alice")), NO_MESSAGES);
    // All of them were served.
    let all = |printed: &[u8]| {
        let lines = printed.split(|byte| *byte == b'\n');
        lines.filter(|line| line.ends_with(b" connected")).count() == 1002
    };
    server.wait_stdout(all, SOON).unwrap();
}
