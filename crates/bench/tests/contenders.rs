//! Contenders as processes, each for a moment, with every answer checked.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::time::Duration;

use bench::figure::Role;
use bench::figures::figures;
use bench::{Error, Machine};
use harness::{Exit, Finished, Program};

const SOON: Duration = Duration::from_secs(20);

fn machine() -> Machine {
    let folder = Path::new(env!("CARGO_BIN_EXE_bench")).parent().unwrap();
    Machine::new(folder.to_owned(), Duration::from_millis(1)).unwrap()
}

fn bench(line: &str) -> Finished {
    Program::new(env!("CARGO_BIN_EXE_bench"))
        .args(line.split_whitespace())
        .run(SOON)
        .unwrap()
}

/// Measures once those contenders of a figure that have a role in `roles`.
fn one_round(name: &str, roles: &[Role]) {
    let figures = figures();
    let figure = figures.iter().find(|figure| figure.name == name).unwrap();
    for contender in &figure.contenders {
        if !roles.contains(&contender.role) {
            continue;
        }
        match (contender.start)(&machine()) {
            Ok(mut round) => {
                let values = round().unwrap();
                assert_eq!(values.len(), figure.rows.len());
                assert!(values.iter().all(|value| *value > 0.0), "{values:?}");
            }
            Err(Error::NotInstalled(_)) => assert_eq!(contender.role, Role::Peer),
            Err(error) => panic!("{}: {error}", contender.name),
        }
    }
}

#[test]
fn the_echoes_and_redis_answer_small_and_large_requests() {
    one_round("tcp_server-cpu-16", &[Role::Limit, Role::Peer]);
    one_round("tcp_server-1MiB", &[Role::Limit, Role::Peer]);
}

#[test]
fn a_start_is_timed() {
    one_round("start-tcp_server", &[Role::Limit]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_contender_runs_on_its_processor() {
    let machine = machine();
    let program = machine.contender(Path::new("cat")).arg("/proc/self/status");
    let status = String::from_utf8(program.run(SOON).unwrap().stdout).unwrap();
    let expected = format!("Cpus_allowed_list:\t{}\n", machine.contender_cpu);
    assert!(status.contains(&expected), "{status}");
}

#[test]
fn wrong_usage_is_reported() {
    for (line, message) in [
        (
            "limit nothing",
            "bench: NAME is \"nothing\"; give a limit of bench --list\nUsage: ",
        ),
        (
            "limit",
            "bench: NAME is \"\"; give a limit of bench --list\nUsage: ",
        ),
        (
            "limit echo port",
            "bench: PORT is \"port\"; give a number from 1 to 65535\nUsage: ",
        ),
        ("pinned 1", "bench: expected 2 arguments, got 1\nUsage: "),
        ("pinned x y", "bench: CPU is \"x\"; give a number from 0 to"),
        (
            "nothing",
            "bench: FIGURE is \"nothing\"; give the beginning of a figure of bench --list\nUsage: ",
        ),
    ] {
        let finished = bench(line);
        let stderr = String::from_utf8_lossy(&finished.stderr);
        assert!(stderr.starts_with(message), "{line}: {stderr}");
        assert_eq!(finished.exit, Exit::Status(2));
    }
}

#[test]
fn the_arguments_of_a_pinned_command_are_taken_as_they_are() {
    let cpu = machine().contender_cpu;
    let finished = bench(&format!("pinned {cpu} echo --help 2"));
    assert_eq!(finished.stdout, b"--help 2\n");
}

#[test]
fn figures_and_limits_are_listed() {
    let list = String::from_utf8(bench("--list").stdout).unwrap();
    for expected in [
        "  tcp_server-cpu-16 ",
        "  growth-tcp_server ",
        "  echo PORT",
    ] {
        assert!(list.contains(expected), "{list}");
    }
}
