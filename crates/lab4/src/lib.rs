//! `lab4 HOST PORT`: connects to a math server, answers its addition questions, and prints the
//! secret phrase that it gives for right answers.
//!
//! Source: seed `lab4.txt`, clauses M-1 to M-9.

mod error;
mod exchange;

use std::ffi::OsString;

use cli::{About, Output};
use log::{LevelFilter, debug};
use proto::math::{CONNECT_LIMIT, SILENCE_LIMIT};

pub use error::{Error, UsageError};
pub use exchange::{Fault, ServerError, obtain_secret};

/// The command line, as `--help` prints it and a usage error shows it.
const USAGE: &str = "Usage: lab4 HOST PORT\n";

const ABOUT: About = About {
    name: "lab4",
    version: env!("CARGO_PKG_VERSION"),
    help: "\
Usage: lab4 HOST PORT

Connects to a math server, answers its addition questions, and prints the secret
phrase that it gives for right answers.

Arguments:
  HOST       the server: a name, an IPv4 address or an IPv6 address
  PORT       its port, 1 to 65535

  --help     as the sole argument: prints this text
  --version  as the sole argument: prints the version

Environment:
  RUST_LOG   diagnostics on standard error; debug shows each answer
",
};

/// Runs the program: from its arguments to the secret on standard output.
///
/// # Errors
/// [`Error`] says what went wrong; standard output is empty then.
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    let output = Output::stdout()?;
    if let Some(text) = ABOUT.asked_alone(&arguments) {
        return Ok(output.text(&text)?);
    }
    let (host, port) = parse(&arguments)?;
    cli::log_to_stderr(LevelFilter::Warn);

    let addresses = net::resolve(host, port)?;
    let mut server = net::connect(&addresses, CONNECT_LIMIT)?;
    debug!("connected to {}", server.peer());
    let secret = obtain_secret(&mut server, SILENCE_LIMIT)?;

    Ok(output.peer_line(&secret)?)
}

/// The host and the port (M-8).
fn parse(arguments: &[OsString]) -> Result<(&str, u16), UsageError> {
    let [host, port] = arguments else {
        return Err(UsageError::Count {
            found: arguments.len(),
        });
    };
    let host = host.to_str().ok_or(UsageError::HostNotText)?;
    // What is not UTF-8 is not a port either, and is shown as it can be.
    let port = cli::parse_port(&port.to_string_lossy(), 1..=u16::MAX).map_err(UsageError::Port)?;
    Ok((host, port))
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn m_8_any_host_and_any_port() {
        for (line, host, port) in [
            ("mathserver 8000", "mathserver", 8000),
            ("127.0.0.1 1", "127.0.0.1", 1),
            ("::1 65535", "::1", 65535),
            ("--help 08000", "--help", 8000),
        ] {
            assert_eq!(parse(&words(line)), Ok((host, port)));
        }
    }

    #[test]
    fn m_8_wrong_arguments_are_each_their_own_error() {
        for (line, found) in [("", 0), ("localhost", 1), ("localhost 8000 x", 3)] {
            assert_eq!(parse(&words(line)), Err(UsageError::Count { found }));
        }
        for port in ["0", "65536", "+5", "8000.0", "0x50", "http", "५"] {
            let error = parse(&words(&format!("localhost {port}"))).unwrap_err();
            assert!(matches!(error, UsageError::Port(_)), "{port}: {error:?}");
        }
        let not_text = OsString::from_vec(b"\xff".to_vec());
        assert_eq!(
            parse(&[not_text.clone(), "1".into()]),
            Err(UsageError::HostNotText)
        );
        let error = parse(&["localhost".into(), not_text]).unwrap_err();
        assert!(matches!(error, UsageError::Port(_)), "{error:?}");
    }

    #[test]
    fn the_usage_is_the_first_line_of_the_help() {
        assert!(ABOUT.help.starts_with(USAGE));
    }
}
