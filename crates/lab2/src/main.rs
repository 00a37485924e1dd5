//! The pickle client: see the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main("lab2: ", lab2::run)
}
