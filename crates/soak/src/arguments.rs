//! The command line.

use std::ffi::OsString;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use cli::About;

/// How long the load may be asked to last, in seconds: up to a day.
const SECONDS: RangeInclusive<u64> = 1..=86_400;

/// How long it lasts if nothing is said.
const DEFAULT_SECONDS: u64 = 60;

const ABOUT: About = About {
    name: "soak",
    version: env!("CARGO_PKG_VERSION"),
    help: "\
Usage: soak [SECONDS]

Starts tcp_server, lab3, server, mathserver and server-s, taken from the folder
that soak is in, and plays honest and hostile clients on all of them at once. At
the end it prints a table: what was served, what was done to the servers, errors
seen by honest clients, memory, descriptors and processor time, and how long
honest clients wait while 500 silent ones and 50 slow ones are there.

Arguments:
  SECONDS    how long the load lasts, 1 to 86400 [default: 60]; all the rest takes
             some 15 seconds more, and in runs of a minute or longer about a
             minute and a tenth of the load

  --help     as the sole argument: prints this text
  --version  as the sole argument: prints the version

Exit status:
  0  all held
  1  something did not, and the table says what
  2  the arguments are wrong
",
};

/// What the arguments ask for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// To print this text.
    Show(String),
    /// To put load on the servers for so long.
    Soak(Duration),
}

impl Request {
    pub(crate) fn parse(arguments: &[OsString]) -> Result<Self, UsageError> {
        if let Some(text) = ABOUT.asked_alone(arguments) {
            return Ok(Self::Show(text));
        }
        let seconds = match arguments {
            [] => DEFAULT_SECONDS,
            [seconds] => parse_seconds(seconds)?,
            _ => {
                let found = arguments.len();
                return Err(UsageError::Count { found });
            }
        };
        Ok(Self::Soak(Duration::from_secs(seconds)))
    }
}

fn parse_seconds(argument: &OsString) -> Result<u64, UsageError> {
    let text = argument.to_string_lossy();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(seconds) if digits && SECONDS.contains(&seconds) => Ok(seconds),
        _ => Err(UsageError::Seconds {
            found: text.into_owned(),
        }),
    }
}

/// What is wrong with the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UsageError {
    /// There are so many.
    Count { found: usize },
    /// This is no number of seconds, or too large a one.
    Seconds { found: String },
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { found } => write!(f, "want at most 1 argument, found {found}"),
            Self::Seconds { found } => write!(
                f,
                "want {} to {} seconds, found \"{}\"",
                SECONDS.start(),
                SECONDS.end(),
                cli::escape(found.as_bytes())
            ),
        }?;
        write!(f, "; see soak --help")
    }
}

impl std::error::Error for UsageError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, UsageError> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        Request::parse(&words)
    }

    #[test]
    fn seconds_are_plain_digits() {
        for (line, seconds) in [("", 60), ("1", 1), ("0600", 600), ("86400", 86_400)] {
            assert_eq!(parse(line), Ok(Request::Soak(Duration::from_secs(seconds))));
        }
        for found in [
            "0",
            "86401",
            "+5",
            "-1",
            "1.5",
            "10s",
            "99999999999999999999",
        ] {
            let error = UsageError::Seconds {
                found: found.to_owned(),
            };
            assert_eq!(parse(found), Err(error));
        }
        assert_eq!(parse("10 20"), Err(UsageError::Count { found: 2 }));
    }

    #[test]
    fn g_3_help_as_the_sole_argument() {
        assert_eq!(parse("--help"), Ok(Request::Show(ABOUT.help.to_owned())));
        assert!(
            ABOUT
                .help
                .contains(&format!("[default: {DEFAULT_SECONDS}]"))
        );
    }
}
