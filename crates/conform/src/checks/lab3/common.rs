//! Signals, and what comes after them.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use harness::{Event, Exit, Input, Listener, Signal};

use super::client::{
    A_MOMENT, Client, STUDENT, STUDENT_LINE, connected, expect_line, is_served, last, lines, text,
};
use super::exchange::first_piece;
use super::start::is_error_about;
use super::{ASSIGNMENT, NOT_IN_IT};
use crate::checks::common::{expect_rest, shows_help, shows_version};
use crate::checks::pickle::{Reading, read};
use crate::checks::usage::{WRONG_PORTS, is_refused, run};
use crate::conversation::shown;
use crate::{Arguments, Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::should(
        "G-1",
        "a line is printed at once, also into a pipe",
        NOT_IN_IT,
        |trial| {
            let timeout = trial.timeout();
            let mut client = connected(trial)?;
            client.send(STUDENT)?;
            // Whether it acknowledges is another matter.
            let _: Event = client.pickles.conversation.next_event(1, A_MOMENT);
            let process = trial.process()?;
            let has_line =
                |printed: &[u8]| lines(printed).any(|line| line == STUDENT_LINE.as_bytes());
            process.wait_stdout(has_line, timeout).map_err(|_| {
                let expected = format!("the line \"{STUDENT_LINE}\" while the server runs");
                Problem::broken(expected, last(&process.stdout()))
            })
        },
    ),
    Check::should(
        "G-2",
        "wrong arguments are refused with status 2",
        NOT_IN_IT,
        |trial| is_refused(trial, &["127.0.0.1", "12000", "more"]),
    ),
    Check::should(
        "G-2/2",
        "a port in use is named in the error, and the status is 1",
        "Important Notes 1: the server must handle errors and exceptions properly",
        |trial| {
            let timeout = trial.timeout();
            let port = trial.port()?;
            let _listener = Listener::at(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
            let server = trial.start(&(ASSIGNMENT.arguments)(port), Input::Null)?;
            let exit = server.wait_exit(timeout)?;
            is_error_about(exit, &server.stderr(), &port.to_string())
        },
    ),
    Check::should(
        "G-2/3",
        "a host that is no address of this machine is an error, and the status is 1",
        "Important Notes 1: the server must handle errors and exceptions properly",
        |trial| {
            // For documentation: nobody has it.
            const HOST: &str = "192.0.2.1";
            let finished = run(trial, [HOST, "0"])?;
            is_error_about(finished.exit, &finished.stderr, HOST)
        },
    ),
    Check::should("G-3", "--help prints the usage", NOT_IN_IT, shows_help),
    Check::should(
        "G-3/2",
        "--version prints the name and the version",
        NOT_IN_IT,
        |trial| shows_version(trial, ASSIGNMENT.name),
    ),
    Check::should(
        "G-4",
        "a client that stays connected does not hold up the end for more than a second",
        NOT_IN_IT,
        |trial| {
            let mut client = connected(trial)?;
            client.send(b"\x80\x04\x95B\0\0\0\0\0\0\0}\x94(")?;
            client.pause();
            ends_at_once(trial, Signal::INT)
        },
    ),
    Check::should(
        "G-4/2",
        "it uses no processor time while it waits",
        "Hint 4: accept is a blocking method",
        |trial| {
            let mut client = connected(trial)?;
            client.tell(trial, &text(b"hello"))?;
            expect_rest(trial)
        },
    )
    .waits(1),
    Check::should(
        "G-5",
        "an object may come one byte at a time",
        "not in the assignment: TCP has no message boundaries",
        |trial| {
            const PAUSE: Duration = Duration::from_millis(2);
            let mut client = connected(trial)?;
            for pickle in [&text(b"slowly"), STUDENT] {
                let conversation = &mut client.pickles.conversation;
                conversation.send_in_pieces(pickle, 1, PAUSE)?;
                client.pickles.next(trial)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "G-5/2",
        "the id comes in one piece",
        "not in the assignment: many clients receive an object with one recv",
        |trial| {
            let bytes = first_piece(trial)?;
            match read(&bytes) {
                Reading::Whole(..) => Ok(()),
                Reading::Part | Reading::Wrong { .. } => {
                    Err(Problem::broken("a whole pickle", shown(&bytes)))
                }
            }
        },
    ),
    Check::should(
        "G-6",
        "no client can write to the terminal, or forge a line",
        NOT_IN_IT,
        |trial| {
            let mut client = connected(trial)?;
            client.send(
                b"}(X\x0c\0\0\0student_nameX\x16\0\0\0Ann\nClient 1: 'forged'\
          X\x0f\0\0\0github_usernameX\x08\0\0\0\x1b[2Jann7X\x03\0\0\0sidK\x07u.",
            )?;
            let line = r"Connected: Student: Ann\nClient 1: 'forged', Github Username: \x1b[2Jann7, sid: 7";
            expect_line(trial, line)
        },
    ),
    Check::should(
        "G-8",
        "a port that is not a plain decimal number is refused",
        NOT_IN_IT,
        |trial| {
            WRONG_PORTS
                .iter()
                .try_for_each(|port| is_refused(trial, &["127.0.0.1", port]))
        },
    ),
    Check::should(
        "G-8/2",
        "a port may have leading zeros",
        NOT_IN_IT,
        |trial| {
            trial.may_choose_arguments()?;
            let address =
                trial.serve_with(|port| Arguments::words(["127.0.0.1", &format!("000{port}")]))?;
            is_served(trial, address)
        },
    ),
    // The server's end of the connection is closed first, so that the system keeps it for a while:
    // without SO_REUSEADDR the port cannot be used then.
    Check::should(
        "G-9",
        "it can be started again right after a client was connected",
        NOT_IN_IT,
        |trial| {
            let timeout = trial.timeout();
            let address = trial.serve()?;
            let mut client = Client::connect(trial, address)?;
            client.tell(trial, &text(b"hello"))?;
            trial.process()?.signal_group(Signal::KILL)?;
            trial.process()?.wait_exit(timeout)?;
            client.pickles.conversation.expect_gone()?;
            client.pickles.conversation.shutdown_write()?;
            drop(client);
            trial.serve_again(address)?;
            is_served(trial, address)
        },
    ),
];

/// A second, and what a busy machine may add.
const A_SECOND: Duration = Duration::from_millis(1500);

pub(super) fn ends(trial: &mut Trial<'_>, signal: Signal) -> Outcome {
    let address = trial.serve()?;
    is_served(trial, address)?;
    // When it waits again cannot be seen.
    thread::sleep(A_MOMENT);
    ends_at_once(trial, signal)
}

fn ends_at_once(trial: &mut Trial<'_>, signal: Signal) -> Outcome {
    let timeout = trial.timeout();
    let process = trial.process()?;
    let start = Instant::now();
    process.signal_group(signal)?;
    let exit = process.wait_exit(timeout)?;
    let took = start.elapsed();
    if exit == Exit::Status(0) && took <= A_SECOND {
        return Ok(());
    }
    Err(Problem::broken(
        "it ends within a second, with status 0",
        format!("it ended with {exit} after {took:.1?}"),
    ))
}
