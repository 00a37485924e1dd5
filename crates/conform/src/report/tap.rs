use std::fmt::Write as _;

use serde_json::Value;

use super::evidence::{evidence, unusable};
use crate::Record;
use crate::record::{CheckRecord, Verdict};

/// Test Anything Protocol, version 13, with a YAML block for what does not hold.
///
/// A should that does not hold is a `TODO`, which fails nothing, unless the record is strict. A run
/// without a verdict ends with `Bail out!`.
pub(super) fn tap(record: &Record) -> String {
    let mut text = "TAP version 13\n".to_owned();
    let layers: String = record
        .confinement
        .iter()
        .map(|layer| format!("# confinement: {layer}\n"))
        .collect();
    if let Some(problem) = &record.unusable {
        for line in unusable(problem).lines() {
            text += &format!("# {line}\n");
        }
        text += &layers;
        return text
            + "Bail out! The program could not be started, or never listened or connected.\n";
    }
    // Writing into a `String` cannot fail.
    let _ = writeln!(text, "1..{}", record.checks.len());
    text += &layers;
    for (index, check) in record.checks.iter().enumerate() {
        line(&mut text, index + 1, check, record.counts(check));
    }
    if record.status == 4 {
        text += "Bail out! Some of it was not judged: this run says neither that the program passes nor that it fails.\n";
    }
    text
}

fn line(text: &mut String, number: usize, check: &CheckRecord, counts: bool) {
    let (ok, directive) = match check.verdict {
        Verdict::Holds => ("ok", String::new()),
        Verdict::Broken if !counts => (
            "not ok",
            " # TODO a program should, but need not".to_owned(),
        ),
        Verdict::Broken => ("not ok", String::new()),
        Verdict::NotJudged => {
            let reason = check.reason.as_deref().unwrap_or_default();
            ("ok", format!(" # SKIP {}", cli::escape(reason.as_bytes())))
        }
    };
    let description = format!("{} {}", check.id, check.title).replace('#', "\\#");
    let _ = writeln!(text, "{ok} {number} - {description}{directive}");
    if check.verdict != Verdict::Broken {
        return;
    }
    let _ = writeln!(text, "  ---");
    for (key, value) in [
        ("level", check.level.to_string()),
        ("requirement", check.requirement.clone()),
        ("expected", check.expected.clone().unwrap_or_default()),
        ("happened", check.happened.clone().unwrap_or_default()),
    ] {
        // What JSON has as a string, YAML takes as one too.
        let _ = writeln!(text, "  {key}: {}", Value::from(value));
    }
    let _ = writeln!(text, "  seconds: {:.3}\n  evidence:", check.seconds);
    for line in evidence(check).lines() {
        let _ = writeln!(text, "    - {}", Value::from(line));
    }
    let _ = writeln!(text, "  ...");
}
