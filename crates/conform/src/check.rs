use std::fmt;
use std::time::Duration;

use harness::{Event, shown};
use serde::{Deserialize, Serialize};

use crate::Trial;

/// Whether an assignment demands something, or a careful user of it would expect it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The words of the assignment, or of its course, demand it.
    Must,
    /// Both are silent, and a careful user would expect it: it never fails a student.
    Should,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Must => "must",
            Self::Should => "should",
        })
    }
}

/// One thing about a program that can be seen from outside.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// The clause that it shows, followed by a number if the clause has several checks: `T-5/2`.
    pub id: &'static str,
    /// Whether the program must or should.
    pub level: Level,
    /// What the program does if it is right, in a few words.
    pub title: &'static str,
    /// A short paraphrase of the assignment's words, with their section.
    pub requirement: &'static str,
    /// How long it takes at least, because the assignment makes it wait.
    pub takes: Duration,
    /// Its premises: if one of these checks does not hold, a failure of this one says nothing about
    /// the program.
    pub premises: &'static [&'static str],
    /// Does it.
    pub run: fn(&mut Trial<'_>) -> Outcome,
}

impl Check {
    /// A check of what the assignment or its course says.
    pub const fn must(
        id: &'static str,
        title: &'static str,
        requirement: &'static str,
        run: fn(&mut Trial<'_>) -> Outcome,
    ) -> Self {
        Self {
            id,
            level: Level::Must,
            title,
            requirement,
            takes: Duration::ZERO,
            premises: &[],
            run,
        }
    }

    /// A check of what a careful user would expect.
    pub const fn should(
        id: &'static str,
        title: &'static str,
        requirement: &'static str,
        run: fn(&mut Trial<'_>) -> Outcome,
    ) -> Self {
        Self {
            level: Level::Should,
            ..Self::must(id, title, requirement, run)
        }
    }

    /// The same check, which has to wait for this number of seconds: it is started early.
    #[must_use]
    pub const fn waits(self, seconds: u64) -> Self {
        Self {
            takes: Duration::from_secs(seconds),
            ..self
        }
    }

    /// The same check, which rests on others: a program that breaks one of them is not blamed for
    /// this one too.
    #[must_use]
    pub const fn needs(self, premises: &'static [&'static str]) -> Self {
        Self { premises, ..self }
    }

    /// The id of the clause, without the number that follows it in that of the check.
    pub fn clause(&self) -> &'static str {
        self.id
            .split_once('/')
            .map_or(self.id, |(clause, _)| clause)
    }
}

/// How a check ends: it holds, or there is a problem.
pub type Outcome = Result<(), Problem>;

/// Why a check does not hold, or was not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The program does something else.
    Broken {
        /// All that would have been right.
        expected: String,
        /// What happened instead.
        happened: String,
    },
    /// The program could not be judged.
    NotJudged(NotJudged),
}

/// Why a check was not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotJudged {
    /// It cannot be seen in this kind of run, by design: the command has placeholders, the server
    /// runs already, or the system does not show it.
    NotInThisRun(String),
    /// It failed, but so did this check, which is its premise.
    Premise(&'static str),
    /// The run was over before it was.
    OutOfTime(String),
    /// The checker or the machine had trouble, which is nobody's fault.
    Trouble(String),
}

impl fmt::Display for NotJudged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInThisRun(reason) => f.write_str(reason),
            Self::Premise(id) => write!(f, "because {id} is broken"),
            Self::OutOfTime(reason) => write!(f, "out of time: {reason}"),
            Self::Trouble(reason) => write!(f, "trouble of the checker: {reason}"),
        }
    }
}

impl Problem {
    /// The program does something else.
    pub fn broken(expected: impl ToString, happened: impl ToString) -> Self {
        Self::Broken {
            expected: expected.to_string(),
            happened: happened.to_string(),
        }
    }

    /// It cannot be seen in this kind of run, by design.
    pub fn not_in_this_run(reason: impl Into<String>) -> Self {
        Self::NotJudged(NotJudged::NotInThisRun(reason.into()))
    }

    /// The checker or the machine had trouble.
    pub fn trouble(reason: impl Into<String>) -> Self {
        Self::NotJudged(NotJudged::Trouble(reason.into()))
    }
}

/// Every failed wait is a fault of the program under test, except where the system refuses
/// something to the checker itself.
impl From<harness::Error> for Problem {
    fn from(error: harness::Error) -> Self {
        use harness::Error;
        match error {
            Error::Start { command, error } => {
                Self::broken("the program starts", format!("{command}: {error}"))
            }
            Error::Deadline {
                expected, within, ..
            } => Self::broken(
                expected,
                format!("nothing of it within {:.1} seconds", within.as_secs_f64()),
            ),
            Error::Ended {
                expected,
                exit: Some(exit),
                ..
            } => Self::broken(expected, format!("the program ended with {exit}")),
            Error::Ended {
                expected,
                exit: None,
                ..
            } => Self::broken(expected, "the program closed its output"),
            Error::Connect { address, error } => Self::broken(
                format!("a connection to {address} is accepted"),
                error.to_string(),
            ),
            Error::Peer {
                expected,
                event,
                received,
                ..
            } => match event {
                Event::Data(bytes) => Self::broken(expected, shown(&bytes)),
                event if received.is_empty() => Self::broken(expected, event.to_string()),
                event => Self::broken(expected, format!("{event}, after {} bytes", received.len())),
            },
            Error::System { doing, error } => Self::trouble(format!("{doing}: {error}")),
        }
    }
}
