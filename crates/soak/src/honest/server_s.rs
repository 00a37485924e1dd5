//! Clients of `server-s`, honest and hostile. It serves one after another, so these take
//! turns: while one is served, the next one waits. What it prints for each is then known to the
//! last byte.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use proto::accio::{COMMAND, CONFIRMATION, SECOND_CONFIRMATION, SILENCE_LIMIT};

use super::{Fault, PAUSE, TIMEOUT};
use crate::connect::{connect, connect_without_room, reset};
use crate::hostile::Kind;
use crate::load::Load;
use crate::subject::Subject;

/// What is printed for a client that did not keep to the protocol.
const ERROR: &str = "ERROR";

/// The longest file of most clients, in bytes.
const SHORT: usize = 200_000;

/// A long one.
const LONG: usize = 10 << 20;

/// How many connect and leave at once; the backlog has room for ten.
const FLOOD: u64 = 8;

/// How long a silent client stays, usually.
const SILENCE: Duration = Duration::from_millis(200);

/// A client that is silent for good is played if the load lasts for so long yet.
const TIME_FOR_SILENCE: Duration = Duration::from_secs(20);

/// Takes turns until the load is over.
pub(super) fn keep_taking_turns(load: &Load<'_>) {
    let mut turns = Turns::new(load);
    while !load.is_over() {
        let taken = turns.take_some();
        let failed = taken.is_err();
        load.judge(Subject::ServerS, taken);
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
        self.checked = self
            .load
            .servers
            .of(Subject::ServerS)
            .process
            .stdout()
            .len();
    }

    /// Some turns, of clients of all kinds. After an error in one, all connections are given up.
    fn take_some(&mut self) -> Result<(), Fault> {
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
    fn take(&mut self, part: Part, client: TcpStream) -> Result<(), Fault> {
        if let Some(kind) = part.kind() {
            self.load.counters.count_hostile(Subject::ServerS, kind, 1);
        }
        let wanted = self.play(part, &client)?;
        match part {
            Part::Silent | Part::Random => drop(client),
            Part::Reset => reset(client),
            // A close with bytes that were not read would be a reset: it stays.
            _ => return self.expect_line(&wanted),
        }
        self.expect_line(&wanted)
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

    fn connect(&self, part: Part) -> Result<TcpStream, Fault> {
        let address = self.load.address(Subject::ServerS);
        let connected = match part {
            Part::SlowReader => connect_without_room(address, TIMEOUT),
            _ => connect(address, TIMEOUT),
        };
        connected.map_err(Fault::system("connecting"))
    }

    /// Plays a client whose turn it is, up to its leaving, and returns the line that is to be
    /// printed for it.
    fn play(&mut self, part: Part, client: &TcpStream) -> Result<String, Fault> {
        match part {
            Part::Honest => return self.send_file(client),
            Part::Silent => thread::sleep(SILENCE),
            Part::SilentForGood => be_silent(client)?,
            Part::Slowloris => return send_byte(client),
            Part::Reset => self.send_part(client)?,
            Part::HalfClose => {
                self.send_part(client)?;
                end_sending(client)?;
                wait_for_end(client)?;
            }
            Part::SlowReader => return self.send_without_reading(client),
            Part::Random => {
                // What differs from a confirmation in its first byte is no part of one.
                let bytes: Vec<u8> = (0..1000).map(|_| self.rng.u8(b'd'..)).collect();
                // The server may have closed before it has taken all.
                let _ = (&mut &*client).write_all(&bytes);
            }
        }
        Ok(ERROR.to_owned())
    }

    /// An honest client.
    fn send_file(&mut self, client: &TcpStream) -> Result<String, Fault> {
        let length = match self.rng.u8(0..30) {
            0 => LONG,
            1 => 0,
            _ => self.rng.usize(0..SHORT),
        };
        take_command(client)?;
        send(client, CONFIRMATION)?;
        take_command(client)?;
        send(client, SECOND_CONFIRMATION)?;
        // Line feeds end a confirmation; here they are file.
        let file = vec![b'\n'; length];
        for piece in file.chunks(self.rng.usize(1000..SHORT)) {
            send(client, piece)?;
        }
        end_sending(client)?;
        wait_for_end(client)?;
        self.load.counters.count_served(Subject::ServerS, 1);
        Ok(length.to_string())
    }

    /// A part of the confirmations.
    fn send_part(&mut self, client: &TcpStream) -> Result<(), Fault> {
        let header = [CONFIRMATION, SECOND_CONFIRMATION].concat();
        let cut = self.rng.usize(0..header.len());
        send(client, header.get(..cut).unwrap_or_default())
    }

    /// Sends without waiting for a command, and never takes one.
    fn send_without_reading(&mut self, client: &TcpStream) -> Result<String, Fault> {
        let file = vec![b'x'; self.rng.usize(0..SHORT)];
        send(client, &[CONFIRMATION, SECOND_CONFIRMATION].concat())?;
        send(client, &file)?;
        end_sending(client)?;
        Ok(file.len().to_string())
    }

    /// Many connect and leave at once, in both ways to leave, and an honest client is served after
    /// them. One that has left before the server saw it is not spoken of.
    fn flood(&mut self) -> Result<(), Fault> {
        let clients: Result<Vec<TcpStream>, Fault> =
            (0..FLOOD).map(|_| self.connect(Part::Honest)).collect();
        for client in clients? {
            if self.rng.bool() {
                reset(client);
            }
        }
        self.load
            .counters
            .count_hostile(Subject::ServerS, Kind::Flood, FLOOD);
        let client = self.connect(Part::Honest)?;
        let wanted = self.send_file(&client)?;
        for _ in 0..=FLOOD {
            let found = self.next_line()?;
            if found == wanted {
                return Ok(());
            }
            if found != ERROR {
                return Err(Fault::wrong("what is printed", wanted, found));
            }
        }
        Err(Fault::wrong("what is printed", wanted, "errors only"))
    }

    fn expect_line(&mut self, wanted: &str) -> Result<(), Fault> {
        let found = self.next_line()?;
        if found == wanted {
            return Ok(());
        }
        Err(Fault::wrong("what is printed", wanted, found))
    }

    fn next_line(&mut self) -> Result<String, Fault> {
        let mut line = None;
        let process = &self.load.servers.of(Subject::ServerS).process;
        let waited = process.wait_stdout(
            |printed| {
                let rest = printed.get(self.checked..).unwrap_or_default();
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
            (Err(error), _) => Err(Fault::wrong("what is printed", "a line", error)),
            (Ok(()), None) => Err(Fault::wrong("what is printed", "a line", "nothing")),
        }
    }
}

/// What one client does.
#[derive(Clone, Copy, Debug)]
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

/// The command that a client's turn begins with has come; it is not taken.
fn wait_for_turn(client: &TcpStream) -> Result<(), Fault> {
    match client
        .peek(&mut [0])
        .map_err(Fault::system("waiting for its turn"))?
    {
        0 => Err(Fault::wrong("a turn", "a command", "the end")),
        _ => Ok(()),
    }
}

fn take_command(mut client: &TcpStream) -> Result<(), Fault> {
    let mut found = [0; COMMAND.len()];
    client
        .read_exact(&mut found)
        .map_err(Fault::system("receiving a command"))?;
    if found == COMMAND {
        return Ok(());
    }
    let (wanted, found) = (cli::escape(COMMAND), cli::escape(&found));
    Err(Fault::wrong("a command", wanted, found))
}

fn send(mut client: &TcpStream, bytes: &[u8]) -> Result<(), Fault> {
    client.write_all(bytes).map_err(Fault::system("sending"))
}

fn end_sending(client: &TcpStream) -> Result<(), Fault> {
    let ended = client.shutdown(Shutdown::Write);
    ended.map_err(Fault::system("ending the sending side"))
}

/// Takes what is left of the commands, and waits until the server closes.
fn wait_for_end(mut client: &TcpStream) -> Result<(), Fault> {
    let mut rest = Vec::new();
    client
        .read_to_end(&mut rest)
        .map_err(Fault::system("waiting for the end"))?;
    if COMMAND.repeat(2).ends_with(&rest) {
        return Ok(());
    }
    Err(Fault::wrong("the end", "commands only", cli::escape(&rest)))
}

/// Everything one byte at a time, and counted all the same.
fn send_byte(client: &TcpStream) -> Result<String, Fault> {
    const FILE: &[u8] = b"drops";
    for byte in [CONFIRMATION, SECOND_CONFIRMATION, FILE].concat() {
        send(client, &[byte])?;
        thread::sleep(Duration::from_millis(1));
    }
    end_sending(client)?;
    wait_for_end(client)?;
    Ok(FILE.len().to_string())
}

/// Waits for the server to lose its timeout.
fn be_silent(mut client: &TcpStream) -> Result<(), Fault> {
    let start = Instant::now();
    take_command(client)?;
    let received = client.read(&mut [0; 64]);
    match received.map_err(Fault::system("waiting for the end"))? {
        0 if start.elapsed() < SILENCE_LIMIT => {
            let found = format!("{:?}", start.elapsed());
            Err(Fault::wrong("timeout", format!("{SILENCE_LIMIT:?}"), found))
        }
        0 => Ok(()),
        surplus => Err(Fault::wrong("the end", "no bytes", surplus)),
    }
}
