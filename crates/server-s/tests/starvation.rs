//! The server when it is out of descriptors. Alone in its process, for its many connections.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use harness::{Error, Peer, Program};

const SOON: Duration = Duration::from_secs(20);

#[test]
fn out_of_descriptors_it_serves_on_without_work_and_recovers() {
    let program = |port: u16| Program::new(env!("CARGO_BIN_EXE_server-s")).arg(port.to_string());
    let starved = harness::starve(SOON, program, None, serve).unwrap();
    assert!(starved.cpu_time < Duration::from_millis(100), "{starved:?}");
    let printed = String::from_utf8(starved.process.stdout()).unwrap();
    assert_eq!(printed.matches("5\n").count(), 3, "{starved:?}");
}

/// A file of five bytes. (While one client is served, all others wait: A-13.)
fn serve(mut client: Peer) -> Result<(), Error> {
    client.receive_exactly(7, SOON)?;
    client.send(b"confirm-accio\r\n")?;
    client.receive_exactly(7, SOON)?;
    client.send(b"confirm-accio-again\r\n\r\nhello")?;
    client.shutdown_write()?;
    client.expect_close(SOON)
}
