//! Programs that try to get away from the one who started them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use harness::{Error, Exit, Input, Process, Program, Signal, WorkerExit, free_port, listening_on};

const SOON: Duration = Duration::from_secs(20);

/// Held by a test that is to be the only one that runs programs.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn shell(script: &str) -> Program {
    Program::new("sh").args(["-c", script])
}

/// The interpreter, unless it is not there.
fn python(script: &str) -> Option<Program> {
    interpreter("python3").map(|program| program.args(["-c", script]))
}

fn interpreter(name: &str) -> Option<Program> {
    let found = Command::new(name)
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if !found.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no {name}");
        return None;
    }
    Some(Program::new(name))
}

/// Whether a process with this number exists, a zombie not counted.
fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn number(process: &mut Process) -> u32 {
    process.wait_line(SOON).unwrap().parse().unwrap()
}

#[test]
fn a_daemon_that_lost_its_environment_is_found() {
    let _alone = alone();
    // The leader of the session ends before anybody looks.
    let script = "env -i setsid sh -c 'sleep 60 & echo $!' & wait";
    let mut process = shell(script).start().unwrap();
    let daemon = number(&mut process);
    assert_eq!(process.wait_exit(SOON).unwrap(), Exit::Status(0));
    assert_eq!(process.tree(), [daemon]);
    drop(process);
    assert!(!runs(daemon));
}

#[test]
fn orphans_of_programs_side_by_side_are_told_apart() {
    let _alone = alone();
    let script = "env -i setsid sh -c 'echo $$; exec sleep 60' & read line; exit 0";
    let start = || shell(script).stdin(Input::Pipe).start().unwrap();
    let mut processes = [start(), start()];
    let orphans = processes.each_mut().map(number);
    for (process, orphan) in processes.iter_mut().zip(orphans) {
        assert!(process.tree().contains(&orphan));
        process.close_stdin().unwrap();
        process.wait_exit(SOON).unwrap();
    }
    let [first, second] = processes;
    assert_eq!(first.tree(), [orphans[0]]);
    assert_eq!(second.tree(), [orphans[1]]);
    drop(first);
    assert_eq!(orphans.map(runs), [false, true]);
}

#[test]
fn a_program_that_forks_and_ends_all_the_time_is_ended() {
    let _alone = alone();
    let port = free_port().unwrap();
    let script = format!(
        "import os, socket
s = socket.create_server(('127.0.0.1', {port}))
input()
while True:
    if os.fork():
        os._exit(0)
    os.setsid()"
    );
    let Some(program) = python(&script) else {
        return;
    };
    let mut process = program.stdin(Input::Pipe).start().unwrap();
    process.wait_listening(port, SOON).unwrap();
    process.write_stdin(b"\n").unwrap();
    process.wait_exit(SOON).unwrap();
    let start = Instant::now();
    drop(process);
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(listening_on(port), []);
}

#[test]
fn many_that_start_others_are_ended() {
    let _alone = alone();
    let script = "for i in 1 2 3 4 5 6 7 8; do
        setsid sh -c 'while :; do sleep 0.01 & sleep 0.02; done' &
    done; echo ready; wait";
    let mut process = shell(script).start().unwrap();
    process.wait_line(SOON).unwrap();
    let start = Instant::now();
    while process.tree().len() < 17 {
        assert!(start.elapsed() < SOON, "{process:?}");
    }
    let members = process.tree();
    drop(process);
    assert!(!members.into_iter().any(runs));
}

#[test]
fn a_zombie_that_somebody_traces_does_not_hold_up_the_end() {
    let _alone = alone();
    if interpreter("strace").is_none() {
        return;
    }
    let process = Program::new("sleep").arg("60").start().unwrap();
    let pid = process.id().to_string();
    let mut tracer = Command::new("strace")
        .args(["-p", &pid])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while fs::read_to_string(format!("/proc/{pid}/status"))
        .unwrap()
        .contains("TracerPid:\t0")
    {
        assert!(start.elapsed() < SOON);
    }
    let stop = Command::new("kill")
        .args(["-STOP", &tracer.id().to_string()])
        .status();
    assert!(stop.unwrap().success());
    let start = Instant::now();
    drop(process);
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "{:?}",
        start.elapsed()
    );
    tracer.kill().unwrap();
    tracer.wait().unwrap();
}

