#![doc = include_str!("../README.md")]
//!
//! # The code
//! An [`Assignment`] is a list of [`Check`]s. Each check starts the program under test (the
//! [`Subject`]), talks to it in literal bytes and watches what happens, all through its [`Trial`];
//! [`grade`] runs the checks concurrently and gathers a [`Report`].
//!
//! It knows the programs only from outside, and shares no codec with them: it cannot share a
//! mistake with one either.

mod arguments;
mod as_tests;
mod assignment;
mod capture;
mod cause;
mod check;
pub mod checks;
mod class;
mod conversation;
mod explore;
mod files;
mod grade;
mod gradebook;
mod halves;
mod lateness;
mod limits;
mod page;
mod progress;
pub mod record;
mod report;
mod run;
mod selection;
mod specification;
mod subject;
mod trial;

pub use as_tests::{TestLine, run_as_tests, run_concurrently, run_some_concurrently, try_again};
pub use assignment::{Assignment, Criterion, Role, Section};
pub use capture::write_capture;
pub use cause::Cause;
pub use check::{Check, Level, NotJudged, Outcome, Problem};
pub use conversation::Conversation;
pub use explore::Exploration;
pub use grade::{
    CheckResult, DEFAULT_JOBS, Evidence, Grading, Preflight, Report, TOO_BUSY, Unusable, grade,
    grade_one, preflight,
};
pub use record::Record;
pub use run::run;
pub use subject::{Arguments, Limits, Recorded, Subject, Target};
pub use trial::Trial;

#[cfg(test)]
mod tests {
    #[test]
    fn readme_shows_help() {
        let run = |arguments| super::run(arguments).map(drop);
        assert!(cli::readme_shows_help(include_str!("../README.md"), run));
    }
}
