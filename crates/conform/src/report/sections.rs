use crate::{Check, CheckResult};

/// The headings of the specification: each begins with a clause, and goes on to the next one.
const HEADINGS: &[(&str, u32, &str)] = &[
    ("T", 1, "Wire"),
    ("T", 9, "Transformations"),
    ("T", 15, "Connections"),
    ("T", 20, "Command line"),
    ("TC", 1, "Requests and responses"),
    ("TC", 3, "Errors"),
    ("A", 1, "Exchange"),
    ("A", 8, "Errors"),
    ("A", 12, "Connections"),
    ("A", 15, "Command line and signals"),
    ("AC", 1, "Exchange"),
    ("AC", 2, "Limits and errors"),
    ("AC", 3, "File and pace"),
    ("M", 1, "Exchange"),
    ("M", 6, "Errors and limits"),
    ("M", 8, "Command line and speed"),
    ("MS", 1, "Questions and secret"),
    ("MS", 4, "Clients"),
    ("P", 1, "Start"),
    ("P", 3, "Exchange"),
    ("P", 7, "Errors and hostile clients"),
    ("P", 10, "Connections and signals"),
    ("PC", 1, "Exchange and errors"),
    ("C", 1, "Records"),
    ("C", 5, "Start and connections"),
    ("C", 9, "Messages"),
    ("C", 12, "Errors, many clients and signals"),
    ("C", 17, "Command line and prompts"),
    ("C", 20, "Exchange"),
    ("C", 22, "Errors"),
    ("G", 1, "Common to all programs"),
];

/// The heading under which the specification has a check.
pub(super) fn heading(check: &Check) -> &'static str {
    let (letters, number) = check.clause().split_once('-').unwrap_or_default();
    let number = number.parse().unwrap_or(0);
    let mut before = HEADINGS
        .iter()
        .rev()
        .filter(|(own, first, _)| *own == letters && *first <= number);
    before.next().map_or("Others", |(_, _, heading)| heading)
}

/// Results under their headings, both in the order in which they come.
pub(super) fn sections<'r, 'a>(
    results: &'r [CheckResult<'a>],
) -> Vec<(&'static str, Vec<&'r CheckResult<'a>>)> {
    let mut sections: Vec<(_, Vec<_>)> = Vec::new();
    for result in results {
        let heading = heading(result.check);
        match sections.iter_mut().find(|(other, _)| *other == heading) {
            Some((_, section)) => section.push(result),
            None => sections.push((heading, vec![result])),
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Assignment;

    #[test]
    fn a_check_stands_under_the_last_heading_before_it() {
        let heading = |id| heading(&Check::must(id, "", "", |_| Ok(())));
        assert_eq!(heading("T-8/2"), "Wire");
        assert_eq!(heading("T-9"), "Transformations");
        assert_eq!(heading("TC-1"), "Requests and responses");
        assert_eq!(heading("T-99"), "Command line");
        assert_eq!(heading("G-10"), "Common to all programs");
        assert_eq!(heading("T"), "Others");
    }

    #[test]
    fn every_check_stands_under_a_heading() {
        for assignment in Assignment::all() {
            for check in assignment.checks {
                assert_ne!(heading(check), "Others", "{} {}", assignment.name, check.id);
            }
        }
    }
}
