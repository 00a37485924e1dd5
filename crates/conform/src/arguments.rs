use std::ffi::OsString;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anstream::ColorChoice;
use cli::{About, CommandLine, Error, NO_LETTER, Value};
use harness::confine::{User, in_own_network};

use crate::capture::Captures;
use crate::class::{self, Class, Summary};
use crate::explore::{self, Exploration};
use crate::report::{Format, Shown, Style};
use crate::selection::Selection;
use crate::{Assignment, Check, DEFAULT_JOBS, Limits, Role, Subject, Target};

const ABOUT: About = About {
    name: "conform",
    version: env!("CARGO_PKG_VERSION"),
    help: "\
Usage: conform [OPTIONS] ASSIGNMENT -- COMMAND [ARG...]
       conform [OPTIONS] --connect HOST:PORT ASSIGNMENT
       conform --explore [OPTIONS] ASSIGNMENT -- COMMAND [ARG...]
       conform --class FOLDER [OPTIONS] ASSIGNMENT -- COMMAND [ARG...]
       conform --summarize FOLDER [OPTIONS]
       conform --list [--only CHECKS] [ASSIGNMENT]
       conform --explain CLAUSE

Grades a program, in any language, against an assignment: tcp_server, tcp_client,
server-s, accio, lab4, mathserver, lab3, lab2, server, client.

COMMAND starts the program. The arguments of the assignment follow it, each time
with a free port; or they are put where {host}, {port} and {file} stand in it.

Grade:
  --fixed-port N       the program always uses this port
  --connect HOST:PORT  checks a server that runs already; what can only be seen by
                       starting it is not checked
  --only CHECKS        runs these: T-4 (all of that clause), T-4/2, A-*, T-4,T-5
                       [default: all]
  --jobs N             runs so many checks concurrently [default: 16]
  --timeout SECONDS    waits so long for what should happen immediately [default: 5]
  --deadline SECONDS   judges what can be judged in this time, musts first
                       [default: all the time that it takes]
  --seed N             draws the inputs from this number [default: another each time]
  --strict             what a program should do counts like what it must do

Explore:
  --explore            plays conversations that are drawn at random, and shows the
                       smallest that goes wrong
  --seconds N          draws new ones for so long [default: 30]
  --case N             plays just this one, and makes it smaller again

See:
  --list               prints the checks, of all assignments if none is named
  --explain CLAUSE     prints a clause, the words of the assignment behind it, and
                       what its checks do
  --evidence HOW       some, or all: every check, with all that was seen
                       [default: some]
  --format FORMAT      human, html, tap, json, junit or markdown, or as a platform
                       takes it: gradescope, classroom50, autolab or prairielearn
                       [default: human]
  --points N           what all musts together are worth [default: one point each,
                       or the assignment's own criteria]
  --problem NAME       the problem of autolab, or the title of the column of Canvas
                       [default: the name of the assignment]
  --output FILE        writes the report to a file [default: standard output]
  --pcap FOLDER        writes what was sent and received in each check that fails as
                       a capture for Wireshark; in a class, in the folder of results
  --pcap-all           of each check
  --color WHEN         auto, always or never [default: auto]

A class:
  --class FOLDER       grades each folder in it as a submission, in which COMMAND
                       runs; writes a JSON file for each, index.html and gradebooks
  --output FOLDER      writes them there [default: results]
  --concurrent N       grades so many submissions concurrently
                       [default: as many as leave the processors some time]
  --again              grades those too that are graded already and have not changed
  --shard K/N          grades the K-th of N parts of the class [default: 1/1]
  --summarize FOLDER   makes index.html and gradebooks of the JSON files there
  --anonymous          leaves the names out of index.html
  --moodle FILE        fills in an offline worksheet of Moodle: moodle.csv
  --seed N             [default in a class: 1]

Safety:
  --contain HOW        auto, no or must: the program is confined where the system
                       allows it, not at all, or nothing is run [default: auto]
  --memory MIB         what all that a check starts may have resident
                       [default: 1024]
  --user NAME          runs the program as this user; for root [default: the same]
  --env NAMES          what it finds in its environment besides PATH, HOME, LANG
                       and TMPDIR: A,B [default: nothing]

  --help               prints this text
  --version            prints the version

Exit status:
  0  all that the program must do holds
  1  some of it does not
  2  the arguments are wrong
  3  the program could not be started, or never listened or connected
  4  neither: the checker or the machine had trouble, or nothing was judged
",
};

/// In MiB.
const DEFAULT_MEMORY: u64 = 1024;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) const WITH_VALUE: [(char, &str); 26] = [
    (NO_LETTER, "--fixed-port"),
    (NO_LETTER, "--connect"),
    (NO_LETTER, "--only"),
    (NO_LETTER, "--jobs"),
    (NO_LETTER, "--timeout"),
    (NO_LETTER, "--seed"),
    (NO_LETTER, "--deadline"),
    (NO_LETTER, "--points"),
    (NO_LETTER, "--problem"),
    (NO_LETTER, "--explain"),
    (NO_LETTER, "--evidence"),
    (NO_LETTER, "--format"),
    (NO_LETTER, "--output"),
    (NO_LETTER, "--pcap"),
    (NO_LETTER, "--color"),
    (NO_LETTER, "--contain"),
    (NO_LETTER, "--memory"),
    (NO_LETTER, "--user"),
    (NO_LETTER, "--env"),
    (NO_LETTER, "--class"),
    (NO_LETTER, "--concurrent"),
    (NO_LETTER, "--shard"),
    (NO_LETTER, "--summarize"),
    (NO_LETTER, "--moodle"),
    (NO_LETTER, "--seconds"),
    (NO_LETTER, "--case"),
];

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Arguments {
    /// The selected checks of these assignments.
    List(Vec<(&'static Assignment, Vec<&'static Check>)>),
    /// What a clause says.
    Explain(String),
    /// To grade a program.
    Grade(Box<Order>),
    /// To grade many.
    Class(Box<Class>),
    /// To make a page and gradebooks of what was graded before.
    Summarize(Summary),
}

