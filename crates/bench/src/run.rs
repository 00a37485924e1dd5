use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use cli::{CommandLine, Output};

use crate::arguments::{ABOUT, Arguments};
use crate::figures::{figures, growths};
use crate::limits::{self, LIMITS};
use crate::report::{self, Report};
use crate::{Error, Machine, affinity, measure};

/// Runs the program, from its arguments without its name.
///
/// # Errors
/// The arguments are wrong, or a figure could not be measured. A goal that is missed is no error.
pub fn run(arguments: Vec<OsString>) -> Result<(), cli::Error> {
    match arguments.split_first() {
        Some((first, rest)) if first == "limit" => limits::run(rest),
        Some((first, rest)) if first == "pinned" => pinned(rest),
        _ => {
            let arguments = Arguments::parse(arguments)?;
            if arguments.list {
                Ok(Output::stdout()?.text(&list())?)
            } else {
                measure_all(&arguments)
            }
        }
    }
}

/// Becomes a command on a processor. Its arguments are taken as they are.
fn pinned(arguments: &[OsString]) -> Result<(), cli::Error> {
    let command = arguments.iter().take(2).cloned().collect();
    let [cpu, program] = CommandLine::positional(&ABOUT, command)?.operands(["CPU", "COMMAND"])?;
    let cpu = cpu.number(0..=usize::MAX)?;
    Err(affinity::become_pinned(cpu, program.as_os_str(), &arguments[2..]).into())
}

fn list() -> String {
    let mut list = String::from("Figures:\n");
    for figure in figures() {
        for row in figure.rows {
            list += &format!("  {:28} {}\n", figure.name, row.what);
        }
    }
    for growth in growths() {
        list += &format!("  {:28} tables\n", growth.name);
    }
    list += "Limits:\n";
    for limit in LIMITS {
        list += &format!("  {} {}\n", limit.name, limit.usage);
    }
    list
}

fn measure_all(arguments: &Arguments) -> Result<(), cli::Error> {
    let output = Output::stdout()?;
    let machine = Machine::new(programs()?, arguments.round)?;
    end_on_signal()?;
    affinity::pin(machine.load_cpu)?;

    let mut report = Report {
        processor: processor(),
        rounds: arguments.rounds,
        round_seconds: arguments.round.as_secs_f64(),
        ..Report::default()
    };
    let mut failed = 0;
    let mut failure = |name: &str, error: Error| {
        failed += 1;
        progress(&format!("{name} failed: {error}"));
    };
    for figure in &arguments.figures {
        progress(figure.name);
        match measure(figure, &machine, arguments.rounds) {
            Ok(measured) => report.figures.push(measured),
            Err(error) => failure(figure.name, error),
        }
    }
    for growth in &arguments.growths {
        progress(growth.name);
        match (growth.measure)(&machine) {
            Ok(tables) => report.tables.extend(tables),
            Err(error) => failure(growth.name, error),
        }
    }
    deliver(&report, arguments, &output)?;
    match failed {
        0 => Ok(()),
        _ => Err(cli::Error::new(format_args!(
            "figures that failed: {failed}"
        ))),
    }
}

fn deliver(report: &Report, arguments: &Arguments, output: &Output) -> Result<(), cli::Error> {
    if let Some(file) = &arguments.json {
        write(file, serde_json::to_string_pretty(report)? + "\n")?;
    }
    if let Some(file) = &arguments.svg {
        write(file, report::chart(report))?;
    }
    let summary = (!report.figures.is_empty()).then(|| report::summary(report));
    for table in summary.iter().chain(&report.tables) {
        output.text(&format!("\n{}", report::markdown(table)))?;
    }
    Ok(())
}

fn write(file: &Path, text: String) -> Result<(), cli::Error> {
    fs::write(file, text).map_err(|error| {
        let file = file.display();
        cli::Error::new(format_args!("cannot write {file}: {error}"))
    })
}

/// Reports on standard error what is going on.
fn progress(line: &str) {
    cli::report(format_args!("bench: {line}"));
}

/// The processor's model, where the system tells.
fn processor() -> String {
    let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim() == "model name");
    model
        .map_or("unknown processor", |(_, model)| model.trim())
        .to_owned()
}

/// The folder of this program, which is that of all programs.
///
/// # Errors
/// [`Error::System`] if the system does not tell it.
pub fn programs() -> Result<PathBuf, Error> {
    let this = env::current_exe().map_err(Error::system("looking for the programs"))?;
    Ok(this.parent().unwrap_or(Path::new("")).to_owned())
}

/// A signal ends this process with status 130, and leaves nothing behind that was started here.
///
/// # Errors
/// The signals cannot be caught.
pub fn end_on_signal() -> Result<(), cli::SignalError> {
    cli::on_shutdown_signal(end)
}

#[allow(clippy::exit)]
fn end() {
    const STATUS_INTERRUPTED: i32 = 130;
    harness::kill_all();
    // A round that is under way knows nothing of signals.
    std::process::exit(STATUS_INTERRUPTED)
}
