//! The simplified accio server, which counts the bytes of a file.

use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use harness::shown;

use super::pieces::{self, Cut};
use super::{Breaks as _, Draw, Fault, Model, Stage, smaller};
use crate::Conversation;
use crate::checks::server_s::{COMMAND, FIRST, HEADER};

/// The server of the accio project.
pub(crate) struct ServerS;

#[derive(Clone)]
pub(crate) struct Transfer {
    file: Vec<u8>,
    /// Where the two confirmations are divided, and where the file.
    header_cuts: Vec<Cut>,
    file_cuts: Vec<Cut>,
    haste: Haste,
    end: End,
}

#[derive(Clone, Copy, PartialEq)]
enum Haste {
    /// It waits for each command, and a moment before it sends the file.
    None,
    /// It sends the file immediately behind the second confirmation.
    File,
    /// It waits for nothing.
    All,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Closes,
    /// It resets behind so many bytes of the file.
    Resets(usize),
    /// This byte of the confirmations is another one.
    Wrong(usize, u8),
    /// It closes behind so many bytes of the confirmations.
    Stops(usize),
}

/// Many servers take what one `recv` returns for one confirmation: a plain client gives them time.
const APART: Duration = Duration::from_millis(100);

/// More than any buffer holds.
const LARGE: usize = (1 << 20) + 1;

/// How many lines of standard output were looked at.
#[derive(Default)]
pub(crate) struct Lines(usize);

impl Model for ServerS {
    type Case = Vec<Transfer>;
    type Memory = Lines;

    fn draw(draw: &mut Draw) -> Vec<Transfer> {
        let count = draw.few(3);
        let mut all: Vec<_> = (0..count).map(|_| transfer(draw)).collect();
        if all[count - 1].end != End::Closes {
            all.push(Transfer {
                end: End::Closes,
                ..transfer(draw)
            });
        }
        all
    }

    fn smaller(case: &Vec<Transfer>) -> Vec<Vec<Transfer>> {
        let mut all = smaller::lists(case, 1);
        all.extend(smaller::items(case, smaller_transfer));
        all
    }

    fn rests_on(case: &Vec<Transfer>) -> Vec<&'static str> {
        let mut all = Vec::new();
        for transfer in case {
            if !transfer.header_cuts.is_empty() {
                all.push("G-5");
            }
            match transfer.haste {
                Haste::None => {}
                Haste::File => all.push("A-5/2"),
                Haste::All => all.push("A-5"),
            }
            match transfer.end {
                End::Closes if transfer.file.is_empty() => all.push("A-3/4"),
                End::Closes => {}
                End::Resets(_) => all.push("A-9/2"),
                End::Wrong(..) => all.push("A-6"),
                End::Stops(_) => all.push("A-6/3"),
            }
        }
        all
    }

    fn words(case: &Vec<Transfer>) -> String {
        let mut text = String::new();
        for (index, transfer) in case.iter().enumerate() {
            // Writing into a `String` cannot fail.
            let _ = write!(text, "client {} ", index + 1);
            let file = shown(&transfer.file);
            let _ = match transfer.end {
                End::Closes => writeln!(text, "confirms twice and sends a file of {file}"),
                End::Resets(after) => {
                    writeln!(
                        text,
                        "resets its connection behind byte {after} of a file of {file}"
                    )
                }
                End::Wrong(at, byte) => writeln!(
                    text,
                    "confirms with {byte:#04x} in place of byte {} of {}",
                    at + 1,
                    shown(HEADER)
                ),
                End::Stops(after) => {
                    writeln!(text, "closes behind {}", shown(&HEADER[..after]))
                }
            };
            let _ = match transfer.haste {
                Haste::None => Ok(()),
                Haste::File => writeln!(text, "  the file immediately behind the confirmation"),
                Haste::All => writeln!(text, "  without waiting for a command"),
            };
            pieces::words(&mut text, &transfer.header_cuts, HEADER.len());
            pieces::words(&mut text, &transfer.file_cuts, transfer.file.len());
        }
        text
    }

    fn play(case: &Vec<Transfer>, lines: &mut Lines, stage: &mut Stage<'_>) -> Result<(), Fault> {
        case.iter()
            .try_for_each(|transfer| play_one(transfer, lines, stage))
    }
}

fn transfer(draw: &mut Draw) -> Transfer {
    let file = file(draw);
    let part = draw.number(0..file.len() + 1);
    let byte = draw.number(0..256) as u8;
    Transfer {
        header_cuts: match draw.one_in(3) {
            true => pieces::draw(draw, HEADER.len(), false),
            false => Vec::new(),
        },
        file_cuts: pieces::draw(draw, file.len(), false),
        haste: match draw.number(0..8) {
            0 => Haste::File,
            1 => Haste::All,
            _ => Haste::None,
        },
        end: match draw.number(0..16) {
            0 => End::Resets(part),
            1 => End::Wrong(draw.number(0..HEADER.len()), byte),
            2 => End::Stops(draw.number(0..HEADER.len())),
            _ => End::Closes,
        },
        file,
    }
}

