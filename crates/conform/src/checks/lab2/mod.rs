//! The client of the pickle server.

mod command_line;
mod errors;
mod exchange;
mod late;

use harness::{Input, Program};

use crate::checks::common::{shows_help, shows_version};
use crate::checks::pickle::Pickles;
use crate::{Arguments, Assignment, Check, Problem, Role, Trial};

pub(crate) const ASSIGNMENT: Assignment = Assignment {
    name: "lab2",
    role: Role::Client,
    arguments,
    checks: CHECKS,
    criteria: &[],
};

const NOT_IN_IT: &str = "not in the assignment: what a careful user expects";
const HOSTILE: &str = "not in the assignment: a pickle is a program, and the server chooses it";

const CHECKS: &[Check] = &[
    // The exchange
    Check::must(
        "PC-1",
        "the student's data is sent as a pickled dictionary, after the id has come",
        "the course's client: it receives its id, and sends the dictionary of student_name, \
         github_username and sid",
        exchange::student,
    ),
    Check::must(
        "PC-1/2",
        "the id is printed",
        "the course's client: Client id N assigned by server",
        exchange::id_is_printed,
    ),
    Check::must(
        "PC-1/3",
        "the reply is printed",
        "the course's client: it prints the server's reply",
        exchange::reply_is_printed,
    ),
    Check::must(
        "PC-1/4",
        "it ends after the reply",
        "the course's client: it sends its data once",
        exchange::ends,
    ),
    Check::must(
        "PC-1/5",
        "the reply may be 1",
        "the course's servers: one of them replies with a pickled 1",
        exchange::reply_is_1,
    ),
    Check::must(
        "PC-1/6",
        "the reply may be a dictionary",
        "the course's servers: one of them replies with a pickled dictionary",
        exchange::reply_is_dictionary,
    ),
    Check::must(
        "PC-1/7",
        "the id may be an integer alone",
        "the course's servers: one of them sends the id without a dictionary",
        exchange::id_is_bare,
    ),
    Check::must(
        "PC-1/8",
        "without options it connects to 127.0.0.1, port 12000",
        "the course's client: host 127.0.0.1, port 12000",
        command_line::default_address,
    ),
    Check::should(
        "PC-1/9",
        "the sid is sent as an integer if it is one, and as a text if not",
        "the course's client: the sid is a number",
        exchange::kind_of_sid,
    ),
    Check::should(
        "PC-1/10",
        "nothing is sent before the id has come",
        "the course's client: it receives its id first",
        exchange::waits_for_id,
    ),
    Check::should(
        "PC-1/11",
        "the id and the reply are all that is printed, the reply bare if it is a text",
        "the course's client: it prints its id and the reply",
        exchange::two_lines,
    ),
    Check::should(
        "PC-1/12",
        "options may stand behind, and be joined with =",
        NOT_IN_IT,
        command_line::options_everywhere,
    ),
    Check::should(
        "PC-1/13",
        "a server that sends no id is an error after 10 seconds",
        NOT_IN_IT,
        late::no_id,
    )
    .waits(10),
    Check::should(
        "PC-1/14",
        "a server that does not reply is an error after 10 seconds",
        NOT_IN_IT,
        late::no_reply,
    )
    .waits(10),
    Check::should(
        "PC-1/15",
        "a reply that comes a byte at a time has 10 seconds in all",
        NOT_IN_IT,
        late::slow_reply,
    )
    .waits(10),
    Check::should(
        "PC-1/16",
        "a server that does not accept is an error after 10 seconds",
        NOT_IN_IT,
        late::not_accepted,
    )
    .waits(10),
    // Errors
    Check::should(
        "PC-2",
        "a connection that is refused is an error",
        NOT_IN_IT,
        errors::refused,
    ),
    Check::should(
        "PC-2/2",
        "a host that does not exist is an error",
        NOT_IN_IT,
        errors::unknown_host,
    ),
    Check::should(
        "PC-2/3",
        "a server that leaves without an id, or within it, is an error",
        NOT_IN_IT,
        errors::leaves_before_id,
    ),
    Check::should(
        "PC-2/4",
        "a server that leaves without a reply, or within it, is an error",
        NOT_IN_IT,
        errors::leaves_before_reply,
    ),
    Check::should(
        "PC-2/5",
        "a server that resets the connection is an error",
        NOT_IN_IT,
        errors::resets,
    ),
    Check::should(
        "PC-2/6",
        "an object that is no id is an error",
        "the course's client: it receives its id first",
        errors::no_id,
    ),
    Check::should(
        "PC-2/7",
        "what is no pickle is an error",
        NOT_IN_IT,
        errors::no_pickle,
    ),
    Check::should(
        "PC-2/8",
        "nothing that a pickle names is called",
        HOSTILE,
        errors::nothing_is_called,
    ),
    Check::should(
        "PC-2/9",
        "a pickle that stands for too much is refused",
        HOSTILE,
        errors::too_much,
    ),
    // Common to all programs
    Check::should(
        "G-1",
        "the id is printed at once, also into a pipe",
        NOT_IN_IT,
        exchange::id_at_once,
    ),
    Check::should(
        "G-2",
        "the status is 0 when all went well",
        "not in the assignment: what scripts expect",
        exchange::status_of_success,
    ),
    Check::should(
        "G-2/2",
        "wrong arguments are refused with status 2",
        "the course's client: lab2 [--host HOST] [--port PORT] STUDENT_NAME GITHUB_USERNAME SID",
        command_line::wrong_arguments,
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
        exchange::byte_by_byte,
    ),
    Check::should(
        "G-5/2",
        "the id and the reply may come together",
        "not in the assignment: TCP has no message boundaries",
        exchange::together,
    ),
    Check::should(
        "G-5/3",
        "the data is sent in one piece",
        "not in the assignment: the course's server receives an object with one recv",
        exchange::one_piece,
    ),
    Check::should(
        "G-6",
        "a reply is escaped on a terminal",
        "not in the assignment: no server can write to the terminal",
        exchange::on_terminal,
    ),
    Check::should(
        "G-6/2",
        "a reply is unchanged in a pipe",
        "not in the assignment: what scripts expect",
        exchange::in_pipe,
    ),
    Check::should(
        "G-8",
        "a port that is not a plain decimal number is refused",
        "the course's client: --port PORT",
        command_line::wrong_ports,
    ),
    Check::should(
        "G-8/2",
        "a port may have leading zeros",
        "the course's client: --port PORT",
        command_line::leading_zeros,
    ),
    Check::should(
        "G-10",
        "a host is found by its name, at any of its addresses",
        "the course's client: --host HOST",
        command_line::host_name,
    ),
];

