use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;

use cli::{About, PortError};
use proto::pickle::Plain;

/// The command line, as `--help` prints it and a usage error shows it.
pub(crate) const USAGE: &str =
    "Usage: lab2 [--host HOST] [--port PORT] STUDENT_NAME GITHUB_USERNAME SID\n";

const ABOUT: About = About {
    name: "lab2",
    version: env!("CARGO_PKG_VERSION"),
    help: "\
Usage: lab2 [--host HOST] [--port PORT] STUDENT_NAME GITHUB_USERNAME SID

Obtains a client id from a pickle server, sends it the student's data, and prints
its reply.

Arguments:
  STUDENT_NAME     any text
  GITHUB_USERNAME  any text
  SID              the student id; sent as an integer if it is one
  Those that begin with - go behind the argument --.

Options:
  --host HOST      a name, an IPv4 address or an IPv6 address [default: 127.0.0.1]
  --port PORT      1 to 65535 [default: 12000]
  --help           prints this text
  --version        prints the version

Environment:
  RUST_LOG         diagnostics on standard error
",
};

const DEFAULT_HOST: &str = "127.0.0.1";
const DEFAULT_PORT: u16 = 12000;

/// What the arguments ask for (PC-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Arguments {
    /// To print this text.
    Show(String),
    /// To send a student's data.
    Send(Options),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) student: Student,
}

/// What the server is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Student {
    /// The student's name.
    pub name: String,
    /// The name at GitHub.
    pub username: String,
    /// The student id.
    pub sid: Sid,
}

/// A student id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sid {
    /// An integer, of up to 64 bits.
    Integer(i64),
    /// Anything else.
    Text(String),
}

impl From<String> for Sid {
    fn from(text: String) -> Self {
        text.parse().map_or(Self::Text(text), Self::Integer)
    }
}

impl Student {
    /// The pickle of the dictionary that a student is sent as (PC-1).
    pub fn pickle(&self) -> Vec<u8> {
        let sid = match &self.sid {
            Sid::Integer(integer) => Plain::Int(*integer),
            Sid::Text(text) => Plain::Str(text),
        };
        let mut pickle = Vec::new();
        Plain::Dict(&[
            ("student_name", Plain::Str(&self.name)),
            ("github_username", Plain::Str(&self.username)),
            ("sid", sid),
        ])
        .emit(&mut pickle);
        pickle
    }
}

