//! One made-up report with everything that can come of a check, in every format.

use std::time::{Duration, Instant};

use anstream::adapter::strip_str;
use quick_junit::{NonSuccessKind, TestCaseStatus};
use serde_json::Value;

use super::{Format, Shown, Style};
use crate::record::{About, Outcome};
use crate::{
    Arguments, Assignment, Check, CheckResult, Criterion, Evidence, Problem, Record, Report, Role,
    Section, Unusable,
};

const ASSIGNMENT: Assignment = Assignment {
    name: "server-s",
    role: Role::Client { default_port: None },
    arguments: |_, port| Arguments::new().port(port),
    sections: &[
        Section::new(
            "Exchange",
            &[Check::must(
                "A-1",
                "it says accio",
                "Part 1: it sends accio",
                |_| Ok(()),
            )],
        ),
        Section::new(
            "Errors",
            &[
                Check::must("A-8", "it gives up <silent> clients", "Part 2", |_| Ok(())),
                Check::should("A-8/2", "it says #1 why", "Part 2", |_| Ok(())),
            ],
        ),
        Section::new(
            "Common to all programs",
            &[Check::must("G-4", "it stops", "Part 3", |_| Ok(()))],
        ),
    ],
    causes: &[],
    criteria: &[
        criterion(2, 5, &["A-1"]),
        criterion(3, 10, &["A-1", "A-8"]),
        criterion(4, 20, &["A-1", "G-4"]),
    ],
};

const fn criterion(number: u32, points: u32, checks: &'static [&'static str]) -> Criterion {
    Criterion {
        number,
        points,
        title: "Server does what it should",
        checks,
    }
}

/// A-1 holds; A-8, a must, and A-8/2, a should, do not; G-4 was not judged.
pub(super) fn report() -> Report {
    let broken = || Err(Problem::broken("a close", "\u{1b}[2J & silence"));
    let outcomes = [
        Ok(()),
        broken(),
        broken(),
        Err(Problem::not_in_this_run("no process")),
    ];
    let evidence = Evidence {
        recorder: None,
        conversations: vec!["connection 1 - 2:\n  +0.001s sent 1 bytes\n".to_owned()],
        programs: vec!["  command: x\n    +0.002s \u{fffe}\n".to_owned()],
    };
    let result = |(check, outcome)| CheckResult {
        check,
        outcome,
        evidence: evidence.clone(),
        started: Instant::now(),
        took: Duration::from_millis(1500),
        depends_on_time: false,
        was_late: false,
        was_brief: false,
        explored: None,
    };
    Report {
        assignment: &ASSIGNMENT,
        results: ASSIGNMENT.checks().zip(outcomes).map(result).collect(),
        took: Duration::from_millis(2500),
    }
}

pub(super) const STYLE: Style = Style {
    shown: Shown::Some,
    points: None,
    problem: String::new(),
};

pub(super) fn about(strict: bool) -> About {
    About {
        command: "./x".to_owned(),
        repeat: "conform --seed 7 --only {only} server-s --".to_owned(),
        seed: 7,
        strict,
        confinement: Vec::new(),
        interrupted: false,
    }
}

fn shown(format: Format, strict: bool) -> String {
    format.of(&Record::of(&report(), about(strict)), &STYLE)
}

pub(super) fn unusable(format: Format) -> String {
    let unusable = Unusable {
        problem: Problem::broken("the program starts", "it does not"),
        evidence: Evidence::default(),
    };
    let selected: Vec<_> = ASSIGNMENT.checks().collect();
    format.of(
        &Record::of_unusable(&ASSIGNMENT, &selected, &unusable, about(false)),
        &STYLE,
    )
}

#[test]
fn a_should_counts_only_where_it_is_strict() {
    let mut report = report();
    let outcome = |report: &Report, strict| Record::of(report, about(strict)).outcome;
    assert_eq!(outcome(&report, false), Outcome::Fails);
    report.results.remove(1);
    assert_eq!(outcome(&report, false), Outcome::Passes);
    assert_eq!(outcome(&report, true), Outcome::Fails);
}

