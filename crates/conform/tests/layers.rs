//! Whatever of the confinement the system has, the verdicts are the same, for root and for an
//! ordinary user, and the report says what was on.
//!
//! By default a few checks are made of `tcp_server`; with `LAYERS=all` in the environment all of
//! our programs and of the plain honest ones are graded, with `LAYERS=NAME` those of an assignment.
//! Programs of ours that were not built are skipped and counted.

#![allow(clippy::print_stderr, clippy::unwrap_used)]

mod programs;

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use conform::record::{Outcome, Verdict};
use conform::{
    Arguments, Assignment, Check, Exploration, Limits, Problem, Record, Recorded, Subject, Target,
    TestLine, grade_one,
};
use harness::{Exit, Input, Program};
use libtest_mimic::Failed;
use tempfile::TempDir;

use programs::Programs;

/// For all checks of an assignment, on a machine that is busy with other tests.
const DEADLINE: Duration = Duration::from_secs(400);

/// What is refused to `conform`, or its option, and what the report says then.
const WAYS: [(&str, [&str; 2]); 5] = [
    ("", ["namespaces of its own", "limits, and Landlock"]),
    (
        "landlock",
        ["namespaces of its own", "limits, but no Landlock"],
    ),
    ("namespaces", ["no namespaces: ", "limits, and Landlock"]),
    ("--contain no", ["not confined", ""]),
    (
        OTHER_USER,
        ["namespaces of its own", "limits, and Landlock"],
    ),
];

/// For root alone.
const OTHER_USER: &str = "--user nobody";

/// Any user but root.
const NOBODY: [&str; 6] = [
    "setpriv",
    "--reuid",
    "65534",
    "--regid",
    "65534",
    "--clear-groups",
];

fn main() -> ExitCode {
    if let Some(status) = harness::confine::exec_if_asked() {
        return status;
    }
    let mut programs = Programs::new();
    let asked = env::var("LAYERS").unwrap_or_default();
    let open = Arc::new(Open::new(&mut programs));
    let mut lines = Vec::new();
    let mut skipped = 0;
    if let Some(missing) = programs::missing_layer() {
        eprintln!("all skipped: {missing}");
        return ExitCode::SUCCESS;
    }
    for assignment in Assignment::all() {
        let is_asked = asked == "all" || asked == assignment.name;
        if !is_asked && assignment.name != "tcp_server" {
            continue;
        }
        let only = if is_asked { "*" } else { "T-1,T-5,T-14,T-19" };
        let ours = open.copy(&conform().with_file_name(assignment.name));
        let plain = programs::folder("honest")
            .join(assignment.name)
            .join("plain.py");
        let honest = open.copy(&plain).zip(open.python.clone());
        let honest = honest.map(|(plain, python)| vec![python, plain]);
        for (whose, command) in [("ours", ours.map(|path| vec![path])), ("plain.py", honest)] {
            for user in [&[][..], &NOBODY] {
                let (Some(command), true) = (&command, open.has(user)) else {
                    skipped += 1;
                    continue;
                };
                let who = if user.is_empty() {
                    "its caller"
                } else {
                    "nobody"
                };
                let name = format!("{} {whose}, as {who}", assignment.name);
                let (open, command) = (Arc::clone(&open), command.clone());
                let test = move || {
                    conform::try_again(|| all_agree(&open, user, assignment, only, &command))
                };
                lines.push(TestLine::new(name, Duration::ZERO, test));
            }
        }
    }
    let name = "time is no excuse for going over a bound";
    lines.push(TestLine::new(name, Duration::ZERO, time_is_no_excuse));
    for (assignment, check) in [("lab3", "P-8"), ("lab2", "PC-2/8")] {
        let plain = programs::folder("honest").join(assignment).join("plain.py");
        let Some((python, plain)) = open.python.clone().zip(open.copy(&plain)) else {
            skipped += 1;
            continue;
        };
        let conform = open.conform.clone();
        let name = format!("what a pickle names is called, and {check} sees it");
        let words = ["--only", check, assignment, "--", &python, &plain].map(str::to_owned);
        let test = move || is_called(Program::new(&conform).args(&words));
        lines.push(TestLine::new(name, Duration::ZERO, test));
    }
    for (way, _) in &WAYS[1..3] {
        let open = Arc::clone(&open);
        let name = format!("nothing is run if it must be confined, without {way}");
        let test = move || nothing_is_run(&open, way);
        lines.push(TestLine::new(name, Duration::ZERO, test));
    }
    if skipped > 0 {
        eprintln!("{skipped} gradings skipped: no such program, or not root");
    }
    programs.report_skipped();
    conform::run_some_concurrently(lines, 2)
}

fn conform() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_conform"))
}

/// The same verdicts in each way that this system has.
fn all_agree(
    open: &Open,
    user: &[&str],
    assignment: &Assignment,
    only: &str,
    command: &[String],
) -> Result<(), Failed> {
    let mut first: Option<Vec<(String, Verdict)>> = None;
    for (way, says) in WAYS {
        if way == OTHER_USER && !(open.is_root && user.is_empty()) {
            continue;
        }
        let words = open.words(user, way);
        let Some(words) = words else { continue };
        let program = Program::new(&words[0])
            .args(&words[1..])
            .args(["--seed", "7", "--format", "json", "--only", only])
            .args([assignment.name, "--"])
            .args(command);
        let finished = program.run(DEADLINE)?;
        let record: Record = serde_json::from_slice(&finished.stdout).map_err(|error| {
            format!(
                "{way}: {error}\n{}",
                String::from_utf8_lossy(&finished.stderr)
            )
        })?;
        let text = || serde_json::to_string_pretty(&record).unwrap();
        let confinement = record.confinement.join("\n");
        if !says.iter().all(|says| confinement.contains(says)) {
            return Err(format!("{way}: {confinement}").into());
        }
        if record.outcome != Outcome::Passes {
            return Err(format!("{way}: {}", text()).into());
        }
        let verdicts: Vec<_> = record
            .checks
            .iter()
            .map(|one| (one.id.clone(), one.verdict))
            .collect();
        let expected = first.get_or_insert_with(|| verdicts.clone());
        if *expected != verdicts {
            return Err(format!("{way}, other than {expected:?}: {}", text()).into());
        }
    }
    Ok(())
}

