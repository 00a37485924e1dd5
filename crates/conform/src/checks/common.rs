//! What all programs have in common (G-*): each such check exists once, here. If its body depends
//! on the protocol, the assignment provides the body.

use std::thread;
use std::time::{Duration, Instant};

use harness::{Event, Exit, Finished, Input, Listener, Signal, shown, signal_name};

use crate::{Arguments, Check, Conversation, Outcome, Problem, Role, Trial};

/// The heading of these checks.
pub(super) const COMMON: &str = "Common to all programs";

/// The requirement of checks that neither an assignment nor a course demands.
const OURS: &str = "not in the assignment: what users of a command line expect";

/// The body of a check.
type Run = fn(&mut Trial<'_>) -> Outcome;

/// Long enough for the program to do something that has no visible sign but what it breaks.
const A_MOMENT: Duration = Duration::from_millis(300);

/// A second, and what a busy machine may add.
const A_SECOND: Duration = Duration::from_millis(1500);

const HELP: Check = Check::should("G-3", "--help prints the usage", OURS, |trial| {
    let printed = printed_for(trial, "--help")?;
    if printed.to_ascii_lowercase().contains("usage") {
        return Ok(());
    }
    Err(Problem::broken(
        "the usage on standard output",
        shown(printed.as_bytes()),
    ))
});

const VERSION: Check = Check::should(
    "G-3/2",
    "--version prints the name and the version",
    OURS,
    |trial| {
        let name = trial.assignment().name;
        let printed = printed_for(trial, "--version")?;
        let words: Vec<_> = printed.split_whitespace().collect();
        match words[..] {
            [first, version]
                if first == name && version.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                Ok(())
            }
            _ => Err(Problem::broken(
                format!("\"{name} VERSION\" on standard output"),
                shown(printed.as_bytes()),
            )),
        }
    },
);

/// What every server has in common with the others.
pub(super) const SERVER: &[Check] = &[
    HELP,
    VERSION,
    Check::should(
        "G-4",
        "a signal ends it within a second, though clients are connected",
        "not in the assignment: whoever stops a server does not wait for it",
        |trial| {
            for signal in [Signal::INT, Signal::TERM] {
                let address = trial.serve()?;
                let _served = visit(trial, address)?;
                let _silent = trial.connect(address)?;
                thread::sleep(A_MOMENT);
                ends_quickly(trial, signal)?;
            }
            Ok(())
        },
    ),
    // One client is connected and another one waits; neither gives the server anything to do, so it
    // uses no processor time.
    Check::should(
        "G-4/3",
        "it uses no processor time while it waits",
        "not in the assignment: a server that has nothing to do does nothing",
        |trial| {
            let address = trial.serve()?;
            let _served = visit(trial, address)?;
            let _silent = trial.connect(address)?;
            thread::sleep(A_MOMENT);
            expect_rest(trial)
        },
    )
    .waits(2),
    Check::should(
        "G-8",
        "a port that is not a plain decimal number is refused",
        OURS,
        |trial| {
            let port = trial.port()?;
            refuses_ports(trial, port, || false)
        },
    ),
    Check::should("G-8/2", "a port may have leading zeros", OURS, |trial| {
        trial.may_choose_arguments()?;
        let arguments = trial.assignment().arguments;
        let address = trial.serve_with(|port| arguments("127.0.0.1", &format!("000{port}")))?;
        visit(trial, address).map(drop)
    }),
    // The server's end of the connection is closed first, so that the system keeps it for a while:
    // without SO_REUSEADDR the port cannot be used then.
    Check::should(
        "G-9",
        "it can be started again right after a client was connected",
        "not in the assignment, where it does not name SO_REUSEADDR: a restart works",
        |trial| {
            let address = trial.serve()?;
            let mut client = visit(trial, address)?;
            trial.process()?.kill_tree()?;
            client.expect_gone()?;
            drop(client);
            let address = trial.serve_again(address)?;
            visit(trial, address).map(drop)
        },
    ),
];

