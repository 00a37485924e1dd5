use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use maud::{Markup, html};

use super::{document, link, repeat, state, unusable, visible};
use crate::gradebook::{number, outcome};
use crate::record::{CheckRecord, Outcome, UnusableRecord, Verdict};
use crate::{Level, Record};

/// The bytes of the page, about: what is seen of broken checks is shortened to that.
const SIZE: usize = 4_200_000;

/// The bytes of a cell, about, without what was seen.
const CELL: usize = 40;

/// The bytes of a cell that opens, about, without what was seen.
const OPENING_CELL: usize = 700;

/// One submission.
#[derive(Clone, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) name: String,
    /// Earned, and possible; none where nothing can be said.
    pub(crate) points: Option<(f64, f64)>,
    pub(crate) record: &'a Record,
}

/// What is shown, and how. All rows are of one assignment; there is one at least.
#[derive(Clone, Debug)]
pub(crate) struct ClassPage<'a> {
    pub(crate) rows: &'a [Row<'a>],
    /// Leaves the names out.
    pub(crate) anonymous: bool,
}

/// The page of a class.
pub(crate) fn class(page: &ClassPage<'_>) -> String {
    let lines = lines(page);
    let columns = columns(&lines);
    let assignment = &page.rows[0].record.assignment;
    let body = html! {
        header {
            h1 { (assignment) }
            (lead(&lines))
            nav {
                @for (place, heading) in [
                    ("#teach", "What to teach"),
                    ("#broken", "What they break"),
                    ("#everything", "All submissions and checks"),
                ] { a href=(place) { (heading) } " " }
            }
        }
        main {
            (not_started(&lines))
            (not_judged(&lines))
            (groups(&lines))
            (broken_checks(&columns))
            (matrix(&lines, &columns))
        }
        footer { p { "conform " (page.rows[0].record.conform) } }
    };
    document(&format!("{assignment}: {} submissions", lines.len()), &body)
}

/// A row of the matrix.
struct Line<'a> {
    /// From 1, in the order of the page.
    number: usize,
    shown: Cow<'a, str>,
    row: &'a Row<'a>,
    checks: HashMap<&'a str, &'a CheckRecord>,
}

impl Line<'_> {
    fn shows_name(&self) -> bool {
        matches!(self.shown, Cow::Borrowed(_))
    }

    /// A text that may have the name in it, where that is to be left out.
    fn hide(&self, text: &str) -> String {
        match &self.shown {
            Cow::Borrowed(_) => text.to_owned(),
            Cow::Owned(shown) => without_word(text, &self.row.name, shown),
        }
    }
}

/// Who could not be graded first, then by points, then by name; where that is to be left out, in an
/// order that tells nothing about it.
fn lines<'a>(page: &ClassPage<'a>) -> Vec<Line<'a>> {
    let mut rows: Vec<_> = page.rows.iter().collect();
    let name = |row: &Row<'_>| {
        let mut hasher = DefaultHasher::new();
        row.name.hash(&mut hasher);
        let hash = if page.anonymous { hasher.finish() } else { 0 };
        (hash, row.name.clone())
    };
    rows.sort_by_cached_key(|row| name(row));
    rows.sort_by(|one, other| earned(other).total_cmp(&earned(one)));
    rows.sort_by_key(|row| row.record.unusable.is_none());
    let line = |(place, row): (usize, &'a Row<'a>)| Line {
        number: place + 1,
        shown: if page.anonymous {
            Cow::Owned(format!("submission {}", place + 1))
        } else {
            Cow::Borrowed(&*row.name)
        },
        row,
        checks: row
            .record
            .checks
            .iter()
            .map(|check| (&*check.id, check))
            .collect(),
    };
    rows.into_iter().enumerate().map(line).collect()
}

fn earned(row: &Row<'_>) -> f64 {
    row.points.map_or(-1.0, |(earned, _)| earned)
}

