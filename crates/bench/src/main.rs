//! Measures the programs against their limits. See the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main("bench: ", bench::run)
}
