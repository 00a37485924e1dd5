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
fn the_echo_and_redis_answer_small_and_large_requests() {
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
    let wanted = format!("Cpus_allowed_list:\t{}\n", machine.contender_cpu);
    assert!(status.contains(&wanted), "{status}");
}

#[test]
fn wrong_usage_is_told() {
    for (line, told) in [
        (
            "limit nothing",
            "bench: unknown limit \"nothing\"; see bench --list\n",
        ),
        (
            "limit echo port",
            "bench: argument 1 of the limit must be a number\n",
        ),
        (
            "nothing",
            "bench: no figure begins with \"nothing\"; see bench --list\n",
        ),
    ] {
        let finished = bench(line);
        assert_eq!(String::from_utf8_lossy(&finished.stderr), told);
        assert_eq!(finished.exit, Exit::Status(2));
    }
}

#[test]
fn figures_and_limits_are_listed() {
    let list = String::from_utf8(bench("--list").stdout).unwrap();
    for wanted in [
        "  tcp_server-cpu-16 ",
        "  growth-tcp_server ",
        "  echo PORT",
    ] {
        assert!(list.contains(wanted), "{list}");
    }
}