/// What came of one check in the whole class.
struct Column<'a> {
    check: &'a CheckRecord,
    broken: usize,
    judged: usize,
}

/// Musts before shoulds, and what most break first.
fn columns<'a>(lines: &[Line<'a>]) -> Vec<Column<'a>> {
    let mut columns: Vec<Column<'a>> = Vec::new();
    let mut places = HashMap::new();
    for check in lines.iter().flat_map(|line| &line.row.record.checks) {
        let place = *places.entry(&*check.id).or_insert(columns.len());
        if place == columns.len() {
            columns.push(Column {
                check,
                broken: 0,
                judged: 0,
            });
        }
        let column = &mut columns[place];
        column.broken += usize::from(check.verdict == Verdict::Broken);
        column.judged += usize::from(check.verdict != Verdict::NotJudged);
    }
    columns.sort_by_key(|column| (column.check.level == Level::Should, Reverse(column.broken)));
    columns
}

fn lead(lines: &[Line<'_>]) -> Markup {
    let count = |outcome| {
        lines
            .iter()
            .filter(|line| line.row.record.outcome == outcome)
            .count()
    };
    let mut points: Vec<_> = lines.iter().filter_map(|line| line.row.points).collect();
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    html! {
        p class="lead" {
            (lines.len()) " submissions: " (count(Outcome::Passes)) " pass, "
            (count(Outcome::Fails)) " fail, "
            (count(Outcome::Unusable)) " cannot be graded, "
            (count(Outcome::NotJudged)) " not judged."
            @if let Some((median, possible)) = points.get(points.len() / 2) {
                " The median is " (number(*median)) " of " (number(*possible)) " points."
            }
        }
    }
}

fn not_started(lines: &[Line<'_>]) -> Markup {
    let lines: Vec<_> = lines
        .iter()
        .filter(|line| line.row.record.unusable.is_some())
        .collect();
    html! {
        @if !lines.is_empty() {
            section class="bad" {
                h2 { "Cannot be graded " small { (lines.len()) } }
                @for line in lines {
                    @if let Some(problem) = &line.row.record.unusable {
                        details open {
                            summary { b { (line.shown) } " " (visible(&line.hide(&problem.happened))) }
                            (unusable(&hidden(line, problem)))
                        }
                    }
                }
            }
        }
    }
}

/// Of each, the end of what was printed: there are tracebacks.
fn hidden(line: &Line<'_>, problem: &UnusableRecord) -> UnusableRecord {
    const KEPT: usize = 3000;
    let programs = problem.programs.iter().map(|text| {
        let from = text.len().saturating_sub(KEPT);
        let from = text.as_bytes()[from..]
            .iter()
            .position(|byte| *byte == b'\n' || from == 0)
            .map_or(text.len(), |at| if from == 0 { 0 } else { from + at + 1 });
        line.hide(&text[from..])
    });
    UnusableRecord {
        expected: problem.expected.clone(),
        happened: line.hide(&problem.happened),
        programs: programs.collect(),
    }
}

fn not_judged(lines: &[Line<'_>]) -> Markup {
    let is_doubtful = |line: &&Line<'_>| {
        line.row.record.outcome == Outcome::NotJudged && line.row.record.unusable.is_none()
    };
    let lines: Vec<_> = lines.iter().filter(is_doubtful).collect();
    html! {
        @if !lines.is_empty() {
            section {
                h2 { "Not judged " small { (lines.len()) } }
                p { "Something disturbed their grading, and they have no points: run conform once more. " (names(&lines)) }
            }
        }
    }
}

fn names(lines: &[&Line<'_>]) -> Markup {
    html! {
        @for (place, line) in lines.iter().enumerate() {
            @if place > 0 { ", " }
            a href={ "#s" (line.number) } { (line.shown) }
        }
    }
}

/// Submissions that fail alike: what to teach.
fn groups(lines: &[Line<'_>]) -> Markup {
    let mut groups: Vec<(&crate::record::CauseRecord, Vec<&Line<'_>>)> = Vec::new();
    for line in lines {
        for cause in &line.row.record.causes {
            match groups
                .iter_mut()
                .find(|(other, _)| other.name == cause.name)
            {
                Some((_, members)) => members.push(line),
                None => groups.push((cause, vec![line])),
            }
        }
    }
    groups.sort_by_key(|(_, members)| Reverse(members.len()));
    let fails = |line: &&Line<'_>| {
        line.row.record.causes.is_empty() && line.row.record.outcome == Outcome::Fails
    };
    let others: Vec<_> = lines.iter().filter(fails).collect();
    html! {
        section #teach {
            h2 { "What to teach" }
            @if groups.is_empty() && others.is_empty() { p { "Nothing." } }
            div class="causes" {
                @for (cause, members) in &groups {
                    article class="cause" {
                        h3 { span class="count" { (members.len()) } ": " (cause.name) }
                        p { (cause.advice) }
                        (link(cause.page.as_deref()))
                        p { (names(members)) }
                    }
                }
                @if !others.is_empty() {
                    article class="cause" {
                        h3 { span class="count" { (others.len()) } ": no cause is known" }
                        p { (names(&others)) }
                    }
                }
            }
        }
    }
}

fn broken_checks(columns: &[Column<'_>]) -> Markup {
    let broken: Vec<_> = columns.iter().filter(|column| column.broken > 0).collect();
    html! {
        section #broken {
            h2 { "What they break" }
            @if broken.is_empty() { p { "Nothing." } }
            ol class="broken" {
                @for column in broken {
                    li id={ "c-" (column.check.id) } {
                        p {
                            meter min="0" max=(column.judged) value=(column.broken) {}
                            " " strong { (column.broken) " of " (column.judged) " break it" } ": "
                            b { (column.check.id) } " " (column.check.title)
                            " " small { (column.check.level) }
                        }
                        p class="requirement" { (column.check.requirement) }
                    }
                }
            }
        }
    }
}

fn matrix(lines: &[Line<'_>], columns: &[Column<'_>]) -> Markup {
    let musts = columns
        .iter()
        .filter(|column| column.check.level == Level::Must)
        .count();
    let opening = |line: &Line<'_>| line.checks.values().filter(|check| opens(check)).count();
    let mut cells = lines.iter().map(opening).sum::<usize>();
    let taken = CELL * lines.len() * columns.len() + OPENING_CELL * cells;
    let mut room = SIZE.saturating_sub(taken);
    html! {
        section #everything {
            h2 { "All submissions and checks" }
            p class="legend" {
                @for (class, sign, word) in [
                    ("h", "✓", "holds"),
                    ("b", "✗", "a must is broken"),
                    ("s", "!", "a should is broken"),
                    ("n", "?", "not judged"),
                    ("d", "–", "not seen in this run"),
                ] {
                    span { span class={ "sign " (class) } { (sign) } " " (word) } " "
                }
            }
            p { "A sign that is underlined opens what was seen." }
            p #sort {}
            div class="scroll" tabindex="0" role="region" aria-label="All submissions and checks" {
                table #all {
                    thead {
                        tr {
                            th rowspan="2" scope="col" { "submission" }
                            th rowspan="2" scope="col" { "points" }
                            @if musts > 0 { th colspan=(musts) scope="colgroup" { "musts, the most broken first" } }
                            @if musts < columns.len() {
                                th colspan=(columns.len() - musts) scope="colgroup" { "shoulds" }
                            }
                        }
                        tr {
                            @for column in columns {
                                th scope="col" class="check" title=(column.check.title) {
                                    span { (column.check.id) } small { (column.broken) }
                                }
                            }
                        }
                    }
                    tbody {
                        @for line in lines { (table_row(line, columns, &mut room, &mut cells)) }
                    }
                }
            }
        }
    }
}

fn table_row(
    line: &Line<'_>,
    columns: &[Column<'_>],
    room: &mut usize,
    cells: &mut usize,
) -> Markup {
    let record = line.row.record;
    html! {
        tr id={ "s" (line.number) } data-points=(earned(line.row)) data-name=(line.shown) {
            th scope="row" title=(outcome(record.outcome)) { (line.shown) }
            td class="points" {
                @match line.row.points {
                    Some((earned, _)) => (number(earned)),
                    None => "?",
                }
            }
            @if record.unusable.is_some() {
                td class="b" colspan=(columns.len()) { "✗ cannot be graded: see above" }
            } @else {
                @for column in columns {
                    @match line.checks.get(&*column.check.id) {
                        None => td {},
                        Some(check) => (cell(line, check, room, cells)),
                    }
                }
            }
        }
    }
}

fn opens(check: &CheckRecord) -> bool {
    check.verdict != Verdict::Holds
}

fn cell(line: &Line<'_>, check: &CheckRecord, room: &mut usize, cells: &mut usize) -> Markup {
    let state = state(check);
    if !opens(check) {
        return html! { td class=(state.class) { (state.sign) i { (state.word) } } };
    }
    // What one does not need is there for the others.
    let mut share = *room / (*cells).max(1);
    *cells = cells.saturating_sub(1);
    *room -= share;
    let shown = CheckRecord {
        expected: check.expected.as_deref().map(|text| line.hide(text)),
        happened: check.happened.as_deref().map(|text| line.hide(text)),
        reason: check.reason.as_deref().map(|text| line.hide(text)),
        programs: shortened(line, &check.programs, &mut share),
        conversations: shortened(line, &check.conversations, &mut share),
        // The name is part of its path.
        capture: check.capture.clone().filter(|_| line.shows_name()),
        ..check.clone()
    };
    *room += share;
    html! {
        td class=(state.class) {
            details name="cell" {
                summary { (state.sign) i { (state.word) } }
                div {
                    p {
                        b { (line.shown) } ": "
                        a href={ "#c-" (check.id) } { (check.id) } " " (check.title)
                        " " small { (check.level) ", " (state.word) }
                    }
                    (super::evidence(&shown))
                    @if check.verdict == Verdict::Broken {
                        pre tabindex="0" { "cd " (harness::quote(&line.shown)) " && " (repeat(line.row.record, check)) }
                    }
                }
            }
        }
    }
}

/// As many lines as there is room for.
fn shortened(line: &Line<'_>, texts: &[String], room: &mut usize) -> Vec<String> {
    let mut kept = Vec::new();
    for text in texts {
        let text = line.hide(text);
        let mut part = String::new();
        for line in text.split_inclusive('\n') {
            let cost = line.len() + 5 * line.bytes().filter(|byte| b"<>&\"".contains(byte)).count();
            if cost > *room {
                part += "... more of it is in the JSON file ...";
                kept.push(part);
                *room = 0;
                return kept;
            }
            *room -= cost;
            part += line;
        }
        kept.push(part);
    }
    kept
}

/// A text with another word in the place of one, where that stands by itself.
fn without_word(text: &str, word: &str, other: &str) -> String {
    let is_inside = |character: char| character.is_alphanumeric();
    let mut replaced = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word).filter(|_| !word.is_empty()) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        replaced += before;
        let by_itself = !replaced.ends_with(is_inside) && !after.starts_with(is_inside);
        replaced += if by_itself { other } else { word };
        rest = after;
    }
    replaced + rest
}

#[cfg(test)]
mod tests {
    use super::without_word;

    #[test]
    fn a_name_is_replaced_where_it_is_not_part_of_a_word() {
        assert_eq!(
            without_word("/home/ada/x, adaptor", "ada", "N"),
            "/home/N/x, adaptor"
        );
        assert_eq!(without_word("adada", "ada", "N"), "adada");
    }
}
