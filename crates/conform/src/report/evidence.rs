use std::fmt::{self, Write as _};

use crate::record::{CheckRecord, UnusableRecord, Verdict};

/// Columns of the text; the rows of hex are a little shorter.
const WIDTH: usize = 96;

/// Columns of the names on the left.
const MARGIN: usize = 13;

/// What the requirement of a check is, what was expected and what happened, and what was seen.
pub(crate) fn evidence(check: &CheckRecord) -> String {
    let mut text = String::new();
    named(&mut text, "requirement", &check.requirement);
    match check.verdict {
        Verdict::Holds => named(&mut text, "verdict", "it holds"),
        Verdict::Broken => {
            if let Some(played) = check.played() {
                lines(&mut text, "played", &played.words);
            }
            named(
                &mut text,
                "expected",
                check.expected.as_deref().unwrap_or_default(),
            );
            named(
                &mut text,
                "happened",
                check.happened.as_deref().unwrap_or_default(),
            );
        }
        Verdict::NotJudged => named(
            &mut text,
            "not judged",
            check.reason.as_deref().unwrap_or_default(),
        ),
    }
    // How a program ended often explains everything, and comes first.
    programs(&mut text, &check.programs);
    for conversation in &check.conversations {
        indented(&mut text, conversation);
    }
    text
}

/// The whole of it.
impl fmt::Display for CheckRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}: {}\n{}",
            self.id,
            self.level,
            self.title,
            evidence(self)
        )
    }
}

/// What a program did that cannot be graded.
pub(super) fn unusable(unusable: &UnusableRecord) -> String {
    let mut text = String::new();
    named(&mut text, "expected", &unusable.expected);
    named(&mut text, "happened", &unusable.happened);
    programs(&mut text, &unusable.programs);
    text
}

fn programs(text: &mut String, programs: &[String]) {
    for program in programs {
        text.push_str("  program:\n");
        indented(text, program);
    }
}

/// A name, then a text that is wrapped into lines between words.
pub(super) fn named(text: &mut String, name: &str, value: &str) {
    let mut name = format!("  {name}");
    for line in value.lines().flat_map(|line| wrapped(line, WIDTH - MARGIN)) {
        // Much of it comes from the program under test. Writing into a `String` cannot fail.
        let line = cli::escape(line.as_bytes());
        let _ = writeln!(text, "{name:MARGIN$}  {line}");
        name.clear();
    }
}

/// A name, then lines whose indentation is kept.
fn lines(text: &mut String, name: &str, value: &str) {
    let mut name = format!("  {name}");
    for line in value.lines() {
        let line = cli::escape(line.as_bytes());
        let _ = writeln!(text, "{name:MARGIN$}  {line}");
        name.clear();
    }
}

fn indented(text: &mut String, lines: &str) {
    for line in lines.lines() {
        let _ = writeln!(text, "  {}", cli::escape(line.as_bytes()));
    }
}

/// Lines of at most this number of characters, if no word is longer.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0;
    for word in text.split(' ') {
        let word_length = word.chars().count();
        match lines.last_mut() {
            Some(line) if length == 0 || length + 1 + word_length <= width => {
                if length > 0 {
                    line.push(' ');
                    length += 1;
                }
                line.push_str(word);
                length += word_length;
            }
            _ => {
                lines.push(word.to_owned());
                length = word_length;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("extraordinary word", 7), ["extraordinary", "word"]);
        assert_eq!(wrapped("", 7), [""]);
    }
}
