//! What more than one assignment asks of its program.

use std::thread;
use std::time::{Duration, Instant};

use harness::{Event, Exit, Input};

use crate::conversation::shown;
use crate::{Arguments, Conversation, Outcome, Problem, Trial};

/// Starts the program with arguments that it has to refuse with an error.
pub(super) fn expect_refusal(trial: &mut Trial<'_>, arguments: &Arguments) -> Outcome {
    let timeout = trial.timeout();
    trial.start(arguments, Input::Null)?;
    expect_error(trial, timeout)
}

/// Waits until the program that was started last has ended with an error: with a status that is
/// not 0, and a line on standard error that starts with `ERROR:`.
pub(super) fn expect_error(trial: &mut Trial<'_>, within: Duration) -> Outcome {
    const EXPECTED: &str = "a line on standard error that starts with ERROR:, and an exit status \
                            that is not 0";
    let process = trial.process()?;
    let command = process.command_line().to_owned();
    let ended = process.wait_exit(within);
    let exit = ended.map_err(|_| {
        let seconds = within.as_secs_f64();
        Problem::broken(
            EXPECTED,
            format!("{command} runs on after {seconds:.1} seconds"),
        )
    })?;
    let stderr = process.stderr();
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
pub(super) fn expect_success(trial: &mut Trial<'_>, within: Duration) -> Outcome {
    match trial.process()?.wait_exit(within)? {
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
        return Err(Problem::NotRun(reason.to_owned()));
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

/// G-4: the server that was started last, which has nothing to do, uses no processor time for a
/// second, and is hardly ever found running, which counts where others leave it none to use.
pub(super) fn expect_rest(trial: &mut Trial<'_>) -> Outcome {
    const LOOKS: u32 = 50;
    const PAUSE: Duration = Duration::from_millis(20);
    const MOST: Duration = Duration::from_millis(50);
    let server = trial.process()?;
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
    Err(Problem::broken(
        format!("at most {MOST:?} of processor time in a second without anything to do"),
        format!("{used:?}, and it was running {found_running} of {LOOKS} times"),
    ))
}

/// G-3: `--help` as the sole argument.
pub(super) fn shows_help(trial: &mut Trial<'_>) -> Outcome {
    let printed = printed_for(trial, "--help")?;
    if printed.to_ascii_lowercase().contains("usage") {
        return Ok(());
    }
    Err(Problem::broken(
        "the usage on standard output",
        shown(printed.as_bytes()),
    ))
}

/// G-3: `--version` as the sole argument.
pub(super) fn shows_version(trial: &mut Trial<'_>, name: &str) -> Outcome {
    let printed = printed_for(trial, "--version")?;
    let mut words = printed.split_whitespace();
    let named = words.next() == Some(name);
    let numbered = words
        .next()
        .is_some_and(|version| version.starts_with(|first: char| first.is_ascii_digit()));
    if named && numbered && words.next().is_none() {
        return Ok(());
    }
    Err(Problem::broken(
        format!("\"{name} VERSION\" on standard output"),
        shown(printed.as_bytes()),
    ))
}

fn printed_for(trial: &mut Trial<'_>, argument: &str) -> Result<String, Problem> {
    let timeout = trial.timeout();
    trial.may_choose_arguments()?;
    trial.start(&Arguments::words([argument]), Input::Null)?;
    expect_success(trial, timeout)?;
    Ok(String::from_utf8_lossy(&trial.process()?.stdout()).into_owned())
}

/// Receives what comes at once with the first byte. Looking without pause, this sees a record in
/// parts if it was sent with several calls, however shortly one after another (G-5).
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
    // Now what was only looked at, or is missing, goes into the transcript.
    match client.next_event(length.unwrap_or(1), Duration::ZERO) {
        Event::Data(bytes) => Ok(bytes),
        event => Err(Problem::broken("bytes", event.to_string())),
    }
}

/// The port, in ways that are not plain decimal digits but a number to some languages (G-8).
pub(super) fn not_plain_digits(port: u16) -> [String; 5] {
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
