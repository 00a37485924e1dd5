//! Grades any implementation of the assignments.
//! See the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    let graded = conform::run(cli::arguments());
    graded.unwrap_or_else(|error| cli::exit("conform: ", Err(error)))
}
