use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::time::Duration;

use anstream::ColorChoice;
use cli::About;

use crate::report::Format;
use crate::selection::Selection;
use crate::usage_error::UsageError;
use crate::{Assignment, Check, DEFAULT_JOBS, Role, Subject, Target};

const ABOUT: About = About {
    name: "conform",
    version: env!("CARGO_PKG_VERSION"),
    help: "\
Usage: conform [OPTIONS] ASSIGNMENT -- COMMAND [ARG...]
       conform [OPTIONS] --connect HOST:PORT ASSIGNMENT
       conform --list [--only CHECKS] [ASSIGNMENT]

Grades a program, in any language, against an assignment: tcp_server, tcp_client,
server-s, accio, lab4, mathserver, lab3, lab2, server, client.

COMMAND starts the program. Behind it come the arguments of the assignment, each
time with a free port; or they are put where {host}, {port} and {file} stand in it.

Options:
  --fixed-port N       the program always uses this port
  --connect HOST:PORT  checks a server that runs already; what can only be seen by
                       starting it is not checked
  --list               prints the checks, of all assignments if none is named
  --only CHECKS        runs these: T-4 (all of that clause), T-4/2, A-*, T-4,T-5
  --jobs N             runs so many checks side by side [default: 16]
  --timeout SECONDS    waits so long for what should happen at once [default: 5]
  --strict             what a program should do counts like what it must do
  --format FORMAT      human, tap, json or junit [default: human]
  --output FILE        writes the report to a file
  --color WHEN         auto, always or never [default: auto]
  --help               prints this text
  --version            prints the version

Exit status:
  0  all that the program must do holds
  1  some of it does not
  2  the arguments are wrong
  3  the program could not be started, or never listened
",
};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

const FIXED_PORT: &str = "--fixed-port";
const CONNECT: &str = "--connect";
const ONLY: &str = "--only";
const JOBS: &str = "--jobs";
const TIMEOUT: &str = "--timeout";
const FORMAT: &str = "--format";
const OUTPUT: &str = "--output";
const COLOR: &str = "--color";

/// The options have no short form: no argument can hold this byte.
const NO_LETTER: char = '\0';

const WITH_VALUE: [(char, &str); 8] = [
    (NO_LETTER, FIXED_PORT),
    (NO_LETTER, CONNECT),
    (NO_LETTER, ONLY),
    (NO_LETTER, JOBS),
    (NO_LETTER, TIMEOUT),
    (NO_LETTER, FORMAT),
    (NO_LETTER, OUTPUT),
    (NO_LETTER, COLOR),
];

/// What the arguments ask for.
#[derive(Debug)]
pub(crate) enum Request {
    /// To print this text.
    Show(String),
    /// To print the selected checks of these assignments.
    List(Vec<(&'static Assignment, Vec<&'static Check>)>),
    /// To grade a program.
    Grade(Box<Order>),
}

/// How a program is to be graded.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) assignment: &'static Assignment,
    pub(crate) subject: Subject,
    pub(crate) checks: Vec<&'static Check>,
    pub(crate) jobs: usize,
    pub(crate) strict: bool,
    pub(crate) format: Format,
    /// Standard output if there is none.
    pub(crate) output: Option<PathBuf>,
    pub(crate) color: ColorChoice,
}

impl Request {
    /// Understands the arguments. Of an option that is repeated the last one counts.
    pub(crate) fn parse(mut arguments: Vec<OsString>) -> Result<Self, UsageError> {
        let end = arguments.iter().position(|argument| argument == "--");
        let command = end.map(|end| arguments.split_off(end).into_iter().skip(1).collect());
        let separated = cli::separate_options(arguments, &WITH_VALUE);
        let mut options = pico_args::Arguments::from_vec(separated.options);
        if let Some(text) = ABOUT.asked(&mut options) {
            return Ok(Self::Show(text));
        }
        let mut operands = separated.operands.into_iter();
        let assignment = operands.next().map(|name| named(&name)).transpose()?;
        if let Some(operand) = operands.next() {
            return Err(UsageError::Operand(operand));
        }
        if options.contains("--list") {
            return list(assignment, options);
        }
        let assignment = assignment.ok_or(UsageError::NoAssignment)?;
        grade(assignment, command, options)
    }
}

fn list(
    assignment: Option<&'static Assignment>,
    mut options: pico_args::Arguments,
) -> Result<Request, UsageError> {
    let selection = selection(&mut options)?;
    finish(options)?;
    let assignments = match assignment {
        Some(assignment) => std::slice::from_ref(assignment),
        None => Assignment::all(),
    };
    let selected = |assignment: &'static Assignment| (assignment, selection.of(assignment));
    let listed: Vec<_> = assignments.iter().map(selected).collect();
    if listed.iter().all(|(_, checks)| checks.is_empty()) {
        return Err(UsageError::NothingSelected(selection.to_string()));
    }
    Ok(Request::List(listed))
}

