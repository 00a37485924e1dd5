use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use cli::{About, PortError};
use proto::action::DEFAULT_PORT;

const ABOUT: About = About {
    name: "tcp_client",
    version: env!("CARGO_PKG_VERSION"),
    help: "\
Usage: tcp_client [--help] [-v] [-h HOST] [-p PORT] FILE

Sends the requests in FILE, one a line, and prints the answers, one a line.
A line is ACTION MESSAGE; the actions are uppercase, lowercase, reverse,
shuffle and random. If FILE is -, requests are read from standard input.

Options:
  --help
  -v, --verbose
  --host HOST, -h HOST   [default: localhost]
  --port PORT, -p PORT   [default: 8083]

Environment:
  TCP_CLIENT_TIMEOUT    seconds without any sign of the server until it is
                         given up, while answers are missing [default: 60]
  RUST_LOG               diagnostics on standard error [default: warn]
",
};

/// The variable that sets [`Options::timeout`], in seconds.
pub(crate) const TIMEOUT: &str = "TCP_CLIENT_TIMEOUT";

const DEFAULT_HOST: &str = "localhost";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// What the arguments ask for (TC-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Arguments {
    /// To print this text.
    Show(String),
    /// To send requests.
    Send(Options),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) verbose: bool,
    /// `-` is standard input.
    pub(crate) file: OsString,
    /// How long a server that owes answers may be silent (TC-4).
    pub(crate) timeout: Duration,
}

impl Arguments {
    /// Understands the arguments, in any order and every form that getopt knows, and the value of
    /// [`TIMEOUT`] if it is set. Of an option that is repeated the last one counts.
    pub(crate) fn parse(
        arguments: Vec<OsString>,
        timeout: Option<OsString>,
    ) -> Result<Self, UsageError> {
        let with_value = [('h', "--host"), ('p', "--port")];
        let separated = cli::separate_options(arguments, &with_value);
        let mut options = pico_args::Arguments::from_vec(separated.options);
        if let Some(text) = ABOUT.asked(&mut options) {
            return Ok(Self::Show(text));
        }
        let mut host = DEFAULT_HOST.to_owned();
        while let Some(value) = value(&mut options, "--host")? {
            host = value
                .into_string()
                .map_err(|host| UsageError::HostNotText { host })?;
        }
        let mut port = DEFAULT_PORT;
        while let Some(value) = value(&mut options, "--port")? {
            // What is not UTF-8 is not a port either, and is shown as it can be.
            port = cli::parse_port(&value.to_string_lossy(), 1..=u16::MAX)
                .map_err(UsageError::Port)?;
        }
        let mut verbose = false;
        while options.contains(["-v", "--verbose"]) {
            verbose = true;
        }
        if let Some(option) = options.finish().into_iter().next() {
            return Err(UsageError::Unknown { option });
        }
        let mut operands = separated.operands.into_iter();
        let file = operands.next().ok_or(UsageError::NoFile)?;
        if let Some(argument) = operands.next() {
            return Err(UsageError::Extra { argument });
        }
        let timeout = timeout.map_or(Ok(DEFAULT_TIMEOUT), parse_timeout)?;
        Ok(Self::Send(Options {
            host,
            port,
            verbose,
            file,
            timeout,
        }))
    }
}

fn value(
    options: &mut pico_args::Arguments,
    option: &'static str,
) -> Result<Option<OsString>, UsageError> {
    let keep = |value: &OsStr| Ok::<_, Infallible>(value.to_owned());
    // Taking a value as it is can fail in one way only.
    options
        .opt_value_from_os_str(option, keep)
        .map_err(|_| UsageError::NoValue { option })
}

fn parse_timeout(value: OsString) -> Result<Duration, UsageError> {
    let digits = value
        .to_str()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    match digits.and_then(|digits| digits.parse::<u32>().ok()) {
        Some(seconds @ 1..) => Ok(Duration::from_secs(seconds.into())),
        _ => Err(UsageError::Timeout { value }),
    }
}

