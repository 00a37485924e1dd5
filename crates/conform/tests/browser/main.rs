//! The pages in a real browser, where there is one: chromium and chromedriver.
//!
//! The submissions are made up: their names and all that they printed try to become a part of the
//! page.

#![allow(clippy::panic, clippy::print_stderr, clippy::unwrap_used)]

mod driver;

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use conform::TestLine;
use driver::Browser;
use harness::{Exit, Program};
use libtest_mimic::{Arguments, Failed};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Each of them would become a script, an element or an attribute of the page.
const MARKUP: &str = "<script>document.title='taken'</script><img src='http://127.0.0.1:9/x' \
                      onerror=\"document.title='taken'\">'\"--></pre></style><b onclick=x>";

/// A name of a folder cannot have a slash.
const NAME: &str = "<img src=x onerror=\"document.title='taken'\">";

/// A name, and what is done with a browser.
type Test = (&'static str, fn(&Browser));

const TESTS: &[Test] = &[
    ("a click opens the evidence", opens),
    ("the buttons sort the rows", sorts),
    (
        "nothing of a submission becomes a part of the page",
        injects_nothing,
    ),
    ("no request leaves the pages", asks_nobody),
    ("without a script a page says everything", without_script),
];

fn main() -> ExitCode {
    let line = |(name, test): &Test| {
        let test = *test;
        TestLine::new(*name, Duration::ZERO, move || in_browser(test))
    };
    if Program::new("chromedriver")
        .arg("--version")
        .run(Duration::from_secs(60))
        .is_err()
    {
        eprintln!(
            "skipped, without chromedriver: {} tests of the pages",
            TESTS.len()
        );
        return libtest_mimic::run(&Arguments::from_args(), Vec::new()).exit_code();
    }
    // One browser after another: each takes as much as all other tests.
    conform::run_some_concurrently(TESTS.iter().map(line).collect(), 1)
}

fn in_browser(test: fn(&Browser)) -> Result<(), Failed> {
    let browser = Browser::start().ok_or("chromedriver cannot be started")?;
    test(&browser);
    Ok(())
}

// The pages.

struct Pages {
    folder: TempDir,
}

impl Pages {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for (name, record) in [
            ("ada", record(&["holds", "holds"])),
            ("ben", record(&["holds", "broken"])),
            (NAME, record(&["broken", "broken"])),
            ("dan", unusable()),
        ] {
            let file = folder.path().join(format!("{name}.json"));
            fs::write(file, record.to_string()).unwrap();
        }
        let program = Program::new(env!("CARGO_BIN_EXE_conform"))
            .arg("--summarize")
            .arg(folder.path());
        let finished = program.run(Duration::from_secs(60)).unwrap();
        assert_eq!(finished.exit, Exit::Status(0));
        Self { folder }
    }

    fn class(&self) -> String {
        format!("file://{}/index.html", self.folder.path().display())
    }

    /// The page of a program that ends with its markup on standard error.
    fn student(&self) -> String {
        let page = self.folder.path().join("student.html");
        let program = Program::new(env!("CARGO_BIN_EXE_conform"))
            .args(["--format", "html", "--output"])
            .arg(&page)
            .args([
                "tcp_server",
                "--",
                "sh",
                "-c",
                "echo \"$0\" >&2; exit 1",
                MARKUP,
            ]);
        let finished = program.run(Duration::from_secs(120)).unwrap();
        assert_eq!(finished.exit, Exit::Status(3));
        format!("file://{}", page.display())
    }
}

fn record(verdicts: &[&str]) -> Value {
    let checks = verdicts.iter().enumerate().map(|(number, verdict)| {
        json!({
            "id": format!("T-{number}"), "clause": format!("T-{number}"), "section": "Wire",
            "level": "must", "title": "a request is read", "requirement": "Protocol: words",
            "seconds": 0.1, "verdict": verdict, "expected": "10 bytes", "happened": MARKUP,
            "conversations": [format!("+0.001s received\n  3c 26  {MARKUP}\n")],
            "programs": [format!("  standard error:\n    {MARKUP}\n")],
        })
    });
    let broken = verdicts
        .iter()
        .filter(|verdict| **verdict == "broken")
        .count();
    let outcome = if broken > 0 { "fails" } else { "passes" };
    json!({
        "conform": "0.1.0", "assignment": "tcp_server", "command": MARKUP, "seed": 1,
        "repeat": "conform --only {only} tcp_server --", "strict": false, "outcome": outcome,
        "status": 1, "confinement": [], "interrupted": false, "seconds": 1.0, "unusable": null,
        "must": { "holds": verdicts.len() - broken, "broken": broken, "not_judged": 0 },
        "should": { "holds": 0, "broken": 0, "not_judged": 0 },
        "score": null, "criteria": [],
        "causes": [{ "name": MARKUP, "advice": MARKUP, "page": "javascript:document.title='taken'",
            "explains": ["T-1"] }],
        "checks": checks.collect::<Vec<_>>(),
    })
}