fn grade(
    assignment: &'static Assignment,
    command: Option<Vec<OsString>>,
    mut options: pico_args::Arguments,
) -> Result<Request, UsageError> {
    let selection = selection(&mut options)?;
    let checks = selection.of(assignment);
    if checks.is_empty() {
        return Err(UsageError::NothingSelected(selection.to_string()));
    }
    let fixed_port = fixed_port(&mut options)?;
    let connect = last(&mut options, CONNECT)?;
    let jobs = parsed(&mut options, JOBS, "a number, 1 or more", jobs)?;
    let timeout = parsed(
        &mut options,
        TIMEOUT,
        "a number of seconds, 0.1 to 3600",
        seconds,
    )?;
    let format = parsed(
        &mut options,
        FORMAT,
        "human, tap, json or junit",
        Format::named,
    )?;
    let color = parsed(&mut options, COLOR, "auto, always or never", color)?;
    let output = last(&mut options, OUTPUT)?.map(PathBuf::from);
    let strict = options.contains("--strict");
    finish(options)?;
    let (command, target) = subject(assignment, command, fixed_port, connect)?;
    Ok(Request::Grade(Box::new(Order {
        assignment,
        subject: Subject {
            command,
            target,
            timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
        },
        checks,
        jobs: jobs.unwrap_or(DEFAULT_JOBS),
        strict,
        format: format.unwrap_or(Format::Human),
        output,
        color: color.unwrap_or(ColorChoice::Auto),
    })))
}

fn named(name: &OsStr) -> Result<&'static Assignment, UsageError> {
    name.to_str()
        .and_then(Assignment::named)
        .ok_or_else(|| UsageError::UnknownAssignment(name.to_owned()))
}

/// The command and how it is reached: either it is started, or a server runs already.
fn subject(
    assignment: &Assignment,
    command: Option<Vec<OsString>>,
    fixed_port: Option<u16>,
    connect: Option<OsString>,
) -> Result<(Vec<OsString>, Target), UsageError> {
    let command = command.unwrap_or_default();
    let Some(address) = connect else {
        if command.is_empty() {
            return Err(UsageError::NoCommand);
        }
        return Ok((command, fixed_port.map_or(Target::Start, Target::FixedPort)));
    };
    if assignment.role == Role::Client {
        return Err(UsageError::ConnectToClient(assignment.name));
    }
    if !command.is_empty() || fixed_port.is_some() {
        return Err(UsageError::ConnectAlone);
    }
    Ok((Vec::new(), Target::Connect(resolved(&address)?)))
}

/// The first IPv4 address if there is one: the assignments' servers listen there.
fn resolved(address: &OsStr) -> Result<SocketAddr, UsageError> {
    let text = address.to_string_lossy();
    let found = text.to_socket_addrs().map_err(|error| error.to_string());
    found
        .and_then(|found| {
            let first = found.min_by_key(SocketAddr::is_ipv6);
            first.ok_or_else(|| "no address".to_owned())
        })
        .map_err(|reason| UsageError::Address(text.into_owned(), reason))
}

fn selection(options: &mut pico_args::Arguments) -> Result<Selection, UsageError> {
    let only = last(options, ONLY)?;
    Ok(only.map_or_else(Selection::everything, |only| {
        Selection::new(&only.to_string_lossy())
    }))
}

fn fixed_port(options: &mut pico_args::Arguments) -> Result<Option<u16>, UsageError> {
    let port = last(options, FIXED_PORT)?;
    let parsed = port.map(|port| cli::parse_port(&port.to_string_lossy(), 1..=u16::MAX));
    Ok(parsed.transpose()?)
}

fn jobs(value: &str) -> Option<usize> {
    let plain = value.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| value.parse().ok())?.filter(|jobs| *jobs > 0)
}

fn seconds(value: &str) -> Option<Duration> {
    let plain = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let seconds = value.bytes().all(plain).then(|| value.parse().ok())??;
    let in_range = (0.1..=3600.0).contains(&seconds);
    in_range.then(|| Duration::from_secs_f64(seconds))
}

fn color(value: &str) -> Option<ColorChoice> {
    match value {
        "auto" => Some(ColorChoice::Auto),
        "always" => Some(ColorChoice::Always),
        "never" => Some(ColorChoice::Never),
        _ => None,
    }
}

/// The value of an option, in the only form that is `wanted`.
fn parsed<T>(
    options: &mut pico_args::Arguments,
    option: &'static str,
    wanted: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, UsageError> {
    let Some(value) = last(options, option)? else {
        return Ok(None);
    };
    match value.to_str().and_then(parse) {
        Some(parsed) => Ok(Some(parsed)),
        None => Err(UsageError::Value {
            option,
            value,
            wanted,
        }),
    }
}

fn last(
    options: &mut pico_args::Arguments,
    option: &'static str,
) -> Result<Option<OsString>, UsageError> {
    let keep = |value: &OsStr| Ok::<_, Infallible>(value.to_owned());
    // Taking a value as it is can fail in one way only.
    let values = options.values_from_os_str(option, keep);
    Ok(values.map_err(|_| UsageError::NoValue(option))?.pop())
}

fn finish(options: pico_args::Arguments) -> Result<(), UsageError> {
    match options.finish().into_iter().next() {
        Some(option) => Err(UsageError::Option(option)),
        None => Ok(()),
    }
}
