//! How a [`Record`] is shown: to people ([`human`]), and to readers of TAP, JSON and JUnit.

mod evidence;
mod human;
mod junit;
mod list;
mod tap;
#[cfg(test)]
mod tests;

pub(crate) use list::list;

use crate::Record;

/// In which form a record is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// Test Anything Protocol, version 13.
    Tap,
    /// The record itself, as the README documents it.
    Json,
    /// XML for continuous integration.
    Junit,
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
    pub(crate) const ALL: [(&str, Self); 4] = [
        ("human", Self::Human),
        ("tap", Self::Tap),
        ("json", Self::Json),
        ("junit", Self::Junit),
    ];

    /// The text of a record; it may have colours where it is for people.
    pub(crate) fn of(self, record: &Record, shown: Shown) -> String {
        match self {
            Self::Human => human::human(record, shown),
            Self::Tap => tap::tap(record),
            Self::Json => json(record),
            Self::Junit => junit::junit(record),
        }
    }
}

/// The record as JSON, with a line break at its end.
pub(crate) fn json(record: &Record) -> String {
    // A record has nothing that JSON cannot say.
    serde_json::to_string_pretty(record).unwrap_or_default() + "\n"
}
