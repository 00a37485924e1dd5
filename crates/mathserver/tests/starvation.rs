//! The server when it is out of descriptors. Alone in its process, for its many connections.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use harness::{Error, Peer, Program};

const SOON: Duration = Duration::from_secs(20);
const WARNING: &str = "[WARN ] cannot accept more clients now: ";

#[test]
fn out_of_descriptors_it_serves_on_without_work_and_recovers() {
    let program = |port: u16| {
        Program::new(env!("CARGO_BIN_EXE_mathserver")).args(["--questions=1", &port.to_string()])
    };
    let starved = harness::starve(SOON, program, Some(WARNING), serve).unwrap();
    assert!(starved.cpu_time < Duration::from_millis(100), "{starved:?}");
    let errors = String::from_utf8(starved.process.stderr()).unwrap();
    assert_eq!(errors.matches(WARNING).count(), 1, "{starved:?}");
}

fn serve(mut client: Peer) -> Result<(), Error> {
    let question: [u8; 9] = client.receive_exactly(9, SOON)?.try_into().unwrap();
    let [b'Q', a, b, c, d, e, f, g, h] = question else {
        panic!("{question:?}");
    };
    let sum = u32::from_be_bytes([a, b, c, d]).wrapping_add(u32::from_be_bytes([e, f, g, h]));
    client.send(&sum.to_be_bytes())?;
    let secret = client.receive_to_end(SOON)?;
    assert_eq!((secret.len(), secret[0]), (9, b'S'));
    Ok(())
}
