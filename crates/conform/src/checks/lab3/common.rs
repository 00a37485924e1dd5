//! Signals, and what comes after them.

use std::time::{Duration, Instant};

use harness::{Exit, Output, Signal, shown};

use super::client::{Client, Student, connected, expect_line, is_served, text};
use super::exchange::first_piece;
use super::start::is_error_about;
use crate::checks::common;
use crate::checks::pickle::{Reading, read, receive};
use crate::checks::usage::{is_refused, run};
use crate::{Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    common::prints_immediately(|trial| {
        let arguments = trial.assignment().arguments;
        let address = trial.serve_as(
            |port| arguments("127.0.0.1", &port.to_string()),
            |program| program.stdout(Output::Captured),
        )?;
        let student = Student::random(trial);
        let mut client = Client::connect(trial, address)?;
        client.send(&student.pickle)?;
        expect_line(trial, &student.line)
    })
    .needs(&["P-5"]),
    common::wrong_usage_is_2(|trial| is_refused(trial, &["127.0.0.1", "12000", "more"])),
    common::PORT_IN_USE_IS_1,
    Check::should(
        "G-2/4",
        "a host that is no address of this machine is an error, and the status is 1",
        "Important Notes 1: the server must handle errors and exceptions properly",
        |trial| {
            // For documentation: nobody has it.
            const HOST: &str = "192.0.2.1";
            let finished = run(trial, [HOST, "0"])?;
            is_error_about(finished.exit, &finished.stderr, HOST)
        },
    ),
    common::in_pieces(|trial| {
        const PAUSE: Duration = Duration::from_millis(2);
        let address = trial.serve()?;
        for pickle in [text(b"slowly"), Student::random(trial).pickle] {
            let mut client = Client::connect(trial, address)?;
            let conversation = &mut client.conversation;
            conversation.send_in_pieces(&pickle, 1, PAUSE)?;
            receive(&mut client.conversation)?;
        }
        Ok(())
    })
    .needs(&["P-3", "P-6", "P-10"]),
    common::in_one_piece(|trial| {
        let bytes = first_piece(trial)?;
        match read(&bytes) {
            Reading::Whole(..) => Ok(()),
            Reading::Part | Reading::Wrong { .. } => {
                Err(Problem::broken("a whole pickle", shown(&bytes)))
            }
        }
    }),
    common::cannot_drive_a_terminal(|trial| {
        let mut client = connected(trial)?;
        client.send(
            b"}(X\x0c\0\0\0student_nameX\x16\0\0\0Ann\nClient 1: 'forged'\
          X\x0f\0\0\0github_usernameX\x08\0\0\0\x1b[2Jann7X\x03\0\0\0sidK\x07u.",
        )?;
        let line =
            r"Connected: Student: Ann\nClient 1: 'forged', Github Username: \x1b[2Jann7, sid: 7";
        expect_line(trial, line)
    })
    .needs(&["P-5"]),
];

/// A second, and what a busy machine may add.
const A_SECOND: Duration = Duration::from_millis(1500);

pub(super) fn ends(trial: &mut Trial<'_>, signal: Signal) -> Outcome {
    let address = trial.serve()?;
    is_served(trial, address)?;
    trial.wait_idle()?;
    ends_quickly(trial, signal)
}

fn ends_quickly(trial: &mut Trial<'_>, signal: Signal) -> Outcome {
    let start = Instant::now();
    trial.signal(signal)?;
    let exit = trial.wait_exit()?;
    let took = start.elapsed();
    if exit == Exit::Status(0) && took <= A_SECOND {
        return Ok(());
    }
    Err(Problem::broken(
        "it ends within a second, with status 0",
        format!("it ended with {exit} after {took:.1?}"),
    ))
}
