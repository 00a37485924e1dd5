//! How what was measured is told: as a table, as JSON, and as a chart of the ratios.

mod chart;
mod json;
mod numbers;
mod table;

pub use chart::chart;
pub use json::json;
pub use numbers::{in_unit, size};
pub use table::{markdown, summary};

use std::time::Duration;

use crate::figure::Table;
use crate::measure::Measured;

/// All that one run measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The processor's model, as the system calls it.
    pub processor: String,
    /// The rounds of each contender.
    pub rounds: usize,
    /// How long a round was to be.
    pub round: Duration,
    /// The figures, in the order of the table.
    pub figures: Vec<Measured>,
    /// The tables of growing work.
    pub tables: Vec<Table>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::figure::{Goal, Role, Row, Unit};
    use crate::measure::{MeasuredRow, Measurement};

    fn result(role: Role, name: &'static str, values: &[f64]) -> Measurement {
        let values = values.to_vec();
        Measurement { role, name, values }
    }

    /// A figure with a goal that is missed, a goal that is reached, and a peer that is absent.
    pub(crate) fn report() -> Report {
        let speed = MeasuredRow {
            row: Row {
                what: "speed".to_owned(),
                unit: Unit::PerSecond,
                limit: Some(Goal::AtLeast(0.93)),
                peer: Some(Goal::AtLeast(1.0)),
            },
            results: vec![
                result(Role::Ours, "x", &[80e3, 90e3, 100e3]),
                result(Role::Limit, "echo", &[100e3, 110e3, 100e3]),
                result(Role::Peer, "slow", &[]),
                result(Role::Peer, "fast", &[60e3]),
            ],
        };
        let cost = MeasuredRow {
            row: Row {
                what: "cost".to_owned(),
                unit: Unit::Seconds,
                limit: Some(Goal::AtMost(1.5)),
                peer: None,
            },
            results: vec![
                result(Role::Ours, "x", &[2e-6]),
                result(Role::Limit, "echo", &[1.5e-6]),
                result(Role::Peer, "slow", &[]),
            ],
        };
        let rows = vec![speed, cost];
        Report {
            processor: "a processor".to_owned(),
            rounds: 3,
            round: Duration::from_millis(500),
            figures: vec![Measured {
                name: "x-speed",
                rows,
            }],
            tables: vec![Table {
                title: "growth".to_owned(),
                head: vec!["a".to_owned(), "b".to_owned()],
                rows: vec![vec!["1".to_owned(), "2".to_owned()]],
            }],
        }
    }
}
