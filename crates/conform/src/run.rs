use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Mutex;

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use cli::{Error, Output};

use crate::arguments::{Arguments, Order};
use crate::progress::Progress;
use crate::record::{self, Record};
use crate::report::Format;
use crate::{Grading, Target, grade, preflight, report};

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
    cli::on_shutdown_signal(end)?;
    let tried = preflight(order.assignment, &order.subject);
    unless_ending();
    match tried {
        Ok(startup) => order.subject.startup = startup,
        Err(unusable) => {
            let record = Record::of_unusable(order.assignment, &unusable, about(order));
            destination.write(&order.format.of(&record, order.shown))?;
            return Ok(record.status);
        }
    }
    let grading = Grading {
        assignment: order.assignment,
        subject: &order.subject,
        checks: order.checks.clone(),
        jobs: order.jobs,
        seed: order.seed,
    };
    let progress = Progress::new(grading.checks.len());
    let report = grade(&grading, |result| progress.seen(result));
    unless_ending();
    drop(progress);
    let record = Record::of(&report, about(order));
    destination.write(&order.format.of(&record, order.shown))?;
    Ok(record.status)
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

/// Held by the end that a signal makes.
static ENDING: Mutex<()> = Mutex::new(());

/// What comes of checks whose programs were killed must not be reported.
fn unless_ending() {
    drop(ENDING.lock());
}

/// A signal leaves nothing behind that was started here.
#[allow(clippy::exit)]
fn end() {
    const STATUS_INTERRUPTED: i32 = 130;
    let _ending = ENDING.lock();
    harness::kill_all();
    // The checks that run know nothing of signals, and some wait long.
    std::process::exit(STATUS_INTERRUPTED)
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
