use std::ffi::OsString;
use std::io::Read as _;

use crate::Error;
use crate::limits::{Limit, listen};

/// Enough for any request.
const BUFFER: usize = 128 * 1024;

/// The limit of a server that takes a request and has nothing to answer.
pub(super) const CLOSE: Limit = Limit {
    name: "close",
    usage: "PORT  accepts, reads once, and closes",
    run,
};

fn run(arguments: &[OsString]) -> Result<(), Error> {
    let listener = listen(arguments)?;
    let mut buffer = vec![0; BUFFER];
    loop {
        let accepted = listener.accept();
        let (mut client, _) = accepted.map_err(Error::system("accepting a client"))?;
        // What becomes of one client is its own affair.
        let _ = client.read(&mut buffer);
    }
}
