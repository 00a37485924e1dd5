//! The math client: see the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main("lab4: ", lab4::run)
}
