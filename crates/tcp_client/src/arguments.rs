use std::ffi::OsString;
use std::time::Duration;

use cli::{About, CommandLine, Error, Value};
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

/// The variable that sets [`Arguments::timeout`], in seconds.
pub(crate) const TIMEOUT: &str = "TCP_CLIENT_TIMEOUT";

const DEFAULT_HOST: &str = "localhost";
const DEFAULT_TIMEOUT: u32 = 60;

/// The command line (TC-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) verbose: bool,
    /// `-` is standard input.
    pub(crate) file: OsString,
    /// How long a server that owes answers may be silent (TC-4).
    pub(crate) timeout: Duration,
}

impl Arguments {
    /// Parses the arguments, in any order and every form that getopt knows, and the value of
    /// [`TIMEOUT`] if it is set.
    pub(crate) fn parse(
        arguments: Vec<OsString>,
        timeout: Option<OsString>,
    ) -> Result<Self, Error> {
        let with_value = [('h', "--host"), ('p', "--port")];
        let mut line = CommandLine::with_options(&ABOUT, arguments, &with_value)?;
        let host = line.option("--host", Value::text)?;
        let port = line.option("--port", |port| port.number(1..=u16::MAX))?;
        let verbose = line.flag(["-v", "--verbose"]);
        let [file] = line.operands(["FILE"])?;
        let timeout = match timeout {
            Some(timeout) => line.value(TIMEOUT, timeout).number(1..=u32::MAX)?,
            None => DEFAULT_TIMEOUT,
        };
        Ok(Self {
            host: host.unwrap_or_else(|| DEFAULT_HOST.to_owned()),
            port: port.unwrap_or(DEFAULT_PORT),
            verbose,
            file: file.as_os_str().to_owned(),
            timeout: Duration::from_secs(timeout.into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn parse(line: &str) -> Result<Arguments, Error> {
        Arguments::parse(words(line), None)
    }

    fn send(host: &str, port: u16, verbose: bool, file: &str) -> Arguments {
        Arguments {
            host: host.to_owned(),
            port,
            verbose,
            file: file.into(),
            timeout: Duration::from_secs(60),
        }
    }

    fn message(parsed: Result<Arguments, Error>) -> String {
        let error = parsed.unwrap_err();
        assert_eq!(error.status(), 2);
        let usage = "\nUsage: tcp_client [--help] [-v] [-h HOST] [-p PORT] FILE";
        error.to_string().strip_suffix(usage).unwrap().to_owned()
    }

    #[test]
    fn tc_1_defaults_and_every_form_of_an_option() {
        assert_eq!(
            parse("requests").unwrap(),
            send("localhost", 8083, false, "requests")
        );
        assert_eq!(parse("-").unwrap(), send("localhost", 8083, false, "-"));
        for line in [
            "-v -h ::1 -p 9000 -",
            "- --verbose --host ::1 --port 9000",
            "--host=::1 - --port=9000 -v",
            "-vh::1 -p9000 -",
            "-h x -p 1 -vv --host=::1 --port 9000 -- -",
        ] {
            assert_eq!(parse(line).unwrap(), send("::1", 9000, true, "-"), "{line}");
        }
        assert_eq!(
            parse("-- -v").unwrap(),
            send("localhost", 8083, false, "-v")
        );
        assert_eq!(parse("-h -v -").unwrap(), send("-v", 8083, false, "-"));
    }

    #[test]
    fn g_2_wrong_arguments_are_each_their_own_error() {
        for (line, text) in [
            ("", "expected 1 argument, got 0"),
            ("-v", "expected 1 argument, got 0"),
            ("-h localhost", "expected 1 argument, got 0"),
            ("-x -", "unknown option \"-x\""),
            ("--hosts=1 -", "unknown option \"--hosts=1\""),
            ("a b", "expected 1 argument, got 2"),
            ("- -p", "--port needs a value"),
            ("- -h", "--host needs a value"),
            ("- -p 0", "--port is \"0\"; give a number from 1 to 65535"),
            (
                "- -p \"80\"",
                "--port is \"\"80\"\"; give a number from 1 to 65535",
            ),
        ] {
            assert_eq!(message(parse(line)), text, "{line}");
        }
        let host = OsString::from_vec(b"\xff".to_vec());
        let arguments = vec!["-h".into(), host, "-".into()];
        assert_eq!(
            message(Arguments::parse(arguments, None)),
            "--host is \"\\xff\"; give text in UTF-8"
        );
    }

    #[test]
    fn a_file_need_not_be_utf_8() {
        let file = OsString::from_vec(b"\xff".to_vec());
        let arguments = Arguments::parse(vec![file.clone()], None).unwrap();
        assert_eq!(arguments.file, file);
    }

    #[test]
    fn tc_4_timeout_is_a_number_of_seconds() {
        let parse = |value: &str| Arguments::parse(words("-"), Some(value.into()));
        assert_eq!(parse("7").unwrap().timeout, Duration::from_secs(7));
        for value in ["", "0", "-1", "1.5", "+1", "4294967296", "1s"] {
            let text = format!("{TIMEOUT} is \"{value}\"; give a number from 1 to 4294967295");
            assert_eq!(message(parse(value)), text);
        }
    }

    #[test]
    fn g_3_help_and_version_are_options() {
        assert_eq!(parse("--help").unwrap_err().to_string(), ABOUT.help);
        let version = format!("tcp_client {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(parse("- --version").unwrap_err().to_string(), version);
    }
}
