//! `lab3 [HOST [PORT]]`: tells each client its id in a pickle, prints the objects that the client
//! sends, and acknowledges each.
//!
//! Source: seed `lab3.txt`, clauses P-1 to P-11. The format is [`proto::pickle`].

mod acknowledgements;
mod error;
mod line;
mod session;

use std::ffi::OsString;
use std::net::{SocketAddr, SocketAddrV4, TcpListener};

use cli::{About, Output};
use log::LevelFilter;
use net::Shutdown;

use acknowledgements::Acknowledgements;
pub use error::{Error, UsageError};

/// Where it listens if nothing else is said (P-1; seed, item 3).
const DEFAULT_HOST: &str = "127.0.0.1";
/// The port likewise.
const DEFAULT_PORT: u16 = 12000;

/// Clients that may wait to be accepted: `MAX_NUM_CONN` of the seed (P-1).
const BACKLOG: i32 = 10;

/// Clients that are served at once; each takes a thread while it is waited for. Where the system
/// grants fewer descriptors, they are the bound.
const MOST_CLIENTS: usize = 4096;

/// The command line, as `--help` prints it and a usage error shows it.
const USAGE: &str = "Usage: lab3 [HOST [PORT]]\n";

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
  RUST_LOG   diagnostics on standard error; debug shows who comes and goes
",
};

/// Runs the program: from its arguments to the signal that ends it.
///
/// # Errors
/// [`Error`] says why it does not serve. What goes wrong with one client ends that client only
/// (P-7).
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    let output = Output::stdout()?;
    if let Some(text) = ABOUT.asked_alone(&arguments) {
        return Ok(output.text(&text)?);
    }
    let (host, port) = parse(&arguments)?;
    cli::log_to_stderr(LevelFilter::Warn);

    let shutdown = Shutdown::new();
    cli::on_shutdown_signal({
        let shutdown = shutdown.clone();
        move || shutdown.request()
    })?;
    let listener = net::listen(ipv4_address(host, port)?, BACKLOG)?;
    // Port 0 is not the one that the system chose.
    let port = listener.local_addr().map_or(port, |bound| bound.port());
    let host = cli::escape(host.as_bytes());
    output.line_or_warn(format_args!("Server listening at {host}/{port}"));
    serve(listener, &shutdown, output);
    Ok(())
}

/// Serves clients concurrently until `shutdown` is asked for, and prints their objects on `output`
/// (P-3 to P-10).
pub fn serve(listener: TcpListener, shutdown: &Shutdown, output: Output) {
    let acknowledgements = Acknowledgements::new();
    net::serve(listener, shutdown, MOST_CLIENTS, move |client| {
        session::serve_client(client, &acknowledgements, &output);
    });
}

/// The host and the port (P-1).
fn parse(arguments: &[OsString]) -> Result<(&str, u16), UsageError> {
    let (host, port) = match arguments {
        [] => (None, None),
        [host] => (Some(host), None),
        [host, port] => (Some(host), Some(port)),
        _ => {
            return Err(UsageError::Count {
                found: arguments.len(),
            });
        }
    };
    let host = host.map_or(Some(DEFAULT_HOST), |host| host.to_str());
    let port = port.map_or(Ok(DEFAULT_PORT), |port| {
        // What is not UTF-8 is not a port either, and is shown as it can be.
        cli::parse_port(&port.to_string_lossy(), 0..=u16::MAX)
    });
    Ok((
        host.ok_or(UsageError::HostNotText)?,
        port.map_err(UsageError::Port)?,
    ))
}

/// The first IPv4 address of a host: the seed's socket is of the family `AF_INET`.
fn ipv4_address(host: &str, port: u16) -> Result<SocketAddrV4, Error> {
    let addresses = net::resolve(host, port)?;
    let ipv4 = addresses.iter().find_map(|address| match address {
        SocketAddr::V4(address) => Some(*address),
        SocketAddr::V6(_) => None,
    });
    ipv4.ok_or_else(|| Error::NoIpv4 {
        host: host.to_owned(),
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
            ("--help 012001", "--help", 12001),
        ] {
            assert_eq!(parse(&words(line)), Ok((host, port)));
        }
    }

    #[test]
    fn p_1_g_8_wrong_arguments_are_each_their_own_error() {
        let count = Err(UsageError::Count { found: 3 });
        assert_eq!(parse(&words("127.0.0.1 12000 x")), count);
        for port in ["65536", "-1", "+5", "8000.0", "0x50", "http", "५"] {
            let error = parse(&words(&format!("localhost {port}"))).unwrap_err();
            assert!(matches!(error, UsageError::Port(_)), "{port}: {error:?}");
        }
        let not_text = OsString::from_vec(b"\xff".to_vec());
        let not_host = parse(std::slice::from_ref(&not_text)).unwrap_err();
        assert_eq!(not_host, UsageError::HostNotText);
        let error = parse(&["localhost".into(), not_text]).unwrap_err();
        assert!(matches!(error, UsageError::Port(_)), "{error:?}");
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
    fn the_usage_is_the_first_line_of_the_help() {
        assert!(ABOUT.help.starts_with(USAGE));
        assert!(
            ABOUT.help.contains(DEFAULT_HOST) && ABOUT.help.contains(&DEFAULT_PORT.to_string())
        );
    }
}
