//! The math server: it asks each client sums, and gives it the secret when all were right.

mod command_line;
mod exam;
mod options;
mod process;

use crate::checks::common::{shows_help, shows_version};
use crate::conversation::shown;
use crate::{Arguments, Assignment, Check, Conversation, Outcome, Problem, Role, Trial};

pub(crate) const ASSIGNMENT: Assignment = Assignment {
    name: "mathserver",
    role: Role::Server,
    arguments,
    checks: CHECKS,
    criteria: &[],
};

const CHECKS: &[Check] = &[
    // Exam
    Check::must(
        "MS-1",
        "a client is asked as soon as it connects",
        "Questions & Answers: as soon as you connect to the server, it sends the first question, \
         Q and two 4-byte integers",
        exam::first_question,
    ),
    Check::must(
        "MS-1/2",
        "whoever answers all questions rightly gets the secret",
        "Questions & Answers: this repeats a random number of times; then the server sends a \
         secret phrase, S and 8 bytes",
        exam::secret,
    ),
    Check::must(
        "MS-1/3",
        "one client is examined after another",
        "Overview: the server asks your script",
        exam::one_after_another,
    ),
    Check::must(
        "MS-1/4",
        "without a port it listens on 8000",
        "Running the script: when running your script locally, use mathserver and 8000",
        command_line::default_port,
    ),
    Check::should(
        "MS-1/5",
        "the connection is closed behind the secret",
        "not in the assignment: what a careful user expects",
        exam::closes_behind_the_secret,
    ),
    Check::should(
        "MS-1/6",
        "--questions says how many questions there are, or that there is none",
        "not in the assignment: what a careful user expects",
        options::questions,
    ),
    Check::should(
        "MS-1/7",
        "--secret says what the secret is",
        "not in the assignment: what a careful user expects",
        options::secret,
    ),
    Check::should(
        "MS-1/8",
        "with --seed the clients are asked the same in every run",
        "not in the assignment: what a careful user expects",
        options::seed,
    ),
    Check::should(
        "MS-1/9",
        "each client has 1 to 20 questions, as many as chance says",
        "Questions & Answers: this question-and-answer process repeats a random number of times",
        options::random_number_of_questions,
    ),
    Check::should(
        "MS-1/10",
        "each client has a secret of its own, of letters and digits",
        "Secret Phrase: an 8-byte secret phrase, to be printed",
        options::random_secret,
    ),
    Check::should(
        "MS-1/11",
        "a line on standard error says where it listens",
        "not in the assignment: what a careful user expects",
        command_line::says_where_it_listens,
    ),
    Check::must(
        "MS-2",
        "a wrong answer ends the connection",
        "Questions & Answers: if you get the answer wrong, the server closes the connection early",
        exam::wrong_answer,
    ),
    Check::must(
        "MS-2/2",
        "a wrong answer ends the connection after right ones too",
        "Questions & Answers: if you get the answer wrong, the server closes the connection early",
        exam::wrong_after_right,
    ),
    Check::must(
        "MS-2/3",
        "the next question comes when the last one is answered",
        "Overview: one at a time, and it waits for your answers before sending the next one",
        exam::one_at_a_time,
    ),
    Check::should(
        "MS-2/4",
        "a connection is closed, not reset, when more comes behind a wrong answer",
        "Questions & Answers: the server closes the connection early",
        exam::closes_in_order,
    ),
    Check::should(
        "MS-3",
        "every sum fits 32 bits",
        "Questions & Answers: convert the sum into 4 bytes",
        options::sums_fit,
    ),
    Check::should(
        "MS-4",
        "clients that are silent delay nobody",
        "not in the assignment: what a careful user expects",
        exam::side_by_side,
    ),
    Check::should(
        "MS-4/2",
        "how each client did is a line on standard output",
        "not in the assignment: what a careful user expects",
        options::outcomes,
    ),
    Check::should(
        "MS-5",
        "--fragment sends the messages in pieces",
        "Questions & Answers: a message isn't guaranteed to arrive all at once",
        options::fragment,
    ),
    // Common to all programs
    Check::should(
        "G-2",
        "wrong arguments are refused with status 2",
        "not in the assignment: what scripts expect",
        command_line::wrong_arguments,
    ),
    Check::should(
        "G-2/2",
        "a port in use is named in the error, and the status is 1",
        "not in the assignment: what scripts expect",
        command_line::port_in_use,
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
        |trial| shows_version(trial, "mathserver"),
    ),
    Check::should(
        "G-4",
        "SIGINT and SIGTERM end it within a second, with status 0",
        "not in the assignment: what a careful user expects",
        process::ends_idle,
    ),
    Check::should(
        "G-4/2",
        "a client that is being examined does not hold up the end",
        "not in the assignment: what a careful user expects",
        process::ends_busy,
    ),
    Check::should(
        "G-4/3",
        "nothing that a client sends ends the server",
        "not in the assignment: what a careful user expects",
        exam::garbage,
    ),
    Check::should(
        "G-4/4",
        "it uses no processor time while it waits",
        "not in the assignment: what a careful user expects",
        process::idle,
    )
    .waits(1),
    Check::should(
        "G-5",
        "an answer may come one byte at a time",
        "Background: the stream may not arrive all at once",
        exam::answer_in_pieces,
    ),
    Check::should(
        "G-5/2",
        "a question comes in one piece",
        "not in the assignment: many clients read a small message with one call",
        exam::one_piece,
    ),
    Check::should(
        "G-8",
        "a port that is not a plain decimal number is refused",
        "not in the assignment: what users of a command line expect",
        command_line::wrong_ports,
    ),
    Check::should(
        "G-8/2",
        "a port may have leading zeros",
        "not in the assignment: what users of a command line expect",
        command_line::leading_zeros,
    ),
    Check::should(
        "G-9",
        "after a signal it can be started again at once, though a client was connected",
        "not in the assignment: what a careful user expects",
        process::restart,
    ),
];

