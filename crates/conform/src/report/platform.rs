//! The forms in which courses' platforms take results.

use std::env;
use std::fmt::Write as _;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::evidence::unusable;
use super::points::{Item, items, sum, whole};
use crate::record::{Kind, Outcome, Verdict};
use crate::{Level, Record};

/// <https://gradescope-autograders.readthedocs.io/en/latest/specs/>: `results.json`.
pub(super) fn gradescope(record: &Record, total: Option<f64>) -> String {
    let items = items(record, total);
    let tests: Vec<_> = items.iter().map(gradescope_test).collect();
    text(&json!({
        // Of rounded parts the sum would not be what all together are worth.
        "score": rounded(sum(&items).0),
        "execution_time": record.seconds,
        "output": summary(record),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "extra_data": { "conform": record.conform, "assignment": record.assignment, "seed": record.seed },
        "tests": tests,
    }))
}

fn gradescope_test(item: &Item) -> Value {
    let mut test = json!({
        "number": item.number,
        "name": item.name,
        "tags": [item.level.to_string(), item.section],
        "visibility": "visible",
    });
    if let Some((earned, possible)) = item.points {
        test["score"] = json!(rounded(earned));
        test["max_score"] = json!(rounded(possible));
    }
    match item.verdict {
        Verdict::Holds => test["status"] = json!("passed"),
        Verdict::Broken => test["status"] = json!("failed"),
        Verdict::NotJudged => {}
    }
    if !item.evidence.is_empty() {
        test["output"] = json!(item.evidence);
    }
    test
}

/// The bytes of the name of a test.
const NAME_OF_CLASSROOM50: usize = 100;

/// Classroom 50: `result.json`. Who submitted what is in the environment of its runner.
pub(super) fn classroom50(record: &Record, total: Option<f64>) -> String {
    let items = whole(items(record, total));
    let (score, max_score) = sum(&items);
    let test = |name: &str, passed: bool, (earned, possible): (f64, f64), output: &str| {
        json!({
            "test-name": first_bytes(name, NAME_OF_CLASSROOM50),
            "passed": passed,
            "score": earned as u64,
            "max-score": possible as u64,
            "output": indented(output),
        })
    };
    let why_not = record.unusable.as_ref().map(|problem| {
        let name = "the program can be graded";
        test(name, false, (0.0, 0.0), &unusable(problem))
    });
    // Where criteria have the points, broken checks show why they are not earned.
    let is_shown = |item: &&Item| {
        item.points.is_some() || item.level == Level::Must && item.verdict == Verdict::Broken
    };
    let tests = items.iter().filter(is_shown).map(|item| {
        let name = format!("{} {}", item.number, item.name);
        let points = item.points.unwrap_or_default();
        test(
            &name,
            item.verdict == Verdict::Holds,
            points,
            &item.evidence,
        )
    });
    let tests: Vec<_> = why_not.into_iter().chain(tests).collect();
    let from = |name| env::var(name).unwrap_or_default();
    let kind = match from("ASSIGNMENT_TYPE") {
        kind if kind.is_empty() => "individual".to_owned(),
        kind => kind,
    };
    text(&json!({
        "schema": "classroom50/result/v1",
        "classroom": from("CLASSROOM"),
        "assignment": from("ASSIGNMENT"),
        "assignment_type": kind,
        "owner": from("OWNER"),
        "submission": from("SUBMISSION_TAG"),
        "commit": from("COMMIT_URL"),
        "release": from("RELEASE_URL"),
        "review": from("REVIEW_URL"),
        "datetime": now(),
        "score": score as u64,
        "max-score": max_score as u64,
        "tests": tests,
    }))
}

/// Autolab: the text for the student, then the line with the stages, then the line with the scores.
///
/// Its reader puts quotes around every word before a colon, also inside of strings: no letter or
/// digit may stand there.
pub(super) fn autolab(record: &Record, total: Option<f64>, problem: &str) -> String {
    let items = items(record, total);
    let musts: Vec<_> = items
        .iter()
        .filter(|item| item.level == Level::Must)
        .collect();
    let mut stages: Vec<&str> = musts.iter().map(|item| &*item.section).collect();
    stages.dedup();
    let mut semantic = Map::new();
    semantic.insert("_presentation".to_owned(), json!("semantic"));
    semantic.insert("stages".to_owned(), json!(stages));
    for item in musts {
        let stage = semantic.entry(&item.section).or_insert_with(|| json!({}));
        stage[format!("{} {}", item.number, item.name)] = hinted(item);
    }
    let (earned, _) = sum(&items);
    let mut text = summary(record);
    for item in items.iter().filter(|item| !item.evidence.is_empty()) {
        let evidence = indented(&item.evidence);
        let _ = writeln!(
            text,
            "{} {}: {}\n{evidence}",
            item.number, item.level, item.name
        );
    }
    for line in [
        Value::from(semantic),
        json!({ "scores": { problem: rounded(earned) } }),
    ] {
        let _ = writeln!(text, "{}", without_words_before_colons(&line.to_string()));
    }
    text
}

fn hinted(item: &Item) -> Value {
    if item.verdict == Verdict::Holds {
        return json!({ "passed": true });
    }
    let says = |line: &&str| line.contains("expected") || line.contains("not judged");
    let line = item.evidence.lines().find(says).unwrap_or_default();
    let words: Vec<_> = line.split_whitespace().collect();
    json!({ "passed": false, "hint": words.join(" ") })
}

