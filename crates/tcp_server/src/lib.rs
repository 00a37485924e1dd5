//! A server that transforms text, over a 5/27-bit header (seed `tcp_server.txt`).
//!
//! [`run`] is the program: it understands the arguments, listens, and calls [`serve`]. For each
//! client, `client` moves bytes between its socket and a `session`, which turns requests into
//! responses inside one `buffer`. The wire format is [`proto::action`].

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};

use cli::Output;
use log::LevelFilter;
use net::Shutdown;

mod arguments;
mod buffer;
mod client;
mod error;
mod session;

use arguments::Arguments;
pub use arguments::UsageError;
pub use client::MOST_OUTPUT;
pub use error::Error;

/// Clients served at once, each by a thread; further ones wait in the backlog (T-16). Where the
/// system grants fewer descriptors, they are the bound.
pub const MOST_CLIENTS: usize = 4096;

/// Clients that may wait to be accepted: a thousand that connect at the same moment.
const BACKLOG: i32 = 1024;

/// Runs the program: from its arguments, without its name, to the signal that ends it.
///
/// # Errors
/// [`Error`] when the arguments are wrong or the port cannot be listened on. What goes wrong with
/// one client ends that client only (T-8).
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    match Arguments::parse(arguments).map_err(Error::Usage)? {
        Arguments::Show(text) => Output::stdout()
            .and_then(|output| output.text(&text))
            .map_err(Error::Output),
        Arguments::Serve { port, verbose } => listen_and_serve(port, verbose),
    }
}

fn listen_and_serve(port: u16, verbose: bool) -> Result<(), Error> {
    cli::log_to_stderr(if verbose {
        LevelFilter::Debug
    } else {
        LevelFilter::Warn
    });
    let shutdown = Shutdown::new();
    cli::on_shutdown_signal({
        let shutdown = shutdown.clone();
        move || shutdown.request()
    })
    .map_err(Error::Signal)?;
    let address = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port);
    let listener = net::listen(address, BACKLOG).map_err(Error::Listen)?;
    match listener.local_addr() {
        Ok(bound) => log::info!("listening on {bound}"),
        Err(error) => log::warn!("listening, but on which port the system does not say: {error}"),
    }
    // Nothing is written after this: a standard error that nobody reads must not hold up the end.
    serve(listener, &shutdown);
    Ok(())
}

/// Serves clients concurrently until `shutdown` is asked for (T-16, T-19).
pub fn serve(listener: TcpListener, shutdown: &Shutdown) {
    net::serve(listener, shutdown, MOST_CLIENTS, client::serve_client);
}