/// `{'clientid': 51669}`, as Python writes it.
const ID: &[u8] = b"\x80\x04\x95\x12\0\0\0\0\0\0\0}\x94\x8c\x08clientid\x94M\xd5\xc9s.";

/// What the client prints about that id.
const ID_LINE: &str = "Client id 51669 assigned by server";

/// `'server got the data'`, as Python writes it.
const REPLY: &[u8] = b"\x80\x04\x95\x17\0\0\0\0\0\0\0\x8c\x13server got the data\x94.";

/// What the client prints about that reply.
const REPLY_LINE: &str = "server got the data";

/// The arguments that the checks look for in what is sent.
const STUDENT: [&str; 3] = ["Ann Lee", "ann7", "918273645"];

fn arguments(port: u16) -> Arguments {
    let options = Arguments::new()
        .host_option("--host", "127.0.0.1")
        .port_option("--port", port);
    STUDENT.into_iter().fold(options, Arguments::word)
}

/// Starts the client, and accepts its connection.
fn start(trial: &mut Trial<'_>) -> Result<Pickles, Problem> {
    start_as(trial, arguments, |program| program)
}

/// The same, with other arguments or a change to how the program is started.
fn start_as(
    trial: &mut Trial<'_>,
    arguments: impl Fn(u16) -> Arguments,
    change: impl FnOnce(Program) -> Program,
) -> Result<Pickles, Problem> {
    let listener = trial.listen()?;
    let change = |program: Program| change(program.stdin(Input::Null));
    trial.start_as(&arguments(listener.port()), change)?;
    Ok(Pickles::new(trial.accept(&listener)?))
}
