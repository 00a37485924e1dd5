#![doc = include_str!("../README.md")]

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
mod stream;

pub use about::{About, arguments};
pub use command_line::{CommandLine, NO_LETTER, Value};
pub use error::{Error, main, readme_shows_help};
pub use escape::{Escaped, escape};
pub use exit::{Failure, STATUS_RUN, STATUS_USAGE, exit, report};
pub use input::{cannot_read, open_input};
pub use log::log_to_stderr;
pub use options::{Separated, separate_options};
pub use output::{Output, OutputError};
pub use port::{PortError, parse_port};
pub use server::start_server;
pub use signal::{SignalError, on_shutdown_signal};
