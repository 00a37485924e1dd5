//! The client of the accio server: it sends a file when it has been asked for it twice.

use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use harness::{Event, shown};

use super::pieces::{self, Cut};
use super::{Breaks as _, Draw, Fault, Model, Stage, server_s, smaller, that_apply};
use crate::checks::accio::{accept_with, is_file};
use crate::checks::common::{expect_error, expect_success};
use crate::checks::server_s::{COMMAND, FIRST, SECOND};
use crate::{Conversation, Problem};

/// The client of the accio project.
pub(crate) struct Accio;

#[derive(Clone, PartialEq)]
pub(crate) struct Case {
    file: Vec<u8>,
    /// Where the two commands are divided.
    cuts: Vec<Cut>,
    /// The second command does not wait for the first confirmation.
    together: bool,
    end: End,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    /// The server takes the file.
    Takes,
    /// This byte of the commands is another one, and behind them the server closes.
    Wrong(usize, u8),
    /// It closes behind so many bytes of the commands.
    Stops(usize),
    /// It resets behind so many bytes of a large file.
    Resets(usize),
}

/// More than the system keeps on the way to a server that does not read.
const LARGE: usize = 8 << 20;

/// How late a server reads a large file: meanwhile all buffers on the way become full.
const LATE: Duration = Duration::from_millis(50);

/// How long a program is looked at that has nothing to say yet, and where a fault was seen.
const LOOK: Duration = Duration::from_millis(1);
const CAREFUL_LOOK: Duration = Duration::from_millis(50);

impl Model for Accio {
    type Case = Case;
    type Memory = ();

    fn draw(draw: &mut Draw) -> Case {
        let length = 2 * COMMAND.len();
        let end = match draw.number(0..24) {
            0 | 1 => End::Wrong(draw.number(0..length), draw.number(0..256) as u8),
            2 | 3 => End::Stops(draw.number(0..length)),
            4 => End::Resets(draw.number(1..5000)),
            _ => End::Takes,
        };
        Case {
            file: match (end, draw.number(0..60)) {
                (End::Resets(_), _) | (_, 0) => vec![0; LARGE],
                (_, 1..5) => Vec::new(),
                _ => server_s::file(draw),
            },
            cuts: pieces::draw(draw, length, false),
            together: draw.one_in(8),
            end,
        }
    }

    fn smaller(case: &Case) -> Vec<Case> {
        let mut all = smaller::plainer(
            case,
            &[|case| case.end = End::Takes, |case| case.together = false],
        );
        let cuts = [pieces::fewer(&case.cuts), pieces::smaller(&case.cuts)].concat();
        all.extend(smaller::with(case, cuts, |case, cuts| case.cuts = cuts));
        let files = match case.end {
            // The system would take a smaller one before the reset.
            End::Resets(_) => Vec::new(),
            _ if case.file.len() > LARGE / 4 => smaller::numbers(case.file.len(), 1)
                .into_iter()
                .map(|length| vec![0; length])
                .collect(),
            _ => smaller::bytes(&case.file),
        };
        all.extend(smaller::with(case, files, |case, file| case.file = file));
        all
    }

