use std::fmt;

use crate::{CheckResult, Evidence, Level, Problem, Unusable, Verdict};

/// Columns of the text; the rows of hex are a little shorter.
const WIDTH: usize = 96;

/// Columns of the names on the left.
const MARGIN: usize = 13;

/// The whole of it: the requirement, what was expected and what happened, and what was seen.
impl fmt::Display for CheckResult<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let check = self.check;
        writeln!(f, "{} {}: {}", check.id, check.level, check.title)?;
        named(f, "requirement", check.requirement)?;
        match &self.verdict {
            Verdict::Holds => named(f, "verdict", "it holds")?,
            Verdict::Broken { expected, happened } => {
                named(f, "expected", expected)?;
                named(f, "happened", happened)?;
            }
            Verdict::NotRun(reason) => named(f, "not run", reason)?,
        }
        self.evidence.fmt(f)
    }
}

/// What was expected and what happened, and what was seen.
impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::Broken { expected, happened } => {
                named(f, "expected", expected)?;
                named(f, "happened", happened)?;
            }
            Problem::NotRun(reason) => named(f, "not possible", reason)?,
        }
        self.evidence.fmt(f)
    }
}

/// Each connection with both directions, then each program with its output and how it ended.
impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for conversation in &self.conversations {
            indented(f, conversation)?;
        }
        for program in &self.programs {
            indented(f, "program:")?;
            indented(f, program)?;
        }
        Ok(())
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Must => "must",
            Self::Should => "should",
        })
    }
}

/// A text of some lines behind its name, broken between words.
fn named(f: &mut fmt::Formatter<'_>, name: &str, text: &str) -> fmt::Result {
    let mut name = format!("  {name}");
    for line in text.lines().flat_map(|line| wrapped(line, WIDTH - MARGIN)) {
        // Much of it comes from the program under test.
        let line = cli::escape(line.as_bytes());
        writeln!(f, "{name:MARGIN$}  {line}")?;
        name.clear();
    }
    Ok(())
}

fn indented(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    text.lines().try_for_each(|line| writeln!(f, "  {line}"))
}

/// Lines of at most so many characters, if no word is longer.
fn wrapped(text: &str, width: usize) -> Vec<String> {
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
