//! Dishonest programs gain nothing: for each in `tests/programs/dishonest` the report is ours and
//! whole, the program does not pass, and nothing is left of it, also when `conform` is killed.
//!
//! By default a check is made of each; with `DISHONEST=all` in the environment all of them are.
//! Where the system lacks a layer of the confinement, all are skipped, for they could do harm.

#![allow(clippy::print_stderr, clippy::unwrap_used)]

mod programs;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use conform::record::{Outcome, Verdict};
use conform::{Record, TestLine};
use harness::{Exit, Process, Program, Signal};
use libtest_mimic::Failed;
use tempfile::TempDir;

use programs::Programs;

/// The most bytes that either half of `conform` may have resident: platforms have 768 MB for all.
const MOST_MEMORY: u64 = 100 << 20;

/// For what should happen immediately, on a machine that is busy with other tests.
const SOON: Duration = Duration::from_secs(20);

/// A program of `tests/programs/dishonest`.
struct Dishonest {
    program: &'static str,
    /// What the report says of it, if the one check is made.
    says: &'static str,
    /// What else is on the command line of `conform`, or in front of it.
    options: &'static [&'static str],
    wrapper: &'static [&'static str],
    /// A tool that it needs, or `root`.
    needs: &'static str,
}

const fn is(program: &'static str, says: &'static str) -> Dishonest {
    Dishonest {
        program,
        says,
        options: &[],
        wrapper: &[],
        needs: "",
    }
}

const PROGRAMS: &[Dishonest] = &[
    is("forges_the_report.py", "refused: the report"),
    is("writes_to_others_files.py", "\"broken\""),
    is("prints_lookalikes.py", "TAP version 13"),
    is(
        "prints_a_megabyte_in_one_line.py",
        "bytes in all are folded",
    ),
    is("kills_its_parent.sh", "ended with status 0"),
    is("kills_all_that_it_sees.py", "refused: killing 1 "),
    is("stops_all_that_it_sees.py", "refused: SIGSTOP to 1 "),
    is("traces_all_that_it_sees.py", "refused: memory of 1 "),
    Dishonest {
        needs: "gdb",
        ..is("debugs_its_parent.sh", "ended with status 0")
    },
    is("is_a_traced_zombie.py", "the program listens"),
    is("leaves_daemons.py", "\"broken\""),
    is("escapes_by_shell.sh", "the program listens"),
    is("makes_a_world_of_its_own.sh", "the program listens"),
    is("floods_its_outputs.c", "bytes in all are folded"),
    is("floods_with_lines.py", "more bytes of evidence"),
    is("floods_its_socket.py", "received"),
    is("fills_the_disk.py", "more than 256 MiB of files"),
    Dishonest {
        options: &["--memory", "100"],
        ..is("fills_memory.py", "more than 100 MiB of memory")
    },
    is("forks_without_end.c", "more than 512 processes"),
    is("forks_and_ends_all_the_time.c", "the program listens"),
    is("starts_threads_without_end.py", ""),
    is("holds_every_port.c", "\"broken\""),
    is("writes_elsewhere.py", "refused: the checker"),
    Dishonest {
        options: &["--user", "nobody"],
        needs: "root",
        ..is("reads_the_teachers_files.sh", "refused: cat ")
    },
    is("looks_for_the_network.py", "refused: loopback"),
    Dishonest {
        wrapper: &["setsid", "--ctty", "--wait"],
        needs: "setsid",
        ..is("writes_to_the_terminal.py", "refused: writing to /dev/tty")
    },
    is("leaves_shared_memory.py", "\"broken\""),
];

fn main() -> ExitCode {
    let mut programs = Programs::new();
    let mut lines = vec![TestLine::new(
        "every program is listed",
        Duration::ZERO,
        every_program_is_listed,
    )];
    let all = env::var("DISHONEST").is_ok_and(|asked| asked == "all");
    let missing = programs::missing_layer();
    if let Some(missing) = &missing {
        eprintln!("{} dishonest programs skipped: {missing}", PROGRAMS.len());
    }
    for dishonest in PROGRAMS.iter().filter(|_| missing.is_none()) {
        let source = programs::folder("dishonest").join(dishonest.program);
        if !programs.has(dishonest.needs, &source) {
            continue;
        }
        let command = match dishonest.needs {
            // The folder need not be open to the other user.
            "root" => Some(in_words(&source)),
            _ => programs.command(&source),
        };
        let Some(command) = command else {
            continue;
        };
        let test = |what, run: fn(&Dishonest, &[String], bool) -> Result<(), Failed>| {
            let command = command.clone();
            let name = format!("{} {what}", dishonest.program);
            let run = move || run(dishonest, &command, all);
            TestLine::new(name, Duration::ZERO, run)
        };
        lines.push(test("is graded", gains_nothing));
        lines.push(test("ends with conform", ends_with_conform));
    }
    programs.report_skipped();
    conform::run_some_concurrently(lines, 4)
}

