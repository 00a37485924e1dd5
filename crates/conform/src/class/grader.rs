use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf, absolute};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use cli::Error;
use rustix::process::{Pid, Signal, kill_process};

use super::submissions::Submission;
use super::summary::Graded;
use crate::files::{self, cannot};
use crate::record::{CheckRecord, Outcome, Record};

/// How often it is asked whether to stop.
const GLANCE: Duration = Duration::from_millis(20);

/// So long a `conform` has to end what it has started, once it is told to.
const ENDING: Duration = Duration::from_secs(10);

/// Grades one submission after another, each in a `conform` of its own: what one does to its
/// checker does nothing to the others.
#[derive(Debug)]
pub(super) struct Grader {
    pub(super) options: Vec<OsString>,
    pub(super) jobs: usize,
    /// In the folder of the results, has a folder for the captures of each submission.
    pub(super) captures: Option<PathBuf>,
    pub(super) assignment: &'static str,
    pub(super) command: Vec<OsString>,
}

impl Grader {
    /// Another one when the submission has changed, or how it is graded.
    pub(super) fn fingerprint(&self, submission: &Submission) -> String {
        let mut hasher = DefaultHasher::new();
        env!("CARGO_PKG_VERSION").hash(&mut hasher);
        (&self.options, self.assignment, &self.command).hash(&mut hasher);
        self.captures.hash(&mut hasher);
        match submission.hash(&mut hasher) {
            Ok(()) => format!("{:016x}", hasher.finish()),
            // That of no other: it is graded again.
            Err(_) => String::new(),
        }
    }

    /// Leaves a JSON file of the submission; or the reason why it was not judged, which may change.
    ///
    /// # Errors
    /// What would go wrong with every submission.
    pub(super) fn grade(
        &self,
        submission: &Submission,
        output: &Path,
        is_interrupted: fn() -> bool,
    ) -> Result<Result<(), String>, Error> {
        let trouble = |error: io::Error| Error::new(format_args!("running conform: {error}"));
        let (stdout, stderr) = (file().map_err(trouble)?, file().map_err(trouble)?);
        let mut child = self
            .command(submission, output, &stdout, &stderr)
            .and_then(|mut command| command.spawn())
            .map_err(trouble)?;
        let status = wait(&mut child, is_interrupted).map_err(trouble)?;
        let record = serde_json::from_str::<Record>(&text(stdout));
        let mut record = match record {
            _ if is_interrupted() => return Ok(Ok(())),
            Ok(record) => record,
            Err(_) => {
                let stderr = text(stderr);
                let last = stderr.lines().last().unwrap_or("it printed no record");
                let last = cli::escape(last.as_bytes());
                return Ok(Err(format!("conform ended with {status}: {last}")));
            }
        };
        let reason = why_not_judged(&record);
        // A program may leave files where it runs, which are no change by its author.
        let fingerprint = self.fingerprint(submission);
        for check in &mut record.checks {
            check.capture = self.capture(submission, check);
        }
        let graded = Graded {
            fingerprint,
            record,
        };
        let json = serde_json::to_string_pretty(&graded)
            .map_err(|error| cannot("write", &submission.name, &error))?;
        files::put(&submission.json(output), |file| {
            file.write_all(json.as_bytes())
        })?;
        Ok(reason.map_or(Ok(()), Err))
    }

    /// The file as seen from the folder of the results.
    fn capture(&self, submission: &Submission, check: &CheckRecord) -> Option<String> {
        let name = Path::new(check.capture.as_ref()?).file_name()?;
        let file = self.captures.as_ref()?.join(&submission.name).join(name);
        Some(file.to_string_lossy().into_owned())
    }

    fn command(
        &self,
        submission: &Submission,
        output: &Path,
        stdout: &File,
        stderr: &File,
    ) -> io::Result<Command> {
        let mut command = Command::new(this_program()?);
        if let Some(captures) = &self.captures {
            let folder = absolute(output)?.join(captures).join(&submission.name);
            command.arg("--pcap").arg(folder);
        }
        command
            .arg0("conform")
            .args(&self.options)
            .args(["--jobs", &self.jobs.to_string(), "--format", "json"])
            .arg(self.assignment)
            .arg("--")
            .args(&self.command)
            .current_dir(&submission.folder)
            .stdin(Stdio::null())
            .stdout(stdout.try_clone()?)
            .stderr(stderr.try_clone()?)
            // A key on the terminal interrupts this process, and this process the others.
            .process_group(0);
        Ok(command)
    }
}

/// What runs here, also where another version has taken its place.
fn this_program() -> io::Result<PathBuf> {
    let link = Path::new("/proc/self/exe");
    if link.exists() {
        return Ok(link.to_owned());
    }
    env::current_exe()
}

/// Waits for the end; when this run is interrupted, brings it about.
fn wait(child: &mut Child, is_interrupted: fn() -> bool) -> io::Result<ExitStatus> {
    let mut told = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        match told {
            None if is_interrupted() => {
                // It has not been waited for: the id is its own.
                let _ = kill_process(Pid::from_child(child), Signal::INT);
                told = Some(Instant::now());
            }
            Some(told) if told.elapsed() > ENDING => child.kill()?,
            _ => {}
        }
        thread::sleep(GLANCE);
    }
}

fn why_not_judged(record: &Record) -> Option<String> {
    if record.outcome != Outcome::NotJudged {
        return None;
    }
    let of_all = record.unusable.as_ref().map(|problem| &problem.happened);
    let doubtful = record.checks.iter().find(|check| check.leaves_a_doubt());
    let reason = of_all.or(doubtful.and_then(|check| check.reason.as_ref()));
    let reason = reason.map_or("nothing was judged", String::as_str);
    Some(cli::escape(reason.as_bytes()).to_string())
}

/// A file without a name.
fn file() -> io::Result<File> {
    tempfile::tempfile()
}

/// What is in a file that another process has written.
fn text(mut file: File) -> String {
    let mut bytes = Vec::new();
    let read = file.rewind().and_then(|()| file.read_to_end(&mut bytes));
    // What cannot be read is no record.
    read.map_or_else(
        |_| String::new(),
        |_| String::from_utf8_lossy(&bytes).into_owned(),
    )
}
