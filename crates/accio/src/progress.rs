use std::fs::File;
use std::io::Seek as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const WITH_LENGTH: &str = "{bar:30} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left";
const WITHOUT_LENGTH: &str = "{bytes} in {elapsed}, {bytes_per_sec}";

/// A progress bar on standard error, where that is a terminal; elsewhere nothing (AC-5).
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar for what is left of `file`.
    pub(crate) fn of(file: &File) -> Self {
        let length = length_left(file);
        let template = if length.is_some() {
            WITH_LENGTH
        } else {
            WITHOUT_LENGTH
        };
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// Shows that so many bytes more were sent.
    pub(crate) fn advance(&self, length: u64) {
        self.bar.inc(length);
    }
}

impl Drop for Progress {
    /// Leaves the bar as it is, and what is printed next on a line of its own.
    fn drop(&mut self) {
        self.bar.abandon();
    }
}

/// Only an ordinary file has a known length; files that the system makes up may have 0.
fn length_left(mut file: &File) -> Option<u64> {
    let metadata = file
        .metadata()
        .ok()
        .filter(|metadata| metadata.is_file() && metadata.len() > 0)?;
    Some(metadata.len().saturating_sub(file.stream_position().ok()?))
}
