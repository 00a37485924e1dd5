use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

/// The exit status of an error while running (G-2).
pub const STATUS_RUN: u8 = 1;
/// The exit status of wrong usage (G-2).
pub const STATUS_USAGE: u8 = 2;

/// An error that ends a program.
pub trait Failure: Display {
    /// The exit status: [`STATUS_RUN`] or [`STATUS_USAGE`]; 0 for an end that is no failure, such
    /// as a closed output, which is not reported.
    fn status(&self) -> u8;
}

/// The end of `main`: reports an error on standard error, after `prefix`, and returns the status.
///
/// It cannot panic: a standard error that is full or closed is ignored.
pub fn exit<F: Failure>(prefix: &str, outcome: Result<(), F>) -> ExitCode {
    let Err(failure) = outcome else {
        return ExitCode::SUCCESS;
    };
    let status = failure.status();
    if status != 0 {
        report(format_args!("{prefix}{failure}"));
    }
    ExitCode::from(status)
}

/// Writes a line to standard error, with one write, so that lines of two processes do not mix.
///
/// Unlike `eprintln!` it cannot panic: if standard error is full or closed, the line is lost.
pub fn report(line: impl Display) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}
