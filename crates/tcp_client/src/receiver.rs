//! The thread that receives answers and prints them.

use std::time::Duration;

use cli::Output;
use net::Connection;

use crate::answers::Answers;
use crate::error::{Error, ServerError};
use crate::sender::Progress;

/// The most that is received, and printed, at once.
const PIECE: usize = 64 * 1024;

/// When all answers have come, a server that does not close is waited for no longer than this, to
/// see whether it has more to say than it was asked.
const FOR_THE_CLOSE: Duration = Duration::from_secs(1);

/// Prints the answers as they come, until the server closes the connection (TC-2).
///
/// # Errors
/// [`Error::Server`] unless every request was answered (TC-4); [`Error::Output`] when an answer
/// cannot be printed.
pub(crate) fn print_answers(
    connection: &mut Connection,
    output: &Output,
    progress: &Progress,
    patience: Duration,
) -> Result<(), Error> {
    let mut answers = Answers::new(output.is_terminal());
    let received = receive(connection, output, progress, patience, &mut answers)?;
    let (count, requests) = (answers.count(), progress.requests());
    log::debug!("received {count} answers");
    received.map_err(|error| Error::Server {
        server: connection.peer(),
        error,
        answers: count,
        requests,
    })
}

fn receive(
    connection: &mut Connection,
    output: &Output,
    progress: &Progress,
    patience: Duration,
    answers: &mut Answers,
) -> Result<Result<(), ServerError>, Error> {
    let mut buffer = vec![0; PIECE];
    let mut text = Vec::with_capacity(PIECE);
    loop {
        let octets_sent = progress.octets();
        let complete = is_complete(answers, progress);
        let wait = if complete {
            FOR_THE_CLOSE.min(patience)
        } else {
            patience
        };
        match connection.read(&mut buffer, Some(wait)) {
            Ok(0) => return Ok(at_the_end(answers, progress)),
            Ok(count) => {
                answers.print(buffer.get(..count).unwrap_or_default(), &mut text);
                output.octets(&text).map_err(Error::Output)?;
                text.clear();
                if answers.count() > progress.requests() {
                    return Ok(Err(ServerError::TooManyAnswers));
                }
            }
            Err(net::Error::TimedOut) if complete => return Ok(Ok(())),
            Err(net::Error::TimedOut) => {
                // A server that takes requests is not silent; nor is one that owes nothing, since
                // the next line may be hours away.
                let owes = answers.count() < progress.requests() || answers.finish().is_err();
                if owes && progress.octets() == octets_sent {
                    return Ok(Err(ServerError::Silent { patience }));
                }
            }
            Err(error) => return Ok(Err(ServerError::Lost(error))),
        }
    }
}

/// Whether everything was sent, and answered.
fn is_complete(answers: &Answers, progress: &Progress) -> bool {
    matches!(progress.ended(), Some(Ok(())))
        && answers.count() == progress.requests()
        && answers.finish().is_ok()
}

/// The server has closed the connection.
fn at_the_end(answers: &Answers, progress: &Progress) -> Result<(), ServerError> {
    answers.finish().map_err(ServerError::Truncated)?;
    if progress.ended().is_none() || answers.count() < progress.requests() {
        return Err(ServerError::ClosedEarly);
    }
    Ok(())
}
