//! `conform` itself, run as a program: over programs that do not work at all, or only just, in
//! every format, and with every option.
//!
//! Most programs under test are this one, started again with a word that says how it behaves.

#![allow(clippy::exit, clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

#[path = "captures/reader.rs"]
mod capture_reader;

use std::env;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{self, Command, ExitCode};
use std::thread;
use std::time::Duration;

use conform::TestLine;
use harness::{Exit, Process, Program, Signal};

/// For a run of a few checks, on a machine that is busy with other tests.
const DEADLINE: Duration = Duration::from_secs(60);

/// The check that the programs under test can pass: a request is answered.
const ANSWERS: &str = "T-1";

/// The check that some of them cannot pass: a signal ends them.
const ENDS: &str = "T-19";

const TESTS: &[(&str, fn())] = &[
    ("a program that does not exist", does_not_exist),
    ("a program that prints and exits", prints_and_exits),
    ("a program that never listens", never_listens),
    ("a program that listens elsewhere", listens_elsewhere),
    ("a client that never connects", never_connects),
    ("a program that ignores signals", ignores_signals),
    (
        "a must that is broken is not told again by exploring",
        explored_after_a_must,
    ),
    ("a program that leaves children behind", leaves_children),
    ("a program that answers", answers),
    ("a program that answers wrongly", answers_wrongly),
    ("tap", tap),
    ("json", json),
    ("junit", junit),
    (
        "an unusable program in every format",
        unusable_in_every_format,
    ),
    ("the report goes to a file", report_to_a_file),
    ("colours are for who asks", colors),
    ("a terminal shows progress and colours", on_a_terminal),
    ("list shows the checks", list),
    ("only selects", only),
    ("connect checks a server that runs already", connect),
    (
        "a fixed port is used by one check after another",
        fixed_port,
    ),
    ("placeholders say where arguments go", placeholders),
    ("an interrupted run leaves nothing behind", interrupted),
    ("wrong arguments", wrong_arguments),
    ("help and version", help_and_version),
    ("a clause is explained", explain),
    (
        "a reader that has left does not change the status",
        reader_left,
    ),
    ("the same seed draws the same inputs", same_seed),
    ("captures are written and linked", captures),
    (
        "a class has its captures beside its results",
        captures_of_a_class,
    ),
];

fn main() -> ExitCode {
    let words: Vec<String> = env::args().collect();
    match words.get(1..) {
        Some([switch, behaviour, .., port]) if switch == "--subject" => {
            behave(behaviour, port.parse().unwrap()).unwrap();
            ExitCode::SUCCESS
        }
        _ => {
            let line = |(name, test): &(&str, fn())| {
                let test = *test;
                TestLine::new(*name, Duration::ZERO, move || {
                    test();
                    Ok(())
                })
            };
            conform::run_some_concurrently(TESTS.iter().map(line).collect(), 4)
        }
    }
}

// The programs under test.

fn behave(behaviour: &str, port: u16) -> io::Result<()> {
    match behaviour {
        "exits" => {
            println!("hello before the end");
            return Ok(());
        }
        "never listens" => loop {
            thread::park();
        },
        "ignores signals" => cli::on_shutdown_signal(|| {}).unwrap(),
        _ => cli::on_shutdown_signal(|| process::exit(0)).unwrap(),
    }
    if behaviour == "leaves children" {
        Command::new("setsid").args(["sleep", "1000"]).spawn()?;
    }
    let port = if behaviour == "listens elsewhere" {
        0
    } else {
        port
    };
    let listener = TcpListener::bind(("0.0.0.0", port))?;
    loop {
        let (client, _) = listener.accept()?;
        // A client that leaves early is no fault.
        let _ = answer(client, behaviour);
    }
}

