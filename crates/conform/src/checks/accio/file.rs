//! File and pace.

use std::fs::File;

use harness::{Input, shown};

use super::arguments;
use super::exchange::{
    MEBIBYTE, ask_for_file, cannot_write, expect_exchange, receive_some, success,
};
use crate::checks::server_s::random_file;
use crate::{Check, Problem};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "AC-3",
        "the file is never whole in memory",
        "Accio client: files that do not fit in memory are sent too",
        |trial| {
            const MEBIBYTES: u64 = 200;
            // A runtime that collects its garbage late has used 90 MiB for a stream.
            const MOST: u64 = 150;
            let listener = trial.listen()?;
            let file = trial.file(&[])?;
            // It has no content on the disk.
            let grown = File::options().write(true).open(&file);
            let grown = grown.and_then(|file| file.set_len(MEBIBYTES << 20));
            grown.map_err(cannot_write)?;
            trial.start(&arguments(listener.port(), file), Input::Pipe)?;
            let mut server = trial.accept(&listener)?;
            // The buffer of a fast receiver grows until it holds all that is still to come.
            server.set_receive_buffer(1 << 20)?;
            ask_for_file(&mut server)?;
            receive_some(&mut server, (MEBIBYTES as usize - 20) * MEBIBYTE)?;
            // More than the system keeps is not sent yet: the program is still at it.
            let memory = trial.peak_memory()? >> 20;
            if memory < MOST {
                return Ok(());
            }
            Err(Problem::broken(
                format!("less than {MOST} MiB of memory are used to send {MEBIBYTES} MiB"),
                format!("{memory} MiB were used"),
            ))
        },
    ),
    Check::should(
        "AC-3/2",
        "- as the file is standard input",
        "A file may come from another program",
        |trial| {
            let file = random_file(trial, 2 * MEBIBYTE..=3 * MEBIBYTE);
            let listener = trial.listen()?;
            let from_pipe = Input::Bytes(file.clone());
            trial.start(&arguments(listener.port(), "-"), from_pipe)?;
            let server = trial.accept(&listener)?;
            expect_exchange(trial, server, &file)
        },
    )
    .needs(&["AC-1", "AC-1/4"]),
    Check::should(
        "AC-5",
        "nothing is printed when all goes well and there is no terminal",
        "Progress is shown to people, and is not in the way of scripts",
        |trial| {
            success(trial)?;
            let process = trial.process()?;
            for printed in [process.stdout(), process.stderr()] {
                if !printed.is_empty() {
                    return Err(Problem::broken("nothing is printed", shown(&printed)));
                }
            }
            Ok(())
        },
    )
    .needs(&["AC-1", "AC-1/4", "AC-1/6"]),
];
