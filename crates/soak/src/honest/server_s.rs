//! Clients of `server-s`, honest and hostile. It serves one after another, so these take
//! turns: while one is served, the next one waits. What it prints for each is then known to the
//! last byte.

use std::thread;
use std::time::{Duration, Instant};

use bench::Error;
use bench::load::Connection;
use fastrand::Rng;
use proto::accio::{COMMAND, CONFIRMATION, SECOND_CONFIRMATION, SILENCE_LIMIT};

use super::{PAUSE, TIMEOUT, connect};
use crate::connect::{connect_without_room, reset};
use crate::hostile::Kind;
use crate::load::Load;
use crate::subject::Subject;

/// What is printed for a client that did not keep to the protocol.
const ERROR: &str = "ERROR";

/// The longest file of most clients, in bytes.
const SHORT: usize = 200_000;

/// A long one.
const LONG: usize = 10 << 20;

/// How many connect and leave together; the backlog has room for ten.
const FLOOD: u64 = 8;

/// How long a silent client stays, usually.
const SILENCE: Duration = Duration::from_millis(200);

/// A client that is silent for good is played if the load lasts for so long yet.
const TIME_FOR_SILENCE: Duration = Duration::from_secs(20);

/// Takes turns until the load is over.
pub(super) fn keep_taking_turns(load: &Load<'_>) {
    let mut turns = Turns::new(load);
    while !load.is_over() {
        let played = turns.play_some();
        let failed = played.is_err();
        load.judge(Subject::ServerS, played);
        if failed {
            turns.forget_lines();
        }
        thread::sleep(PAUSE);
    }
}

struct Turns<'a> {
    load: &'a Load<'a>,
    rng: Rng,
    /// How much of the server's output has been checked, in bytes.
    checked: usize,
    /// Whether a client may still be silent until the server's timeout ends.
    long_silence: bool,
}

impl<'a> Turns<'a> {
    fn new(load: &'a Load<'a>) -> Self {
        let mut turns = Self {
            load,
            rng: Rng::new(),
            checked: 0,
            long_silence: load.left() > TIME_FOR_SILENCE,
        };
        turns.forget_lines();
        turns
    }

    /// What was printed so far is of no interest any more.
    fn forget_lines(&mut self) {
        self.checked = self.load.servers[Subject::ServerS].process.stdout().len();
    }

    /// Some turns, of clients of all kinds. After an error in one, all connections are given up.
    fn play_some(&mut self) -> Result<(), Error> {
        const TURNS: usize = 20;
        let mut next = (Part::Honest, self.connect(Part::Honest)?);
        for turn in 0..TURNS {
            let (part, client) = next;
            wait_for_turn(&client)?;
            let following = if turn + 1 < TURNS {
                self.draw()
            } else {
                Part::Honest
            };
            // It waits while the other one is served.
            next = (following, self.connect(following)?);
            self.take(part, client)?;
        }
        let (part, client) = next;
        self.take(part, client)?;
        self.flood()
    }

    /// One turn, up to the line that is printed for it.
    fn take(&mut self, part: Part, client: Connection) -> Result<(), Error> {
        if let Some(kind) = part.kind() {
            self.load.counters.count_hostile(Subject::ServerS, kind, 1);
        }
        let expected = self.play(part, &client)?;
        match part {
            Part::Silent | Part::Random => drop(client),
            Part::Reset => reset(client.into_stream()),
            // A close with bytes that were not read would be a reset: it stays.
            _ => return self.expect_line(&expected),
        }
        self.expect_line(&expected)
    }

    fn draw(&mut self) -> Part {
        if self.long_silence {
            self.long_silence = false;
            return Part::SilentForGood;
        }
        match self.rng.u8(0..16) {
            0 => Part::Silent,
            1 => Part::Slowloris,
            2 | 3 => Part::Reset,
            4 => Part::HalfClose,
            5 => Part::SlowReader,
            6 => Part::Random,
            _ => Part::Honest,
        }
    }

    fn connect(&self, part: Part) -> Result<Connection, Error> {
        let address = self.load.address(Subject::ServerS);
        if part != Part::SlowReader {
            return connect(address);
        }
        let stream = connect_without_room(address, TIMEOUT);
        Connection::new(stream.map_err(Error::system("connecting"))?, TIMEOUT)
    }

    /// Plays a client whose turn it is, up to its leaving, and returns the line that is to be
    /// printed for it.
    fn play(&mut self, part: Part, client: &Connection) -> Result<String, Error> {
        match part {
            Part::Honest => return self.send_file(client),
            Part::Silent => thread::sleep(SILENCE),
            Part::SilentForGood => be_silent(client)?,
            Part::Slowloris => return send_bytes(client),
            Part::Reset => self.send_part(client)?,
            Part::HalfClose => {
                self.send_part(client)?;
                client.half_close()?;
                wait_for_end(client)?;
            }
            Part::SlowReader => return self.send_without_reading(client),
            Part::Random => {
                // What differs from a confirmation in its first byte is no part of one.
                let bytes: Vec<u8> = (0..1000).map(|_| self.rng.u8(b'd'..)).collect();
                // The server may have closed before it has received all.
                let _ = client.send(&bytes);
            }
        }
        Ok(ERROR.to_owned())
    }

