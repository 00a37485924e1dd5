use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::{Assignment, CheckResult, Level, Report, Unusable, Verdict};

type Xml = Writer<Vec<u8>>;

/// The XML that continuous integration systems read: one suite, a test case per check.
///
/// Without `strict`, a should that does not hold counts as skipped.
pub(super) fn junit(report: &Report<'_>, strict: bool) -> String {
    let outcomes = report.results.iter().map(|result| outcome(result, strict));
    let count = |wanted| {
        outcomes
            .clone()
            .filter(|outcome| *outcome == wanted)
            .count()
    };
    let counts = Counts {
        tests: report.results.len(),
        failures: count(Outcome::Failed),
        errors: 0,
        skipped: count(Outcome::Skipped),
        seconds: report.took.as_secs_f64(),
    };
    document(report.assignment, &counts, |xml| {
        let mut results = report.results.iter();
        results.try_for_each(|result| case(xml, report.assignment, result, strict))
    })
}

/// One error stands for all test cases that could not be run.
pub(super) fn unusable(assignment: &Assignment, unusable: &Unusable) -> String {
    let counts = Counts {
        tests: 1,
        failures: 0,
        errors: 1,
        skipped: 0,
        seconds: 0.0,
    };
    document(assignment, &counts, |xml| {
        let case = xml
            .create_element("testcase")
            .with_attribute(("name", "the program can be graded"))
            .with_attribute(("classname", assignment.name));
        case.write_inner_content(|xml| {
            let message = "the program could not be started, or never listened";
            explanation(xml, "error", message, &unusable.to_string())
        })?;
        Ok(())
    })
}

struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    seconds: f64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

fn outcome(result: &CheckResult<'_>, strict: bool) -> Outcome {
    match (&result.verdict, result.check.level) {
        (Verdict::Holds, _) => Outcome::Passed,
        (Verdict::Broken { .. }, Level::Should) if !strict => Outcome::Skipped,
        (Verdict::Broken { .. }, _) => Outcome::Failed,
        (Verdict::NotRun(_), _) => Outcome::Skipped,
    }
}

fn document(
    assignment: &Assignment,
    counts: &Counts,
    cases: impl FnOnce(&mut Xml) -> io::Result<()>,
) -> String {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Writing into a `Vec` cannot fail.
    let _ = suites(&mut xml, assignment, counts, cases);
    String::from_utf8_lossy(&xml.into_inner()).into_owned() + "\n"
}

fn suites(
    xml: &mut Xml,
    assignment: &Assignment,
    counts: &Counts,
    cases: impl FnOnce(&mut Xml) -> io::Result<()>,
) -> io::Result<()> {
    let [tests, failures, errors, skipped] =
        [counts.tests, counts.failures, counts.errors, counts.skipped]
            .map(|count| count.to_string());
    let time = format!("{:.3}", counts.seconds);
    let common = [
        ("tests", &*tests),
        ("failures", &*failures),
        ("errors", &*errors),
        ("time", &*time),
    ];
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let suites = xml.create_element("testsuites");
    let suites = suites
        .with_attribute(("name", "conform"))
        .with_attributes(common);
    suites.write_inner_content(|xml| {
        let suite = xml
            .create_element("testsuite")
            .with_attribute(("name", assignment.name))
            .with_attributes(common)
            .with_attribute(("skipped", &*skipped));
        suite.write_inner_content(cases)?;
        Ok(())
    })?;
    Ok(())
}

fn case(
    xml: &mut Xml,
    assignment: &Assignment,
    result: &CheckResult<'_>,
    strict: bool,
) -> io::Result<()> {
    let check = result.check;
    let name = format!("{} {}", check.id, check.title);
    let class = format!("{}.{}", assignment.name, assignment.heading(check));
    let time = format!("{:.3}", result.took.as_secs_f64());
    let case = xml
        .create_element("testcase")
        .with_attribute(("name", &*name))
        .with_attribute(("classname", &*class))
        .with_attribute(("time", &*time));
    let element = match outcome(result, strict) {
        Outcome::Passed => return case.write_empty().map(drop),
        Outcome::Failed => "failure",
        Outcome::Skipped => "skipped",
    };
    let message = match &result.verdict {
        Verdict::Holds => String::new(),
        Verdict::Broken { expected, happened } => format!("expected {expected}; {happened}"),
        Verdict::NotRun(reason) => reason.clone(),
    };
    case.write_inner_content(|xml| explanation(xml, element, &message, &result.to_string()))?;
    Ok(())
}

fn explanation(xml: &mut Xml, element: &str, message: &str, text: &str) -> io::Result<()> {
    let message = legal(message);
    let element = xml
        .create_element(element)
        .with_attribute(("message", &*message));
    element.write_text_content(BytesText::new(&legal(text)))?;
    Ok(())
}

/// XML has no way at all to write some characters.
fn legal(text: &str) -> String {
    let illegal = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.replace(illegal, "\u{fffd}")
}
