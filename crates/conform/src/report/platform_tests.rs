//! What platforms ask for, and how points are given; `scripts/tests/recipes.sh` holds whole results
//! against their documentation.

use serde_json::Value;

use super::tests::{STYLE, about, report, unusable};
use super::{Format, Style, why_no_results};
use crate::{Level, NotJudged, Problem, Record};

const PLATFORMS: [Format; 4] = [
    Format::Gradescope,
    Format::Classroom50,
    Format::Autolab,
    Format::Prairielearn,
];

fn record() -> Record {
    Record::of(&report(), about(false))
}

/// The same, of an assignment whose musts have a point each.
fn without_criteria() -> Record {
    let criteria = Vec::new();
    Record {
        criteria,
        ..record()
    }
}

fn json(format: Format, record: &Record, points: Option<f64>) -> Value {
    let style = Style { points, ..STYLE };
    serde_json::from_str(&format.of(record, &style)).unwrap()
}

#[test]
fn the_sum_is_exact_whatever_its_parts_are_rounded_to() {
    let mut report = report();
    for result in &mut report.results {
        result.outcome = Ok(());
    }
    let criteria = Vec::new();
    let record = Record {
        criteria,
        ..Record::of(&report, about(false))
    };
    let results = json(Format::Gradescope, &record, Some(50.0));
    assert_eq!(results["tests"][0]["score"], 16.667);
    assert_eq!(results["score"], 50.0);
    let result = json(Format::Classroom50, &record, Some(50.0));
    assert_eq!(
        (&result["score"], &result["max-score"]),
        (&50.into(), &50.into())
    );
    assert_eq!(result["tests"][0]["score"], 17);
}

#[test]
fn a_program_that_hangs_until_the_end_has_no_points_for_it() {
    let mut report = report();
    for result in &mut report.results[1..] {
        let reason = "the deadline passed".to_owned();
        result.outcome = Err(Problem::NotJudged(NotJudged::OutOfTime(reason)));
    }
    let mut record = Record::of(&report, about(false));
    record.criteria.clear();
    let results = json(Format::Prairielearn, &record, None);
    assert_eq!(results["score"], 0.333);
    let message = results["message"].as_str().unwrap();
    assert!(
        message.contains(
            "3 checks were not judged for lack of time and earn no points: A-8, A-8/2, G-4"
        ),
        "{message}"
    );
}

#[test]
fn what_cannot_be_seen_in_this_run_is_left_out() {
    let results = json(Format::Prairielearn, &without_criteria(), None);
    // A-1 holds, A-8 does not, G-4 cannot be seen.
    assert_eq!(results["score"], 0.5);
    // Without points on every test PrairieLearn shows none.
    assert_eq!(results["tests"][3]["max_points"], 0.0);
}

#[test]
fn a_criterion_is_lost_by_one_broken_check_although_another_cannot_be_seen() {
    let mut record = record();
    record.criteria[2].checks.push("A-8".to_owned());
    record.criteria[2].earned = Some(false);
    let results = json(Format::Gradescope, &record, None);
    assert_eq!(results["tests"][2]["max_score"], 20.0);
    assert_eq!(results["tests"][2]["score"], 0.0);
}

#[test]
fn the_checkers_trouble_with_a_must_keeps_results_back_and_with_a_should_does_not() {
    for (check, level, kept_back) in [(1, Level::Must, true), (2, Level::Should, false)] {
        let mut report = report();
        report.results[check].outcome = Err(Problem::trouble("no memory"));
        assert_eq!(report.results[check].check.level, level);
        let record = Record::of(&report, about(false));
        assert_eq!(why_no_results(&record).is_some(), kept_back, "{level}");
        let strict = Record::of(&report, about(true));
        assert!(why_no_results(&strict).is_some(), "{level}");
    }
    assert_eq!(why_no_results(&record()), None);
    let mut nothing = report();
    nothing.results.drain(..3);
    let nothing = Record::of(&nothing, about(false));
    assert_eq!(why_no_results(&nothing), Some("no process"));
}

#[test]
fn evidence_stands_once_and_platforms_take_the_size() {
    let mut report = report();
    for result in &mut report.results {
        result.outcome = Err(Problem::broken("a close", "\u{1b}".repeat(5000)));
        result.evidence.programs = vec!["\"\u{1}<&`\\:a:\n".repeat(5000); 3];
    }
    let mut record = Record::of(&report, about(false));
    // As many as an assignment has, and all rest on every check.
    record.checks = record.checks.iter().cycle().take(60).cloned().collect();
    record.criteria = record.criteria.iter().cycle().take(20).cloned().collect();
    for criterion in &mut record.criteria {
        criterion.checks = vec!["A-1".to_owned(), "A-8".to_owned(), "G-4".to_owned()];
    }
    for format in PLATFORMS.into_iter().chain([Format::Markdown]) {
        let text = format.of(&record, &STYLE);
        assert!(text.len() < 1 << 20, "{format:?}: {}", text.len());
    }
}

#[test]
fn classroom50_has_short_names_and_says_why_a_program_cannot_be_graded() {
    let mut record = without_criteria();
    record.checks[0].title = "ä".repeat(80);
    let result = json(Format::Classroom50, &record, None);
    let name = result["tests"][0]["test-name"].as_str().unwrap();
    assert_eq!(name, format!("A-1 {}", "ä".repeat(48)));
    let result: Value = serde_json::from_str(&unusable(Format::Classroom50)).unwrap();
    let output = result["tests"][0]["output"].as_str().unwrap();
    assert!(output.contains("it does not"), "{output}");
    assert!(
        output.lines().all(|line| line.starts_with("  ")),
        "{output}"
    );
}

/// Autolab puts quotes around a word before a colon in the last two lines, wherever it stands.
#[test]
fn autolab_finds_no_word_before_a_colon() {
    let mut record = without_criteria();
    record.checks[1].expected = Some("a:1 at 12:30, é:x".to_owned());
    let style = Style {
        problem: "Lab 1: sockets".to_owned(),
        ..STYLE
    };
    let text = Format::Autolab.of(&record, &style);
    let mut lines = text.lines().rev();
    let (scores, semantic) = (lines.next().unwrap(), lines.next().unwrap());
    for line in [scores, semantic] {
        let bytes = line.as_bytes();
        let words = bytes
            .windows(2)
            .filter(|two| two[1] == b':' && two[0].is_ascii_alphanumeric());
        assert_eq!(words.count(), 0, "{line}");
    }
    let scores: Value = serde_json::from_str(scores).unwrap();
    assert_eq!(scores["scores"]["Lab 1 : sockets"], 1.0);
    let semantic: Value = serde_json::from_str(semantic).unwrap();
    let hint = &semantic["Errors"]["A-8 it gives up <silent> clients"]["hint"];
    assert_eq!(hint, "expected a :1 at 12 :30, é:x");
}

#[test]
fn a_fence_is_longer_than_any_in_the_evidence() {
    let mut record = record();
    record.checks[1].programs = vec!["````\n| <b>\n".to_owned()];
    record.checks[1].title = "a | b <b>".to_owned();
    let text = Format::Markdown.of(&record, &STYLE);
    assert!(text.contains("\n`````text\n"), "{text}");
    assert!(text.contains("| A-8 | must | a \\| b &lt;b> |"), "{text}");
}
