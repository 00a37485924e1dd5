//! The message client: see the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::exit("client: ", client::run(cli::arguments()))
}
