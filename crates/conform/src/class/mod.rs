//! A class: each submission is graded by a `conform` of its own, which leaves a JSON file, and all
//! else is made from these files.

mod grader;
mod room;
mod submissions;
mod summary;

use std::ffi::OsString;
use std::fs;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use cli::{CommandLine, Error, Output, Value};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::arguments::{Order, WITH_VALUE};
use crate::files::cannot;
use crate::limits::bearable_jobs;
use crate::report::Format;
use crate::{Target, record};

use grader::Grader;
use room::Room;
use submissions::Submission;
pub(crate) use summary::{Graded, Summary};

/// What every submission is given, so that all are asked the same, on whatever machine, whenever.
const SEED: &str = "1";

/// How often it is asked whether the next submission may begin.
const GLANCE: Duration = Duration::from_millis(20);

/// Some submissions were not judged.
const STATUS_NOT_JUDGED: u8 = 4;

const STATUS_INTERRUPTED: u8 = 130;

/// The options about a class.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) class: Option<PathBuf>,
    pub(crate) summarize: Option<PathBuf>,
    concurrent: Option<usize>,
    again: bool,
    shard: Option<Shard>,
    anonymous: bool,
    moodle: Option<PathBuf>,
}

/// One part of a class that is graded in several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shard {
    /// From 1.
    number: usize,
    of: usize,
}

impl Options {
    pub(crate) fn of(line: &mut CommandLine) -> Result<Self, Error> {
        let path = |value: &Value| Ok(PathBuf::from(value.as_os_str()));
        Ok(Self {
            class: line.option("--class", path)?,
            summarize: line.option("--summarize", path)?,
            concurrent: line.option("--concurrent", |number| number.number(1..=1000))?,
            again: line.flag("--again"),
            shard: line.option("--shard", Shard::parse)?,
            anonymous: line.flag("--anonymous"),
            moodle: line.option("--moodle", path)?,
        })
    }
}

impl Shard {
    const WHOLE: Self = Self { number: 1, of: 1 };

    fn parse(value: &Value) -> Result<Self, Error> {
        let text = value.as_os_str().to_str();
        let parts = text.and_then(|text| text.split_once('/'));
        let parsed = parts.and_then(|(number, of)| {
            Some(Self {
                number: number.parse().ok()?,
                of: of.parse().ok()?,
            })
        });
        parsed
            .filter(|shard| (1..=shard.of).contains(&shard.number))
            .ok_or_else(|| value.wrong("K/N, such as 1/3"))
    }

    /// Whether it has the submission at this place, counted from 0.
    fn has(self, place: usize) -> bool {
        place % self.of == self.number - 1
    }
}

/// A class that is to be graded.
#[derive(Debug)]
pub(crate) struct Class {
    folder: PathBuf,
    concurrent: RangeInclusive<usize>,
    again: bool,
    shard: Shard,
    grader: Grader,
    summary: Summary,
}

impl Class {
    /// `words` are the arguments of this run, which each submission is graded with.
    pub(crate) fn new(
        folder: PathBuf,
        options: Options,
        order: Order,
        words: &[OsString],
    ) -> Result<Self, Error> {
        if let Target::Connect(_) = order.subject.target {
            return Err(usage("--class takes a command, and no --connect"));
        }
        if order.format != Format::Human {
            return Err(usage(
                "--class writes JSON, HTML and CSV, and takes no --format",
            ));
        }
        let jobs = order.jobs.min(bearable_jobs());
        let concurrent = match (order.subject.target, options.concurrent) {
            // Where programs have no network of their own, only one can use the port.
            (Target::FixedPort(_), _) if !order.has_own_networks() => 1..=1,
            (_, Some(number)) => number..=number,
            _ => concurrent(bearable_jobs() / jobs),
        };
        let output = order.output.unwrap_or_else(|| "results".into());
        let captures = order.captures.map(|captures| captures.folder);
        let (points, problem) = (order.style.points, Some(order.style.problem));
        Ok(Self {
            folder,
            concurrent,
            again: options.again,
            shard: options.shard.unwrap_or(Shard::WHOLE),
            summary: Summary::new(output, points, problem, &options),
            grader: Grader {
                options: options_for_each(words),
                jobs,
                captures,
                assignment: order.assignment.name,
                command: order.subject.command,
            },
        })
    }

    /// Grades what is new or has changed, and summarizes all that is graded. Returns the status.
    pub(crate) fn run(&self, is_interrupted: fn() -> bool) -> Result<u8, Error> {
        let output = &self.summary.folder;
        fs::create_dir_all(output).map_err(|error| cannot("make", output, &error))?;
        let all = submissions::in_folder(&self.folder, output)?;
        let part: Vec<_> = all
            .into_iter()
            .enumerate()
            .filter(|(place, _)| self.shard.has(*place))
            .map(|(_, submission)| submission)
            .collect();
        let of_part = part.len();
        let waiting: Vec<_> = part
            .into_iter()
            .filter(|submission| self.again || !self.is_graded(submission))
            .collect();
        let unchanged = of_part - waiting.len();
        let left = self.grade(waiting, self.concurrent.clone(), is_interrupted)?;
        // What the machine disturbed is graded once more, with the machine to itself.
        let left = self.grade(
            left.into_iter().map(|(one, _)| one).collect(),
            1..=1,
            is_interrupted,
        )?;
        for (submission, reason) in &left {
            let name = submission.name.as_encoded_bytes();
            cli::report(format_args!("conform: {}: {reason}", cli::escape(name)));
        }
        let status = self.summary.write()?;
        Output::stdout()?.line(format_args!(
            "{of_part} submissions, {unchanged} of them unchanged: {}",
            cli::escape(output.join("index.html").as_os_str().as_encoded_bytes())
        ))?;
        Ok(match status {
            _ if is_interrupted() => STATUS_INTERRUPTED,
            0 if !left.is_empty() => STATUS_NOT_JUDGED,
            status => status,
        })
    }

