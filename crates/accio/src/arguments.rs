use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::ops::RangeInclusive;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use cli::{About, PortError};

use crate::pace::Roughness;

const ABOUT: About = About {
    name: "accio",
    version: env!("CARGO_PKG_VERSION"),
    help: "\
Usage: accio [--chunk BYTES] [--delay MILLIS] [--abort-after BYTES] [--limit BYTES/S]
             HOST PORT FILE

Sends a file to an accio server.

Arguments:
  HOST                 the server's name or address
  PORT                 its port, 1 to 65535
  FILE                 the file, or - for standard input

Options, to try a server with a rough network:
  --chunk BYTES        sends the file in chunks of this size, 1 or more
                       [default: 262144]
  --delay MILLIS       pauses after each chunk [default: 0]
  --abort-after BYTES  resets the connection after so much of the file;
                       a shorter file is sent as usual
  --limit BYTES/S      sends no more than this in a second, 1 or more
  --help               prints this text
  --version            prints the version
",
};

const CHUNK: &str = "--chunk";
const DELAY: &str = "--delay";
const ABORT_AFTER: &str = "--abort-after";
const LIMIT: &str = "--limit";

/// The options have no short form: no argument can hold this byte.
const NO_LETTER: char = '\0';

const WITH_VALUE: [(char, &str); 4] = [
    (NO_LETTER, CHUNK),
    (NO_LETTER, DELAY),
    (NO_LETTER, ABORT_AFTER),
    (NO_LETTER, LIMIT),
];

/// What the arguments ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// To print this text.
    Show(String),
    /// To send a file.
    Send {
        /// To this server.
        host: String,
        /// On this port.
        port: u16,
        /// The file's name; `-` is standard input.
        file: OsString,
        /// In this way.
        roughness: Roughness,
    },
}

impl Request {
    /// Understands the arguments, in any order and every form that getopt knows; of an option that
    /// is repeated the last one counts.
    pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Self, UsageError> {
        let separated = cli::separate_options(arguments, &WITH_VALUE);
        let mut options = pico_args::Arguments::from_vec(separated.options);
        if let Some(text) = ABOUT.asked(&mut options) {
            return Ok(Self::Show(text));
        }
        let mut roughness = Roughness::default();
        if let Some(chunk) = last_number(&mut options, CHUNK, 1..=u64::MAX)? {
            roughness.chunk = chunk;
        }
        if let Some(delay) = last_number(&mut options, DELAY, 0..=u64::MAX)? {
            roughness.delay = Duration::from_millis(delay);
        }
        roughness.abort_after = last_number(&mut options, ABORT_AFTER, 0..=u64::MAX)?;
        roughness.limit = last_number(&mut options, LIMIT, 1..=u64::MAX)?;
        if let Some(option) = options.finish().into_iter().next() {
            return Err(UsageError::Unknown(option));
        }
        let [host, port, file] = <[OsString; 3]>::try_from(separated.operands)
            .map_err(|operands| UsageError::ArgumentCount(operands.len()))?;
        Ok(Self::Send {
            host: host.to_string_lossy().into_owned(),
            port: cli::parse_port(&port.to_string_lossy(), 1..=u16::MAX)?,
            file,
            roughness,
        })
    }
}

fn last_number(
    options: &mut pico_args::Arguments,
    option: &'static str,
    range: RangeInclusive<u64>,
) -> Result<Option<u64>, UsageError> {
    let keep = |value: &OsStr| Ok::<_, Infallible>(value.to_owned());
    // Taking a value as it is can fail in one way only.
    let values = options.values_from_os_str(option, keep);
    let Some(value) = values.map_err(|_| UsageError::NoValue(option))?.pop() else {
        return Ok(None);
    };
    match number(&value).filter(|number| range.contains(number)) {
        Some(number) => Ok(Some(number)),
        None => Err(UsageError::Number {
            option,
            value,
            least: *range.start(),
        }),
    }
}

/// Plain decimal digits, as for ports (G-8).
fn number(value: &OsStr) -> Option<u64> {
    let digits = value.to_str()?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok())?
}

/// What is wrong with the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageError {
    /// There is no such option.
    Unknown(OsString),
    /// There have to be three arguments besides the options; there were so many.
    ArgumentCount(usize),
    /// An option is the last argument, without its value.
    NoValue(&'static str),
    /// A value is not a number, or out of range.
    Number {
        /// The option's name.
        option: &'static str,
        /// The value.
        value: OsString,
        /// The least that is allowed.
        least: u64,
    },
    /// The port is none.
    Port(PortError),
}

