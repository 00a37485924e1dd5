//! How bytes are divided when they are sent.

use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use super::{Draw, smaller as less};
use crate::Conversation;

#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Cut {
    /// So many of the bytes come before it.
    pub(crate) at: usize,
    pub(crate) pause: Pause,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Pause {
    Millis(u64),
    /// Until the next client has come and gone.
    Another,
}

impl Pause {
    /// Waits, unless for another client.
    pub(crate) fn wait(self) {
        if let Self::Millis(millis @ 1..) = self {
            thread::sleep(Duration::from_millis(millis));
        }
    }
}

/// Some receivers take fewer bytes at once than the 4096 of an assignment, but all take these.
pub(crate) const AT_ONCE: usize = 1000;

/// A pause that a person would notice.
pub(crate) const LONG: u64 = 100;

/// Cuts in their order, none most of the time.
pub(crate) fn draw(draw: &mut Draw, length: usize, another: bool) -> Vec<Cut> {
    if length < 2 || !draw.one_in(3) {
        return Vec::new();
    }
    let count = draw.few(6);
    let mut cuts: Vec<_> = (0..count).map(|_| one(draw, length, another)).collect();
    cuts.sort_by_key(|cut| cut.at);
    cuts
}

/// Near the beginning half of the time, where headers are.
fn one(draw: &mut Draw, length: usize, another: bool) -> Cut {
    let most = if draw.one_in(2) {
        length.min(12)
    } else {
        length
    };
    Cut {
        at: draw.number(1..most.max(2)),
        // A pause costs more than many conversations without one, and a receiver that waits wakes
        // up for each piece.
        pause: match draw.number(0..300) {
            0 => Pause::Millis(draw.number(LONG as usize..300) as u64),
            1..=24 => Pause::Millis(draw.number(1..4) as u64),
            25..=70 if another => Pause::Another,
            _ => Pause::Millis(0),
        },
    }
}

pub(crate) fn fewer(cuts: &[Cut]) -> Vec<Vec<Cut>> {
    let none = (!cuts.is_empty()).then(Vec::new);
    none.into_iter().chain(less::lists(cuts, 1)).collect()
}

/// Cuts nearer to the beginning, and shorter pauses.
pub(crate) fn smaller(cuts: &[Cut]) -> Vec<Vec<Cut>> {
    less::items(cuts, |Cut { at, pause }| {
        let at_less = less::numbers(*at, 1).into_iter();
        let mut all: Vec<_> = at_less.map(|at| Cut { at, pause: *pause }).collect();
        if *pause == Pause::Another {
            let pause = Pause::Millis(0);
            all.push(Cut { at: *at, pause });
        }
        if let Pause::Millis(millis) = pause {
            all.extend(
                less::numbers(*millis as usize, 0)
                    .into_iter()
                    .map(|millis| Cut {
                        at: *at,
                        pause: Pause::Millis(millis as u64),
                    }),
            );
        }
        all
    })
}

pub(crate) fn words(text: &mut String, cuts: &[Cut], length: usize) {
    for Cut { at, pause } in cuts.iter().filter(|cut| cut.at < length) {
        // Writing into a `String` cannot fail.
        let _ = match pause {
            Pause::Millis(0) => writeln!(text, "  divided behind byte {at} of {length}"),
            Pause::Millis(millis) => {
                writeln!(
                    text,
                    "  with a pause of {millis} ms behind byte {at} of {length}"
                )
            }
            Pause::Another => writeln!(
                text,
                "  and waits behind byte {at} of {length} until the next client is gone"
            ),
        };
    }
}

/// The pieces of the bytes behind those that were sent before, with the pause behind each.
pub(crate) fn of<'b>(
    cuts: &[Cut],
    bytes: &'b [u8],
    mut sent: usize,
) -> impl Iterator<Item = (&'b [u8], Pause)> {
    let within = sent..bytes.len();
    let last = Cut {
        at: bytes.len(),
        pause: Pause::Millis(0),
    };
    let cuts = cuts
        .iter()
        .copied()
        .filter(move |cut| within.contains(&cut.at));
    cuts.chain([last]).map(move |Cut { at, pause }| {
        let piece = &bytes[sent..at.max(sent)];
        sent = at.max(sent);
        (piece, pause)
    })
}

/// Sends bytes in pieces.
///
/// # Errors
/// As [`Conversation::send`].
pub(crate) fn send(
    cuts: &[Cut],
    bytes: &[u8],
    connection: &mut Conversation,
) -> Result<(), harness::Error> {
    for (piece, pause) in of(cuts, bytes, 0) {
        connection.send(piece)?;
        pause.wait();
    }
    Ok(())
}