    fn rests_on(case: &Case) -> Vec<&'static str> {
        let takes = case.end == End::Takes;
        that_apply([
            (case.end.check(), !takes),
            ("G-5/3", case.together),
            ("AC-1/7", takes && case.file.is_empty()),
            ("AC-1/2", !case.cuts.is_empty()),
        ])
    }

    fn words(case: &Case) -> String {
        let bytes = commands(case);
        let mut text = format!("the client has a file of {}\n", shown(&case.file));
        let how = match case.together {
            true => "at once",
            false => "one after the other",
        };
        // Writing into a `String` cannot fail.
        let _ = writeln!(text, "the server sends two commands {how}");
        pieces::words(&mut text, &case.cuts, bytes.len());
        let _ = match case.end {
            End::Takes if case.file.len() < LARGE => Ok(()),
            End::Takes => writeln!(text, "  and reads the file {LATE:?} later"),
            End::Wrong(at, byte) => writeln!(
                text,
                "  with {byte:#04x} in place of byte {} of {}, and closes",
                at + 1,
                shown(&COMMAND.repeat(2))
            ),
            End::Stops(after) => writeln!(text, "  but closes behind {}", shown(&bytes[..after])),
            End::Resets(after) => {
                writeln!(
                    text,
                    "  and resets the connection behind byte {after} of the file"
                )
            }
        };
        text
    }

    fn play(case: &Case, (): &mut (), stage: &mut Stage<'_>) -> Result<(), Fault> {
        let look = match stage.is_careful() {
            true => CAREFUL_LOOK,
            false => LOOK,
        };
        let trial = stage.fresh();
        let timeout = trial.timeout();
        let (_listener, mut server) = accept_with(trial, &case.file).breaks("AC-1")?;
        let asked = ask(case, look, &mut server);
        let check = case.end.check();
        match case.end {
            End::Takes => {
                asked?;
                if case.file.len() >= LARGE {
                    thread::sleep(LATE);
                }
                let received = server.receive_all().breaks(check)?;
                is_file(&received, &case.file).breaks(check)?;
                drop(server);
                return expect_success(trial, timeout).breaks("AC-1/6");
            }
            End::Resets(after) => {
                asked?;
                server.receive(after).breaks("AC-1/4")?;
                server.reset().breaks(check)?;
            }
            // It may have left already.
            End::Wrong(..) | End::Stops(_) => drop(server),
        }
        expect_error(trial, timeout).breaks(check)
    }
}

impl End {
    /// What it shows.
    fn check(self) -> &'static str {
        match self {
            Self::Takes => "AC-1/4",
            Self::Wrong(..) => "AC-2/11",
            Self::Stops(_) => "AC-2/12",
            Self::Resets(_) => "AC-2/13",
        }
    }
}

/// What the server sends before it is sent the file.
fn commands(case: &Case) -> Vec<u8> {
    let mut bytes = COMMAND.repeat(2);
    match case.end {
        End::Wrong(at, byte) if bytes[at] == byte => bytes[at] ^= 1,
        End::Wrong(at, byte) => bytes[at] = byte,
        End::Stops(after) => bytes.truncate(after),
        End::Takes | End::Resets(_) => {}
    }
    bytes
}

/// Sends the commands, and receives the confirmation of each that is right.
fn ask(case: &Case, look: Duration, server: &mut Conversation) -> Result<(), Fault> {
    let bytes = commands(case);
    if case.together {
        pieces::send(&case.cuts, &bytes, server).breaks("AC-1")?;
        return match bytes == COMMAND.repeat(2) {
            true => server
                .expect_bytes(&[FIRST, SECOND].concat())
                .breaks("AC-1"),
            false => Ok(()),
        };
    }
    let mut sent = 0;
    for confirmation in [FIRST, SECOND] {
        let start = sent;
        let until = bytes.len().min(start + COMMAND.len());
        for (piece, pause) in pieces::of(&case.cuts, &bytes[..until], start) {
            expect_nothing(sent, look, server)?;
            server.send(piece).breaks("AC-1")?;
            sent += piece.len();
            pause.wait();
        }
        if &bytes[start..until] != COMMAND {
            break;
        }
        server.expect_bytes(confirmation).breaks("AC-1")?;
    }
    Ok(())
}

/// Behind so many bytes of the commands there is nothing to say yet.
fn expect_nothing(sent: usize, look: Duration, server: &mut Conversation) -> Result<(), Fault> {
    let check = match sent {
        0 => "AC-1",
        sent if sent == COMMAND.len() => "AC-1/3",
        _ => "AC-1/2",
    };
    match server.glance(SECOND.len(), look) {
        Event::Data(bytes) => {
            let expected = "nothing before the command is complete";
            Err(Problem::broken(expected, shown(&bytes))).breaks(check)
        }
        _ => Ok(()),
    }
}
