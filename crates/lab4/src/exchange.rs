use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use log::debug;
use net::Connection;
use proto::math::{self, Answer, Frame, FrameDecoder};

/// Answers the server's questions until it gives the secret (M-2 to M-5).
///
/// `timeout` is how long the server may send nothing, or take nothing ([`math::SILENCE_LIMIT`]).
/// The answers to all questions that have arrived go out in one write.
///
/// # Errors
/// [`ServerError`], when the server does anything else than asking and giving the secret.
pub fn obtain_secret(server: &mut Connection, timeout: Duration) -> Result<[u8; 8], ServerError> {
    let mut answered = 0;
    exchange(server, timeout, &mut answered).map_err(|fault| ServerError {
        address: server.peer(),
        answered,
        fault,
    })
}

fn exchange(
    server: &mut Connection,
    timeout: Duration,
    answered: &mut usize,
) -> Result<[u8; 8], Fault> {
    let mut decoder = FrameDecoder::new();
    let mut received = [0; 4096];
    let mut answers = Vec::new();
    loop {
        let mut input = match server.read(&mut received, Some(timeout)) {
            Ok(0) | Err(net::Error::Shutdown) => return Err(Fault::at_end(&decoder)),
            Ok(length) => received.get(..length).unwrap_or_default(),
            Err(net::Error::TimedOut) => return Err(Fault::Silent { limit: timeout }),
            Err(net::Error::System(error)) => return Err(Fault::of_system(error)),
        };
        answers.clear();
        let secret = answer(&mut decoder, &mut input, &mut answers)?;
        let sent = server.write_all(&answers, Some(timeout));
        if let Some(secret) = secret {
            // Whether the answers that came before it still arrive does not matter any more.
            return Ok(secret);
        }
        match sent {
            Ok(()) => *answered += answers.len() / Answer::LEN,
            Err(net::Error::System(error)) => return Err(Fault::of_system(error)),
            Err(net::Error::TimedOut | net::Error::Shutdown) => {
                return Err(Fault::TakesNothing { limit: timeout });
            }
        }
    }
}

/// Eats what has arrived and appends the answers to its questions. Ends at the secret.
fn answer(
    decoder: &mut FrameDecoder,
    input: &mut &[u8],
    answers: &mut Vec<u8>,
) -> Result<Option<[u8; 8]>, Fault> {
    while let Some(frame) = decoder.next(input).map_err(Fault::NotAFrame)? {
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

/// What the server did instead of giving the secret, and when.
#[derive(Debug)]
pub struct ServerError {
    /// The server's address.
    pub address: SocketAddr,
    /// How many questions had been answered.
    pub answered: usize,
    /// What it did.
    pub fault: Fault,
}

/// What a server can do wrong (M-6, M-7).
#[derive(Debug)]
pub enum Fault {
    /// It sent something else than a question or the secret.
    NotAFrame(math::Error),
    /// It closed the connection between two frames.
    Closed,
    /// It closed the connection inside a frame.
    CutOff(math::Error),
    /// It reset the connection.
    Reset,
    /// It sent nothing for this long.
    Silent {
        /// The limit.
        limit: Duration,
    },
    /// It took no answer for this long.
    TakesNothing {
        /// The limit.
        limit: Duration,
    },
    /// The connection failed in another way.
    System(io::Error),
}

impl Fault {
    fn at_end(decoder: &FrameDecoder) -> Self {
        decoder
            .finish()
            .map_or_else(Self::CutOff, |()| Self::Closed)
    }

    fn of_system(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Self::Reset,
            _ => Self::System(error),
        }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            address,
            answered,
            fault,
        } = self;
        write!(f, "no secret from {address} after {answered} ")?;
        f.write_str(if *answered == 1 {
            "answer: "
        } else {
            "answers: "
        })?;
        match fault {
            Fault::NotAFrame(error) => write!(f, "it sent something else than a question: {error}"),
            Fault::Closed if *answered == 0 => write!(f, "it closed the connection at once"),
            Fault::Closed => write!(
                f,
                "it closed the connection, as a math server does when the last answer is wrong"
            ),
            Fault::CutOff(error) => write!(f, "it closed the connection too early: {error}"),
            Fault::Reset => write!(f, "it reset the connection"),
            Fault::Silent { limit } => write!(f, "it sent nothing for {limit:?}"),
            Fault::TakesNothing { limit } => write!(f, "it took no answer for {limit:?}"),
            Fault::System(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for ServerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            Fault::NotAFrame(error) | Fault::CutOff(error) => Some(error),
            Fault::System(error) => Some(error),
            Fault::Closed | Fault::Reset | Fault::Silent { .. } | Fault::TakesNothing { .. } => {
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::thread::{self, JoinHandle};

    use harness::Peer;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    /// Runs the exchange against a server that is a function of the test.
    fn against(
        timeout: Duration,
        serve: impl FnOnce(TcpStream) + Send + 'static,
    ) -> Result<[u8; 8], ServerError> {
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
        assert_eq!(error.answered, 1);
        assert!(matches!(error.fault, Fault::Silent { .. }), "{error}");
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
        assert!(matches!(error.fault, Fault::TakesNothing { .. }), "{error}");
    }
}
