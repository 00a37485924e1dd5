use std::ffi::OsString;

use cli::{About, CommandLine, Error, NO_LETTER, Value};
use num_bigint::BigInt;
use proto::pickle::Plain;

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

/// The command line (PC-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) student: Student,
}

/// What the server is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Student {
    /// The student's name.
    pub(crate) name: String,
    /// The user name at GitHub.
    pub(crate) username: String,
    /// The student id.
    pub(crate) sid: Sid,
}

/// A student id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sid {
    /// An integer, of any length.
    Integer(BigInt),
    /// Anything else.
    Text(String),
}

impl From<String> for Sid {
    fn from(text: String) -> Self {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
        // The library would take `1_000` too.
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::Text(text);
        }
        text.parse().map_or(Self::Text(text), Self::Integer)
    }
}

impl Student {
    /// The dictionary that is sent, as a pickle (PC-1).
    pub(crate) fn pickle(&self) -> Vec<u8> {
        let sid = match &self.sid {
            Sid::Integer(integer) => Plain::Long(integer),
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
    /// Parses the arguments, in any order.
    pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Self, Error> {
        let with_value = [(NO_LETTER, "--host"), (NO_LETTER, "--port")];
        let mut line = CommandLine::with_options(&ABOUT, arguments, &with_value)?;
        let host = line.option("--host", Value::text)?;
        let port = line.option("--port", |port| port.number(1..=u16::MAX))?;
        let [name, username, sid] = line.operands(["STUDENT_NAME", "GITHUB_USERNAME", "SID"])?;
        Ok(Self {
            host: host.unwrap_or_else(|| DEFAULT_HOST.to_owned()),
            port: port.unwrap_or(DEFAULT_PORT),
            student: Student {
                name: name.text()?,
                username: username.text()?,
                sid: sid.text()?.into(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    fn parse(line: &str) -> Result<Arguments, Error> {
        Arguments::parse(line.split_whitespace().map(OsString::from).collect())
    }

    fn message(parsed: Result<Arguments, Error>) -> String {
        let error = parsed.unwrap_err();
        assert_eq!(error.status(), 2);
        let usage = "\nUsage: lab2 [--host HOST] [--port PORT] STUDENT_NAME GITHUB_USERNAME SID";
        error.to_string().strip_suffix(usage).unwrap().to_owned()
    }

    fn arguments(host: &str, port: u16, sid: Sid) -> Arguments {
        Arguments {
            host: host.to_owned(),
            port,
            student: Student {
                name: "Ann".to_owned(),
                username: "ann7".to_owned(),
                sid,
            },
        }
    }

    #[test]
    fn pc_1_options_in_every_form_and_order() {
        let sid = Sid::Integer(918_273_645.into());
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
            assert_eq!(
                parse(line).unwrap(),
                arguments(host, port, sid.clone()),
                "{line}"
            );
        }
    }

    #[test]
    fn pc_1_the_sid_is_an_integer_if_it_is_one() {
        let text = |text: &str| Sid::Text(text.to_owned());
        for (given, sid) in [
            ("0", Sid::Integer(0.into())),
            ("-7", Sid::Integer((-7).into())),
            ("+7", Sid::Integer(7.into())),
            ("007", Sid::Integer(7.into())),
            ("9223372036854775808", Sid::Integer((1_u128 << 63).into())),
            (
                "-340282366920938463463374607431768211455",
                Sid::Integer(-BigInt::from(u128::MAX)),
            ),
            ("12a", text("12a")),
            ("1_000", text("1_000")),
            ("1.0", text("1.0")),
            ("-", text("-")),
            ("--7", text("--7")),
            ("", text("")),
        ] {
            assert_eq!(Sid::from(given.to_owned()), sid);
        }
        assert_eq!(
            parse("-- Ann ann7 -7").unwrap(),
            arguments("127.0.0.1", 12000, Sid::Integer((-7).into()))
        );
    }

    #[test]
    fn pc_1_the_dictionary_that_is_sent() {
        let mut student = Student {
            name: "Ann".to_owned(),
            username: "ann7".to_owned(),
            sid: Sid::Integer(918_273_645.into()),
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
        for (line, got) in [("", 0), ("Ann ann7", 2), ("Ann ann7 1 2", 4)] {
            let text = format!("expected 3 arguments, got {got}");
            assert_eq!(message(parse(line)), text);
        }
        for option in ["-v", "--verbose", "-5", "-p"] {
            let text = format!("unknown option \"{option}\"");
            assert_eq!(message(parse(&format!("Ann ann7 1 {option}"))), text);
        }
        for option in ["--host", "--port"] {
            let text = format!("{option} needs a value");
            assert_eq!(message(parse(&format!("Ann ann7 1 {option}"))), text);
        }
        for port in ["0", "65536", "+5", "\"9\"", "http"] {
            let text = format!("--port is \"{port}\"; give a number from 1 to 65535");
            assert_eq!(message(parse(&format!("Ann ann7 1 --port {port}"))), text);
        }
        for (place, name) in [(0, "STUDENT_NAME"), (1, "GITHUB_USERNAME"), (2, "SID")] {
            let mut words = ["Ann", "ann7", "1"].map(OsString::from);
            words[place] = OsString::from_vec(b"\xff".to_vec());
            let text = format!("{name} is \"\\xff\"; give text in UTF-8");
            assert_eq!(message(Arguments::parse(words.to_vec())), text);
        }
    }

    #[test]
    fn g_3_help_and_version_count_among_the_options() {
        assert_eq!(parse("Ann --help").unwrap_err().to_string(), ABOUT.help);
        let version = format!("lab2 {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(parse("--version").unwrap_err().to_string(), version);
        let student = parse("-- --help ann7 1").unwrap().student;
        assert_eq!(student.name, "--help");
    }
}
