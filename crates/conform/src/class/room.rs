use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use harness::Idleness;

/// So long the machine is watched before one more submission begins.
const SPAN: Duration = Duration::from_millis(300);

/// Whoever is asked so much later than that is on a machine that is too busy.
const LATE: Duration = Duration::from_millis(100);

/// The share of the processors' time that has to be left.
const LEFT: f64 = 0.1;

/// Whether the machine bears one more submission: most of them wait most of the time, but those that
/// work would make each other so late that their checks have to be repeated.
#[derive(Debug)]
pub(super) struct Room {
    submissions: RangeInclusive<usize>,
    idleness: Idleness,
    looked: Instant,
}

impl Room {
    /// For so many concurrent submissions at least and at most.
    pub(super) fn new(submissions: RangeInclusive<usize>) -> Self {
        let mut idleness = Idleness::default();
        idleness.look();
        Self {
            submissions,
            idleness,
            looked: Instant::now(),
        }
    }

    /// Whether one may begin beside those that run. To be asked all the time.
    pub(super) fn is_there(&mut self, running: usize) -> bool {
        let watched = self.looked.elapsed();
        if running < *self.submissions.start() {
            return true;
        }
        if running >= *self.submissions.end() || watched < SPAN {
            return false;
        }
        self.looked = Instant::now();
        let left = self.idleness.look().unwrap_or_default();
        left >= LEFT && watched < SPAN + LATE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_the_least_and_never_for_more_than_the_most() {
        let mut room = Room::new(2..=3);
        assert!(room.is_there(0) && room.is_there(1));
        assert!(!room.is_there(2), "the machine was not watched");
        room.looked -= SPAN;
        assert!(!room.is_there(3));
    }

    #[test]
    fn there_is_no_room_where_the_machine_is_too_busy_to_look() {
        let mut room = Room::new(1..=2);
        room.looked -= SPAN + LATE;
        assert!(!room.is_there(1));
    }
}
