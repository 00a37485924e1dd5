//! How a [`Record`] is shown: to people ([`human`]), and to readers of TAP, JSON and JUnit.

mod evidence;
mod human;
mod junit;
mod list;
mod platform;
#[cfg(test)]
mod platform_tests;
mod points;
mod tap;
#[cfg(test)]
mod tests;

pub(crate) use list::list;

use crate::record::{CheckRecord, Kind, Outcome};
use crate::{Record, page};

/// In which form a record is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// A page for a browser.
    Html,
    /// Test Anything Protocol, version 13.
    Tap,
    /// The record itself, as the README documents it.
    Json,
    /// XML for continuous integration.
    Junit,
    /// Markdown, for a summary.
    Markdown,
    /// `results.json` of Gradescope.
    Gradescope,
    /// `result.json` of Classroom 50.
    Classroom50,
    /// The output that Autolab reads.
    Autolab,
    /// `results.json` of PrairieLearn.
    Prairielearn,
}

/// How much is shown, and what it is worth.
#[derive(Clone, Debug)]
pub(crate) struct Style {
    pub(crate) shown: Shown,
    /// The sum of all points; without it, the criteria have their own points, or each must has one.
    pub(crate) points: Option<f64>,
    /// The problem of Autolab that the points are for.
    pub(crate) problem: String,
}

/// How much of the evidence people are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// That of the first few failures, shortened: the report fits on a screen.
    Some,
    /// All of it, and every check.
    All,
}

impl Format {
    /// All forms, by their names.
    pub(crate) const ALL: [(&str, Self); 10] = [
        ("human", Self::Human),
        ("html", Self::Html),
        ("tap", Self::Tap),
        ("json", Self::Json),
        ("junit", Self::Junit),
        ("markdown", Self::Markdown),
        ("gradescope", Self::Gradescope),
        ("classroom50", Self::Classroom50),
        ("autolab", Self::Autolab),
        ("prairielearn", Self::Prairielearn),
    ];

    /// The text of a record; it may have colours where it is for people.
    pub(crate) fn of(self, record: &Record, style: &Style) -> String {
        let text = match self {
            Self::Human => human::human(record, style.shown),
            Self::Html => page::student(record, points_of(record, style.points)),
            Self::Tap => tap::tap(record),
            Self::Json => json(record),
            Self::Junit => junit::junit(record),
            Self::Markdown => platform::markdown(record, style.points),
            Self::Gradescope => platform::gradescope(record, style.points),
            Self::Classroom50 => platform::classroom50(record, style.points),
            Self::Autolab => platform::autolab(record, style.points, &style.problem),
            Self::Prairielearn => platform::prairielearn(record, style.points),
        };
        without_commands(&text)
    }

    /// Whether it is read by a platform: that takes any exit status but 0 for a failure of the
    /// grader, and discards the results.
    pub(crate) fn is_for_a_platform(self) -> bool {
        use Format::{Autolab, Classroom50, Gradescope, Prairielearn};
        matches!(self, Gradescope | Classroom50 | Autolab | Prairielearn)
    }
}

/// What nothing that reads logs takes for a command: GitHub's runner finds `::` at the beginning of
/// a line, behind any white space, and `##[` everywhere; that of Azure, `##vso[`.
///
/// A space is put between, which no form minds.
fn without_commands(text: &str) -> String {
    let text = text.replace("##[", "# #[").replace("##vso[", "# #vso[");
    let mut safe = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (space, rest) = line.split_at(line.len() - line.trim_start().len());
        safe += space;
        if rest.starts_with("::") {
            safe += ": :";
        }
        safe += rest.strip_prefix("::").unwrap_or(rest);
    }
    safe
}

/// Why a platform is given no results: nothing at all was judged, or the checker had trouble with
/// what has points.
pub(crate) fn why_no_results(record: &Record) -> Option<&str> {
    let is_trouble =
        |check: &CheckRecord| check.kind == Some(Kind::Trouble) && record.counts(check);
    let trouble = record.checks.iter().find(|check| is_trouble(check));
    let nothing = record.outcome == Outcome::NotJudged
        && record.checks.iter().all(CheckRecord::is_not_judged);
    let first = || record.checks.first().filter(|_| nothing);
    let check = trouble.or_else(first)?;
    Some(check.reason.as_deref().unwrap_or("nothing was judged"))
}

/// The points that are earned and those that could be; none where nothing can be said.
pub(crate) fn points_of(record: &Record, total: Option<f64>) -> Option<(f64, f64)> {
    let judged = record.outcome != Outcome::NotJudged;
    judged.then(|| points::sum(&points::items(record, total)))
}

/// The record as JSON, with a line break at its end.
pub(crate) fn json(record: &Record) -> String {
    // A record has nothing that JSON cannot represent.
    serde_json::to_string_pretty(record).unwrap_or_default() + "\n"
}
