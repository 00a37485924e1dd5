//! The client of the text-transformation server: the requests of a file, pipelined.

mod command_line;
mod errors;
mod requests;
mod responses;

use harness::Exit;

use crate::conversation::shown;
use crate::{Arguments, Assignment, Check, Conversation, Outcome, Problem, Role, Trial};

pub(crate) const ASSIGNMENT: Assignment = Assignment {
    name: "tcp_client",
    role: Role::Client,
    arguments: |port| arguments(port).file("-"),
    checks: CHECKS,
    criteria: &[],
};

const CHECKS: &[Check] = &[
    // Requests and responses
    Check::must(
        "TC-1",
        "each line of the file becomes a request to the host and port of the options",
        "TCP Client v3: FILE holds one request a line, ACTION MESSAGE; a request is 5 bits of \
         action and 27 bits of length, then the message",
        requests::every_action,
    ),
    Check::must(
        "TC-1/2",
        "- as the file is standard input",
        "TCP Client v3: FILE may be - to read from standard input",
        requests::standard_input,
    ),
    Check::must(
        "TC-1/3",
        "the message is all that follows the first space",
        "TCP Client v3: ACTION MESSAGE",
        requests::spaces_in_message,
    ),
    Check::must(
        "TC-1/4",
        "a message of 70,000 bytes is sent, with its length in 27 bits",
        "TCP Client v3: the message length has 27 bits",
        requests::long_message,
    ),
    Check::must(
        "TC-1/5",
        "--host, --port and --verbose are the long forms",
        "TCP Client v3, Usage: [--help] [-v] [-h HOST] [-p PORT] FILE",
        requests::long_options,
    ),
    Check::must(
        "TC-1/6",
        "without a host it connects to localhost",
        "TCP Client v3: the default host is localhost",
        requests::default_host,
    ),
    Check::should(
        "TC-1/7",
        "without a port it connects to 8083",
        "the default port of the server",
        requests::default_port,
    ),
    Check::should(
        "TC-1/8",
        "the length of a message is that of its bytes",
        "TCP Client v3: the message length is followed by so much data, which is UTF-8",
        requests::bytes_not_characters,
    ),
    Check::should(
        "TC-1/9",
        "lines may end with CRLF, the last one with nothing, and a message may be empty",
        "TCP Client v3: FILE holds one request a line",
        requests::line_ends,
    ),
    Check::must(
        "TC-1/10",
        "--help prints the usage with its options on standard output",
        "TCP Client v3, Usage: [--help] [-v] [-h HOST] [-p PORT] FILE",
        command_line::help,
    ),
    Check::must(
        "TC-2",
        "all requests are sent without waiting, and each response is printed on a line, in order",
        "TCP Client v3: requests are pipelined on one connection; each response is printed on its \
         own line",
        responses::pipelined,
    ),
    Check::must(
        "TC-2/2",
        "a response of 70,000 bytes is printed whole",
        "Protocol: 32 bits of length, then the data",
        responses::long_response,
    ),
    Check::must(
        "TC-2/3",
        "\"error\" is printed as every response",
        "Protocol: the message \"error\" is returned, with the appropriate header",
        responses::error_response,
    ),
    Check::should(
        "TC-2/4",
        "an empty response is an empty line",
        "TCP Client v3: each response is printed on its own line",
        responses::empty_response,
    ),
    Check::should(
        "TC-2/5",
        "each response is printed as it arrives",
        "TCP Client v3: each response is printed as it arrives",
        responses::printed_as_they_arrive,
    ),
    Check::should(
        "TC-2/6",
        "lines that come slowly are sent as they come",
        "TCP Client v3: tail -f log | tcp_client - shows the responses as lines come",
        responses::sent_as_they_come,
    ),
    Check::should(
        "TC-2/7",
        "it receives while it sends, so that a file of any size works",
        "TCP Client v3: reading and writing overlap",
        responses::received_while_sending,
    )
    .waits(10),
    // Errors
    Check::should(
        "TC-3",
        "empty lines are skipped",
        "not in the assignment: what a careful user expects",
        errors::empty_lines,
    ),
    Check::should(
        "TC-3/2",
        "an unknown action is reported with its line, the others are sent, and the status is 1",
        "not in the assignment: what a careful user expects",
        errors::unknown_action,
    ),
    Check::should(
        "TC-3/3",
        "a line without a space is reported with its line, and the others are sent",
        "not in the assignment: what a careful user expects",
        errors::no_space,
    ),
    Check::should(
        "TC-4",
        "a connection that is refused is an error",
        "not in the assignment: what a careful user expects",
        errors::refused,
    ),
    Check::should(
        "TC-4/2",
        "a host that does not exist is an error",
        "not in the assignment: what a careful user expects",
        errors::unknown_host,
    ),
    Check::should(
        "TC-4/3",
        "a server that closes before it has answered is an error",
        "not in the assignment: what a careful user expects",
        errors::closes_early,
    ),
    Check::should(
        "TC-4/4",
        "a response that is cut off is an error",
        "not in the assignment: what a careful user expects",
        errors::cut_off,
    ),
    Check::should(
        "TC-4/5",
        "a file that does not exist is an error",
        "not in the assignment: what a careful user expects",
        errors::no_such_file,
    ),
    // Common to all programs
    Check::should(
        "G-2",
        "the status is 0 when all went well",
        "not in the assignment: what scripts expect",
        responses::status_of_success,
    ),
    Check::should(
        "G-2/2",
        "wrong arguments are refused with status 2",
        "TCP Client v3, Usage: [--help] [-v] [-h HOST] [-p PORT] FILE",
        command_line::wrong_arguments,
    ),
    Check::should(
        "G-3",
        "--version prints the name and the version",
        "not in the assignment: what users of a command line expect",
        command_line::version,
    ),
    Check::should(
        "G-4",
        "nothing that a server answers makes it crash",
        "not in the assignment: what a careful user expects",
        errors::garbage,
    ),
    Check::should(
        "G-5",
        "responses may come one byte at a time",
        "Protocol: TCP has no message boundaries",
        responses::byte_by_byte,
    ),
    Check::should(
        "G-7",
        "an announced length costs no memory until its data comes",
        "not in the assignment: the length is a stranger's until the data has come",
        errors::announced_length,
    ),
    Check::should(
        "G-8",
        "a port that is not a plain decimal number is refused",
        "TCP Client v3, Usage: [-p PORT]",
        command_line::wrong_ports,
    ),
];