    fn is_graded(&self, submission: &Submission) -> bool {
        let file = submission.json(&self.summary.folder);
        let graded = fs::read(file).ok();
        let graded = graded.and_then(|json| serde_json::from_slice::<Graded>(&json).ok());
        graded.is_some_and(|graded| {
            graded.record.outcome != record::Outcome::NotJudged
                && graded.fingerprint == self.grader.fingerprint(submission)
        })
    }

    /// Returns those that could not be judged, each with the reason; nothing of those that were
    /// not graded because of an interruption.
    fn grade(
        &self,
        submissions: Vec<Submission>,
        concurrent: RangeInclusive<usize>,
        is_interrupted: fn() -> bool,
    ) -> Result<Vec<(Submission, String)>, Error> {
        let bar = progress(submissions.len());
        let folder = &self.summary.folder;
        let mut room = Room::new(concurrent);
        let mut waiting = submissions.into_iter();
        let mut left = Vec::new();
        let mut trouble = None;
        thread::scope(|scope| {
            let mut running: Vec<ScopedJoinHandle<'_, _>> = Vec::new();
            loop {
                for ended in running.extract_if(.., |one| one.is_finished()) {
                    bar.inc(1);
                    match ended.join() {
                        Ok(Ok((_, Ok(())))) => {}
                        Ok(Ok((submission, Err(reason)))) => left.push((submission, reason)),
                        Ok(Err(error)) => trouble = Some(error),
                        Err(_) => trouble = Some(Error::new("a thread that grades panicked")),
                    }
                }
                let may_begin =
                    trouble.is_none() && !is_interrupted() && room.is_there(running.len());
                let next = may_begin.then(|| waiting.next()).flatten();
                if let Some(submission) = next {
                    running.push(scope.spawn(move || {
                        let graded = self.grader.grade(&submission, folder, is_interrupted)?;
                        Ok((submission, graded))
                    }));
                } else if running.is_empty() {
                    break;
                }
                thread::sleep(GLANCE);
            }
        });
        bar.finish_and_clear();
        if let Some(error) = trouble {
            return Err(error);
        }
        left.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
        Ok(left)
    }
}

/// How many submissions to grade concurrently, at least and at most, where the machine bears
/// `bearable`.
fn concurrent(bearable: usize) -> RangeInclusive<usize> {
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let bearable = bearable.max(1);
    processors.min(bearable)..=(8 * processors).min(bearable)
}

/// The options of `conform` for each submission: those of this run without the ones about the
/// class and the report. A repeated option counts where it stands last, so that a seed given wins.
fn options_for_each(words: &[OsString]) -> Vec<OsString> {
    const LEFT_OUT: [&str; 14] = [
        "--class",
        "--concurrent",
        "--again",
        "--shard",
        "--anonymous",
        "--moodle",
        "--output",
        "--pcap",
        "--points",
        "--problem",
        "--color",
        "--evidence",
        "--format",
        "--jobs",
    ];
    let mut kept = vec!["--seed".into(), SEED.into()];
    let mut words = words.iter().take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        let text = word.as_encoded_bytes();
        // What does not begin so is the name of the assignment.
        if !text.starts_with(b"-") {
            continue;
        }
        let name = text.split(|byte| *byte == b'=').next().unwrap_or(text);
        let with_value = WITH_VALUE.iter().any(|(_, one)| one.as_bytes() == text);
        let value = with_value.then(|| words.next()).flatten();
        if !LEFT_OUT.iter().any(|one| one.as_bytes() == name) {
            kept.push(word.clone());
            kept.extend(value.cloned());
        }
    }
    kept
}

/// A bar on standard error, where that is a terminal; elsewhere nothing.
fn progress(submissions: usize) -> ProgressBar {
    const TEMPLATE: &str = "{bar:30} {pos} of {len} submissions in {elapsed}, {eta} left";
    let length = u64::try_from(submissions).ok();
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn usage(message: &str) -> Error {
    Error::with_status(format_args!("{message}; --help shows how it is used"), 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_has_each_submission_just_once() {
        let shards = [1, 2, 3].map(|number| Shard { number, of: 3 });
        for place in 0..10 {
            let having = shards.iter().filter(|shard| shard.has(place));
            assert_eq!(having.count(), 1, "{place}");
        }
    }

    #[test]
    fn a_submission_is_graded_with_the_options_that_are_not_about_the_class() {
        let words = [
            "--class",
            "--only",
            "--strict",
            "--only",
            "--class",
            "--output=out",
            "--seed=7",
            "tcp_server",
            "--again",
            "--jobs",
            "3",
            "--",
            "./x",
            "--class",
        ];
        let words = words.map(OsString::from);
        assert_eq!(
            options_for_each(&words),
            ["--seed", "1", "--strict", "--only", "--class", "--seed=7"]
        );
    }
}
