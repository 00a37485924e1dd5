#![doc = include_str!("../README.md")]
//!
//! # The code
//! Clauses P-1 to P-11. The format is [`proto::pickle`].

mod acknowledgements;
mod line;
mod session;

use std::ffi::OsString;
use std::net::{SocketAddr, SocketAddrV4, TcpListener};
use std::os::unix::ffi::OsStrExt as _;

use cli::{About, CommandLine, Error, Output};
use log::LevelFilter;
use net::{Budget, Shutdown};

use acknowledgements::Acknowledgements;

/// Where it listens by default (P-1; the assignment, item 3).
const DEFAULT_HOST: &str = "127.0.0.1";
/// The default port.
const DEFAULT_PORT: u16 = 12000;

/// Clients that may wait to be accepted: `MAX_NUM_CONN` of the assignment (P-1).
const BACKLOG: i32 = 10;

/// Clients that are served concurrently, each by a thread. Where the system grants fewer
/// descriptors, these are the bound.
const MOST_CLIENTS: usize = 4096;

/// The variable that says how much memory all clients may use together (P-8).
const LIMIT_VARIABLE: &str = "LAB3_MAX_BYTES";

const ABOUT: About = About {
    name: "lab3",
    version: env!("CARGO_PKG_VERSION"),
    help: "\
Usage: lab3 [HOST [PORT]]

Tells each client its id, prints the objects that the client sends, and
acknowledges each. All of that is sent in pickles; of what comes, only plain data
is taken. Errors go to standard error.

Arguments:
  HOST       where to listen: an IPv4 address of this machine, or a name of it
             [default: 127.0.0.1]
  PORT       the port, 0 to 65535; with 0 the system chooses one [default: 12000]

  --help     as the sole argument: prints this text
  --version  as the sole argument: prints the version

Environment:
  LAB3_MAX_BYTES  how much memory all clients may use together
                  [default: half of what the machine or its container has]
  RUST_LOG        diagnostics on standard error; debug shows who comes and goes
",
};

/// Runs the program: from its arguments to the signal that ends it.
///
/// # Errors
/// [`Error`] tells why it does not serve. What goes wrong with one client ends that client only
/// (P-7).
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    let output = Output::stdout()?;
    let Arguments { host, port, limit } =
        Arguments::parse(arguments, std::env::var_os(LIMIT_VARIABLE))?;
    let shutdown = Shutdown::new();
    let listener = cli::start_server(LevelFilter::Warn, &shutdown, Shutdown::request, || {
        Ok::<_, Error>(net::listen(ipv4_address(&host, port)?, BACKLOG)?)
    })?;
    // Port 0 is not the one that the system chose.
    let port = listener.local_addr().map_or(port, |bound| bound.port());
    let host = cli::escape(host.as_bytes());
    output.line_or_warn(format_args!("Server listening at {host}/{port}"));
    serve(listener, &shutdown, output, limit);
    Ok(())
}

/// Serves clients concurrently until `shutdown` is asked for, and prints their objects on `output`
/// (P-3 to P-10). All clients together use at most `limit` bytes of memory (P-8), or half of
/// what there is.
pub fn serve(listener: TcpListener, shutdown: &Shutdown, output: Output, limit: Option<usize>) {
    let acknowledgements = Acknowledgements::new();
    let budget = Budget::new(limit);
    net::serve(listener, shutdown, MOST_CLIENTS, move |client| {
        session::serve_client(client, &acknowledgements, &output, &budget);
    });
}

/// The command line (P-1).
#[derive(Debug, PartialEq, Eq)]
struct Arguments {
    host: String,
    port: u16,
    /// How many bytes of memory all clients may use together, if that is said.
    limit: Option<usize>,
}

