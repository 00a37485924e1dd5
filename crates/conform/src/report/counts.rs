use crate::{CheckResult, Level, Report, Verdict};

/// How many checks hold, are broken and were not run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) holds: usize,
    pub(super) broken: usize,
    pub(super) not_run: usize,
}

impl Counts {
    pub(super) fn of<'r, 'a: 'r>(
        level: Level,
        results: impl IntoIterator<Item = &'r CheckResult<'a>>,
    ) -> Self {
        let mut counts = Self::default();
        let results = results.into_iter();
        for result in results.filter(|result| result.check.level == level) {
            match result.verdict {
                Verdict::Holds => counts.holds += 1,
                Verdict::Broken { .. } => counts.broken += 1,
                Verdict::NotRun(_) => counts.not_run += 1,
            }
        }
        counts
    }

    /// Those that could be judged.
    pub(super) fn judged(&self) -> usize {
        self.holds + self.broken
    }
}

/// Points of the assignment's own grading criteria.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Score {
    pub(super) earned: u32,
    /// Of the criteria whose checks were all run.
    pub(super) judged: u32,
    /// Of all criteria that can be seen from outside.
    pub(super) all: u32,
}

impl Score {
    /// `None` where the assignment has no criteria, or none was judged.
    pub(super) fn of(report: &Report<'_>) -> Option<Self> {
        let mut score = Self {
            earned: 0,
            judged: 0,
            all: 0,
        };
        for criterion in report.assignment.criteria {
            score.all += criterion.points;
            let Some(earned) = report.earns(criterion) else {
                continue;
            };
            score.judged += criterion.points;
            score.earned += if earned { criterion.points } else { 0 };
        }
        (score.judged > 0).then_some(score)
    }
}
