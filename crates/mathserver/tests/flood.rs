//! Clients that each give the server a reason to log: a log is no weapon.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use harness::{FLOOD, Peer, Program};

const SOON: Duration = Duration::from_secs(20);

#[test]
fn ms_4_failures_are_counted_and_who_was_given_the_secret_is_printed() {
    let program = |port: u16| {
        Program::new(env!("CARGO_BIN_EXE_mathserver")).args(["--questions=1", &port.to_string()])
    };
    let leave = |mut client: Peer| {
        client.shutdown_write()?;
        client.receive_to_end(SOON).map(drop)
    };
    let flooded = harness::flood(SOON, program, leave).unwrap();
    flooded
        .is_counted(&flooded.stdout, "then no answer")
        .unwrap();

    let program = |port: u16| {
        Program::new(env!("CARGO_BIN_EXE_mathserver")).args(["--questions=0", &port.to_string()])
    };
    let flooded = harness::flood(SOON, program, |mut client: Peer| {
        client.receive_to_end(SOON).map(drop)
    });
    let printed = flooded.unwrap().stdout;
    assert_eq!(
        printed.matches("0 of 0 right, secret given: ").count(),
        FLOOD,
        "{printed}"
    );
}
