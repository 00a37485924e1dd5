//! The client of the accio server, which sends a file.

mod command_line;
mod exchange;
mod limits;

use std::ffi::OsStr;

use crate::checks::common::{shows_help, shows_version};
use crate::{Arguments, Assignment, Check, Role};

pub(super) const ASSIGNMENT: Assignment = Assignment {
    name: "accio",
    role: Role::Client,
    arguments: |port| arguments(port, "/dev/null"),
    checks: CHECKS,
    criteria: &[],
};

/// Sends this file to a server here.
fn arguments(port: u16, file: impl AsRef<OsStr>) -> Arguments {
    Arguments::new().host("127.0.0.1").port(port).file(file)
}

const CHECKS: &[Check] = &[
    Check::must(
        "AC-1",
        "each accio command is answered with its confirmation",
        "Accio client: accio\\r\\n is answered with confirm-accio\\r\\n, and the second one with \
         confirm-accio-again\\r\\n\\r\\n",
        exchange::confirmations,
    ),
    Check::must(
        "AC-1/2",
        "a command is answered when it is complete, in however many pieces it comes",
        "Accio client: it waits for the full accio\\r\\n command",
        exchange::command_in_pieces,
    ),
    Check::must(
        "AC-1/3",
        "nothing is sent between the first confirmation and the second command",
        "Accio client: it waits for two full commands before it sends any of the file",
        exchange::waits_for_second_command,
    ),
    Check::must(
        "AC-1/4",
        "a small binary file is sent as it is, and the connection is closed",
        "Accio client: after the second confirmation it sends the file and closes",
        exchange::small_file,
    ),
    Check::must(
        "AC-1/5",
        "10 MiB arrive whole at a server that reads late",
        "Accio client: it sends all of the file",
        exchange::large_file_is_read_late,
    ),
    Check::must(
        "AC-1/6",
        "the exit status is 0 when the file was sent",
        "Accio client: exit status 0 when everything was sent and the connection closed",
        exchange::success,
    ),
    Check::must(
        "AC-2",
        "an unknown host is an error",
        "Accio client: every error is a message on standard error that starts with ERROR:, and a \
         non-zero exit status",
        command_line::unknown_host,
    )
    // Where no name server answers, it takes long to find out.
    .waits(5),
    Check::must(
        "AC-2/2",
        "an incorrect port is an error",
        "Accio client: every error is a message on standard error that starts with ERROR:, and a \
         non-zero exit status",
        command_line::incorrect_port,
    ),
    Check::must(
        "AC-2/3",
        "a refused connection is an error",
        "Accio client: every error is a message on standard error that starts with ERROR:, and a \
         non-zero exit status",
        command_line::refused,
    ),
    Check::must(
        "AC-2/4",
        "a file that cannot be read is an error",
        "Accio client: every error is a message on standard error that starts with ERROR:, and a \
         non-zero exit status",
        command_line::no_such_file,
    ),
    Check::must(
        "AC-2/5",
        "it gives up after 10 seconds if its connection is not answered",
        "Accio client: 10 seconds without a connection are an error",
        limits::no_connection,
    )
    .waits(10),
    Check::must(
        "AC-2/6",
        "it gives up after 10 seconds without the first command",
        "Accio client: 10 seconds without the command are an error",
        limits::no_first_command,
    )
    .waits(10),
    Check::must(
        "AC-2/7",
        "it gives up after 10 seconds without the second command",
        "Accio client: 10 seconds without the command are an error",
        limits::no_second_command,
    )
    .waits(10),
    Check::must(
        "AC-2/8",
        "it gives up after 10 seconds in which nothing of the file is taken",
        "Accio client: 10 seconds without progress in sending are an error",
        limits::nothing_is_taken,
    )
    .waits(10),
    Check::should(
        "AC-2/9",
        "each command has to come whole within 10 seconds",
        "Accio client: the limit is one for the whole command, however its bytes come",
        limits::command_comes_too_slowly,
    )
    .waits(10),
    Check::should(
        "AC-2/10",
        "a server that takes a little of the file now and then is not given up",
        "Accio client: the error is that nothing is taken for 10 seconds, however long it takes \
         in all",
        limits::slow_server,
    )
    .waits(16),
    Check::should(
        "AC-2/11",
        "a server that says something else is an error",
        "Nothing that does not speak accio is sent a file",
        exchange::no_accio_server,
    ),
    Check::should(
        "AC-2/12",
        "a server that closes before the second command is an error",
        "Exit status 0 says that the file was sent",
        exchange::server_closes_early,
    ),
    Check::should(
        "AC-2/13",
        "a reset in the file is an error",
        "Exit status 0 says that everything was accepted and the connection closed cleanly",
        exchange::reset_in_file,
    ),
    Check::should(
        "AC-2/14",
        "an argument too few and one too many are errors",
        "Accio client: the command line is accio HOST PORT FILE",
        command_line::wrong_number_of_arguments,
    ),
    Check::must(
        "AC-3",
        "the file is never whole in memory",
        "Accio client: files that do not fit in memory are sent too",
        exchange::memory_does_not_grow,
    ),
    Check::should(
        "AC-3/2",
        "- as the file is standard input",
        "A file may come from another program",
        exchange::standard_input,
    ),
    Check::should(
        "AC-5",
        "nothing is printed when all goes well and there is no terminal",
        "Progress is shown to people, and is not in the way of scripts",
        exchange::says_nothing,
    ),
    Check::should(
        "G-3",
        "--help prints the usage",
        "A program tells how it is used",
        shows_help,
    ),
    Check::should(
        "G-3/2",
        "--version prints name and version",
        "A program tells which one it is",
        |trial| shows_version(trial, ASSIGNMENT.name),
    ),
    Check::should(
        "G-5",
        "both commands at once are the same",
        "A connection is a stream: the second command may come together with the first",
        exchange::both_commands_at_once,
    ),
    Check::should(
        "G-8",
        "a port is plain digits",
        "A sign, a blank, a point, another base and other scripts are errors",
        command_line::digits_and_nothing_else,
    ),
    Check::should(
        "G-10",
        "a host is found by its name, at any of its addresses",
        "localhost may be ::1 first, where nobody listens",
        exchange::host_name,
    ),
];
