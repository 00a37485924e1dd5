//! The pickle server: see the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main("lab3: ", lab3::run)
}
