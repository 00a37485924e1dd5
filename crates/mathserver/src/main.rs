//! The math server: see the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main("mathserver: ", mathserver::run)
}
