//! Common to all programs.

use std::time::Duration;

use harness::{Event, Exit, Program};

use super::exchange::{
    UNRULY, comes, exchange, exit_after_reply, finish, is_exactly, printed_about, shows,
};
use super::{
    ASSIGNMENT, ID, ID_LINE, NOT_IN_IT, REPLY, REPLY_LINE, STUDENT, arguments, start, start_as,
};
use crate::checks::common::{shows_help, shows_version};
use crate::checks::pickle::{LONGEST, Reading, read};
use crate::checks::usage::{WRONG_PORTS, is_refused};
use crate::conversation::shown;
use crate::{Check, Problem};

pub(super) const CHECKS: &[Check] = &[
    Check::should(
        "G-1",
        "the id is printed at once, also into a pipe",
        NOT_IN_IT,
        |trial| {
            let timeout = trial.timeout();
            let (_server, _) = exchange(trial)?;
            let line = trial.process()?.wait_line(timeout)?;
            is_exactly(line.as_bytes(), ID_LINE.as_bytes())
        },
    ),
    Check::should(
        "G-2",
        "the status is 0 when all went well",
        "not in the assignment: what scripts expect",
        |trial| match exit_after_reply(trial)? {
            Exit::Status(0) => Ok(()),
            exit => Err(Problem::broken("status 0", exit.to_string())),
        },
    ),
    Check::should(
        "G-2/2",
        "wrong arguments are refused with status 2",
        "the course's client: lab2 [--host HOST] [--port PORT] STUDENT_NAME GITHUB_USERNAME SID",
        |trial| {
            for words in [
                &[][..],
                &["Ann Lee", "ann7"],
                &["Ann Lee", "ann7", "7", "more"],
                &["Ann Lee", "ann7", "7", "--unknown"],
                &["Ann Lee", "ann7", "7", "--port"],
            ] {
                is_refused(trial, words)?;
            }
            Ok(())
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
        "G-5",
        "objects may come one byte at a time",
        "not in the assignment: TCP has no message boundaries",
        |trial| {
            const PAUSE: Duration = Duration::from_millis(2);
            let mut server = start(trial)?;
            server.conversation.send_in_pieces(ID, 1, PAUSE)?;
            server.next(trial)?;
            server.conversation.send_in_pieces(REPLY, 1, PAUSE)?;
            let printed = finish(trial, server)?;
            shows(&printed, ID_LINE)?;
            shows(&printed, REPLY_LINE)
        },
    ),
    Check::should(
        "G-5/2",
        "the id and the reply may come together",
        "not in the assignment: TCP has no message boundaries",
        |trial| {
            let mut server = start(trial)?;
            server.conversation.send(&[ID, REPLY].concat())?;
            server.next(trial)?;
            let printed = finish(trial, server)?;
            shows(&printed, ID_LINE)?;
            shows(&printed, REPLY_LINE)
        },
    ),
    Check::should(
        "G-5/3",
        "the data is sent in one piece",
        "not in the assignment: the course's server receives an object with one recv",
        |trial| {
            const EXPECTED: &str = "a whole pickle in one piece";
            let timeout = trial.timeout();
            let mut server = start(trial)?;
            server.conversation.send(ID)?;
            match server.conversation.next_event(LONGEST, timeout) {
                Event::Data(bytes) => match read(&bytes) {
                    Reading::Whole(..) => Ok(()),
                    Reading::Part | Reading::Wrong { .. } => {
                        Err(Problem::broken(EXPECTED, shown(&bytes)))
                    }
                },
                event => Err(Problem::broken(EXPECTED, event.to_string())),
            }
        },
    ),
    Check::should(
        "G-6",
        "a reply is escaped on a terminal",
        "not in the assignment: no server can write to the terminal",
        |trial| {
            let mut server = start_as(trial, arguments, Program::on_terminal)?;
            server.conversation.send(ID)?;
            server.next(trial)?;
            server.conversation.send(UNRULY)?;
            let printed = finish(trial, server)?;
            is_exactly(&printed, format!("{ID_LINE}\n\\x1b[2J\\nend\n").as_bytes())
        },
    ),
    Check::should(
        "G-6/2",
        "a reply is unchanged in a pipe",
        "not in the assignment: what scripts expect",
        |trial| {
            let printed = printed_about(trial, ID, UNRULY)?;
            is_exactly(&printed, format!("{ID_LINE}\n\x1b[2J\nend\n").as_bytes())
        },
    ),
    Check::should(
        "G-8",
        "a port that is not a plain decimal number is refused",
        "the course's client: --port PORT",
        |trial| {
            WRONG_PORTS
                .iter()
                .try_for_each(|port| is_refused(trial, &["--port", port, "Ann Lee", "ann7", "7"]))
        },
    ),
    Check::should(
        "G-8/2",
        "a port may have leading zeros",
        "the course's client: --port PORT",
        |trial| {
            comes(trial, |port| {
                let options = ["--port".to_owned(), format!("000{port}")];
                options
                    .into_iter()
                    .chain(STUDENT.map(str::to_owned))
                    .collect()
            })
        },
    ),
    // The name may stand for several addresses, of which only this one accepts.
    Check::should(
        "G-10",
        "a host is found by its name, at any of its addresses",
        "the course's client: --host HOST",
        |trial| {
            comes(trial, |port| {
                let options = ["--host", "localhost", "--port"].map(str::to_owned);
                let operands = STUDENT.map(str::to_owned);
                let port = [port.to_string()];
                options.into_iter().chain(port).chain(operands).collect()
            })
        },
    ),
];
