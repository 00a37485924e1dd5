//! How results are shown: to people ([`human`]), and to readers of TAP, JSON and JUnit.

mod counts;
mod evidence;
mod human;
mod json;
mod junit;
mod list;
mod sections;
mod tap;
#[cfg(test)]
mod tests;

pub(crate) use list::list;

use crate::{Assignment, Report, Unusable};

/// In which form results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// Test Anything Protocol, version 13.
    Tap,
    /// As the README documents it.
    Json,
    /// XML for continuous integration.
    Junit,
}

impl Format {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "human" => Some(Self::Human),
            "tap" => Some(Self::Tap),
            "json" => Some(Self::Json),
            "junit" => Some(Self::Junit),
            _ => None,
        }
    }

    /// The results of all checks. With `strict`, a should counts like a must.
    pub(crate) fn report(self, report: &Report<'_>, strict: bool) -> String {
        match self {
            Self::Human => human::human(report, strict),
            Self::Tap => tap::tap(report, strict),
            Self::Json => json::json(report, strict),
            Self::Junit => junit::junit(report, strict),
        }
    }

    /// The report on a program that could not be graded.
    pub(crate) fn unusable(self, assignment: &Assignment, unusable: &Unusable) -> String {
        match self {
            Self::Human => format!(
                "{}: the program cannot be graded\n{unusable}",
                assignment.name
            ),
            Self::Tap => tap::unusable(unusable),
            Self::Json => json::unusable(assignment, unusable),
            Self::Junit => junit::unusable(assignment, unusable),
        }
    }
}