/// How a program is to be graded.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) assignment: &'static Assignment,
    pub(crate) subject: Subject,
    pub(crate) checks: Vec<&'static Check>,
    pub(crate) jobs: usize,
    pub(crate) seed: u64,
    pub(crate) strict: bool,
    pub(crate) format: Format,
    pub(crate) style: Style,
    /// When the program was called: the deadline counts from here.
    pub(crate) started: Instant,
    pub(crate) deadline: Option<Duration>,
    /// Standard output if there is none.
    pub(crate) output: Option<PathBuf>,
    pub(crate) captures: Option<Captures>,
    pub(crate) color: ColorChoice,
    pub(crate) contain: Contain,
}

impl Order {
    /// Whether each start of the program can have a network of its own.
    pub(crate) fn has_own_networks(&self) -> bool {
        let starts = !matches!(self.subject.target, Target::Connect(_));
        starts && self.contain != Contain::No && in_own_network(|| ()).is_ok()
    }
}

/// Whether the program is confined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contain {
    /// Where the system allows it.
    Auto,
    No,
    /// Or nothing is run.
    Must,
}

impl Arguments {
    /// Understands the arguments. Of an option that is repeated the last one counts.
    pub(crate) fn parse(mut arguments: Vec<OsString>) -> Result<Self, Error> {
        let words = arguments.clone();
        let end = arguments.iter().position(|argument| argument == "--");
        let command = end.map(|end| arguments.split_off(end).into_iter().skip(1).collect());
        let mut line = CommandLine::with_options(&ABOUT, arguments, &WITH_VALUE)?;
        if let Some(clause) = line.option("--explain", Value::text)? {
            let [] = line.operands([])?;
            let text = crate::specification::explain(&clause);
            let unknown = || {
                line.error(format_args!(
                    "there is no clause {:?}; --list shows the checks",
                    cli::escape(clause.as_bytes())
                ))
            };
            return text.map(Self::Explain).ok_or_else(unknown);
        }
        let only = line.option("--only", Value::text)?;
        let explores = line.flag("--explore");
        let all = if explores { explore::ID } else { "*" };
        let selection = Selection::new(only.as_deref().unwrap_or(all));
        if line.flag("--list") {
            return list(line, &selection);
        }
        let options = class::Options::of(&mut line)?;
        if let Some(folder) = options.summarize.clone() {
            return summarize(line, folder, options);
        }
        let exploration = exploration(&mut line, explores)?;
        let mut order = grade(line, command.unwrap_or_default(), &selection)?;
        order.subject.exploration = exploration;
        Ok(match options.class.clone() {
            Some(folder) => Self::Class(Box::new(Class::new(folder, options, order, &words)?)),
            None => Self::Grade(Box::new(order)),
        })
    }
}

