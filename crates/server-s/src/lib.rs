#![doc = include_str!("../README.md")]
//!
//! # The code
//! Clauses. Clients are served one after another; the protocol itself is
//! [`proto::accio`].

pub mod session;

use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::thread;

use cli::{About, CommandLine, Error, Output};
use log::LevelFilter;
use net::{Connection, Shutdown};
use signal_hook::consts::SIGQUIT;
use signal_hook::iterator::Signals;

/// What every error message on standard error starts with.
pub const ERROR_PREFIX: &str = "ERROR: ";

/// How many clients may wait while one is served.
const BACKLOG: i32 = 10;

const ABOUT: About = About {
    name: "server-s",
    version: env!("CARGO_PKG_VERSION"),
    help: "\
Usage: server-s PORT

Receives files with the accio protocol, on all interfaces, one client after
another, and prints the number of bytes of each, or ERROR.

Arguments:
  PORT       the port to listen on, 1 to 65535

Options, each as the only argument:
  --help     prints this text
  --version  prints the version

Environment:
  RUST_LOG   diagnostics on standard error [default: warn]
",
};

/// Runs the program with its arguments, until a signal ends it.
///
/// # Errors
/// The arguments are wrong or the port cannot be listened on.
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    let output = Output::stdout()?;
    let [port] = CommandLine::positional(&ABOUT, arguments)?.operands(["PORT"])?;
    let port = port.number(1..=u16::MAX)?;
    let shutdown = Shutdown::new();
    let listener = cli::start_server(LevelFilter::Warn, &shutdown, Shutdown::request, || {
        listen(port, &shutdown)
    })?;
    serve(listener, &shutdown, output);
    Ok(())
}

/// Listens, with SIGQUIT among the signals that end the program.
fn listen(port: u16, shutdown: &Shutdown) -> Result<TcpListener, Error> {
    // `ctrlc` behind `cli` catches all but SIGQUIT, which would also dump a core. Caught from here
    // on, it is acted on once the port is open: a client that waits for it need not wait for that.
    let quit = Signals::new([SIGQUIT])
        .map_err(|error| Error::new(format_args!("cannot catch SIGQUIT: {error}")))?;
    let listener = net::listen(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port), BACKLOG)?;
    request_on(quit, shutdown.clone()).map_err(|error| {
        Error::new(format_args!(
            "cannot start a thread that waits for SIGQUIT: {error}"
        ))
    })?;
    Ok(listener)
}

fn request_on(mut signals: Signals, shutdown: Shutdown) -> io::Result<()> {
    let wait = move || signals.forever().for_each(|_| shutdown.request());
    thread::Builder::new().spawn(wait)?;
    Ok(())
}

/// Serves one client after another until `shutdown` is asked for, and prints on `output` a line for
/// each: the number of bytes of its file, or `ERROR`.
pub fn serve(listener: TcpListener, shutdown: &Shutdown, output: Output) {
    net::serve(listener, shutdown, 1, move |connection| {
        serve_client(connection, &output);
    });
}

fn serve_client(connection: &mut Connection, output: &Output) {
    match session::count_file(connection) {
        Ok(count) => output.line_or_warn(count),
        Err(error) if error.is_shutdown() => {}
        Err(error) => {
            let reason = format_args!("{ERROR_PREFIX}{}: {error}", connection.peer());
            cli::rate_limited(reason, |line| cli::report(line));
            output.line_or_warn("ERROR");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_shows_the_help() {
        assert!(cli::readme_shows_help(include_str!("../README.md"), run));
    }
}
