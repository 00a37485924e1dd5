//! The pickle client: see the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::exit("lab2: ", lab2::run(cli::arguments()))
}
