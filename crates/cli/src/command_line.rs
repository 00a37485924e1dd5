use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::os::unix::ffi::OsStrExt;
use std::str::FromStr;

use crate::options::{Separated, separate_options};
use crate::{About, Error, escape};

/// The letter of an option that has none: no argument can hold this byte.
pub const NO_LETTER: char = '\0';

/// A command line. A program takes its options first, in any order, then its operands.
///
/// Options are understood in every form that getopt knows (T-23). Every
/// mistake is a usage error, with status 2. Its message ends with the usage, the first paragraph of
/// the help.
///
/// ```
/// use cli::{About, CommandLine};
///
/// const ABOUT: About = About {
///     name: "copy",
///     version: "1.0",
///     help: "Usage: copy [-v] [-p PORT] FILE\n",
/// };
///
/// let arguments = ["file", "-p9000"].map(Into::into).to_vec();
/// let mut line = CommandLine::with_options(&ABOUT, arguments, &[('p', "--port")])?;
/// let port = line.option("--port", |port| port.number(1..=65535))?;
/// let verbose = line.flag(["-v", "--verbose"]);
/// let [file] = line.operands(["FILE"])?;
/// assert_eq!((port, verbose, file.text()?.as_str()), (Some(9000), false, "file"));
/// # Ok::<(), cli::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CommandLine {
    about: &'static About,
    options: pico_args::Arguments,
    operands: Vec<OsString>,
}

impl CommandLine {
    /// A command line without options: all arguments are operands, whatever they begin with.
    ///
    /// # Errors With status 0: the text to print, when `--help` or `--version` is the sole argument
    /// (G-3).
    pub fn positional(about: &'static About, arguments: Vec<OsString>) -> Result<Self, Error> {
        let text = about.requested_alone(&arguments);
        let separated = Separated {
            options: Vec::new(),
            operands: arguments,
        };
        Self::new(about, separated, text)
    }

    /// A command line with options. `with_value` lists those that take a value, as `('p',
    /// "--port")` or `(NO_LETTER, "--chunk")`.
    ///
    /// # Errors With status 0: the text to print, when `--help` or `--version` is among the options
    /// (G-3).
    pub fn with_options(
        about: &'static About,
        arguments: Vec<OsString>,
        with_value: &[(char, &str)],
    ) -> Result<Self, Error> {
        let separated = separate_options(arguments, with_value);
        let mut options = pico_args::Arguments::from_vec(separated.options.clone());
        Self::new(about, separated, about.requested(&mut options))
    }

    fn new(
        about: &'static About,
        separated: Separated,
        requested: Option<String>,
    ) -> Result<Self, Error> {
        match requested {
            Some(text) => Err(Error::requested(text)),
            None => Ok(Self {
                about,
                options: pico_args::Arguments::from_vec(separated.options),
                operands: separated.operands,
            }),
        }
    }

