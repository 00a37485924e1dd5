//! The client of the math server: it adds until it is given the secret.

mod command_line;
mod errors;
mod exchange;

use harness::Input;

use crate::checks::common::{shows_help, shows_version};
use crate::conversation::shown;
use crate::{Arguments, Assignment, Check, Conversation, Outcome, Problem, Role, Trial};

pub(crate) const ASSIGNMENT: Assignment = Assignment {
    name: "lab4",
    role: Role::Client,
    arguments: |port| arguments("127.0.0.1", port),
    checks: CHECKS,
    criteria: &[],
};

const CHECKS: &[Check] = &[
    // Questions
    Check::must(
        "M-1",
        "it connects to the host and port of its arguments, and answers the first question",
        "Overview: your script takes 2 command line arguments, the hostname and the port number; \
         Questions & Answers: as soon as you connect, the server sends you the first question",
        exchange::first_question,
    ),
    Check::must(
        "M-2",
        "the answer is the sum, as 4 bytes in big-endian order",
        "Questions & Answers: Q and two 4-byte big-endian integers; add these integers, then \
         convert the sum into 4 bytes, using big-endianness",
        exchange::sums,
    ),
    Check::must(
        "M-2/2",
        "a sum may need all of the 32 bits",
        "Questions & Answers: 4-byte integers, and the sum is converted into 4 bytes",
        exchange::sums_of_32_bits,
    ),
    Check::should(
        "M-2/3",
        "of a sum that needs more than 32 bits the lower 32 are sent",
        "Questions & Answers: convert the sum into 4 bytes",
        exchange::sums_beyond_32_bits,
    ),
    Check::must(
        "M-3",
        "it answers one question as well as a hundred",
        "Questions & Answers: this process repeats a random number of times",
        exchange::any_number_of_questions,
    ),
    Check::should(
        "M-3/2",
        "it takes the secret when there is no question at all",
        "Questions & Answers: this process repeats a random number of times",
        exchange::no_question,
    ),
    // Secret
    Check::must(
        "M-4",
        "the secret phrase is printed",
        "Secret Phrase: S and an 8-byte secret phrase; print this 8-byte secret phrase",
        exchange::secret,
    ),
    Check::must(
        "M-4/2",
        "what begins with S is the secret phrase, whatever letters are in it",
        "Secret Phrase: it begins with an S byte instead of a Q byte",
        exchange::secret_of_the_letters,
    ),
    Check::should(
        "M-4/3",
        "the 8 bytes and a newline are all that is printed",
        "Secret Phrase: print this 8-byte secret phrase",
        exchange::nothing_but_the_secret,
    ),
    Check::should(
        "M-4/4",
        "a secret phrase that is not text is printed unchanged",
        "Secret Phrase: print this 8-byte secret phrase",
        exchange::secret_of_any_bytes,
    ),
    Check::should(
        "M-4/5",
        "with the secret it closes the connection and ends, though the server does not",
        "Closing the Connection: it is closed as soon as you leave the with-statement",
        exchange::closes_first,
    ),
    // Stream
    Check::must(
        "M-5",
        "a question may arrive in pieces",
        "Questions & Answers: any message the server sends you isn't guaranteed to arrive all at \
         once; you may need to call recv multiple times",
        exchange::question_in_pieces,
    ),
    Check::must(
        "M-5/2",
        "the secret phrase may arrive in pieces",
        "Secret Phrase: receiving it is exactly the same process as receiving a question",
        exchange::secret_in_pieces,
    ),
    Check::should(
        "M-5/3",
        "two messages may arrive together",
        "Background: the stream arrives in order, but has no message boundaries",
        exchange::two_together,
    ),
    // Errors
    Check::should(
        "M-6",
        "a server that closes at once is an error",
        "not in the assignment: what a careful user expects",
        errors::closes_at_once,
    ),
    Check::should(
        "M-6/2",
        "a server that closes after an answer is an error",
        "Questions & Answers: if you get the answer wrong, the server closes the connection early",
        errors::closes_after_an_answer,
    ),
    Check::should(
        "M-6/3",
        "a server that closes inside a message is an error",
        "not in the assignment: what a careful user expects",
        errors::closes_inside_a_message,
    ),
    Check::should(
        "M-6/4",
        "a reset is an error",
        "not in the assignment: what a careful user expects",
        errors::resets,
    ),
    Check::should(
        "M-6/5",
        "a message that begins with neither Q nor S is an error",
        "not in the assignment: what a careful user expects",
        errors::neither_q_nor_s,
    ),
    Check::should(
        "M-6/6",
        "a connection that is refused is an error",
        "not in the assignment: what a careful user expects",
        errors::refused,
    ),
    Check::should(
        "M-6/7",
        "a host that does not exist is an error",
        "not in the assignment: what a careful user expects",
        errors::unknown_host,
    ),
    Check::should(
        "M-7",
        "a connection that does not come about within 10 seconds is an error",
        "not in the assignment: what a careful user expects",
        errors::unanswered_connection,
    )
    .waits(11),
    // Command line
    Check::must(
        "M-8",
        "the host may be a name",
        "Overview: the first argument is the hostname",
        command_line::host_name,
    ),
    Check::must(
        "M-8/2",
        "the host is the one of the argument",
        "Connecting to the Server: do not hardcode HOST and PORT; the autograder will use \
         different values",
        command_line::another_host,
    ),
    Check::should(
        "M-8/3",
        "wrong arguments are refused with status 2",
        "Overview: your script takes 2 command line arguments",
        command_line::wrong_arguments,
    ),
    Check::should(
        "M-9",
        "a thousand questions take no time",
        "not in the assignment: what a careful user expects",
        exchange::a_thousand_questions,
    ),
    // Common to all programs
    Check::should(
        "G-2",
        "the status is 0 when it has the secret",
        "not in the assignment: what scripts expect",
        exchange::status_of_success,
    ),
    Check::should(
        "G-3",
        "--help prints the usage",
        "not in the assignment: what users of a command line expect",
        shows_help,
    ),
    Check::should(
        "G-3/2",
        "--version prints the name and the version",
        "not in the assignment: what users of a command line expect",
        |trial| shows_version(trial, "lab4"),
    ),
    Check::should(
        "G-4",
        "nothing that a server sends makes it crash",
        "not in the assignment: what a careful user expects",
        errors::garbage,
    ),
    Check::should(
        "G-5",
        "an answer comes in one piece",
        "not in the assignment: many servers read a small answer with one call",
        exchange::one_piece,
    ),
    Check::should(
        "G-6",
        "a secret phrase cannot drive the terminal that it is printed on",
        "not in the assignment: the phrase is a stranger's",
        exchange::secret_on_a_terminal,
    ),
    Check::should(
        "G-6/2",
        "an error message cannot drive the terminal either",
        "not in the assignment: what the server sent is a stranger's",
        errors::message_on_a_terminal,
    ),
    Check::should(
        "G-8",
        "a port that is not a plain decimal number is refused",
        "Overview: the second argument is the port number",
        command_line::wrong_ports,
    ),
    Check::should(
        "G-8/2",
        "a port may have leading zeros",
        "Overview: the second argument is the port number",
        command_line::leading_zeros,
    ),
];

