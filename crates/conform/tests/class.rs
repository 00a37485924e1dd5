//! A class, graded by `conform --class`: in one piece, in several, and after an interruption.
//!
//! The program under test is this one, started again as `--subject`; the file `behaviour` of the
//! submission says what it does.

#![allow(
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used
)]

use std::env;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use conform::TestLine;
use harness::confine::in_own_network;
use harness::{Exit, Process, Program, Signal};
use serde_json::{Value, json};
use tempfile::TempDir;

/// For a run of some submissions, on a machine that is busy with other tests.
const DEADLINE: Duration = Duration::from_secs(120);

const TESTS: &[(&str, fn())] = &[
    (
        "in one piece, resumed and in shards the summary is the same",
        same_summary,
    ),
    ("one by one the verdicts are the same", same_verdicts),
    ("what has changed is graded again", graded_again),
    (
        "of two hundred submissions the page stays small",
        two_hundred,
    ),
    ("what is no result is said", no_result),
];

/// Each submission has a network of its own, where the system allows it.
const AT_A_FIXED_PORT: (&str, fn()) = (
    "at a fixed port the submissions are graded concurrently",
    at_a_fixed_port,
);

fn main() -> ExitCode {
    let words: Vec<String> = env::args().collect();
    if let Some([switch, .., port]) = words.get(1..)
        && switch == "--subject"
    {
        behave(port.parse().unwrap()).unwrap();
        return ExitCode::SUCCESS;
    }
    let line = |(name, test): &(&str, fn())| {
        let test = *test;
        TestLine::new(*name, Duration::ZERO, move || {
            test();
            Ok(())
        })
    };
    let mut tests = TESTS.to_vec();
    match in_own_network(|| ()) {
        Ok(()) => tests.push(AT_A_FIXED_PORT),
        Err(error) => eprintln!("1 test is skipped, {}: {error}", AT_A_FIXED_PORT.0),
    }
    conform::run_concurrently(tests.iter().map(line).collect())
}

// The programs under test: T-1 is a request, and its response with its length.

fn behave(port: u16) -> io::Result<()> {
    let behaviour = fs::read_to_string("behaviour")?;
    match &*behaviour {
        "exits" => {
            println!("hello before the end");
            return Ok(());
        }
        "waits" => {
            while !Path::new("../../open").exists() {
                thread::sleep(Duration::from_millis(10));
            }
        }
        _ => {}
    }
    let listener = TcpListener::bind(("0.0.0.0", port))?;
    loop {
        let (mut client, _) = listener.accept()?;
        let mut word = [0; 4];
        if client.read_exact(&mut word).is_err() {
            continue;
        }
        let length = u32::from_be_bytes(word) & 0x07ff_ffff;
        let mut text = vec![0; length as usize];
        client.read_exact(&mut text)?;
        let length = match &*behaviour {
            "little-endian" => length.to_le_bytes(),
            _ => length.to_be_bytes(),
        };
        client.write_all(&length)?;
        client.write_all(&text.to_ascii_uppercase())?;
    }
}

// Runs of conform.

/// A class in a folder of its own.
struct Class(TempDir);

impl Class {
    fn new(behaviours: &[(&str, &str)]) -> Self {
        let class = Self(TempDir::new().unwrap());
        for (name, behaviour) in behaviours {
            class.hand_in(name, behaviour);
        }
        class
    }

    fn hand_in(&self, name: &str, behaviour: &str) {
        let folder = self.path("class").join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("behaviour"), behaviour).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, output: &str, options: &[&str]) -> Process {
        conform()
            .args(["--class".into(), self.path("class")])
            .args(["--output".into(), self.path(output)])
            // A machine that is busy may take long to start a program.
            .args(["--only", "T-1", "--timeout", "60"])
            .args(options)
            .args(subject())
            .start()
            .unwrap()
    }

    /// Grades it, and returns what was printed.
    #[track_caller]
    fn grade(&self, output: &str, options: &[&str]) -> String {
        let (exit, stdout, stderr) = finished(&self.command(output, options));
        assert_eq!(exit, Exit::Status(0), "{stdout}\n{stderr}");
        stdout
    }

    fn read(&self, output: &str, name: &str) -> String {
        let path = self.path(output).join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn json(&self, output: &str, name: &str) -> Value {
        serde_json::from_str(&self.read(output, name)).unwrap()
    }

    /// The gradebooks, and the page without what no two runs of a program have in common.
    fn summary(&self, output: &str) -> Vec<String> {
        let page = self.read(output, "index.html");
        let canvas = self.read(output, "canvas.csv");
        let plain = self.read(output, "grades.csv");
        vec![without_times_and_ports(&page), canvas, plain]
    }
}