fn answer(mut client: TcpStream, behaviour: &str) -> io::Result<()> {
    loop {
        let mut word = [0; 4];
        client.read_exact(&mut word)?;
        let word = u32::from_be_bytes(word);
        let mut text = vec![0; (word & 0x07ff_ffff) as usize];
        client.read_exact(&mut text)?;
        let text = String::from_utf8_lossy(&text);
        let answer = match word >> 27 {
            1 => text.to_uppercase(),
            2 => text.to_lowercase(),
            // A second fault, which only another check shows.
            4 if behaviour == "ignores signals" => text.into_owned(),
            4 => text.chars().rev().collect(),
            8 | 16 => text.into_owned(),
            _ => "error".to_owned(),
        };
        if behaviour != "answers wrongly" {
            client.write_all(&u32::try_from(answer.len()).unwrap().to_be_bytes())?;
        }
        client.write_all(answer.as_bytes())?;
    }
}

/// The command that starts this program to behave so.
fn subject(behaviour: &str) -> Vec<String> {
    let program = env::current_exe().unwrap();
    let program = program.to_str().unwrap().to_owned();
    vec![program, "--subject".to_owned(), behaviour.to_owned()]
}

// A run of conform.

struct Run {
    exit: Exit,
    stdout: String,
    stderr: String,
}

impl Run {
    #[track_caller]
    fn has_status(&self, status: i32) {
        assert_eq!(
            self.exit,
            Exit::Status(status),
            "{}\n{}",
            self.stdout,
            self.stderr
        );
    }
}

/// Runs `conform OPTIONS tcp_server -- COMMAND`, and looks that nothing is left of it.
#[track_caller]
fn grade(options: &[&str], command: &[String]) -> Run {
    let program = conform(options).arg("tcp_server").arg("--").args(command);
    finished(program.start().unwrap())
}

fn conform(arguments: &[&str]) -> Program {
    Program::new(env!("CARGO_BIN_EXE_conform")).args(arguments)
}

#[track_caller]
fn finished(process: Process) -> Run {
    let exit = process.wait_exit(DEADLINE).unwrap();
    assert!(process.tree().is_empty(), "something still runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run {
        exit,
        stdout: text(process.stdout()),
        stderr: text(process.stderr()),
    }
}

#[track_caller]
fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}

// Programs that do not work at all, or only just.

fn does_not_exist() {
    let run = grade(&[], &["/no/such/program".to_owned()]);
    run.has_status(3);
    contains(
        &run.stdout,
        &["the program starts", "/no/such/program", "No such file"],
    );
}

fn prints_and_exits() {
    let run = grade(&[], &subject("exits"));
    run.has_status(3);
    contains(
        &run.stdout,
        &[
            "listens on port",
            "ended with status 0",
            "hello before the end",
        ],
    );
}

fn never_listens() {
    let run = grade(&["--timeout", "0.5"], &subject("never listens"));
    run.has_status(3);
    contains(
        &run.stdout,
        // A busy machine makes it a little longer than 1.5 seconds.
        &["listens on port", "nothing of it within "],
    );
}

fn listens_elsewhere() {
    let run = grade(&["--timeout", "3"], &subject("listens elsewhere"));
    run.has_status(3);
    contains(
        &run.stdout,
        &["listens on port", "it listens on 0.0.0.0:", "--fixed-port"],
    );
}

fn never_connects() {
    let program = conform(&["--timeout", "0.5", "lab4", "--"]);
    let subject = subject("never listens");
    let run = finished(program.args(&subject).start().unwrap());
    run.has_status(3);
    contains(
        &run.stdout,
        &["a connection to 127.0.0.1:", "nothing of it within "],
    );
}

fn ignores_signals() {
    let run = grade(
        &["--timeout", "5", "--only", ENDS],
        &subject("ignores signals"),
    );
    run.has_status(1);
    contains(&run.stdout, &["FAILS  T-19"]);
}

