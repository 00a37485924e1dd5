use std::fmt::Write as _;

use serde_json::Value;

use crate::{CheckResult, Level, Report, Unusable, Verdict};

/// Test Anything Protocol, version 13, with a YAML block for what does not hold.
///
/// Without `strict`, a should that does not hold is a `TODO`, which fails nothing.
pub(super) fn tap(report: &Report<'_>, strict: bool) -> String {
    let mut text = format!("TAP version 13\n1..{}\n", report.results.len());
    for (index, result) in report.results.iter().enumerate() {
        line(&mut text, index + 1, result, strict);
    }
    text
}

pub(super) fn unusable(unusable: &Unusable) -> String {
    let mut text = "TAP version 13\n".to_owned();
    for line in unusable.to_string().lines() {
        text += &format!("# {line}\n");
    }
    text + "Bail out! The program could not be started, or never listened.\n"
}

// Writing into a `String` cannot fail: the results of `write!` are of no interest below.

fn line(text: &mut String, number: usize, result: &CheckResult<'_>, strict: bool) {
    let check = result.check;
    let (ok, directive) = match (&result.verdict, check.level) {
        (Verdict::Holds, _) => ("ok", String::new()),
        (Verdict::Broken { .. }, Level::Should) if !strict => (
            "not ok",
            " # TODO a program should, but need not".to_owned(),
        ),
        (Verdict::Broken { .. }, _) => ("not ok", String::new()),
        (Verdict::NotRun(reason), _) => {
            ("ok", format!(" # SKIP {}", cli::escape(reason.as_bytes())))
        }
    };
    let description = format!("{} {}", check.id, check.title).replace('#', "\\#");
    let _ = writeln!(text, "{ok} {number} - {description}{directive}");
    if let Verdict::Broken { expected, happened } = &result.verdict {
        let _ = writeln!(text, "  ---");
        for (key, value) in [
            ("level", &*check.level.to_string()),
            ("requirement", check.requirement),
            ("expected", expected),
            ("happened", happened),
        ] {
            // What JSON has as a string, YAML takes as one too.
            let _ = writeln!(text, "  {key}: {}", Value::from(value));
        }
        let _ = writeln!(text, "  seconds: {:.3}", result.took.as_secs_f64());
        let _ = writeln!(text, "  evidence:");
        for line in result.evidence.to_string().lines() {
            let _ = writeln!(text, "    - {}", Value::from(line));
        }
        let _ = writeln!(text, "  ...");
    }
}
