//! The thread that receives answers and prints them.

use std::time::{Duration, Instant};

use cli::{Error, Output, OutputError};
use net::Connection;
use proto::action::Truncated;

use crate::answers::Answers;
use crate::sender::{Progress, SendError};

/// The most that one read receives, and one write prints.
const PIECE: usize = 64 * 1024;

/// While nothing is received, the progress of sending is checked this often. When all answers have
/// come, the client waits as long for the server to close, to see whether it sends more answers.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Prints the answers as they come, until the server closes the connection (TC-2).
///
/// # Errors
/// Not every request was answered (TC-4), or an answer cannot be printed.
pub(crate) fn print_answers(
    connection: &mut Connection,
    output: &Output,
    progress: &Progress,
    timeout: Duration,
) -> Result<(), Error> {
    let mut answers = Answers::new(output.is_terminal());
    let received = receive(connection, output, progress, timeout, &mut answers);
    let (count, requests) = (answers.count(), progress.requests());
    log::debug!("received {count} answers");
    received.map_err(|fault| match fault {
        Fault::Output(error) => error.into(),
        fault => Error::new(format_args!(
            "{} {fault}; {count} answers to {requests} requests came",
            connection.peer()
        )),
    })
}

/// Why not all answers came, or were not printed (TC-4).
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("closed the connection early")]
    ClosedEarly,
    #[error("closed the connection inside an answer: {0}")]
    Truncated(#[from] Truncated),
    #[error("answered more than it was asked")]
    TooManyAnswers,
    #[error("was silent for {} seconds", .0.as_secs())]
    Silent(Duration),
    #[error("broke the connection: {0}")]
    Lost(net::Error),
    #[error(transparent)]
    Output(#[from] OutputError),
}

fn receive(
    connection: &mut Connection,
    output: &Output,
    progress: &Progress,
    timeout: Duration,
    answers: &mut Answers,
) -> Result<(), Fault> {
    let mut buffer = vec![0; PIECE];
    let mut text = Vec::with_capacity(PIECE);
    let interval = POLL_INTERVAL.min(timeout);
    let mut silence = Silence::since_now(progress);
    loop {
        match connection.read(&mut buffer, Some(interval)) {
            Ok(0) => return at_the_end(answers, progress),
            Ok(count) => {
                answers.print(&buffer[..count], &mut text);
                output.bytes(&text)?;
                text.clear();
                if answers.count() > progress.requests() {
                    return Err(Fault::TooManyAnswers);
                }
                silence = Silence::since_now(progress);
            }
            Err(net::Error::TimedOut) if is_complete(answers, progress) => return Ok(()),
            Err(net::Error::TimedOut) => {
                // A server that takes requests is not silent, nor is one that owes nothing: the
                // next line may be hours away.
                let owes = answers.count() < progress.requests() || answers.finish().is_err();
                if !owes || silence.bytes_sent != progress.bytes() {
                    silence = Silence::since_now(progress);
                } else if silence.since.elapsed() >= timeout {
                    return Err(Fault::Silent(timeout));
                }
            }
            Err(error) => return Err(Fault::Lost(error)),
        }
    }
}

/// How long nothing has been received, and what had been sent by then.
struct Silence {
    since: Instant,
    bytes_sent: u64,
}

impl Silence {
    fn since_now(progress: &Progress) -> Self {
        Self {
            since: Instant::now(),
            bytes_sent: progress.bytes(),
        }
    }
}

/// Whether everything that could be read was sent and answered.
fn is_complete(answers: &Answers, progress: &Progress) -> bool {
    matches!(progress.ended(), Some(Ok(()) | Err(SendError::Read(_))))
        && answers.count() == progress.requests()
        && answers.finish().is_ok()
}

/// The server has closed the connection.
fn at_the_end(answers: &Answers, progress: &Progress) -> Result<(), Fault> {
    answers.finish()?;
    // The last answer may come before the end of the file is known here.
    if progress.ended_within(POLL_INTERVAL).is_none() || answers.count() < progress.requests() {
        return Err(Fault::ClosedEarly);
    }
    Ok(())
}
