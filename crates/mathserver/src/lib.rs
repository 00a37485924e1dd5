#![doc = include_str!("../README.md")]
//!
//! # The code
//! Clauses MS-1 to MS-5. The wire format is [`proto::math`].

mod arguments;
mod delivery;
mod exam;
mod examine;

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cli::{Error, Output};
use fastrand::Rng;
use log::LevelFilter;
use net::Shutdown;
use proto::math::SILENCE_LIMIT;

use crate::arguments::Arguments;
pub use crate::arguments::Config;
pub use crate::delivery::Delivery;
pub use crate::exam::Exam;
pub use crate::examine::{End, Loss, Outcome, examine};

/// Clients that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// Clients that are served concurrently; further ones wait to be accepted.
const MOST_CLIENTS: usize = 1000;

/// How long a client may take to close its side after its last frame. Until then, bytes that it
/// sent beyond its answers cannot destroy that frame; after that, its thread is free.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Runs the program: from its arguments to the end by a signal.
///
/// # Errors
/// [`Error`] tells why it does not serve.
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    let output = Output::stdout()?;
    let Arguments { port, config } = Arguments::parse(arguments)?;
    let address = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port);
    let shutdown = Shutdown::new();
    let listener = cli::start_server(LevelFilter::Warn, &shutdown, Shutdown::request, || {
        net::listen(address, BACKLOG)
    })?;
    // Not a log message: it is there whatever RUST_LOG holds (MS-1).
    cli::report(format_args!("mathserver: listening on {address}"));
    serve(listener, &shutdown, config, output);
    Ok(())
}

/// Serves clients concurrently until `shutdown` is requested, and prints each one's outcome on
/// `output` (MS-4).
///
/// Every client has a random generator of its own, derived from the seed in the order in which
/// clients are accepted: what the n-th client is asked does not depend on what others do.
pub fn serve(listener: TcpListener, shutdown: &Shutdown, config: Config, output: Output) {
    let generators = Mutex::new(config.seed.map_or_else(Rng::new, Rng::with_seed));
    let output = Arc::new(output);
    net::serve(listener, shutdown, MOST_CLIENTS, move |client| {
        let mut random = generators
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fork();
        // Drawn in any case, so that the questions are the same whether frames are cut or not.
        let pieces = random.fork();
        let delivery = if config.fragment {
            Delivery::InPieces(pieces)
        } else {
            Delivery::Whole
        };
        let exam = Exam::draw(&config, random);
        let outcome = examine(client, exam, delivery, SILENCE_LIMIT);
        print_outcome(&output, client.peer(), &outcome);
        client.close_gently(CLOSE_TIMEOUT);
    });
}

/// A failure costs a client nothing, and is worth no more than a line of a log.
fn print_outcome(output: &Arc<Output>, peer: SocketAddr, outcome: &Outcome) {
    let line = format_args!("{peer}: {outcome}");
    if let End::SecretGiven(_) = outcome.end {
        return output.line_or_warn(line);
    }
    let output = Arc::clone(output);
    cli::rate_limited(line, move |line| output.line_or_warn(line));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_shows_the_help() {
        assert!(cli::readme_shows_help(include_str!("../README.md"), run));
    }
}
