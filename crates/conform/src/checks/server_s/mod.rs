//! The simplified accio server, which counts the bytes of a file.

mod client;
mod command_line;
mod connections;
mod criteria;
mod errors;
mod exchange;

pub(super) use client::{A_MOMENT, COMMAND, FIRST, LIMIT, SECOND, binary_file};

use harness::Signal;

use crate::checks::common::{shows_help, shows_version};
use crate::{Arguments, Assignment, Check, Role};

pub(super) const ASSIGNMENT: Assignment = Assignment {
    name: "server-s",
    role: Role::Server,
    arguments: |port| Arguments::new().port(port),
    checks: CHECKS,
    criteria: criteria::CRITERIA,
};

const CHECKS: &[Check] = &[
    Check::must(
        "A-1",
        "accio is sent to a client that connects",
        "Introduction: the server accepts a connection and sends the accio\\r\\n command",
        exchange::command_at_accept,
    ),
    Check::must(
        "A-1/2",
        "accio is sent again after the first confirmation, and not before",
        "Introduction: afterwards it receives confirmation and sends the accio\\r\\n command again",
        exchange::second_command_after_confirmation,
    ),
    Check::must(
        "A-1/3",
        "10 MiB that come in delayed pieces are received",
        "Grading: a large amount of data is received from a client with emulated delays",
        exchange::file_over_rough_network_is_received,
    )
    .waits(4),
    Check::must(
        "A-2",
        "500 bytes are received after confirm-accio and confirm-accio-again",
        "Grading: a small amount of data is received; the course's client confirms with \
         confirm-accio\\r\\n and confirm-accio-again\\r\\n\\r\\n",
        exchange::small_file_is_received,
    ),
    Check::must(
        "A-3",
        "the number of 500 received bytes is printed",
        "Introduction: it counts the bytes received, not including the header, and prints them \
         as a single number",
        exchange::small_file_is_counted,
    ),
    Check::must(
        "A-3/2",
        "the number of bytes that came in delayed pieces is printed",
        "Grading: the correct value is printed for a client with emulated delays",
        exchange::file_over_rough_network_is_counted,
    )
    .waits(4),
    Check::should(
        "A-3/3",
        "the number is printed at once, as a line of its own",
        "Approach: the amount of received data is printed just after the connection is \
         terminated; it is not kept in a buffer",
        exchange::number_is_printed_at_once,
    ),
    Check::should(
        "A-3/4",
        "an empty file is counted as 0",
        "Introduction: the number of bytes received is printed, also if it is 0",
        exchange::empty_file_is_counted,
    ),
    Check::must(
        "A-4",
        "a file that looks like a header is counted whole",
        "Introduction: what follows the second confirmation is a binary file, whatever is in it",
        exchange::file_like_header_is_counted,
    ),
    Check::should(
        "A-5",
        "a client that sends everything without waiting is counted correctly",
        "A connection is a stream: what came together with a confirmation is not lost",
        exchange::everything_at_once_is_counted,
    ),
    Check::should(
        "A-5/2",
        "a file that comes together with the second confirmation is counted whole",
        "A connection is a stream: the file begins right behind the second confirmation",
        exchange::file_behind_confirmation_is_counted,
    ),
    Check::should(
        "A-6",
        "a wrong confirmation is an error",
        "The file of a client that does not confirm is not received: ERROR is printed",
        exchange::wrong_confirmation_is_an_error,
    ),
    Check::should(
        "A-6/2",
        "a wrong confirmation is noticed at the first wrong byte",
        "Nothing that follows can make a confirmation right: the server does not wait for it",
        exchange::first_wrong_byte_is_an_error,
    ),
    Check::should(
        "A-6/3",
        "a close before the header is complete is an error",
        "Without both confirmations there is no file, not even an empty one: ERROR is printed",
        exchange::incomplete_header_is_an_error,
    ),
    Check::must(
        "A-7",
        "10 MiB are received",
        "Grading: a large amount of data is received",
        exchange::large_file_is_received,
    ),
    Check::must(
        "A-7/2",
        "the number of bytes of 10 MiB is printed",
        "Grading: the correct value is printed for a large amount of data",
        exchange::large_file_is_counted,
    ),
    Check::must(
        "A-7/3",
        "memory does not grow with the file",
        "Requirements: files of 100 MiB and more that do not fit in memory are accepted, so the \
         length is calculated while they are received",
        exchange::memory_does_not_grow,
    ),
    Check::must(
        "A-8",
        "a client that says nothing is given up after 10 seconds",
        "Requirements: no data for over 10 seconds is an error, and the connection is aborted",
        errors::silence_from_the_start,
    )
    .waits(10),
    Check::must(
        "A-8/2",
        "a client that is silent after the first confirmation is given up after 10 seconds",
        "Requirements: no data for over 10 seconds is an error, and the connection is aborted",
        errors::silence_between_confirmations,
    )
    .waits(10),
    Check::must(
        "A-8/3",
        "a client that is silent in its file is given up after 10 seconds",
        "Requirements: no data for over 10 seconds is an error, and the connection is aborted",
        errors::silence_in_file,
    )
    .waits(10),
    Check::must(
        "A-8/4",
        "a client that sends one byte every 6 seconds is served",
        "Requirements: the error is that no data came for over 10 seconds, however long it takes \
         in all",
        errors::slow_client_is_served,
    )
    .waits(12),
    Check::should(
        "A-8/5",
        "a client that sends one byte every 9 seconds is served",
        "Requirements: the error is that no data came for over 10 seconds, and not for less",
        errors::very_slow_client_is_served,
    )
    .waits(18),
    Check::should(
        "A-8/6",
        "a silent client is given up within 12 seconds",
        "Requirements: over 10 seconds without data are an error; they are measured well",
        errors::silence_is_measured_well,
    )
    .waits(10),
    Check::must(
        "A-9",
        "ERROR is printed in place of the number",
        "Requirements: after 10 seconds without data a single ERROR is written instead of the \
         number of bytes",
        errors::error_in_place_of_number,
    )
    .waits(10),
    Check::should(
        "A-9/2",
        "a reset in the file is the line ERROR, and nothing else",
        "Part of a file is no file: ERROR is written instead of the number of bytes",
        errors::error_after_reset,
    ),
    Check::should(
        "A-9/3",
        "the reason is on standard error, with the client's port",
        "Errors go to standard error, start with ERROR: and name the peer",
        errors::reason_names_the_peer,
    ),
    Check::must(
        "A-10",
        "the next client is served after one that was silent",
        "Grading: another connection is accepted after the first one timed out",
        errors::next_after_silence,
    )
    .waits(10),
    Check::should(
        "A-10/2",
        "the next client is served after a reset",
        "Requirements: one connection is accepted after the other, whatever happened to the first",
        errors::next_after_reset,
    ),
    Check::should(
        "A-10/3",
        "the next client is served after a wrong confirmation",
        "Requirements: one connection is accepted after the other, whatever happened to the first",
        errors::next_after_wrong_confirmation,
    ),
    Check::must(
        "A-12",
        "it listens on all interfaces",
        "Requirements: the listening socket is bound to 0.0.0.0",
        connections::reached_at_another_address,
    ),
    Check::must(
        "A-13",
        "the next client is served when the first has finished",
        "Requirements: multiple connections are accepted and processed sequentially",
        connections::next_after_finished,
    ),
    Check::must(
        "A-13/2",
        "ten clients at once are served one after another",
        "Requirements: of 10 simultaneous connections none is rejected, and only one at a time \
         sees the accio command",
        connections::ten_at_once,
    )
    .waits(5),
    Check::should(
        "A-13/3",
        "ten clients wait while one is served, and all are counted",
        "Requirements: up to 10 connections wait until the one before is done",
        connections::one_and_ten_more,
    )
    .waits(5),
    Check::should(
        "A-14",
        "it can be started again at once",
        "A restart right after clients were connected works (SO_REUSEADDR)",
        connections::restarts_at_once,
    ),
    Check::must(
        "A-15",
        "it accepts connections on the port of its command line",
        "Specification: PORT is the port number on which the server listens",
        command_line::accepts_at_its_port,
    ),
    Check::must(
        "A-15/2",
        "an incorrect port is an error",
        "Requirements: an incorrect port number is a message on standard error that starts with \
         ERROR:, and a non-zero exit status",
        command_line::incorrect_port,
    ),
    Check::should(
        "A-15/3",
        "port 0 and a port in use are errors",
        "Requirements: an incorrect port number is an error; nobody can listen on these",
        command_line::zero_and_taken_port,
    ),
    Check::should(
        "A-15/4",
        "no argument and one too many are errors",
        "Specification: the command line is server-s PORT",
        command_line::wrong_number_of_arguments,
    ),
    Check::must(
        "A-16",
        "SIGINT ends it with status 0",
        "Requirements: the exit code is zero when SIGINT is received",
        |trial| command_line::stops_on(trial, Signal::INT),
    ),
    Check::must(
        "A-16/2",
        "SIGTERM ends it with status 0",
        "Requirements: the exit code is zero when SIGTERM is received",
        |trial| command_line::stops_on(trial, Signal::TERM),
    ),
    Check::must(
        "A-16/3",
        "SIGQUIT ends it with status 0",
        "Requirements: the exit code is zero when SIGQUIT is received",
        |trial| command_line::stops_on(trial, Signal::QUIT),
    ),
    Check::should(
        "A-16/4",
        "each signal ends it in the middle of a transfer, of which nothing is printed",
        "Requirements: the exit code is zero when SIGQUIT, SIGTERM, SIGINT is received, also \
         while a client is served",
        command_line::stops_in_a_transfer,
    ),
    Check::should(
        "A-17",
        "nothing but numbers and ERROR is printed on standard output",
        "Introduction: a single number is printed; whoever reads it is not to search for it",
        command_line::nothing_else_is_printed,
    ),
    Check::should(
        "G-3",
        "--help prints the usage",
        "A program tells how it is used: --help as the only argument",
        shows_help,
    ),
    Check::should(
        "G-3/2",
        "--version prints name and version",
        "A program tells which one it is: --version as the only argument",
        |trial| shows_version(trial, ASSIGNMENT.name),
    ),
    Check::should(
        "G-4",
        "each signal ends it within a second",
        "Whoever stops a server does not wait for it",
        command_line::stops_within_a_second,
    ),
    Check::should(
        "G-4/2",
        "it waits without using the processor",
        "A server that has nothing to do does nothing",
        command_line::waits_without_work,
    ),
    Check::should(
        "G-5",
        "a header that comes byte by byte is the same",
        "A connection is a stream: a confirmation may come in any number of pieces",
        exchange::header_byte_by_byte_is_the_same,
    ),
    Check::should(
        "G-8",
        "a port is plain digits",
        "A sign, a blank, a point, another base and other scripts are errors",
        command_line::digits_and_nothing_else,
    ),
    Check::should(
        "G-8/2",
        "a port may have leading zeros",
        "Plain digits, however many",
        command_line::leading_zeros,
    ),
];