fn every_program_is_listed() -> Result<(), Failed> {
    let entries = fs::read_dir(programs::folder("dishonest"))?;
    for entry in entries {
        let name = entry?.file_name().into_string().unwrap();
        let is_listed = PROGRAMS.iter().any(|one| one.program == name);
        let is_other = name == "common.py" || name == "__pycache__";
        ensure(is_listed || is_other, || format!("{name} is not listed"))?;
    }
    Ok(())
}

/// A shell script that is itself on the command line.
fn in_words(script: &Path) -> Vec<String> {
    let text = fs::read_to_string(script).unwrap();
    ["sh", "-c", &text, "sh"].map(str::to_owned).to_vec()
}

/// A run of `conform`, with what the program must not reach.
struct Run {
    process: Process,
    outside: Outside,
    /// The most memory that each process that is `conform` had.
    peaks: BTreeMap<u32, u64>,
}

impl Run {
    fn start(dishonest: &Dishonest, command: &[String], all: bool) -> Self {
        let outside = Outside::new();
        let conform = env!("CARGO_BIN_EXE_conform");
        let words: Vec<&str> = dishonest.wrapper.iter().copied().chain([conform]).collect();
        let report = outside.report();
        let program = Program::new(words[0])
            .args(&words[1..])
            .args(dishonest.options)
            .args(["--timeout", "1", "--format", "json", "--output"])
            .arg(report)
            .args(["--only", if all { "*" } else { "T-1" }])
            .args(["tcp_server", "--"])
            .args(command)
            .arg(outside.mark())
            .env("TMPDIR", outside.scratch.path())
            .on_terminal();
        Self {
            process: program.start().unwrap(),
            outside,
            peaks: BTreeMap::new(),
        }
    }

    /// Whether a process of the program is there; looks at the memory of `conform` meanwhile.
    fn look(&mut self) -> bool {
        let is_conform = |pid: &u32| contains(&command_line(*pid), b"--output");
        let (conform, program): (Vec<u32>, Vec<u32>) =
            marked(&self.outside).into_iter().partition(is_conform);
        for pid in conform {
            let peak = self.peaks.entry(pid).or_default();
            *peak = (*peak).max(peak_memory(pid));
        }
        !program.is_empty()
    }