#[test]
fn what_leaves_a_doubt_neither_passes_nor_fails() {
    let mut report = report();
    report.results[0].outcome = Err(Problem::trouble("no memory"));
    let record = Record::of(&report, about(false));
    assert_eq!((record.outcome, record.status), (Outcome::NotJudged, 4));
    for (format, expected) in [
        (Format::Human, "no verdict"),
        (Format::Tap, "Bail out!"),
        (Format::Json, "\"status\": 4"),
        (Format::Junit, "errors=\"1\""),
    ] {
        let text = format.of(&record, &STYLE);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn a_run_in_which_nothing_was_judged_does_not_pass() {
    let mut report = report();
    report.results.drain(..3);
    assert_eq!(Record::of(&report, about(false)).status, 4);
}

#[test]
fn human_shows_a_table_the_evidence_the_points_and_the_counts() {
    let text = strip_str(&shown(Format::Human, false)).to_string();
    let expected = "  \
  FAILS  A-8      must    it gives up <silent> clients
    requirement  Part 2
    expected     a close
    happened     \\x1b[2J & silence
    program:
      command: x
        +0.002s \u{fffe}
    connection 1 - 2:
      +0.001s sent 1 bytes
  repeat       conform --seed 7 --only A-8 server-s -- ./x
  FAILS  A-8/2    should  it says #1 why
";
    assert!(text.starts_with(expected), "{text}");
    let expected = "
  not judged, no process:
    G-4

Exchange                             1 of 1 must
Errors                               0 of 1 must, 0 of 1 should
Common to all programs               \n
The assignment's own criteria
   2.   5 of  5  Server does what it should
   3.   0 of 10  Server does what it should
   4.   ? of 20  Server does what it should

server-s: 1 of 2 musts and 0 of 1 shoulds hold, 1 not judged, 5 of 35 points (20 not judged), 2.5 s, seed 7
";
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn tap_has_a_line_for_each_check_and_a_block_for_what_does_not_hold() {
    let text = shown(Format::Tap, false);
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(
        lines,
        [
            "TAP version 13",
            "1..4",
            "ok 1 - A-1 it says accio",
            "not ok 2 - A-8 it gives up <silent> clients",
            "not ok 3 - A-8/2 it says \\#1 why # TODO a program should, but need not",
            "ok 4 - G-4 it stops # SKIP no process",
        ]
    );
    let wanted = r#"
  ---
  level: "must"
  requirement: "Part 2"
  expected: "a close"
  happened: "\\x1b[2J & silence"
  seconds: 1.500
  evidence:
    - "  requirement  Part 2"
"#;
    assert!(text.contains(wanted), "{text}");
    assert_eq!(text.matches("\n  ...\n").count(), 2);
    let strict = shown(Format::Tap, true);
    assert!(strict.contains("why\n"), "{strict}");
}

#[test]
fn json_has_everything() {
    let text = shown(Format::Json, true);
    let read: Value = serde_json::from_str(&text).unwrap();
    let get = |pointer: &str| read.pointer(pointer).unwrap_or(&Value::Null).to_string();
    for (pointer, value) in [
        ("/assignment", "\"server-s\""),
        ("/strict", "true"),
        ("/outcome", "\"fails\""),
        ("/status", "1"),
        ("/seconds", "2.5"),
        ("/must", r#"{"holds":1,"broken":1,"not_judged":1}"#),
        ("/should", r#"{"holds":0,"broken":1,"not_judged":0}"#),
        ("/score", r#"{"earned":5,"judged":15,"all":35}"#),
        ("/criteria/0/earned", "true"),
        ("/criteria/1/earned", "false"),
        ("/criteria/2/earned", "null"),
        ("/criteria/2/checks", r#"["A-1","G-4"]"#),
        ("/checks/0/verdict", "\"holds\""),
        ("/checks/2/id", "\"A-8/2\""),
        ("/checks/2/clause", "\"A-8\""),
        ("/checks/2/section", "\"Errors\""),
        ("/checks/2/level", "\"should\""),
        ("/checks/2/expected", "\"a close\""),
        ("/checks/2/happened", r#""\\x1b[2J & silence""#),
        (
            "/checks/2/programs/0",
            "\"  command: x\\n    +0.002s \u{fffe}\\n\"",
        ),
        ("/checks/3/verdict", "\"not_judged\""),
        ("/checks/3/reason", "\"no process\""),
    ] {
        assert_eq!(get(pointer), value, "{pointer}");
    }
}

#[test]
fn junit_is_what_its_readers_know() {
    let text = shown(Format::Junit, false);
    let read = quick_junit::Report::deserialize_from_str(&text).unwrap();
    assert_eq!((read.tests, read.failures, read.errors), (4, 1, 0));
    let suite = read.test_suites.first().unwrap();
    assert_eq!((suite.tests, suite.failures, suite.skipped), (4, 1, 2));
    assert_eq!(suite.time, Some(Duration::from_millis(2500)));
    let kinds: Vec<_> = suite
        .test_cases
        .iter()
        .map(|case| match &case.status {
            TestCaseStatus::Success { .. } => "passed",
            TestCaseStatus::NonSuccess { kind, .. } => match kind {
                NonSuccessKind::Failure => "failed",
                NonSuccessKind::Error => "error",
            },
            TestCaseStatus::Skipped { .. } => "skipped",
        })
        .collect();
    assert_eq!(kinds, ["passed", "failed", "skipped", "skipped"]);
    let failed = suite.test_cases.get(1).unwrap();
    assert_eq!(failed.name.as_str(), "A-8 it gives up <silent> clients");
    let TestCaseStatus::NonSuccess {
        message,
        description,
        ..
    } = &failed.status
    else {
        panic!("{failed:?}");
    };
    let message = message.as_ref().map(quick_junit::XmlString::as_str);
    assert_eq!(message, Some("expected a close; \\x1b[2J & silence"));
    let description = description.as_ref().map_or("", |text| text.as_str());
    assert!(
        description.contains("\n    command: x\n      +0.002s \u{fffd}"),
        "{description}"
    );
    let strict = shown(Format::Junit, true);
    let strict = quick_junit::Report::deserialize_from_str(&strict).unwrap();
    assert_eq!(strict.failures, 2);
}

#[test]
fn an_unusable_program_is_an_error_in_every_format() {
    let text = unusable;
    let human = text(Format::Human);
    assert!(human.contains("happened     it does not\n"), "{human}");
    let tap = text(Format::Tap);
    assert!(
        tap.contains("#   happened     it does not\nBail out! "),
        "{tap}"
    );
    let json: Value = serde_json::from_str(&text(Format::Json)).unwrap();
    assert_eq!(json.pointer("/outcome"), Some(&Value::from("unusable")));
    assert_eq!(
        json.pointer("/unusable/happened"),
        Some(&Value::from("it does not"))
    );
    let junit = quick_junit::Report::deserialize_from_str(&text(Format::Junit)).unwrap();
    assert_eq!((junit.tests, junit.failures, junit.errors), (1, 0, 1));
}

/// What a program may print: to drive a terminal, to turn the direction of writing, to end what it
/// stands in, to be taken for a result, or for a command to the platform.
const HOSTILE: [&str; 13] = [
    "\u{1b}[2J\u{1b}]0;forged\u{7}",
    "\u{9b}2J",
    "\u{202e}forged\u{2066}",
    "forged\u{2028}::error::forged\r::error::forged",
    "]]></failure></testcase><testcase name='forged'/>",
    "</pre><script>forged</script>",
    "ok 1 - forged",
    "Bail out! forged",
    "::error::forged",
    "   ::stop-commands::forged",
    "at the end ##[error]forged",
    "##vso[task.complete result=Succeeded;]forged",
    "```\n# forged",
];

/// All checks, each with this text wherever a program can bring one in.
fn everywhere(text: &str, count: usize) -> [Record; 2] {
    let text = format!("before\n{text}\nbehind");
    let mut report = report();
    for result in &mut report.results {
        result.evidence = Evidence {
            conversations: vec![text.clone(); count],
            programs: vec![text.clone(); count],
            ..Evidence::default()
        };
        if let Err(Problem::Broken { happened, .. }) = &mut result.outcome {
            happened.clone_from(&text);
        }
    }
    report.results[3].outcome = Err(Problem::not_in_this_run(text.clone()));
    let unusable = Unusable {
        problem: Problem::broken("the program starts", &text),
        evidence: report.results[0].evidence.clone(),
    };
    let selected: Vec<_> = ASSIGNMENT.checks().collect();
    [
        Record::of(&report, about(true)),
        Record::of_unusable(&ASSIGNMENT, &selected, &unusable, about(true)),
    ]
}

#[test]
fn what_a_program_prints_does_nothing_in_any_format() {
    let style = Style {
        shown: Shown::All,
        ..STYLE
    };
    for hostile in HOSTILE {
        for (name, format) in Format::ALL {
            let records = everywhere(hostile, 2);
            for record in &records {
                assert_harmless(name, &format.of(record, &style));
            }
            let text = format.of(&records[0], &style);
            let is_there = text.contains("forged") || hostile == "\u{9b}2J";
            assert!(is_there, "{name} without {hostile:?}: {text}");
        }
    }
}

#[track_caller]
fn assert_harmless(name: &str, text: &str) {
    let colors = [
        "\u{1b}[0m",
        "\u{1b}[1m",
        "\u{1b}[2m",
        "\u{1b}[31m",
        "\u{1b}[32m",
        "\u{1b}[33m",
    ];
    let plain = colors
        .iter()
        .fold(text.to_owned(), |text, color| text.replace(color, ""));
    for line in plain.lines() {
        assert_eq!(cli::escape(line.as_bytes()).to_string(), line, "{name}");
        assert!(!line.trim_start().starts_with("::"), "{name}: {line}");
        assert!(
            !line.contains("##[") && !line.contains("##vso["),
            "{name}: {line}"
        );
        let forges = |result| name == "tap" && line.starts_with(result) && line.contains("forged");
        assert!(!forges("ok 1") && !forges("Bail out!"), "{line}");
        assert!(name != "markdown" || !line.starts_with("# "), "{line}");
    }
    match name {
        "html" => assert!(!plain.contains("<script>forged")),
        "junit" => {
            let read = quick_junit::Report::deserialize_from_str(text).unwrap();
            let cases = &read.test_suites[0].test_cases;
            assert!(cases.iter().all(|case| case.name.as_str() != "forged"));
        }
        "json" | "gradescope" | "classroom50" | "prairielearn" => {
            serde_json::from_str::<Value>(text).unwrap();
        }
        _ => {}
    }
}

#[test]
fn a_megabyte_in_one_line_makes_no_long_report() {
    const PLATFORMS_TAKE: usize = 1 << 20;
    for piece in ["x", "\u{1b}", "<", "\u{10ffff}", "x\n", "\""] {
        let long = piece.repeat((1 << 20) / piece.len());
        let records = everywhere(&long, 3);
        for (name, format) in Format::ALL {
            for record in &records {
                let length = format.of(record, &STYLE).len();
                assert!(length < PLATFORMS_TAKE / 4, "{name}: {length}");
            }
        }
    }
}

#[test]
fn each_report_says_how_the_program_was_confined() {
    for (name, format) in Format::ALL {
        let record = Record {
            confinement: vec!["walls".to_owned()],
            ..Record::of(&report(), about(true))
        };
        let text = format.of(&record, &STYLE);
        let says = match name {
            "human" => "confinement: walls",
            "tap" => "\n# confinement: walls\n",
            "junit" => "<property name=\"confinement\" value=\"walls\"/>",
            "json" => "\"confinement\": [\n    \"walls\"\n  ]",
            "html" => "; walls",
            // These go to students.
            _ => continue,
        };
        assert!(text.contains(says), "{name}: {text}");
    }
}
