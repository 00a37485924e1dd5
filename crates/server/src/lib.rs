//! `server PORT`: stores messages for their receivers until they read them.
//!
//! Source: seed `server-client.txt`, section 3.1; clauses C-1 to C-16.

mod client;
mod error;
mod event_loop;
mod store;

use std::ffi::{OsStr, OsString};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use cli::{About, Output};
use log::LevelFilter;
use net::Shutdown;
use proto::message::PORTS;

pub use error::{Error, UsageError};
pub use store::{Batch, Full, OVERHEAD, Store};

/// The variable that says how much the store may hold.
const LIMIT_VARIABLE: &str = "SERVER_MAX_BYTES";

/// How much the store may hold if nothing else is said, in bytes: 1 GiB (C-14).
const DEFAULT_LIMIT: usize = 1 << 30;

/// Clients that wait to be accepted.
const BACKLOG: i32 = 1024;

/// The command line, as `--help` prints it and a usage error shows it.
const USAGE: &str = "Usage: server PORT\n";

const ABOUT: About = About {
    name: "server",
    version: env!("CARGO_PKG_VERSION"),
    help: "\
Usage: server PORT

Stores messages under their receivers' names until these read them. Prints who
connects, what is stored and what is sent; errors go to standard error.

Arguments:
  PORT              the port to listen on, 1024 to 64000

  --help            as the sole argument: prints this text
  --version         as the sole argument: prints the version

Environment:
  SERVER_MAX_BYTES  how much the store may hold, in bytes (default 1073741824);
                    a message counts its text, both names and 400 bytes
  RUST_LOG          diagnostics on standard error; info shows the start
",
};

/// Runs the program: from its arguments to the signal that ends it.
///
/// # Errors
/// [`Error`] says why it did not start.
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    let output = Output::stdout()?;
    if let Some(text) = ABOUT.asked_alone(&arguments) {
        return Ok(output.text(&text)?);
    }
    let port = parse(&arguments)?;
    let limit = parse_limit(std::env::var_os(LIMIT_VARIABLE).as_deref())?;
    cli::log_to_stderr(LevelFilter::Warn);

    let shutdown = Shutdown::new();
    cli::on_shutdown_signal({
        let shutdown = shutdown.clone();
        move || shutdown.request()
    })?;
    let address = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port);
    let listener = net::listen(address, BACKLOG)?;
    log::info!("listening on {address}");
    serve(listener, &shutdown, Store::new(limit), output)?;
    Ok(())
}

/// Serves clients until `shutdown` is asked for: each asks for one thing, to store a message or
/// to have those that are stored. That is done in the order in which the requests are complete
/// (C-13).
///
/// It is done on a thread of its own, which may be stuck with an output that nobody reads: a
/// shutdown leaves it to the end of the process then (C-16).
///
/// # Errors
/// [`Error::Serve`] when the system has no means to wait for several clients.
pub fn serve(
    listener: TcpListener,
    shutdown: &Shutdown,
    store: Store,
    output: Output,
) -> Result<(), Error> {
    let (sender, ends) = mpsc::channel();
    shutdown.on_request({
        let sender = sender.clone();
        // Nobody receives it where the server has ended already.
        move || drop(sender.send(None))
    });
    let shutdown = shutdown.clone();
    let work = move || {
        let end = event_loop::run(listener, &shutdown, &store, &output);
        drop(sender.send(Some(end)));
    };
    thread::Builder::new().spawn(work).map_err(Error::Serve)?;
    let end = match ends.recv() {
        Ok(None) => ends
            .recv_timeout(net::SHUTDOWN_GRACE + Duration::from_millis(100))
            .ok(),
        end => end.ok(),
    };
    end.flatten()
        .map_or(Ok(()), |end| end.map_err(Error::Serve))
}

/// The port (C-5).
fn parse(arguments: &[OsString]) -> Result<u16, UsageError> {
    let [port] = arguments else {
        return Err(UsageError::Count {
            found: arguments.len(),
        });
    };
    // What is not UTF-8 is not a port either, and is shown as it can be.
    cli::parse_port(&port.to_string_lossy(), PORTS).map_err(UsageError::Port)
}

/// How much the store may hold, in plain decimal digits.
fn parse_limit(variable: Option<&OsStr>) -> Result<usize, UsageError> {
    let Some(value) = variable else {
        return Ok(DEFAULT_LIMIT);
    };
    let value = value.to_string_lossy();
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse() {
        Ok(limit) if digits => Ok(limit),
        _ => Err(UsageError::Limit {
            value: value.into_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use proto::message::MessageHeader;

    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn c_5_one_argument_a_port_from_1024_to_64000() {
        for (line, port) in [("1024", 1024), ("64000", 64000), ("005000", 5000)] {
            assert_eq!(parse(&words(line)), Ok(port));
        }
        for (line, found) in [("", 0), ("5000 6000", 2), ("--help 5000", 2)] {
            assert_eq!(parse(&words(line)), Err(UsageError::Count { found }));
        }
        for port in [
            "1023", "64001", "0", "65536", "-1", "+5000", "0x1388", "http",
        ] {
            let error = parse(&words(port)).unwrap_err();
            assert!(matches!(error, UsageError::Port(_)), "{port}: {error:?}");
        }
        let error = parse(&[OsString::from_vec(b"\xff".to_vec())]).unwrap_err();
        assert!(matches!(error, UsageError::Port(_)), "{error:?}");
    }

    #[test]
    fn c_14_the_limit_is_plain_digits_and_1_gib_by_default() {
        assert_eq!(parse_limit(None), Ok(1_073_741_824));
        for (value, limit) in [("0", 0), ("0100", 100), ("5000000000", 5_000_000_000)] {
            assert_eq!(parse_limit(Some(value.as_ref())), Ok(limit));
        }
        for value in ["", "+5", "-1", " 5", "1k", "1e9", "99999999999999999999"] {
            let error = UsageError::Limit {
                value: value.to_owned(),
            };
            assert_eq!(parse_limit(Some(value.as_ref())), Err(error));
        }
        let not_text = OsString::from_vec(b"1\xff".to_vec());
        assert!(parse_limit(Some(&not_text)).is_err());
    }

    #[test]
    fn the_help_says_what_holds() {
        assert!(ABOUT.help.starts_with(USAGE));
        assert!(ABOUT.help.contains(&DEFAULT_LIMIT.to_string()));
        assert!(
            ABOUT
                .help
                .contains(&format!("{} bytes", OVERHEAD + MessageHeader::LEN))
        );
    }
}
