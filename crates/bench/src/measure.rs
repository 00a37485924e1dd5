//! Rounds in turn, and what came of them.

use crate::figure::{Contender, Figure, Goal, Role, Round, Row};
use crate::{Error, Machine};

/// What came of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The figure's name.
    pub name: &'static str,
    /// Its rows.
    pub rows: Vec<MeasuredRow>,
}

/// What came of one quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredRow {
    /// What it is, and the goals.
    pub row: Row,
    /// Every contender.
    pub results: Vec<Measurement>,
}

/// What one contender did.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// As what it took part.
    pub role: Role,
    /// Its name.
    pub name: &'static str,
    /// The values of all rounds; empty if it is absent.
    pub values: Vec<f64>,
}

/// Ours in proportion to a limit or a peer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison<'a> {
    /// With whom.
    pub other: &'a Measurement,
    /// The median of ours divided by the median of the other; `None` if the other is absent.
    pub ratio: Option<f64>,
    /// What is to be reached, if anything.
    pub goal: Option<Goal>,
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
    let value_of = |round: &Vec<f64>, row| round.get(row).copied();
    let measured_row = |(index, row): (usize, &Row)| MeasuredRow {
        row: row.clone(),
        results: std::iter::zip(&figure.contenders, &running)
            .map(|(contender, (_, rounds))| Measurement {
                role: contender.role,
                name: contender.name,
                values: rounds
                    .iter()
                    .filter_map(|round| value_of(round, index))
                    .collect(),
            })
            .collect(),
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
    /// What our program did.
    pub fn ours(&self) -> Option<&Measurement> {
        self.results.iter().find(|result| result.role == Role::Ours)
    }

    /// Ours in proportion to the limit.
    pub fn against_limit(&self) -> Option<Comparison<'_>> {
        let limit = self
            .results
            .iter()
            .find(|result| result.role == Role::Limit)?;
        Some(self.against(limit, self.row.limit))
    }

    /// Ours in proportion to the best of the peers.
    pub fn against_peer(&self) -> Option<Comparison<'_>> {
        let peers = self
            .results
            .iter()
            .filter(|result| result.role == Role::Peer);
        let cost = |peer: &Measurement| match (peer.median(), self.row.goal()) {
            (None, _) => f64::INFINITY,
            (Some(median), Some(Goal::AtLeast(_)) | None) => -median,
            (Some(median), Some(Goal::AtMost(_))) => median,
        };
        let best = peers.min_by(|a, b| cost(a).total_cmp(&cost(b)))?;
        Some(self.against(best, self.row.peer))
    }

    fn against<'a>(&self, other: &'a Measurement, goal: Option<Goal>) -> Comparison<'a> {
        let ours = self.ours().and_then(Measurement::median);
        let ratio = ours.zip(other.median()).map(|(ours, other)| ours / other);
        Comparison { other, ratio, goal }
    }
}

impl Measurement {
    /// The median; `None` if it is absent.
    pub fn median(&self) -> Option<f64> {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        let upper = *sorted.get(sorted.len() / 2)?;
        if sorted.len() % 2 == 1 {
            return Some(upper);
        }
        let lower = sorted.get((sorted.len() / 2).checked_sub(1)?)?;
        Some(f64::midpoint(*lower, upper))
    }

    /// The least and the greatest value.
    pub fn range(&self) -> Option<(f64, f64)> {
        let least = self.values.iter().copied().min_by(f64::total_cmp)?;
        let greatest = self.values.iter().copied().max_by(f64::total_cmp)?;
        Some((least, greatest))
    }
}

impl Comparison<'_> {
    /// Whether the goal is reached; `None` without a goal or a ratio.
    pub fn reached(&self) -> Option<bool> {
        Some(match self.goal? {
            Goal::AtLeast(bound) => self.ratio? >= bound,
            Goal::AtMost(bound) => self.ratio? <= bound,
        })
    }
}

impl Row {
    /// One of its goals: all of them look in the same direction.
    pub fn goal(&self) -> Option<Goal> {
        self.limit.or(self.peer)
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
        Row {
            what: String::new(),
            unit: Unit::Seconds,
            limit: Some(goal),
            peer: Some(goal),
        }
    }

    fn measurement(role: Role, name: &'static str, values: &[f64]) -> Measurement {
        let values = values.to_vec();
        Measurement { role, name, values }
    }

    #[test]
    fn contenders_take_turns_and_a_peer_may_be_absent() {
        let turns = Rc::new(RefCell::new(String::new()));
        let contender = |role: fn(&'static str, _) -> Contender, name: &'static str| {
            let turns = Rc::clone(&turns);
            role(name, move |_: &Machine| {
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
                contender(Contender::ours, "o"),
                contender(Contender::limit, "l"),
                Contender::peer("nobody", nobody),
                contender(Contender::peer, "p"),
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

        let contenders = vec![Contender::ours("nobody", nobody)];
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
            assert_eq!(measurement(Role::Ours, "x", values).median(), median);
        }
        assert_eq!(
            measurement(Role::Ours, "x", &[2.0, 3.0, 1.0]).range(),
            Some((1.0, 3.0))
        );
    }

    #[test]
    fn the_best_peer_is_the_one_that_is_hardest_to_beat() {
        let against = |goal| {
            let row = MeasuredRow {
                row: row(goal),
                results: vec![
                    measurement(Role::Ours, "x", &[2.0]),
                    measurement(Role::Peer, "absent", &[]),
                    measurement(Role::Peer, "one", &[1.0]),
                    measurement(Role::Peer, "four", &[4.0]),
                ],
            };
            let comparison = row.against_peer().unwrap();
            (
                comparison.other.name,
                comparison.ratio,
                comparison.reached(),
            )
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
