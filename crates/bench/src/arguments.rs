//! The command line of `bench`.

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use cli::About;

use crate::figure::{Figure, Growth};
use crate::figures::{figures, growths};

const ABOUT: About = About {
    name: "bench",
    version: env!("CARGO_PKG_VERSION"),
    help: "\
Usage: bench [OPTIONS] [FIGURE...]
       bench --list
       bench limit NAME ARG...
       bench pinned CPU COMMAND ARG...

Measures our programs beside their limits, bare loops of system calls, and beside
other programs where these are installed. They must be in the folder of bench;
scripts/bench.sh builds them.

FIGURE is the name of a figure, or its beginning: tcp_server, start. Without any,
all but those are measured that begin with growth.

Options:
  --rounds N       so many rounds of each contender [default: 5]
  --seconds S      so long is a round [default: 0.5]
  --json FILE      writes what was measured to a file
  --svg FILE       writes a chart of the ratios to a file
  --list           prints the figures and the limits
  --help           prints this text
  --version        prints the version

limit runs a bare loop by itself, pinned a command on one processor.
",
};

/// What is demanded at least of a claim.
const DEFAULT_ROUNDS: usize = 5;
const DEFAULT_ROUND: Duration = Duration::from_millis(500);

const ROUNDS: &str = "--rounds";
const SECONDS: &str = "--seconds";
const JSON: &str = "--json";
const SVG: &str = "--svg";

/// The options have no short form: no argument can hold this byte.
const NO_LETTER: char = '\0';
const WITH_VALUE: [(char, &str); 4] = [
    (NO_LETTER, ROUNDS),
    (NO_LETTER, SECONDS),
    (NO_LETTER, JSON),
    (NO_LETTER, SVG),
];

/// What the arguments ask for.
pub(crate) enum Request {
    /// To print this text.
    Show(String),
    /// To print the names.
    List,
    /// To run a limit, with its name and arguments.
    Limit(Vec<OsString>),
    /// To become a command on a processor.
    Pinned {
        cpu: usize,
        program: OsString,
        arguments: Vec<OsString>,
    },
    /// To measure.
    Measure(Order),
}

/// What is to be measured, and how.
pub(crate) struct Order {
    pub(crate) figures: Vec<Figure>,
    pub(crate) growths: Vec<Growth>,
    pub(crate) rounds: usize,
    pub(crate) round: Duration,
    pub(crate) json: Option<PathBuf>,
    pub(crate) svg: Option<PathBuf>,
}

impl Request {
    /// Understands the arguments. Of an option that is repeated the last one counts.
    pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Self, UsageError> {
        match arguments.split_first() {
            Some((first, rest)) if first == "limit" => Ok(Self::Limit(rest.to_vec())),
            Some((first, rest)) if first == "pinned" => pinned(rest),
            _ => measure(arguments),
        }
    }
}

fn pinned(arguments: &[OsString]) -> Result<Request, UsageError> {
    let [number, program, arguments @ ..] = arguments else {
        return Err(UsageError::NoCommand);
    };
    let Some(cpu) = number.to_str().and_then(|number| number.parse().ok()) else {
        return Err(UsageError::Value {
            name: "CPU",
            value: number.clone(),
            wanted: "the number of a processor",
        });
    };
    Ok(Request::Pinned {
        cpu,
        program: program.clone(),
        arguments: arguments.to_vec(),
    })
}

fn measure(arguments: Vec<OsString>) -> Result<Request, UsageError> {
    let separated = cli::separate_options(arguments, &WITH_VALUE);
    let mut options = pico_args::Arguments::from_vec(separated.options);
    if let Some(text) = ABOUT.asked(&mut options) {
        return Ok(Request::Show(text));
    }
    let list = options.contains("--list");
    let rounds = parsed(&mut options, ROUNDS, "a number, 1 to 1000", rounds)?;
    let round = parsed(
        &mut options,
        SECONDS,
        "a number of seconds, 0.001 to 60",
        seconds,
    )?;
    let json = last(&mut options, JSON)?.map(PathBuf::from);
    let svg = last(&mut options, SVG)?.map(PathBuf::from);
    if let Some(option) = options.finish().into_iter().next() {
        return Err(UsageError::Option(option));
    }
    if list {
        return Ok(Request::List);
    }
    let (figures, growths) = selected(&separated.operands)?;
    Ok(Request::Measure(Order {
        figures,
        growths,
        rounds: rounds.unwrap_or(DEFAULT_ROUNDS),
        round: round.unwrap_or(DEFAULT_ROUND),
        json,
        svg,
    }))
}