fn explored_after_a_must() {
    let subject = subject("ignores signals");
    let explored = grade(&["--only", "X-1"], &subject);
    contains(&explored.stdout, &["FAILS  X-1"]);
    let run = grade(&["--timeout", "5", "--only", "T-19,X-1"], &subject);
    run.has_status(1);
    contains(&run.stdout, &["because T-19 is broken:\n    T-19/2, X-1"]);
}

fn leaves_children() {
    let run = grade(&["--only", ANSWERS], &subject("leaves children"));
    run.has_status(0);
}

// What is reported.

fn answers() {
    let run = grade(&["--only", ANSWERS], &subject("answers"));
    run.has_status(0);
    assert_eq!(run.stderr, "");
    contains(&run.stdout, &["Wire", "1 of 1 must", " of 1 musts"]);
}

fn answers_wrongly() {
    let run = grade(&["--only", ANSWERS], &subject("answers wrongly"));
    run.has_status(1);
    assert_eq!(run.stderr, "");
    contains(
        &run.stdout,
        &[
            "FAILS  T-1",
            "\n    requirement  ",
            "\n    expected     ",
            "\n    happened     ",
            "\n    program:\n      command: ",
            "\n      standard output: ",
            "\n    connection 127.0.0.1:",
            " sent ",
            "\n  repeat       conform --seed ",
        ],
    );
}

/// `prove` reads TAP; a machine without it still has the other tests of this format.
fn tap() {
    let run = grade(
        &["--only", ANSWERS, "--format", "tap"],
        &subject("answers wrongly"),
    );
    run.has_status(1);
    contains(
        &run.stdout,
        &["TAP version 13\n1..", "\nnot ok 1 - T-1 ", "\n  ---\n"],
    );
    let file = TemporaryFile::new("tap", &run.stdout);
    let prove = Program::new("prove").args(["--verbose", "--exec", "cat", &file.0]);
    let Ok(read) = prove.run(DEADLINE) else {
        println!("not possible without prove: its opinion of our TAP");
        return;
    };
    let read = String::from_utf8(read.stdout).unwrap();
    contains(&read, &["Failed test:  1\n", "Result: FAIL"]);
    assert!(!read.contains("Parse errors"), "{read}");
}

fn json() {
    let run = grade(
        &["--only", ANSWERS, "--format", "json"],
        &subject("answers wrongly"),
    );
    run.has_status(1);
    let read: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(read["assignment"], "tcp_server");
    assert_eq!(read["outcome"], "fails");
    assert_eq!(read["status"], 1);
    assert_eq!(read["checks"][0]["id"], "T-1");
    assert_eq!(read["checks"][0]["verdict"], "broken");
    let conversation = read["checks"][0]["conversations"][0].as_str().unwrap();
    contains(conversation, &[" sent ", " received "]);
}

fn junit() {
    let run = grade(
        &["--only", ANSWERS, "--format", "junit"],
        &subject("answers wrongly"),
    );
    run.has_status(1);
    let read = quick_junit::Report::deserialize_from_str(&run.stdout).unwrap();
    assert!(read.failures > 0);
    let case = &read.test_suites[0].test_cases[0];
    assert!(case.name.starts_with("T-1 "), "{}", case.name.as_str());
}

fn unusable_in_every_format() {
    for (format, parts) in [
        ("human", ["hello before the end", "ended with status 0"]),
        ("tap", ["# ", "\nBail out! "]),
        ("json", ["\"outcome\": \"unusable\"", "ended with status 0"]),
        ("junit", ["errors=\"1\"", "<error "]),
    ] {
        let run = grade(&["--format", format], &subject("exits"));
        run.has_status(3);
        contains(&run.stdout, &parts);
    }
}

fn report_to_a_file() {
    let file = TemporaryFile::new("report", "what was here before");
    let run = grade(
        &["--only", ANSWERS, "--output", &file.0],
        &subject("answers"),
    );
    run.has_status(0);
    assert_eq!(run.stdout, "");
    contains(
        &fs::read_to_string(&file.0).unwrap(),
        &["1 of 1 must", " of 1 musts"],
    );
    let run = grade(&["--output", "/no/such/folder/report"], &subject("answers"));
    run.has_status(1);
    contains(
        &run.stderr,
        &["cannot write \"/no/such/folder/report\": No such file"],
    );
}

