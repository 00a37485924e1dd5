//! The message client: see the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main("client: ", client::run)
}
