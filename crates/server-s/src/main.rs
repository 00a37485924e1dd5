//! A server that counts the bytes of a file: simplified accio.
//! See the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::exit(server_s::ERROR_PREFIX, server_s::run(cli::arguments()))
}
