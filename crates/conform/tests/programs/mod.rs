//! Programs under test in many languages: how each is started.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use harness::{Exit, Program};

/// Long enough for a compiler, and for an interpreter on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A folder of `tests/programs`.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/programs")
        .join(name)
}

/// Finds interpreters and compilers, and remembers what was skipped for lack of them.
pub(crate) struct Programs {
    /// The path of a tool by its name, once looked for.
    tools: BTreeMap<&'static str, Option<String>>,
    skipped: Vec<String>,
}

impl Programs {
    pub(crate) fn new() -> Self {
        Self {
            tools: BTreeMap::new(),
            skipped: Vec::new(),
        }
    }

    /// The command that runs a program; nothing if what it needs is not there.
    pub(crate) fn command(&mut self, source: &Path) -> Option<Vec<String>> {
        let extension = source
            .extension()
            .and_then(|extension| extension.to_str())?;
        let tool = match extension {
            "py" => "python3",
            "pl" => "perl",
            "js" => "node",
            "sh" => "bash",
            "c" => "cc",
            _ => return None,
        };
        let text = source.to_str().unwrap().to_owned();
        let Some(path) = self.tool(tool) else {
            self.skipped.push(format!("{text}: no {tool}"));
            return None;
        };
        if extension == "c" {
            return Some(vec![compiled(&path, source)]);
        }
        Some(vec![path, text])
    }

    /// Whether a tool is there that the program needs, or it is run as `root`.
    #[allow(dead_code)]
    pub(crate) fn has(&mut self, needed: &'static str, source: &Path) -> bool {
        let is_there = match needed {
            "" => true,
            "root" => rustix::process::getuid().is_root(),
            tool => self.tool(tool).is_some(),
        };
        if !is_there {
            self.skipped
                .push(format!("{}: no {needed}", source.display()));
        }
        is_there
    }

    /// Says what was not tested, and why.
    pub(crate) fn report_skipped(&self) {
        if !self.skipped.is_empty() {
            eprintln!("{} programs skipped:", self.skipped.len());
        }
        for skipped in &self.skipped {
            eprintln!("  {skipped}");
        }
    }

    /// The tool itself: what `PATH` leads to may be a script that looks for it, each time.
    fn tool(&mut self, name: &'static str) -> Option<String> {
        let find = || {
            let arguments: &[&str] = match name {
                "python3" => &["-c", "import sys; print(sys.executable)"],
                "node" => &["-p", "process.execPath"],
                "perl" => &["-e", "print $^X"],
                _ => {
                    let found = Program::new("sh").args(["-c", &format!("command -v {name}")]);
                    return output(found);
                }
            };
            output(Program::new(name).args(arguments))
        };
        self.tools.entry(name).or_insert_with(find).clone()
    }
}

fn output(program: Program) -> Option<String> {
    let finished = program
        .run(TIMEOUT)
        .ok()
        .filter(|found| found.exit == Exit::Status(0))?;
    Some(
        String::from_utf8(finished.stdout)
            .ok()?
            .trim_end()
            .to_owned(),
    )
}

fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A name that stands for one program.
fn plain_name(source: &Path) -> String {
    let text = source.to_string_lossy();
    let parts: Vec<_> = text.rsplit('/').take(2).collect();
    format!("{}-{}", parts[1], parts[0].replace('.', "-"))
}

fn compiled(compiler: &str, source: &Path) -> String {
    let program = temporary(&plain_name(source));
    let arguments = [
        source,
        Path::new("-O1"),
        Path::new("-pthread"),
        Path::new("-o"),
        &program,
    ];
    let finished = Program::new(compiler).args(arguments).run(TIMEOUT).unwrap();
    assert!(
        finished.exit.success(),
        "{}",
        String::from_utf8_lossy(&finished.stderr)
    );
    program.to_str().unwrap().to_owned()
}

/// The command in a shell script, as students write one.
#[allow(dead_code)]
pub(crate) fn wrapped(command: &[String]) -> Vec<String> {
    let last = Path::new(command.last().unwrap());
    let script = temporary(&format!("{}.sh", plain_name(last)));
    let words: Vec<_> = command.iter().map(|word| harness::quote(word)).collect();
    fs::write(&script, format!("#!/bin/sh\n{} \"$@\"\n", words.join(" "))).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    vec![script.to_str().unwrap().to_owned()]
}

/// The command of a server in Python that goes into the background when it listens.
#[allow(dead_code)]
pub(crate) fn as_daemon(command: &[String]) -> Vec<String> {
    let (python, program) = command.split_first().unwrap();
    let daemon = folder("daemon.py").to_str().unwrap().to_owned();
    [&[python.clone(), daemon], program].concat()
}

/// What of the confinement this system lacks, as `conform` says it.
#[allow(dead_code)]
pub(crate) fn missing_layer() -> Option<String> {
    let arguments = ["--contain", "must", "tcp_server", "--", "true"];
    let run = Program::new(env!("CARGO_BIN_EXE_conform"))
        .args(arguments)
        .run(TIMEOUT)
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    said.contains("nothing was run").then_some(said)
}
