use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use cli::Output;

use crate::arguments::{Order, Request};
use crate::progress::Progress;
use crate::report::Format;
use crate::{Error, Grading, grade, report, try_out};

/// Runs the program. The exit status says whether all that is demanded holds.
///
/// # Errors
/// [`Error`] if nothing could be graded, or the report could not be delivered.
pub fn run(arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let text = match Request::parse(arguments)? {
        Request::Show(text) => text,
        Request::List(listed) => report::list(&listed),
        Request::Grade(order) => return run_checks(&order),
    };
    Output::stdout()?.text(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn run_checks(order: &Order) -> Result<ExitCode, Error> {
    let destination = Destination::open(order)?;
    cli::on_shutdown_signal(end)?;
    let tried = try_out(order.assignment, &order.subject);
    unless_ending();
    if let Err(unusable) = tried {
        // A person sees it as the error that it is; a reader of files wants one in any case.
        if order.format != Format::Human || order.output.is_some() {
            destination.write(&order.format.unusable(order.assignment, &unusable))?;
        }
        return Err(Error::Unusable(unusable));
    }
    let grading = Grading {
        assignment: order.assignment,
        subject: &order.subject,
        checks: order.checks.clone(),
        jobs: order.jobs,
    };
    let progress = Progress::new(grading.checks.len());
    let report = grade(&grading, |result| progress.seen(result));
    unless_ending();
    drop(progress);
    destination.write(&order.format.report(&report, order.strict))?;
    let status = if report.passes(order.strict) { 0 } else { 1 };
    Ok(ExitCode::from(status))
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
    /// A file is made at once: that it cannot be made should not be said after the checks only.
    fn open(order: &Order) -> Result<Self, Error> {
        let Some(path) = order.output.clone() else {
            let output = Output::stdout()?;
            let color = match order.color {
                ColorChoice::Auto => AutoStream::choice(&io::stdout()),
                chosen => chosen,
            };
            let colored = color != ColorChoice::Never;
            return Ok(Self::Stdout { output, colored });
        };
        match File::create(&path) {
            Ok(file) => Ok(Self::File {
                file,
                path,
                colored: order.color == ColorChoice::Always,
            }),
            Err(error) => Err(Error::Write { file: path, error }),
        }
    }

    fn write(self, text: &str) -> Result<(), Error> {
        let (Self::Stdout { colored, .. } | Self::File { colored, .. }) = self;
        let text = if colored {
            text.to_owned()
        } else {
            strip_str(text).to_string()
        };
        match self {
            Self::Stdout { output, .. } => Ok(output.text(&text)?),
            Self::File { mut file, path, .. } => file
                .write_all(text.as_bytes())
                .map_err(|error| Error::Write { file: path, error }),
        }
    }
}