fn colors() {
    for (when, colored) in [("always", true), ("auto", false), ("never", false)] {
        let run = grade(&["--only", ANSWERS, "--color", when], &subject("answers"));
        run.has_status(0);
        assert_eq!(run.stdout.contains('\x1b'), colored, "{when}");
    }
}

fn on_a_terminal() {
    let green = "\x1b[32mtcp_server: ";
    for (no_color, colored) in [("", true), ("1", false)] {
        let program = conform(&["--only", ANSWERS, "tcp_server", "--"])
            .args(subject("answers"))
            .env("TERM", "xterm")
            .env("NO_COLOR", no_color)
            .on_terminal();
        let run = finished(program.start().unwrap());
        run.has_status(0);
        contains(&run.stdout, &[" checks in ", " of 1 musts"]);
        assert_eq!(run.stdout.contains(green), colored, "{}", run.stdout);
    }
}

// Options.

fn list() {
    let run = finished(conform(&["--list", "tcp_server"]).start().unwrap());
    run.has_status(0);
    let first: Vec<_> = run
        .stdout
        .lines()
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    assert_eq!(first[..4], ["tcp_server", "T-1", "must", "T-1"]);
    let all = finished(conform(&["--list"]).start().unwrap());
    assert!(all.stdout.contains(&run.stdout), "{}", all.stdout);
    let some = finished(conform(&["--list", "--only", ENDS]).start().unwrap());
    assert!(
        some.stdout.lines().all(|line| line.contains(ENDS)),
        "{}",
        some.stdout
    );
    let none = finished(conform(&["--list", "--only", "Y-1"]).start().unwrap());
    none.has_status(2);
}

fn only() {
    let run = grade(
        &["--only", "A-*,T-1*", "--format", "json"],
        &subject("exits"),
    );
    run.has_status(3);
    let run = grade(&["--only", "Y-1,A-*"], &subject("answers"));
    run.has_status(2);
    contains(&run.stderr, &["no check is Y-1,A-*"]);
}

fn connect() {
    let program = |port: u16| {
        let mut words = subject("answers").into_iter();
        Program::new(words.next().unwrap())
            .args(words)
            .arg(port.to_string())
    };
    let (_server, address) = harness::start_server(DEADLINE, program).unwrap();
    let selected = format!("{ANSWERS},{ENDS}");
    let run = |address: SocketAddr| {
        let address = format!("localhost:{}", address.port());
        let arguments = ["--connect", &address, "--only", &selected, "tcp_server"];
        finished(conform(&arguments).start().unwrap())
    };
    let reached = run(address);
    reached.has_status(0);
    contains(
        &reached.stdout,
        &[
            "1 of 1 must",
            "not judged, the program was not started here",
            "T-19",
            "not judged, ",
        ],
    );
    let nobody = SocketAddr::from(([127, 0, 0, 1], harness::free_port().unwrap()));
    let refused = run(nobody);
    refused.has_status(3);
    contains(&refused.stdout, &["is accepted", "refused"]);
}

fn fixed_port() {
    let port = harness::free_port().unwrap().to_string();
    // It takes its port from the end of its arguments, where conform puts no other.
    let options = [
        "--fixed-port",
        &port,
        "--only",
        &format!("{ANSWERS},{ENDS}"),
    ];
    let run = grade(&options, &subject("answers"));
    run.has_status(0);
    contains(&run.stdout, &["2 of 2 musts"]);
    let run = grade(&["--fixed-port", "0"], &subject("answers"));
    run.has_status(2);
}

