use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::counts::{Counts, Score};
use super::sections::sections;
use crate::{CheckResult, Level, Report, Verdict};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// For people: a table by section, the evidence of what does not hold, and the counts.
///
/// It has colours, which are stripped where they are not wanted.
pub(super) fn human(report: &Report<'_>, strict: bool) -> String {
    let mut text = String::new();
    table(&mut text, report, strict);
    evidence(&mut text, report, strict);
    criteria(&mut text, report);
    last_line(&mut text, report, strict);
    text
}

// Writing into a `String` cannot fail: the results of `write!` are of no interest below.

fn table(text: &mut String, report: &Report<'_>, strict: bool) {
    let ids = report.results.iter().map(|result| result.check.id.len());
    let width = ids.max().unwrap_or(0);
    for (heading, results) in sections(report) {
        let counts = [Level::Must, Level::Should].map(|level| {
            let counts = Counts::of(level, results.iter().copied());
            (counts.judged() > 0)
                .then(|| format!("{} of {} {level}", counts.holds, counts.judged()))
        });
        let counts: Vec<_> = counts.into_iter().flatten().collect();
        let _ = write!(text, "{BOLD}{heading}{BOLD:#}");
        if !counts.is_empty() {
            let _ = write!(text, "  {DIM}{}{DIM:#}", counts.join(", "));
        }
        text.push('\n');
        for result in results {
            row(text, result, width, strict);
        }
        text.push('\n');
    }
}

fn row(text: &mut String, result: &CheckResult<'_>, width: usize, strict: bool) {
    let check = result.check;
    let (style, word) = match result.verdict {
        Verdict::Holds => (GREEN, "ok"),
        Verdict::Broken { .. } => (style_of_failure(result, strict), "FAILS"),
        Verdict::NotRun(_) => (DIM, "not run"),
    };
    let _ = write!(
        text,
        "  {style}{word:7}{style:#}  {:width$}  {DIM}{:6}{DIM:#}  {}",
        check.id, check.level, check.title
    );
    if let Verdict::NotRun(reason) = &result.verdict {
        let reason = cli::escape(reason.as_bytes());
        let _ = write!(text, " {DIM}({reason}){DIM:#}");
    }
    text.push('\n');
}

fn style_of_failure(result: &CheckResult<'_>, strict: bool) -> Style {
    match result.check.level {
        Level::Should if !strict => YELLOW,
        Level::Must | Level::Should => RED,
    }
}

/// What the program must do comes first.
fn evidence(text: &mut String, report: &Report<'_>, strict: bool) {
    for level in [Level::Must, Level::Should] {
        let broken = |result: &&CheckResult<'_>| {
            result.check.level == level && matches!(result.verdict, Verdict::Broken { .. })
        };
        for result in report.results.iter().filter(broken) {
            let shown = result.to_string();
            let (head, rest) = shown.split_once('\n').unwrap_or((&shown, ""));
            let style = style_of_failure(result, strict);
            let _ = writeln!(text, "{style}{head}{style:#}\n{rest}");
        }
    }
}

fn criteria(text: &mut String, report: &Report<'_>) {
    if Score::of(report).is_none() {
        return;
    }
    let _ = writeln!(text, "{BOLD}The assignment's own criteria{BOLD:#}");
    for criterion in report.assignment.criteria {
        let points = criterion.points;
        let (style, earned) = match report.earns(criterion) {
            Some(true) => (GREEN, points.to_string()),
            Some(false) => (RED, "0".to_owned()),
            None => (DIM, "?".to_owned()),
        };
        let _ = writeln!(
            text,
            "  {:>2}.  {style}{earned:>2} of {points:>2}{style:#}  {}",
            criterion.number, criterion.title
        );
    }
    text.push('\n');
}

fn last_line(text: &mut String, report: &Report<'_>, strict: bool) {
    let style = if report.passes(strict) { GREEN } else { RED };
    let [must, should] =
        [Level::Must, Level::Should].map(|level| Counts::of(level, &report.results));
    let name = report.assignment.name;
    let _ = write!(
        text,
        "{style}{name}: {} of {} musts",
        must.holds,
        must.judged()
    );
    if should.judged() > 0 {
        let _ = write!(text, " and {} of {} shoulds", should.holds, should.judged());
    }
    let _ = write!(text, " hold{style:#}");
    let not_run = must.not_run + should.not_run;
    if not_run > 0 {
        let _ = write!(text, ", {not_run} not run");
    }
    if let Some(score) = Score::of(report) {
        let _ = write!(
            text,
            ", {BOLD}{} of {} points{BOLD:#}",
            score.earned, score.judged
        );
        if score.judged < score.all {
            let _ = write!(text, " ({} not judged)", score.all - score.judged);
        }
    }
    let _ = writeln!(text, ", {:.1} s", report.took.as_secs_f64());
}
