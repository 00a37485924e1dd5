//! What the command lines of all programs share: ports ([`parse_port`], G-8), `--help` and
//! `--version` ([`About`], G-3), options in every form ([`separate_options`]), exit status ([`exit`], G-2), escaping of what peers say
//! ([`escape`], G-6), lines of output that are flushed and survive a full or closed output
//! ([`Output`], G-1), diagnostics ([`log_to_stderr`]) and the signals that end a server
//! ([`on_shutdown_signal`], G-4).
//!
//! Nothing here knows a protocol or a socket.
//!
//! A program's `main` is one call:
//!
//! ```no_run
//! use std::fmt;
//! use std::process::ExitCode;
//!
//! enum Error {
//!     Usage(cli::PortError),
//! }
//!
//! impl fmt::Display for Error {
//!     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
//!         let Self::Usage(error) = self;
//!         write!(f, "{error}")
//!     }
//! }
//!
//! impl cli::Failure for Error {
//!     fn status(&self) -> u8 {
//!         cli::STATUS_USAGE
//!     }
//! }
//!
//! fn run(arguments: Vec<std::ffi::OsString>) -> Result<(), Error> {
//!     let argument = arguments.first().map(|argument| argument.to_string_lossy());
//!     cli::parse_port(&argument.unwrap_or_default(), 1..=65535).map_err(Error::Usage)?;
//!     Ok(())
//! }
//!
//! fn main() -> ExitCode {
//!     cli::exit("program: ", run(cli::arguments()))
//! }
//! ```

mod about;
mod escape;
mod exit;
mod log;
mod options;
mod output;
mod port;
mod signal;

pub use about::{About, arguments};
pub use escape::{Escaped, escape};
pub use exit::{Failure, STATUS_RUN, STATUS_USAGE, exit};
pub use log::log_to_stderr;
pub use options::{Separated, separate_options};
pub use output::{Output, OutputError};
pub use port::{PortError, parse_port};
pub use signal::{SignalError, on_shutdown_signal};
