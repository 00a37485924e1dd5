//! Pages for a browser: of one submission, for who handed it in, and of a class, for who teaches it.
//!
//! A page is one file that asks nobody for anything. What a program did stands in it as text, which
//! the templates escape; should that fail, the policy of the page runs no script but its own.

mod class;
mod student;

pub(crate) use class::{ClassPage, Row, class};
pub(crate) use student::student;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::record::{CheckRecord, Kind, UnusableRecord, Verdict};
use crate::{Level, Record};

const STYLE: &str = include_str!("style.css");

const SCRIPT: &str = include_str!("script.js");

/// The SHA-256 of the script, in Base64: only that is run.
const SCRIPT_HASH: &str = "md0EjLKgkBn0owHzyaEzXHi2Oax13J7u0NDUYsmzs7w=";

fn document(title: &str, body: &Markup) -> String {
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{SCRIPT_HASH}'; \
         base-uri 'none'; form-action 'none'"
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (body)
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string() + "\n"
}

/// What came of a check: a class for its colour, a sign, and a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    class: &'static str,
    sign: &'static str,
    word: &'static str,
}

fn state(check: &CheckRecord) -> State {
    let (class, sign, word) = match (check.verdict, check.level, check.kind) {
        (Verdict::Holds, ..) => ("h", "✓", "holds"),
        (Verdict::Broken, Level::Must, _) => ("b", "✗", "broken"),
        (Verdict::Broken, Level::Should, _) => ("s", "!", "broken"),
        (_, _, Some(Kind::ByDesign)) => ("d", "–", "not seen in this run"),
        (Verdict::NotJudged, ..) => ("n", "?", "not judged"),
    };
    State { class, sign, word }
}

/// Text of a program under test, without what a person would not see as it is.
fn visible(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| cli::escape(line.as_bytes()).to_string());
    lines.collect::<Vec<_>>().join("\n")
}

/// What was expected and what happened, and what was seen.
fn evidence(check: &CheckRecord) -> Markup {
    html! {
        @if let Some(played) = check.played() {
            h5 { "The conversation" }
            pre tabindex="0" { (visible(&played.words)) }
        }
        dl {
            @for (name, value) in [
                ("Expected", &check.expected),
                ("Happened", &check.happened),
                ("Not judged", &check.reason),
            ] {
                @if let Some(value) = value {
                    dt { (name) }
                    dd { (visible(value)) }
                }
            }
        }
        (texts("What the program printed", &check.programs))
        (texts("What was sent and received", &check.conversations))
        @if let Some(file) = &check.capture {
            p { a href=(address(file)) { "All packets, for Wireshark" } }
        }
    }
}

/// The address of a file beside the page, or of one with a whole path.
fn address(file: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let mut address = if file.starts_with('/') {
        "file://"
    } else {
        "./"
    }
    .to_owned();
    for byte in file.bytes() {
        match is_plain(byte) {
            true => address.push(char::from(byte)),
            false => address += &format!("%{byte:02X}"),
        }
    }
    address
}

fn texts(heading: &str, texts: &[String]) -> Markup {
    html! {
        @if !texts.is_empty() {
            h5 { (heading) }
            @for text in texts { pre tabindex="0" { (visible(text)) } }
        }
    }
}

fn unusable(problem: &UnusableRecord) -> Markup {
    html! {
        dl {
            dt { "Expected" }
            dd { (visible(&problem.expected)) }
            dt { "Happened" }
            dd { (visible(&problem.happened)) }
        }
        (texts("What the program printed", &problem.programs))
    }
}

/// What makes a check again.
fn repeat(record: &Record, check: &CheckRecord) -> String {
    let command = record.repeat.replace("{only}", &check.only());
    let command = format!("{command} {}", record.command);
    visible(&command)
}

/// A page of a language's documentation.
fn link(page: Option<&str>) -> Markup {
    html! {
        @if let Some(page) = page.filter(|page| page.starts_with("https://")) {
            p { a href=(page) rel="noreferrer" { (page) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::{SCRIPT, SCRIPT_HASH, address};

    #[test]
    fn the_address_of_a_file_leads_nowhere_else() {
        assert_eq!(address("a b/T-1.pcapng"), "./a%20b/T-1.pcapng");
        assert_eq!(address("javascript:x/#?"), "./javascript%3Ax/%23%3F");
        assert_eq!(address("//host/é"), "file:////host/%C3%A9");
    }

    #[test]
    fn the_policy_allows_the_script() {
        let mut shell = Command::new("sh")
            .args(["-c", "openssl dgst -sha256 -binary | base64"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = shell.stdin.take().unwrap();
        stdin.write_all(SCRIPT.as_bytes()).unwrap();
        drop(stdin);
        let output = shell.wait_with_output().unwrap();
        let hash = String::from_utf8(output.stdout).unwrap();
        assert_eq!(hash.trim(), SCRIPT_HASH);
    }
}