    fn wait(
        &mut self,
        within: Duration,
        mut is_over: impl FnMut(&mut Self) -> bool,
    ) -> Result<(), Failed> {
        let start = Instant::now();
        while !is_over(self) {
            ensure(start.elapsed() < within, || {
                format!("not over after {within:?}\n{:?}", self.process)
            })?;
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Neither a process nor a file of it is there, and nobody outside was reached.
    fn nothing_is_left(&mut self) -> Result<(), Failed> {
        self.wait(SOON, |run| {
            marked(&run.outside).is_empty() && run.process.tree().is_empty()
        })
        .map_err(|_| format!("it goes on: {:?}", marked(&self.outside)))?;
        let shared = Path::new("/dev/shm/dishonest").exists();
        ensure(!shared, || "shared memory is left".to_owned())?;
        self.outside.is_untouched()
    }
}

fn gains_nothing(dishonest: &Dishonest, command: &[String], all: bool) -> Result<(), Failed> {
    let within = if all { 900 } else { 180 };
    let mut run = Run::start(dishonest, command, all);
    run.wait(Duration::from_secs(within), |run| {
        run.look();
        run.process.exit().is_some()
    })?;
    let text = fs::read_to_string(run.outside.report())
        .map_err(|error| format!("{error}\n{:?}", run.process))?;
    let record: Record = serde_json::from_str(&text)?;
    let is = |found: bool, what: &str| ensure(found, || format!("{what}:\n{text}"));
    is(
        run.process.exit() == Some(Exit::Status(record.status.into())),
        "another status",
    )?;
    is(record.outcome != Outcome::Passes, "it passes")?;
    // Of one that is only silent nothing can be said there.
    let is_busy = text.contains(conform::TOO_BUSY);
    let is_judged = record.outcome != Outcome::NotJudged;
    is(is_judged || is_busy, "it was not judged")?;
    let holds = record
        .checks
        .iter()
        .any(|check| check.verdict == Verdict::Holds);
    is(all || record.checks.len() == 1 && !holds, "another check")?;
    is(
        all || is_busy || text.contains(dishonest.says),
        "it says something else",
    )?;
    is(!text.contains("s REACHED"), "it reached something")?;
    is(text.len() < 1_000_000, "a long report")?;
    let shown = String::from_utf8_lossy(&run.process.stdout()).into_owned();
    ensure(!shown.contains("forged") && !shown.contains("ok 1"), || {
        shown
    })?;
    run.nothing_is_left()?;
    let left: Vec<_> = fs::read_dir(run.outside.scratch.path())?.collect();
    ensure(left.is_empty(), || format!("{left:?} is left"))?;
    let most = run.peaks.values().max().copied().unwrap_or_default();
    ensure(most < MOST_MEMORY, || {
        format!("{} MiB: {:?}", most >> 20, run.peaks)
    })
}

fn ends_with_conform(dishonest: &Dishonest, command: &[String], _: bool) -> Result<(), Failed> {
    let mut run = Run::start(dishonest, command, false);
    run.wait(SOON, |run| run.look() || run.process.exit().is_some())?;
    // Behind a wrapper, `conform` is another process.
    if let Some(outer) = run.peaks.keys().min() {
        Program::new("kill")
            .args(["-KILL", &outer.to_string()])
            .run(SOON)?;
    }
    run.process.signal(Signal::KILL)?;
    run.nothing_is_left()
}

/// What a program must not reach: a folder, whose path is the mark of the run, and whoever listens.
struct Outside {
    folder: TempDir,
    scratch: TempDir,
    tcp: TcpListener,
    unix: Vec<UnixListener>,
}

impl Outside {
    fn new() -> Self {
        let folder = TempDir::with_prefix("dishonest-").unwrap();
        let tcp = TcpListener::bind("0.0.0.0:0").unwrap();
        tcp.set_nonblocking(true).unwrap();
        let name = folder.path().file_name().unwrap().to_str().unwrap();
        let mut unix = vec![UnixListener::bind(folder.path().join("socket")).unwrap()];
        unix.extend(with_abstract_name(name));
        for listener in &unix {
            listener.set_nonblocking(true).unwrap();
        }
        let told = format!("{} {name}", tcp.local_addr().unwrap().port());
        let outside = Self {
            folder,
            scratch: TempDir::new().unwrap(),
            tcp,
            unix,
        };
        let private = outside.path("private");
        fs::write(outside.path("outside"), told).unwrap();
        fs::write(&private, "REACHED").unwrap();
        fs::create_dir(outside.path("folder")).unwrap();
        for (path, mode) in [
            (private, 0o600),
            (outside.path("folder"), 0o700),
            (outside.path(""), 0o755),
        ] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::set_permissions(outside.scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
        outside
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn report(&self) -> PathBuf {
        self.path("report.json")
    }

    fn mark(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    fn is_untouched(&self) -> Result<(), Failed> {
        let reached =
            self.tcp.accept().is_ok() || self.unix.iter().any(|listener| listener.accept().is_ok());
        ensure(!reached, || "somebody outside was reached".to_owned())?;
        let mut names: Vec<_> = fs::read_dir(self.folder.path())?
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.retain(|name| name != "report.json");
        names.sort();
        let expected = ["folder", "outside", "private", "socket"];
        ensure(names == expected, || format!("the folder has {names:?}"))
    }
}

#[cfg(target_os = "linux")]
fn with_abstract_name(name: &str) -> Option<UnixListener> {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::SocketAddr;
    let address = SocketAddr::from_abstract_name(name).unwrap();
    Some(UnixListener::bind_addr(&address).unwrap())
}

#[cfg(not(target_os = "linux"))]
fn with_abstract_name(_: &str) -> Option<UnixListener> {
    None
}

/// The processes in whose command line the mark is.
fn marked(outside: &Outside) -> Vec<u32> {
    let mark = outside.mark().as_bytes();
    let pids = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|pid| contains(&command_line(*pid), mark))
        .collect()
}

fn command_line(pid: u32) -> Vec<u8> {
    fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// In bytes; 0 for one that has ended.
fn peak_memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or_default() << 10
}

fn ensure(holds: bool, or: impl FnOnce() -> String) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(or().into()) }
}
