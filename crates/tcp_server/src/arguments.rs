use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;

use cli::{About, PortError};
use proto::action::DEFAULT_PORT;

const ABOUT: About = About {
    name: "tcp_server",
    version: env!("CARGO_PKG_VERSION"),
    help: "\
Usage: tcp_server [--help] [-v] [-p PORT]

Options:
  --help
  -v, --verbose
  --port PORT, -p PORT
",
};

/// What the arguments ask for (T-20).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Arguments {
    /// To print this text.
    Show(String),
    /// To serve.
    Serve {
        /// On this port; 0 lets the system choose.
        port: u16,
        /// Whether to log all that happens.
        verbose: bool,
    },
}

impl Arguments {
    /// Understands the arguments, in any order and every form that getopt knows (T-23). Of an
    /// option that is repeated the last one counts.
    pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Self, UsageError> {
        let separated = cli::separate_options(arguments, &[('p', "--port")]);
        let mut options = pico_args::Arguments::from_vec(separated.options);
        if let Some(text) = ABOUT.asked(&mut options) {
            return Ok(Self::Show(text));
        }
        let mut port = DEFAULT_PORT;
        while let Some(value) = port_value(&mut options)? {
            // What is not UTF-8 is not a port either, and is shown as it can be.
            port = cli::parse_port(&value.to_string_lossy(), 0..=u16::MAX)
                .map_err(UsageError::Port)?;
        }
        let mut verbose = false;
        while options.contains(["-v", "--verbose"]) {
            verbose = true;
        }
        if let Some(option) = options.finish().into_iter().next() {
            return Err(UsageError::Unknown { option });
        }
        if let Some(argument) = separated.operands.into_iter().next() {
            return Err(UsageError::Extra { argument });
        }
        Ok(Self::Serve { port, verbose })
    }
}

fn port_value(options: &mut pico_args::Arguments) -> Result<Option<OsString>, UsageError> {
    let keep = |value: &OsStr| Ok::<_, Infallible>(value.to_owned());
    // Taking a value as it is can fail in one way only.
    options
        .opt_value_from_os_str("--port", keep)
        .map_err(|_| UsageError::NoPort)
}

/// What is wrong with the arguments (T-23).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageError {
    /// There is no such option.
    Unknown {
        /// The argument.
        option: OsString,
    },
    /// There is an argument that is no option.
    Extra {
        /// The argument.
        argument: OsString,
    },
    /// The option for the port is the last argument.
    NoPort,
    /// The port is none.
    Port(PortError),
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { option } => {
                write!(f, "unknown option {:?}", cli::escape(option.as_bytes()))
            }
            Self::Extra { argument } => {
                let argument = cli::escape(argument.as_bytes());
                write!(f, "unexpected argument {argument:?}, want options only")
            }
            Self::NoPort => write!(f, "the option -p, --port wants a port"),
            Self::Port(error) => write!(f, "{error}"),
        }?;
        write!(f, "; see tcp_server --help")
    }
}

impl std::error::Error for UsageError {}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn parse(line: &str) -> Result<Arguments, UsageError> {
        Arguments::parse(line.split_whitespace().map(OsString::from).collect())
    }

    #[test]
    fn t_20_defaults_and_every_option() {
        for (line, port, verbose) in [
            ("", 8083, false),
            ("-v", 8083, true),
            ("--verbose", 8083, true),
            ("-p 9000", 9000, false),
            ("--port 9000", 9000, false),
            ("-p 0", 0, false),
            ("-p 65535 -v", 65535, true),
        ] {
            assert_eq!(
                parse(line),
                Ok(Arguments::Serve { port, verbose }),
                "{line}"
            );
        }
    }

    #[test]
    fn t_23_every_form_that_getopt_users_expect() {
        for line in [
            "--port=9000",
            "-p9000",
            "-p 1 -p 9000",
            "--port=1 -p9000",
            "-p 09000",
            "-p 9000 --",
        ] {
            let wanted = Arguments::Serve {
                port: 9000,
                verbose: false,
            };
            assert_eq!(parse(line), Ok(wanted), "{line}");
        }
        for line in [
            "-vp 9000",
            "-vp9000",
            "-vvp9000 -v --verbose",
            "--verbose --port=9000",
        ] {
            let wanted = Arguments::Serve {
                port: 9000,
                verbose: true,
            };
            assert_eq!(parse(line), Ok(wanted), "{line}");
        }
    }

    #[test]
    fn t_23_wrong_arguments_are_each_their_own_error() {
        for (line, text) in [
            ("-h", "unknown option \"-h\""),
            ("-x -v", "unknown option \"-x\""),
            ("-vx", "unknown option \"-x\""),
            ("--verbose=1", "unknown option \"--verbose=1\""),
            ("--ports=1", "unknown option \"--ports=1\""),
            ("9000", "unexpected argument \"9000\", want options only"),
            ("-- -v", "unexpected argument \"-v\", want options only"),
            ("-", "unexpected argument \"-\", want options only"),
            ("-p", "the option -p, --port wants a port"),
            ("-v --port", "the option -p, --port wants a port"),
            (
                "--port=",
                "the port \"\" is not a number; give one from 0 to 65535",
            ),
            (
                "-p -v",
                "the port \"-v\" is not a number; give one from 0 to 65535",
            ),
            (
                "-p 65536",
                "the port \"65536\" is out of range; give one from 0 to 65535",
            ),
            (
                "-p 9 -p x",
                "the port \"x\" is not a number; give one from 0 to 65535",
            ),
        ] {
            let wanted = format!("{text}; see tcp_server --help");
            assert_eq!(parse(line).unwrap_err().to_string(), wanted, "{line}");
        }
    }

    #[test]
    fn g_8_a_port_is_plain_digits_in_every_form() {
        for value in [
            "+5", "5.0", "0x50", "५", "\"9000\"", "'9000'", "=9000", "-1", "\u{1b}",
        ] {
            for form in ["-p ", "-p", "--port ", "--port="] {
                let line = format!("{form}{value}");
                assert!(matches!(parse(&line), Err(UsageError::Port(_))), "{line}");
            }
        }
        let not_text = OsString::from_vec(b"\xff".to_vec());
        for arguments in [vec![not_text.clone()], vec!["-p".into(), not_text]] {
            Arguments::parse(arguments).unwrap_err();
        }
    }

    #[test]
    fn g_3_help_and_version_win_over_all_else() {
        assert_eq!(parse("-p x --help"), Ok(Arguments::Show(ABOUT.help.into())));
        let version = format!("tcp_server {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(parse("-v --version"), Ok(Arguments::Show(version)));
    }
}
