use std::fmt::Display;
use std::sync::Arc;

use env_logger::{Builder, Env, Logger};
use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::rate_limit;

/// Sends diagnostics of at least this level to standard error. `RUST_LOG`, in the manner of
/// `env_logger`, can ask for more (G-3), but not for less than `level`: a program's errors are
/// always printed (C-12), and its log is when it is verbose (T-21).
///
/// Errors and warnings from one place in the source are written [at a limited
/// rate](crate::rate_limited); what somebody asked for, with `RUST_LOG` or `-v`, is written whole.
///
/// A second call changes nothing. The caller escapes what a peer sent ([`escape`](crate::escape)).
pub fn log_to_stderr(level: LevelFilter) {
    let mut asked = Builder::new();
    asked.filter_level(level).parse_env(Env::default());
    let mut builder = Builder::new();
    builder.filter_level(level);
    if asked.build().filter() >= level {
        builder.parse_env(Env::default());
    }
    let logger = builder.format_target(false).build();
    let most = logger.filter();
    // Fails only where a logger is set already.
    if log::set_boxed_logger(Box::new(RateLimited(Arc::new(logger)))).is_ok() {
        log::set_max_level(most);
    }
}

struct RateLimited(Arc<Logger>);

impl Log for RateLimited {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        let (Some(file), Some(line), Level::Error | Level::Warn) =
            (record.file_static(), record.line(), record.level())
        else {
            return self.0.log(record);
        };
        if !self.0.matches(record) {
            return;
        }
        let (logger, level, target) = (
            Arc::clone(&self.0),
            record.level(),
            record.target().to_owned(),
        );
        let write = move |line: &dyn Display| {
            let mut record = Record::builder();
            record.level(level).target(&target);
            logger.log(&record.args(format_args!("{line}")).build());
        };
        rate_limit::write_or_count((file, line), record.args(), write);
    }

    fn flush(&self) {}
}
