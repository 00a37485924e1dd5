#![doc = include_str!("../README.md")]
//!
//! # The code
//! Clauses C-1 to C-16. `event_loop.rs` waits, for all clients; `client.rs` has what is done for
//! one of them; [`Store`] holds the messages. The records themselves are [`proto::message`].

mod client;
mod event_loop;
mod store;

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use cli::{About, CommandLine, Error, Output};
use log::LevelFilter;
use net::Shutdown;
use proto::message::PORTS;

pub use store::{Batch, Full, OVERHEAD, Store};

/// The environment variable that sets how much the store may hold.
const LIMIT_VARIABLE: &str = "SERVER_MAX_BYTES";

/// How much the store may hold by default, in bytes: 1 GiB (C-14).
const DEFAULT_LIMIT: usize = 1 << 30;

/// From a shutdown to the end of the process, which then waits no longer for its output (C-16).
const LONGEST_END: Duration = net::SHUTDOWN_GRACE.saturating_add(Duration::from_millis(100));

/// Clients that wait to be accepted.
const BACKLOG: i32 = 1024;

const ABOUT: About = About {
    name: "server",
    version: env!("CARGO_PKG_VERSION"),
    help: "\
Usage: server PORT

Stores messages under their receivers' names until these read them. Prints who
connects, what is stored and what is sent; errors go to standard error.

Arguments:
  PORT              the port to listen on, 1024 to 64000

Options, each as the only argument:
  --help            prints this text
  --version         prints the version

Environment:
  SERVER_MAX_BYTES  how much the store may hold, in bytes [default: 1073741824];
                    a message counts its text, both names and 400 bytes
  RUST_LOG          diagnostics on standard error [default: warn]
",
};

/// Runs the program: from its arguments to the signal that ends it.
///
/// # Errors
/// Why it did not start.
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    let output = Output::stdout()?;
    let Arguments { port, limit } = Arguments::parse(arguments, std::env::var_os(LIMIT_VARIABLE))?;
    let shutdown = Shutdown::new();
    let address = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port);
    let listener = cli::start_server(LevelFilter::Warn, &shutdown, Shutdown::request, || {
        net::listen(address, BACKLOG)
    })?;
    serve(listener, &shutdown, Store::new(limit), output)
}

/// What the user asks for.
#[derive(Debug, PartialEq, Eq)]
struct Arguments {
    port: u16,
    /// How much the store may hold, in bytes.
    limit: usize,
}

impl Arguments {
    /// The port is the only argument (C-5), the limit an environment variable (C-14).
    fn parse(arguments: Vec<OsString>, limit: Option<OsString>) -> Result<Self, Error> {
        let mut line = CommandLine::positional(&ABOUT, arguments)?;
        let [port] = line.operands(["PORT"])?;
        Ok(Self {
            port: port.number(PORTS)?,
            limit: match limit {
                Some(limit) => line.value(LIMIT_VARIABLE, limit).number(0..=usize::MAX)?,
                None => DEFAULT_LIMIT,
            },
        })
    }
}

/// Serves clients until `shutdown` is asked for: each asks for one thing, to store a message or
/// to have those that are stored. That is done in the order in which the requests are complete
/// (C-13).
///
/// It is done on a thread of its own, which may be stuck with an output that nobody reads: a
/// shutdown leaves it to the end of the process then (C-16).
///
/// # Errors
/// The system has no means to wait for several clients.
pub fn serve(
    listener: TcpListener,
    shutdown: &Shutdown,
    store: Store,
    output: Output,
) -> Result<(), Error> {
    let (sender, ends) = mpsc::channel();
    // Nobody receives what is sent after the end.
    shutdown.on_request({
        let sender = sender.clone();
        move || drop(sender.send(None))
    });
    let shutdown = shutdown.clone();
    let work = move || {
        let end = event_loop::run(listener, &shutdown, &store, &output);
        drop(sender.send(Some(end)));
    };
    thread::Builder::new().spawn(work).map_err(|error| {
        Error::new(format_args!(
            "cannot start a thread that serves clients: {error}"
        ))
    })?;
    let end = match ends.recv() {
        Ok(None) => ends.recv_timeout(LONGEST_END).ok().flatten(),
        end => end.ok().flatten(),
    };
    end.unwrap_or(Ok(()))
        .map_err(|error| Error::new(format_args!("cannot wait for clients: {error}")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use proto::message::MessageHeader;

    use super::*;

    fn parse(line: &str, limit: Option<&str>) -> Result<Arguments, String> {
        let words = line.split_whitespace().map(OsString::from).collect();
        Arguments::parse(words, limit.map(OsString::from)).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn assert_error(parsed: Result<Arguments, String>, message: &str) {
        assert_eq!(parsed, Err(format!("{message}\nUsage: server PORT")));
    }

    #[test]
    fn c_5_one_argument_a_port_from_1024_to_64000() {
        for (line, port) in [("1024", 1024), ("64000", 64000), ("005000", 5000)] {
            assert_eq!(parse(line, None).unwrap().port, port);
        }
        for (line, got) in [("", 0), ("5000 6000", 2), ("--help 5000", 2)] {
            assert_error(
                parse(line, None),
                &format!("expected 1 argument, got {got}"),
            );
        }
        for port in [
            "1023", "64001", "0", "65536", "-1", "+5000", "0x1388", "http",
        ] {
            let message = format!("PORT is \"{port}\"; give a number from 1024 to 64000");
            assert_error(parse(port, None), &message);
        }
        Arguments::parse(vec![OsString::from_vec(b"\xff".to_vec())], None).unwrap_err();
    }

    #[test]
    fn c_14_the_limit_is_plain_digits_and_1_gib_by_default() {
        assert_eq!(parse("5000", None).unwrap().limit, 1_073_741_824);
        for (value, limit) in [("0", 0), ("0100", 100), ("5000000000", 5_000_000_000)] {
            assert_eq!(parse("5000", Some(value)).unwrap().limit, limit);
        }
        for value in ["", "+5", "-1", " 5", "1k", "1e9", "99999999999999999999"] {
            let most = usize::MAX;
            let message =
                format!("SERVER_MAX_BYTES is \"{value}\"; give a number from 0 to {most}");
            assert_error(parse("5000", Some(value)), &message);
        }
        let not_text = OsString::from_vec(b"1\xff".to_vec());
        Arguments::parse(vec!["5000".into()], Some(not_text)).unwrap_err();
    }

    #[test]
    fn the_help_tells_what_holds() {
        assert!(ABOUT.help.contains(&DEFAULT_LIMIT.to_string()));
        assert!(
            ABOUT
                .help
                .contains(&format!("{} bytes", OVERHEAD + MessageHeader::LEN))
        );
        assert!(include_str!("../README.md").contains(ABOUT.help));
    }
}
