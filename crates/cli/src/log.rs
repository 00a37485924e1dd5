use env_logger::{Builder, Env};
use log::LevelFilter;

/// Sends diagnostics of at least this level to standard error. `RUST_LOG`, in the manner of
/// `env_logger`, can ask for more (G-3), but not for less than `level`: a program's errors are
/// always printed (C-12), and its log is when it is verbose (T-21).
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
    // Fails only where a logger is set already.
    let _ = builder.format_target(false).try_init();
}
