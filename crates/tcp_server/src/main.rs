//! A server that transforms text, over a 5/27-bit header. See the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main("tcp_server: ", tcp_server::run)
}