    /// The value of an option, by its long name. If the option is repeated, each value must be
    /// valid, and the last one counts.
    ///
    /// # Errors
    /// The value is missing, or `parse` refuses it.
    pub fn option<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&Value) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let keep = |value: &OsStr| Ok::<_, Infallible>(value.to_owned());
        // Taking a value as it is can fail in one way only.
        let values = self.options.values_from_os_str(name, keep);
        let values = values.map_err(|_| self.error(format_args!("{name} needs a value")))?;
        let parsed = values
            .into_iter()
            .map(|value| parse(&self.value(name, value)));
        Ok(parsed.collect::<Result<Vec<_>, _>>()?.pop())
    }

    /// Whether an option without a value is given, once or more.
    pub fn flag<K: Into<pico_args::Keys> + Copy>(&mut self, names: K) -> bool {
        let given = self.options.contains(names);
        while self.options.contains(names) {}
        given
    }

    /// The operands, exactly one for each name. All options must have been taken before.
    ///
    /// # Errors
    /// There is an unknown option, or another number of operands.
    pub fn operands<const N: usize>(
        &mut self,
        names: [&'static str; N],
    ) -> Result<[Value; N], Error> {
        self.finish_options()?;
        let operands = std::mem::take(&mut self.operands);
        if operands.len() != N {
            return Err(self.count_error("", N, operands.len()));
        }
        Ok(std::array::from_fn(|index| {
            self.value(names[index], operands[index].clone())
        }))
    }

    /// The operands, at most one for each name. All options must have been taken before.
    ///
    /// # Errors
    /// There is an unknown option, or there are more operands.
    pub fn optional_operands<const N: usize>(
        &mut self,
        names: [&'static str; N],
    ) -> Result<[Option<Value>; N], Error> {
        self.finish_options()?;
        let count = self.operands.len();
        if count > N {
            return Err(self.count_error("at most ", N, count));
        }
        let mut operands = std::mem::take(&mut self.operands).into_iter();
        Ok(names.map(|name| Some(self.value(name, operands.next()?))))
    }

    /// The operands, any number of them, after all options were taken.
    ///
    /// # Errors
    /// There is an unknown option.
    pub fn all_operands(&mut self, name: &'static str) -> Result<Vec<Value>, Error> {
        self.finish_options()?;
        let operands = std::mem::take(&mut self.operands).into_iter();
        Ok(operands.map(|operand| self.value(name, operand)).collect())
    }

    fn finish_options(&mut self) -> Result<(), Error> {
        let options = std::mem::replace(&mut self.options, pico_args::Arguments::from_vec(vec![]));
        match options.finish().first() {
            Some(option) => {
                let option = escape(option.as_bytes());
                Err(self.error(format_args!("unknown option {option:?}")))
            }
            None => Ok(()),
        }
    }

    fn count_error(&self, bound: &str, expected: usize, got: usize) -> Error {
        let arguments = if expected == 1 {
            "argument"
        } else {
            "arguments"
        };
        self.error(format_args!(
            "expected {bound}{expected} {arguments}, got {got}"
        ))
    }

    /// A value from elsewhere, such as an environment variable, to be checked like those of
    /// options.
    pub fn value(&self, name: &'static str, value: OsString) -> Value {
        Value {
            name,
            value,
            about: self.about,
        }
    }

    /// A usage error of the program's own.
    pub fn error(&self, message: impl Display) -> Error {
        self.about.usage_error(message)
    }
}

/// The value of an option, or an operand. All errors about values have one wording, which shows the
/// value escaped.
#[derive(Clone, Debug)]
pub struct Value {
    name: &'static str,
    value: OsString,
    about: &'static About,
}

impl Value {
    /// The value as it is.
    pub fn as_os_str(&self) -> &OsStr {
        &self.value
    }

    /// The value as text.
    ///
    /// # Errors
    /// It is not UTF-8.
    pub fn text(&self) -> Result<String, Error> {
        match self.value.to_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(self.wrong("text in UTF-8")),
        }
    }

    /// The value as a number in the range, such as a port, written in plain decimal digits. Leading
    /// zeros are digits; a sign, a space, a point, `0x` or digits of another script are not (G-8).
    ///
    /// # Errors
    /// It is no such number.
    pub fn number<N: FromStr + PartialOrd + Display>(
        &self,
        range: RangeInclusive<N>,
    ) -> Result<N, Error> {
        let digits = self.value.to_str();
        let digits = digits.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        match digits.and_then(|digits| digits.parse().ok()) {
            Some(number) if range.contains(&number) => Ok(number),
            _ => {
                let (least, most) = range.into_inner();
                Err(self.wrong(format_args!("a number from {least} to {most}")))
            }
        }
    }

    /// The error that this value is not what it should be: `PORT is "x"; give a number`.
    pub fn wrong(&self, expected: impl Display) -> Error {
        let value = escape(self.value.as_bytes());
        let message = format_args!("{} is {value:?}; give {expected}", self.name);
        self.about.usage_error(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: About = About {
        name: "send",
        version: "1.2.3",
        help: "Usage: send [-v] [-p PORT]\n            FILE\n\nSends a file.\n",
    };

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn parse(line: &str) -> Result<(Option<u16>, bool, String), Error> {
        let mut line = CommandLine::with_options(&ABOUT, words(line), &[('p', "--port")])?;
        let port = line.option("--port", |port| port.number(1024..=64000))?;
        let verbose = line.flag(["-v", "--verbose"]);
        let [file] = line.operands(["FILE"])?;
        Ok((port, verbose, file.text()?))
    }

    fn message(error: Error) -> String {
        assert_eq!(error.status(), 2);
        let message = error.to_string();
        let usage = "\nUsage: send [-v] [-p PORT]\n            FILE";
        message.strip_suffix(usage).unwrap().to_owned()
    }

    #[test]
    fn t_23_options_in_every_form_and_the_last_one_counts() {
        for (line, port, verbose) in [
            ("x", None, false),
            ("-vp9000 x", Some(9000), true),
            ("x --port=9000 -v", Some(9000), true),
            ("-p 2000 -vv --port 09000 -- x", Some(9000), true),
        ] {
            assert_eq!(
                parse(line).unwrap(),
                (port, verbose, "x".to_owned()),
                "{line}"
            );
        }
        assert_eq!(parse("-- -v").unwrap(), (None, false, "-v".to_owned()));
    }

    #[test]
    fn g_2_wrong_usage_is_said_in_one_wording_with_the_usage() {
        for (line, text) in [
            ("", "expected 1 argument, got 0"),
            ("x y", "expected 1 argument, got 2"),
            ("x -p", "--port needs a value"),
            ("x -vz", "unknown option \"-z\""),
            ("x --verbose=1", "unknown option \"--verbose=1\""),
            (
                "x -p 1023",
                "--port is \"1023\"; give a number from 1024 to 64000",
            ),
            (
                "x -p 2000 -p \u{1b}",
                "--port is \"\\x1b\"; give a number from 1024 to 64000",
            ),
            (
                "x -p 2 -p 2000",
                "--port is \"2\"; give a number from 1024 to 64000",
            ),
        ] {
            assert_eq!(message(parse(line).unwrap_err()), text, "{line}");
        }
        let file = OsStr::from_bytes(b"\xff").to_owned();
        let mut line = CommandLine::positional(&ABOUT, vec![file]).unwrap();
        let [file] = line.operands(["FILE"]).unwrap();
        let text = "FILE is \"\\xff\"; give text in UTF-8";
        assert_eq!(message(file.text().unwrap_err()), text);
    }

    #[test]
    fn operands_that_may_be_missing_are_at_most_so_many() {
        let optional = |line| {
            let mut line = CommandLine::positional(&ABOUT, words(line)).unwrap();
            let values = line.optional_operands(["HOST", "PORT"])?;
            Ok(values.map(|value| value.map(|value| value.text().unwrap())))
        };
        assert_eq!(optional("").unwrap(), [None, None]);
        assert_eq!(optional("-v").unwrap(), [Some("-v".to_owned()), None]);
        let error = message(optional("a b c").unwrap_err());
        assert_eq!(error, "expected at most 2 arguments, got 3");
    }

    #[test]
    fn g_8_a_number_is_plain_decimal_digits_within_the_range() {
        let number = |value: &OsStr| {
            let line = CommandLine::positional(&ABOUT, Vec::new()).unwrap();
            let value = line.value("PORT", value.to_owned());
            value.number(1..=64000_u16)
        };
        for value in [
            "",
            "+5",
            " 5",
            "5 ",
            "5.0",
            "0x50",
            "५",
            "-1",
            "http",
            "5e3",
            "\"80\"",
            "0",
            "64001",
            "65536",
            "99999999999999999999",
        ] {
            let text = format!("PORT is \"{value}\"; give a number from 1 to 64000");
            assert_eq!(message(number(value.as_ref()).unwrap_err()), text);
        }
        assert!(number(OsStr::from_bytes(b"8\xff")).is_err());
        for (value, port) in [("00080", 80), ("1", 1), ("64000", 64000)] {
            assert_eq!(number(value.as_ref()).unwrap(), port);
        }
    }

    #[test]
    fn g_3_help_and_version_end_a_program_with_status_0() {
        for (line, text) in [("-p x --help", ABOUT.help), ("--version", "send 1.2.3\n")] {
            let end = parse(line).unwrap_err();
            assert_eq!((end.to_string().as_str(), end.status()), (text, 0));
        }
        let positional = |line| CommandLine::positional(&ABOUT, words(line));
        assert_eq!(positional("--help").unwrap_err().to_string(), ABOUT.help);
        assert!(positional("--help x").is_ok());
    }
}
