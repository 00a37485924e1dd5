use std::net::TcpListener;

use log::LevelFilter;

use crate::{Error, log_to_stderr, on_shutdown_signal};

/// What every server does at its start: sends its log of `level` to standard error
/// ([`log_to_stderr`]), calls `request` on a copy of `shutdown` when a signal asks the program to
/// end ([`on_shutdown_signal`]), listens, and logs where.
///
/// ```no_run
/// # use std::net::TcpListener;
/// # use std::sync::Arc;
/// # use std::sync::atomic::{AtomicBool, Ordering};
/// let stop = Arc::new(AtomicBool::new(false));
/// let request = |stop: &Arc<AtomicBool>| stop.store(true, Ordering::SeqCst);
/// let listen = || TcpListener::bind("127.0.0.1:8000");
/// let listener = cli::start_server(log::LevelFilter::Warn, &stop, request, listen)?;
/// # Ok::<(), cli::Error>(())
/// ```
///
/// # Errors
/// The signals cannot be caught, or `listen` fails.
pub fn start_server<S: Clone + Send + 'static, E: Into<Error>>(
    level: LevelFilter,
    shutdown: &S,
    request: fn(&S),
    listen: impl FnOnce() -> Result<TcpListener, E>,
) -> Result<TcpListener, Error> {
    log_to_stderr(level);
    let shutdown = shutdown.clone();
    on_shutdown_signal(move || request(&shutdown))?;
    let listener = listen().map_err(Into::into)?;
    match listener.local_addr() {
        Ok(address) => log::info!("listening on {address}"),
        Err(error) => log::warn!("listening, but the system does not tell where: {error}"),
    }
    Ok(listener)
}