/// The options that lead to the checker; the file is missing.
fn arguments(port: u16) -> Arguments {
    Arguments::new()
        .host_option("-h", "127.0.0.1")
        .port_option("-p", port)
}

/// 32 bits of length, then the data.
fn response(data: &[u8]) -> Vec<u8> {
    [&(data.len() as u32).to_be_bytes(), data].concat()
}

/// Starts the client with a file of these lines, and accepts its connection.
fn start(trial: &mut Trial<'_>, lines: &[u8]) -> Result<Conversation, Problem> {
    start_with(trial, lines, arguments)
}

/// How many bytes of its output are kept: more than any check here sends.
const KEPT_OUTPUT: usize = 32 << 20;

/// The same, with other options.
fn start_with(
    trial: &mut Trial<'_>,
    lines: &[u8],
    options: fn(u16) -> Arguments,
) -> Result<Conversation, Problem> {
    let listener = trial.listen()?;
    let file = trial.file(lines)?;
    let arguments = options(listener.port()).file(file);
    trial.start_as(&arguments, |program| program.keep(KEPT_OUTPUT))?;
    trial.accept(&listener)
}

/// When it has all responses, the client leaves, or it has said already that it sends no more and
/// waits for this end to leave. Then it ends.
fn finish(trial: &mut Trial<'_>, mut server: Conversation) -> Result<Exit, Problem> {
    let timeout = trial.timeout();
    server.expect_gone()?;
    drop(server);
    Ok(trial.process()?.wait_exit(timeout)?)
}

/// Lets the client finish, and looks what it has printed.
fn prints(trial: &mut Trial<'_>, server: Conversation, lines: &[u8]) -> Outcome {
    finish(trial, server)?;
    has_printed(trial, lines)
}

fn has_printed(trial: &mut Trial<'_>, lines: &[u8]) -> Outcome {
    let printed = trial.process()?.stdout();
    if printed == lines {
        return Ok(());
    }
    Err(Problem::broken(
        format!("{} on standard output", shown(lines)),
        shown(&printed),
    ))
}
