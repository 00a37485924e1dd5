//! The harness watching real processes: shells, for the most part.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs::{self, File};
use std::time::{Duration, Instant};

use harness::{Error, Exit, Input, Listener, Output, Process, Program, Signal, escape};

/// For what happens at once, with room for a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// For a wait that is to fail.
const BRIEFLY: Duration = Duration::from_millis(100);

fn shell(script: &str) -> Program {
    Program::new("sh").args(["-c", script])
}

/// Whether a process with this number exists, a zombie not counted.
fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// The number that the process printed as its next line.
fn number(process: &mut Process) -> u32 {
    process.wait_line(SOON).unwrap().parse().unwrap()
}

#[test]
fn a_run_to_the_end_leaves_status_and_both_outputs() {
    let finished = shell("echo out; echo err >&2; exit 3").run(SOON).unwrap();
    assert_eq!(finished.exit, Exit::Status(3));
    assert!(!finished.exit.success());
    assert_eq!(finished.stdout, b"out\n");
    assert_eq!(finished.stderr, b"err\n");
}

#[test]
fn all_of_a_long_output_is_there_at_the_exit() {
    for _ in 0..20 {
        let finished = shell("head -c 300000 /dev/zero").run(SOON).unwrap();
        assert_eq!(finished.stdout.len(), 300_000);
        // A terminal hands out far less at a time than a pipe.
        let finished = shell("head -c 30000 /dev/zero")
            .on_terminal()
            .run(SOON)
            .unwrap();
        assert_eq!(finished.stdout.len(), 30_000);
    }
}

#[test]
fn a_program_that_does_not_exist_is_named() {
    let error = Program::new("/nonexistent/a program")
        .arg("x")
        .start()
        .unwrap_err();
    assert!(matches!(error, Error::Start { .. }));
    let text = error.to_string();
    assert!(
        text.starts_with("cannot start '/nonexistent/a program' x: "),
        "{text}"
    );
}

#[test]
fn lines_are_returned_once_and_in_order() {
    let mut process = shell("echo one; printf 'tw'; echo o; echo three >&2; sleep 60")
        .start()
        .unwrap();
    assert_eq!(process.wait_line(SOON).unwrap(), "one");
    assert_eq!(process.wait_line(SOON).unwrap(), "two");
    assert_eq!(process.wait_error_line(SOON).unwrap(), "three");
    let error = process.wait_line(BRIEFLY).unwrap_err();
    assert!(matches!(error, Error::Deadline { .. }), "{error}");
}

#[test]
fn a_failed_wait_shows_all_that_was_seen() {
    let process = shell("echo 'to out'; printf '\\033[2J' >&2; sleep 60")
        .start()
        .unwrap();
    process.wait_stderr(|text| text.len() == 4, SOON).unwrap();
    process
        .wait_stdout(|text| text.ends_with(b"\n"), SOON)
        .unwrap();
    let error = process
        .wait_stdout(|text| text == b"something else", BRIEFLY)
        .unwrap_err();
    let text = error.to_string();
    for part in [
        "waited 100ms in vain for the expected content of standard output",
        "command: sh -c 'echo ",
        "process: running for 0.",
        "standard output: 7 bytes",
        "s to out\\n",
        "standard error: 4 bytes",
        "s \\x1b[2J",
    ] {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
    assert_eq!(format!("{error:?}"), text);
}

#[test]
fn a_wait_ends_early_when_the_process_does() {
    let start = Instant::now();
    let mut process = shell("echo only; exit 7").start().unwrap();
    assert_eq!(process.wait_line(SOON).unwrap(), "only");
    let error = process.wait_line(SOON).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Ended {
                exit: Some(Exit::Status(7)),
                ..
            }
        ),
        "{error}"
    );
    let error = process
        .wait_listening(harness::free_port().unwrap(), SOON)
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Ended {
                exit: Some(Exit::Status(7)),
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("ended with status 7 before the program listens on port")
    );
    assert!(start.elapsed() < SOON);
}