fn placeholders() {
    let shell = ["sh", "-c", "exec \"$0\" --subject answers {port}"].map(String::from);
    let [program, ..] = &subject("answers")[..] else {
        panic!("no program")
    };
    let run = grade(
        &["--only", ANSWERS],
        &[&shell[..], std::slice::from_ref(program)].concat(),
    );
    run.has_status(0);
}

/// What was judged until then is a whole report.
fn interrupted() {
    let program = conform(&["--timeout", "3600", "--format", "json", "tcp_server", "--"]);
    let program = program.args(subject("never listens"));
    let process = program.start().unwrap();
    // It has started its program when there are two.
    let end = std::time::Instant::now() + DEADLINE;
    while process.tree().len() < 2 {
        assert!(std::time::Instant::now() < end, "nothing was started");
        thread::sleep(Duration::from_millis(5));
    }
    process.signal(Signal::INT).unwrap();
    let run = finished(process);
    run.has_status(130);
    let read: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(read["outcome"], "not_judged");
}

fn wrong_arguments() {
    for (line, message) in [
        ("", "which assignment? name one"),
        (
            "tcp_serve -- x",
            "ASSIGNMENT is \"tcp_serve\"; give one of tcp_server, ",
        ),
        ("tcp_server", "which program? give its command behind --"),
        ("tcp_server --", "which program? give its command behind --"),
        (
            "tcp_server python3 x.py",
            "expected at most 1 argument, got 3",
        ),
        ("tcp_server --strange -- x", "unknown option \"--strange\""),
        ("tcp_server --jobs", "--jobs needs a value"),
        (
            "tcp_server --jobs 0 -- x",
            "--jobs is \"0\"; give a number from 1 to 1000",
        ),
        (
            "tcp_server --jobs +1 -- x",
            "--jobs is \"+1\"; give a number",
        ),
        (
            "tcp_server --timeout 0 -- x",
            "--timeout is \"0\"; give seconds, 0.1 to 3600",
        ),
        (
            "tcp_server --timeout inf -- x",
            "--timeout is \"inf\"; give seconds",
        ),
        (
            "tcp_server --timeout . -- x",
            "--timeout is \".\"; give seconds",
        ),
        ("tcp_server --seed x -- x", "--seed is \"x\"; give a number"),
        (
            "tcp_server --format xml -- x",
            "--format is \"xml\"; give one of human, html, tap, json",
        ),
        (
            "tcp_server --color red -- x",
            "--color is \"red\"; give one of auto, always, never",
        ),
        (
            "tcp_server --fixed-port x -- x",
            "--fixed-port is \"x\"; give a number from 1 to 65535",
        ),
        (
            "tcp_server --connect 127.0.0.1:1 -- x",
            "--connect takes neither a command nor --fixed-port",
        ),
        (
            "tcp_client --connect 127.0.0.1:1",
            "tcp_client is a client: --connect is for servers",
        ),
        (
            "tcp_server --connect 1",
            "--connect is \"1\"; give HOST:PORT",
        ),
        (
            "tcp_server --pcap-all -- x",
            "--pcap-all says what --pcap FOLDER writes: give that too",
        ),
        ("--explain Y-1", "there is no clause \"Y-1\""),
    ] {
        let run = finished(conform(&[]).args(line.split_whitespace()).start().unwrap());
        run.has_status(2);
        assert_eq!(run.stdout, "", "{line}");
        let wanted = format!("conform: {message}");
        assert!(run.stderr.starts_with(&wanted), "{line}: {}", run.stderr);
    }
}

fn help_and_version() {
    let help = finished(conform(&["tcp_server", "--help"]).start().unwrap());
    help.has_status(0);
    contains(
        &help.stdout,
        &["Usage: conform [OPTIONS] ASSIGNMENT -- COMMAND [ARG...]\n"],
    );
    for assignment in conform::Assignment::all() {
        contains(&help.stdout, &[assignment.name]);
    }
    contains(
        &help.stdout,
        &[&format!("[default: {}]", conform::DEFAULT_JOBS)],
    );
    let version = finished(conform(&["--version"]).start().unwrap());
    assert_eq!(
        version.stdout,
        format!("conform {}\n", env!("CARGO_PKG_VERSION"))
    );
}

