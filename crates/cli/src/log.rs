use env_logger::{Builder, Env};
use log::LevelFilter;

/// Sends diagnostics of at least this level to standard error; `RUST_LOG` says otherwise, in the
/// manner of `env_logger` (G-3).
///
/// A second call changes nothing. Whoever logs escapes what a peer said ([`escape`](crate::escape)).
pub fn log_to_stderr(level: LevelFilter) {
    let environment = Env::default().default_filter_or(level.as_str());
    // Fails only where a logger is set already.
    let _ = Builder::from_env(environment)
        .format_target(false)
        .try_init();
}
