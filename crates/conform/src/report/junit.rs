use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::evidence::{evidence, unusable};
use crate::Record;
use crate::record::{CheckRecord, Verdict};

/// The XML that JUnit readers know: one suite, a test case for each check.
///
/// A should that does not hold counts as skipped, unless the record is strict; what leaves a doubt
/// is an error. One error stands for all checks of a program that cannot be graded.
pub(super) fn junit(record: &Record) -> String {
    let mut suite = TestSuite::new(record.assignment.as_str());
    suite.set_time(Duration::from_secs_f64(record.seconds));
    for layer in &record.confinement {
        suite.add_property(Property::new("confinement", layer.as_str()));
    }
    if let Some(problem) = &record.unusable {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message("the program could not be started, or never listened or connected");
        status.set_description(unusable(problem));
        suite.add_test_case(TestCase::new("the program can be graded", status));
    }
    if record.unusable.is_none() {
        suite.add_test_cases(record.checks.iter().map(|check| case(record, check)));
    }
    let mut report = Report::new("conform");
    report.set_time(Duration::from_secs_f64(record.seconds));
    report.add_test_suite(suite);
    // It is made of texts alone, and written into one.
    report.to_string().unwrap_or_default()
}

fn case(record: &Record, check: &CheckRecord) -> TestCase {
    let mut status = match check.verdict {
        Verdict::Holds => TestCaseStatus::success(),
        Verdict::Broken if record.counts(check) => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        Verdict::NotJudged if check.leaves_a_doubt() => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
        Verdict::Broken | Verdict::NotJudged => TestCaseStatus::skipped(),
    };
    match (&check.expected, &check.happened, &check.reason) {
        (Some(expected), Some(happened), _) => {
            let message = format!("expected {expected}; {happened}");
            status.set_message(cli::escape(message.as_bytes()).to_string());
        }
        (_, _, Some(reason)) => {
            status.set_message(reason.as_str());
        }
        _ => {}
    }
    if check.verdict != Verdict::Holds {
        // XML cannot represent these two characters, and the writer does not replace them.
        status.set_description(evidence(check).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}"));
    }
    let mut case = TestCase::new(format!("{} {}", check.id, check.title), status);
    case.set_classname(format!("{}.{}", record.assignment, check.section));
    case.set_time(Duration::from_secs_f64(check.seconds));
    case
}
