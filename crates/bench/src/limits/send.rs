use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};

use crate::Error;
use crate::limits::{Limit, number};
use crate::load::upload;

/// The limit of a client that sends a file: its bytes are in memory already.
pub(super) const SEND: Limit = Limit {
    name: "send",
    usage: "PORT BYTES  sends so many bytes as accio does",
    run,
};

fn run(arguments: &[OsString]) -> Result<(), Error> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, number(arguments, 0)?));
    let bytes = number(arguments, 1)?;
    upload::confirmed(address)?.send_bytes(bytes)?;
    Ok(())
}