fn summarize(
    mut line: CommandLine,
    folder: PathBuf,
    options: class::Options,
) -> Result<Arguments, Error> {
    let points = points(&mut line)?;
    let problem = line.option("--problem", Value::text)?;
    let [] = line.operands([])?;
    let summary = Summary::new(folder, points, problem, &options);
    Ok(Arguments::Summarize(summary))
}

fn points(line: &mut CommandLine) -> Result<Option<f64>, Error> {
    let points = line.option("--points", |points| points.number(1..=1_000_000))?;
    Ok(points.map(|points: u32| f64::from(points)))
}

fn list(mut line: CommandLine, selection: &Selection) -> Result<Arguments, Error> {
    let [name] = line.optional_operands(["ASSIGNMENT"])?;
    let assignments = match name {
        Some(name) => std::slice::from_ref(named(&name)?),
        None => Assignment::all(),
    };
    let selected = |assignment: &'static Assignment| (assignment, selection.of(assignment));
    let listed: Vec<_> = assignments.iter().map(selected).collect();
    if listed.iter().all(|(_, checks)| checks.is_empty()) {
        return Err(nothing_selected(&line, selection));
    }
    Ok(Arguments::List(listed))
}

fn nothing_selected(line: &CommandLine, selection: &Selection) -> Error {
    line.error(format_args!("no check is {selection}; --list shows them"))
}

fn exploration(line: &mut CommandLine, explores: bool) -> Result<Exploration, Error> {
    let mut exploration = if explores {
        Exploration::alone()
    } else {
        Exploration::default()
    };
    if let Some(within) = line.option("--seconds", seconds)? {
        exploration.within = within;
        exploration.most = usize::MAX;
    }
    exploration.case = line.option("--case", |case| case.number(0..=u64::MAX))?;
    Ok(exploration)
}

fn grade(
    mut line: CommandLine,
    command: Vec<OsString>,
    selection: &Selection,
) -> Result<Order, Error> {
    let fixed_port = line.option("--fixed-port", |port| port.number(1..=u16::MAX))?;
    let connect = line.option("--connect", resolved)?;
    let jobs = line.option("--jobs", |jobs| jobs.number(1..=1000))?;
    let timeout = line.option("--timeout", seconds)?;
    let seed = line.option("--seed", |seed| seed.number(0..=u64::MAX))?;
    let deadline = line.option("--deadline", seconds)?;
    let points = points(&mut line)?;
    let problem = line.option("--problem", Value::text)?;
    let strict = line.flag("--strict");
    let shown = line.option("--evidence", |how| {
        one_of(how, [("some", Shown::Some), ("all", Shown::All)])
    })?;
    let format = line.option("--format", |format| one_of(format, Format::ALL))?;
    let output = line.option("--output", |file| Ok(PathBuf::from(file.as_os_str())))?;
    let pcap = line.option("--pcap", |folder| Ok(PathBuf::from(folder.as_os_str())))?;
    let all = line.flag("--pcap-all");
    if all && pcap.is_none() {
        return Err(line.error("--pcap-all says what --pcap FOLDER writes: give that too"));
    }
    let captures = pcap.map(|folder| Captures { folder, all });
    let color = line.option("--color", |color| {
        one_of(
            color,
            [
                ("auto", ColorChoice::Auto),
                ("always", ColorChoice::Always),
                ("never", ColorChoice::Never),
            ],
        )
    })?;
    let contain = line.option("--contain", |how| {
        let all = [
            ("auto", Contain::Auto),
            ("no", Contain::No),
            ("must", Contain::Must),
        ];
        one_of(how, all)
    })?;
    let memory = line.option("--memory", |memory| memory.number(1..=1_000_000))?;
    let limits = Limits {
        user: line.option("--user", user)?.flatten(),
        env: line
            .option("--env", |names| Ok(environment(names)))?
            .unwrap_or_default(),
        memory: memory.unwrap_or(DEFAULT_MEMORY) << 20,
    };
    let [name] = line.optional_operands(["ASSIGNMENT"])?;
    let Some(name) = name else {
        return Err(line.error("which assignment? name one"));
    };
    let assignment = named(&name)?;
    let target = match (connect, fixed_port) {
        (Some(_), _) if matches!(assignment.role, Role::Client { .. }) => {
            return Err(line.error(format_args!(
                "{} is a client: --connect is for servers",
                assignment.name
            )));
        }
        (Some(address), None) if command.is_empty() => Target::Connect(address),
        (Some(_), _) => {
            return Err(line.error("--connect takes neither a command nor --fixed-port"));
        }
        (None, _) if command.is_empty() => {
            return Err(line.error("which program? give its command behind --"));
        }
        (None, fixed_port) => fixed_port.map_or(Target::Start, Target::FixedPort),
    };
    let checks = selection.of(assignment);
    if checks.is_empty() {
        return Err(nothing_selected(&line, selection));
    }
    Ok(Order {
        assignment,
        subject: Subject {
            command,
            target,
            timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
            startup: Duration::ZERO,
            confinement: (contain != Some(Contain::No)).then_some(limits),
            recorded: Captures::recorded(captures.as_ref()),
            exploration: Exploration::default(),
        },
        checks,
        jobs: jobs.unwrap_or(DEFAULT_JOBS),
        // A number that a person can type again.
        seed: seed.unwrap_or_else(|| fastrand::u64(..1_000_000)),
        strict,
        format: format.unwrap_or(Format::Human),
        style: Style {
            shown: shown.unwrap_or(Shown::Some),
            points,
            problem: problem.unwrap_or_else(|| assignment.name.to_owned()),
        },
        started: Instant::now(),
        deadline,
        output,
        captures,
        color: color.unwrap_or(ColorChoice::Auto),
        contain: contain.unwrap_or(Contain::Auto),
    })
}