fn arguments(port: u16) -> Arguments {
    Arguments::new().port(port)
}

/// Starts the server and connects to it.
fn connected(trial: &mut Trial<'_>) -> Result<Conversation, Problem> {
    let address = trial.serve()?;
    trial.connect(address)
}

/// The bytes of a message of the server.
const MESSAGE: usize = 9;

/// What the server says.
enum Message {
    /// The two numbers.
    Question(u32, u32),
    /// The phrase.
    Secret([u8; 8]),
}

fn receive(client: &mut Conversation) -> Result<Message, Problem> {
    message(&client.receive(MESSAGE)?)
}

fn message(bytes: &[u8]) -> Result<Message, Problem> {
    match *bytes {
        [b'Q', a, b, c, d, e, f, g, h] => Ok(Message::Question(
            u32::from_be_bytes([a, b, c, d]),
            u32::from_be_bytes([e, f, g, h]),
        )),
        [b'S', a, b, c, d, e, f, g, h] => Ok(Message::Secret([a, b, c, d, e, f, g, h])),
        _ => Err(Problem::broken(
            "Q and two numbers of 4 bytes, or S and 8 bytes",
            shown(bytes),
        )),
    }
}

/// Receives a question, and returns the right answer.
fn is_asked(client: &mut Conversation) -> Result<u32, Problem> {
    match receive(client)? {
        Message::Question(left, right) => Ok(left.wrapping_add(right)),
        Message::Secret(_) => Err(Problem::broken("a question", "the secret")),
    }
}

fn answer(client: &mut Conversation, number: u32) -> Outcome {
    Ok(client.send(&number.to_be_bytes())?)
}

/// What a client has seen that answered everything rightly.
#[derive(PartialEq)]
struct Exam {
    questions: Vec<(u32, u32)>,
    secret: [u8; 8],
}

/// Answers rightly until the secret comes.
fn pass(client: &mut Conversation) -> Result<Exam, Problem> {
    const MOST: usize = 1000;
    let mut questions = Vec::new();
    while questions.len() <= MOST {
        match receive(client)? {
            Message::Secret(secret) => return Ok(Exam { questions, secret }),
            Message::Question(left, right) => {
                questions.push((left, right));
                answer(client, left.wrapping_add(right))?;
            }
        }
    }
    Err(Problem::broken(
        "the secret, after some right answers",
        format!("more than {MOST} questions"),
    ))
}
