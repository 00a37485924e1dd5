use std::fmt;

use crate::{Assignment, Check};

/// Which checks are selected, as `T-4,A-*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection(String);

impl Selection {
    pub(crate) fn new(patterns: &str) -> Self {
        Self(patterns.to_owned())
    }

    /// The selected checks of an assignment, in their order.
    pub(crate) fn of(&self, assignment: &Assignment) -> Vec<&'static Check> {
        assignment
            .checks()
            .filter(|check| self.has(check))
            .collect()
    }

    fn has(&self, check: &Check) -> bool {
        self.0
            .split(',')
            .any(|pattern| matches(pattern.trim(), check))
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A pattern is an id, a clause, or the beginning of an id followed by `*`.
fn matches(pattern: &str, check: &Check) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => check.id.starts_with(beginning),
        None => pattern == check.id || pattern == check.clause(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_an_id_a_clause_or_a_beginning() {
        let check = Check::must("T-4/2", "", "", |_| Ok(()));
        for pattern in ["T-4/2", "T-4", "T-4*", "T-*", "*", "A-*,T-4", "T-1, T-4/2"] {
            assert!(Selection::new(pattern).has(&check), "{pattern}");
        }
        for pattern in [
            "T-4/", "T-4/3", "T", "T-", "TC-*", "T-5,A-*", "", ",", "t-4",
        ] {
            assert!(!Selection::new(pattern).has(&check), "{pattern}");
        }
    }
}
