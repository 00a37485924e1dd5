//! The accio protocol: a handshake of two rounds, then a file.
//!
//! Source: the assignment "Accio Server Simplified", first paragraph (A-1); the confirmations are
//! from the same project's client page (A-2).
//!
//! ```text
//! server                                  client
//!   | accio\r\n                              |
//!   |--------------------------------------->|
//!   |                     confirm-accio\r\n  |   15 bytes
//!   |<---------------------------------------|
//!   | accio\r\n                              |
//!   |--------------------------------------->|
//!   |           confirm-accio-again\r\n\r\n  |   23 bytes
//!   |<---------------------------------------|
//!   |                         file's bytes  |   until the client closes its sending side
//!   |<---------------------------------------|
//! ```
//!
//! The two confirmations are the header. All that follows them is the file, whatever it looks
//! like (A-4) and wherever a segment ends (A-5). A client may send everything without waiting.
//!
//! [`Server`] and [`Client`] are the two ends as state machines: bytes of the other end in, steps
//! out. They do not know the time: the program keeps the limit on silence.

use std::fmt;
use std::mem;
use std::time::Duration;

/// What the server sends, twice (A-1).
pub const COMMAND: &[u8] = b"accio\r\n";

/// The client's answer to the first command (A-2).
pub const CONFIRMATION: &[u8] = b"confirm-accio\r\n";

/// The client's answer to the second command, which ends with an empty line (A-2).
pub const SECOND_CONFIRMATION: &[u8] = b"confirm-accio-again\r\n\r\n";

/// How many bytes come before the file and are not counted (A-4).
pub const HEADER_LEN: usize = CONFIRMATION.len() + SECOND_CONFIRMATION.len();

/// The longest that either end waits for the other without progress (A-8, AC-2).
pub const SILENCE_LIMIT: Duration = Duration::from_secs(10);

/// The parts of the handshake, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// The server's [`COMMAND`].
    FirstCommand,
    /// The client's [`CONFIRMATION`].
    FirstConfirmation,
    /// The server's [`COMMAND`] again.
    SecondCommand,
    /// The client's [`SECOND_CONFIRMATION`].
    SecondConfirmation,
}

impl Word {
    /// The bytes of this part.
    pub const fn bytes(self) -> &'static [u8] {
        match self {
            Self::FirstCommand | Self::SecondCommand => COMMAND,
            Self::FirstConfirmation => CONFIRMATION,
            Self::SecondConfirmation => SECOND_CONFIRMATION,
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FirstCommand => "first command",
            Self::FirstConfirmation => "first confirmation",
            Self::SecondCommand => "second command",
            Self::SecondConfirmation => "second confirmation",
        })
    }
}

/// What the server does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerStep<'a> {
    /// Send these bytes.
    Send(&'static [u8]),
    /// Count these bytes of the file, never empty, as they lie in the input.
    File(&'a [u8]),
}

/// The server's end of one connection.
///
/// ```
/// use proto::accio::{COMMAND, Server, ServerStep};
///
/// let mut server = Server::new();
/// let mut input = &b"confirm-accio\r\nconfirm-accio-again\r\n\r\nfile"[..];
/// let mut steps = Vec::new();
/// while let Some(step) = server.next(&mut input)? {
///     steps.push(step);
/// }
/// server.finish()?;
/// assert_eq!(steps, [
///     ServerStep::Send(COMMAND),
///     ServerStep::Send(COMMAND),
///     ServerStep::File(b"file"),
/// ]);
/// # Ok::<(), proto::accio::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Server {
    state: ServerState,
}

#[derive(Clone, Debug, Default)]
enum ServerState {
    #[default]
    Start,
    First(Expected),
    Second(Expected),
    File,
}

