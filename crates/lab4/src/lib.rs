#![doc = include_str!("../README.md")]
//!
//! # The code
//! Clauses M-1 to M-9. The wire format is [`proto::math`].

mod exchange;

use std::ffi::OsString;

use cli::{About, CommandLine, Error, Output};
use log::{LevelFilter, debug};
use proto::math::{CONNECT_LIMIT, SILENCE_LIMIT};

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
/// [`Error`] tells what went wrong; standard output is empty then.
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    let output = Output::stdout()?;
    let Arguments { host, port } = Arguments::parse(arguments)?;
    cli::log_to_stderr(LevelFilter::Warn);

    let addresses = net::resolve(&host, port)?;
    let mut server = net::connect(&addresses, CONNECT_LIMIT)?;
    debug!("connected to {}", server.peer());
    let secret = exchange::obtain_secret(&mut server, SILENCE_LIMIT)?;
    Ok(output.peer_line(&secret)?)
}

/// The command line (M-8).
#[derive(Debug, PartialEq, Eq)]
struct Arguments {
    host: String,
    port: u16,
}

impl Arguments {
    fn parse(arguments: Vec<OsString>) -> Result<Self, Error> {
        let mut line = CommandLine::positional(&ABOUT, arguments)?;
        let [host, port] = line.operands(["HOST", "PORT"])?;
        Ok(Self {
            host: host.text()?,
            port: port.number(1..=u16::MAX)?,
        })
    }
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
            let host = host.to_owned();
            let arguments = Arguments::parse(words(line)).unwrap();
            assert_eq!(arguments, Arguments { host, port });
        }
    }

    #[test]
    fn m_8_wrong_arguments_are_each_their_own_error() {
        let error = |arguments| {
            let error = Arguments::parse(arguments).unwrap_err();
            assert_eq!(error.status(), 2);
            let usage = "\nUsage: lab4 HOST PORT";
            error.to_string().strip_suffix(usage).unwrap().to_owned()
        };
        for (line, got) in [("", 0), ("localhost", 1), ("localhost 8000 x", 3)] {
            let text = format!("expected 2 arguments, got {got}");
            assert_eq!(error(words(line)), text);
        }
        for port in ["0", "65536", "+5", "8000.0", "0x50", "http", "५"] {
            let text = format!("PORT is \"{port}\"; give a number from 1 to 65535");
            assert_eq!(error(words(&format!("localhost {port}"))), text);
        }
        let not_text = OsString::from_vec(b"\xff".to_vec());
        assert_eq!(
            error(vec![not_text.clone(), "1".into()]),
            "HOST is \"\\xff\"; give text in UTF-8"
        );
        assert_eq!(
            error(vec!["localhost".into(), not_text]),
            "PORT is \"\\xff\"; give a number from 1 to 65535"
        );
    }

    #[test]
    fn the_readme_shows_the_help() {
        assert!(cli::readme_shows_help(include_str!("../README.md"), run));
    }
}