impl From<PortError> for UsageError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(option) => {
                let option = cli::escape(option.as_bytes());
                write!(f, "unknown option {option:?}; see accio --help")
            }
            Self::ArgumentCount(found) => write!(
                f,
                "want 3 arguments, HOST PORT FILE, but found {found}; see accio --help"
            ),
            Self::NoValue(option) => write!(f, "{option} wants a value"),
            Self::Number {
                option,
                value,
                least,
            } => {
                let value = cli::escape(value.as_bytes());
                write!(
                    f,
                    "{option} wants a number from {least} to {}, found {value:?}",
                    u64::MAX
                )
            }
            Self::Port(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for UsageError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, UsageError> {
        Request::parse(line.split(' ').map(OsString::from).collect())
    }

    fn roughness(options: &str) -> Roughness {
        match parse(&format!("{options} localhost 5000 file")) {
            Ok(Request::Send { roughness, .. }) => roughness,
            other => panic!("{options}: {other:?}"),
        }
    }

    #[test]
    fn ac_1_host_port_and_file_are_what_is_no_option() {
        let wanted = Ok(Request::Send {
            host: "localhost".to_owned(),
            port: 5000,
            file: "file".into(),
            roughness: Roughness {
                chunk: 7,
                ..Roughness::default()
            },
        });
        for line in [
            "localhost 5000 file --chunk 7",
            "--chunk=7 localhost 5000 file",
            "localhost --chunk 7 5000 -- file",
            "--chunk 7 -- localhost 5000 file",
            "--chunk 1 --chunk=7 localhost 05000 file",
        ] {
            assert_eq!(parse(line), wanted, "{line}");
        }
    }

    #[test]
    fn ac_3_a_file_may_have_any_name() {
        for (line, name) in [
            ("h 1 -", "-"),
            ("h 1 -- --help", "--help"),
            ("-- h 1 -x", "-x"),
        ] {
            match parse(line) {
                Ok(Request::Send { file, .. }) => assert_eq!(file, name),
                other => panic!("{line}: {other:?}"),
            }
        }
        let name = OsStr::from_bytes(b"\xff").to_owned();
        let arguments = vec!["h".into(), "1".into(), name.clone()];
        assert!(matches!(
            Request::parse(arguments),
            Ok(Request::Send { file, .. }) if file == name
        ));
    }

    #[test]
    fn ac_4_the_options_have_their_units() {
        assert_eq!(
            roughness("--chunk 1"),
            Roughness {
                chunk: 1,
                ..Roughness::default()
            }
        );
        let delay = Duration::from_millis(1500);
        assert_eq!(
            roughness("--delay 1500"),
            Roughness {
                delay,
                ..Roughness::default()
            }
        );
        let abort_after = Some(0);
        assert_eq!(
            roughness("--abort-after 0"),
            Roughness {
                abort_after,
                ..Roughness::default()
            }
        );
        let limit = Some(u64::MAX);
        let most = format!("--limit {}", u64::MAX);
        assert_eq!(
            roughness(&most),
            Roughness {
                limit,
                ..Roughness::default()
            }
        );
    }

    #[test]
    fn ac_2_g_8_what_is_wrong_is_named() {
        let table = [
            ("--chunk", "--chunk wants a value"),
            ("h 1 f --limit", "--limit wants a value"),
            (
                "h 1 f --chunk 0",
                "--chunk wants a number from 1 to 18446744073709551615, found \"0\"",
            ),
            (
                "h 1 f --limit=0",
                "--limit wants a number from 1 to 18446744073709551615, found \"0\"",
            ),
            (
                "h 1 f --limit=\"5\"",
                "--limit wants a number from 1 to 18446744073709551615, found \"\"5\"\"",
            ),
            (
                "h 1 f --delay=",
                "--delay wants a number from 0 to 18446744073709551615, found \"\"",
            ),
            (
                "h 1 f --delay +5",
                "--delay wants a number from 0 to 18446744073709551615, found \"+5\"",
            ),
            (
                "h 1 f --abort-after 1.5",
                "--abort-after wants a number from 0 to 18446744073709551615, found \"1.5\"",
            ),
            (
                "h 1 f --chunk 18446744073709551616",
                "--chunk wants a number from 1 to 18446744073709551615, found \"18446744073709551616\"",
            ),
            (
                "h 1 f --chunky 5",
                "unknown option \"--chunky\"; see accio --help",
            ),
            ("h 1 f -c5", "unknown option \"-c\"; see accio --help"),
            (
                "h 1 f --version=1",
                "unknown option \"--version=1\"; see accio --help",
            ),
            (
                "h 1",
                "want 3 arguments, HOST PORT FILE, but found 2; see accio --help",
            ),
            (
                "h 1 f g",
                "want 3 arguments, HOST PORT FILE, but found 4; see accio --help",
            ),
            (
                "h 0 f",
                "the port \"0\" is out of range; give one from 1 to 65535",
            ),
            (
                "h 65536 f",
                "the port \"65536\" is out of range; give one from 1 to 65535",
            ),
            (
                "h x\u{1b} f",
                "the port \"x\\x1b\" is not a number; give one from 1 to 65535",
            ),
        ];
        for (line, message) in table {
            assert_eq!(parse(line).unwrap_err().to_string(), message, "{line}");
        }
    }

    #[test]
    fn g_3_help_and_version_win_over_all_others() {
        let text = |line| match parse(line) {
            Ok(Request::Show(text)) => text,
            other => panic!("{line}: {other:?}"),
        };
        assert!(text("--help").starts_with("Usage: accio "));
        assert!(text("--chunk x --help").starts_with("Usage: accio "));
        assert_eq!(
            text("a b c d --version"),
            format!("accio {}\n", env!("CARGO_PKG_VERSION"))
        );
    }
}