impl Server {
    /// A server that has just accepted. Its first step needs no input.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next step, taken from the front of `input`; `None` when it needs more bytes.
    ///
    /// # Errors
    /// [`Error::Mismatch`] at the first byte of a confirmation that differs (A-6). That
    /// byte is not taken.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<ServerStep<'a>>, Error> {
        match &mut self.state {
            ServerState::Start => {
                self.state = ServerState::First(Expected::new(Word::FirstConfirmation));
                return Ok(Some(ServerStep::Send(COMMAND)));
            }
            ServerState::First(expected) => {
                if !expected.take(input)? {
                    return Ok(None);
                }
                self.state = ServerState::Second(Expected::new(Word::SecondConfirmation));
                return Ok(Some(ServerStep::Send(COMMAND)));
            }
            ServerState::Second(expected) => {
                if !expected.take(input)? {
                    return Ok(None);
                }
                self.state = ServerState::File;
            }
            ServerState::File => {}
        }
        if input.is_empty() {
            return Ok(None);
        }
        Ok(Some(ServerStep::File(mem::take(input))))
    }

    /// Whether everything from here on is the file. A program may then count bytes without passing
    /// them to [`next`](Self::next).
    pub const fn receiving_file(&self) -> bool {
        matches!(self.state, ServerState::File)
    }

    /// Whether the client may close its sending side here, that is, after the header.
    ///
    /// # Errors
    /// [`Error::Truncated`] if the header is not whole (A-6).
    pub const fn finish(&self) -> Result<(), Error> {
        match &self.state {
            ServerState::Start => Err(Expected::new(Word::FirstConfirmation).truncated()),
            ServerState::First(expected) | ServerState::Second(expected) => {
                Err(expected.truncated())
            }
            ServerState::File => Ok(()),
        }
    }
}

/// What the client does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientStep {
    /// Send these bytes.
    Send(&'static [u8]),
    /// Send the file and close. The last step.
    SendFile,
}

/// The client's end of one connection (AC-1).
#[derive(Clone, Debug)]
pub struct Client {
    state: ClientState,
}

#[derive(Clone, Debug)]
enum ClientState {
    First(Expected),
    Second(Expected),
    Confirmed,
    File,
}

impl Client {
    /// A client that has just connected and waits for the first command.
    pub const fn new() -> Self {
        Self {
            state: ClientState::First(Expected::new(Word::FirstCommand)),
        }
    }

    /// The next step, taken from the front of `input`; `None` when it needs more bytes.
    ///
    /// Nothing is expected from the server after the second command: what comes then is
    /// taken and ignored.
    ///
    /// # Errors
    /// [`Error::Mismatch`] at the first byte of a command that differs. That byte is not taken.
    pub fn next(&mut self, input: &mut &[u8]) -> Result<Option<ClientStep>, Error> {
        match &mut self.state {
            ClientState::First(expected) => {
                if !expected.take(input)? {
                    return Ok(None);
                }
                self.state = ClientState::Second(Expected::new(Word::SecondCommand));
                Ok(Some(ClientStep::Send(CONFIRMATION)))
            }
            ClientState::Second(expected) => {
                if !expected.take(input)? {
                    return Ok(None);
                }
                self.state = ClientState::Confirmed;
                Ok(Some(ClientStep::Send(SECOND_CONFIRMATION)))
            }
            ClientState::Confirmed => {
                self.state = ClientState::File;
                Ok(Some(ClientStep::SendFile))
            }
            ClientState::File => {
                *input = &[];
                Ok(None)
            }
        }
    }