/// What every client has in common with the others.
pub(super) const CLIENT: &[Check] = &[
    HELP,
    VERSION,
    // A client that takes one of them connects.
    Check::should(
        "G-8",
        "a port that is not a plain decimal number is refused",
        OURS,
        |trial| {
            let listener = trial.listen()?;
            refuses_ports(trial, listener.port(), || {
                listener.accept(Duration::ZERO).is_ok()
            })
        },
    ),
    Check::should("G-8/2", "a port may have leading zeros", OURS, |trial| {
        let listener = trial.listen()?;
        connects(
            trial,
            &listener,
            "127.0.0.1",
            &format!("000{}", listener.port()),
        )
    }),
    // Only one of the addresses of localhost accepts.
    Check::should(
        "G-10",
        "a host is found by its name, at any of its addresses",
        "not in the assignment: localhost may be ::1 first, where nobody listens",
        |trial| {
            let listener = trial.listen()?;
            connects(trial, &listener, "localhost", &listener.port().to_string())
        },
    ),
];

/// G-1
pub(super) const fn prints_immediately(run: Run) -> Check {
    Check::should(
        "G-1",
        "what it prints is there immediately, also in a pipe",
        "not in the assignment: scripts read what a program prints while it runs",
        run,
    )
}

/// G-2
pub(super) const fn success_is_0(run: Run) -> Check {
    Check::should(
        "G-2",
        "the status is 0 when all went well",
        "not in the assignment: what scripts expect",
        run,
    )
}

/// G-2
pub(super) const fn wrong_usage_is_2(run: Run) -> Check {
    Check::should(
        "G-2/2",
        "wrong arguments are refused with status 2",
        "not in the assignment: what scripts expect",
        run,
    )
}

/// G-2, for a server.
pub(super) const PORT_IN_USE_IS_1: Check = Check::should(
    "G-2/3",
    "a port in use is named in the error, and the status is 1",
    "not in the assignment: what scripts expect",
    |trial| {
        let port = trial.port()?;
        let _listener = Listener::at(([0, 0, 0, 0], port).into())?;
        let arguments = trial.assignment().arguments_at(port);
        let Finished { exit, stderr, .. } = trial.run(&arguments, Input::Pipe)?;
        is_error_about(exit, &stderr, &port.to_string())
    },
);

/// G-4
pub(super) const fn survives(run: Run) -> Check {
    Check::should(
        "G-4/2",
        "nothing that the other end sends makes it crash",
        "not in the assignment: what a careful user expects",
        run,
    )
}

/// G-5
pub(super) const fn in_pieces(run: Run) -> Check {
    Check::should(
        "G-5",
        "what it receives may come one byte at a time",
        "not in the assignment: TCP has no message boundaries",
        run,
    )
}

/// G-5
pub(super) const fn in_one_piece(run: Run) -> Check {
    Check::should(
        "G-5/2",
        "a small record is sent in one piece",
        "not in the assignment: many programs read a small record with one call",
        run,
    )
}

/// G-5
pub(super) const fn together(run: Run) -> Check {
    Check::should(
        "G-5/3",
        "what it receives may come together",
        "not in the assignment: TCP has no message boundaries",
        run,
    )
}

/// G-6
pub(super) const fn cannot_drive_a_terminal(run: Run) -> Check {
    Check::should(
        "G-6",
        "what the other end sends can neither drive a terminal nor forge a line",
        "not in the assignment: what is sent is a stranger's",
        run,
    )
}

/// G-6
pub(super) const fn errors_cannot_either(run: Run) -> Check {
    Check::should(
        "G-6/2",
        "an error message cannot drive a terminal either",
        "not in the assignment: what is sent is a stranger's",
        run,
    )
}

/// G-6
pub(super) const fn unchanged_in_a_pipe(run: Run) -> Check {
    Check::should(
        "G-6/3",
        "what is printed as the result is unchanged in a pipe",
        "not in the assignment: what scripts expect",
        run,
    )
}

/// G-7
pub(super) const fn announced_length(run: Run) -> Check {
    Check::should(
        "G-7",
        "an announced length costs no memory until its data comes",
        "not in the assignment: a length is a stranger's until the data has come",
        run,
    )
}

/// A client that has been served, in the plainest way.
fn visit(trial: &Trial<'_>, address: std::net::SocketAddr) -> Result<Conversation, Problem> {
    match trial.assignment().role {
        Role::Server { visit } => visit(trial, address),
        Role::Client { .. } => trial.connect(address),
    }
}