/// Anything: a file is not text, and what looks like a header is not one.
pub(super) fn file(draw: &mut Draw) -> Vec<u8> {
    const HEADERS: [&[u8]; 6] = [
        b"Content-Length: 5\r\n\r\nhello",
        b"confirm-accio\r\n",
        HEADER,
        b"\r\n\r\n",
        b"accio\r\n",
        b"ERROR",
    ];
    match draw.number(0..60) {
        0 => return vec![b'x'; LARGE],
        1..=7 => return draw.not_utf8(),
        _ => {}
    }
    match draw.number(0..9) {
        0 => draw.pick(&HEADERS).to_vec(),
        1 => vec![0; draw.number(60_000..200_000)],
        2 => vec![draw.number(0..256) as u8; draw.length(200_000)],
        3 => [draw.pick(&HEADERS), draw.letters(9).as_bytes()].concat(),
        _ => {
            let length = draw.length(200_000);
            draw.text(length).into_bytes()
        }
    }
}

fn smaller_transfer(transfer: &Transfer) -> Vec<Transfer> {
    let with = |change: &dyn Fn(&mut Transfer)| {
        let mut transfer = transfer.clone();
        change(&mut transfer);
        transfer
    };
    let mut all = Vec::new();
    if transfer.end != End::Closes {
        all.push(with(&|transfer| transfer.end = End::Closes));
    }
    if transfer.haste != Haste::None {
        all.push(with(&|transfer| transfer.haste = Haste::None));
    }
    for cuts in [pieces::fewer, pieces::smaller] {
        all.extend(
            cuts(&transfer.header_cuts)
                .iter()
                .map(|cuts| with(&|transfer| transfer.header_cuts.clone_from(cuts))),
        );
        all.extend(
            cuts(&transfer.file_cuts)
                .iter()
                .map(|cuts| with(&|transfer| transfer.file_cuts.clone_from(cuts))),
        );
    }
    all.extend(
        smaller::bytes(&transfer.file)
            .iter()
            .map(|file| with(&|transfer| transfer.file.clone_from(file))),
    );
    all
}

fn play_one(transfer: &Transfer, lines: &mut Lines, stage: &mut Stage<'_>) -> Result<(), Fault> {
    let mut client = stage.connect().breaks("A-13")?;
    client.expect_bytes(COMMAND).breaks("A-1")?;
    let expected = match transfer.end {
        End::Closes => {
            send(transfer, HEADER, &mut client)?;
            // Where it is reset already, no number will come.
            let _ = client.shutdown_write();
            transfer.file.len().to_string()
        }
        End::Resets(after) => {
            let part = Transfer {
                file: transfer.file[..after.min(transfer.file.len())].to_vec(),
                ..transfer.clone()
            };
            send(&part, HEADER, &mut client)?;
            client.reset().breaks("A-9/2")?;
            return expect_line("ERROR", "A-9/2", lines, stage);
        }
        End::Wrong(at, byte) => {
            let mut header = HEADER.to_vec();
            header[at] = if header[at] == byte { byte ^ 1 } else { byte };
            // It may close before all is sent.
            let _ = send(transfer, &header, &mut client);
            drop(client);
            return expect_line("ERROR", "A-6", lines, stage);
        }
        End::Stops(after) => {
            client.send(&HEADER[..after]).breaks("A-6/3")?;
            if after >= FIRST.len() {
                client.expect_bytes(COMMAND).breaks("A-1/2")?;
            }
            drop(client);
            return expect_line("ERROR", "A-6/3", lines, stage);
        }
    };
    if transfer.haste == Haste::All {
        client.expect_bytes(COMMAND).breaks("A-1/2")?;
    }
    client.expect_gone().breaks("A-13/4")?;
    expect_line(&expected, "A-3", lines, stage)
}

/// Sends two confirmations and the file, as its haste says.
fn send(transfer: &Transfer, header: &[u8], client: &mut Conversation) -> Result<(), Fault> {
    let Transfer {
        file,
        header_cuts,
        file_cuts,
        haste,
        ..
    } = transfer;
    if *haste == Haste::All {
        let all = [header, file].concat();
        return pieces::send(header_cuts, &all, client).breaks("A-5");
    }
    let first_cuts: Vec<_> = header_cuts
        .iter()
        .copied()
        .filter(|cut| cut.at < FIRST.len())
        .collect();
    let behind = |cut: &Cut| {
        Some(Cut {
            at: cut.at.checked_sub(FIRST.len())?,
            ..*cut
        })
    };
    let second_cuts: Vec<_> = header_cuts.iter().filter_map(behind).collect();
    pieces::send(&first_cuts, &header[..FIRST.len()], client).breaks("A-2")?;
    client.expect_bytes(COMMAND).breaks("A-1/2")?;
    let second = &header[FIRST.len()..];
    if *haste == Haste::File {
        let both = [second, file].concat();
        return pieces::send(&second_cuts, &both, client).breaks("A-5/2");
    }
    pieces::send(&second_cuts, second, client).breaks("A-2")?;
    thread::sleep(APART);
    pieces::send(file_cuts, file, client).breaks("A-7")
}

/// Waits for a new line that is just this, blanks aside.
fn expect_line(
    line: &str,
    check: &'static str,
    lines: &mut Lines,
    stage: &mut Stage<'_>,
) -> Result<(), Fault> {
    let trial = stage.running().breaks(check)?;
    let before = lines.0;
    let is_there = |printed: &str| printed.lines().skip(before).any(|one| one.trim() == line);
    trial
        .wait_printed(&format!("the line \"{line}\""), is_there)
        .breaks(check)?;
    let printed = trial.printed().breaks(check)?;
    // What else is printed about this client may come a little later.
    let found = printed
        .lines()
        .skip(before)
        .position(|one| one.trim() == line);
    lines.0 = before + found.unwrap_or(0) + 1;
    Ok(())
}
