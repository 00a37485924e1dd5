use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use cli::Output;

use crate::arguments::{Order, Request};
use crate::figures::{figures, growths};
use crate::limits::{self, LIMITS};
use crate::report::{self, Report};
use crate::{Error, Machine, affinity, measure};

/// Runs the program, from its arguments without its name.
///
/// # Errors
/// [`Error`]. A goal that is missed is none.
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    match Request::parse(arguments)? {
        Request::Show(text) => Ok(Output::stdout()?.text(&text)?),
        Request::List => Ok(Output::stdout()?.text(&list())?),
        Request::Limit(arguments) => limits::run(&arguments),
        Request::Pinned {
            cpu,
            program,
            arguments,
        } => Err(affinity::become_pinned(cpu, &program, &arguments)),
        Request::Measure(order) => measure_all(&order),
    }
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

fn measure_all(order: &Order) -> Result<(), Error> {
    let output = Output::stdout()?;
    let this = env::current_exe().map_err(Error::system("looking for the programs"))?;
    let programs = this.parent().unwrap_or(Path::new("")).to_owned();
    let machine = Machine::new(programs, order.round)?;
    cli::on_shutdown_signal(end)?;
    affinity::pin(machine.load_cpu)?;

    let mut report = Report {
        processor: processor(),
        rounds: order.rounds,
        round: order.round,
        ..Report::default()
    };
    let mut failed = 0;
    let mut failure = |name: &str, error: Error| {
        failed += 1;
        progress(&format!("{name} failed: {error}"));
    };
    for figure in &order.figures {
        progress(figure.name);
        match measure(figure, &machine, order.rounds) {
            Ok(measured) => report.figures.push(measured),
            Err(error) => failure(figure.name, error),
        }
    }
    for growth in &order.growths {
        progress(growth.name);
        match (growth.measure)(&machine) {
            Ok(tables) => report.tables.extend(tables),
            Err(error) => failure(growth.name, error),
        }
    }
    deliver(&report, order, &output)?;
    if failed > 0 {
        return Err(Error::Failed(failed));
    }
    Ok(())
}

fn deliver(report: &Report, order: &Order, output: &Output) -> Result<(), Error> {
    if let Some(file) = &order.json {
        write(file, &report::json(report))?;
    }
    if let Some(file) = &order.svg {
        write(file, &report::chart(report))?;
    }
    let summary = (!report.figures.is_empty()).then(|| report::summary(report));
    for table in summary.iter().chain(&report.tables) {
        output.text(&format!("\n{}", report::markdown(table)))?;
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), Error> {
    fs::write(file, text).map_err(|error| Error::Write {
        file: file.to_owned(),
        error,
    })
}

/// Says on standard error what is going on; if nobody can read it, nothing is lost.
fn progress(line: &str) {
    let _ = writeln!(io::stderr(), "bench: {line}");
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

/// A signal leaves nothing behind that was started here.
#[allow(clippy::exit)]
fn end() {
    const STATUS_INTERRUPTED: i32 = 130;
    harness::kill_all();
    // A round that is under way knows nothing of signals.
    std::process::exit(STATUS_INTERRUPTED)
}
