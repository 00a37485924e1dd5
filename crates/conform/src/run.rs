use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use cli::{Error, Output};
use harness::confine::{Landlock, Namespaces, in_own_network, is_inner_half};

use crate::arguments::{Arguments, Contain, Order};
use crate::files;
use crate::halves::{Side, Told, tell, tell_check};
use crate::limits::bearable_jobs;
use crate::progress::Progress;
use crate::record::{self, Outcome, Record};
use crate::report::Format;
use crate::trial::try_confinement;
use crate::{
    CheckResult, Evidence, Grading, NotJudged, Preflight, Problem, Target, Unusable, grade,
    preflight, report,
};

/// Runs the program, and returns its exit status: that of the outcome.
///
/// # Errors
/// The arguments are wrong, nothing could be graded, or the report could not be delivered.
pub fn run(arguments: Vec<OsString>) -> Result<u8, Error> {
    let text = match Arguments::parse(arguments)? {
        Arguments::List(listed) => report::list(&listed),
        Arguments::Explain(text) => text,
        Arguments::Grade(mut order) => return run_checks(&mut order),
        Arguments::Class(class) => {
            cli::on_shutdown_signal(|| INTERRUPTED.store(true, Ordering::SeqCst))?;
            return class.run(|| is_interrupted().is_some());
        }
        Arguments::Summarize(summary) => return summary.write(),
    };
    Output::stdout()?.text(&text)?;
    Ok(0)
}

fn run_checks(order: &mut Order) -> Result<u8, Error> {
    // Only the half that reports has a place for the report; that it can be written should be
    // known before the checks.
    let destination = match is_inner_half() {
        true => None,
        false => {
            if let Some(captures) = &order.captures {
                captures.prepare()?;
            }
            Some(Destination::open(order)?)
        }
    };
    let side = Side::choose(order)?;
    let record = match side {
        Side::Outer { told, interrupted } => told_record(order, told, interrupted),
        Side::Whole | Side::Inner(_) => {
            cli::on_shutdown_signal(|| INTERRUPTED.store(true, Ordering::SeqCst))?;
            graded(order, &side)
        }
    };
    match (record, destination) {
        (Err(refused), None) => {
            tell(&Told::Refused(refused.to_string()));
            Ok(STATUS_REFUSED)
        }
        (Err(refused), Some(_)) => Err(refused),
        (Ok(record), None) => {
            tell(&Told::Record(Box::new(record)));
            Ok(0)
        }
        (Ok(record), Some(destination)) => {
            if order.format.is_for_a_platform() {
                return deliver(order, &record, destination);
            }
            destination.write(&order.format.of(&record, &order.style))?;
            Ok(if record.interrupted {
                STATUS_INTERRUPTED
            } else {
                record.status
            })
        }
    }
}

/// The record that the inner half told; if its end came before, what it told until then.
fn told_record(order: &Order, told: Vec<Told>, interrupted: bool) -> Result<Record, Error> {
    let mut checks = Vec::new();
    for told in told {
        match told {
            Told::Record(record) => return Ok(*record),
            Told::Refused(reason) => return Err(Error::with_status(reason, STATUS_REFUSED)),
            Told::Check(check) => checks.push(*check),
        }
    }
    let about = record::About {
        interrupted,
        ..about(order, Vec::new())
    };
    Ok(Record::cut_off(
        order.assignment,
        &order.checks,
        checks,
        about,
    ))
}

/// Results that are delivered have status 0, whatever they are. If the checker had trouble, none
/// are delivered: the platform then reports a failure of the grader, and nobody loses points.
fn deliver(order: &Order, record: &Record, destination: Destination) -> Result<u8, Error> {
    if let Some(reason) = report::why_no_results(record) {
        cli::report(format_args!("conform: no results: {reason}"));
        return Ok(Outcome::NotJudged.status());
    }
    destination.write(&order.format.of(record, &order.style))?;
    Ok(0)
}

fn graded(order: &mut Order, side: &Side) -> Result<Record, Error> {
    let (assignment, subject) = (order.assignment, order.subject.clone());
    let layers = layers(order, side)?;
    let own_networks = order.has_own_networks();
    let first = until_interrupted(move || {
        let first = || preflight(assignment, &subject);
        if own_networks {
            in_own_network(first).unwrap_or_else(|_| first())
        } else {
            first()
        }
    });
    match first {
        Ok(first) => order.subject.startup = first.startup,
        Err(unusable) => {
            return Ok(Record::of_unusable(
                assignment,
                &order.checks,
                &unusable,
                about(order, layers),
            ));
        }
    }
    let grading = Grading {
        assignment,
        subject: order.subject.clone(),
        checks: order.checks.clone(),
        jobs: order.jobs.min(bearable_jobs()),
        seed: order.seed,
        deadline: order.deadline.map(|deadline| order.started + deadline),
        own_networks,
    };
    let progress = Progress::new(grading.checks.len());
    let seen = |result: &CheckResult| {
        progress.seen(result);
        if let Side::Inner(_) = side {
            tell_check(order, result);
        }
    };
    let report = grade(&grading, seen, is_interrupted);
    drop(progress);
    let mut record = Record::of(&report, about(order, layers));
    if let Some(captures) = &order.captures {
        // The verdicts do not depend on them.
        let written = captures.write(&report, &mut record, order.output.as_deref());
        written.unwrap_or_else(|error| cli::report(format_args!("conform: {error}")));
    }
    Ok(record)
}

