//! A server that counts the bytes of a file: simplified accio.
//! See the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main(server_s::ERROR_PREFIX, server_s::run)
}
