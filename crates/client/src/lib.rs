#![doc = include_str!("../README.md")]
//!
//! # The code
//! Clauses C-17 to C-24. The wire format is [`proto::message`].

mod entry;
mod exchange;

use std::ffi::{OsStr, OsString};
use std::io::{BufReader, IsTerminal};
use std::time::Duration;

use cli::{About, CommandLine, Error, Output};
use proto::message::{MAX_NAME, PORTS, Request};

use entry::Field;

/// How long each address of the server may take to accept.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

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
/// [`Error`] tells what went wrong. Messages that were complete by then have been printed.
pub fn run(arguments: Vec<OsString>) -> Result<(), Error> {
    let output = Output::stdout()?;
    let Arguments {
        host,
        port,
        name,
        task,
    } = Arguments::parse(arguments)?;
    let addresses = net::resolve(&host, port)?;
    // The prompts come before the connection: the server waits for a second only (C-19).
    match task {
        Task::Create => {
            let input = cli::open_input(OsStr::new("-"))?;
            let terminal = input.is_terminal();
            let mut input = BufReader::new(input);
            let receiver = entry::ask(Field::Receiver, &mut input, terminal, &output)?;
            let text = entry::ask(Field::Message, &mut input, terminal, &output)?;
            let mut server = net::connect(&addresses, CONNECT_TIMEOUT)?;
            let request = Request::Create {
                sender: name.as_bytes(),
                receiver: receiver.as_bytes(),
                text: text.as_bytes(),
            };
            exchange::send(&mut server, request, &output)
        }
        Task::Read => {
            let mut server = net::connect(&addresses, CONNECT_TIMEOUT)?;
            let name = name.as_bytes();
            exchange::send(&mut server, Request::Read { name }, &output)?;
            exchange::receive(server, name, &output)
        }
    }
}

/// The command line (C-17).
#[derive(Debug, PartialEq, Eq)]
struct Arguments {
    host: String,
    port: u16,
    name: String,
    task: Task,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Read,
    Create,
}

impl Arguments {
    /// Checks the arguments in their order.
    fn parse(arguments: Vec<OsString>) -> Result<Self, Error> {
        let mut line = CommandLine::positional(&ABOUT, arguments)?;
        let [host, port, name, task] = line.operands(["HOST", "PORT", "NAME", "TYPE"])?;
        Ok(Self {
            host: host.text()?,
            port: port.number(PORTS)?,
            name: match name.text()? {
                text if (1..=MAX_NAME).contains(&text.len()) => text,
                _ => return Err(name.wrong(format_args!("1 to {MAX_NAME} bytes of text"))),
            },
            task: match task.as_os_str().to_str() {
                Some("read") => Task::Read,
                Some("create") => Task::Create,
                _ => return Err(task.wrong("read or create")),
            },
        })
    }
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
            let (host, name) = (words[0].to_owned(), name.to_owned());
            let expected = Arguments {
                host,
                port,
                name,
                task,
            };
            assert_eq!(Arguments::parse(arguments(words)).unwrap(), expected);
        }
    }

    fn error(arguments: Vec<OsString>) -> String {
        let error = Arguments::parse(arguments).unwrap_err();
        assert_eq!(error.status(), 2);
        let usage = "\nUsage: client HOST PORT NAME TYPE";
        error.to_string().strip_suffix(usage).unwrap().to_owned()
    }

    #[test]
    fn c_17_each_wrong_argument_is_its_own_error() {
        for got in [0, 1, 3, 5] {
            let text = format!("expected 4 arguments, got {got}");
            assert_eq!(error(vec![OsString::from("5000"); got]), text);
        }
        for port in ["1023", "64001", "+5000", "0x1388", "", "x"] {
            let text = format!("PORT is \"{port}\"; give a number from 1024 to 64000");
            assert_eq!(error(arguments(["localhost", port, "alice", "read"])), text);
        }
        // 128 characters of two bytes each.
        for name in ["", &*"ü".repeat(128)] {
            let text = format!("NAME is \"{name}\"; give 1 to 255 bytes of text");
            assert_eq!(error(arguments(["localhost", "5000", name, "read"])), text);
        }
        for task in ["", "READ", "reads", "delete"] {
            let text = format!("TYPE is \"{task}\"; give read or create");
            assert_eq!(error(arguments(["localhost", "5000", "alice", task])), text);
        }
    }

    #[test]
    fn c_17_arguments_that_are_not_utf_8_are_errors_too() {
        for (place, text) in [
            "HOST is \"a\\xff\"; give text in UTF-8",
            "PORT is \"a\\xff\"; give a number from 1024 to 64000",
            "NAME is \"a\\xff\"; give text in UTF-8",
            "TYPE is \"a\\xff\"; give read or create",
        ]
        .into_iter()
        .enumerate()
        {
            let mut words = arguments(["localhost", "5000", "alice", "read"]);
            words[place] = OsString::from_vec(b"a\xff".to_vec());
            assert_eq!(error(words), text);
        }
    }

    #[test]
    fn the_readme_shows_the_help() {
        assert!(cli::readme_shows_help(include_str!("../README.md"), run));
    }
}
