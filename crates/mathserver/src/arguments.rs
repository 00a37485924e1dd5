use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use cli::{About, PortError};
use proto::math::DEFAULT_PORT;

/// The command line, as `--help` prints it and a usage error shows it.
pub(crate) const USAGE: &str =
    "Usage: mathserver [--questions N] [--secret TEXT] [--seed N] [--fragment] [PORT]\n";

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

/// The options have no short form: no argument can hold this byte.
const NO_LETTER: char = '\0';

const WITH_VALUE: [(char, &str); 3] = [
    (NO_LETTER, QUESTIONS),
    (NO_LETTER, SECRET),
    (NO_LETTER, SEED),
];

/// Bytes of a secret phrase.
const SECRET_LEN: usize = 8;

/// What the arguments ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// To print this text.
    Show(String),
    /// To serve.
    Serve {
        /// On this port.
        port: u16,
        /// In this way.
        config: Config,
    },
}

/// How clients are served (MS-1). The default draws everything at random.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// How many questions each client is asked; drawn for each client if not given.
    pub questions: Option<u32>,
    /// The secret phrase; drawn for each client if not given.
    pub secret: Option<[u8; SECRET_LEN]>,
    /// What all that is drawn depends on; different in each run if not given.
    pub seed: Option<u64>,
    /// Whether frames are sent in pieces (MS-5).
    pub fragment: bool,
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
        let mut config = Config::default();
        if let Some(value) = last_value(&mut options, QUESTIONS)? {
            config.questions = Some(number(QUESTIONS, &value, u64::from(u32::MAX))?);
        }
        if let Some(value) = last_value(&mut options, SECRET)? {
            config.secret = Some(secret(&value)?);
        }
        if let Some(value) = last_value(&mut options, SEED)? {
            config.seed = Some(number(SEED, &value, u64::MAX)?);
        }
        while options.contains("--fragment") {
            config.fragment = true;
        }
        if let Some(option) = options.finish().into_iter().next() {
            return Err(UsageError::Unknown { option });
        }
        let port = port(&separated.operands)?;
        Ok(Self::Serve { port, config })
    }
}

fn last_value(
    options: &mut pico_args::Arguments,
    option: &'static str,
) -> Result<Option<OsString>, UsageError> {
    let keep = |value: &OsStr| Ok::<_, Infallible>(value.to_owned());
    // Taking a value as it is can fail in one way only.
    let values = options.values_from_os_str(option, keep);
    Ok(values.map_err(|_| UsageError::NoValue { option })?.pop())
}

fn number<N: TryFrom<u64>>(
    option: &'static str,
    value: &OsStr,
    most: u64,
) -> Result<N, UsageError> {
    let digits = value
        .to_str()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits
        .and_then(|digits| digits.parse::<u64>().ok())
        .and_then(|number| N::try_from(number).ok())
        .ok_or_else(|| UsageError::Number {
            option,
            value: value.to_owned(),
            most,
        })
}

fn secret(value: &OsStr) -> Result<[u8; SECRET_LEN], UsageError> {
    let bytes = value.to_owned().into_vec();
    bytes
        .try_into()
        .map_err(|bytes: Vec<u8>| UsageError::Secret { found: bytes.len() })
}

fn port(operands: &[OsString]) -> Result<u16, UsageError> {
    match operands {
        [] => Ok(DEFAULT_PORT),
        // What is not UTF-8 is not a port either, and is shown as it can be.
        [port] => cli::parse_port(&port.to_string_lossy(), 1..=u16::MAX).map_err(UsageError::Port),
        [_, extra, ..] => Err(UsageError::Extra {
            argument: extra.clone(),
        }),
    }
}

