//! `client HOST PORT NAME TYPE`: stores a message on a message server, or reads those that are
//! stored for a user.
//!
//! Source: seed `server-client.txt`, section 3.2; clauses C-17 to C-24.

mod entry;
mod error;
mod exchange;

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::time::Duration;

use cli::{About, Output};
use proto::message::{MAX_NAME, PORTS, Request};

pub use entry::{EntryError, Field};
pub use error::{Error, UsageError};
pub use exchange::Fault;

/// How long each address of the server may take to accept.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// The command line, as `--help` prints it and a usage error shows it.
const USAGE: &str = "Usage: client HOST PORT NAME TYPE\n";

const ABOUT: About = About {
    name: "client",
    version: env!("CARGO_PKG_VERSION"),
    help: "\
Usage: client HOST PORT NAME TYPE

Stores a message on a message server, or reads those that are stored for a user.
To create, it asks for the receiver and the message, a line of standard input each.

Arguments:
  HOST       the server: a name, an IPv4 address or an IPv6 address
  PORT       its port, 1024 to 64000
  NAME       the user who sends or reads, 1 to 255 bytes of UTF-8
  TYPE       read or create

  --help     as the sole argument: prints this text
  --version  as the sole argument: prints the version
",
};

/// Runs the program: from its arguments to the message sent or the messages printed.
///
/// # Errors
/// [`Error`] says what went wrong. Messages that were complete by then have been printed.
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    let output = Output::stdout()?;
    if let Some(text) = ABOUT.asked_alone(&arguments) {
        return Ok(output.text(&text)?);
    }
    let Arguments {
        host,
        port,
        name,
        task,
    } = parse(&arguments)?;
    let addresses = net::resolve(host, port)?;
    // All that is typed is typed before the connection is made: the server waits for a second
    // only (C-19).
    match task {
        Task::Create => {
            let stdin = io::stdin();
            let terminal = stdin.is_terminal();
            let mut input = stdin.lock();
            let receiver = entry::ask(Field::Receiver, &mut input, terminal, &output)?;
            let text = entry::ask(Field::Message, &mut input, terminal, &output)?;
            let mut server = net::connect(&addresses, CONNECT_LIMIT)?;
            let request = Request::Create {
                sender: name.as_bytes(),
                receiver: receiver.as_bytes(),
                text: text.as_bytes(),
            };
            exchange::send(&mut server, request, &output)
        }
        Task::Read => {
            let mut server = net::connect(&addresses, CONNECT_LIMIT)?;
            let name = name.as_bytes();
            exchange::send(&mut server, Request::Read { name }, &output)?;
            exchange::print_response(&mut server, name, &output)
        }
    }
}

/// The command line, checked.
#[derive(Debug, PartialEq, Eq)]
struct Arguments<'a> {
    host: &'a str,
    port: u16,
    name: &'a str,
    task: Task,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Read,
    Create,
}

/// Checks the arguments in their order (C-17).
fn parse(arguments: &[OsString]) -> Result<Arguments<'_>, UsageError> {
    let [host, port, name, task] = arguments else {
        return Err(UsageError::Count {
            found: arguments.len(),
        });
    };
    let host = host.to_str().ok_or(UsageError::HostNotText)?;
    // What is not UTF-8 is not a port either, and is shown as it can be.
    let port = cli::parse_port(&port.to_string_lossy(), PORTS).map_err(UsageError::Port)?;
    let name = name.to_str().ok_or(UsageError::NameNotText)?;
    if !(1..=MAX_NAME).contains(&name.len()) {
        return Err(UsageError::NameLength { found: name.len() });
    }
    let task = match task.to_str() {
        Some("read") => Task::Read,
        Some("create") => Task::Create,
        _ => {
            return Err(UsageError::Type {
                found: task.to_string_lossy().into_owned(),
            });
        }
    };
    Ok(Arguments {
        host,
        port,
        name,
        task,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    fn arguments(words: [&str; 4]) -> Vec<OsString> {
        words.map(OsString::from).to_vec()
    }

    #[test]
    fn c_17_four_arguments() {
        let longest = "n".repeat(255);
        for (words, port, name, task) in [
            (["localhost", "1024", "a", "read"], 1024, "a", Task::Read),
            (
                ["::1", "64000", &longest, "create"],
                64000,
                &longest,
                Task::Create,
            ),
            (
                ["h", "05000", "alice stevens", "read"],
                5000,
                "alice stevens",
                Task::Read,
            ),
            (
                ["--help", "5000", "--help", "read"],
                5000,
                "--help",
                Task::Read,
            ),
        ] {
            let host = words[0];
            let expected = Arguments {
                host,
                port,
                name,
                task,
            };
            assert_eq!(parse(&arguments(words)), Ok(expected));
        }
    }

    #[test]
    fn c_17_each_wrong_argument_is_its_own_error() {
        for found in [0, 1, 3, 5] {
            let words = vec![OsString::from("5000"); found];
            assert_eq!(parse(&words), Err(UsageError::Count { found }));
        }
        for port in ["1023", "64001", "+5000", "0x1388", "", "x"] {
            let error = parse(&arguments(["localhost", port, "alice", "read"])).unwrap_err();
            assert!(matches!(error, UsageError::Port(_)), "{port}: {error:?}");
        }
        // 128 characters of two bytes each.
        for (name, found) in [("", 0), (&*"ü".repeat(128), 256)] {
            let error = UsageError::NameLength { found };
            assert_eq!(
                parse(&arguments(["localhost", "5000", name, "read"])),
                Err(error)
            );
        }
        for found in ["", "READ", "reads", "delete"] {
            let error = UsageError::Type {
                found: found.to_owned(),
            };
            assert_eq!(
                parse(&arguments(["localhost", "5000", "alice", found])),
                Err(error)
            );
        }
    }

    #[test]
    fn c_17_arguments_that_are_not_utf_8_are_errors_too() {
        let parse_with = |place: usize| {
            let mut words = arguments(["localhost", "5000", "alice", "read"]);
            words[place] = OsString::from_vec(b"a\xff".to_vec());
            parse(&words).map(|_| ()).unwrap_err()
        };
        assert_eq!(parse_with(0), UsageError::HostNotText);
        assert!(matches!(parse_with(1), UsageError::Port(_)));
        assert_eq!(parse_with(2), UsageError::NameNotText);
        assert!(matches!(parse_with(3), UsageError::Type { .. }));
    }

    #[test]
    fn the_usage_is_the_first_line_of_the_help() {
        assert!(ABOUT.help.starts_with(USAGE));
    }
}
