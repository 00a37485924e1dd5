//! All checks, in the order of the specification.

use super::{command_line, connections, shutdown, transformations, wire};
use crate::Check;

pub(super) const CHECKS: &[Check] = &[
    // Wire
    Check::must(
        "T-1",
        "a request is read, and its response is framed by its length",
        "Protocol: 5 bits of action and 27 bits of length, then the data; the response is 32 bits \
         of length, then the data",
        wire::request_and_response,
    ),
    Check::must(
        "T-2",
        "lengths of one, two and three bytes are read and written",
        "Protocol: the message length has 27 bits in a request and 32 bits in a response",
        wire::lengths,
    ),
    Check::must(
        "T-3",
        "each of the five actions has its number",
        "Protocol, the same as for TCP Client v3: uppercase 0x01, lowercase 0x02, reverse 0x04, \
         shuffle 0x08, random 0x10",
        wire::every_action,
    ),
    Check::must(
        "T-4",
        "requests that come together are answered each, in their order",
        "Protocol: binary header and pipelining, as in TCP Client v3",
        wire::pipelined,
    ),
    Check::must(
        "T-5",
        "an unexpected action is answered with \"error\", framed as every response",
        "Requirements: return \"error\" (with the appropriate header) if an error occurs when \
         processing a request, such as an invalid action",
        wire::reserved_action,
    ),
    Check::must(
        "T-5/2",
        "the request behind an unexpected action is answered",
        "Protocol: requests are pipelined, and each one brings the data that its length announces",
        wire::after_reserved_action,
    ),
    Check::must(
        "T-5/3",
        "all 27 other numbers are unexpected actions, with data and without",
        "Protocol: if an unexpected action is encountered, then the message \"error\" should be \
         returned",
        wire::all_reserved_actions,
    ),
    Check::should(
        "T-6",
        "a message that is not UTF-8 is answered with \"error\", and the next one as usual",
        "Protocol: if a request is malformed, then the message \"error\" should be returned",
        wire::not_utf_8,
    ),
    Check::should(
        "T-6/2",
        "a request that the client ends in the middle is answered with \"error\"",
        "Protocol: if a request is malformed, then the message \"error\" should be returned",
        wire::cut_off,
    ),
    Check::must(
        "T-7",
        "missing data is waited for",
        "Requirements: if a client does not send enough data, your server is allowed to block \
         waiting for the remaining bytes",
        wire::missing_data,
    ),
    Check::should(
        "T-8",
        "a client that ends between requests gets no further response, and its connection ends",
        "Command-line Interface: once it has handled one client, it will wait for another",
        wire::clean_close,
    ),
    Check::should(
        "T-8/2",
        "a client that breaks its connection inside a request ends nothing else",
        "Command-line Interface: the server is designed to block forever",
        wire::reset_inside_request,
    ),
    Check::should(
        "T-8/3",
        "a response that cannot be delivered ends nothing else",
        "Command-line Interface: the server is designed to block forever",
        wire::undeliverable_response,
    ),
    // Transformations
    Check::must(
        "T-9",
        "uppercase and lowercase change the letters and nothing else",
        "Protocol: the server transforms the message",
        transformations::ascii_case,
    ),
    Check::should(
        "T-9/2",
        "uppercase and lowercase know the letters of Unicode, and the length is the new one",
        "Protocol: the server transforms the message, which is UTF-8",
        transformations::unicode_case,
    ),
    Check::must(
        "T-10",
        "reverse turns the message around",
        "Protocol: the server transforms the message",
        transformations::ascii_reverse,
    ),
    Check::should(
        "T-10/2",
        "reverse leaves characters of several bytes whole",
        "Protocol: the server transforms the message, which is UTF-8",
        transformations::unicode_reverse,
    ),
    Check::must(
        "T-11",
        "shuffle keeps every character of the message",
        "Protocol: the server transforms the message",
        transformations::shuffle_keeps_all,
    ),
    Check::must(
        "T-11/2",
        "shuffle changes the order",
        "Protocol: the server transforms the message",
        transformations::shuffle_moves,
    ),
    Check::should(
        "T-11/3",
        "shuffle makes every order equally often",
        "Protocol: the server transforms the message",
        transformations::shuffle_is_uniform,
    ),
    Check::should(
        "T-11/4",
        "shuffle leaves characters of several bytes whole",
        "Protocol: the server transforms the message, which is UTF-8",
        transformations::unicode_shuffle,
    ),
    Check::must(
        "T-12",
        "random drops and repeats characters in their order",
        "TCP Client v3: random drops some characters and repeats some",
        transformations::random_keeps_order,
    ),
    Check::must(
        "T-12/2",
        "random drops a sixth of the characters, and repeats a twelfth of those it keeps",
        "TCP Client v3: a character is dropped with probability 1/6; one that is kept is, with \
         probability 1/6, written as often as a Pareto number of shape 1 says, rounded down",
        transformations::random_rates,
    ),
    Check::must(
        "T-12/3",
        "random never leaves nothing of a message",
        "TCP Client v3: if nothing is left, the result is the first character",
        transformations::random_leaves_something,
    ),
    Check::should(
        "T-12/4",
        "random leaves characters of several bytes whole",
        "Protocol: the server transforms the message, which is UTF-8",
        transformations::unicode_random,
    ),
    Check::should(
        "T-13",
        "random makes at most 4 n + 64 characters of n",
        "Requirements: your server must handle any request size (a Pareto number of shape 1 has no \
         mean: without a bound a short request may have a response without end)",
        transformations::random_is_bounded,
    ),
    Check::should(
        "T-14",
        "an empty message has an empty response, whatever the action",
        "Requirements: your server must handle any request size",
        transformations::empty_messages,
    ),
    // Connections
    Check::must(
        "T-15",
        "it can be started again right after a client was connected",
        "Requirements: you must set the SO_REUSEADDR option on the server socket",
        connections::restart,
    ),
    Check::should(
        "T-15/2",
        "it listens on all interfaces",
        "Protocol: for this lab, you can bind to all interfaces",
        connections::all_interfaces,
    ),
    Check::must(
        "T-16",
        "one client is served after another",
        "Command-line Interface: once it has handled one client, it will wait for another client \
         to connect",
        connections::one_after_another,
    ),
    Check::should(
        "T-16/2",
        "a client that is silent delays nobody",
        "Requirements: your server does not need to support concurrent clients",
        connections::side_by_side,
    ),
    Check::must(
        "T-17",
        "a request of 4 MiB is answered",
        "Requirements: your server must handle any request size",
        connections::large_request,
    ),
    Check::should(
        "T-17/2",
        "a request of more than 16 MiB, whose length needs the 25th bit, is answered",
        "Requirements: your server must handle any request size; the length has 27 bits",
        connections::very_large_request,
    ),
    Check::should(
        "T-18",
        "a client may send 24 MiB of requests before it reads a response",
        "Protocol: pipelining",
        connections::everything_sent_before_anything_is_read,
    )
    .waits(10),
    Check::must(
        "T-19",
        "SIGINT is caught, and ends it",
        "Command-line Interface: your server must catch this signal and properly shutdown",
        shutdown::interrupt,
    ),
    Check::should(
        "T-19/2",
        "after SIGINT the exit status is 0",
        "Command-line Interface: your server must catch this signal and properly shutdown",
        shutdown::interrupt_status,
    ),
    Check::should(
        "T-19/3",
        "SIGTERM ends it with status 0 too",
        "Requirements: properly shutdown the server when a signal is sent to your process",
        shutdown::terminate,
    ),
    Check::should(
        "T-19/4",
        "a response that is being sent when the signal comes is sent to its end",
        "Requirements: if your server is in the middle of sending to a client, you can let that \
         finish before stopping",
        shutdown::response_is_finished,
    ),
    // Command line
    Check::must(
        "T-20",
        "--help prints the usage with its three options on standard output",
        "Usage: options --help, -v or --verbose, --port PORT or -p PORT",
        command_line::help,
    ),
    Check::should(
        "T-20/2",
        "the usage is the assignment's, word for word, with status 0",
        "Usage: as printed in the requirements",
        command_line::help_text,
    ),
    Check::must(
        "T-20/3",
        "without a port it listens on 8083",
        "Requirements: the default port must be 8083",
        command_line::default_port,
    ),
    Check::must(
        "T-20/4",
        "--port and --verbose are the long forms",
        "Usage: options -v or --verbose, --port PORT or -p PORT",
        command_line::long_options,
    ),
    Check::must(
        "T-21",
        "nothing is printed on standard output",
        "Command-line Interface: your program will generally print nothing to stdout; the only \
         exception is the help",
        command_line::nothing_on_stdout,
    ),
    Check::must(
        "T-21/2",
        "an error is printed on standard error",
        "Command-line Interface: your program must print to stderr any errors while running the \
         server",
        command_line::errors_on_stderr,
    ),
    Check::must(
        "T-21/3",
        "when verbose, it logs on standard error",
        "Command-line Interface: your program must print to stderr log messages, if the verbose \
         flag is set",
        command_line::verbose_logs,
    ),
    Check::must(
        "T-21/4",
        "when not verbose, it logs nothing",
        "Command-line Interface: log messages only if the verbose flag is set",
        command_line::quiet,
    ),
    Check::should(
        "T-22",
        "the log names each client's address and each request's length",
        "Logging: use logging to understand the flow of your program",
        command_line::log_of_a_request,
    ),
    Check::should(
        "T-22/2",
        "with port 0 the system chooses, and the log names the port",
        "Logging: use logging to understand the flow of your program",
        command_line::log_of_the_port,
    ),
    Check::should(
        "T-23",
        "--port=PORT and -pPORT are understood",
        "Usage: options as getopt users write them",
        command_line::joined_options,
    ),
    Check::should(
        "T-23/2",
        "wrong arguments are refused with status 2",
        "Requirements: it accepts no arguments, and three options",
        command_line::wrong_arguments,
    ),
    Check::should(
        "T-23/3",
        "a port in use is named in the error, and the status is 1",
        "Command-line Interface: your program must print to stderr any errors while running the \
         server",
        command_line::port_in_use,
    ),
    // Common to all programs
    Check::should(
        "G-3",
        "--version prints the name and the version",
        "not in the assignment: what users of a command line expect",
        command_line::version,
    ),
    Check::should(
        "G-4",
        "a client that stays connected does not hold up the end for more than a second",
        "Requirements: properly shutdown the server when an interrupt signal is sent",
        shutdown::connected_client,
    ),
    Check::should(
        "G-4/2",
        "nothing that a client sends ends the server",
        "Command-line Interface: the server is designed to block forever",
        wire::garbage,
    ),
    Check::should(
        "G-4/3",
        "it uses no processor time while it waits",
        "Command-line Interface: your server will be designed to block",
        connections::idle,
    )
    .waits(1),
    Check::should(
        "G-5",
        "a request may come one byte at a time",
        "Protocol: TCP has no message boundaries",
        wire::byte_by_byte,
    ),
    Check::should(
        "G-5/2",
        "a small response comes in one piece with its length",
        "not in the assignment: many clients read a small response with one call",
        wire::one_piece,
    ),
    Check::should(
        "G-7",
        "an announced length costs no memory until its data comes",
        "Requirements: your server must handle any request size",
        connections::announced_length,
    ),
    Check::should(
        "G-8",
        "a port that is not a plain decimal number is refused",
        "Usage: --port PORT",
        command_line::wrong_ports,
    ),
    Check::should(
        "G-8/2",
        "a port may have leading zeros",
        "Usage: --port PORT",
        command_line::leading_zeros,
    ),
    Check::should(
        "G-9",
        "after a signal it can be started again at once, though a client was connected",
        "Requirements: you must set the SO_REUSEADDR option on the server socket",
        connections::restart_after_signal,
    ),
];
