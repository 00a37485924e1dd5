//! Arguments, and what is printed where.

use std::net::{Ipv4Addr, SocketAddr};

use harness::{Exit, Input, Listener, Process, Signal};

use super::{ASSIGNMENT, UPPERCASE, is_served, request, response};
use crate::checks::common::shows_version;
use crate::checks::default_port::{self, DEFAULT_PORT};
use crate::checks::usage::{WRONG_PORTS, help_names, is_refused, run};
use crate::conversation::shown;
use crate::{Arguments, Outcome, Problem, Trial};

/// The usage of the assignment, behind the program's name.
const USAGE: &str = "\
[--help] [-v] [-p PORT]

Options:
  --help
  -v, --verbose
  --port PORT, -p PORT
";

pub(super) fn help(trial: &mut Trial<'_>) -> Outcome {
    help_names(trial, &["--help", "-v", "--verbose", "-p", "--port"])
}

pub(super) fn help_text(trial: &mut Trial<'_>) -> Outcome {
    let finished = run(trial, ["--help"])?;
    let text = String::from_utf8_lossy(&finished.stdout);
    let usage = |name| format!("Usage: {name} {USAGE}");
    let ours = usage("tcp_server");
    if text.trim_end() != ours.trim_end() && text.trim_end() != usage("tcp_server.py").trim_end() {
        return Err(Problem::broken(ours, shown(&finished.stdout)));
    }
    if finished.exit != Exit::Status(0) || !finished.stderr.is_empty() {
        return Err(Problem::broken(
            "status 0, and nothing on standard error",
            format!("{}, and {}", finished.exit, shown(&finished.stderr)),
        ));
    }
    Ok(())
}

pub(super) fn default_port(trial: &mut Trial<'_>) -> Outcome {
    default_port::listens_on(trial, &Arguments::new(), DEFAULT_PORT).map(drop)
}

pub(super) fn long_options(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let arguments = |port| {
        Arguments::new()
            .word("--verbose")
            .port_option("--port", port)
    };
    let address = trial.serve_with(arguments)?;
    is_served(&mut trial.connect(address)?)
}

pub(super) fn joined_options(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    for option in ["--port=", "-p"] {
        let arguments = |port| Arguments::new().word(format!("{option}{port}"));
        let address = trial.serve_with(arguments)?;
        is_served(&mut trial.connect(address)?)?;
    }
    Ok(())
}

pub(super) fn leading_zeros(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let address = trial.serve_with(|port| Arguments::words(["-p", &format!("000{port}")]))?;
    is_served(&mut trial.connect(address)?)
}

fn verbose(port: u16) -> Arguments {
    (ASSIGNMENT.arguments)(port).word("-v")
}

pub(super) fn nothing_on_stdout(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let address = trial.serve_with(verbose)?;
    let mut client = trial.connect(address)?;
    is_served(&mut client)?;
    client.send(b"\x18\0\0\x05hello")?;
    client.expect(b"\0\0\0\x05error")?;
    drop(client);
    let server = trial.process()?;
    server.signal_group(Signal::INT)?;
    // Whether it ends is another matter; if it does, all that it kept back is there.
    let _ = server.wait_exit(timeout);
    match server.stdout() {
        printed if printed.is_empty() => Ok(()),
        printed => Err(Problem::broken(
            "nothing on standard output",
            shown(&printed),
        )),
    }
}

/// Starts the server on a port that is taken.
fn start_on_port_in_use<'t>(
    trial: &'t mut Trial<'_>,
) -> Result<(Listener, &'t mut Process), Problem> {
    let port = trial.port()?;
    let listener = Listener::at(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))?;
    let server = trial.start(&(ASSIGNMENT.arguments)(port), Input::Null)?;
    Ok((listener, server))
}

