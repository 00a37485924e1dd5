use std::ffi::OsString;
use std::time::Duration;

use cli::{About, CommandLine, Error, NO_LETTER};

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

/// The command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The file's name; `-` is standard input.
    pub(crate) file: OsString,
    pub(crate) roughness: Roughness,
}

impl Arguments {
    /// Parses the arguments, in any order and every form that getopt knows.
    pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Self, Error> {
        let with_value = [CHUNK, DELAY, ABORT_AFTER, LIMIT].map(|name| (NO_LETTER, name));
        let mut line = CommandLine::with_options(&ABOUT, arguments, &with_value)?;
        let chunk = line.option(CHUNK, |chunk| chunk.number(1..=u64::MAX))?;
        let delay = line.option(DELAY, |delay| delay.number(0..=u64::MAX))?;
        let default = Roughness::default();
        let roughness = Roughness {
            chunk: chunk.unwrap_or(default.chunk),
            delay: delay.map_or(default.delay, Duration::from_millis),
            abort_after: line.option(ABORT_AFTER, |end| end.number(0..=u64::MAX))?,
            limit: line.option(LIMIT, |limit| limit.number(1..=u64::MAX))?,
        };
        let [host, port, file] = line.operands(["HOST", "PORT", "FILE"])?;
        Ok(Self {
            host: host.text()?,
            port: port.number(1..=u16::MAX)?,
            file: file.as_os_str().to_owned(),
            roughness,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    fn parse(line: &str) -> Result<Arguments, Error> {
        Arguments::parse(line.split(' ').map(OsString::from).collect())
    }

    fn roughness(options: &str) -> Roughness {
        let arguments = parse(&format!("{options} localhost 5000 file"));
        arguments.unwrap().roughness
    }

    #[test]
    fn ac_1_host_port_and_file_are_what_is_no_option() {
        let expected = Arguments {
            host: "localhost".to_owned(),
            port: 5000,
            file: "file".into(),
            roughness: Roughness {
                chunk: 7,
                ..Roughness::default()
            },
        };
        for line in [
            "localhost 5000 file --chunk 7",
            "--chunk=7 localhost 5000 file",
            "localhost --chunk 7 5000 -- file",
            "--chunk 7 -- localhost 5000 file",
            "--chunk 1 --chunk=7 localhost 05000 file",
        ] {
            assert_eq!(parse(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn ac_3_a_file_may_have_any_name() {
        for (line, name) in [
            ("h 1 -", "-"),
            ("h 1 -- --help", "--help"),
            ("-- h 1 -x", "-x"),
        ] {
            assert_eq!(parse(line).unwrap().file, name);
        }
        let name = OsStr::from_bytes(b"\xff").to_owned();
        let arguments = vec!["h".into(), "1".into(), name.clone()];
        assert_eq!(Arguments::parse(arguments).unwrap().file, name);
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
            ("--chunk", "--chunk needs a value"),
            ("h 1 f --limit", "--limit needs a value"),
            (
                "h 1 f --chunk 0",
                "--chunk is \"0\"; give a number from 1 to 18446744073709551615",
            ),
            (
                "h 1 f --limit=0",
                "--limit is \"0\"; give a number from 1 to 18446744073709551615",
            ),
            (
                "h 1 f --limit=\"5\"",
                "--limit is \"\"5\"\"; give a number from 1 to 18446744073709551615",
            ),
            (
                "h 1 f --delay=",
                "--delay is \"\"; give a number from 0 to 18446744073709551615",
            ),
            (
                "h 1 f --delay +5",
                "--delay is \"+5\"; give a number from 0 to 18446744073709551615",
            ),
            (
                "h 1 f --abort-after 1.5",
                "--abort-after is \"1.5\"; give a number from 0 to 18446744073709551615",
            ),
            (
                "h 1 f --chunk 18446744073709551616",
                "--chunk is \"18446744073709551616\"; give a number from 1 to 18446744073709551615",
            ),
            ("h 1 f --chunky 5", "unknown option \"--chunky\""),
            ("h 1 f -c5", "unknown option \"-c\""),
            ("h 1 f --version=1", "unknown option \"--version=1\""),
            ("h 1", "expected 3 arguments, got 2"),
            ("h 1 f g", "expected 3 arguments, got 4"),
            ("h 0 f", "PORT is \"0\"; give a number from 1 to 65535"),
            (
                "h 65536 f",
                "PORT is \"65536\"; give a number from 1 to 65535",
            ),
            (
                "h x\u{1b} f",
                "PORT is \"x\\x1b\"; give a number from 1 to 65535",
            ),
        ];
        for (line, message) in table {
            let error = parse(line).unwrap_err().to_string();
            let (first, usage) = error.split_once('\n').unwrap();
            assert_eq!(first, message, "{line}");
            assert!(usage.starts_with("Usage: accio ") && usage.ends_with(" HOST PORT FILE"));
        }
    }

    #[test]
    fn g_3_help_and_version_win_over_all_others() {
        let text = |line| parse(line).unwrap_err().to_string();
        assert!(text("--help").starts_with("Usage: accio "));
        assert!(text("--chunk x --help").starts_with("Usage: accio "));
        assert_eq!(
            text("a b c d --version"),
            format!("accio {}\n", env!("CARGO_PKG_VERSION"))
        );
    }
}
