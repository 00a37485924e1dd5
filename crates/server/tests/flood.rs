//! Clients that each give the server a reason to log: a log is no weapon.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use harness::{FLOOD, Peer, Program};

const SOON: Duration = Duration::from_secs(20);

#[test]
fn c_6_c_9_errors_are_counted_and_all_else_is_printed() {
    let program = |port: u16| Program::new(env!("CARGO_BIN_EXE_server")).arg(port.to_string());
    let store_and_fail = |mut client: Peer| {
        let mut creator = Peer::connect(client.remote_address())?;
        creator.send(b"\xae\x73\x02\x01\x01\0\x01abc")?;
        creator.expect_close(SOON)?;
        client.send(b"\xae\x74\x01\x01\0\0\0a")?;
        client.expect_close(SOON)
    };
    let flooded = harness::flood(SOON, program, store_and_fail).unwrap();
    flooded
        .is_counted(&flooded.stderr, "MagicNo is 0xAE74")
        .unwrap();
    let printed = |what| flooded.stdout.matches(what).count();
    assert_eq!(printed(" connected\n"), 2 * FLOOD);
    assert_eq!(printed(" stored a message from a for b\n"), FLOOD);
}
