//! Rounds in turn, and their results.

use serde::Serialize;

use crate::figure::{Contender, Figure, Goal, Role, Round, Row, Unit};
use crate::{Error, Machine};

/// The result of a figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// The figure's name.
    pub name: &'static str,
    /// Its rows.
    pub rows: Vec<MeasuredRow>,
}

/// The results of one quantity.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeasuredRow {
    /// What it is.
    pub what: String,
    /// Its unit.
    pub unit: Unit,
    /// Every contender.
    pub results: Vec<Measurement>,
    /// Ours in proportion to the limit.
    pub against_limit: Option<Comparison>,
    /// Ours in proportion to the best of the peers.
    pub against_peer: Option<Comparison>,
}

/// What was measured of one contender.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measurement {
    /// Its part in the figure.
    pub role: Role,
    /// Its name.
    pub name: &'static str,
    /// The median; `None` if it is absent.
    pub median: Option<f64>,
    /// The least value.
    pub min: Option<f64>,
    /// The greatest value.
    pub max: Option<f64>,
    /// The values of all rounds; empty if it is absent.
    pub values: Vec<f64>,
}

/// Ours in proportion to the limit or to a peer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The name of the limit or the peer.
    pub name: &'static str,
    /// The median of ours divided by the median of the other; `None` if the other is absent.
    pub ratio: Option<f64>,
    /// What is to be reached, if anything: `at_least` or `at_most` in JSON.
    #[serde(flatten)]
    pub goal: Option<Goal>,
    /// Whether the goal is reached; `None` without a goal or a ratio.
    pub reached: Option<bool>,
    /// The limit or the peer.
    #[serde(skip)]
    pub other: Measurement,
}

/// Measures a figure: `rounds` of each contender, in turn.
///
/// # Errors
/// The first that a contender or the system made, but for a peer that is not installed.
pub fn measure(figure: &Figure, machine: &Machine, rounds: usize) -> Result<Measured, Error> {
    let mut running = Vec::new();
    for contender in &figure.contenders {
        running.push((start(contender, machine)?, Vec::with_capacity(rounds)));
    }
    for _ in 0..rounds {
        for (round, values) in &mut running {
            if let Some(round) = round {
                values.push(round()?);
            }
        }
    }
    let measured_row = |(index, row): (usize, &Row)| {
        let results = std::iter::zip(&figure.contenders, &running);
        let results = results.map(|(contender, (_, rounds))| {
            let values = rounds.iter().map(|values| values[index]).collect();
            Measurement::new(contender.role, contender.name, values)
        });
        MeasuredRow::new(row, results.collect())
    };
    Ok(Measured {
        name: figure.name,
        rows: figure.rows.iter().enumerate().map(measured_row).collect(),
    })
}

/// `None`: a peer that is absent.
fn start(contender: &Contender, machine: &Machine) -> Result<Option<Round>, Error> {
    match (contender.start)(machine) {
        Err(Error::NotInstalled(_)) if contender.role == Role::Peer => Ok(None),
        started => started.map(Some),
    }
}

impl MeasuredRow {
    /// Compares the results.
    pub fn new(row: &Row, results: Vec<Measurement>) -> Self {
        let of = |role| results.iter().filter(move |result| result.role == role);
        let ours = of(Role::Ours).find_map(|ours| ours.median);
        // The higher the harder to beat.
        let rank = |peer: &Measurement| match (peer.median, row.limit) {
            (None, _) => f64::NEG_INFINITY,
            (Some(median), Goal::AtLeast(_)) => median,
            (Some(median), Goal::AtMost(_)) => -median,
        };
        let limit = of(Role::Limit).next();
        let peer = of(Role::Peer).max_by(|a, b| rank(a).total_cmp(&rank(b)));
        Self {
            what: row.what.clone(),
            unit: row.unit,
            against_limit: limit.map(|limit| Comparison::new(ours, limit, Some(row.limit))),
            against_peer: peer.map(|peer| Comparison::new(ours, peer, row.peer)),
            results,
        }
    }

    /// What was measured of our program.
    pub fn ours(&self) -> Option<&Measurement> {
        self.results.iter().find(|result| result.role == Role::Ours)
    }
}

impl Measurement {
    /// Of the values of all rounds.
    pub fn new(role: Role, name: &'static str, values: Vec<f64>) -> Self {
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median = match sorted.len() {
            0 => None,
            length if length % 2 == 1 => Some(sorted[middle]),
            _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
        };
        Self {
            role,
            name,
            median,
            min: sorted.first().copied(),
            max: sorted.last().copied(),
            values,
        }
    }
}

