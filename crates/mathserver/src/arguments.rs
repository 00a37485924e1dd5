use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use cli::{About, CommandLine, Error, NO_LETTER, Value};
use proto::math::DEFAULT_PORT;

const ABOUT: About = About {
    name: "mathserver",
    version: env!("CARGO_PKG_VERSION"),
    help: "\
Usage: mathserver [--questions N] [--secret TEXT] [--seed N] [--fragment] [PORT]

Asks each client that connects some addition questions, one at a time, and gives
it a secret phrase when all its answers were right.

Arguments:
  PORT           the port to listen on, 1 to 65535 [default: 8000]

Options:
  --questions N  questions for each client, 0 to 4294967295
                 [default: a random number for each client, 1 to 20]
  --secret TEXT  the secret phrase, exactly 8 bytes
                 [default: random letters and digits for each client]
  --seed N       makes all that is random the same in every run, client by client
                 in the order in which they connect, 0 to 18446744073709551615
  --fragment     sends each question and the secret in random pieces
  --help         prints this text
  --version      prints the version

Environment:
  RUST_LOG       diagnostics on standard error [default: warn]
",
};

const QUESTIONS: &str = "--questions";
const SECRET: &str = "--secret";
const SEED: &str = "--seed";

/// Bytes of a secret phrase.
const SECRET_LEN: usize = 8;

/// The command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) port: u16,
    pub(crate) config: Config,
}

/// How clients are served (MS-1). The default draws everything at random.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The number of questions for each client; drawn for each client if not given.
    pub questions: Option<u32>,
    /// The secret phrase; drawn for each client if not given.
    pub secret: Option<[u8; SECRET_LEN]>,
    /// The seed of all random choices; different in each run if not given.
    pub seed: Option<u64>,
    /// Whether frames are sent in pieces (MS-5).
    pub fragment: bool,
}

impl Arguments {
    /// Parses the arguments, in any order and every form that getopt knows.
    pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Self, Error> {
        let with_value = [QUESTIONS, SECRET, SEED].map(|name| (NO_LETTER, name));
        let mut line = CommandLine::with_options(&ABOUT, arguments, &with_value)?;
        let config = Config {
            questions: line.option(QUESTIONS, |questions| questions.number(0..=u32::MAX))?,
            secret: line.option(SECRET, secret)?,
            seed: line.option(SEED, |seed| seed.number(0..=u64::MAX))?,
            fragment: line.flag("--fragment"),
        };
        let port = match line.optional_operands(["PORT"])? {
            [Some(port)] => port.number(1..=u16::MAX)?,
            [None] => DEFAULT_PORT,
        };
        Ok(Self { port, config })
    }
}

