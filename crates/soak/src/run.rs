//! The parts of a run, in their order.

use std::ffi::OsString;
use std::thread;
use std::time::Duration;

use cli::{About, CommandLine, Output};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::counters::Counters;
use crate::latency;
use crate::load::Load;
use crate::resources::{End, IDLE_WATCH, MORE_MEMORY, Resources};
use crate::servers::{self, Server};
use crate::subject::{Each, Subject};
use crate::table::Report;

/// How long the loads last at least before the memory is looked at first; in long runs, a tenth of
/// the time. Afterwards every server has had as many concurrent clients, and requests as large, as it
/// will have.
const LEAST_WARM_UP: Duration = Duration::from_secs(3);

/// The descriptors of this process: enough to use up those of one server, and for all other
/// clients.
const NEEDED_FILES: u64 = 4096;

const DEFAULT_SECONDS: u64 = 60;

const ABOUT: About = About {
    name: "soak",
    version: env!("CARGO_PKG_VERSION"),
    help: "\
Usage: soak [SECONDS]

Starts tcp_server, lab3, server, mathserver and server-s from the folder that soak
is in, and plays honest and hostile clients on all of them together. At the end it
prints a table: what was served, what was done to the servers, the errors that
honest clients saw, memory, descriptors and processor time, and how long honest
clients wait beside 500 silent and 50 slow ones.

Arguments:
  SECONDS    how long the load lasts, 1 to 86400 [default: 60]; everything else
             takes some 15 seconds more, and in runs of a minute or longer about
             a minute and a tenth of the load

  --help     as the sole argument: prints this text
  --version  as the sole argument: prints the version

Exit status:
  0  all rules held
  1  a rule did not hold, as the table shows, or there was an error
  2  the arguments are wrong
",
};

/// Runs the program.
///
/// # Errors
/// The arguments are wrong, there is no table, or a rule did not hold.
pub(crate) fn run(arguments: Vec<OsString>) -> Result<(), cli::Error> {
    let time = parse(arguments)?;
    let output = Output::stdout()?;
    bench::end_on_signal()?;
    raise_limit()?;
    let report = soak(time)?;
    output.text(&report.to_string())?;
    match report.failures().len() {
        0 => Ok(()),
        failures => Err(cli::Error::new(format_args!(
            "rules that did not hold: {failures}"
        ))),
    }
}

/// How long the load is to last.
fn parse(arguments: Vec<OsString>) -> Result<Duration, cli::Error> {
    const DAY: u64 = 86_400;
    let mut line = CommandLine::positional(&ABOUT, arguments)?;
    let [seconds] = line.optional_operands(["SECONDS"])?;
    let seconds = seconds.map_or(Ok(DEFAULT_SECONDS), |seconds| seconds.number(1..=DAY))?;
    Ok(Duration::from_secs(seconds))
}

fn raise_limit() -> Result<(), cli::Error> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // No value is no limit.
    if current.is_none_or(|current| current >= NEEDED_FILES) {
        return Ok(());
    }
    let raised = Rlimit {
        current: Some(NEEDED_FILES),
        maximum,
    };
    setrlimit(Resource::Nofile, raised).map_err(|_| {
        let most = maximum.unwrap_or(NEEDED_FILES);
        cli::Error::new(format_args!(
            "needs {NEEDED_FILES} descriptors, but may open {most} only; raise the hard limit \
             (ulimit -Hn)"
        ))
    })
}

fn soak(time: Duration) -> Result<Report, cli::Error> {
    progress("starting the servers");
    let servers = servers::start(&bench::programs()?)?;
    let counters = Counters::default();
    let fresh = Each::try_new(|subject| Resources::now(&servers[subject]))?;

    progress("warming up");
    Load::put(&servers, &counters, LEAST_WARM_UP.max(time / 10));
    let warm = settled(&servers, &fresh, u64::MAX)?;
    // What a server has open is known before its first client.
    let start = Each::try_new(|subject| {
        let (memory, files) = (warm[subject].memory, fresh[subject].files);
        Ok::<Resources, cli::Error>(Resources { memory, files })
    })?;

    progress("timing honest clients alone and beside silent and slow ones");
    let latencies = latency::measure(&servers, &counters, time)?;

    progress(&format!("load for {} seconds", time.as_secs()));
    Load::put(&servers, &counters, time);

    progress("waiting for the servers to settle");
    let end = settled(&servers, &start, MORE_MEMORY)?;
    let idle = idle_time(&servers)?;
    let peak = Each::try_new(|subject| servers[subject].process.peak_memory())?;
    let ends = Each::try_new(|subject| End::of(&servers[subject]))?;
    Ok(Report {
        time,
        counters,
        latencies,
        start,
        end,
        peak,
        idle,
        ends,
    })
}

/// What the servers take when all clients have left.
fn settled(
    servers: &Each<Server>,
    before: &Each<Resources>,
    more_memory: u64,
) -> Result<Each<Resources>, cli::Error> {
    Each::try_new(|subject| before[subject].wait_until_back(&servers[subject], more_memory))
}

/// The processor time of each while nobody is there.
fn idle_time(servers: &Each<Server>) -> Result<Each<Duration>, cli::Error> {
    let used = |subject: Subject| servers[subject].process.cpu_time();
    let before = Each::try_new(used)?;
    thread::sleep(IDLE_WATCH);
    Each::try_new(|subject| Ok(used(subject)?.saturating_sub(before[subject])))
}

/// Reports on standard error what takes so long.
fn progress(what: &str) {
    cli::report(format_args!("soak: {what}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Duration, cli::Error> {
        super::parse(line.split_whitespace().map(OsString::from).collect())
    }

    #[test]
    fn seconds_are_plain_digits() {
        for (line, seconds) in [("", 60), ("1", 1), ("0600", 600), ("86400", 86_400)] {
            assert_eq!(parse(line).unwrap(), Duration::from_secs(seconds));
        }
        for value in [
            "0",
            "86401",
            "+5",
            "-1",
            "1.5",
            "10s",
            "99999999999999999999",
        ] {
            let error = parse(value).unwrap_err();
            let message = format!("SECONDS is \"{value}\"; give a number from 1 to 86400");
            assert_eq!(error.status(), 2);
            assert!(error.to_string().starts_with(&message), "{error}");
        }
        assert_eq!(parse("10 20").unwrap_err().status(), 2);
    }

    #[test]
    fn the_readme_shows_the_help() {
        assert!(cli::readme_shows_help(include_str!("../README.md"), run));
        assert!(
            ABOUT
                .help
                .contains(&format!("[default: {DEFAULT_SECONDS}]"))
        );
    }
}
