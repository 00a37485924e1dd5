//! Clients that each give the server a reason to log: a log is no weapon.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use harness::{FLOOD, Peer, Program};

const SOON: Duration = Duration::from_secs(20);

#[test]
fn p_5_refusals_are_counted_and_every_object_is_printed() {
    let program =
        |port: u16| Program::new(env!("CARGO_BIN_EXE_lab3")).args(["127.0.0.1", &port.to_string()]);
    let send_and_fail = |mut client: Peer| {
        client.send(b"K\x07.cos\nsystem\n.")?;
        client.receive_to_end(SOON).map(drop)
    };
    let flooded = harness::flood(SOON, program, send_and_fail).unwrap();
    flooded
        .is_counted(&flooded.stderr, "asks to import os.system")
        .unwrap();
    assert_eq!(flooded.stdout.matches(": 7\n").count(), FLOOD);
}
