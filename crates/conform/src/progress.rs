use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{CheckResult, Problem};

const TEMPLATE: &str = "{bar:30} {pos} of {len} checks in {elapsed}{msg}";

/// How often the elapsed time is drawn anew.
const TICK: Duration = Duration::from_millis(200);

/// A bar on standard error, where that is a terminal; elsewhere nothing.
pub(crate) struct Progress {
    bar: ProgressBar,
    broken: AtomicUsize,
}

impl Progress {
    pub(crate) fn new(checks: usize) -> Self {
        let length = u64::try_from(checks).ok();
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self {
            bar,
            broken: AtomicUsize::new(0),
        }
    }

    pub(crate) fn seen(&self, result: &CheckResult) {
        if let Err(Problem::Broken { .. }) = result.outcome {
            let broken = self.broken.fetch_add(1, Ordering::Relaxed) + 1;
            self.bar.set_message(format!(", {broken} do not hold"));
        }
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    /// The report takes its place.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