/// 2 + 40
const QUESTION: &[u8] = b"Q\0\0\0\x02\0\0\0\x28";
const ANSWER: &[u8] = b"\0\0\0\x2a";

fn arguments(host: &str, port: u16) -> Arguments {
    Arguments::new().host(host).port(port)
}

/// Starts the client, and accepts its connection.
fn start(trial: &mut Trial<'_>) -> Result<Conversation, Problem> {
    let listener = trial.listen()?;
    trial.start(&arguments("127.0.0.1", listener.port()), Input::Null)?;
    trial.accept(&listener)
}

fn asks(server: &mut Conversation) -> Outcome {
    server.send(QUESTION)?;
    server.expect(ANSWER)
}

/// Gives the secret, and sees that the client prints it.
fn gives(trial: &mut Trial<'_>, server: &mut Conversation, secret: &[u8]) -> Outcome {
    server.send(&[b"S", secret].concat())?;
    prints(trial, server, secret)
}

/// Sees that the client has printed the secret that it was sent, at the latest at its end.
fn prints(trial: &mut Trial<'_>, server: &mut Conversation, secret: &[u8]) -> Outcome {
    let timeout = trial.timeout();
    // Some may wait for it. Who does not may be gone already.
    let _ = server.shutdown_write();
    let process = trial.process()?;
    let has_secret = |printed: &[u8]| contains(printed, secret);
    if process.wait_stdout(has_secret, timeout).is_ok() {
        return Ok(());
    }
    let happened = match process.exit() {
        Some(exit) => format!("{}, and it ended with {exit}", shown(&process.stdout())),
        None => format!("{}, and it runs on", shown(&process.stdout())),
    };
    Err(Problem::broken(
        format!("{} on standard output", shown(secret)),
        happened,
    ))
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|part| part == wanted)
}
