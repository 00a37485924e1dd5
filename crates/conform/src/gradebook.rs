//! Grades as the gradebooks of courses take them: CSV.

use cli::Error;
use csv::{Reader, StringRecord, Writer};

use crate::page::Row;
use crate::record::Outcome;

/// What a submission is worth.
#[derive(Clone, Debug)]
pub(crate) struct Grade<'a> {
    name: &'a str,
    /// Earned, and possible; none where nothing can be said.
    points: Option<(f64, f64)>,
    row: &'a Row<'a>,
}

impl<'a> Grade<'a> {
    pub(crate) fn of(row: &'a Row<'a>) -> Self {
        Self {
            name: &row.name,
            points: row.points,
            row,
        }
    }

    /// The points earned; empty is no grade at all.
    fn earned(&self) -> String {
        self.points
            .map_or_else(String::new, |(earned, _)| number(earned))
    }
}

/// To a hundredth, and no longer than it must be.
pub(crate) fn number(points: f64) -> String {
    format!("{}", (points * 100.0).round() / 100.0)
}

/// A line for each submission, for people and their spreadsheets.
pub(crate) fn plain(grades: &[Grade<'_>]) -> Result<Vec<u8>, Error> {
    let mut csv = Writer::from_writer(Vec::new());
    csv.write_record([
        "submission",
        "points",
        "of",
        "outcome",
        "musts that hold",
        "musts broken",
        "musts not judged",
        "shoulds that hold",
        "shoulds broken",
        "shoulds not judged",
        "likely causes",
    ])
    .map_err(wrong)?;
    for grade in grades {
        let record = grade.row.record;
        let causes: Vec<_> = record.causes.iter().map(|cause| &*cause.name).collect();
        let mut line = vec![
            no_formula(grade.name),
            grade.earned(),
            grade.points.map_or_else(String::new, |(_, of)| number(of)),
            outcome(record.outcome).to_owned(),
        ];
        let counts = [record.must, record.should];
        let counts = counts.map(|counts| [counts.holds, counts.broken, counts.not_judged]);
        line.extend(counts.concat().iter().map(ToString::to_string));
        line.push(causes.join("; "));
        csv.write_record(line).map_err(wrong)?;
    }
    written(csv)
}

pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passes => "passes",
        Outcome::Fails => "fails",
        Outcome::Unusable => "cannot be graded",
        Outcome::NotJudged => "not judged",
    }
}

/// As Canvas imports it (`gradebook_importer.rb`): five columns about the student, of which one
/// that is filled in is enough, and one for the assignment. The second row is what is possible.
pub(crate) fn canvas(grades: &[Grade<'_>], title: &str) -> Result<Vec<u8>, Error> {
    let mut csv = Writer::from_writer(Vec::new());
    let possible = grades
        .iter()
        .filter_map(|grade| grade.points)
        .map(|(_, possible)| possible)
        .fold(0.0, f64::max);
    let possible = number(possible);
    for row in [
        [
            "Student",
            "ID",
            "SIS User ID",
            "SIS Login ID",
            "Section",
            title,
        ],
        ["    Points Possible", "", "", "", "", &possible],
    ] {
        csv.write_record(row).map_err(wrong)?;
    }
    for grade in grades {
        let id = canvas_id(grade.name).unwrap_or_default();
        // Where a folder is not named as Canvas names them, it is by the login.
        let login = if id.is_empty() { grade.name } else { "" };
        let student = no_formula(grade.name);
        let login = no_formula(login);
        csv.write_record([&*student, id, "", &login, "", &grade.earned()])
            .map_err(wrong)?;
    }
    written(csv)
}

/// Canvas names what was handed in `lovelaceada_LATE_4711_98765_server.py`: the first number is
/// the student's.
fn canvas_id(name: &str) -> Option<&str> {
    let mut parts = name.split('_').skip(1).filter(|part| *part != "LATE");
    let id = parts.next()?;
    let next = parts.next()?;
    (is_number(id) && is_number(next)).then_some(id)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The worksheet that Moodle gave, with grades filled in; all else in it stays as it is, above all
/// `Last modified (grade)`, which Moodle compares. Also returns the submissions that are not in it.
pub(crate) fn moodle<'a>(
    grades: &[Grade<'a>],
    worksheet: &[u8],
) -> Result<(Vec<u8>, Vec<&'a str>), Error> {
    let mut csv = Reader::from_reader(worksheet);
    let header = csv.headers().map_err(wrong)?.clone();
    let column = |name: &str| {
        let place = header.iter().position(|one| one == name);
        place.ok_or_else(|| Error::new(format_args!("the worksheet has no column {name:?}")))
    };
    let (identifier, grade_at) = (column("Identifier")?, column("Grade")?);
    column("Last modified (grade)")?;
    let mut filled = Writer::from_writer(Vec::new());
    filled.write_record(&header).map_err(wrong)?;
    let mut missing: Vec<_> = grades.iter().collect();
    for row in csv.records() {
        let row = row.map_err(wrong)?;
        let id: String = row[identifier]
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let others = ["Username", "Email address", "ID number", "Full name"];
        let others = others.into_iter().filter_map(|name| {
            let place = header.iter().position(|one| one == name)?;
            row.get(place).filter(|value| !value.is_empty())
        });
        let others: Vec<_> = others.collect();
        let is_of = |name: &str| moodle_id(name) == Some(&*id) || others.contains(&name);
        let Some(place) = missing.iter().position(|grade| is_of(grade.name)) else {
            filled.write_record(&row).map_err(wrong)?;
            continue;
        };
        let grade = missing.remove(place);
        let cells = row.iter().enumerate();
        let cells = cells.map(|(at, cell)| match at {
            at if at == grade_at && grade.points.is_some() => grade.earned(),
            _ => cell.to_owned(),
        });
        let row: StringRecord = cells.collect();
        filled.write_record(&row).map_err(wrong)?;
    }
    let missing = missing.iter().map(|grade| grade.name).collect();
    Ok((written(filled)?, missing))
}

/// Moodle names what was handed in `Ada Lovelace_4711_assignsubmission_file`, or just
/// `Participant_4711_...`; a folder may also be the number alone.
fn moodle_id(name: &str) -> Option<&str> {
    let before = name.split("_assignsubmission").next().unwrap_or(name);
    let last = before.rsplit(['_', ' ']).next()?;
    is_number(last).then_some(last)
}

/// What a spreadsheet does not take for a formula.
fn no_formula(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn written(csv: Writer<Vec<u8>>) -> Result<Vec<u8>, Error> {
    csv.into_inner().map_err(|error| Error::new(error.error()))
}

fn wrong(error: csv::Error) -> Error {
    Error::new(format_args!("CSV: {error}"))
}
