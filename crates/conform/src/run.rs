use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use cli::{Error, Output};

use crate::arguments::{Arguments, Order};
use crate::progress::Progress;
use crate::record::{self, CheckRecord, Kind, Outcome, Record};
use crate::report::Format;
use crate::{Evidence, Grading, NotJudged, Problem, Target, Unusable, grade, preflight, report};

/// Runs the program, and returns its exit status: that of the outcome.
///
/// # Errors
/// The arguments are wrong, nothing could be graded, or the report could not be delivered.
pub fn run(arguments: Vec<OsString>) -> Result<u8, Error> {
    let text = match Arguments::parse(arguments)? {
        Arguments::List(listed) => report::list(&listed),
        Arguments::Explain(text) => text,
        Arguments::Grade(mut order) => return run_checks(&mut order),
    };
    Output::stdout()?.text(&text)?;
    Ok(0)
}

fn run_checks(order: &mut Order) -> Result<u8, Error> {
    let destination = Destination::open(order)?;
    cli::on_shutdown_signal(|| INTERRUPTED.store(true, Ordering::SeqCst))?;
    let record = graded(order);
    if order.format.is_for_a_platform() {
        return deliver(order, &record, destination);
    }
    destination.write(&order.format.of(&record, &order.style))?;
    Ok(if is_interrupted().is_some() {
        STATUS_INTERRUPTED
    } else {
        record.status
    })
}

/// Results that are delivered have status 0, whatever they are. If the checker had trouble, none
/// are delivered: the platform then reports a failure of the grader, and nobody loses points.
fn deliver(order: &Order, record: &Record, destination: Destination) -> Result<u8, Error> {
    let is_trouble = |check: &CheckRecord| check.kind == Some(Kind::Trouble);
    if record.outcome == Outcome::NotJudged && record.checks.iter().all(CheckRecord::is_not_judged)
        || record.checks.iter().any(is_trouble)
    {
        let reason = record
            .checks
            .iter()
            .find_map(|check| check.reason.as_deref());
        let reason = reason.unwrap_or("nothing was judged");
        cli::report(format_args!("conform: no results: {reason}"));
        return Ok(Outcome::NotJudged.status());
    }
    destination.write(&order.format.of(record, &order.style))?;
    Ok(0)
}

fn graded(order: &mut Order) -> Record {
    let (assignment, subject) = (order.assignment, order.subject.clone());
    let tried = until_interrupted(move || preflight(assignment, &subject));
    match tried {
        Ok(startup) => order.subject.startup = startup,
        Err(unusable) => return Record::of_unusable(assignment, &unusable, about(order)),
    }
    let grading = Grading {
        assignment,
        subject: order.subject.clone(),
        checks: order.checks.clone(),
        jobs: order.jobs,
        seed: order.seed,
        deadline: order.deadline.map(|deadline| order.started + deadline),
    };
    let progress = Progress::new(grading.checks.len());
    let report = grade(&grading, |result| progress.seen(result), is_interrupted);
    drop(progress);
    Record::of(&report, about(order))
}

/// After a signal the report has what was judged until then.
const STATUS_INTERRUPTED: u8 = 130;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

fn is_interrupted() -> Option<&'static str> {
    INTERRUPTED
        .load(Ordering::SeqCst)
        .then_some("the run was interrupted")
}

/// Tries the program on a thread of its own, which is abandoned after a signal.
fn until_interrupted(
    try_out: impl FnOnce() -> Result<Duration, Unusable> + Send + 'static,
) -> Result<Duration, Unusable> {
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

fn about(order: &Order) -> record::About {
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
        confinement: Vec::new(),
    }
}

/// Where the report goes.
enum Destination {
    Stdout {
        output: Output,
        colored: bool,
    },
    File {
        file: File,
        path: PathBuf,
        colored: bool,
    },
}

impl Destination {
    /// A file is made immediately: that it cannot be made should be known before the checks.
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
        match File::create(&path) {
            Ok(file) => Ok(Self::File {
                file,
                path,
                colored: colors && order.color == ColorChoice::Always,
            }),
            Err(error) => Err(cannot_write(path.as_os_str(), &error)),
        }
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
            Self::File { mut file, path, .. } => file
                .write_all(text.as_bytes())
                .map_err(|error| cannot_write(path.as_os_str(), &error)),
        }
    }
}

fn cannot_write(path: &OsStr, error: &io::Error) -> Error {
    let path = cli::escape(path.as_encoded_bytes());
    Error::new(format_args!("cannot write {path:?}: {error}"))
}