#[test]
fn a_deadline_for_the_exit_is_kept() {
    let error = shell("sleep 60").run(BRIEFLY).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Deadline {
                within: BRIEFLY,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn signals_reach_the_process_and_its_exit_tells_them() {
    let process = Program::new("sleep").arg("60").start().unwrap();
    process.signal(Signal::TERM).unwrap();
    let exit = process.wait_exit(SOON).unwrap();
    assert_eq!(exit, Exit::Signal(15));
    assert!(exit.to_string().starts_with("signal 15"), "{exit}");
    // Not reaped yet, so this hits nobody else.
    process.signal(Signal::TERM).unwrap();

    let mut process =
        shell("trap 'echo caught; exit 0' INT; echo ready; while :; do sleep 0.01; done")
            .start()
            .unwrap();
    assert_eq!(process.wait_line(SOON).unwrap(), "ready");
    process.signal(Signal::INT).unwrap();
    assert_eq!(process.wait_exit(SOON).unwrap(), Exit::Status(0));
    assert_eq!(process.wait_line(SOON).unwrap(), "caught");
}

#[test]
fn standard_input_is_empty_fed_or_typed() {
    assert_eq!(Program::new("cat").run(SOON).unwrap().stdout, b"");

    let bytes = vec![b'x'; 1 << 20];
    let fed = Program::new("cat")
        .stdin(Input::Bytes(bytes.clone()))
        .run(SOON)
        .unwrap();
    assert!(fed.stdout == bytes);

    let mut process = Program::new("cat").stdin(Input::Pipe).start().unwrap();
    process.write_stdin(b"one\n").unwrap();
    assert_eq!(process.wait_line(SOON).unwrap(), "one");
    process.close_stdin().unwrap();
    assert_eq!(process.wait_exit(SOON).unwrap(), Exit::Status(0));
    process.write_stdin(b"two\n").unwrap_err();
}

#[test]
fn input_that_nobody_takes_does_not_hold_up_the_end() {
    let bytes = vec![b'x'; 1 << 20];
    let finished = Program::new("true")
        .stdin(Input::Bytes(bytes))
        .run(SOON)
        .unwrap();
    assert_eq!(finished.exit, Exit::Status(0));
}

#[test]
fn more_input_than_a_pipe_holds_is_written_as_it_is_taken() {
    let mut process = shell("sleep 0.1; wc -c")
        .stdin(Input::Pipe)
        .start()
        .unwrap();
    process.write_stdin(&vec![b'x'; 1 << 20]).unwrap();
    process.close_stdin().unwrap();
    assert_eq!(process.wait_line(SOON).unwrap().trim(), "1048576");
}

#[test]
fn on_a_terminal_all_three_streams_are_one() {
    let script =
        "test -t 0 && test -t 1 && test -t 2 && echo yes; read line; echo \"got $line\" >&2; cat";
    let mut process = shell(script).on_terminal().start().unwrap();
    assert_eq!(process.wait_line(SOON).unwrap(), "yes");
    process.write_stdin(b"typed\n").unwrap();
    assert_eq!(process.wait_line(SOON).unwrap(), "got typed");
    process.close_stdin().unwrap();
    assert_eq!(process.wait_exit(SOON).unwrap(), Exit::Status(0));
    assert_eq!(escape(&process.stdout()).to_string(), r"yes\ngot typed\n");
    assert_eq!(process.stderr(), b"");
}

#[test]
fn one_stream_alone_can_be_on_a_terminal() {
    let script = "test -t 1 || echo plain; test -t 2 && stty size <&2 >&2";
    let finished = shell(script).stderr(Output::Terminal).run(SOON).unwrap();
    assert_eq!(finished.exit, Exit::Status(0));
    assert_eq!(escape(&finished.stdout).to_string(), r"plain\n");
    assert_eq!(escape(&finished.stderr).to_string(), r"24 80\n");

    let script = "test -t 1 || test -t 2 || test -t 0 && read line && echo $line";
    let mut process = shell(script).stdin(Input::Terminal).start().unwrap();
    process.write_stdin(b"typed\n").unwrap();
    assert_eq!(process.wait_line(SOON).unwrap(), "typed");
    assert_eq!(process.wait_exit(SOON).unwrap(), Exit::Status(0));
}

#[test]
fn outputs_can_be_full_closed_or_a_file() {
    if let Ok(full) = File::options().write(true).open("/dev/full") {
        let finished = shell("echo x || exit 9")
            .stdout(Output::File(full))
            .run(SOON)
            .unwrap();
        assert_eq!(finished.exit, Exit::Status(9));
    }
    let closed = Program::new("cat")
        .stdin(Input::Bytes(b"x".to_vec()))
        .stdout(Output::ClosedPipe)
        .run(SOON)
        .unwrap();
    assert_eq!(closed.exit, Exit::Signal(13));
}

#[test]
fn environment_directory_and_arguments_arrive() {
    let finished = shell("echo \"$1 $COLOR ${RUST_LOG-unset}\"; pwd")
        .args(["name", "it's"])
        .env("COLOR", "red")
        .directory("/")
        .run(SOON)
        .unwrap();
    assert_eq!(escape(&finished.stdout).to_string(), r"it's red unset\n/\n");
}

#[test]
fn descriptors_can_be_limited() {
    let finished = shell("ulimit -n").limit_files(64).run(SOON).unwrap();
    assert_eq!(finished.stdout, b"64\n");
}

#[test]
fn dropping_a_process_ends_its_children() {
    let mut process = shell("sleep 60 & echo $!; sleep 60 & echo $!; wait")
        .start()
        .unwrap();
    let children = [number(&mut process), number(&mut process)];
    let own = process.id();
    assert!(runs(own) && children.into_iter().all(runs));
    drop(process);
    assert!(!runs(own) && !children.into_iter().any(runs));
}

#[cfg(target_os = "linux")]
#[test]
fn dropping_a_process_ends_those_that_left_its_group() {
    // The one who left is all that remains when the process is dropped.
    let script = "setsid sh -c 'echo $$; exec sleep 60' >&1 & read line; exit 0";
    let mut process = shell(script).stdin(Input::Pipe).start().unwrap();
    let gone_away = number(&mut process);
    // Whom nobody saw before its parent ended is not known, if several programs run.
    let start = Instant::now();
    while !process.tree().contains(&gone_away) {
        assert!(start.elapsed() < SOON);
        std::thread::sleep(BRIEFLY);
    }
    process.close_stdin().unwrap();
    assert_eq!(process.wait_exit(SOON).unwrap(), Exit::Status(0));
    assert_eq!(process.tree(), [gone_away]);
    drop(process);
    assert!(!runs(gone_away));
}

#[cfg(target_os = "linux")]
#[test]
fn killing_a_tree_ends_those_that_left_its_group() {
    let script = "setsid sh -c 'echo $$; exec sleep 60' >&1 & wait";
    let mut process = shell(script).start().unwrap();
    let gone_away = number(&mut process);
    assert_eq!(process.kill_tree().unwrap(), Exit::Signal(9));
    assert!(!runs(gone_away));
}

#[cfg(target_os = "linux")]
#[test]
fn a_tree_runs_if_a_child_alone_does_and_rests_if_all_wait() {
    let mut busy = shell("(echo now; while :; do :; done) & wait")
        .start()
        .unwrap();
    busy.wait_line(SOON).unwrap();
    assert!(busy.tree_is_running());
    let idle = shell("sleep 60 & wait").start().unwrap();
    let start = Instant::now();
    while idle.tree_is_running() {
        assert!(start.elapsed() < SOON);
        std::thread::sleep(BRIEFLY);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_has_no_socket_of_the_harness() {
    let _full = Listener::unanswering().unwrap();
    let process = shell("sleep 60").start().unwrap();
    assert_eq!(process.listening(), []);
}

#[test]
fn a_grandchild_that_holds_the_output_does_not_delay_the_exit() {
    let start = Instant::now();
    let finished = shell("sleep 60 & echo done").run(SOON).unwrap();
    assert_eq!(finished.stdout, b"done\n");
    assert!(start.elapsed() < SOON);
}

#[test]
fn a_grandchild_that_prints_without_end_does_not_delay_the_exit() {
    let finished = shell("yes & yes & yes & yes & exit 5").run(SOON).unwrap();
    assert_eq!(finished.exit, Exit::Status(5));
}

#[cfg(target_os = "linux")]
#[test]
fn looks_into_a_process() {
    let script = "echo ready; read line; exec 9</dev/null; echo opened; read line";
    let mut process = shell(script).stdin(Input::Pipe).start().unwrap();
    assert_eq!(process.wait_line(SOON).unwrap(), "ready");
    let resident = process.resident_memory().unwrap();
    assert!((100 << 10..100 << 20).contains(&resident), "{resident}");
    assert!(process.peak_memory().unwrap() >= resident);
    assert_eq!(process.threads().unwrap(), 1);
    assert!(process.cpu_time().unwrap() < Duration::from_secs(5));

    let open = process.open_files().unwrap();
    assert!(open >= 3, "{open}");
    process.write_stdin(b"\n").unwrap();
    assert_eq!(process.wait_line(SOON).unwrap(), "opened");
    assert_eq!(process.open_files().unwrap(), open + 1);

    process.close_stdin().unwrap();
    process.wait_exit(SOON).unwrap();
    process.resident_memory().unwrap_err();
    process.cpu_time().unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn processor_time_grows_with_work() {
    let process = shell("while :; do :; done").start().unwrap();
    let start = Instant::now();
    while process.cpu_time().unwrap() < Duration::from_millis(100) {
        assert!(start.elapsed() < SOON, "{process:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_flood_of_output_is_read_on_but_not_kept() {
    let flood = shell("echo first; yes; echo last").keep(1 << 20);
    let mut process = flood.start().unwrap();
    assert_eq!(process.wait_line(SOON).unwrap(), "first");
    let start = Instant::now();
    let printed = |process: &Process| {
        let report = process.report();
        let (_, rest) = report.split_once("standard output: ").unwrap();
        let (count, _) = rest.split_once(' ').unwrap();
        count.parse::<usize>().unwrap()
    };
    while printed(&process) < 8 << 20 {
        assert!(start.elapsed() < SOON);
        // What looks without a pause keeps out what reads.
        std::thread::sleep(Duration::from_millis(1));
    }
    process.signal_group(Signal::KILL).unwrap();
    process.wait_exit(SOON).unwrap();
    assert!(process.stdout().len() < 2 << 20);
    assert!(process.stdout().starts_with(b"first\ny\n"));
    assert_eq!(process.wait_line(SOON).unwrap(), "y");

    let program = shell("head -c 3000000 /dev/zero").keep(4 << 20);
    assert_eq!(program.run(SOON).unwrap().stdout.len(), 3_000_000);
}
