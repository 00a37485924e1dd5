//! What the command lines of all programs share: options, operands and their errors
//! ([`CommandLine`], G-2, G-3, G-8), one way from any error to a message and an exit status
//! ([`Error`], [`main`]), what a server does at its start ([`start_server`], G-4), escaping of what
//! peers send ([`escape`], G-6), and lines of output that are flushed and survive a full or closed
//! output ([`Output`], G-1).
//!
//! Nothing here knows a protocol.
//!
//! ```no_run
//! use std::ffi::OsString;
//! use std::process::ExitCode;
//!
//! const ABOUT: cli::About = cli::About {
//!     name: "show",
//!     version: env!("CARGO_PKG_VERSION"),
//!     help: "Usage: show FILE\n\nPrints a file.\n",
//! };
//!
//! fn run(arguments: Vec<OsString>) -> Result<(), cli::Error> {
//!     let output = cli::Output::stdout()?;
//!     let [file] = cli::CommandLine::positional(&ABOUT, arguments)?.operands(["FILE"])?;
//!     Ok(output.bytes(&std::fs::read(file.as_os_str())?)?)
//! }
//!
//! fn main() -> ExitCode {
//!     cli::main("show: ", run)
//! }
//! ```

mod about;
mod command_line;
mod error;
mod escape;
mod exit;
mod input;
mod log;
mod options;
mod output;
mod port;
mod server;
mod signal;

pub use about::{About, arguments};
pub use command_line::{CommandLine, NO_LETTER, Value};
pub use error::{Error, main};
pub use escape::{Escaped, escape};
pub use exit::{Failure, STATUS_RUN, STATUS_USAGE, exit, report};
pub use input::{cannot_read, open_input};
pub use log::log_to_stderr;
pub use options::{Separated, separate_options};
pub use output::{Output, OutputError};
pub use port::{PortError, parse_port};
pub use server::start_server;
pub use signal::{SignalError, on_shutdown_signal};
