//! The specification, as numbered clauses: the pages in `spec/`.

use std::fmt::Write as _;

use crate::Assignment;

const PAGES: [&str; 6] = [
    include_str!("../spec/README.md"),
    include_str!("../spec/tcp_server.md"),
    include_str!("../spec/server-s.md"),
    include_str!("../spec/lab4.md"),
    include_str!("../spec/lab3.md"),
    include_str!("../spec/server-client.md"),
];

/// A clause, given by its id or by that of a check (`T-7/2`): its text, the words of the assignment
/// that it restates, and the checks that show it.
pub(crate) fn explain(id: &str) -> Option<String> {
    let clause = id.split('/').next()?;
    let mut text = clause_text(clause)?;
    text.push('\n');
    for assignment in Assignment::all() {
        for check in assignment.checks().filter(|check| check.clause() == clause) {
            // Writing into a `String` cannot fail.
            let _ = writeln!(
                text,
                "{} {} ({}): {}",
                assignment.name, check.id, check.level, check.title
            );
            let _ = writeln!(text, "    {}", check.requirement);
        }
    }
    Some(text)
}

/// The item of the list that begins with the id, to the next item or heading.
fn clause_text(clause: &str) -> Option<String> {
    let begins = |line: &str| {
        let id = line
            .strip_prefix("- **")
            .and_then(|rest| rest.split([' ', '*']).next());
        id == Some(clause)
    };
    PAGES.iter().find_map(|page| {
        let mut lines = page.lines().skip_while(|line| !begins(line));
        let mut text = format!("{}\n", lines.next()?.trim_start_matches("- "));
        for line in lines.take_while(|line| line.starts_with("  ") || line.is_empty()) {
            text += &format!("{}\n", line.strip_prefix("  ").unwrap_or(line));
        }
        Some(text.trim_end().to_owned() + "\n")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_a_clause() {
        for assignment in Assignment::all() {
            for check in assignment.checks() {
                assert!(
                    clause_text(check.clause()).is_some(),
                    "{} {}",
                    assignment.name,
                    check.id
                );
            }
        }
    }

    #[test]
    fn a_clause_that_restates_the_assignment_quotes_it() {
        let lines = PAGES.iter().flat_map(|page| page.lines());
        let restating: Vec<_> = lines
            .filter_map(|line| line.strip_prefix("- **")?.split_once(" (assignment"))
            .map(|(clause, _)| clause)
            .collect();
        assert!(restating.len() > 40, "{restating:?}");
        for clause in restating {
            let text = clause_text(clause).unwrap();
            assert!(text.contains("\n> \""), "{text}");
        }
    }

    #[test]
    fn a_clause_is_explained_with_its_checks_and_nothing_else() {
        let text = explain("T-7").unwrap();
        assert!(text.starts_with("**T-7"), "{text}");
        assert!(
            text.contains("tcp_server T-7 (") && !text.contains("T-8"),
            "{text}"
        );
        assert_eq!(explain("T-7/2"), Some(text));
        assert_eq!(explain("T-99"), None);
        assert_eq!(explain(""), None);
    }
}