pub(super) fn errors_on_stderr(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let (_listener, server) = start_on_port_in_use(trial)?;
    if server
        .wait_stderr(|printed| !printed.is_empty(), timeout)
        .is_ok()
    {
        return Ok(());
    }
    let happened = match server.exit() {
        Some(exit) => format!("nothing, and it ended with {exit}"),
        None => "nothing, and it runs on".to_owned(),
    };
    let expected = "a text on standard error when the port is in use";
    Err(Problem::broken(expected, happened))
}

pub(super) fn port_in_use(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let (listener, server) = start_on_port_in_use(trial)?;
    let exit = server.wait_exit(timeout)?;
    let text = String::from_utf8_lossy(&server.stderr()).into_owned();
    if exit == Exit::Status(1) && text.contains(&listener.port().to_string()) {
        return Ok(());
    }
    let expected = format!("status 1, and {} on standard error", listener.port());
    Err(Problem::broken(
        expected,
        format!("{exit}, and {}", shown(text.as_bytes())),
    ))
}

pub(super) fn verbose_logs(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve_with(verbose)?;
    let mut client = trial.connect(address)?;
    is_served(&mut client)?;
    drop(client);
    logs(trial, "a log message", |printed| !printed.is_empty())
}

/// Waits for what the log should have, at the latest when the server has ended: it may be kept
/// back until then.
fn logs(trial: &mut Trial<'_>, wanted: &str, has_it: impl Fn(&[u8]) -> bool) -> Outcome {
    let timeout = trial.timeout();
    let server = trial.process()?;
    if server.wait_stderr(&has_it, timeout).is_ok() {
        return Ok(());
    }
    server.signal_group(Signal::INT)?;
    let _ = server.wait_exit(timeout);
    match server.stderr() {
        printed if has_it(&printed) => Ok(()),
        printed => Err(Problem::broken(
            format!("{wanted} on standard error"),
            shown(&printed),
        )),
    }
}

pub(super) fn quiet(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    // The second client shows that the server has done with the first.
    for _ in 0..2 {
        is_served(&mut trial.connect(address)?)?;
    }
    match trial.process()?.stderr() {
        printed if printed.is_empty() => Ok(()),
        printed => Err(Problem::broken(
            "nothing on standard error",
            shown(&printed),
        )),
    }
}

pub(super) fn log_of_a_request(trial: &mut Trial<'_>) -> Outcome {
    const LENGTH: usize = 4321;
    let address = trial.serve_with(verbose)?;
    let mut client = trial.connect(address)?;
    client.send(&request(UPPERCASE, &[b'x'; LENGTH]))?;
    client.expect(&response(&[b'X'; LENGTH]))?;
    let port = client.local_address().port();
    drop(client);
    let wanted = format!("the port {port} and the length {LENGTH}");
    logs(trial, &wanted, |printed| {
        let text = String::from_utf8_lossy(printed);
        text.contains(&port.to_string()) && text.contains(&LENGTH.to_string())
    })
}

pub(super) fn log_of_the_port(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let timeout = trial.timeout();
    let server = trial.start(&Arguments::words(["-v", "-p", "0"]), Input::Null)?;
    let names_port = |printed: &[u8]| {
        let text = String::from_utf8_lossy(printed);
        let listening = server.listening();
        listening
            .iter()
            .any(|address| text.contains(&address.port().to_string()))
    };
    server.wait_stderr(names_port, timeout).map_err(|_| {
        let addresses: Vec<_> = server.listening().iter().map(ToString::to_string).collect();
        Problem::broken(
            "the port that it listens on, on standard error",
            format!(
                "it listens on \"{}\" and printed {}",
                addresses.join(", "),
                shown(&server.stderr())
            ),
        )
    })
}

pub(super) fn wrong_arguments(trial: &mut Trial<'_>) -> Outcome {
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
}

pub(super) fn wrong_ports(trial: &mut Trial<'_>) -> Outcome {
    WRONG_PORTS
        .iter()
        .try_for_each(|port| is_refused(trial, &["-p", port]))
}

pub(super) fn version(trial: &mut Trial<'_>) -> Outcome {
    shows_version(trial, "tcp_server")
}