/// What is wrong with the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageError {
    /// There is no such option.
    Unknown {
        /// The argument.
        option: OsString,
    },
    /// There is an argument after the port.
    Extra {
        /// The argument.
        argument: OsString,
    },
    /// An option is the last argument, without its value.
    NoValue {
        /// The option's name.
        option: &'static str,
    },
    /// A value is not a number, or too large.
    Number {
        /// The option's name.
        option: &'static str,
        /// The value.
        value: OsString,
        /// The largest one that is allowed.
        most: u64,
    },
    /// The secret is too short or too long.
    Secret {
        /// Its length in bytes.
        found: usize,
    },
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
                write!(f, "{argument:?} is one argument too many")
            }
            Self::NoValue { option } => write!(f, "{option} wants a value"),
            Self::Number {
                option,
                value,
                most,
            } => {
                let value = cli::escape(value.as_bytes());
                write!(
                    f,
                    "{option} wants a number from 0 to {most}, found {value:?}"
                )
            }
            Self::Secret { found } => {
                write!(
                    f,
                    "{SECRET} wants exactly {SECRET_LEN} bytes, found {found}"
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

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn parse(line: &str) -> Result<Request, UsageError> {
        Request::parse(words(line))
    }

    fn serve(port: u16, config: Config) -> Result<Request, UsageError> {
        Ok(Request::Serve { port, config })
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
        assert_eq!(Request::parse(arguments), serve(1, all.clone()));
        let mut arguments = words("1 --seed=18446744073709551615 --fragment --questions=03");
        arguments.push("--secret=open 5es".into());
        assert_eq!(Request::parse(arguments), serve(1, all));
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
            assert_eq!(Request::parse(vec![joined]), serve(8000, config));
        }
        // Characters are not what counts.
        assert!(parse("--secret=Grüße!").is_ok());
        assert_eq!(
            parse("--secret Grüße123"),
            Err(UsageError::Secret { found: 10 })
        );
        assert_eq!(parse("--secret="), Err(UsageError::Secret { found: 0 }));
    }

    #[test]
    fn ms_1_wrong_arguments_are_each_their_own_error() {
        let error = |line| parse(line).unwrap_err().to_string();
        for (line, text) in [
            ("--verbose", "unknown option \"--verbose\""),
            ("-h", "unknown option \"-h\""),
            ("-5", "unknown option \"-5\""),
            ("--fragment=1", "unknown option \"--fragment=1\""),
            ("8000 8001", "\"8001\" is one argument too many"),
            ("8000 -- 8001", "\"8001\" is one argument too many"),
            ("--seed", "--seed wants a value"),
            ("8000 --questions", "--questions wants a value"),
            (
                "--questions=",
                "--questions wants a number from 0 to 4294967295, found \"\"",
            ),
            (
                "--questions 4294967296",
                "--questions wants a number from 0 to 4294967295, found \"4294967296\"",
            ),
            (
                "--questions +5",
                "--questions wants a number from 0 to 4294967295, found \"+5\"",
            ),
            (
                "--questions=\"5\"",
                "--questions wants a number from 0 to 4294967295, found \"\"5\"\"",
            ),
            (
                "--seed 18446744073709551616",
                "--seed wants a number from 0 to 18446744073709551615, found \"18446744073709551616\"",
            ),
            (
                "--seed \u{1b}",
                "--seed wants a number from 0 to 18446744073709551615, found \"\\x1b\"",
            ),
            (
                "--secret 1234567",
                "--secret wants exactly 8 bytes, found 7",
            ),
            ("--secret", "--secret wants a value"),
            (
                "0",
                "the port \"0\" is out of range; give one from 1 to 65535",
            ),
            (
                "65536",
                "the port \"65536\" is out of range; give one from 1 to 65535",
            ),
            (
                "http",
                "the port \"http\" is not a number; give one from 1 to 65535",
            ),
            (
                "-- -5",
                "the port \"-5\" is not a number; give one from 1 to 65535",
            ),
        ] {
            assert_eq!(error(line), text, "{line}");
        }
        let not_text = OsString::from_vec(b"\xff".to_vec());
        for arguments in [vec![not_text.clone()], vec![QUESTIONS.into(), not_text]] {
            Request::parse(arguments).unwrap_err();
        }
    }

    #[test]
    fn g_3_help_and_version_are_options() {
        assert_eq!(parse("8000 --help"), Ok(Request::Show(ABOUT.help.into())));
        let version = format!("mathserver {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(parse("--version"), Ok(Request::Show(version)));
        assert!(ABOUT.help.starts_with(USAGE));
    }
}
