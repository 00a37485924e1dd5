#![doc = include_str!("../README.md")]
//!
//! # The code
//! Clauses T-1 to T-23. [`run`] is the program: it parses the arguments, listens, and calls
//! [`serve`]. For each client, `client` moves bytes between its socket and a `session`, which turns
//! requests into responses inside one `buffer`. The wire format is [`proto::action`].

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};

use log::LevelFilter;
use net::{Budget, Shutdown};

mod arguments;
mod buffer;
mod client;
mod session;

use arguments::Arguments;
pub use client::MOST_OUTPUT;

/// Clients served concurrently, each by a thread; further ones wait in the backlog (T-16). Where
/// the system grants fewer descriptors, they are the bound.
pub const MOST_CLIENTS: usize = 4096;

/// Clients that may wait to be accepted: a thousand that connect at the same moment.
const BACKLOG: i32 = 1024;

/// The variable that says how much memory all clients may use together (T-18).
const LIMIT_VARIABLE: &str = "TCP_SERVER_MAX_BYTES";

/// Runs the program: from its arguments, without its name, to the signal that ends it.
///
/// # Errors
/// The arguments are wrong or the port cannot be listened on. What goes wrong with one client ends
/// that client only (T-8).
pub fn run(arguments: Vec<OsString>) -> Result<(), cli::Error> {
    let Arguments {
        port,
        verbose,
        limit,
    } = Arguments::parse(arguments, std::env::var_os(LIMIT_VARIABLE))?;
    let level = if verbose {
        LevelFilter::Debug
    } else {
        LevelFilter::Warn
    };
    let shutdown = Shutdown::new();
    let listener = cli::start_server(level, &shutdown, Shutdown::request, || {
        net::listen(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port), BACKLOG)
    })?;
    // Nothing is written after this: a standard error that nobody reads must not hold up the end.
    serve_within(listener, &shutdown, limit);
    Ok(())
}

/// Serves clients concurrently until `shutdown` is asked for (T-16, T-19).
pub fn serve(listener: TcpListener, shutdown: &Shutdown) {
    serve_within(listener, shutdown, None);
}

/// Serves clients which may use `limit` bytes of memory together, or half of what there is (T-18).
fn serve_within(listener: TcpListener, shutdown: &Shutdown, limit: Option<usize>) {
    let budget = Budget::new(limit);
    net::serve(listener, shutdown, MOST_CLIENTS, move |connection| {
        client::serve_client(connection, &budget);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_shows_the_help() {
        assert!(cli::readme_shows_help(include_str!("../README.md"), run));
    }
}