/// Sees that a client comes to this address.
fn connects(trial: &mut Trial<'_>, listener: &Listener, host: &str, port: &str) -> Outcome {
    trial.may_choose_arguments()?;
    let arguments = (trial.assignment().arguments)(host, port);
    // Some clients read all of their input before they connect.
    let request = Input::Bytes(b"uppercase text\n".to_vec());
    trial.start(&arguments, request)?;
    trial.accept(listener).map(drop)
}

/// Checks that the program refuses each of these words as a port, and does not connect.
fn refuses_ports(trial: &mut Trial<'_>, port: u16, has_connected: impl Fn() -> bool) -> Outcome {
    trial.may_choose_arguments()?;
    let arguments = trial.assignment().arguments;
    let no_ports = ["", "-1", "65536", "http"].map(str::to_owned);
    for port in not_plain_digits(port).into_iter().chain(no_ports) {
        let expected =
            format!("the port {port:?} is refused with a message and a status that is not 0");
        let finished = trial.run(&arguments("127.0.0.1", &port), Input::Pipe);
        let Finished { exit, stderr, .. } = finished.map_err(|problem| match problem {
            Problem::Broken { happened, .. } => Problem::broken(&expected, happened),
            problem @ Problem::NotJudged(_) => problem,
        })?;
        if exit.success() || stderr.is_empty() {
            let happened = format!("{exit}, and on standard error are {}", shown(&stderr));
            return Err(Problem::broken(expected, happened));
        }
        if has_connected() {
            return Err(Problem::broken(expected, "it connects"));
        }
    }
    Ok(())
}

/// The port, written in ways that some languages accept as a number, but not in plain decimal
/// digits.
fn not_plain_digits(port: u16) -> [String; 5] {
    const DEVANAGARI_ZERO: u32 = 0x0966;
    let digits = port.to_string();
    let values = digits.chars().filter_map(|digit| digit.to_digit(10));
    let devanagari = values.filter_map(|value| char::from_u32(DEVANAGARI_ZERO + value));
    [
        format!("+{port}"),
        format!(" {port}"),
        format!("{port}.0"),
        format!("{port:#x}"),
        devanagari.collect(),
    ]
}

/// Sends the server that was started last a signal, and sees that it ends within a second with
/// status 0.
fn ends_quickly(trial: &mut Trial<'_>, signal: Signal) -> Outcome {
    let timeout = trial.timeout();
    let start = Instant::now();
    trial.process()?.signal_group(signal)?;
    let exit = trial.wait_end(timeout)?;
    let took = start.elapsed();
    if exit.success() && took <= A_SECOND {
        return Ok(());
    }
    Err(Problem::broken(
        format!(
            "{} ends it within a second, with status 0",
            signal_name(signal)
        ),
        format!("it ended with {exit} after {took:.1?}"),
    ))
}

/// Checks that a program ended with status 1 and an error that contains this text.
pub(super) fn is_error_about(exit: Exit, stderr: &[u8], subject: &str) -> Outcome {
    if exit == Exit::Status(1) && String::from_utf8_lossy(stderr).contains(subject) {
        return Ok(());
    }
    Err(Problem::broken(
        format!("status 1, and a message with {subject}"),
        format!("{exit}, and on standard error are {}", shown(stderr)),
    ))
}
/// Starts the program with arguments that it has to refuse with an error.
pub(super) fn expect_refusal(trial: &mut Trial<'_>, arguments: &Arguments) -> Outcome {
    let timeout = trial.timeout();
    trial.start(arguments, Input::Pipe)?;
    expect_error(trial, timeout)
}

/// Waits until the program that was started last has ended with an error: with a status that is
/// not 0, and a line on standard error that starts with `ERROR:`.
pub(crate) fn expect_error(trial: &mut Trial<'_>, within: Duration) -> Outcome {
    expect_error_since(trial, Instant::now(), within)
}

