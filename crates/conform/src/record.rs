//! The result of a grading: one value that is written as JSON and read back, and from which every
//! other form of a report is made.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::cause::likely_causes;
use crate::{
    Assignment, Check, CheckResult, Evidence, Level, NotJudged, Problem, Report, Unusable,
};

/// The bytes of evidence that are kept of one check.
const KEPT_OF_CHECK: usize = 16 << 10;

/// The bytes of evidence that are kept in all: platforms refuse reports of 1 MiB.
const KEPT_IN_ALL: usize = 600 << 10;

/// The result of grading one program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The version of conform that wrote it.
    pub conform: String,
    /// The name of the assignment.
    pub assignment: String,
    /// The command that was graded, quoted for a shell.
    pub command: String,
    /// What repeats a check is this, its id, and the command: `conform --seed 7 --only`.
    pub repeat: String,
    /// What the inputs were drawn from.
    pub seed: u64,
    /// Whether a should counts like a must.
    pub strict: bool,
    /// The outcome.
    pub outcome: Outcome,
    /// The exit status of that outcome.
    pub status: u8,
    /// How the program was confined, a line a layer.
    pub confinement: Vec<String>,
    /// Whether a signal ended the run before all was judged.
    pub interrupted: bool,
    /// How long it took.
    pub seconds: f64,
    /// Why the program could not be graded at all.
    pub unusable: Option<UnusableRecord>,
    /// The counts of musts.
    pub must: Counts,
    /// The counts of shoulds.
    pub should: Counts,
    /// The points of the assignment's own criteria.
    pub score: Option<Score>,
    /// The assignment's own criteria.
    pub criteria: Vec<CriterionRecord>,
    /// The likely causes of what is broken, that which explains most first.
    pub causes: Vec<CauseRecord>,
    /// The checks, in the order of the specification.
    pub checks: Vec<CheckRecord>,
}

/// The outcome of a grading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All that counts holds.
    Passes,
    /// Some of it does not.
    Fails,
    /// The program could not be started, or never listened or connected.
    Unusable,
    /// The checker or the machine had trouble with a must, or nothing at all was judged.
    NotJudged,
}

impl Outcome {
    /// The exit status of `conform`.
    pub fn status(self) -> u8 {
        match self {
            Self::Passes => 0,
            Self::Fails => 1,
            Self::Unusable => 3,
            Self::NotJudged => 4,
        }
    }
}

/// The verdict on a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not.
    Broken,
    /// It was not judged.
    NotJudged,
}

/// Why a check was not judged; see [`NotJudged`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It cannot be seen in this kind of run.
    ByDesign,
    /// A check on which it rests is broken.
    Premise,
    /// The run was over before.
    OutOfTime,
    /// The checker or the machine had trouble.
    Trouble,
}

impl From<&NotJudged> for Kind {
    fn from(reason: &NotJudged) -> Self {
        match reason {
            NotJudged::NotInThisRun(_) => Self::ByDesign,
            NotJudged::Premise(_) => Self::Premise,
            NotJudged::OutOfTime(_) => Self::OutOfTime,
            NotJudged::Trouble(_) => Self::Trouble,
        }
    }
}

/// A program that cannot be graded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnusableRecord {
    /// What it should have done.
    pub expected: String,
    /// What it did instead.
    pub happened: String,
    /// What was seen of it.
    pub programs: Vec<String>,
}

/// How many checks hold, are broken and were not judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Those that hold.
    pub holds: usize,
    /// Those that do not.
    pub broken: usize,
    /// Those that were not judged.
    pub not_judged: usize,
}

/// Points of the assignment's own grading criteria.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// The points that were earned.
    pub earned: u32,
    /// The points of the criteria whose checks were all judged.
    pub judged: u32,
    /// The points of all criteria that can be seen from outside.
    pub all: u32,
}