impl Arguments {
    /// Understands the arguments, in any order. Of an option that is repeated the last one counts.
    pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Self, UsageError> {
        // The options have no short forms: in no argument there is a NUL.
        let with_value = [('\0', "--host"), ('\0', "--port")];
        let separated = cli::separate_options(arguments, &with_value);
        let mut options = pico_args::Arguments::from_vec(separated.options);
        if let Some(text) = ABOUT.asked(&mut options) {
            return Ok(Self::Show(text));
        }
        let mut host = DEFAULT_HOST.to_owned();
        while let Some(value) = value(&mut options, "--host")? {
            host = text(value, "HOST")?;
        }
        let mut port = DEFAULT_PORT;
        while let Some(value) = value(&mut options, "--port")? {
            // What is not UTF-8 is not a port either, and is shown as it can be.
            port = cli::parse_port(&value.to_string_lossy(), 1..=u16::MAX)
                .map_err(UsageError::Port)?;
        }
        if let Some(option) = options.finish().into_iter().next() {
            return Err(UsageError::Unknown { option });
        }
        let student = student(separated.operands)?;
        Ok(Self::Send(Options {
            host,
            port,
            student,
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

fn student(operands: Vec<OsString>) -> Result<Student, UsageError> {
    let [name, username, sid] =
        <[OsString; 3]>::try_from(operands).map_err(|operands| UsageError::Count {
            found: operands.len(),
        })?;
    Ok(Student {
        name: text(name, "STUDENT_NAME")?,
        username: text(username, "GITHUB_USERNAME")?,
        sid: text(sid, "SID")?.into(),
    })
}

fn text(argument: OsString, name: &'static str) -> Result<String, UsageError> {
    argument
        .into_string()
        .map_err(|_| UsageError::NotText { name })
}

/// What is wrong with the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageError {
    /// There are not three of them beside the options.
    Count {
        /// How many there are.
        found: usize,
    },
    /// There is no such option.
    Unknown {
        /// The argument.
        option: OsString,
    },
    /// An option is the last argument, without its value.
    NoValue {
        /// The option.
        option: &'static str,
    },
    /// An argument is not UTF-8.
    NotText {
        /// Its name in the usage.
        name: &'static str,
    },
    /// The port is none.
    Port(PortError),
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { found } => write!(f, "want 3 arguments, found {found}"),
            Self::Unknown { option } => write!(
                f,
                "unknown option \"{}\"; arguments that begin with - go behind --",
                cli::escape(option.as_bytes())
            ),
            Self::NoValue { option } => write!(f, "the option {option} wants a value"),
            Self::NotText { name } => write!(f, "{name} is not UTF-8; give it as text"),
            Self::Port(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for UsageError {}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    fn parse(line: &str) -> Result<Arguments, UsageError> {
        Arguments::parse(line.split_whitespace().map(OsString::from).collect())
    }

    fn options(host: &str, port: u16, sid: Sid) -> Arguments {
        Arguments::Send(Options {
            host: host.to_owned(),
            port,
            student: Student {
                name: "Ann".to_owned(),
                username: "ann7".to_owned(),
                sid,
            },
        })
    }

    #[test]
    fn pc_1_options_in_every_form_and_order() {
        let sid = Sid::Integer(918_273_645);
        for (line, host, port) in [
            ("Ann ann7 918273645", "127.0.0.1", 12000),
            ("--host ::1 --port 9 Ann ann7 918273645", "::1", 9),
            (
                "--port=012001 Ann --host=localhost ann7 918273645",
                "localhost",
                12001,
            ),
            ("Ann ann7 918273645 --port 1 --port 2", "127.0.0.1", 2),
            ("--port 7 -- Ann ann7 918273645", "127.0.0.1", 7),
        ] {
            assert_eq!(parse(line), Ok(options(host, port, sid.clone())), "{line}");
        }
    }

    #[test]
    fn pc_1_the_sid_is_an_integer_if_it_is_one() {
        for (text, sid) in [
            ("0", Sid::Integer(0)),
            ("-7", Sid::Integer(-7)),
            ("007", Sid::Integer(7)),
            ("9223372036854775807", Sid::Integer(i64::MAX)),
            (
                "9223372036854775808",
                Sid::Text("9223372036854775808".to_owned()),
            ),
            ("12a", Sid::Text("12a".to_owned())),
            ("1.0", Sid::Text("1.0".to_owned())),
            ("", Sid::Text(String::new())),
        ] {
            assert_eq!(Sid::from(text.to_owned()), sid);
        }
        assert_eq!(
            parse("-- Ann ann7 -7"),
            Ok(options("127.0.0.1", 12000, Sid::Integer(-7)))
        );
    }

    #[test]
    fn pc_1_the_dictionary_that_is_sent() {
        let mut student = Student {
            name: "Ann".to_owned(),
            username: "ann7".to_owned(),
            sid: Sid::Integer(918_273_645),
        };
        let before = b"\x80\x02}(X\x0c\x00\x00\x00student_nameX\x03\x00\x00\x00Ann\
            X\x0f\x00\x00\x00github_usernameX\x04\x00\x00\x00ann7X\x03\x00\x00\x00sid";
        let expected = [&before[..], b"J\x6d\xbe\xbb\x36u."].concat();
        assert_eq!(student.pickle(), expected);
        student.sid = Sid::Text("9a".to_owned());
        let expected = [&before[..], b"X\x02\x00\x00\x009au."].concat();
        assert_eq!(student.pickle(), expected);
    }

    #[test]
    fn pc_2_wrong_arguments_are_each_their_own_error() {
        for (line, found) in [("", 0), ("Ann ann7", 2), ("Ann ann7 1 2", 4)] {
            assert_eq!(parse(line), Err(UsageError::Count { found }));
        }
        for option in ["-v", "--verbose", "-5", "-p"] {
            let error = UsageError::Unknown {
                option: option.into(),
            };
            assert_eq!(parse(&format!("Ann ann7 1 {option}")), Err(error));
        }
        for option in ["--host", "--port"] {
            let error = UsageError::NoValue { option };
            assert_eq!(parse(&format!("Ann ann7 1 {option}")), Err(error));
        }
        for port in ["0", "65536", "+5", "\"9\"", "http"] {
            let error = parse(&format!("Ann ann7 1 --port {port}")).unwrap_err();
            assert!(matches!(error, UsageError::Port(_)), "{port}: {error:?}");
        }
        for (place, name) in [(0, "STUDENT_NAME"), (1, "GITHUB_USERNAME"), (2, "SID")] {
            let mut words = ["Ann", "ann7", "1"].map(OsString::from);
            words[place] = OsString::from_vec(b"\xff".to_vec());
            let error = Err(UsageError::NotText { name });
            assert_eq!(Arguments::parse(words.to_vec()), error);
        }
    }

    #[test]
    fn g_3_help_and_version_count_among_the_options() {
        assert_eq!(
            parse("Ann --help"),
            Ok(Arguments::Show(ABOUT.help.to_owned()))
        );
        assert!(matches!(parse("--version"), Ok(Arguments::Show(_))));
        assert!(matches!(
            parse("-- --help ann7 1"),
            Ok(Arguments::Send(Options { student, .. })) if student.name == "--help"
        ));
    }

    #[test]
    fn the_usage_is_the_first_line_of_the_help() {
        assert!(ABOUT.help.starts_with(USAGE));
    }
}