fn secret(value: &Value) -> Result<[u8; SECRET_LEN], Error> {
    let secret = value.as_os_str().as_bytes().try_into();
    secret.map_err(|_| value.wrong(format_args!("exactly {SECRET_LEN} bytes")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn parse(line: &str) -> Arguments {
        Arguments::parse(words(line)).unwrap()
    }

    fn error(line: &str) -> String {
        let error = Arguments::parse(words(line)).unwrap_err();
        assert_eq!(error.status(), 2);
        let error = error.to_string();
        let (message, usage) = error.split_once('\n').unwrap();
        assert!(
            usage.starts_with("Usage: mathserver [--questions N] "),
            "{usage}"
        );
        message.to_owned()
    }

    fn serve(port: u16, config: Config) -> Arguments {
        Arguments { port, config }
    }

    #[test]
    fn ms_1_defaults_and_every_form_of_an_option() {
        assert_eq!(parse(""), serve(8000, Config::default()));
        assert_eq!(parse("65535"), serve(65535, Config::default()));
        let all = Config {
            questions: Some(3),
            secret: Some(*b"open 5es"),
            seed: Some(u64::MAX),
            fragment: true,
        };
        let mut arguments = words("--questions 3 --seed 18446744073709551615 --fragment 1");
        arguments.extend(["--secret".into(), "open 5es".into()]);
        assert_eq!(Arguments::parse(arguments).unwrap(), serve(1, all.clone()));
        let mut arguments = words("1 --seed=18446744073709551615 --fragment --questions=03");
        arguments.push("--secret=open 5es".into());
        assert_eq!(Arguments::parse(arguments).unwrap(), serve(1, all));
        assert_eq!(parse("--fragment -- 7"), parse("7 --fragment"));
    }

    #[test]
    fn ms_1_the_last_of_a_repeated_option_counts() {
        let config = Config {
            questions: Some(0),
            fragment: true,
            ..Config::default()
        };
        let line = "--questions 5 --fragment --questions=4294967295 --questions 0 --fragment";
        assert_eq!(parse(line), serve(8000, config));
    }

    #[test]
    fn ms_1_the_secret_is_any_8_bytes() {
        for secret in [
            *b"\"quoted\"",
            *b"-a=b --c",
            *b"\xff\x01\x80'\n\\\x1b ",
            *b"--seed=1",
        ] {
            let value = OsString::from_vec(secret.to_vec());
            let mut joined = OsString::from("--secret=");
            joined.push(&value);
            let config = Config {
                secret: Some(secret),
                ..Config::default()
            };
            assert_eq!(Arguments::parse(vec![joined]).unwrap(), serve(8000, config));
        }
        // Characters are not what counts.
        parse("--secret=Grüße!");
        let ten_bytes = "--secret is \"Grüße123\"; give exactly 8 bytes";
        assert_eq!(error("--secret Grüße123"), ten_bytes);
        assert_eq!(error("--secret="), "--secret is \"\"; give exactly 8 bytes");
    }

    #[test]
    fn ms_1_wrong_arguments_are_each_their_own_error() {
        for (line, text) in [
            ("--verbose", "unknown option \"--verbose\""),
            ("-h", "unknown option \"-h\""),
            ("-5", "unknown option \"-5\""),
            ("--fragment=1", "unknown option \"--fragment=1\""),
            ("8000 8001", "expected at most 1 argument, got 2"),
            ("8000 -- 8001", "expected at most 1 argument, got 2"),
            ("--seed", "--seed needs a value"),
            ("8000 --questions", "--questions needs a value"),
            (
                "--questions=",
                "--questions is \"\"; give a number from 0 to 4294967295",
            ),
            (
                "--questions 4294967296",
                "--questions is \"4294967296\"; give a number from 0 to 4294967295",
            ),
            (
                "--questions +5",
                "--questions is \"+5\"; give a number from 0 to 4294967295",
            ),
            (
                "--questions=\"5\"",
                "--questions is \"\"5\"\"; give a number from 0 to 4294967295",
            ),
            (
                "--seed 18446744073709551616",
                "--seed is \"18446744073709551616\"; give a number from 0 to 18446744073709551615",
            ),
            (
                "--seed \u{1b}",
                "--seed is \"\\x1b\"; give a number from 0 to 18446744073709551615",
            ),
            (
                "--secret 1234567",
                "--secret is \"1234567\"; give exactly 8 bytes",
            ),
            ("--secret", "--secret needs a value"),
            ("0", "PORT is \"0\"; give a number from 1 to 65535"),
            ("65536", "PORT is \"65536\"; give a number from 1 to 65535"),
            ("http", "PORT is \"http\"; give a number from 1 to 65535"),
            ("-- -5", "PORT is \"-5\"; give a number from 1 to 65535"),
        ] {
            assert_eq!(error(line), text, "{line}");
        }
        let not_text = OsString::from_vec(b"\xff".to_vec());
        for arguments in [vec![not_text.clone()], vec![QUESTIONS.into(), not_text]] {
            Arguments::parse(arguments).unwrap_err();
        }
    }

    #[test]
    fn g_3_help_and_version_are_options() {
        let text = |line| Arguments::parse(words(line)).unwrap_err().to_string();
        assert_eq!(text("8000 --help"), ABOUT.help);
        let version = format!("mathserver {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(text("--version"), version);
    }
}