fn selected(names: &[OsString]) -> Result<(Vec<Figure>, Vec<Growth>), UsageError> {
    let (mut figures, mut growths) = (figures(), growths());
    if names.is_empty() {
        return Ok((figures, Vec::new()));
    }
    let begins = |name: &str, beginning: &OsStr| {
        beginning
            .to_str()
            .is_some_and(|beginning| name.starts_with(beginning))
    };
    let all = || {
        let figures = figures.iter().map(|figure| figure.name);
        figures.chain(growths.iter().map(|growth| growth.name))
    };
    let unknown = |name: &&OsString| !all().any(|known| begins(known, name));
    if let Some(name) = names.iter().find(unknown) {
        return Err(UsageError::UnknownFigure(name.clone()));
    }
    let wanted = |known: &str| names.iter().any(|name| begins(known, name));
    figures.retain(|figure| wanted(figure.name));
    growths.retain(|growth| wanted(growth.name));
    Ok((figures, growths))
}

fn rounds(value: &str) -> Option<usize> {
    value
        .parse()
        .ok()
        .filter(|rounds| (1..=1000).contains(rounds))
}

fn seconds(value: &str) -> Option<Duration> {
    let seconds = value.parse().ok()?;
    (0.001..=60.0)
        .contains(&seconds)
        .then(|| Duration::from_secs_f64(seconds))
}

fn parsed<T>(
    options: &mut pico_args::Arguments,
    name: &'static str,
    wanted: &'static str,
    parse: fn(&str) -> Option<T>,
) -> Result<Option<T>, UsageError> {
    let Some(value) = last(options, name)? else {
        return Ok(None);
    };
    match value.to_str().and_then(parse) {
        Some(parsed) => Ok(Some(parsed)),
        None => Err(UsageError::Value {
            name,
            value,
            wanted,
        }),
    }
}

fn last(
    options: &mut pico_args::Arguments,
    name: &'static str,
) -> Result<Option<OsString>, UsageError> {
    let as_it_is = |value: &OsStr| Ok::<_, Infallible>(value.to_owned());
    let values = options.values_from_os_str(name, as_it_is);
    let values = values.map_err(|_| UsageError::NoValue(name))?;
    Ok(values.into_iter().next_back())
}

/// What is wrong with the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageError {
    /// There is no such option.
    Option(OsString),
    /// An option is the last argument, without its value.
    NoValue(&'static str),
    /// A value is none.
    Value {
        /// The name of the option or argument.
        name: &'static str,
        /// The value.
        value: OsString,
        /// What it should be.
        wanted: &'static str,
    },
    /// No figure begins like this.
    UnknownFigure(OsString),
    /// `pinned` without a processor or a command.
    NoCommand,
    /// `limit` without a name.
    NoLimit,
    /// There is no such limit.
    UnknownLimit(OsString),
    /// An argument of a limit is missing or no number.
    LimitNumber {
        /// Which, from 0.
        index: usize,
    },
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escape = |text: &OsString| cli::escape(text.as_encoded_bytes()).to_string();
        match self {
            Self::Option(option) => {
                write!(f, "unknown option \"{}\"; see bench --help", escape(option))
            }
            Self::NoValue(option) => write!(f, "{option} wants a value"),
            Self::Value {
                name,
                value,
                wanted,
            } => {
                write!(f, "{name}: want {wanted}, not \"{}\"", escape(value))
            }
            Self::UnknownFigure(name) => {
                write!(
                    f,
                    "no figure begins with \"{}\"; see bench --list",
                    escape(name)
                )
            }
            Self::NoCommand => f.write_str("pinned wants a processor and a command"),
            Self::NoLimit => f.write_str("limit wants a name; see bench --list"),
            Self::UnknownLimit(name) => {
                write!(f, "unknown limit \"{}\"; see bench --list", escape(name))
            }
            Self::LimitNumber { index } => {
                write!(f, "argument {} of the limit must be a number", index + 1)
            }
        }
    }
}

