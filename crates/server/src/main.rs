//! The message server: see the library of this crate.

use std::process::ExitCode;

/// Takes hardly more than the store counts (C-14), also after messages of other sizes: in the test
/// of that 1.004 times as much, where the system's allocator took 1.03 times.
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    cli::main("server: ", server::run)
}