fn unusable() -> Value {
    let mut record = record(&[]);
    record["outcome"] = json!("unusable");
    record["unusable"] = json!({ "expected": "the program listens", "happened": MARKUP,
        "programs": [MARKUP] });
    record
}

// What is done with them.

fn opens(browser: &Browser) {
    let pages = Pages::new();
    browser.open(&pages.class());
    let shown = "const open = document.querySelector('td details[open] div'); \
                 return open && open.checkVisibility() ? open.innerText : ''";
    assert_eq!(browser.run(shown), "");
    browser.click("tr[data-name=ben] td.b summary");
    let text = browser.run(shown);
    let text = text.as_str().unwrap();
    for part in [
        "ben: T-1 a request is read",
        "10 bytes",
        "What the program printed",
        "What was sent and received",
        "3c 26  <script>",
        "cd ben && conform --only T-1 tcp_server -- ",
    ] {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
    // The cell is in sight, above what it has opened.
    let cell = "return document.querySelector('td:has(details[open])').getBoundingClientRect().bottom \
                <= document.querySelector('td details[open] div').getBoundingClientRect().top";
    assert_eq!(browser.run(cell), true);
    // Another one takes its place, and a second click closes it.
    browser.run("document.querySelector('tr[data-name^=\"<img\"] td.b summary').click()");
    assert_eq!(
        browser.run("return document.querySelectorAll('td details[open]').length"),
        1
    );
    browser.run("document.querySelector('td details[open] summary').click()");
    assert_eq!(browser.run(shown), "");
}

fn sorts(browser: &Browser) {
    let pages = Pages::new();
    browser.open(&pages.class());
    let names =
        "return [...document.querySelectorAll('#all tbody tr')].map(row => row.dataset.name)";
    assert_eq!(browser.run(names), json!(["dan", "ada", "ben", NAME]));
    browser.click("#sort button:nth-of-type(2)");
    assert_eq!(browser.run(names), json!([NAME, "ada", "ben", "dan"]));
    browser.click("#sort button:nth-of-type(1)");
    assert_eq!(browser.run(names), json!(["ada", "ben", NAME, "dan"]));
    let pressed =
        "return [...document.querySelectorAll('#sort button')].map(one => one.ariaPressed)";
    assert_eq!(browser.run(pressed), json!(["true", "false"]));
}

fn injects_nothing(browser: &Browser) {
    let pages = Pages::new();
    for (page, title) in [
        (pages.class(), "tcp_server: 4 submissions"),
        (pages.student(), "tcp_server: cannot be graded"),
    ] {
        browser.open(&page);
        browser.run("for (const one of document.querySelectorAll('details')) one.open = true");
        assert_eq!(browser.run("return document.title"), title);
        let foreign =
            "return document.querySelectorAll('img, b[onclick], a[href^=javascript]').length";
        assert_eq!(browser.run(foreign), 0, "{page}");
        assert_eq!(browser.run("return document.scripts.length"), 1, "{page}");
        let text = browser.run("return document.body.innerText");
        let text = text.as_str().unwrap();
        assert!(
            text.contains("onerror="),
            "{page} does not show it:\n{text}"
        );
    }
}

fn asks_nobody(browser: &Browser) {
    let pages = Pages::new();
    for page in [pages.class(), pages.student()] {
        browser.requests();
        browser.open(&page);
        browser.run("for (const one of document.querySelectorAll('details')) one.open = true");
        // An image that would be asked for, were it allowed, has been by now.
        browser.run("return new Promise(done => requestAnimationFrame(() => setTimeout(done)))");
        // The page that the browser itself had begun with may still be loading, with its images.
        let mut requests = browser.requests();
        requests
            .retain(|request| !request.starts_with("\"chrome") && !request.starts_with("\"data:"));
        assert_eq!(requests, [format!("{page:?}")]);
    }
}

fn without_script(browser: &Browser) {
    let pages = Pages::new();
    let page = fs::read_to_string(pages.folder.path().join("index.html")).unwrap();
    let (before, script) = page.split_once("<script>").unwrap();
    let (_, after) = script.split_once("</script>").unwrap();
    let quiet = pages.folder.path().join("quiet.html");
    fs::write(&quiet, format!("{before}{after}")).unwrap();
    browser.open(&format!("file://{}", quiet.display()));
    browser.click("tr[data-name=ben] td.b summary");
    let shown = "return document.querySelector('td details[open]').innerText";
    let text = browser.run(shown);
    assert!(text.as_str().unwrap().contains("10 bytes"), "{text}");
    // No empty place where the buttons would be.
    assert_eq!(
        browser.run("return document.querySelector('#sort').checkVisibility()"),
        false
    );
}