/// The same, within so long since then.
pub(crate) fn expect_error_since(
    trial: &mut Trial<'_>,
    since: Instant,
    within: Duration,
) -> Outcome {
    const EXPECTED: &str = "a line on standard error that starts with ERROR:, and an exit status \
                            that is not 0";
    let command = trial.process()?.command_line().to_owned();
    let exit = trial
        .wait_exit_within(within.saturating_sub(since.elapsed()))
        .map_err(|problem| match problem {
            Problem::Broken { .. } => {
                let seconds = since.elapsed().as_secs_f64();
                Problem::broken(
                    EXPECTED,
                    format!("{command} runs on after {seconds:.1} seconds"),
                )
            }
            problem @ Problem::NotJudged(_) => problem,
        })?;
    let stderr = trial.process()?.stderr();
    let message = stderr
        .split(|byte| *byte == b'\n')
        .any(|line| line.starts_with(b"ERROR:"));
    match exit {
        Exit::Status(status) if status != 0 && message => Ok(()),
        exit => Err(Problem::broken(
            EXPECTED,
            format!(
                "{command} ended with {exit}, and on standard error are {}",
                shown(&stderr)
            ),
        )),
    }
}

/// Waits until the program that was started last has ended with status 0.
pub(crate) fn expect_success(trial: &mut Trial<'_>, within: Duration) -> Outcome {
    match trial.wait_exit_within(within)? {
        Exit::Status(0) => Ok(()),
        exit => Err(Problem::broken(
            "the program ends with status 0",
            format!("it ended with {exit}"),
        )),
    }
}

/// Starts the server ordinarily: it listens on all interfaces.
pub(super) fn listens_on_all_interfaces(trial: &mut Trial<'_>) -> Outcome {
    let port = trial.serve()?.port();
    let listening = trial.process()?.listening();
    if listening.is_empty() {
        let reason = "this system does not say where a program listens";
        return Err(Problem::not_in_this_run(reason.to_owned()));
    }
    let mut of_port = listening.iter().filter(|address| address.port() == port);
    if of_port.any(|address| address.ip().is_unspecified()) {
        return Ok(());
    }
    let addresses: Vec<_> = listening.iter().map(ToString::to_string).collect();
    Err(Problem::broken(
        format!("it listens on 0.0.0.0:{port}"),
        format!("it listens on {}", addresses.join(", ")),
    ))
}

/// G-4: for a second, the server that was started last has nothing to do. It uses no processor
/// time, and is hardly ever runnable: that is the evidence where other processes leave it no time
/// to use.
pub(super) fn expect_rest(trial: &mut Trial<'_>) -> Outcome {
    const LOOKS: u32 = 50;
    const PAUSE: Duration = Duration::from_millis(20);
    const MOST: Duration = Duration::from_millis(50);
    let server = trial.process()?.worker();
    let before = server.cpu_time()?;
    let mut found_running = 0;
    for _ in 0..LOOKS {
        thread::sleep(PAUSE);
        found_running += u32::from(server.is_running()?);
    }
    let used = server.cpu_time()?.saturating_sub(before);
    if used <= MOST && found_running <= LOOKS / 2 {
        return Ok(());
    }
    trial.blame_time();
    Err(Problem::broken(
        format!("at most {MOST:?} of processor time in a second without anything to do"),
        format!("{used:?}, and it was running {found_running} of {LOOKS} times"),
    ))
}

fn printed_for(trial: &mut Trial<'_>, argument: &str) -> Result<String, Problem> {
    let timeout = trial.timeout();
    trial.may_choose_arguments()?;
    trial.start(&Arguments::words([argument]), Input::Pipe)?;
    expect_success(trial, timeout)?;
    Ok(String::from_utf8_lossy(&trial.process()?.stdout()).into_owned())
}

/// Receives what arrives together with the first byte. It polls without a pause, and so sees the
/// parts of a record that was sent with several calls, however short the time between them (G-5).
pub(super) fn receive_first_piece(
    client: &mut Conversation,
    within: Duration,
) -> Result<Vec<u8>, Problem> {
    let start = Instant::now();
    let trouble = |error| harness::Error::System {
        doing: "looking at a connection",
        error,
    };
    client.stream().set_nonblocking(true).map_err(trouble)?;
    let mut piece = [0; 4096];
    let mut length = client.stream().peek(&mut piece);
    while length.is_err() && start.elapsed() < within {
        length = client.stream().peek(&mut piece);
    }
    client.stream().set_nonblocking(false).map_err(trouble)?;
    // What was only peeked at, or is missing, now goes into the transcript.
    match client.glance(length.unwrap_or(1), Duration::ZERO) {
        Event::Data(bytes) => Ok(bytes),
        event => Err(Problem::broken("bytes", event.to_string())),
    }
}
