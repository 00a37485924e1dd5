use std::fmt::Write as _;

use crate::{Assignment, Check};

/// The checks of assignments: id, must or should, clause and title of each.
pub(crate) fn list(listed: &[(&'static Assignment, Vec<&'static Check>)]) -> String {
    let mut text = String::new();
    for (assignment, checks) in listed {
        for check in checks {
            // Writing into a `String` cannot fail.
            let _ = writeln!(
                text,
                "{:10}  {:7}  {:6}  {:5}  {}",
                assignment.name,
                check.id,
                check.level,
                check.clause(),
                check.title
            );
        }
    }
    text
}
