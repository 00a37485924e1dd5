//! The grading criteria of the assignment, all but the first one, which is about commits.

use crate::Criterion;

pub(super) const CRITERIA: &[Criterion] = &[
    Criterion {
        number: 2,
        points: 5,
        title: "Server handles incorrect port",
        checks: &["A-15/2"],
    },
    Criterion {
        number: 3,
        points: 5,
        title: "Server gracefully handles SIGINT signal",
        checks: &["A-16"],
    },
    Criterion {
        number: 4,
        points: 5,
        title: "Server accepts a connection",
        checks: &["A-15"],
    },
    Criterion {
        number: 5,
        points: 5,
        title: "Server accepts a connection and sends accio\\r\\n command",
        checks: &["A-1"],
    },
    Criterion {
        number: 6,
        points: 5,
        title: "Server starts receiving data",
        checks: &["A-1/2"],
    },
    Criterion {
        number: 7,
        points: 5,
        title: "Server accepts another connection after the first connection finished",
        checks: &["A-13"],
    },
    Criterion {
        number: 8,
        points: 5,
        title: "When server receives 10 connections simultaneously, it accepts and process them \
                sequentially without rejecting",
        checks: &["A-13/2"],
    },
    Criterion {
        number: 9,
        points: 5,
        title: "Server aborts connection and prints ERROR when it does not receive data from \
                client for more than 10 seconds",
        checks: &["A-8", "A-8/2", "A-8/3", "A-8/4", "A-9"],
    },
    Criterion {
        number: 10,
        points: 5,
        title: "Server accepts another connection after the first connection timed out",
        checks: &["A-10"],
    },
    Criterion {
        number: 11,
        points: 10,
        title: "Server successfully receives a small amount of data (~500 bytes)",
        checks: &["A-2"],
    },
    Criterion {
        number: 12,
        points: 10,
        title: "Server prints the correct value for the received data from the previous test",
        checks: &["A-3"],
    },
    Criterion {
        number: 13,
        points: 10,
        title: "Server successfully receives a large amount of data (~10 MiBytes), without \
                emulated delays",
        checks: &["A-7"],
    },
    Criterion {
        number: 14,
        points: 10,
        title: "Server prints the correct value for the received data from the previous test",
        checks: &["A-7/2"],
    },
    Criterion {
        number: 15,
        points: 5,
        title: "Server successfully receives a large amount of data (~10 MiBytes), with emulated \
                delays",
        checks: &["A-1/3"],
    },
    Criterion {
        number: 16,
        points: 5,
        title: "Server prints the correct value for the received data from the previous test",
        checks: &["A-3/2"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;
    use crate::checks::server_s::ASSIGNMENT;

    #[test]
    fn ninety_five_of_the_hundred_points_can_be_seen() {
        let numbers: Vec<u32> = CRITERIA.iter().map(|criterion| criterion.number).collect();
        assert_eq!(numbers, (2..=16).collect::<Vec<u32>>());
        let points: u32 = CRITERIA.iter().map(|criterion| criterion.points).sum();
        assert_eq!(points, 95);
    }

    #[test]
    fn criteria_depend_on_musts_only() {
        for id in CRITERIA.iter().flat_map(|criterion| criterion.checks) {
            let mut checks = ASSIGNMENT.checks();
            let check = checks.find(|check| check.id == *id).unwrap();
            assert_eq!(check.level, Level::Must, "{id}");
        }
    }
}