/// A program that unpickles whatever comes does not pass because it is confined.
fn is_called(conform: Program) -> Result<(), Failed> {
    let finished = conform.run(DEADLINE)?;
    let report = String::from_utf8_lossy(&finished.stdout);
    if report.contains("/called\", \"w\") was") {
        return Ok(());
    }
    Err(report.into_owned().into())
}

/// The program would leave a file where the layer that is left allows it.
fn nothing_is_run(open: &Open, way: &str) -> Result<(), Failed> {
    let Some(words) = open.words(&[], way) else {
        return Ok(());
    };
    let name = format!("conform-{}-{way}", std::process::id());
    let places = [open.folder.path(), Path::new("/dev/shm")].map(|folder| folder.join(&name));
    let script = format!(
        "touch {}; touch {}",
        places[0].display(),
        places[1].display()
    );
    let program = Program::new(&words[0]).args(&words[1..]).args([
        "--contain",
        "must",
        "tcp_server",
        "--",
        "sh",
        "-c",
        &script,
    ]);
    let finished = program.run(DEADLINE)?;
    let said = String::from_utf8_lossy(&finished.stderr);
    let is_refused = finished.exit == Exit::Status(3)
        && finished.stdout.is_empty()
        && said.starts_with("conform: nothing was run: ")
        && said.lines().count() == 1;
    if !is_refused || places.iter().any(|place| place.exists()) {
        return Err(format!("{finished:?}").into());
    }
    Ok(())
}

/// A folder that an ordinary user may look into, with all that it runs there.
struct Open {
    folder: TempDir,
    conform: String,
    without: Option<String>,
    python: Option<String>,
    is_root: bool,
}

impl Open {
    fn new(programs: &mut Programs) -> Self {
        let folder = TempDir::new().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut open = Self {
            folder,
            conform: String::new(),
            without: None,
            python: None,
            is_root: rustix::process::getuid().is_root(),
        };
        open.conform = open.copy(conform()).unwrap();
        let source = programs::folder("without.c");
        open.without = programs
            .command(&source)
            .and_then(|words| open.copy(Path::new(&words[0])));
        // That of the system, which everybody may run.
        open.python = Path::new("/usr/bin/python3")
            .exists()
            .then(|| "/usr/bin/python3".to_owned());
        open
    }

    /// Its path there; nothing if there is no such file.
    fn copy(&self, file: &Path) -> Option<String> {
        let parent = file.parent()?.file_name()?.to_str()?;
        let name = format!("{parent}-{}", file.file_name()?.to_str()?);
        let path = self.folder.path().join(name);
        fs::copy(file, &path).ok()?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).ok()?;
        Some(path.to_str()?.to_owned())
    }

    /// Whether it can be run as this user.
    fn has(&self, user: &[&str]) -> bool {
        let run = |program: Program| program.run(DEADLINE).is_ok_and(|run| run.exit.success());
        user.is_empty() || self.is_root && run(Program::new(user[0]).args(&user[1..]).arg("true"))
    }

    /// What starts `conform` in this way; nothing if that needs a compiler that is not there.
    fn words(&self, user: &[&str], way: &str) -> Option<Vec<String>> {
        let conform = self.conform.clone();
        // It would hide what is not flushed where the environment is kept.
        let cleared = ["env", "-u", "PYTHONUNBUFFERED"];
        let words = user.iter().chain(&cleared);
        let mut words: Vec<String> = words.map(|&word| word.to_owned()).collect();
        match way.strip_prefix("--") {
            None if way.is_empty() => words.push(conform),
            None => words.extend([self.without.clone()?, way.to_owned(), conform]),
            Some(_) => words.extend(
                [conform]
                    .into_iter()
                    .chain(way.split(' ').map(str::to_owned)),
            ),
        }
        Some(words)
    }
}

/// Else it would not be judged on a busy machine.
fn time_is_no_excuse() -> Result<(), Failed> {
    static CHECK: Check = Check::must("T-1", "", "", |trial| {
        trial.start(&Arguments::new(), Input::Null)?;
        // A matter of time, until it is known that the program goes over a bound.
        let ended = trial.wait_end(Duration::ZERO);
        let start = Instant::now();
        while trial.process()?.exceeded().is_none() && start.elapsed() < trial.timeout() {
            thread::yield_now();
        }
        ended.map(drop)
    });
    let subject = Subject {
        command: ["sleep", "60"].map(Into::into).into(),
        target: Target::Start,
        timeout: Duration::from_secs(20),
        startup: Duration::ZERO,
        confinement: Some(Limits {
            user: None,
            env: Vec::new(),
            memory: 1,
        }),
        recorded: Recorded::Nothing,
        exploration: Exploration::default(),
    };
    let assignment = Assignment::named("tcp_server").unwrap();
    let result = grade_one(assignment, &subject, &CHECK, 0);
    let is_excess = matches!(
        &result.outcome,
        Err(Problem::Broken { happened, .. }) if happened.contains("memory")
    );
    if is_excess && !result.depends_on_time {
        return Ok(());
    }
    Err(format!("{result:?}").into())
}
