//! Common to all programs.

use std::time::Duration;

use harness::{Event, Exit, Program, shown};

use super::exchange::{UNRULY, exchange, exit_after_reply, finish, is_exactly, shows};
use super::{ID, ID_LINE, REPLY, REPLY_LINE, arguments, start, start_as};
use crate::checks::common;
use crate::checks::pickle::{LONGEST, Reading, read, receive};
use crate::checks::usage::is_refused;
use crate::{Check, Problem};

pub(super) const CHECKS: &[Check] = &[
    common::prints_immediately(|trial| {
        let timeout = trial.timeout();
        let (_server, _) = exchange(trial)?;
        let line = trial.process()?.wait_line(timeout)?;
        is_exactly(&line, ID_LINE)
    }),
    common::success_is_0(|trial| match exit_after_reply(trial)? {
        Exit::Status(0) => Ok(()),
        exit => Err(Problem::broken("status 0", exit.to_string())),
    }),
    common::wrong_usage_is_2(|trial| {
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
    }),
    common::in_pieces(|trial| {
        const PAUSE: Duration = Duration::from_millis(2);
        let mut server = start(trial)?;
        server.send_in_pieces(ID, 1, PAUSE)?;
        receive(&mut server)?;
        server.send_in_pieces(REPLY, 1, PAUSE)?;
        let printed = finish(trial, server)?;
        shows(&printed, ID_LINE)?;
        shows(&printed, REPLY_LINE)
    })
    .needs(&["PC-1", "PC-1/2", "PC-1/3"]),
    common::together(|trial| {
        let mut server = start(trial)?;
        server.send(&[ID, REPLY].concat())?;
        receive(&mut server)?;
        let printed = finish(trial, server)?;
        shows(&printed, ID_LINE)?;
        shows(&printed, REPLY_LINE)
    })
    .needs(&["PC-1", "PC-1/2", "PC-1/3"]),
    common::in_one_piece(|trial| {
        const EXPECTED: &str = "a whole pickle in one piece";
        let timeout = trial.timeout();
        let mut server = start(trial)?;
        server.send(ID)?;
        match server.next_event(LONGEST, timeout) {
            Event::Data(bytes) => match read(&bytes) {
                Reading::Whole(..) => Ok(()),
                Reading::Part | Reading::Wrong { .. } => {
                    Err(Problem::broken(EXPECTED, shown(&bytes)))
                }
            },
            event => Err(Problem::broken(EXPECTED, event.to_string())),
        }
    }),
    common::cannot_drive_a_terminal(|trial| {
        let mut server = start_as(trial, arguments, Program::on_terminal)?;
        server.send(ID)?;
        receive(&mut server)?;
        server.send(UNRULY)?;
        let printed = finish(trial, server)?;
        is_exactly(&printed, &format!("{ID_LINE}\n\\x1b[2J\\nend\n"))
    })
    .needs(&["PC-1", "PC-1/11"]),
    common::unchanged_in_a_pipe(|trial| {
        let mut server = start(trial)?;
        server.send(ID)?;
        receive(&mut server)?;
        server.send(UNRULY)?;
        finish(trial, server)?;
        // As it came, colours and all.
        let printed = trial.process()?.stdout();
        is_exactly(
            &String::from_utf8_lossy(&printed),
            &format!("{ID_LINE}\n\x1b[2J\nend\n"),
        )
    })
    .needs(&["PC-1", "PC-1/11"]),
];