impl Arguments {
    /// The limit comes from an environment variable.
    fn parse(arguments: Vec<OsString>, limit: Option<OsString>) -> Result<Self, Error> {
        let mut line = CommandLine::positional(&ABOUT, arguments)?;
        let [host, port] = line.optional_operands(["HOST", "PORT"])?;
        let host = match host {
            Some(host) if host.as_os_str().as_bytes().starts_with(b"-") => {
                return Err(host.wrong("a name or an address"));
            }
            Some(host) => host.text()?,
            None => DEFAULT_HOST.to_owned(),
        };
        let port = match port {
            Some(port) => port.number(0..=u16::MAX)?,
            None => DEFAULT_PORT,
        };
        let limit = limit
            .map(|limit| line.value(LIMIT_VARIABLE, limit).number(0..=usize::MAX))
            .transpose()?;
        Ok(Self { host, port, limit })
    }
}

/// The first IPv4 address of a host: the assignment's socket is of the family `AF_INET`.
fn ipv4_address(host: &str, port: u16) -> Result<SocketAddrV4, Error> {
    let addresses = net::resolve(host, port)?;
    let ipv4 = addresses.iter().find_map(|address| match address {
        SocketAddr::V4(address) => Some(*address),
        SocketAddr::V6(_) => None,
    });
    ipv4.ok_or_else(|| {
        Error::new(format_args!(
            "the host {:?} has no IPv4 address; give one of this machine, \
             127.0.0.1 for example",
            cli::escape(host.as_bytes())
        ))
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn p_1_host_and_port_with_their_defaults() {
        for (line, host, port) in [
            ("", "127.0.0.1", 12000),
            ("0.0.0.0", "0.0.0.0", 12000),
            ("localhost 0", "localhost", 0),
            ("127.0.0.1 65535", "127.0.0.1", 65535),
            ("localhost 012001", "localhost", 12001),
        ] {
            let host = host.to_owned();
            let limit = Some(1000);
            let arguments = Arguments::parse(words(line), Some("01000".into())).unwrap();
            assert_eq!(arguments, Arguments { host, port, limit });
        }
    }

    #[test]
    fn p_1_g_8_wrong_arguments_are_each_their_own_error() {
        let error = |arguments| {
            let error = Arguments::parse(arguments, None).unwrap_err();
            assert_eq!(error.status(), 2);
            let usage = "\nUsage: lab3 [HOST [PORT]]";
            error.to_string().strip_suffix(usage).unwrap().to_owned()
        };
        assert_eq!(
            error(words("127.0.0.1 12000 x")),
            "expected at most 2 arguments, got 3"
        );
        for port in ["65536", "-1", "+5", "8000.0", "0x50", "http", "५"] {
            let text = format!("PORT is \"{port}\"; give a number from 0 to 65535");
            assert_eq!(error(words(&format!("localhost {port}"))), text);
        }
        for line in ["--port", "-p 12000", "--help 12000", "--"] {
            let text = error(words(line));
            assert!(text.ends_with("; give a name or an address"), "{text}");
        }
        let not_text = OsString::from_vec(b"\xff".to_vec());
        assert_eq!(
            error(vec![not_text.clone()]),
            "HOST is \"\\xff\"; give text in UTF-8"
        );
        let text = error(vec!["localhost".into(), not_text]);
        assert!(text.starts_with("PORT is \"\\xff\"; "), "{text}");
    }

    #[test]
    fn a_host_without_an_ipv4_address_is_an_error_that_says_so() {
        let found = ipv4_address("127.0.0.1", 5).unwrap();
        assert_eq!(found, "127.0.0.1:5".parse().unwrap());
        let error = ipv4_address("::1", 5).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the host \"::1\" has no IPv4 address; give one of this machine, 127.0.0.1 for example"
        );
    }

    #[test]
    fn the_help_tells_the_defaults() {
        assert!(
            ABOUT.help.contains(DEFAULT_HOST) && ABOUT.help.contains(&DEFAULT_PORT.to_string())
        );
    }

    #[test]
    fn the_readme_shows_the_help() {
        assert!(cli::readme_shows_help(include_str!("../README.md"), run));
    }
}
