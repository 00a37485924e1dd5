use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::Shown;
use super::evidence::{evidence, named, unusable, wrapped};
use crate::Level;
use crate::Record;
use crate::record::{CauseRecord, CheckRecord, Outcome, Verdict};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// The number of causes, and of failures without a cause, whose evidence is shown without
/// `--evidence all`.
const FULL: usize = 2;

/// The number of lines of evidence that are shown of each.
const LINES: usize = 16;

/// For people: the likely causes, the failures that remain, and the counts.
///
/// It has colours, which are removed later where the output takes none.
pub(super) fn human(record: &Record, shown: Shown) -> String {
    let mut report = Human {
        record,
        shown,
        text: String::new(),
    };
    if let Some(problem) = &record.unusable {
        let _ = writeln!(
            report.text,
            "{RED}{}: the program cannot be graded{RED:#}",
            record.assignment
        );
        report.text += &unusable(problem);
        report.confinement();
        return report.text;
    }
    report.causes();
    report.failures();
    report.not_judged();
    report.explored();
    report.sections();
    report.criteria();
    report.text.push('\n');
    report.confinement();
    report.last_line();
    report.text
}

struct Human<'a> {
    record: &'a Record,
    shown: Shown,
    text: String,
}

// Writing into a `String` cannot fail: the results of `write!` are of no interest below.
impl Human<'_> {
    fn broken(&self) -> impl Iterator<Item = &CheckRecord> {
        let of = |level| {
            self.record
                .checks
                .iter()
                .filter(move |check| check.level == level && check.verdict == Verdict::Broken)
        };
        of(Level::Must).chain(of(Level::Should))
    }

    /// Each with the evidence of the check that shows it best, and a line for the others.
    fn causes(&mut self) {
        let broken = self.broken().count();
        for (index, cause) in self.record.causes.iter().enumerate() {
            let CauseRecord {
                name,
                advice,
                page,
                explains,
            } = cause;
            let _ = writeln!(
                self.text,
                "{BOLD}Likely cause: {name}{BOLD:#} (explains {} of {broken})",
                explains.len()
            );
            for line in wrapped(advice, 94) {
                let _ = writeln!(self.text, "  {line}");
            }
            if let Some(page) = page {
                let _ = writeln!(self.text, "  {page}");
            }
            let checks = explains
                .iter()
                .filter_map(|id| self.record.checks.iter().find(|check| check.id == *id));
            for (place, check) in checks.enumerate() {
                self.failure(check, place == 0 && index < FULL);
            }
            self.text.push('\n');
        }
    }

    /// What no cause explains, musts before shoulds.
    fn failures(&mut self) {
        let explained = |check: &&CheckRecord| {
            self.record
                .causes
                .iter()
                .any(|cause| cause.explains.contains(&check.id))
        };
        let left: Vec<_> = self
            .broken()
            .filter(|check| !explained(check))
            .cloned()
            .collect();
        for (index, check) in left.iter().enumerate() {
            self.failure(check, index < FULL);
        }
        if !left.is_empty() {
            self.text.push('\n');
        }
    }

    fn failure(&mut self, check: &CheckRecord, in_full: bool) {
        let style = if self.record.counts(check) {
            RED
        } else {
            YELLOW
        };
        let _ = writeln!(
            self.text,
            "  {style}FAILS{style:#}  {:7}  {DIM}{:6}{DIM:#}  {}",
            check.id, check.level, check.title
        );
        if !in_full && self.shown == Shown::Some {
            return;
        }
        let evidence = evidence(check);
        let lines: Vec<_> = evidence.lines().collect();
        let kept = if self.shown == Shown::All {
            lines.len()
        } else {
            LINES.min(lines.len())
        };
        for line in &lines[..kept] {
            let _ = writeln!(self.text, "  {line}");
        }
        if kept < lines.len() {
            let _ = writeln!(
                self.text,
                "    {DIM}... {} more lines: --evidence all{DIM:#}",
                lines.len() - kept
            );
        }
        let mut repeat = String::new();
        if let Some(capture) = &check.capture {
            named(&mut repeat, "capture", capture);
        }
        named(
            &mut repeat,
            "repeat",
            &format!(
                "{} {}",
                self.record.repeat.replace("{only}", &check.only()),
                self.record.command
            ),
        );
        self.text += &repeat;
    }

    /// The reasons, each with the checks that have it.
    fn not_judged(&mut self) {
        let mut reasons: Vec<(&str, bool, Vec<&str>)> = Vec::new();
        for check in &self.record.checks {
            let Some(reason) = &check.reason else {
                continue;
            };
            match reasons.iter_mut().find(|(other, ..)| other == reason) {
                Some((.., ids)) => ids.push(&check.id),
                None => reasons.push((reason, check.leaves_a_doubt(), vec![&check.id])),
            }
        }
        for (reason, doubt, ids) in &reasons {
            let style = if *doubt { YELLOW } else { DIM };
            let reason = cli::escape(reason.as_bytes());
            let _ = writeln!(self.text, "  {style}not judged{style:#}, {reason}:");
            for line in wrapped(&ids.join(", "), 90) {
                let _ = writeln!(self.text, "    {DIM}{line}{DIM:#}");
            }
        }
        if !reasons.is_empty() {
            self.text.push('\n');
        }
    }

    fn explored(&mut self) {
        for check in &self.record.checks {
            let Some(explored) = &check.explored else {
                continue;
            };
            let (conversations, starts) = (explored.conversations, explored.starts);
            let _ = writeln!(
                self.text,
                "  {DIM}{}: conversations: {conversations}, starts of the program: {starts}{DIM:#}\n",
                check.id
            );
        }
    }

    fn sections(&mut self) {
        let record = self.record;
        for (heading, checks) in record.sections() {
            let counts = [Level::Must, Level::Should].map(|level| {
                let judged = |check: &&CheckRecord| {
                    check.level == level && check.verdict != Verdict::NotJudged
                };
                let holds = checks
                    .iter()
                    .filter(judged)
                    .filter(|check| check.verdict == Verdict::Holds)
                    .count();
                let judged = checks.iter().filter(judged).count();
                (judged > 0).then(|| format!("{holds} of {judged} {level}"))
            });
            let counts: Vec<_> = counts.into_iter().flatten().collect();
            let _ = writeln!(
                self.text,
                "{BOLD}{heading:36}{BOLD:#} {DIM}{}{DIM:#}",
                counts.join(", ")
            );
            if self.shown == Shown::All {
                for check in checks {
                    let (style, word) = match check.verdict {
                        Verdict::Holds => (GREEN, "ok"),
                        Verdict::Broken => {
                            (if record.counts(check) { RED } else { YELLOW }, "FAILS")
                        }
                        Verdict::NotJudged => (DIM, "not judged"),
                    };
                    let _ = writeln!(
                        self.text,
                        "  {style}{word:10}{style:#}  {:7}  {DIM}{:6}{DIM:#}  {}",
                        check.id, check.level, check.title
                    );
                }
            }
        }
    }

    fn criteria(&mut self) {
        if self.record.score.is_none() {
            return;
        }
        let _ = writeln!(self.text, "\n{BOLD}The assignment's own criteria{BOLD:#}");
        for criterion in &self.record.criteria {
            let points = criterion.points;
            let (style, earned) = match criterion.earned {
                Some(true) => (GREEN, points.to_string()),
                Some(false) => (RED, "0".to_owned()),
                None => (DIM, "?".to_owned()),
            };
            let _ = writeln!(
                self.text,
                "  {:>2}.  {style}{earned:>2} of {points:>2}{style:#}  {}",
                criterion.number, criterion.title
            );
        }
    }

    /// What was around the program.
    fn confinement(&mut self) {
        for layer in &self.record.confinement {
            let _ = writeln!(self.text, "{DIM}confinement: {layer}{DIM:#}");
        }
    }

    fn last_line(&mut self) {
        let Record {
            assignment,
            must,
            should,
            seed,
            seconds,
            ..
        } = self.record;
        let style = match self.record.outcome {
            Outcome::Passes => GREEN,
            Outcome::Fails | Outcome::Unusable => RED,
            Outcome::NotJudged => YELLOW,
        };
        let _ = write!(
            self.text,
            "{style}{assignment}: {} of {} musts",
            must.holds,
            must.judged()
        );
        if should.judged() > 0 {
            let _ = write!(
                self.text,
                " and {} of {} shoulds",
                should.holds,
                should.judged()
            );
        }
        let _ = write!(self.text, " hold{style:#}");
        let not_judged = must.not_judged + should.not_judged;
        if not_judged > 0 {
            let _ = write!(self.text, ", {not_judged} not judged");
        }
        if let Some(score) = self.record.score {
            let _ = write!(
                self.text,
                ", {BOLD}{} of {} points{BOLD:#}",
                score.earned, score.all
            );
            if score.judged < score.all {
                let _ = write!(self.text, " ({} not judged)", score.all - score.judged);
            }
        }
        if self.record.outcome == Outcome::NotJudged {
            let _ = write!(self.text, ", {YELLOW}no verdict{YELLOW:#}");
        }
        let _ = writeln!(self.text, ", {seconds:.1} s, seed {seed}");
    }
}