impl Comparison {
    fn new(ours: Option<f64>, other: &Measurement, goal: Option<Goal>) -> Self {
        let ratio = ours.zip(other.median).map(|(ours, other)| ours / other);
        let reached = ratio.zip(goal).map(|(ratio, goal)| match goal {
            Goal::AtLeast(bound) => ratio >= bound,
            Goal::AtMost(bound) => ratio <= bound,
        });
        Self {
            name: other.name,
            ratio,
            goal,
            reached,
            other: other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::path::PathBuf;
    use std::rc::Rc;
    use std::time::Duration;

    use super::*;
    use crate::figure::Unit;

    fn machine() -> Machine {
        Machine::new(PathBuf::new(), Duration::ZERO).unwrap()
    }

    fn row(goal: Goal) -> Row {
        Row::new("", Unit::Seconds, goal).peer(goal)
    }

    fn measurement(role: Role, name: &'static str, values: &[f64]) -> Measurement {
        Measurement::new(role, name, values.to_vec())
    }

    #[test]
    fn contenders_take_turns_and_a_peer_may_be_absent() {
        let turns = Rc::new(RefCell::new(String::new()));
        let contender = |role: Role, name: &'static str| {
            let turns = Rc::clone(&turns);
            Contender::new(role, name, move |_: &Machine| {
                let turns = Rc::clone(&turns);
                Ok(move || {
                    turns.borrow_mut().push_str(name);
                    Ok(vec![turns.borrow().len() as f64])
                })
            })
        };
        let nobody: fn(&Machine) -> Result<Round, Error> = |_| Err(Error::NotInstalled("nobody"));
        let figure = Figure {
            name: "x",
            rows: vec![row(Goal::AtLeast(1.0))],
            contenders: vec![
                contender(Role::Ours, "o"),
                contender(Role::Limit, "l"),
                Contender::new(Role::Peer, "nobody", nobody),
                contender(Role::Peer, "p"),
            ],
        };
        let measured = measure(&figure, &machine(), 3).unwrap();
        assert_eq!(*turns.borrow(), "olpolpolp");
        let values: Vec<&[f64]> = measured.rows[0]
            .results
            .iter()
            .map(|result| result.values.as_slice())
            .collect();
        assert_eq!(
            values,
            [
                &[1.0, 4.0, 7.0][..],
                &[2.0, 5.0, 8.0],
                &[],
                &[3.0, 6.0, 9.0]
            ]
        );

        let contenders = vec![Contender::new(Role::Ours, "nobody", nobody)];
        let figure = Figure {
            contenders,
            ..figure
        };
        let error = measure(&figure, &machine(), 1).unwrap_err();
        assert!(matches!(error, Error::NotInstalled("nobody")), "{error}");
    }

    #[test]
    fn the_median_is_the_middle_or_between_two() {
        for (values, median) in [
            (&[][..], None),
            (&[3.0], Some(3.0)),
            (&[3.0, 1.0], Some(2.0)),
            (&[9.0, 1.0, 2.0], Some(2.0)),
            (&[9.0, 1.0, 2.0, 4.0], Some(3.0)),
        ] {
            assert_eq!(measurement(Role::Ours, "x", values).median, median);
        }
        let measured = measurement(Role::Ours, "x", &[2.0, 3.0, 1.0]);
        assert_eq!((measured.min, measured.max), (Some(1.0), Some(3.0)));
    }

    #[test]
    fn the_best_peer_is_the_one_that_is_hardest_to_beat() {
        let against = |goal| {
            let results = [
                measurement(Role::Ours, "x", &[2.0]),
                measurement(Role::Peer, "absent", &[]),
                measurement(Role::Peer, "one", &[1.0]),
                measurement(Role::Peer, "four", &[4.0]),
            ];
            let row = MeasuredRow::new(&row(goal), results.to_vec());
            let comparison = row.against_peer.unwrap();
            (comparison.name, comparison.ratio, comparison.reached)
        };
        assert_eq!(
            against(Goal::AtLeast(0.6)),
            ("four", Some(0.5), Some(false))
        );
        assert_eq!(against(Goal::AtLeast(0.5)), ("four", Some(0.5), Some(true)));
        assert_eq!(against(Goal::AtMost(2.0)), ("one", Some(2.0), Some(true)));
        assert_eq!(against(Goal::AtMost(1.9)), ("one", Some(2.0), Some(false)));
    }
}
