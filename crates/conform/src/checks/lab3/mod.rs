//! The pickle server that assigns client ids.

mod client;
mod command_line;
mod connections;
mod errors;
mod hostile;
mod identity;
mod objects;
mod shutdown;

use harness::Signal;

use crate::checks::common::{shows_help, shows_version};
use crate::{Arguments, Assignment, Check, Role};

pub(crate) const ASSIGNMENT: Assignment = Assignment {
    name: "lab3",
    role: Role::Server,
    arguments: |port| Arguments::new().host("127.0.0.1").port(port),
    checks: CHECKS,
    criteria: &[],
};

const NOT_IN_IT: &str = "not in the assignment: what a careful user expects";
const HOSTILE: &str = "not in the assignment: whoever can connect chooses what is unpickled, and a \
                       pickle is a program";

const CHECKS: &[Check] = &[
    // Listening
    Check::should(
        "P-1",
        "without arguments it listens on 127.0.0.1, port 12000",
        "Hint 3: host = \"127.0.0.1\", port = 12000 (another port will do: Testing your program)",
        connections::default_address,
    ),
    Check::must(
        "P-1/2",
        "ten clients may wait while one is served, and are served then",
        "Hint 3: will keep only 10 clients waiting in the server queue",
        connections::ten_wait,
    ),
    Check::should(
        "P-1/3",
        "no more than ten wait",
        "Hint 3: additional requests when the queue is full will be dropped",
        connections::no_more_wait,
    ),
    Check::should(
        "P-1/4",
        "it listens on the host that it is given, and on no other",
        "Hint 3: bind the IP address and the port",
        connections::given_host,
    ),
    Check::should(
        "P-1/5",
        "with port 0 the system chooses, and the line says which",
        "Testing your program: bind a random port to it",
        command_line::port_of_the_system,
    ),
    Check::must(
        "P-2",
        "once it listens it prints where",
        "the course's server: Server listening at HOST/PORT",
        command_line::says_where_it_listens,
    ),
    // Ids
    Check::must(
        "P-3",
        "a client is sent the pickle of {'clientid': N} at once, N being its port",
        "Hints 4 and 5: client_id = addr[1], data = {'clientid': client_id}, sent as soon as the \
         client is accepted",
        identity::told_at_once,
    ),
    Check::must(
        "P-3/2",
        "each client is told its own",
        "Hints 4 and 5: client_id = addr[1]",
        identity::told_each,
    ),
    Check::should(
        "P-3/3",
        "nothing follows the id before the client says something",
        "Hint 5: data sent to the client",
        identity::nothing_else,
    ),
    // Objects
    Check::must(
        "P-4",
        "an object is received, and is not the end of the server",
        "Hint 6: the server receives data and deserializes it; hint 4: it keeps listening for \
         clients",
        objects::received,
    ),
    Check::should(
        "P-4/2",
        "a client may send any number of objects",
        "Hint 6: receiving data; Testing your program: share some data between them",
        objects::many,
    ),
    Check::should(
        "P-4/3",
        "several objects may come together",
        "not in the assignment: TCP has no message boundaries, but a pickle says where it ends",
        objects::together,
    ),
    Check::should(
        "P-4/4",
        "an object may be longer than what is received at once",
        "Hint 6: MAX_ALLOC_MEM = 4096 is what is received at once",
        objects::long,
    ),
    Check::should(
        "P-4/5",
        "every protocol of pickle is understood, from 0 to 5",
        "Hint 6: pickle.loads",
        objects::every_protocol,
    ),
    Check::should(
        "P-4/6",
        "Python from 3.4 on can read what is sent",
        "Hint 5: pickle.dumps; the client's Python may be older than the server's",
        identity::old_protocol,
    ),
    Check::should(
        "P-4/7",
        "what a client sent before it left is printed",
        "Hint 6: do something with the data",
        objects::printed_after_client_left,
    ),
    Check::must(
        "P-5",
        "a student is printed",
        "the course's server: Connected: Student: A, Github Username: B, sid: C",
        objects::student,
    ),
    Check::should(
        "P-5/2",
        "another object is printed as Python shows it, after the client's id",
        "Hint 6: do something with the data",
        objects::shown_as_python_does,
    ),
    Check::should(
        "P-5/3",
        "an object is printed on one line, whatever it holds",
        "Hint 6: do something with the data",
        objects::one_line,
    ),
    Check::must(
        "P-6",
        "an object is acknowledged with a pickle",
        "the course's server: it answers each object with a pickled one",
        objects::acknowledged,
    ),
    Check::should(
        "P-6/2",
        "the acknowledgement is \"server got the data\"",
        "the course's server: server got the data",
        objects::acknowledgement,
    ),
    // Errors
    Check::must(
        "P-7",
        "the next client is served after one that sent no pickle",
        "Important Notes 2: the server must not be stopped when an exception occurs",
        errors::no_pickle,
    ),
    Check::must(
        "P-7/2",
        "the next client is served after one that left at once",
        "Important Notes 1: the server must handle errors and exceptions properly",
        errors::leaves_at_once,
    ),
    Check::must(
        "P-7/3",
        "the next client is served after one that left inside a pickle",
        "Important Notes 1: the server must handle errors and exceptions properly",
        errors::leaves_inside_pickle,
    ),
    Check::must(
        "P-7/4",
        "the next client is served after one that reset its connection",
        "Important Notes 1: the server must handle errors and exceptions properly",
        errors::resets,
    ),
    Check::must(
        "P-7/5",
        "an error is reported on the server's console",
        "Important Notes 2: inform the user about the error in the server console",
        errors::reported,
    ),
    Check::should(
        "P-7/6",
        "an error is reported on standard error, with the client's id",
        "Important Notes 2: inform the user about the error in the server console",
        errors::reported_with_id,
    ),
    Check::should(
        "P-7/7",
        "a client that sends no pickle is closed",
        NOT_IN_IT,
        errors::closed,
    ),
    Check::should(
        "P-7/8",
        "what came before an error is acknowledged",
        NOT_IN_IT,
        errors::acknowledged_before,
    ),
    Check::should(
        "P-8",
        "nothing that a pickle names is called",
        HOSTILE,
        hostile::nothing_is_called,
    ),
    Check::should(
        "P-8/2",
        "a pickle that names a class is refused, and the error says which",
        HOSTILE,
        hostile::class_is_named,
    ),
    Check::should(
        "P-8/3",
        "what Python needs for sets and bytes in old protocols is no such name",
        "Hint 6: pickle.loads; Python writes bytes and sets as calls in the protocols 0 to 2",
        hostile::old_sets_and_bytes,
    ),
    Check::should(
        "P-8/4",
        "bytearray(20000000) is refused",
        HOSTILE,
        hostile::bytearray,
    ),
    Check::should(
        "P-8/5",
        "a list in 200,000 lists is refused",
        HOSTILE,
        hostile::nested,
    ),
    Check::should(
        "P-8/6",
        "130 bytes that stand for 262,144 lists are refused",
        HOSTILE,
        hostile::repeated,
    ),
    Check::should(
        "P-8/7",
        "an integer of 160,000 bits is refused",
        HOSTILE,
        hostile::integer,
    ),
    Check::should(
        "P-8/8",
        "a huge announced length is refused before anything of it comes",
        HOSTILE,
        hostile::announced_length,
    ),
    Check::should(
        "P-8/9",
        "an object of more than 1 MiB is refused",
        HOSTILE,
        hostile::large,
    ),
    Check::should(
        "P-8/10",
        "an object that contains itself is refused",
        HOSTILE,
        hostile::recursive,
    ),
    Check::should(
        "P-8/11",
        "all of that takes no more than 16 MiB",
        HOSTILE,
        hostile::memory,
    ),
    Check::should(
        "P-9",
        "plain data of every kind is accepted",
        "Hint 6: pickle.loads",
        objects::every_kind,
    ),
    Check::should(
        "P-9/2",
        "an integer of 100,000 bits is accepted, and printed whole",
        "Hint 6: pickle.loads",
        objects::long_integer,
    ),
    // Clients
    Check::must(
        "P-10",
        "one client is served after another",
        "Hint 4: it needs to keep listening for clients' requests; Important Notes 3: only one \
         client at a time",
        connections::one_after_another,
    ),
    Check::should(
        "P-10/2",
        "a client that is silent delays nobody",
        "Testing your program: it is OK if your server does not support multiple connections",
        connections::side_by_side,
    ),
    Check::should(
        "P-10/3",
        "a client may send 200,000 objects before it reads an acknowledgement",
        NOT_IN_IT,
        connections::everything_sent_before_anything_is_read,
    )
    .waits(10),
    Check::should(
        "P-11",
        "SIGINT ends it within a second, with status 0",
        NOT_IN_IT,
        |trial| shutdown::ends(trial, Signal::INT),
    ),
    Check::should("P-11/2", "SIGTERM does the same", NOT_IN_IT, |trial| {
        shutdown::ends(trial, Signal::TERM)
    }),
    // Common to all programs
    Check::should(
        "G-1",
        "a line is printed at once, also into a pipe",
        NOT_IN_IT,
        objects::printed_at_once,
    ),
    Check::should(
        "G-2",
        "wrong arguments are refused with status 2",
        NOT_IN_IT,
        command_line::wrong_arguments,
    ),
    Check::should(
        "G-2/2",
        "a port in use is named in the error, and the status is 1",
        "Important Notes 1: the server must handle errors and exceptions properly",
        command_line::port_in_use,
    ),
    Check::should(
        "G-2/3",
        "a host that is no address of this machine is an error, and the status is 1",
        "Important Notes 1: the server must handle errors and exceptions properly",
        command_line::foreign_host,
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
        shutdown::connected_client,
    ),
    Check::should(
        "G-4/2",
        "it uses no processor time while it waits",
        "Hint 4: accept is a blocking method",
        connections::idle,
    )
    .waits(1),
    Check::should(
        "G-5",
        "an object may come one byte at a time",
        "not in the assignment: TCP has no message boundaries",
        objects::byte_by_byte,
    ),
    Check::should(
        "G-5/2",
        "the id comes in one piece",
        "not in the assignment: many clients receive an object with one recv",
        identity::one_piece,
    ),
    Check::should(
        "G-6",
        "no client can write to the terminal, or forge a line",
        NOT_IN_IT,
        objects::escaped,
    ),
    Check::should(
        "G-8",
        "a port that is not a plain decimal number is refused",
        NOT_IN_IT,
        command_line::wrong_ports,
    ),
    Check::should(
        "G-8/2",
        "a port may have leading zeros",
        NOT_IN_IT,
        command_line::leading_zeros,
    ),
    Check::should(
        "G-9",
        "it can be started again right after a client was connected",
        NOT_IN_IT,
        shutdown::restart,
    ),
];