fn conform() -> Program {
    Program::new(env!("CARGO_BIN_EXE_conform"))
}

fn subject() -> Vec<String> {
    let program = env::current_exe().unwrap();
    let words = ["tcp_server", "--", program.to_str().unwrap(), "--subject"];
    words.map(str::to_owned).to_vec()
}

#[track_caller]
fn finished(process: &Process) -> (Exit, String, String) {
    let exit = process.wait_exit(DEADLINE).unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (exit, text(process.stdout()), text(process.stderr()))
}

fn wait_until(what: &str, is_true: impl Fn() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !is_true() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Every number that has two digits or more, or a fraction, is a `#`.
fn without_times_and_ports(page: &str) -> String {
    let mut text = String::new();
    let mut number = String::new();
    for character in page.chars().chain(['\n']) {
        if character.is_ascii_digit() || character == '.' && !number.is_empty() {
            number.push(character);
            continue;
        }
        match number.len() {
            0 | 1 => text += &number,
            _ => text.push('#'),
        }
        number.clear();
        text.push(character);
    }
    text
}

const MIXED: &[(&str, &str)] = &[
    ("ada", "right"),
    ("ben", "little-endian"),
    ("cleo", "waits"),
    ("dan", "exits"),
    ("eve", "little-endian"),
    ("finn", "right"),
    ("gil", "exits"),
];

fn same_summary() {
    let class = Class::new(MIXED);

    let process = class.command("resumed", &["--concurrent", "1"]);
    wait_until("two are graded", || {
        class.path("resumed").join("ben.json").exists()
    });
    let before = class.read("resumed", "ada.json");
    process.signal(Signal::INT).unwrap();
    let (exit, ..) = finished(&process);
    assert_eq!(exit, Exit::Status(130));
    assert!(process.tree().is_empty(), "something still runs");
    assert!(!class.path("resumed").join("cleo.json").exists());
    let page = class.read("resumed", "index.html");
    assert!(page.contains("2 submissions: 1 pass, 1 fail"), "{page}");

    fs::write(class.path("open"), "").unwrap();
    let printed = class.grade("resumed", &[]);
    assert!(
        printed.starts_with("7 submissions, 2 of them unchanged: "),
        "{printed}"
    );
    assert_eq!(class.read("resumed", "ada.json"), before);

    class.grade("whole", &[]);
    let whole = class.summary("whole");
    assert_eq!(class.summary("resumed"), whole);

    // They do not wait for each other.
    let shards = ["1/3", "2/3", "3/3"];
    let shards = shards.map(|shard| class.command("shards", &["--shard", shard]));
    for shard in &shards {
        let (exit, stdout, stderr) = finished(shard);
        assert_eq!(exit, Exit::Status(0), "{stdout}\n{stderr}");
    }
    summarize(&class.path("shards"), 0);
    assert_eq!(class.summary("shards"), whole);

    // Of the same results it is the same byte for byte, whoever makes it.
    let names = ["index.html", "canvas.csv", "grades.csv"];
    let of_resumed = names.map(|name| class.read("resumed", name));
    for name in names {
        fs::remove_file(class.path("resumed").join(name)).unwrap();
    }
    summarize(&class.path("resumed"), 0);
    assert_eq!(names.map(|name| class.read("resumed", name)), of_resumed);
}

#[track_caller]
fn summarize(folder: &Path, status: i32) -> String {
    let program = conform().args(["--summarize".into(), folder.to_owned()]);
    let (exit, stdout, stderr) = finished(&program.start().unwrap());
    assert_eq!(exit, Exit::Status(status), "{stdout}\n{stderr}");
    stderr
}

fn same_verdicts() {
    let class = Class::new(&MIXED[..2]);
    class.hand_in("dan", "exits");
    class.grade("out", &[]);
    for (name, outcome) in [("ada", "passes"), ("ben", "fails"), ("dan", "unusable")] {
        let of_class = class.json("out", &format!("{name}.json"));
        let alone = conform()
            .args([
                "--seed",
                "1",
                "--only",
                "T-1",
                "--timeout",
                "60",
                "--format",
                "json",
            ])
            .args(subject())
            .directory(class.path("class").join(name));
        let (_, alone, _) = finished(&alone.start().unwrap());
        let alone: Value = serde_json::from_str(&alone).unwrap();
        assert_eq!(of_class["outcome"], outcome);
        for member in [
            "outcome", "must", "should", "causes", "command", "repeat", "seed",
        ] {
            assert_eq!(of_class[member], alone[member], "{name}: {member}");
        }
    }
}

fn at_a_fixed_port() {
    let class = Class::new(&[("ada", "waits"), ("ben", "right")]);
    let process = class.command("out", &["--fixed-port", "8083", "--concurrent", "2"]);
    wait_until("ben is graded while ada waits", || {
        class.path("out").join("ben.json").exists()
    });
    fs::write(class.path("open"), "").unwrap();
    let (exit, stdout, stderr) = finished(&process);
    assert_eq!(exit, Exit::Status(0), "{stdout}\n{stderr}");
    for name in ["ada.json", "ben.json"] {
        assert_eq!(class.json("out", name)["outcome"], "passes", "{name}");
    }
}

fn graded_again() {
    let class = Class::new(&[("ada", "little-endian"), ("ben", "right")]);
    class.grade("out", &[]);
    class.hand_in("ada", "right");
    let printed = class.grade("out", &[]);
    assert!(
        printed.starts_with("2 submissions, 1 of them unchanged: "),
        "{printed}"
    );
    assert_eq!(class.json("out", "ada.json")["outcome"], "passes");
    let printed = class.grade("out", &["--again"]);
    assert!(
        printed.starts_with("2 submissions, 0 of them unchanged: "),
        "{printed}"
    );
    // How it is graded has changed.
    let printed = class.grade("out", &["--strict"]);
    assert!(
        printed.starts_with("2 submissions, 0 of them unchanged: "),
        "{printed}"
    );
}

fn two_hundred() {
    // Each breaks half of them, more than a class does.
    const CHECKS: usize = 60;
    let folder = TempDir::new().unwrap();
    let evidence = "  +0.001s sent 16 bytes\n    3c 26 3e  <&>\n".repeat(25);
    for number in 0..200 {
        let checks: Vec<_> = (0..CHECKS)
            .map(|check| made_check(check, &evidence))
            .collect();
        let record = made_record(&checks);
        let file = folder.path().join(format!("s{number}.json"));
        fs::write(file, record.to_string()).unwrap();
    }
    summarize(folder.path(), 0);
    let page = fs::read_to_string(folder.path().join("index.html")).unwrap();
    assert!(page.len() < 5_000_000, "{}", page.len());
    assert_eq!(page.matches("<summary>").count(), 200 * CHECKS / 2);
}

fn made_check(number: usize, evidence: &str) -> Value {
    json!({
        "id": format!("T-{number}"), "clause": format!("T-{number}"), "section": "Wire",
        "level": "must", "title": "a request is read", "requirement": "Protocol: words of it",
        "seconds": 0.1, "verdict": if number.is_multiple_of(2) { "holds" } else { "broken" },
        "expected": "10 bytes", "happened": "a close", "conversations": [evidence],
    })
}

fn made_record(checks: &[Value]) -> Value {
    json!({
        "conform": "0.1.0", "assignment": "tcp_server", "command": "./x", "seed": 1,
        "repeat": "conform --only {only} tcp_server --", "strict": false, "outcome": "fails",
        "status": 1, "confinement": [], "interrupted": false, "seconds": 1.0, "unusable": null,
        "must": { "holds": 0, "broken": checks.len(), "not_judged": 0 },
        "should": { "holds": 0, "broken": 0, "not_judged": 0 },
        "score": null, "criteria": [], "causes": [], "checks": checks,
    })
}

fn no_result() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("ada.json"), made_record(&[]).to_string()).unwrap();
    fs::write(folder.path().join("ben.json"), "{\"outcome\": \"passes\"}").unwrap();
    let stderr = summarize(folder.path(), 4);
    assert!(stderr.contains("ben.json is no result: "), "{stderr}");
    let grades = fs::read_to_string(folder.path().join("grades.csv")).unwrap();
    assert!(grades.contains("ada,0,"), "{grades}");
}
