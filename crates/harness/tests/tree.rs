//! Programs that try to get away from the one who started them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use harness::{Exit, Input, Process, Program, Signal, free_port, listening_on};

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
