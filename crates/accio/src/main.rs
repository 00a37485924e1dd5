//! The client that sends a file: accio.
//! See the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main("ERROR: ", accio::run)
}
