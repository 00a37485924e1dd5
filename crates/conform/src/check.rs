use std::time::Duration;

use harness::Event;

use crate::Trial;
use crate::conversation::shown;

/// Whether an assignment demands something, or a careful user of it would expect it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The assignment, or its course, says so.
    Must,
    /// We say so, where both are silent: it never fails a student.
    Should,
}

/// One thing that can be seen of a program from outside.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// The clause that it shows, with a number behind it if there are several: `T-5/2`.
    pub id: &'static str,
    /// Whether the program must or should.
    pub level: Level,
    /// What the program does if it is right, in a few words.
    pub title: &'static str,
    /// What the assignment says, in a short paraphrase, with the place where it says so.
    pub requirement: &'static str,
    /// How long it takes at least, because the assignment makes it wait.
    pub takes: Duration,
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

    /// The same check, which has to wait for so many seconds: it is started early.
    #[must_use]
    pub const fn waits(self, seconds: u64) -> Self {
        Self {
            takes: Duration::from_secs(seconds),
            ..self
        }
    }

    /// The clause without the number behind it.
    pub fn clause(&self) -> &'static str {
        self.id
            .split_once('/')
            .map_or(self.id, |(clause, _)| clause)
    }
}

/// How a check ends: with nothing to say, or with a problem.
pub type Outcome = Result<(), Problem>;

/// Why a check does not hold, or could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The program does something else.
    Broken {
        /// All that would have been right.
        expected: String,
        /// What happened instead.
        happened: String,
    },
    /// It cannot be seen in this run, or the checker itself lacks something; the reason.
    NotRun(String),
}

impl Problem {
    /// The program does something else.
    pub fn broken(expected: impl Into<String>, happened: impl Into<String>) -> Self {
        Self::Broken {
            expected: expected.into(),
            happened: happened.into(),
        }
    }
}

/// Every failed wait is a broken promise of the program under test, except where the system refuses
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
            Error::System { doing, error } => {
                Self::NotRun(format!("the checker has trouble {doing}: {error}"))
            }
        }
    }
}
