//! The server when it is out of descriptors. Alone in its process, for its many connections.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use harness::{Error, Peer, Program};

const SOON: Duration = Duration::from_secs(20);
const WARNING: &str = "[WARN ] cannot accept more clients now: ";

#[test]
fn out_of_descriptors_it_serves_on_without_work_and_recovers() {
    let program =
        |port: u16| Program::new(env!("CARGO_BIN_EXE_lab3")).args(["127.0.0.1", &port.to_string()]);
    let starved = harness::starve(SOON, program, Some(WARNING), serve).unwrap();
    assert!(starved.cpu_time < Duration::from_millis(100), "{starved:?}");
    let errors = String::from_utf8(starved.process.stderr()).unwrap();
    assert_eq!(errors.matches(WARNING).count(), 1, "{starved:?}");
}

/// The id, an object, and its acknowledgement.
fn serve(mut client: Peer) -> Result<(), Error> {
    client.send(b"K\x07.")?;
    client.shutdown_write()?;
    let received = client.receive_to_end(SOON)?;
    assert!(received.ends_with(b"server got the data."));
    Ok(())
}
