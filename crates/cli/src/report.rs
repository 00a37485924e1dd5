use std::fmt::Display;
use std::io::Write;

/// Writes a line to standard error, with one write, so that lines of two processes do not mix.
///
/// Unlike `eprintln!` it cannot panic: if standard error is full or closed, the line is lost.
pub fn report(line: impl Display) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}
