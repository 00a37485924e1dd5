use std::ffi::OsString;
use std::fmt::{self, Display};
use std::process::ExitCode;

use crate::{Output, OutputError, rate_limit, signal};

/// The exit status of an error while running (G-2).
const STATUS_RUN: u8 = 1;

/// The exit status of wrong usage (G-2).
const STATUS_USAGE: u8 = 2;

/// What ends a program: a message for its user, and the exit status (G-2).
///
/// `?` makes one of any error, with status 1. Like `anyhow::Error` it is therefore not itself a
/// [`std::error::Error`]. Status 0 means an end without failure: the text for `--help`, or a
/// standard output whose reader has left.
#[derive(Debug)]
pub struct Error {
    message: String,
    status: u8,
}

impl Error {
    /// An error while running, with status 1.
    pub fn new(message: impl Display) -> Self {
        Self {
            message: message.to_string(),
            status: STATUS_RUN,
        }
    }

    /// An error with a status of its own.
    pub fn with_status(message: impl Display, status: u8) -> Self {
        Self {
            message: message.to_string(),
            status,
        }
    }

    /// Wrong usage, with status 2. [`CommandLine`](crate::CommandLine) makes them.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self {
            message: message.to_string(),
            status: STATUS_USAGE,
        }
    }

    /// No failure: a text that the user asked for, to be printed on standard output.
    pub(crate) fn requested(text: String) -> Self {
        Self {
            message: text,
            status: 0,
        }
    }

    /// The exit status.
    pub fn status(&self) -> u8 {
        self.status
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: std::error::Error + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        let any: &dyn std::error::Error = &error;
        match any.downcast_ref::<OutputError>() {
            Some(output) if output.is_closed() => Self::requested(String::new()),
            _ => Self::new(error),
        }
    }
}

/// The whole `main` of a program: runs it with its arguments, reports its error on standard error
/// behind `prefix`, and returns the exit status.
pub fn main(prefix: &str, run: impl FnOnce(Vec<OsString>) -> Result<(), Error>) -> ExitCode {
    signal::block_file_size_signal();
    signal::end_first_process_on_signal();
    let outcome = run(crate::about::arguments()).or_else(|end| match end.status {
        0 => Ok(Output::stdout()?.text(&end.message)?),
        _ => Err(end),
    });
    rate_limit::finish();
    let Err(Error { message, status }) = outcome else {
        return ExitCode::SUCCESS;
    };
    if status != 0 {
        crate::report(format_args!("{prefix}{message}"));
    }
    ExitCode::from(status)
}

/// For the tests of a program: whether its README shows the help as the program prints it.
pub fn readme_shows_help(
    readme: &str,
    run: impl FnOnce(Vec<OsString>) -> Result<(), Error>,
) -> bool {
    let shows = |help: Error| readme.contains(&format!("```text\n{help}```"));
    run(vec!["--help".into()]).is_err_and(shows)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn of(error: impl std::error::Error + 'static) -> (String, u8) {
        let error = Error::from(error);
        (error.to_string(), error.status())
    }

    #[test]
    fn g_2_any_error_while_running_has_status_1() {
        let error = io::Error::other("no room");
        assert_eq!(of(error), ("no room".to_owned(), 1));
        // Only on standard output is this an ordinary end.
        let (_, status) = of(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(status, 1);
    }

    #[test]
    fn a_closed_standard_output_is_no_failure_and_a_full_one_is() {
        let output = |kind: io::ErrorKind| of(OutputError(kind.into()));
        assert_eq!(output(io::ErrorKind::BrokenPipe), (String::new(), 0));
        assert_eq!(output(io::ErrorKind::StorageFull).1, 1);
    }
}
