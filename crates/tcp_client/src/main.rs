//! Sends the requests of a file to a `tcp_server` and prints the answers. See the library of this
//! crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main("tcp_client: ", tcp_client::run)
}