    /// An honest client.
    fn send_file(&mut self, client: &Connection) -> Result<String, Error> {
        let length = match self.rng.u8(0..30) {
            0 => LONG,
            1 => 0,
            _ => self.rng.usize(0..SHORT),
        };
        client.expect("a command", COMMAND)?;
        client.send(CONFIRMATION)?;
        client.expect("a command", COMMAND)?;
        client.send(SECOND_CONFIRMATION)?;
        // Line feeds end a confirmation; here they are file.
        let file = vec![b'\n'; length];
        for piece in file.chunks(self.rng.usize(1000..SHORT)) {
            client.send(piece)?;
        }
        client.half_close()?;
        wait_for_end(client)?;
        self.load.counters.count_served(Subject::ServerS, 1);
        Ok(length.to_string())
    }

    /// A part of the confirmations.
    fn send_part(&mut self, client: &Connection) -> Result<(), Error> {
        let header = [CONFIRMATION, SECOND_CONFIRMATION].concat();
        let cut = self.rng.usize(0..header.len());
        client.send(&header[..cut])
    }

    /// Sends without waiting for a command, and never takes one.
    fn send_without_reading(&mut self, client: &Connection) -> Result<String, Error> {
        let file = vec![b'x'; self.rng.usize(0..SHORT)];
        client.send(&[CONFIRMATION, SECOND_CONFIRMATION].concat())?;
        client.send(&file)?;
        client.half_close()?;
        Ok(file.len().to_string())
    }

    /// Many connect and leave together, by closing or by a reset, and an honest client is served after
    /// them. The server prints nothing for one that has left before it was accepted.
    fn flood(&mut self) -> Result<(), Error> {
        let clients: Result<Vec<Connection>, Error> =
            (0..FLOOD).map(|_| self.connect(Part::Honest)).collect();
        for client in clients? {
            if self.rng.bool() {
                reset(client.into_stream());
            }
        }
        self.load
            .counters
            .count_hostile(Subject::ServerS, Kind::Flood, FLOOD);
        let client = self.connect(Part::Honest)?;
        let expected = self.send_file(&client)?;
        for _ in 0..=FLOOD {
            let got = self.next_line()?;
            if got == expected {
                return Ok(());
            }
            if got != ERROR {
                return Err(Error::wrong("what is printed", expected, got));
            }
        }
        Err(Error::wrong("what is printed", expected, "errors only"))
    }

    fn expect_line(&mut self, expected: &str) -> Result<(), Error> {
        let got = self.next_line()?;
        if got == expected {
            return Ok(());
        }
        Err(Error::wrong("what is printed", expected, got))
    }

    fn next_line(&mut self) -> Result<String, Error> {
        let mut line = None;
        let process = &self.load.servers[Subject::ServerS].process;
        let waited = process.wait_stdout(
            |printed| {
                let rest = &printed[self.checked..];
                let mut lines = rest.split_inclusive(|byte| *byte == b'\n');
                line = lines.next().map(<[u8]>::to_vec);
                line.as_ref().is_some_and(|line| line.ends_with(b"\n"))
            },
            TIMEOUT,
        );
        match (waited, line) {
            (Ok(()), Some(line)) => {
                self.checked += line.len();
                Ok(String::from_utf8_lossy(line.trim_ascii_end()).into_owned())
            }
            (Err(error), _) => Err(Error::wrong("what is printed", "a line", error)),
            (Ok(()), None) => Err(Error::wrong("what is printed", "a line", "nothing")),
        }
    }
}

/// What one client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Honest,
    Silent,
    SilentForGood,
    Slowloris,
    Reset,
    HalfClose,
    SlowReader,
    Random,
}

impl Part {
    fn kind(self) -> Option<Kind> {
        match self {
            Self::Honest => None,
            Self::Silent | Self::SilentForGood => Some(Kind::Silence),
            Self::Slowloris => Some(Kind::Slowloris),
            Self::Reset => Some(Kind::Reset),
            Self::HalfClose => Some(Kind::HalfClose),
            Self::SlowReader => Some(Kind::SlowReader),
            Self::Random => Some(Kind::RandomBytes),
        }
    }
}

/// The command that a client's turn begins with has arrived; it is not received yet.
fn wait_for_turn(client: &Connection) -> Result<(), Error> {
    let available = client.stream().peek(&mut [0]);
    match available.map_err(Error::system("waiting for its turn"))? {
        0 => Err(Error::wrong("a turn", "a command", "the end")),
        _ => Ok(()),
    }
}

/// Receives what is left of the commands, and waits until the server closes.
fn wait_for_end(client: &Connection) -> Result<(), Error> {
    let mut rest = [0; 64];
    let mut length = 0;
    while length < rest.len() {
        match client.receive(&mut rest[length..])? {
            0 => break,
            count => length += count,
        }
    }
    if COMMAND.repeat(2).ends_with(&rest[..length]) {
        return Ok(());
    }
    let got = cli::escape(&rest[..length]);
    Err(Error::wrong("the end", "commands only", got))
}

/// Everything one byte at a time, and counted all the same.
fn send_bytes(client: &Connection) -> Result<String, Error> {
    const FILE: &[u8] = b"drops";
    for byte in [CONFIRMATION, SECOND_CONFIRMATION, FILE].concat() {
        client.send(&[byte])?;
        thread::sleep(Duration::from_millis(1));
    }
    client.half_close()?;
    wait_for_end(client)?;
    Ok(FILE.len().to_string())
}

/// Waits for the server's timeout.
fn be_silent(client: &Connection) -> Result<(), Error> {
    let start = Instant::now();
    client.expect("a command", COMMAND)?;
    client.expect_end()?;
    if start.elapsed() < SILENCE_LIMIT {
        let got = format!("{:?}", start.elapsed());
        return Err(Error::wrong("timeout", format!("{SILENCE_LIMIT:?}"), got));
    }
    Ok(())
}