#[test]
fn what_was_started_in_another_way_is_left_alone() {
    let _alone = alone();
    let mut other = Command::new("sleep").arg("60").spawn().unwrap();
    let process = Program::new("sleep").arg("60").start().unwrap();
    assert_eq!(process.tree(), [process.id()]);
    drop(process);
    assert!(other.try_wait().unwrap().is_none());
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn memory_and_processor_time_are_those_of_the_tree() {
    let _alone = alone();
    let script = "sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done' & wait; sleep 60";
    let process = shell(script).start().unwrap();
    let start = Instant::now();
    while process.tree_cpu_time() < Duration::from_millis(50) {
        assert!(start.elapsed() < SOON, "{process:?}");
    }
    assert!(process.cpu_time().unwrap() < Duration::from_millis(50));
    let own = process.resident_memory().unwrap();
    assert!(process.tree_memory() > own);
    process.signal(Signal::KILL).unwrap();
}

#[test]
fn the_worker_behind_a_shell_is_found_and_its_end_told() {
    let _alone = alone();
    let briefly = Duration::from_millis(100);
    // A shell that passes the status on, one that does not, and none.
    let process = shell("sleep 60; exit $?").start().unwrap();
    let worker = soon_other_than(&process);
    process.signal_worker(worker, Signal::TERM).unwrap();
    let exit = process.wait_worker_exit(worker, SOON).unwrap();
    assert_eq!(exit, WorkerExit::PassedOn(Exit::Status(128 + 15)));

    let process = shell("sleep 60; sleep 60; exit 0").start().unwrap();
    let worker = soon_other_than(&process);
    let error = process.wait_worker_exit(worker, briefly).unwrap_err();
    assert!(matches!(error, Error::Deadline { .. }), "{error}");
    process.signal_worker(worker, Signal::TERM).unwrap();
    let exit = process.wait_worker_exit(worker, SOON).unwrap();
    assert_eq!(exit, WorkerExit::Unknown);

    let process = Program::new("sleep").arg("60").start().unwrap();
    let worker = process.worker();
    assert_eq!(worker.id(), process.id());
    process.signal_worker(worker, Signal::KILL).unwrap();
    let exit = process.wait_worker_exit(worker, SOON).unwrap();
    assert_eq!(exit, WorkerExit::Known(Exit::Signal(9)));
}

#[test]
fn the_end_of_a_daemon_is_known() {
    let _alone = alone();
    let script = r#"exec 3<&0; setsid sh -c 'trap "exit 7" TERM; echo $$; read line <&3' & exit"#;
    let mut process = shell(script).stdin(Input::Pipe).start().unwrap();
    let daemon = number(&mut process);
    process.wait_exit(SOON).unwrap();
    let worker = process.worker();
    process.signal_worker(worker, Signal::TERM).unwrap();
    let exit = process.wait_worker_exit(worker, SOON).unwrap();
    assert_eq!(
        (worker.id(), exit),
        (daemon, WorkerExit::Known(Exit::Status(7)))
    );
}

#[test]
fn the_worker_of_a_server_is_who_listens() {
    let _alone = alone();
    let port = free_port().unwrap();
    let script = format!(
        "import os, socket
s = socket.create_server(('127.0.0.1', {port}))
os.fork() or os.fork()
input()"
    );
    if python(&script).is_none() {
        return;
    }
    let wrapped = shell("python3 -c \"$0\"; exit $?")
        .arg(script)
        .stdin(Input::Pipe);
    let process = wrapped.start().unwrap();
    process.wait_listening(port, SOON).unwrap();
    let start = Instant::now();
    while process.tree().len() < 4 {
        assert!(start.elapsed() < SOON, "{process:?}");
    }
    let worker = process.worker();
    let parent = format!("PPid:\t{}\n", process.id());
    let status = fs::read_to_string(format!("/proc/{}/status", worker.id())).unwrap();
    assert!(status.contains(&parent), "{status}");
    // An interpreter takes more than a shell.
    assert!(worker.peak_memory().unwrap() > process.peak_memory().unwrap());
}

#[test]
fn a_script_that_traps_a_signal_for_its_job_gets_it() {
    let _alone = alone();
    let script = "trap 'kill $job; exit 5' INT TERM QUIT; sleep 60 & job=$!; echo; wait $job";
    for signal in [Signal::INT, Signal::TERM, Signal::QUIT] {
        let mut process = shell(script).start().unwrap();
        process.wait_line(SOON).unwrap();
        soon_other_than(&process);
        let worker = process.worker_for(signal);
        process.signal_worker(worker, signal).unwrap();
        let exit = process.wait_worker_exit(worker, SOON).unwrap();
        assert_eq!(exit, WorkerExit::Known(Exit::Status(5)), "{signal:?}");
    }
}

#[test]
fn a_program_is_starved_by_others_and_not_by_itself() {
    let _alone = alone();
    const LOOPS: &str = "for i in 1 2 3 4 5 6 7 8; do while :; do :; done & done; echo; wait";
    const LONG: Duration = Duration::from_millis(500);
    let mut busy = shell(LOOPS).start().unwrap();
    busy.wait_line(SOON).unwrap();
    let nice = ["-n", "19", "sh", "-c", "while :; do :; done"];
    let behind = Program::new("nice").args(nice).start().unwrap();
    let start = Instant::now();
    while busy.tree_cpu_time() < LONG || harness::starved(behind.id()) < LONG {
        assert!(start.elapsed() < SOON, "{:?}", behind.tree_cpu_time());
    }
    assert_eq!(harness::starved(busy.id()), Duration::ZERO);
    while !harness::is_starving(behind.id()) {
        assert!(start.elapsed() < SOON, "{:?}", behind.tree_cpu_time());
    }
    assert!(!harness::is_starving(busy.id()));
    let asleep = shell("sleep 60").start().unwrap();
    assert!(asleep.wait_exit(Duration::from_millis(100)).is_err());
    assert!(!harness::is_starving(asleep.id()));
}

#[test]
fn a_server_for_both_families_is_one_for_ipv4() {
    let _alone = alone();
    let port = free_port().unwrap();
    let server = |dual| {
        python(&format!(
            "import socket
s = socket.create_server(('::', {port}), family=socket.AF_INET6, dualstack_ipv6={dual})
input()"
        ))
    };
    for (dual, ip) in [("True", "127.0.0.1"), ("False", "::1")] {
        let Some(program) = server(dual) else { return };
        let process = program.stdin(Input::Pipe).start().unwrap();
        let address = process.wait_listening(port, SOON).unwrap();
        assert_eq!(address.ip().to_string(), ip);
    }
}

/// The worker, once the shell has started it.
fn soon_other_than(process: &Process) -> harness::Worker {
    let start = Instant::now();
    while process.worker().id() == process.id() {
        assert!(start.elapsed() < SOON, "{process:?}");
    }
    process.worker()
}