fn named(name: &Value) -> Result<&'static Assignment, Error> {
    let assignment = name.as_os_str().to_str().and_then(Assignment::named);
    assignment.ok_or_else(|| {
        let names: Vec<_> = Assignment::all().iter().map(|one| one.name).collect();
        name.wrong(format_args!("one of {}", names.join(", ")))
    })
}

/// The first IPv4 address if there is one: the assignments' servers listen there.
fn resolved(address: &Value) -> Result<SocketAddr, Error> {
    let text = address.as_os_str().to_string_lossy();
    match text
        .to_socket_addrs()
        .map(|found| found.min_by_key(SocketAddr::is_ipv6))
    {
        Ok(Some(address)) => Ok(address),
        Ok(None) => Err(address.wrong("HOST:PORT; that host has no address")),
        Err(error) => Err(address.wrong(format_args!("HOST:PORT ({error})"))),
    }
}

fn seconds(value: &Value) -> Result<Duration, Error> {
    let plain = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let text = value
        .as_os_str()
        .to_str()
        .filter(|text| text.bytes().all(plain));
    let seconds = text.and_then(|text| text.parse().ok());
    seconds
        .filter(|seconds| (0.1..=3600.0).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| value.wrong("seconds, 0.1 to 3600"))
}

fn one_of<T: Copy, const N: usize>(value: &Value, choices: [(&str, T); N]) -> Result<T, Error> {
    let chosen = choices.iter().find(|(name, _)| value.as_os_str() == *name);
    chosen.map(|(_, choice)| *choice).ok_or_else(|| {
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        value.wrong(format_args!("one of {}", names.join(", ")))
    })
}

fn user(name: &Value) -> Result<Option<User>, Error> {
    let text = name
        .as_os_str()
        .to_str()
        .ok_or_else(|| name.wrong("a user's name"))?;
    match User::named(text)? {
        Some(user) => Ok(Some(user)),
        None => Err(name.wrong("the name of a user of this system")),
    }
}

/// The variables of these names, as far as there are such.
fn environment(names: &Value) -> Vec<(OsString, OsString)> {
    let text = names.as_os_str().to_string_lossy();
    let value = |name: &str| Some((name.into(), std::env::var_os(name)?));
    text.split(',').filter_map(value).collect()
}