/// What is wrong with the arguments, or with the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageError {
    /// There is no such option.
    Unknown {
        /// The argument.
        option: OsString,
    },
    /// There is no file.
    NoFile,
    /// There is an argument after the file.
    Extra {
        /// The argument.
        argument: OsString,
    },
    /// An option is the last argument, without its value.
    NoValue {
        /// The option's long name.
        option: &'static str,
    },
    /// The host is not UTF-8.
    HostNotText {
        /// The host.
        host: OsString,
    },
    /// The port is none.
    Port(PortError),
    /// The variable `TCP_CLIENT_TIMEOUT` is no number of seconds.
    Timeout {
        /// Its value.
        value: OsString,
    },
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escape = |text: &'_ OsString| cli::escape(text.as_bytes()).to_string();
        match self {
            Self::Unknown { option } => write!(f, "unknown option \"{}\"", escape(option)),
            Self::NoFile => write!(f, "no file of requests is given, - is standard input"),
            Self::Extra { argument } => {
                write!(
                    f,
                    "unexpected argument \"{}\", want one file",
                    escape(argument)
                )
            }
            Self::NoValue { option } => write!(f, "the option {option} wants a value"),
            Self::HostNotText { host } => write!(f, "the host \"{}\" is not UTF-8", escape(host)),
            Self::Port(error) => write!(f, "{error}"),
            Self::Timeout { value } => write!(
                f,
                "{TIMEOUT} is \"{}\", want a number of seconds from 1 to {}",
                escape(value),
                u32::MAX
            ),
        }?;
        write!(f, "; see tcp_client --help")
    }
}

impl std::error::Error for UsageError {}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn parse(line: &str) -> Result<Arguments, UsageError> {
        Arguments::parse(words(line), None)
    }

    fn send(host: &str, port: u16, verbose: bool, file: &str) -> Result<Arguments, UsageError> {
        Ok(Arguments::Send(Options {
            host: host.to_owned(),
            port,
            verbose,
            file: file.into(),
            timeout: Duration::from_secs(60),
        }))
    }

    #[test]
    fn tc_1_defaults_and_every_form_of_an_option() {
        assert_eq!(
            parse("requests"),
            send("localhost", 8083, false, "requests")
        );
        assert_eq!(parse("-"), send("localhost", 8083, false, "-"));
        for line in [
            "-v -h ::1 -p 9000 -",
            "- --verbose --host ::1 --port 9000",
            "--host=::1 - --port=9000 -v",
            "-vh::1 -p9000 -",
            "-h x -p 1 -vv --host=::1 --port 9000 -- -",
        ] {
            assert_eq!(parse(line), send("::1", 9000, true, "-"), "{line}");
        }
        assert_eq!(parse("-- -v"), send("localhost", 8083, false, "-v"));
        assert_eq!(parse("-h -v -"), send("-v", 8083, false, "-"));
    }

    #[test]
    fn g_2_wrong_arguments_are_each_their_own_error() {
        for (line, text) in [
            ("", "no file of requests is given, - is standard input"),
            ("-v", "no file of requests is given, - is standard input"),
            (
                "-h localhost",
                "no file of requests is given, - is standard input",
            ),
            ("-x -", "unknown option \"-x\""),
            ("--hosts=1 -", "unknown option \"--hosts=1\""),
            ("a b", "unexpected argument \"b\", want one file"),
            ("- -p", "the option --port wants a value"),
            ("- -h", "the option --host wants a value"),
            (
                "- -p 0",
                "the port \"0\" is out of range; give one from 1 to 65535",
            ),
            (
                "- -p \"80\"",
                "the port \"\"80\"\" is not a number; give one from 1 to 65535",
            ),
        ] {
            let wanted = format!("{text}; see tcp_client --help");
            assert_eq!(parse(line).unwrap_err().to_string(), wanted, "{line}");
        }
        let host = OsString::from_vec(b"\xff".to_vec());
        let arguments = vec!["-h".into(), host.clone(), "-".into()];
        assert_eq!(
            Arguments::parse(arguments, None),
            Err(UsageError::HostNotText { host })
        );
    }

    #[test]
    fn a_file_need_not_be_utf_8() {
        let file = OsString::from_vec(b"\xff".to_vec());
        let Ok(Arguments::Send(options)) = Arguments::parse(vec![file.clone()], None) else {
            panic!("refused");
        };
        assert_eq!(options.file, file);
    }

    #[test]
    fn tc_4_timeout_is_a_number_of_seconds() {
        let parse = |value: &str| Arguments::parse(words("-"), Some(value.into()));
        let Ok(Arguments::Send(options)) = parse("7") else {
            panic!("refused");
        };
        assert_eq!(options.timeout, Duration::from_secs(7));
        for value in ["", "0", "-1", "1.5", "+1", "4294967296", "1s"] {
            let wanted = UsageError::Timeout {
                value: value.into(),
            };
            assert_eq!(parse(value), Err(wanted), "{value}");
        }
    }

    #[test]
    fn g_3_help_and_version_are_options() {
        assert_eq!(parse("--help"), Ok(Arguments::Show(ABOUT.help.into())));
        let version = format!("tcp_client {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(parse("- --version"), Ok(Arguments::Show(version)));
    }
}
