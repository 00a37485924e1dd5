use std::time::Duration;

use serde_json::{Value, json};

use super::counts::{Counts, Score};
use crate::{Assignment, CheckResult, Criterion, Level, Problem, Report, Unusable, Verdict};

/// One object; the README documents it.
pub(super) fn json(report: &Report<'_>, strict: bool) -> String {
    let checks: Vec<_> = report
        .results
        .iter()
        .map(|result| check(report.assignment, result))
        .collect();
    let criteria = report.assignment.criteria.iter();
    let criteria: Vec<_> = criteria.map(|one| criterion(report, one)).collect();
    let counts = |level| {
        let counts = Counts::of(level, &report.results);
        json!({
            "holds": counts.holds,
            "broken": counts.broken,
            "not_run": counts.not_run,
        })
    };
    let score = Score::of(report).map(|score| {
        json!({
            "earned": score.earned,
            "judged": score.judged,
            "all": score.all,
        })
    });
    text(&json!({
        "conform": env!("CARGO_PKG_VERSION"),
        "assignment": report.assignment.name,
        "strict": strict,
        "passes": report.passes(strict),
        "unusable": null,
        "seconds": seconds(report.took),
        "must": counts(Level::Must),
        "should": counts(Level::Should),
        "score": score,
        "criteria": criteria,
        "checks": checks,
    }))
}

pub(super) fn unusable(assignment: &Assignment, unusable: &Unusable) -> String {
    let (expected, happened) = match &unusable.problem {
        Problem::Broken { expected, happened } => (Some(expected), happened),
        Problem::NotRun(reason) => (None, reason),
    };
    text(&json!({
        "conform": env!("CARGO_PKG_VERSION"),
        "assignment": assignment.name,
        "passes": false,
        "unusable": {
            "expected": expected,
            "happened": happened,
            "programs": unusable.evidence.programs,
        },
        "checks": [],
    }))
}

fn check(assignment: &Assignment, result: &CheckResult<'_>) -> Value {
    let check = result.check;
    let mut value = json!({
        "id": check.id,
        "clause": check.clause(),
        "section": assignment.heading(check),
        "level": check.level.to_string(),
        "title": check.title,
        "requirement": check.requirement,
        "seconds": seconds(result.took),
        "verdict": verdict(&result.verdict),
    });
    let evidence = match &result.verdict {
        Verdict::Holds => return value,
        Verdict::Broken { expected, happened } => json!({
            "expected": expected,
            "happened": happened,
            "conversations": result.evidence.conversations,
            "programs": result.evidence.programs,
        }),
        Verdict::NotRun(reason) => json!({ "reason": reason }),
    };
    if let (Value::Object(value), Value::Object(evidence)) = (&mut value, evidence) {
        value.extend(evidence);
    }
    value
}

fn verdict(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Broken { .. } => "broken",
        Verdict::NotRun(_) => "not run",
    }
}

fn criterion(report: &Report<'_>, criterion: &Criterion) -> Value {
    json!({
        "number": criterion.number,
        "points": criterion.points,
        "title": criterion.title,
        "earned": report.earns(criterion),
        "checks": criterion.checks,
    })
}

/// To the millisecond.
fn seconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1000.0).round() / 1000.0
}

fn text(value: &Value) -> String {
    format!("{value:#}\n")
}
