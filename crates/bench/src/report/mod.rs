//! Reports of what was measured: a table, JSON, and a chart of the ratios.

mod chart;
mod numbers;
mod table;

pub use chart::chart;
pub use numbers::{in_unit, size};
pub use table::{markdown, summary};

use serde::Serialize;

use crate::figure::Table;
use crate::measure::Measured;

/// All that one run measured. Its JSON has every value of every round, in base units, with medians
/// and ratios.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// The processor's model, as the system calls it.
    pub processor: String,
    /// The rounds of each contender.
    pub rounds: usize,
    /// The length of a round in seconds.
    pub round_seconds: f64,
    /// The figures, in the order of the table.
    pub figures: Vec<Measured>,
    /// The tables of growing work.
    pub tables: Vec<Table>,
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;
    use crate::figure::{Goal, Role, Row, Unit};
    use crate::measure::{MeasuredRow, Measurement};

    fn result(role: Role, name: &'static str, values: &[f64]) -> Measurement {
        Measurement::new(role, name, values.to_vec())
    }

    /// A figure with a goal that is missed, a goal that is reached, and a peer that is absent.
    pub(crate) fn report() -> Report {
        let speed =
            Row::new("speed", Unit::PerSecond, Goal::AtLeast(0.93)).peer(Goal::AtLeast(1.0));
        let speed_results = vec![
            result(Role::Ours, "x", &[80e3, 90e3, 100e3]),
            result(Role::Limit, "echo", &[100e3, 110e3, 100e3]),
            result(Role::Peer, "slow", &[]),
            result(Role::Peer, "fast", &[60e3]),
        ];
        let cost = Row::new("cost", Unit::Seconds, Goal::AtMost(1.5));
        let cost_results = vec![
            result(Role::Ours, "x", &[2e-6]),
            result(Role::Limit, "echo", &[1.5e-6]),
            result(Role::Peer, "slow", &[]),
        ];
        Report {
            processor: "a processor".to_owned(),
            rounds: 3,
            round_seconds: 0.5,
            figures: vec![Measured {
                name: "x-speed",
                rows: vec![
                    MeasuredRow::new(&speed, speed_results),
                    MeasuredRow::new(&cost, cost_results),
                ],
            }],
            tables: vec![Table {
                title: "growth".to_owned(),
                head: vec!["a".to_owned(), "b".to_owned()],
                rows: vec![vec!["1".to_owned(), "2".to_owned()]],
            }],
        }
    }

    #[test]
    fn json_has_every_round_and_every_ratio() {
        let value = serde_json::to_value(report()).unwrap();
        let row = &value["figures"][0]["rows"][0];
        assert_eq!(row["what"], "speed");
        assert_eq!(row["unit"], "per second");
        assert_eq!(row["results"][0]["role"], "ours");
        assert_eq!(row["results"][0]["values"], json!([80e3, 90e3, 100e3]));
        assert_eq!(row["results"][0]["median"], 90e3);
        let against = json!({ "name": "echo", "ratio": 0.9, "at_least": 0.93, "reached": false });
        assert_eq!(row["against_limit"], against);
        let absent = json!({ "name": "slow", "ratio": null, "reached": null });
        assert_eq!(value["figures"][0]["rows"][1]["against_peer"], absent);
        assert_eq!(value["tables"][0]["rows"], json!([["1", "2"]]));
    }
}