/// One of the assignment's own criteria.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriterionRecord {
    /// Its number in the assignment.
    pub number: u32,
    /// What it is worth.
    pub points: u32,
    /// What the assignment says.
    pub title: String,
    /// Whether it is earned; nothing if one of its checks was not judged.
    pub earned: Option<bool>,
    /// The checks that all have to hold for it.
    pub checks: Vec<String>,
}

/// A mistake that explains several broken checks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CauseRecord {
    /// Its name, in the words of a person who made it.
    pub name: String,
    /// What to do about it.
    pub advice: String,
    /// The page of a language's documentation that helps.
    pub page: Option<String>,
    /// The broken checks that it explains, that which shows it best first.
    pub explains: Vec<String>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckRecord {
    /// Its id.
    pub id: String,
    /// The clause that it shows.
    pub clause: String,
    /// The section of the specification.
    pub section: String,
    /// Whether the program must or should.
    pub level: Level,
    /// What the program does if it is right.
    pub title: String,
    /// What the assignment says.
    pub requirement: String,
    /// How long it took.
    pub seconds: f64,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it was not judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Which kind of reason that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// What was explored, if that is what the check does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explored: Option<ExploredRecord>,
    /// All that would have been right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What happened instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened: Option<String>,
    /// The file with all packets of its connections, as seen from the folder of the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<String>,
    /// Each connection: both directions, times, hex and text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conversations: Vec<String>,
    /// Each program: command line, status, output.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<String>,
}

/// How far a program was explored, and what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExploredRecord {
    /// How many conversations were played.
    pub conversations: usize,
    /// How often the program was started for them.
    pub starts: usize,
    /// What goes wrong each time that it is played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub played: Option<Played>,
}

/// A conversation that goes wrong each time that it is played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Played {
    /// The number from which it was drawn.
    pub case: u64,
    /// The smallest that still goes wrong, in words, a line for each thing that is done.
    pub words: String,
}

/// What a record holds besides the results.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// See [`Record::command`].
    pub command: String,
    /// See [`Record::repeat`].
    pub repeat: String,
    /// See [`Record::seed`].
    pub seed: u64,
    /// See [`Record::strict`].
    pub strict: bool,
    /// See [`Record::confinement`].
    pub confinement: Vec<String>,
    /// See [`Record::interrupted`].
    pub interrupted: bool,
}

impl Record {
    /// Of a program that was graded.
    pub fn of(report: &Report, about: About) -> Self {
        let assignment = report.assignment;
        let mut record = Self::new(assignment, about);
        record.seconds = seconds(report.took);
        let mut left = KEPT_IN_ALL;
        // The evidence of shoulds is shortened first.
        let mut by_level: Vec<_> = report.results.iter().enumerate().collect();
        by_level.sort_by_key(|(_, result)| result.check.level == Level::Should);
        let mut checks: Vec<_> = by_level
            .into_iter()
            .map(|(index, result)| (index, CheckRecord::of(assignment, result, &mut left)))
            .collect();
        checks.sort_by_key(|(index, _)| *index);
        record.checks = checks.into_iter().map(|(_, check)| check).collect();
        record.sum_up(assignment);
        record
    }

    /// Of a program whose grading was cut off: the checks that had been made until then.
    pub fn cut_off(
        assignment: &Assignment,
        selected: &[&'static Check],
        made: Vec<CheckRecord>,
        about: About,
    ) -> Self {
        let mut record = Self::new(assignment, about);
        let not_made = |check: &&'static Check| {
            let reason = "what grades was ended before this check was made";
            let result = CheckResult::not_judged(check, NotJudged::Trouble(reason.to_owned()));
            CheckRecord::alone(assignment, &result)
        };
        let find = |check: &&&Check| made.iter().find(|one| one.id == check.id);
        record.checks = selected
            .iter()
            .map(|check| find(&check).cloned().unwrap_or_else(|| not_made(check)))
            .collect();
        record.sum_up(assignment);
        record
    }

