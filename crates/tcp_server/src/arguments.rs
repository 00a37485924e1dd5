use std::ffi::OsString;

use cli::{About, CommandLine, Error};
use proto::action::DEFAULT_PORT;

use crate::LIMIT_VARIABLE;

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

/// The command line (T-20).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// The port to listen on; 0 lets the system choose.
    pub(crate) port: u16,
    /// Whether to log all that happens.
    pub(crate) verbose: bool,
    /// How many bytes of memory all clients may use together, if that is said (T-18).
    pub(crate) limit: Option<usize>,
}

impl Arguments {
    /// Parses the arguments, in any order and every form that getopt knows (T-23).
    /// The limit comes from an environment variable.
    pub(crate) fn parse(arguments: Vec<OsString>, limit: Option<OsString>) -> Result<Self, Error> {
        let mut line = CommandLine::with_options(&ABOUT, arguments, &[('p', "--port")])?;
        let port = line.option("--port", |port| port.number(0..=u16::MAX))?;
        let verbose = line.flag(["-v", "--verbose"]);
        let [] = line.operands([])?;
        Ok(Self {
            port: port.unwrap_or(DEFAULT_PORT),
            verbose,
            limit: limit
                .map(|limit| line.value(LIMIT_VARIABLE, limit).number(0..=usize::MAX))
                .transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn parse(line: &str) -> Result<Arguments, Error> {
        let words = line.split_whitespace().map(OsString::from).collect();
        Arguments::parse(words, Some("1000".into()))
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
            let limit = Some(1000);
            assert_eq!(
                parse(line).unwrap(),
                Arguments {
                    port,
                    verbose,
                    limit
                },
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
            let expected = Arguments {
                port: 9000,
                verbose: false,
                limit: Some(1000),
            };
            assert_eq!(parse(line).unwrap(), expected, "{line}");
        }
        for line in [
            "-vp 9000",
            "-vp9000",
            "-vvp9000 -v --verbose",
            "--verbose --port=9000",
        ] {
            let expected = Arguments {
                port: 9000,
                verbose: true,
                limit: Some(1000),
            };
            assert_eq!(parse(line).unwrap(), expected, "{line}");
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
            ("9000", "expected 0 arguments, got 1"),
            ("-- -v", "expected 0 arguments, got 1"),
            ("-", "expected 0 arguments, got 1"),
            ("-p", "--port needs a value"),
            ("-v --port", "--port needs a value"),
            ("--port=", "--port is \"\"; give a number from 0 to 65535"),
            ("-p -v", "--port is \"-v\"; give a number from 0 to 65535"),
            (
                "-p 65536",
                "--port is \"65536\"; give a number from 0 to 65535",
            ),
            (
                "-p 9 -p x",
                "--port is \"x\"; give a number from 0 to 65535",
            ),
        ] {
            let expected = format!("{text}\nUsage: tcp_server [--help] [-v] [-p PORT]");
            let error = parse(line).unwrap_err();
            assert_eq!((error.to_string(), error.status()), (expected, 2), "{line}");
        }
    }

    #[test]
    fn g_8_a_port_is_plain_digits_in_every_form() {
        for value in [
            "+5", "5.0", "0x50", "५", "\"9000\"", "'9000'", "=9000", "-1", "\u{1b}",
        ] {
            for form in ["-p ", "-p", "--port ", "--port="] {
                let line = format!("{form}{value}");
                let error = parse(&line).unwrap_err().to_string();
                assert!(error.starts_with("--port is \""), "{line}: {error}");
            }
        }
        let not_text = OsString::from_vec(b"\xff".to_vec());
        for arguments in [vec![not_text.clone()], vec!["-p".into(), not_text]] {
            Arguments::parse(arguments, None).unwrap_err();
        }
    }

    #[test]
    fn t_18_the_limit_is_plain_digits() {
        let limit = |limit: Option<&str>| Arguments::parse(vec![], limit.map(OsString::from));
        assert_eq!(limit(None).unwrap().limit, None);
        assert_eq!(limit(Some("0100")).unwrap().limit, Some(100));
        for value in ["", "-1", "1g"] {
            let error = limit(Some(value)).unwrap_err().to_string();
            assert!(error.starts_with("TCP_SERVER_MAX_BYTES is \""), "{error}");
        }
    }

    #[test]
    fn g_3_help_and_version_win_over_all_else() {
        let text = |line| {
            let end = parse(line).unwrap_err();
            (end.to_string(), end.status())
        };
        assert_eq!(text("-p x --help"), (ABOUT.help.to_owned(), 0));
        let version = format!("tcp_server {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(text("-v --version"), (version, 0));
    }
}
