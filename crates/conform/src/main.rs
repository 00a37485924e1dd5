//! Grades any implementation of the assignments.
//! See the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(status) = harness::confine::exec_if_asked() {
        return status;
    }
    let mut status = 0;
    let ended = cli::main("conform: ", |arguments| {
        status = conform::run(arguments)?;
        Ok(())
    });
    // An error has a status of its own.
    if status == 0 { ended } else { status.into() }
}
