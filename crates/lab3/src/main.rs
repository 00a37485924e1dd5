//! The pickle server: see the library of this crate.

use std::process::ExitCode;

/// One pool of memory for all threads: each of the system's allocator's keeps up to 16 MiB that a
/// client has given back, which no bound on all clients counts (P-8).
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    cli::main("lab3: ", lab3::run)
}
