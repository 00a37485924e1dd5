//! The parts of a run, in their order.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use cli::Output;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::arguments::Request;
use crate::counters::Counters;
use crate::error::Error;
use crate::latency;
use crate::load::Load;
use crate::resources::{End, IDLE_WATCH, MORE_MEMORY, Resources};
use crate::servers::{self, Server};
use crate::subject::{Each, Subject};
use crate::table::Report;

/// How long the loads last at least before the memory is looked at first; in long runs, a tenth of
/// the time. Afterwards every server has had as many clients at once, and requests as large, as it
/// will have.
const LEAST_WARM_UP: Duration = Duration::from_secs(3);

/// The descriptors of this process: those of one server that has none left, and of all who stand
/// or come and go beside.
const WANTED_FILES: u64 = 4096;

/// Runs the program. The exit status says whether all held.
///
/// # Errors
/// [`Error`] if there is no table.
pub(crate) fn run(arguments: &[OsString]) -> Result<ExitCode, Error> {
    let output = Output::stdout()?;
    let time = match Request::parse(arguments)? {
        Request::Show(text) => {
            output.text(&text)?;
            return Ok(ExitCode::SUCCESS);
        }
        Request::Soak(time) => time,
    };
    cli::on_shutdown_signal(end)?;
    raise_limit()?;
    let report = soak(time)?;
    output.text(&report.to_string())?;
    Ok(if report.failures().is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A signal leaves nothing behind that was started here.
#[allow(clippy::exit)]
fn end() {
    const STATUS_INTERRUPTED: i32 = 130;
    say("ended by a signal");
    harness::kill_all();
    std::process::exit(STATUS_INTERRUPTED)
}

fn raise_limit() -> Result<(), Error> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // No value is no limit.
    if current.is_none_or(|current| current >= WANTED_FILES) {
        return Ok(());
    }
    let too_few = |most| Error::Descriptors {
        wanted: WANTED_FILES,
        most,
    };
    let raised = Rlimit {
        current: Some(WANTED_FILES),
        maximum,
    };
    setrlimit(Resource::Nofile, raised).map_err(|_| too_few(maximum.unwrap_or(WANTED_FILES)))
}

fn soak(time: Duration) -> Result<Report, Error> {
    say("starting the servers");
    let servers = servers::start(&folder()?)?;
    let counters = Counters::default();
    let fresh = Each::try_new(|subject| Resources::now(servers.of(subject)))?;

    say("warming up");
    Load::put(&servers, &counters, LEAST_WARM_UP.max(time / 10));
    let warm = settled(&servers, &fresh, u64::MAX)?;
    // What a server has open is known before its first client.
    let start = Each::try_new(|subject| {
        let (memory, files) = (warm.of(subject).memory, fresh.of(subject).files);
        Ok::<Resources, Error>(Resources { memory, files })
    })?;

    say("timing honest clients without and with a crowd");
    let latencies = latency::measure(&servers, &counters, time)?;

    say(&format!("load for {} seconds", time.as_secs()));
    Load::put(&servers, &counters, time);

    say("looking at what is left");
    let end = settled(&servers, &start, MORE_MEMORY)?;
    let idle = idle_time(&servers)?;
    let ends = Each::try_new(|subject| End::of(servers.of(subject)))?;
    Ok(Report {
        time,
        counters,
        latencies,
        start,
        end,
        idle,
        ends,
    })
}

/// The servers are taken from where this program is.
fn folder() -> Result<PathBuf, Error> {
    let program = std::env::current_exe().map_err(Error::Folder)?;
    let folder = program.parent().map(PathBuf::from);
    folder.ok_or_else(|| Error::Folder(io::ErrorKind::NotFound.into()))
}

/// What the servers take when all clients have left.
fn settled(
    servers: &Each<Server>,
    before: &Each<Resources>,
    more_memory: u64,
) -> Result<Each<Resources>, Error> {
    Each::try_new(|subject| {
        before
            .of(subject)
            .wait_until_back(servers.of(subject), more_memory)
    })
}

/// The processor time of each while nobody is there.
fn idle_time(servers: &Each<Server>) -> Result<Each<Duration>, Error> {
    let used = |subject: Subject| servers.of(subject).process.cpu_time();
    let before = Each::try_new(used)?;
    thread::sleep(IDLE_WATCH);
    Each::try_new(|subject| Ok(used(subject)?.saturating_sub(*before.of(subject))))
}

/// Tells a person what takes so long.
fn say(what: &str) {
    // Who does not listen need not be told.
    let _ = io::stderr().write_all(format!("soak: {what}\n").as_bytes());
}
