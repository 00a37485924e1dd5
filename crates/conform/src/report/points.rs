//! What a grading is worth: the points of the assignment's own criteria where it has them, else one
//! for each must.

use super::evidence::evidence;
use crate::record::{CheckRecord, CriterionRecord, Kind, Verdict};
use crate::{Level, Record};

/// One line of a grading, as platforms show it: a criterion or a check.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    /// The number of the criterion, or the id of the check.
    pub(super) number: String,
    pub(super) name: String,
    /// The points that are earned, and those that are possible; none for a line that only informs.
    pub(super) points: Option<(f64, f64)>,
    pub(super) verdict: Verdict,
    pub(super) level: Level,
    pub(super) section: String,
    /// What was seen of what does not hold.
    pub(super) evidence: String,
}

impl Item {
    fn of_check(record: &Record, check: &CheckRecord) -> Self {
        let counts = record.criteria.is_empty() && record.counts(check) && is_left_in(check);
        let earned = f64::from(u8::from(check.verdict == Verdict::Holds));
        Self {
            number: check.id.clone(),
            name: check.title.clone(),
            points: counts.then_some((earned, 1.0)),
            verdict: check.verdict,
            level: check.level,
            section: check.section.clone(),
            evidence: if check.verdict == Verdict::Holds {
                String::new()
            } else {
                evidence(check)
            },
        }
    }

    fn of_criterion(record: &Record, criterion: &CriterionRecord) -> Self {
        let checks = record
            .checks
            .iter()
            .filter(|check| criterion.checks.contains(&check.id));
        let failed: Vec<_> = checks
            .filter(|check| check.verdict != Verdict::Holds)
            .collect();
        let counts = criterion.earned.is_some() || failed.iter().all(|check| is_left_in(check));
        let possible = f64::from(criterion.points);
        let earned = if criterion.earned == Some(true) {
            possible
        } else {
            0.0
        };
        Self {
            number: criterion.number.to_string(),
            name: criterion.title.clone(),
            points: counts.then_some((earned, possible)),
            verdict: match criterion.earned {
                Some(true) => Verdict::Holds,
                Some(false) => Verdict::Broken,
                None => Verdict::NotJudged,
            },
            level: Level::Must,
            section: "Criteria".to_owned(),
            // What was seen stands under the checks, once.
            evidence: failed
                .iter()
                .map(|check| format!("{} {}: {}\n", check.id, verdict(check), check.title))
                .collect(),
        }
    }
}

fn verdict(check: &CheckRecord) -> &'static str {
    match check.verdict {
        Verdict::Holds => "holds",
        Verdict::Broken => "is broken",
        Verdict::NotJudged => "was not judged",
    }
}

/// A check that was not judged is left out of the sum, so that nobody loses points by it, except
/// when its premise is broken, or time ran out: then its points are not earned. Else a program that
/// hangs until the end would have all points that are left.
fn is_left_in(check: &CheckRecord) -> bool {
    matches!(check.kind, None | Some(Kind::Premise | Kind::OutOfTime))
}

/// The criteria and the checks. If `total` is given, their points sum up to it, unless something
/// was left out.
pub(super) fn items(record: &Record, total: Option<f64>) -> Vec<Item> {
    let criteria = record
        .criteria
        .iter()
        .map(|criterion| Item::of_criterion(record, criterion));
    let checks = record
        .checks
        .iter()
        .map(|check| Item::of_check(record, check));
    let mut items: Vec<_> = criteria.chain(checks).collect();
    let Some(total) = total else { return items };
    let all = if record.criteria.is_empty() {
        record
            .checks
            .iter()
            .filter(|check| record.counts(check))
            .count() as f64
    } else {
        record
            .criteria
            .iter()
            .map(|criterion| f64::from(criterion.points))
            .sum()
    };
    for (earned, possible) in items.iter_mut().filter_map(|item| item.points.as_mut()) {
        *earned *= total / all;
        *possible *= total / all;
    }
    items
}

/// The sums of the points earned and possible.
pub(super) fn sum(items: &[Item]) -> (f64, f64) {
    let points = items.iter().filter_map(|item| item.points);
    points.fold((0.0, 0.0), |(earned, possible), item| {
        (earned + item.0, possible + item.1)
    })
}

/// The same items in whole points, for platforms that read whole numbers only: each is earned in
/// full or not at all, and the possible points sum up to the rounded total.
pub(super) fn whole(items: Vec<Item>) -> Vec<Item> {
    let mut exact = 0.0;
    let mut given = 0.0;
    let whole = |mut item: Item| {
        if let Some((earned, possible)) = &mut item.points {
            exact += *possible;
            let share = exact.round() - given;
            given += share;
            *earned = if *earned > 0.0 { share } else { 0.0 };
            *possible = share;
        }
        item
    };
    items.into_iter().map(whole).collect()
}
