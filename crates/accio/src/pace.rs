use std::time::{Duration, Instant};

/// How to imitate a rough network (AC-4). The default sends as fast as the server takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Roughness {
    /// The most bytes of one write, not 0.
    pub(crate) chunk: u64,
    /// The pause after each chunk.
    pub(crate) delay: Duration,
    /// After so many bytes of the file the connection is reset.
    pub(crate) abort_after: Option<u64>,
    /// How many bytes are sent in a second at most, not 0.
    pub(crate) limit: Option<u64>,
}

impl Default for Roughness {
    fn default() -> Self {
        Self {
            chunk: 256 * 1024,
            delay: Duration::ZERO,
            abort_after: None,
            limit: None,
        }
    }
}

/// How much of the file was sent, and what [`Roughness`] allows next.
#[derive(Debug)]
pub(crate) struct Pace<'a> {
    roughness: &'a Roughness,
    sent: u64,
    /// When more may be sent, for the limit.
    due: Instant,
}

impl<'a> Pace<'a> {
    pub(crate) fn new(roughness: &'a Roughness, now: Instant) -> Self {
        Self {
            roughness,
            sent: 0,
            due: now,
        }
    }

    /// How many bytes may be sent now: no more than the rest of the chunk, nor than the limit
    /// allows for a tenth of a second. 0 means to reset the connection here.
    pub(crate) fn allowance(&self) -> u64 {
        let Roughness {
            chunk,
            abort_after,
            limit,
            ..
        } = *self.roughness;
        let mut allowance = chunk - self.sent % chunk;
        if let Some(limit) = limit {
            allowance = allowance.min((limit / 10).max(1));
        }
        if let Some(end) = abort_after {
            allowance = allowance.min(end - self.sent);
        }
        allowance
    }

    /// Counts what was sent of the allowance, and returns how long to pause.
    pub(crate) fn advance(&mut self, length: u64, now: Instant) -> Duration {
        self.sent += length;
        let mut pause = Duration::ZERO;
        if self.sent.is_multiple_of(self.roughness.chunk) {
            pause = self.roughness.delay;
        }
        if let Some(limit) = self.roughness.limit {
            self.due += Duration::from_secs_f64(length as f64 / limit as f64);
            pause = pause.max(self.due.saturating_duration_since(now));
            // Time that was lost is not made up for.
            self.due = self.due.max(now);
        }
        pause
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn ac_4_a_pause_follows_each_whole_chunk() {
        let roughness = Roughness {
            chunk: 10,
            delay: SECOND,
            ..Roughness::default()
        };
        let now = Instant::now();
        let mut pace = Pace::new(&roughness, now);
        assert_eq!(pace.allowance(), 10);
        assert_eq!(pace.advance(4, now), Duration::ZERO);
        assert_eq!(pace.allowance(), 6);
        assert_eq!(pace.advance(6, now), SECOND);
        assert_eq!(pace.allowance(), 10);
        assert_eq!(pace.advance(10, now), SECOND);
    }

    #[test]
    fn ac_4_nothing_is_allowed_where_the_connection_is_to_be_aborted() {
        let roughness = Roughness {
            chunk: 10,
            abort_after: Some(15),
            ..Roughness::default()
        };
        let now = Instant::now();
        let mut pace = Pace::new(&roughness, now);
        assert_eq!(pace.allowance(), 10);
        pace.advance(10, now);
        assert_eq!(pace.allowance(), 5);
        pace.advance(5, now);
        assert_eq!(pace.allowance(), 0);
        let at_once = Roughness {
            abort_after: Some(0),
            ..Roughness::default()
        };
        assert_eq!(Pace::new(&at_once, now).allowance(), 0);
    }

    #[test]
    fn ac_4_the_limit_is_kept_in_tenths_of_a_second_and_lost_time_is_not_made_up_for() {
        let roughness = Roughness {
            limit: Some(1000),
            ..Roughness::default()
        };
        let start = Instant::now();
        let mut pace = Pace::new(&roughness, start);
        assert_eq!(pace.allowance(), 100);
        assert_eq!(pace.advance(100, start), SECOND / 10);
        // Sent too early, it counts all the same.
        assert_eq!(pace.advance(100, start), SECOND / 5);
        let late = start + 7 * SECOND;
        assert_eq!(pace.advance(50, late), Duration::ZERO);
        assert_eq!(pace.advance(50, late), SECOND / 20);
    }

    #[test]
    fn ac_4_the_longer_of_both_pauses_counts() {
        let roughness = Roughness {
            chunk: 100,
            delay: SECOND / 2,
            limit: Some(1000),
            ..Roughness::default()
        };
        let now = Instant::now();
        let mut pace = Pace::new(&roughness, now);
        assert_eq!(pace.advance(100, now), SECOND / 2);
        let roughness = Roughness {
            limit: Some(10),
            chunk: 1,
            delay: SECOND / 20,
            abort_after: None,
        };
        let mut pace = Pace::new(&roughness, now);
        assert_eq!(pace.allowance(), 1);
        assert_eq!(pace.advance(1, now), SECOND / 10);
    }

    proptest! {
        /// Whatever is asked for: never beyond a chunk or the abort, and never nothing before it.
        #[test]
        fn ac_4_allowances_add_up(
            chunk in 1..=u64::MAX,
            abort_after: Option<u64>,
            limit in proptest::option::of(1..=u64::MAX),
            parts: Vec<u8>,
        ) {
            let roughness = Roughness { chunk, delay: Duration::MAX, abort_after, limit };
            let now = Instant::now();
            let mut pace = Pace::new(&roughness, now);
            let mut sent = 0;
            for part in parts {
                let allowance = pace.allowance();
                prop_assert!(allowance <= chunk);
                prop_assert!(abort_after.is_none_or(|end| sent + allowance <= end));
                if allowance == 0 {
                    prop_assert_eq!(abort_after, Some(sent));
                    break;
                }
                let length = (u128::from(allowance) * (u128::from(part) + 1) / 256).max(1) as u64;
                if sent.checked_add(length).is_none() {
                    break;
                }
                pace.advance(length, now);
                sent += length;
            }
        }
    }
}
