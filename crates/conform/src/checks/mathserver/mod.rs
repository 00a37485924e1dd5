//! The math server: it asks each client sums, and gives it the secret when all were right.

mod causes;
mod clients;
mod common;
mod exchange;

use harness::shown;

use super::common::COMMON;
use crate::explore::{self, EXPLORING, Mathserver};
use crate::{Arguments, Assignment, Conversation, Outcome, Problem, Role, Section, Trial};

pub(crate) const ASSIGNMENT: Assignment = Assignment {
    name: "mathserver",
    role: Role::Server {
        visit: |trial, address| {
            let mut client = trial.connect(address)?;
            is_asked(&mut client)?;
            Ok(client)
        },
    },
    arguments: |_, port| Arguments::new().port(port),
    sections: &[
        Section::new("Questions and secret", exchange::CHECKS),
        Section::new("Clients", clients::CHECKS),
        Section::new(COMMON, super::common::SERVER),
        Section::new(COMMON, common::CHECKS),
        Section::new(EXPLORING, &[explore::check::<Mathserver>()]),
    ],
    causes: causes::CAUSES,
    criteria: &[],
};

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

/// What the server sends.
enum Message {
    /// The two numbers.
    Question(u32, u32),
    /// The phrase.
    Secret([u8; 8]),
}

fn receive(client: &mut Conversation) -> Result<Message, Problem> {
    let bytes = client.receive(MESSAGE).map_err(|problem| match problem {
        Problem::Broken { happened, .. } => Problem::broken(A_MESSAGE, happened),
        problem @ Problem::NotJudged(_) => problem,
    })?;
    message(&bytes)
}

const A_MESSAGE: &str = "Q and two numbers of 4 bytes, or S and 8 bytes";

fn message(bytes: &[u8]) -> Result<Message, Problem> {
    match *bytes {
        [b'Q', a, b, c, d, e, f, g, h] => Ok(Message::Question(
            u32::from_be_bytes([a, b, c, d]),
            u32::from_be_bytes([e, f, g, h]),
        )),
        [b'S', a, b, c, d, e, f, g, h] => Ok(Message::Secret([a, b, c, d, e, f, g, h])),
        _ => Err(Problem::broken(A_MESSAGE, shown(bytes))),
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

/// What a client has received that gave only right answers.
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
        match receive(client).map_err(|problem| after(questions.len(), problem))? {
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

/// How many answers were given before.
fn after(answers: usize, problem: Problem) -> Problem {
    match (problem, answers) {
        (Problem::Broken { expected, happened }, 1) => Problem::broken(
            expected,
            format!("{happened}, after the first right answer"),
        ),
        (Problem::Broken { expected, happened }, 2..) => Problem::broken(
            expected,
            format!("{happened}, after {answers} right answers"),
        ),
        (problem, _) => problem,
    }
}
