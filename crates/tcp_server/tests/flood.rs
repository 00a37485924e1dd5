//! Clients that each give the server a reason to log: a log is no weapon.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use harness::{FLOOD, Peer, Program};

const SOON: Duration = Duration::from_secs(20);

#[test]
fn clients_that_are_refused_are_counted() {
    let program = |port: u16| {
        Program::new(env!("CARGO_BIN_EXE_tcp_server"))
            .args(["-p", &port.to_string()])
            .env("TCP_SERVER_MAX_BYTES", "1000000")
    };
    let too_large = |mut client: Peer| {
        client.send(b"\x0f\xff\xff\xff")?;
        client.expect_close(SOON)
    };
    let flooded = harness::flood(SOON, program, too_large).unwrap();
    flooded
        .is_counted(&flooded.stderr, "closed, its request")
        .unwrap();
}

#[test]
fn t_22_a_log_that_was_asked_for_is_whole() {
    let program = |port: u16| {
        Program::new(env!("CARGO_BIN_EXE_tcp_server")).args(["-v", "-p", &port.to_string()])
    };
    let leave = |mut client: Peer| {
        client.shutdown_write()?;
        client.expect_close(SOON)
    };
    let flooded = harness::flood(SOON, program, leave).unwrap();
    assert_eq!(flooded.stderr.matches(": closed\n").count(), FLOOD);
}
