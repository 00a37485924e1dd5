//! Clients that each give the server a reason to log: a log is no weapon.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use harness::{FLOOD, Peer, Program};

const SOON: Duration = Duration::from_secs(20);

#[test]
fn a_3_a_9_reasons_are_counted_and_every_result_is_printed() {
    let program = |port: u16| Program::new(env!("CARGO_BIN_EXE_server-s")).arg(port.to_string());
    let send_and_fail = |mut client: Peer| {
        client.receive_exactly(7, SOON)?;
        client.send(b"no")?;
        client.receive_to_end(SOON)?;
        let mut sender = Peer::connect(client.remote_address())?;
        sender.send(b"confirm-accio\r\nconfirm-accio-again\r\n\r\nhello")?;
        sender.shutdown_write()?;
        sender.receive_to_end(SOON).map(drop)
    };
    let flooded = harness::flood(SOON, program, send_and_fail).unwrap();
    flooded
        .is_counted(&flooded.stderr, "wrong first confirmation")
        .unwrap();
    assert_eq!(flooded.stdout, "ERROR\n5\n".repeat(FLOOD));
}