/// What is on of the confinement, in lines for the report: none if nothing is started.
///
/// # Errors
/// It has to be on, and is not.
fn layers(order: &Order, side: &Side) -> Result<Vec<String>, Error> {
    if let Target::Connect(_) = order.subject.target {
        return Ok(Vec::new());
    }
    let mut layers = vec![side.layer()];
    let mut landlock = Landlock::Off;
    if let (Side::Inner(_), Some(limits)) = (side, &order.subject.confinement) {
        layers.push(match try_confinement(limits) {
            Ok(found) => {
                landlock = found;
                landlock_line(found).to_owned()
            }
            Err(error) => format!("no limits: {error}"),
        });
    }
    let both = matches!(side, Side::Inner(Namespaces::On)) && landlock != Landlock::Off;
    if order.contain == Contain::Must && !both {
        let reason = format!("nothing was run: {}", layers.join("; "));
        return Err(Error::with_status(reason, STATUS_REFUSED));
    }
    Ok(layers)
}

fn landlock_line(landlock: Landlock) -> &'static str {
    match landlock {
        Landlock::Full => "limits, and Landlock for files, signals and abstract sockets",
        Landlock::Partly => "limits, and Landlock for files alone",
        Landlock::Off => "limits, but no Landlock",
    }
}

/// What is to be confined cannot be.
const STATUS_REFUSED: u8 = 3;

/// After a signal the report says what was judged until then.
const STATUS_INTERRUPTED: u8 = 130;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

fn is_interrupted() -> Option<&'static str> {
    INTERRUPTED
        .load(Ordering::SeqCst)
        .then_some("the run was interrupted")
}

/// Tries the program on a thread of its own, which is abandoned after a signal.
fn until_interrupted(
    try_out: impl FnOnce() -> Result<Preflight, Unusable> + Send + 'static,
) -> Result<Preflight, Unusable> {
    const GLANCE: Duration = Duration::from_millis(50);
    let (done, tried) = mpsc::channel();
    let not_judged = |reason| Unusable {
        problem: Problem::NotJudged(reason),
        evidence: Evidence::default(),
    };
    let work = move || {
        // Nobody listens any more where it was interrupted.
        let _ = done.send(try_out());
    };
    if let Err(error) = thread::Builder::new().spawn(work) {
        return Err(not_judged(NotJudged::Trouble(format!(
            "starting a thread: {error}"
        ))));
    }
    loop {
        match (tried.recv_timeout(GLANCE), is_interrupted()) {
            (Ok(tried), _) => return tried,
            (Err(RecvTimeoutError::Timeout), None) => {}
            (Err(RecvTimeoutError::Timeout), Some(reason)) => {
                harness::kill_all();
                return Err(not_judged(NotJudged::OutOfTime(reason.to_owned())));
            }
            (Err(RecvTimeoutError::Disconnected), _) => {
                return Err(not_judged(NotJudged::Trouble(
                    "the first try panicked".to_owned(),
                )));
            }
        }
    }
}

fn about(order: &Order, confinement: Vec<String>) -> record::About {
    let words = order
        .subject
        .command
        .iter()
        .map(|word| harness::quote(&word.to_string_lossy()));
    let command = words.collect::<Vec<_>>().join(" ");
    let mut repeat = format!("conform --seed {} --only {{only}}", order.seed);
    match order.subject.target {
        Target::Start => {}
        Target::FixedPort(port) => repeat += &format!(" --fixed-port {port}"),
        Target::Connect(address) => repeat += &format!(" --connect {address}"),
    }
    repeat += &format!(" {}", order.assignment.name);
    if !command.is_empty() {
        repeat += " --";
    }
    record::About {
        command,
        repeat,
        seed: order.seed,
        strict: order.strict,
        confinement,
        interrupted: is_interrupted().is_some(),
    }
}

/// Where the report goes.
enum Destination {
    Stdout { output: Output, colored: bool },
    File { path: PathBuf, colored: bool },
}

impl Destination {
    fn open(order: &Order) -> Result<Self, Error> {
        let colors = order.format == Format::Human;
        let Some(path) = order.output.clone() else {
            let output = Output::stdout()?;
            let color = match order.color {
                ColorChoice::Auto => AutoStream::choice(&io::stdout()),
                chosen => chosen,
            };
            let colored = colors && color != ColorChoice::Never;
            return Ok(Self::Stdout { output, colored });
        };
        // Removed again: nothing is left beside the report if this process is killed.
        files::can_put(&path)?;
        Ok(Self::File {
            path,
            colored: colors && order.color == ColorChoice::Always,
        })
    }

    /// A reader that has left changes nothing about the verdict.
    fn write(self, text: &str) -> Result<(), Error> {
        let (Self::Stdout { colored, .. } | Self::File { colored, .. }) = self;
        let text = if colored {
            text.to_owned()
        } else {
            strip_str(text).to_string()
        };
        match self {
            Self::Stdout { output, .. } => match output.text(&text) {
                Err(error) if !error.is_closed() => Err(error.into()),
                _ => Ok(()),
            },
            Self::File { path, .. } => files::put(&path, |file| file.write_all(text.as_bytes())),
        }
    }
}