    fn sum_up(&mut self, assignment: &Assignment) {
        self.must = self.count(Level::Must);
        self.should = self.count(Level::Should);
        self.criteria = assignment
            .criteria
            .iter()
            .map(|criterion| {
                let checks: Vec<_> = criterion.checks.iter().map(|id| (*id).to_owned()).collect();
                CriterionRecord {
                    number: criterion.number,
                    points: criterion.points,
                    title: criterion.title.to_owned(),
                    earned: self.holds_all(&checks),
                    checks,
                }
            })
            .collect();
        self.score = score(&self.criteria);
        self.causes = likely_causes(assignment, &self.checks);
        self.outcome = self.judge();
        self.status = self.outcome.status();
    }

    /// Of a program that cannot be graded.
    pub fn of_unusable(
        assignment: &Assignment,
        selected: &[&'static Check],
        unusable: &Unusable,
        about: About,
    ) -> Self {
        let (outcome, expected, happened) = match &unusable.problem {
            Problem::Broken { expected, happened } => {
                (Outcome::Unusable, &**expected, shortened(happened))
            }
            Problem::NotJudged(reason) => (
                Outcome::NotJudged,
                "the program can be started",
                shortened(&reason.to_string()),
            ),
        };
        let not_made = |check: &&'static Check| match &unusable.problem {
            Problem::Broken { .. } => CheckRecord {
                reason: Some("the program cannot be graded".to_owned()),
                ..CheckRecord::alone(
                    assignment,
                    &CheckResult::not_judged(check, NotJudged::Premise("")),
                )
            },
            Problem::NotJudged(reason) => {
                CheckRecord::alone(assignment, &CheckResult::not_judged(check, reason.clone()))
            }
        };
        let mut record = Self::new(assignment, about);
        record.checks = selected.iter().map(not_made).collect();
        record.sum_up(assignment);
        record.outcome = outcome;
        record.status = outcome.status();
        record.unusable = Some(UnusableRecord {
            expected: expected.to_owned(),
            happened,
            programs: capped(&unusable.evidence.programs, &mut { KEPT_OF_CHECK }),
        });
        record
    }

