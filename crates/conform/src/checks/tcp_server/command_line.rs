//! Arguments, and what is printed where.

use std::net::{Ipv4Addr, SocketAddr};

use harness::{Exit, Input, Listener, shown};

use super::wire::WHILE;
use super::{ASSIGNMENT, UPPERCASE, expect_text, is_served, letters, request};
use crate::checks::default_port::{self, DEFAULT_PORT};
use crate::checks::usage::{help_names, is_refused, run};
use crate::{Arguments, Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "T-20",
        "--help prints the usage with its three options on standard output",
        "Usage: options --help, -v or --verbose, --port PORT or -p PORT",
        |trial| help_names(trial, &["--help", "-v", "--verbose", "-p", "--port"]),
    ),
    Check::should(
        "T-20/2",
        "the usage is the assignment's, word for word, with status 0",
        "Usage: as printed in the requirements",
        |trial| {
            let finished = run(trial, ["--help"])?;
            let text = String::from_utf8_lossy(&finished.stdout);
            let usage = |name| format!("Usage: {name} {USAGE}");
            let ours = usage("tcp_server");
            if text.trim_end() != ours.trim_end()
                && text.trim_end() != usage("tcp_server.py").trim_end()
            {
                return Err(Problem::broken(ours, shown(&finished.stdout)));
            }
            if finished.exit != Exit::Status(0) || !finished.stderr.is_empty() {
                return Err(Problem::broken(
                    "status 0, and nothing on standard error",
                    format!("{}, and {}", finished.exit, shown(&finished.stderr)),
                ));
            }
            Ok(())
        },
    ),
    Check::must(
        "T-20/3",
        "without a port it listens on 8083",
        "Requirements: the default port must be 8083",
        |trial| default_port::listens_on(trial, &Arguments::new(), DEFAULT_PORT).map(drop),
    ),
    Check::must(
        "T-20/4",
        "--port and --verbose are the long forms",
        "Usage: options -v or --verbose, --port PORT or -p PORT",
        |trial| {
            trial.may_choose_arguments()?;
            let arguments = |port| {
                Arguments::new()
                    .word("--verbose")
                    .port_option("--port", port)
            };
            let address = trial.serve_with(arguments)?;
            is_served(&mut trial.connect(address)?)
        },
    )
    .needs(&["T-1"]),
    Check::must(
        "T-21",
        "nothing is printed on standard output",
        "Command-line Interface: your program will generally print nothing to stdout; the only \
         exception is the help",
        |trial| {
            let address = trial.serve_with(verbose)?;
            is_served(&mut trial.connect(address)?)?;
            let _ = trial
                .process()?
                .wait_stdout(|printed| !printed.is_empty(), WHILE);
            match trial.printed()? {
                printed if printed.is_empty() => Ok(()),
                printed => Err(Problem::broken(
                    "nothing on standard output",
                    shown(printed.as_bytes()),
                )),
            }
        },
    )
    .needs(&["T-1"]),
    Check::must(
        "T-21/2",
        "an error is printed on standard error",
        "Command-line Interface: your program must print to stderr any errors while running the \
         server",
        |trial| {
            let _listener = start_on_port_in_use(trial)?;
            if trial.logs(|printed| !printed.is_empty())? {
                return Ok(());
            }
            let happened = match trial.process()?.exit() {
                Some(exit) => format!("nothing, and it ended with {exit}"),
                None => "nothing, and it runs on".to_owned(),
            };
            let expected = "a text on standard error when the port is in use";
            Err(Problem::broken(expected, happened))
        },
    ),
    Check::must(
        "T-21/3",
        "when verbose, it logs on standard error",
        "Command-line Interface: your program must print to stderr log messages, if the verbose \
         flag is set",
        |trial| {
            let address = trial.serve_with(verbose)?;
            let mut client = trial.connect(address)?;
            is_served(&mut client)?;
            logs(trial, "a log message", |printed| !printed.is_empty())
        },
    )
    .needs(&["T-1"]),
    Check::must(
        "T-21/4",
        "when not verbose, it logs nothing",
        "Command-line Interface: log messages only if the verbose flag is set",
        |trial| {
            let address = trial.serve()?;
            let mut client = trial.connect(address)?;
            is_served(&mut client)?;
            // The client is still there: that one has gone may be taken for an error.
            let server = trial.process()?;
            let _ = server.wait_stderr(|printed| !printed.is_empty(), WHILE);
            match server.stderr() {
                printed if printed.is_empty() => Ok(()),
                printed => Err(Problem::broken(
                    "nothing on standard error",
                    shown(&printed),
                )),
            }
        },
    )
    .needs(&["T-1"]),
    Check::should(
        "T-22",
        "the log names each client's address and each request's length",
        "Logging: use logging to understand the flow of your program",
        |trial| {
            let length = trial.random().usize(1000..10_000);
            let text = letters(trial, length);
            let address = trial.serve_with(verbose)?;
            let mut client = trial.connect(address)?;
            client.send(&request(UPPERCASE, text.as_bytes()))?;
            expect_text(&mut client, &text)?;
            let port = client.local_address().port();
            let expected = format!("the port {port} and the length {length}");
            logs(trial, &expected, |printed| {
                let text = String::from_utf8_lossy(printed);
                text.contains(&port.to_string()) && text.contains(&length.to_string())
            })
        },
    )
    .needs(&["T-2", "T-21/3"]),
    Check::should(
        "T-22/2",
        "with port 0 the system chooses, and the log names the port",
        "Logging: use logging to understand the flow of your program",
        |trial| {
            trial.may_choose_arguments()?;
            let timeout = trial.timeout();
            let server = trial.start(&Arguments::words(["-v", "-p", "0"]), Input::Pipe)?;
            let names_port = |printed: &[u8]| {
                let text = String::from_utf8_lossy(printed);
                let listening = server.listening();
                listening
                    .iter()
                    .any(|address| text.contains(&address.port().to_string()))
            };
            server.wait_stderr(names_port, timeout).map_err(|_| {
                let addresses: Vec<_> =
                    server.listening().iter().map(ToString::to_string).collect();
                Problem::broken(
                    "the port that it listens on, on standard error",
                    format!(
                        "it listens on \"{}\" and printed {}",
                        addresses.join(", "),
                        shown(&server.stderr())
                    ),
                )
            })
        },
    ),
    Check::should(
        "T-23",
        "--port=PORT and -pPORT are understood",
        "Usage: options as getopt users write them",
        |trial| {
            trial.may_choose_arguments()?;
            for option in ["--port=", "-p"] {
                let arguments = |port| Arguments::new().word(format!("{option}{port}"));
                let address = trial.serve_with(arguments)?;
                is_served(&mut trial.connect(address)?)?;
            }
            Ok(())
        },
    )
    .needs(&["T-1"]),
    Check::should(
        "T-23/2",
        "wrong arguments are refused with status 2",
        "Requirements: it accepts no arguments, and three options",
        |trial| {
            for words in [
                &["--unknown"][..],
                &["-x"],
                &["8083"],
                &["-p"],
                &["-v", "--port"],
            ] {
                is_refused(trial, words)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "T-23/3",
        "a port in use is named in the error, and the status is 1",
        "Command-line Interface: your program must print to stderr any errors while running the \
         server",
        |trial| {
            let timeout = trial.timeout();
            let listener = start_on_port_in_use(trial)?;
            let exit = trial.wait_end(timeout)?;
            let text = String::from_utf8_lossy(&trial.process()?.stderr()).into_owned();
            if exit == Exit::Status(1) && text.contains(&listener.port().to_string()) {
                return Ok(());
            }
            let expected = format!("status 1, and {} on standard error", listener.port());
            Err(Problem::broken(
                expected,
                format!("{exit}, and {}", shown(text.as_bytes())),
            ))
        },
    )
    .needs(&["T-21/2"]),
];

/// The usage of the assignment, behind the program's name.
const USAGE: &str = "\
[--help] [-v] [-p PORT]

Options:
  --help
  -v, --verbose
  --port PORT, -p PORT
";

fn verbose(port: u16) -> Arguments {
    ASSIGNMENT.arguments_at(port).word("-v")
}

/// Starts the server on a port that is taken.
fn start_on_port_in_use(trial: &mut Trial<'_>) -> Result<Listener, Problem> {
    let port = trial.port()?;
    let listener = Listener::at(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))?;
    trial.start(&ASSIGNMENT.arguments_at(port), Input::Pipe)?;
    Ok(listener)
}

/// Waits for what the log should have.
fn logs(trial: &mut Trial<'_>, expected: &str, has_it: impl Fn(&[u8]) -> bool) -> Outcome {
    if trial.logs(has_it)? {
        return Ok(());
    }
    Err(Problem::broken(
        format!("{expected} on standard error"),
        shown(&trial.process()?.stderr()),
    ))
}
