use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use cli::{About, CommandLine, NO_LETTER, Value};

use crate::figure::{Figure, Growth};
use crate::figures::{figures, growths};

pub(crate) const ABOUT: About = About {
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
all are measured except those whose names begin with growth.

Options:
  --rounds N       rounds of each contender, 1 to 1000 [default: 5]
  --seconds S      length of a round, 0.001 to 60 [default: 0.5]
  --json FILE      writes the measurements to a file
  --svg FILE       writes a chart of the ratios to a file
  --list           prints the figures and the limits
  --help           prints this text
  --version        prints the version

limit runs a bare loop on its own, pinned runs a command on one processor.
",
};

const DEFAULT_ROUNDS: usize = 5;
const DEFAULT_ROUND: Duration = Duration::from_millis(500);

/// What is to be measured, and how.
pub(crate) struct Arguments {
    /// To print the names, and measure nothing.
    pub(crate) list: bool,
    pub(crate) figures: Vec<Figure>,
    pub(crate) growths: Vec<Growth>,
    pub(crate) rounds: usize,
    pub(crate) round: Duration,
    pub(crate) json: Option<PathBuf>,
    pub(crate) svg: Option<PathBuf>,
}

impl Arguments {
    pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Self, cli::Error> {
        let with_value = ["--rounds", "--seconds", "--json", "--svg"].map(|name| (NO_LETTER, name));
        let mut line = CommandLine::with_options(&ABOUT, arguments, &with_value)?;
        let rounds = line.option("--rounds", |rounds| rounds.number(1..=1000))?;
        let round = line.option("--seconds", seconds)?;
        let file = |file: &Value| Ok(PathBuf::from(file.as_os_str()));
        let json = line.option("--json", file)?;
        let svg = line.option("--svg", file)?;
        let list = line.flag("--list");
        let (figures, growths) = selected(&line.all_operands("FIGURE")?)?;
        Ok(Self {
            list,
            figures,
            growths,
            rounds: rounds.unwrap_or(DEFAULT_ROUNDS),
            round: round.unwrap_or(DEFAULT_ROUND),
            json,
            svg,
        })
    }
}

/// The figures whose names begin like this; without any names, all figures.
fn selected(names: &[Value]) -> Result<(Vec<Figure>, Vec<Growth>), cli::Error> {
    let (mut figures, mut growths) = (figures(), growths());
    if names.is_empty() {
        return Ok((figures, Vec::new()));
    }
    let begins = |known: &str, name: &Value| {
        let beginning = name.as_os_str().as_encoded_bytes();
        known.as_bytes().starts_with(beginning)
    };
    for name in names {
        let known = figures.iter().map(|figure| figure.name);
        let mut known = known.chain(growths.iter().map(|growth| growth.name));
        if !known.any(|known| begins(known, name)) {
            return Err(name.wrong("the beginning of a figure of bench --list"));
        }
    }
    let is_selected = |known: &str| names.iter().any(|name| begins(known, name));
    figures.retain(|figure| is_selected(figure.name));
    growths.retain(|growth| is_selected(growth.name));
    Ok((figures, growths))
}

fn seconds(value: &Value) -> Result<Duration, cli::Error> {
    let seconds = value
        .as_os_str()
        .to_str()
        .and_then(|text| text.parse().ok());
    match seconds {
        Some(seconds) if (0.001..=60.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(value.wrong("a number of seconds from 0.001 to 60")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Arguments, cli::Error> {
        Arguments::parse(line.split_whitespace().map(OsString::from).collect())
    }

    #[test]
    fn a_figure_is_named_by_its_beginning() {
        let names = |line| {
            let arguments = parsed(line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
            let figures = arguments.figures.iter().map(|figure| figure.name);
            figures
                .chain(arguments.growths.iter().map(|growth| growth.name))
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
        assert_eq!(names("--list").len(), figures().len());
        let error = parsed("tcp_server tcp-server").err().unwrap().to_string();
        assert!(
            error.starts_with("FIGURE is \"tcp-server\"; give"),
            "{error}"
        );
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
            let count = |expected| roles().filter(|role| *role == expected).count();
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
        let given = parsed("--rounds=7 --seconds 0.25 --json a --svg b start").unwrap();
        assert_eq!((given.rounds, given.round), (7, Duration::from_millis(250)));
        assert_eq!(
            (given.json, given.svg),
            (Some("a".into()), Some("b".into()))
        );
        let default = parsed("start").unwrap();
        assert_eq!(
            (default.rounds, default.round),
            (DEFAULT_ROUNDS, DEFAULT_ROUND)
        );
        for (line, message) in [
            ("--rounds 0", "--rounds is \"0\"; give a number"),
            ("--rounds x", "--rounds is \"x\"; give a number"),
            ("--seconds 0", "--seconds is \"0\"; give a number"),
            ("--seconds nan", "--seconds is \"nan\"; give a number"),
            ("--seconds -1", "--seconds is \"-1\"; give a number"),
            ("--quick", "unknown option \"--quick\""),
            ("--svg", "--svg needs a value"),
        ] {
            let error = parsed(line).err().unwrap();
            assert_eq!(error.status(), 2, "{line}");
            assert!(error.to_string().starts_with(message), "{line}: {error}");
        }
    }

    #[test]
    fn the_readme_shows_the_help_and_the_limits() {
        let readme = include_str!("../README.md");
        assert!(cli::readme_shows_help(readme, crate::run));
        for limit in crate::limits::LIMITS {
            assert!(readme.contains(&format!("\n| `{}` |", limit.name)));
        }
    }
}