fn explain() {
    let run = finished(conform(&["--explain", "T-18"]).start().unwrap());
    run.has_status(0);
    contains(&run.stdout, &["**T-18", "tcp_server T-18 (should)"]);
}

fn reader_left() {
    let program = conform(&["--only", ANSWERS, "tcp_server", "--"])
        .args(subject("answers wrongly"))
        .stdout(harness::Output::ClosedPipe);
    finished(program.start().unwrap()).has_status(1);
}

fn same_seed() {
    let run = |seed| {
        let options = ["--seed", seed, "--only", "T-2", "--format", "json"];
        let run = grade(&options, &subject("answers wrongly"));
        let read: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        read["checks"][0]["expected"].to_string()
    };
    assert_eq!(run("7"), run("7"));
}

// Captures.

fn captured(file: &str) -> capture_reader::Capture {
    capture_reader::read(&fs::read(file).unwrap())
}

fn captures() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (capture, page) = (path("captures/T-1.pcapng"), path("page.html"));
    let run = |options: &[&str], behaviour| {
        let pcap = path("captures");
        let always = ["--only", ANSWERS, "--pcap", &pcap, "--output", &page];
        grade(&[&always, options].concat(), &subject(behaviour))
    };

    run(&["--format", "html"], "answers wrongly").has_status(1);
    let read = capture_reader::connections(&captured(&capture));
    let [request, response] = &read[0].data;
    assert_eq!(request[0], 8);
    assert!(!response.is_empty() && request[4..].to_ascii_uppercase().starts_with(response));
    let link = "href=\"./captures/T-1.pcapng\"";
    contains(&fs::read_to_string(&page).unwrap(), &[link]);

    // What holds now has no capture any more, unless all have.
    run(&[], "answers").has_status(0);
    assert!(!Path::new(&capture).exists());
    run(&["--pcap-all"], "answers").has_status(0);
    let packets = captured(&capture).packets;
    let mut comments = packets.iter().flat_map(|packet| &packet.comments);
    assert!(comments.any(|comment| comment == "T-1 holds."));

    run(&["--contain", "no"], "answers wrongly").has_status(1);
    let report = fs::read_to_string(&page).unwrap();
    contains(&report, &["\n  capture      captures/T-1.pcapng\n"]);

    let run = grade(&["--pcap", "/proc/no/such"], &subject("answers"));
    run.has_status(1);
    contains(&run.stderr, &["cannot make \"/proc/no/such\": "]);
}

fn captures_of_a_class() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir_all(path("submissions/ann")).unwrap();
    let (submissions, results) = (path("submissions"), path("results"));
    let options = [
        "--class",
        &submissions,
        "--output",
        &results,
        "--only",
        ANSWERS,
    ];
    let run = grade(
        &[&options[..], &["--pcap", "captures"]].concat(),
        &subject("answers wrongly"),
    );
    run.has_status(0);
    let capture = captured(&path("results/captures/ann/T-1.pcapng"));
    assert_eq!(capture_reader::connections(&capture).len(), 1);
    let page = || fs::read_to_string(path("results/index.html")).unwrap();
    contains(&page(), &["href=\"./captures/ann/T-1.pcapng\""]);
    let anonymous = conform(&["--summarize", &results, "--anonymous"]);
    finished(anonymous.start().unwrap()).has_status(0);
    assert!(!page().contains("/ann/"), "{}", page());
}

/// A file of this test, removed at its end.
struct TemporaryFile(String);

impl TemporaryFile {
    fn new(name: &str, content: &str) -> Self {
        let name = format!("conform-{}-{name}", process::id());
        let path = env::temp_dir().join(name).to_str().unwrap().to_owned();
        fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