/// Puts a space between a letter or digit and a colon. Outside of strings a quote stands before the
/// colon, so only the text of strings changes, which is harmless.
fn without_words_before_colons(line: &str) -> String {
    let mut safe = String::with_capacity(line.len());
    for character in line.chars() {
        if character == ':' && safe.ends_with(|before: char| before.is_ascii_alphanumeric()) {
            safe.push(' ');
        }
        safe.push(character);
    }
    safe
}

/// PrairieLearn: `results.json`. Its points are all or nothing: every test has some.
pub(super) fn prairielearn(record: &Record, total: Option<f64>) -> String {
    if let Some(problem) = &record.unusable {
        let errors = [
            format!("{}: {}", problem.expected, problem.happened),
            problem.programs.concat(),
        ];
        return text(&json!({ "gradable": false, "format_errors": errors }));
    }
    let items = items(record, total);
    let (earned, possible) = sum(&items);
    let tests: Vec<_> = items
        .iter()
        .map(|item| {
            let (earned, possible) = item.points.unwrap_or_default();
            let level = if item.level == Level::Should {
                " (should)"
            } else {
                ""
            };
            json!({
                "name": format!("{}{level} {}", item.number, item.name),
                "points": rounded(earned),
                "max_points": rounded(possible),
                "output": item.evidence,
            })
        })
        .collect();
    text(&json!({
        "gradable": true,
        "score": if possible > 0.0 { rounded(earned / possible) } else { 0.0 },
        "message": summary(record),
        "tests": tests,
    }))
}

/// Markdown for a step summary of GitHub Actions, or any page.
pub(super) fn markdown(record: &Record, total: Option<f64>) -> String {
    let items = items(record, total);
    let mut text = format!(
        "## {}\n\n",
        escaped(summary(record).lines().next().unwrap_or_default())
    );
    for cause in &record.causes {
        let _ = writeln!(
            text,
            "**Likely cause: {}** ({})\n\n{}\n",
            escaped(&cause.name),
            cause.explains.join(", "),
            escaped(&cause.advice)
        );
    }
    if let Some(problem) = &record.unusable {
        text += &fenced(&unusable(problem));
        return text;
    }
    text += "| | check | | |\n|---|---|---|---|\n";
    for item in items.iter().filter(|item| item.verdict != Verdict::Holds) {
        let sign = if item.verdict == Verdict::Broken {
            "✗ fails"
        } else {
            "? not judged"
        };
        let _ = writeln!(
            text,
            "| {sign} | {} | {} | {} |",
            item.number,
            item.level,
            escaped(&item.name)
        );
    }
    for item in items.iter().filter(|item| item.verdict == Verdict::Broken) {
        let _ = writeln!(
            text,
            "\n<details><summary>{} {}</summary>\n\n{}</details>",
            item.number,
            escaped(&item.name),
            fenced(&item.evidence)
        );
    }
    text
}

/// What a reader of Markdown takes as it is.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for character in text.chars() {
        match character {
            '<' => safe += "&lt;",
            '&' => safe += "&amp;",
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' => {
                safe.push('\\');
                safe.push(character);
            }
            '\n' | '\r' => safe.push(' '),
            _ => safe.push(character),
        }
    }
    safe
}

/// In a fence that is longer than any in it.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end())
}

/// As much of a text as fits into so many bytes.
fn first_bytes(text: &str, most: usize) -> &str {
    let ends = text.char_indices().map(|(at, one)| at + one.len_utf8());
    &text[..ends.take_while(|end| *end <= most).last().unwrap_or(0)]
}

/// No line of it can be a command to the platform: all are indented.
fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// The result in one line, and what a reader must know in some more.
fn summary(record: &Record) -> String {
    let Record {
        assignment, must, ..
    } = record;
    if let Some(problem) = &record.unusable {
        return format!(
            "{assignment}: the program cannot be graded\n{}",
            unusable(problem)
        );
    }
    let mut text = format!(
        "{assignment}: {} of {} musts hold\n",
        must.holds,
        must.holds + must.broken + must.not_judged
    );
    for cause in &record.causes {
        let _ = writeln!(
            text,
            "Likely cause: {} (explains {})\n{}",
            cause.name,
            cause.explains.join(", "),
            cause.advice
        );
    }
    for (kind, reason) in [
        (
            Kind::ByDesign,
            "cannot be seen in this kind of run and are left out",
        ),
        (
            Kind::Premise,
            "rest on others that are broken and were not judged",
        ),
        (
            Kind::OutOfTime,
            "were not judged for lack of time and earn no points",
        ),
        (
            Kind::Trouble,
            "were not judged because the grader had trouble and are left out",
        ),
    ] {
        let ids: Vec<_> = record
            .checks
            .iter()
            .filter(|check| check.kind == Some(kind))
            .map(|check| &*check.id)
            .collect();
        if !ids.is_empty() {
            let _ = writeln!(text, "{} checks {reason}: {}", ids.len(), ids.join(", "));
        }
    }
    if record.outcome == Outcome::NotJudged {
        text += "This is no verdict: ask for the program to be graded again.\n";
    }
    text
}

/// To a thousandth.
fn rounded(points: f64) -> f64 {
    (points * 1000.0).round() / 1000.0
}

/// The time in UTC, to the second, as Classroom 50 reads it.
fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

fn text(value: &Value) -> String {
    format!("{value:#}\n")
}
