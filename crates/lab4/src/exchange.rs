use std::time::Duration;

use cli::Error;
use log::debug;
use net::Connection;
use proto::math::{Answer, Frame, FrameDecoder};

/// Answers the server's questions until it gives the secret (M-2 to M-5).
///
/// `timeout` is how long the server may send nothing, or take nothing
/// ([`SILENCE_LIMIT`](proto::math::SILENCE_LIMIT)). The answers to all questions that have arrived
/// go out in one write.
///
/// # Errors The server did anything but ask and give the secret (M-6, M-7).
pub(crate) fn obtain_secret(server: &mut Connection, timeout: Duration) -> Result<[u8; 8], Error> {
    let mut answered = 0;
    exchange(server, timeout, &mut answered).map_err(|fault| {
        let address = server.peer();
        let answers = if answered == 1 { "answer" } else { "answers" };
        Error::new(format_args!(
            "no secret from {address} after {answered} {answers}: {fault}"
        ))
    })
}

fn exchange(
    server: &mut Connection,
    timeout: Duration,
    answered: &mut usize,
) -> Result<[u8; 8], Error> {
    let mut decoder = FrameDecoder::new();
    let mut received = [0; 4096];
    let mut answers = Vec::new();
    loop {
        let length = server
            .read(&mut received, Some(timeout))
            .map_err(|error| broken(error, "sent nothing", timeout))?;
        if length == 0 {
            return Err(closed(&decoder, *answered));
        }
        answers.clear();
        let secret = answer(&mut decoder, &mut &received[..length], &mut answers)?;
        let sent = server.write_all(&answers, Some(timeout));
        if let Some(secret) = secret {
            // Whether the answers that came before it still arrive does not matter any more.
            return Ok(secret);
        }
        sent.map_err(|error| broken(error, "took no answer", timeout))?;
        *answered += answers.len() / Answer::LEN;
    }
}

/// Consumes what has arrived and appends the answers to its questions. Ends at the secret.
fn answer(
    decoder: &mut FrameDecoder,
    input: &mut &[u8],
    answers: &mut Vec<u8>,
) -> Result<Option<[u8; 8]>, Error> {
    while let Some(frame) = decoder.next(input).map_err(not_a_frame)? {
        match frame {
            Frame::Question(question) => {
                debug!(
                    "{} + {} = {}",
                    question.left,
                    question.right,
                    question.sum().0
                );
                answers.extend(question.sum().emit());
            }
            Frame::Secret(secret) => return Ok(Some(secret)),
        }
    }
    Ok(None)
}

fn not_a_frame(error: proto::math::Error) -> Error {
    Error::new(format_args!(
        "it sent something else than a question: {error}"
    ))
}

/// The server closed the connection.
fn closed(decoder: &FrameDecoder, answered: usize) -> Error {
    match decoder.finish() {
        Err(error) => Error::new(format_args!("it closed the connection too early: {error}")),
        Ok(()) if answered == 0 => Error::new("it closed the connection immediately"),
        Ok(()) => Error::new(
            "it closed the connection, as a math server does when the last answer is wrong",
        ),
    }
}

/// The connection broke, or the server did nothing for too long; `silent` tells what it did not do.
fn broken(error: net::Error, silent: &str, timeout: Duration) -> Error {
    match error {
        net::Error::TimedOut => Error::new(format_args!("it {silent} for {timeout:?}")),
        error if error.is_reset() => Error::new("it reset the connection"),
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::thread::{self, JoinHandle};

    use harness::Peer;
    use proto::math;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    /// Runs the exchange against a server that is a function of the test.
    fn against(
        timeout: Duration,
        serve: impl FnOnce(TcpStream) + Send + 'static,
    ) -> Result<[u8; 8], Error> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut connection = net::connect(&[listener.local_addr().unwrap()], SOON).unwrap();
        let stream = listener.accept().unwrap().0;
        stream.set_read_timeout(Some(SOON)).unwrap();
        let server: JoinHandle<()> = thread::spawn(move || serve(stream));
        let outcome = obtain_secret(&mut connection, timeout);
        drop(connection);
        server.join().unwrap();
        outcome
    }

    fn answers_of(chunks: &[&[u8]]) -> (Vec<u8>, Option<[u8; 8]>) {
        let mut decoder = FrameDecoder::new();
        let (mut answers, mut secret) = (Vec::new(), None);
        for mut chunk in chunks.iter().copied() {
            secret = answer(&mut decoder, &mut chunk, &mut answers).unwrap();
        }
        (answers, secret)
    }

    #[test]
    fn m_5_wherever_the_stream_is_cut_the_answers_are_the_same() {
        let stream = b"Q\0\0\0\x02\0\0\0\x28Q\xff\xff\xff\xff\0\0\0\x01Sopen 5es";
        let expected = (vec![0, 0, 0, 42, 0, 0, 0, 0], Some(*b"open 5es"));
        assert_eq!(answers_of(&[stream]), expected);
        assert_eq!(answers_of(&stream.chunks(1).collect::<Vec<_>>()), expected);
        for first in 0..=stream.len() {
            for second in first..=stream.len() {
                let chunks = [&stream[..first], &stream[first..second], &stream[second..]];
                let (answers, _) = answers_of(&chunks);
                assert_eq!(answers, expected.0, "cut at {first} and {second}");
            }
        }
    }

    #[test]
    fn m_4_a_secret_counts_although_the_answer_before_it_cannot_be_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut connection = net::connect(&[listener.local_addr().unwrap()], SOON).unwrap();
        let mut server = Peer::from_stream(listener.accept().unwrap().0).unwrap();
        server.send(b"Q\0\0\0\x01\0\0\0\x01S12345678").unwrap();
        server.reset().unwrap();
        assert_eq!(obtain_secret(&mut connection, SOON).unwrap(), *b"12345678");
    }

    #[test]
    fn m_9_the_connection_has_tcp_nodelay() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connection = net::connect(&[listener.local_addr().unwrap()], SOON).unwrap();
        assert!(connection.stream().nodelay().unwrap());
    }

    #[test]
    fn m_7_the_limit_is_30_seconds_of_silence() {
        assert_eq!(math::SILENCE_LIMIT, Duration::from_secs(30));
        // The same with a limit that a test can wait for: a frame in pieces that come in time is
        // received, although all of them together take longer than the limit.
        let limit = Duration::from_millis(400);
        let error = against(limit, |mut stream| {
            for byte in b"Q\0\0\0\x01\0\0\0\x01" {
                thread::sleep(Duration::from_millis(60));
                stream.write_all(&[*byte]).unwrap();
            }
            let mut answer = [0; 4];
            stream.read_exact(&mut answer).unwrap();
            assert_eq!(stream.read(&mut answer).unwrap(), 0);
        })
        .unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("after 1 answer: it sent nothing for 400ms")
        );
    }

    #[test]
    fn m_7_a_server_that_takes_no_answer_is_given_up() {
        let error = against(Duration::from_millis(200), |mut stream| {
            let questions = b"Q\0\0\0\x01\0\0\0\x01".repeat(1000);
            while stream.write_all(&questions).is_ok() {}
        })
        .unwrap_err();
        assert!(
            error.to_string().ends_with(": it took no answer for 200ms"),
            "{error}"
        );
    }
}