    fn new(assignment: &Assignment, about: About) -> Self {
        Self {
            conform: env!("CARGO_PKG_VERSION").to_owned(),
            assignment: assignment.name.to_owned(),
            command: about.command,
            repeat: about.repeat,
            seed: about.seed,
            strict: about.strict,
            outcome: Outcome::NotJudged,
            status: Outcome::NotJudged.status(),
            confinement: about.confinement,
            interrupted: about.interrupted,
            seconds: 0.0,
            unusable: None,
            must: Counts::default(),
            should: Counts::default(),
            score: None,
            criteria: Vec::new(),
            causes: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// Whether a check that does not hold fails the program.
    pub fn counts(&self, check: &CheckRecord) -> bool {
        self.strict || check.level == Level::Must
    }

    /// The results under the headings of the specification.
    pub fn sections(&self) -> impl Iterator<Item = (&str, &[CheckRecord])> {
        let sections = self
            .checks
            .chunk_by(|one, next| one.section == next.section);
        sections.map(|checks| (checks[0].section.as_str(), checks))
    }

    fn judge(&self) -> Outcome {
        let counting = || self.checks.iter().filter(|check| self.counts(check));
        if counting().any(CheckRecord::leaves_a_doubt)
            || self
                .checks
                .iter()
                .all(|check| check.verdict == Verdict::NotJudged)
        {
            Outcome::NotJudged
        } else if counting().any(|check| check.verdict == Verdict::Broken) {
            Outcome::Fails
        } else {
            Outcome::Passes
        }
    }

    fn count(&self, level: Level) -> Counts {
        let mut counts = Counts::default();
        for check in self.checks.iter().filter(|check| check.level == level) {
            match check.verdict {
                Verdict::Holds => counts.holds += 1,
                Verdict::Broken => counts.broken += 1,
                Verdict::NotJudged => counts.not_judged += 1,
            }
        }
        counts
    }

    /// Whether all these checks hold; nothing if one of them was not judged and none is broken.
    fn holds_all(&self, ids: &[String]) -> Option<bool> {
        let verdict = |id: &String| {
            self.checks
                .iter()
                .find(|check| check.id == *id)
                .map(|check| check.verdict)
        };
        let verdicts: Vec<_> = ids.iter().map(verdict).collect();
        if verdicts.contains(&Some(Verdict::Broken)) {
            return Some(false);
        }
        verdicts
            .iter()
            .all(|verdict| *verdict == Some(Verdict::Holds))
            .then_some(true)
    }
}

impl Counts {
    /// Those that could be judged.
    pub fn judged(&self) -> usize {
        self.holds + self.broken
    }
}

impl CheckRecord {
    /// What `--only` takes to make the check again.
    pub fn only(&self) -> String {
        match self.played() {
            Some(Played { case, .. }) => format!("{} --case {case}", self.id),
            None => self.id.clone(),
        }
    }

    /// The conversation that goes wrong, if exploring found one.
    pub fn played(&self) -> Option<&Played> {
        self.explored.as_ref()?.played.as_ref()
    }

    /// Whether it was not judged.
    pub fn is_not_judged(&self) -> bool {
        self.verdict == Verdict::NotJudged
    }

    /// Whether the program may be right or wrong, as far as this run can tell.
    pub fn leaves_a_doubt(&self) -> bool {
        matches!(self.kind, Some(Kind::OutOfTime | Kind::Trouble))
    }

    /// Of one check that was made by itself.
    pub fn alone(assignment: &Assignment, result: &CheckResult) -> Self {
        Self::of(assignment, result, &mut { KEPT_OF_CHECK })
    }

    /// `left` is how many bytes of evidence there is room for.
    fn of(assignment: &Assignment, result: &CheckResult, left: &mut usize) -> Self {
        let check = result.check;
        let (verdict, reason, kind, expected, happened) = match &result.outcome {
            Ok(()) => (Verdict::Holds, None, None, None, None),
            Err(Problem::NotJudged(reason)) => {
                let (text, kind) = (shortened(&reason.to_string()), Kind::from(reason));
                (Verdict::NotJudged, Some(text), Some(kind), None, None)
            }
            Err(Problem::Broken { expected, happened }) => {
                let (expected, happened) = (shortened(expected), shortened(happened));
                (Verdict::Broken, None, None, Some(expected), Some(happened))
            }
        };
        let needs_evidence = match &result.outcome {
            Ok(()) | Err(Problem::NotJudged(NotJudged::NotInThisRun(_))) => false,
            Err(_) => true,
        };
        let found = result.found().filter(|_| verdict == Verdict::Broken);
        let evidence = found.map_or(&result.evidence, |found| &found.evidence);
        let (conversations, programs) = if needs_evidence {
            kept(evidence, left)
        } else {
            Default::default()
        };
        // What exploring found is named after the clause that is broken.
        let named = found.map_or(check, |found| found.check);
        Self {
            id: check.id.to_owned(),
            clause: named.clause().to_owned(),
            section: assignment.heading(check).to_owned(),
            level: named.level,
            title: match found {
                Some(_) => format!("{}: {}", named.id, named.title),
                None => check.title.to_owned(),
            },
            requirement: named.requirement.to_owned(),
            explored: result.explored.as_ref().map(|explored| ExploredRecord {
                conversations: explored.conversations,
                starts: explored.starts,
                played: found.map(|found| Played {
                    case: found.case,
                    words: found.words.clone(),
                }),
            }),
            seconds: seconds(result.took),
            verdict,
            reason,
            kind,
            expected,
            happened,
            capture: None,
            conversations,
            programs,
        }
    }
}

fn score(criteria: &[CriterionRecord]) -> Option<Score> {
    let points = |counts: fn(&CriterionRecord) -> bool| {
        criteria
            .iter()
            .filter(|one| counts(one))
            .map(|one| one.points)
            .sum()
    };
    let score = Score {
        earned: points(|one| one.earned == Some(true)),
        judged: points(|one| one.earned.is_some()),
        all: points(|_| true),
    };
    (score.judged > 0).then_some(score)
}

/// The conversations and the programs, as much of them as there is room for. What a program
/// printed, a traceback perhaps, comes first.
fn kept(evidence: &Evidence, left: &mut usize) -> (Vec<String>, Vec<String>) {
    let mut room = KEPT_OF_CHECK.min(*left);
    let before = room;
    // But it does not push out what was said on the connections.
    let mut printed = room - room / 4;
    let programs = capped(&evidence.programs, &mut printed);
    room = room / 4 + printed;
    let conversations = capped(&evidence.conversations, &mut room);
    *left -= before - room;
    (conversations, programs)
}

fn capped(texts: &[String], room: &mut usize) -> Vec<String> {
    let mut kept = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        // Each may take half of what is left: the first are not all that is seen.
        let share = if index + 1 == texts.len() {
            *room
        } else {
            *room / 2
        };
        let (whole, cost) = whole_lines(text.split_inclusive('\n'), share);
        if whole == text.len() {
            *room -= cost;
            kept.push(harmless(text));
            continue;
        }
        // How it ended, with a traceback perhaps, is told too.
        let (tail, cost) = whole_lines(text.split_inclusive('\n').rev(), share / 4);
        let start = text.len() - tail;
        *room -= cost;
        let (end, cost) = whole_lines(text[..start].split_inclusive('\n'), share - cost);
        *room -= cost;
        if end + tail == 0 {
            kept.push(format!(
                "  ... {} more like this ...\n",
                texts.len() - index
            ));
            break;
        }
        kept.push(format!(
            "{}  ... {} more bytes of evidence ...\n{}",
            harmless(&text[..end]),
            start - end,
            harmless(&text[start..])
        ));
    }
    kept
}

/// A sentence, which may quote what a program has printed.
pub(crate) fn shortened(text: &str) -> String {
    const KEPT: usize = 1 << 10;
    let end = text.char_indices().map(|(at, _)| at).nth(KEPT);
    end.map_or_else(
        || harmless(text),
        |end| format!("{}...", harmless(&text[..end])),
    )
}

/// Lines without anything that drives a terminal, turns the direction of writing or looks like the
/// end of a line.
fn harmless(text: &str) -> String {
    let lines = text
        .split('\n')
        .map(|line| cli::escape(line.as_bytes()).to_string());
    lines.collect::<Vec<_>>().join("\n")
}

/// How many bytes the first of these lines have for which there is room, and what that costs.
fn whole_lines<'t>(lines: impl Iterator<Item = &'t str>, room: usize) -> (usize, usize) {
    let mut kept = (0, 0);
    for line in lines {
        let cost = kept.1 + line.chars().map(cost).sum::<usize>();
        if cost > room {
            break;
        }
        kept = (kept.0 + line.len(), cost);
    }
    kept
}

/// The bytes that a character may become in a report: indented, escaped for a terminal, and then
/// for JSON or HTML.
fn cost(character: char) -> usize {
    match character {
        '\n' => 10,
        '<' | '>' | '&' | '"' | '\\' => 6,
        ' '..='~' => 1,
        _ => 12,
    }
}

/// To the millisecond.
fn seconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_long_evidence_the_beginning_and_the_end_are_kept() {
        let lines = |count: u32| (0..count).map(|line| format!("{line:06}\n")).collect();
        let texts: [String; 2] = [lines(1000), lines(3)];
        let kept = capped(&texts, &mut 2000);
        assert!(kept[0].starts_with("000000\n") && kept[0].ends_with("000999\n"));
        assert!(kept[0].contains(" more bytes of evidence ...\n"));
        assert!(kept[0].len() < 1000, "half of the room is for others");
        assert_eq!(kept[1], texts[1]);
        assert_eq!(capped(&texts, &mut 10)[0], "  ... 2 more like this ...\n");
    }
}