    /// Whether the server may close its sending side here, that is, after both commands.
    ///
    /// # Errors
    /// [`Error::Truncated`] if a command is missing or not whole.
    pub const fn finish(&self) -> Result<(), Error> {
        match &self.state {
            ClientState::First(expected) | ClientState::Second(expected) => {
                Err(expected.truncated())
            }
            ClientState::Confirmed | ClientState::File => Ok(()),
        }
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

/// A word that the other end has to send, and how much of it has come.
#[derive(Clone, Debug)]
struct Expected {
    word: Word,
    matched: usize,
}

impl Expected {
    const fn new(word: Word) -> Self {
        Self { word, matched: 0 }
    }

    /// Takes the bytes of the word from `input`; true once it is whole.
    fn take(&mut self, input: &mut &[u8]) -> Result<bool, Error> {
        for &expected in self.word.bytes().iter().skip(self.matched) {
            let Some(&found) = input.first() else {
                return Ok(false);
            };
            if found != expected {
                let (word, at) = (self.word, self.matched);
                return Err(Error::Mismatch {
                    word,
                    at,
                    expected,
                    found,
                });
            }
            input.split_off_first();
            self.matched += 1;
        }
        Ok(true)
    }

    const fn truncated(&self) -> Error {
        Error::Truncated {
            word: self.word,
            missing: self.word.bytes().len() - self.matched,
        }
    }
}

/// Why a handshake failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The other end sent something else.
    #[error(
        "wrong {word}: found '{}' at byte offset {at}, want '{}'",
        .found.escape_ascii(),
        .expected.escape_ascii()
    )]
    Mismatch {
        /// What it should have sent.
        word: Word,
        /// The position in the word of the byte that differs, from 0.
        at: usize,
        /// The byte that belongs there.
        expected: u8,
        /// The byte that came.
        found: u8,
    },
    /// The other end closed before the handshake was complete.
    #[error("closed with {missing} of {} bytes of the {word} missing", .word.bytes().len())]
    Truncated {
        /// What it should have sent next, or was sending.
        word: Word,
        /// How many bytes of it are missing.
        missing: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_steps<'a>(
        server: &mut Server,
        mut input: &'a [u8],
    ) -> Result<Vec<ServerStep<'a>>, Error> {
        std::iter::from_fn(|| server.next(&mut input).transpose()).collect()
    }

    fn client_steps(client: &mut Client, mut input: &[u8]) -> Result<Vec<ClientStep>, Error> {
        std::iter::from_fn(|| client.next(&mut input).transpose()).collect()
    }

    #[test]
    fn a_1_the_server_speaks_first_and_again_after_each_confirmation() {
        let mut server = Server::new();
        assert_eq!(
            server_steps(&mut server, b""),
            Ok(vec![ServerStep::Send(b"accio\r\n")])
        );
        assert_eq!(
            server_steps(&mut server, b"confirm-accio\r\n"),
            Ok(vec![ServerStep::Send(b"accio\r\n")])
        );
        assert_eq!(
            server_steps(&mut server, b"confirm-accio-again\r\n\r\n"),
            Ok(vec![])
        );
        assert_eq!(
            server_steps(&mut server, b"data"),
            Ok(vec![ServerStep::File(b"data")])
        );
        assert_eq!(server.finish(), Ok(()));
    }

    #[test]
    fn a_4_the_header_is_the_two_confirmations_and_nothing_else() {
        assert_eq!((CONFIRMATION.len(), SECOND_CONFIRMATION.len()), (15, 23));
        assert_eq!(HEADER_LEN, 38);
        for file in [
            &b"Content-Length: 5\r\n\r\nhello"[..],
            b"confirm-accio-again\r\n\r\n",
            b"confirm-accio\r\n",
            b"\r\n\r\n",
            b"accio\r\n",
        ] {
            let input = [CONFIRMATION, SECOND_CONFIRMATION, file].concat();
            let steps = server_steps(&mut Server::new(), &input).unwrap();
            assert_eq!(steps.get(2..), Some(&[ServerStep::File(file)][..]));
        }
    }

    #[test]
    fn a_5_a_whole_header_is_the_start_of_the_file() {
        let mut server = Server::new();
        let header = [CONFIRMATION, SECOND_CONFIRMATION].concat();
        server_steps(&mut server, &header[..HEADER_LEN - 1]).unwrap();
        assert!(!server.receiving_file());
        server_steps(&mut server, &header[HEADER_LEN - 1..]).unwrap();
        assert!(server.receiving_file());
    }

    #[test]
    fn a_7_the_file_is_handed_on_as_it_lies_in_the_input() {
        let input = [CONFIRMATION, SECOND_CONFIRMATION, b"file"].concat();
        let steps = server_steps(&mut Server::new(), &input).unwrap();
        let Some(ServerStep::File(file)) = steps.last() else {
            panic!("no file")
        };
        assert_eq!(file.as_ptr(), input[HEADER_LEN..].as_ptr());
    }

    #[test]
    fn a_6_a_confirmation_is_wrong_at_the_first_byte_that_differs() {
        let header = [CONFIRMATION, SECOND_CONFIRMATION].concat();
        for (position, &expected) in header.iter().enumerate() {
            let (word, at) = match position.checked_sub(CONFIRMATION.len()) {
                None => (Word::FirstConfirmation, position),
                Some(at) => (Word::SecondConfirmation, at),
            };
            let mut server = Server::new();
            server_steps(&mut server, &header[..position]).unwrap();
            for found in (0..=u8::MAX).filter(|&found| found != expected) {
                let error = Error::Mismatch {
                    word,
                    at,
                    expected,
                    found,
                };
                assert_eq!(server_steps(&mut server.clone(), &[found]), Err(error));
            }
        }
    }

    #[test]
    fn a_6_a_close_inside_the_header_is_an_error() {
        let header = [CONFIRMATION, SECOND_CONFIRMATION].concat();
        for len in 0..HEADER_LEN {
            let mut server = Server::new();
            server_steps(&mut server, &header[..len]).unwrap();
            let error = match len.checked_sub(CONFIRMATION.len()) {
                None => Error::Truncated {
                    word: Word::FirstConfirmation,
                    missing: 15 - len,
                },
                Some(len) => Error::Truncated {
                    word: Word::SecondConfirmation,
                    missing: 23 - len,
                },
            };
            assert_eq!(server.finish(), Err(error));
        }
        let error = Error::Truncated {
            word: Word::FirstConfirmation,
            missing: 15,
        };
        assert_eq!(Server::new().finish(), Err(error));
    }

    #[test]
    fn ac_1_the_client_confirms_each_whole_command_and_then_sends_the_file() {
        let mut client = Client::new();
        assert_eq!(client_steps(&mut client, b"accio\r"), Ok(vec![]));
        assert_eq!(
            client_steps(&mut client, b"\n"),
            Ok(vec![ClientStep::Send(b"confirm-accio\r\n")])
        );
        assert_eq!(client_steps(&mut client, b"accio\r"), Ok(vec![]));
        assert_eq!(
            client_steps(&mut client, b"\n"),
            Ok(vec![
                ClientStep::Send(b"confirm-accio-again\r\n\r\n"),
                ClientStep::SendFile
            ])
        );
        assert_eq!(client.finish(), Ok(()));
    }

    #[test]
    fn ac_1_what_comes_after_the_commands_is_ignored() {
        let mut client = Client::new();
        client_steps(&mut client, b"accio\r\naccio\r\n").unwrap();
        let mut input = &b"accio\r\n"[..];
        assert_eq!(client.next(&mut input), Ok(None));
        assert_eq!(input, b"");
        assert_eq!(client.finish(), Ok(()));
    }

    #[test]
    fn ac_2_a_wrong_or_missing_command_is_an_error() {
        let commands = b"accio\r\naccio\r\n";
        for (position, &expected) in commands.iter().enumerate() {
            let (word, at) = match position.checked_sub(COMMAND.len()) {
                None => (Word::FirstCommand, position),
                Some(at) => (Word::SecondCommand, at),
            };
            let mut client = Client::new();
            client_steps(&mut client, &commands[..position]).unwrap();
            let missing = COMMAND.len() - at;
            assert_eq!(client.finish(), Err(Error::Truncated { word, missing }));
            let found = !expected;
            let error = Error::Mismatch {
                word,
                at,
                expected,
                found,
            };
            assert_eq!(client_steps(&mut client, &[found]), Err(error));
        }
    }

    #[test]
    fn a_8_ac_2_silence_is_limited() {
        assert_eq!(SILENCE_LIMIT, Duration::from_secs(10));
    }

    #[test]
    fn g_6_errors_show_bytes_escaped() {
        let (word, at, expected, found) = (Word::SecondConfirmation, 13, b'-', 0x1b);
        assert_eq!(
            Error::Mismatch {
                word,
                at,
                expected,
                found
            }
            .to_string(),
            r"wrong second confirmation: found '\x1b' at byte offset 13, want '-'"
        );
        assert_eq!(
            Error::Truncated {
                word: Word::FirstCommand,
                missing: 2
            }
            .to_string(),
            "closed with 2 of 7 bytes of the first command missing"
        );
    }
}
