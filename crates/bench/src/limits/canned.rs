use std::ffi::OsString;
use std::io::{Read as _, Write as _};

use crate::Error;
use crate::limits::{Limit, listen};
use crate::load::messages::full_response;

/// Enough for any request.
const BUFFER: usize = 128 * 1024;

/// The limit of a server that is asked for messages: the response is there already.
pub(super) const CANNED: Limit = Limit {
    name: "canned",
    usage: "PORT  accepts, reads once, answers with 255 messages of 1 KiB, and closes",
    run,
};

fn run(arguments: &[OsString]) -> Result<(), Error> {
    let listener = listen(arguments)?;
    let response = full_response()?;
    let mut buffer = vec![0; BUFFER];
    loop {
        let accepted = listener.accept();
        let (mut client, _) = accepted.map_err(Error::system("accepting a client"))?;
        // What becomes of one client is its own affair.
        let _ = client
            .read(&mut buffer)
            .and_then(|_| client.write_all(&response));
    }
}
