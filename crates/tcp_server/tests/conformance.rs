//! The program is held to every check of its assignment.

use std::process::ExitCode;

fn main() -> ExitCode {
    conform::run_as_tests("tcp_server", env!("CARGO_BIN_EXE_tcp_server"))
}