impl std::error::Error for UsageError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Request, UsageError> {
        Request::parse(line.split_whitespace().map(OsString::from).collect())
    }

    fn order(line: &str) -> Order {
        match parsed(line) {
            Ok(Request::Measure(order)) => order,
            _ => panic!("{line:?} is no order"),
        }
    }

    #[test]
    fn a_figure_is_named_by_its_beginning() {
        let names = |line| {
            let order = order(line);
            let figures = order.figures.iter().map(|figure| figure.name);
            figures
                .chain(order.growths.iter().map(|growth| growth.name))
                .collect::<Vec<_>>()
        };
        let cpu = [
            "tcp_server-cpu-16",
            "tcp_server-cpu-64",
            "tcp_server-cpu-256",
        ];
        assert_eq!(names("tcp_server-cpu"), cpu);
        assert_eq!(
            names("growth-tcp start-lab3"),
            ["start-lab3", "growth-tcp_server"]
        );
        assert_eq!(names("").len(), figures().len());
        let unknown = UsageError::UnknownFigure("tcp-server".into());
        assert_eq!(parsed("tcp_server tcp-server").err(), Some(unknown));
    }

    #[test]
    fn every_figure_has_a_name_of_its_own_and_one_contender_of_ours() {
        use crate::figure::Role;

        let mut names: Vec<_> = figures().iter().map(|figure| figure.name).collect();
        names.extend(growths().iter().map(|growth| growth.name));
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        for figure in figures() {
            let roles = || figure.contenders.iter().map(|contender| contender.role);
            let count = |wanted| roles().filter(|role| *role == wanted).count();
            assert_eq!(
                (count(Role::Ours), count(Role::Limit)),
                (1, 1),
                "{}",
                figure.name
            );
            assert!(!figure.rows.is_empty(), "{}", figure.name);
        }
    }

    #[test]
    fn options_have_defaults_and_limits() {
        let given = order("--rounds=7 --seconds 0.25 --json a --svg b start");
        assert_eq!((given.rounds, given.round), (7, Duration::from_millis(250)));
        assert_eq!(
            (given.json, given.svg),
            (Some("a".into()), Some("b".into()))
        );
        let default = order("start");
        assert_eq!(
            (default.rounds, default.round),
            (DEFAULT_ROUNDS, DEFAULT_ROUND)
        );
        for line in [
            "--rounds 0",
            "--rounds x",
            "--seconds 0",
            "--seconds nan",
            "--seconds -1",
        ] {
            let error = parsed(line).err();
            assert!(
                matches!(error, Some(UsageError::Value { .. })),
                "{line}: {error:?}"
            );
        }
        assert_eq!(
            parsed("--quick").err(),
            Some(UsageError::Option("--quick".into()))
        );
        assert_eq!(parsed("--svg").err(), Some(UsageError::NoValue("--svg")));
    }

    #[test]
    fn a_command_to_be_pinned_is_taken_as_it_is() {
        let Ok(Request::Pinned {
            cpu,
            program,
            arguments,
        }) = parsed("pinned 1 x --help")
        else {
            panic!("not pinned");
        };
        assert_eq!(
            (cpu, program, arguments),
            (1, "x".into(), vec!["--help".into()])
        );
        assert_eq!(parsed("pinned 1").err(), Some(UsageError::NoCommand));
        assert!(matches!(
            parsed("pinned x y").err(),
            Some(UsageError::Value { .. })
        ));
    }
}
