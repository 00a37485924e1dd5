#![doc = include_str!("../README.md")]

mod about;
mod command_line;
mod error;
mod escape;
mod input;
mod log;
mod options;
mod output;
mod rate_limit;
mod report;
mod server;
mod signal;
mod stream;

pub use about::About;
pub use command_line::{CommandLine, NO_LETTER, Value};
pub use error::{Error, main, readme_shows_help};
pub use escape::{Escaped, escape};
pub use input::{TERMINAL_LINE, cannot_read, open_input};
pub use log::log_to_stderr;
pub use output::{Output, OutputError};
pub use rate_limit::rate_limited;
pub use report::report;
pub use server::start_server;
pub use signal::{SignalError, on_shutdown_signal};
