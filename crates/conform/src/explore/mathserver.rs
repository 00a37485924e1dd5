//! The math server: it asks each client sums, and gives it the secret when all were right.

use std::fmt::Write as _;

use harness::shown;

use super::pieces::{self, Cut};
use super::{Breaks as _, Draw, Fault, Model, Stage, smaller};
use crate::Problem;

/// The server that Lab 4 names.
pub(crate) struct Mathserver;

#[derive(Clone)]
pub(crate) struct Client {
    /// How each answer is divided, in turn; the whole ones are not.
    cuts: Vec<Vec<Cut>>,
    end: End,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    /// It has the secret.
    Passes,
    /// This answer, counted from 0, is wrong.
    Fails(usize, Mistake),
    /// It closes or resets behind so many bytes of this answer.
    Leaves {
        at: usize,
        after: usize,
        resets: bool,
    },
}

#[derive(Clone, Copy, PartialEq)]
enum Mistake {
    /// These bits are the other way.
    Bits(u32),
    /// The lowest byte is the first.
    LittleEndian,
}

/// The most questions that anybody waits for.
const MOST: usize = 1000;

impl Model for Mathserver {
    type Case = Vec<Client>;
    type Memory = ();

    fn draw(draw: &mut Draw) -> Vec<Client> {
        let count = draw.few(4);
        let mut clients: Vec<_> = (0..count).map(|_| client(draw)).collect();
        if !matches!(clients[count - 1].end, End::Passes) {
            // It shows whether the server goes on.
            clients.push(Client {
                cuts: Vec::new(),
                end: End::Passes,
            });
        }
        clients
    }

    fn smaller(case: &Vec<Client>) -> Vec<Vec<Client>> {
        let mut all = smaller::lists(case, 1);
        all.extend(smaller::items(case, smaller_client));
        all
    }

    fn rests_on(case: &Vec<Client>) -> Vec<&'static str> {
        let mut all = Vec::new();
        for Client { cuts, end } in case {
            if cuts.iter().any(|cuts| !cuts.is_empty()) {
                all.push("G-5");
            }
            if let End::Leaves { .. } = end {
                all.push("G-4/2");
            }
        }
        all
    }

    fn words(case: &Vec<Client>) -> String {
        let mut text = String::new();
        for (index, Client { cuts, end }) in case.iter().enumerate() {
            // Writing into a `String` cannot fail.
            let _ = write!(text, "client {} ", index + 1);
            let _ = match end {
                End::Passes => writeln!(text, "answers rightly until it has the secret"),
                End::Fails(at, Mistake::Bits(bits)) => {
                    writeln!(
                        text,
                        "gives answer {} with the bits {bits:#010x} wrong",
                        at + 1
                    )
                }
                End::Fails(at, Mistake::LittleEndian) => {
                    writeln!(text, "gives answer {} in little-endian order", at + 1)
                }
                End::Leaves { at, after, resets } => {
                    let how = if *resets { "resets" } else { "closes" };
                    writeln!(
                        text,
                        "{how} its connection behind byte {after} of answer {}",
                        at + 1
                    )
                }
            };
            for cuts in cuts {
                pieces::words(&mut text, cuts, 4);
            }
        }
        text
    }

    fn play(case: &Vec<Client>, (): &mut (), stage: &mut Stage<'_>) -> Result<(), Fault> {
        case.iter().try_for_each(|client| play_one(client, stage))
    }
}

fn client(draw: &mut Draw) -> Client {
    let count = draw.number(0..4);
    let at = if draw.one_in(2) { 0 } else { draw.number(0..3) };
    let mistake = match draw.number(0..4) {
        0 => Mistake::LittleEndian,
        _ => Mistake::Bits((draw.number(1..256) << (8 * draw.number(0..4))) as u32),
    };
    Client {
        cuts: (0..count).map(|_| pieces::draw(draw, 4, false)).collect(),
        end: match draw.number(0..8) {
            0..=2 => End::Fails(at, mistake),
            3 => End::Leaves {
                at,
                after: draw.number(0..4),
                resets: draw.one_in(2),
            },
            _ => End::Passes,
        },
    }
}

fn smaller_client(client: &Client) -> Vec<Client> {
    let Client { cuts, end } = client;
    let ends: Vec<End> = match *end {
        End::Passes => Vec::new(),
        End::Fails(at, mistake) => smaller::numbers(at, 0)
            .into_iter()
            .map(|at| End::Fails(at, mistake))
            .chain([End::Passes])
            .collect(),
        End::Leaves { .. } => vec![End::Passes],
    };
    let ends = ends.into_iter().map(|end| Client {
        cuts: cuts.clone(),
        end,
    });
    let fewer = smaller::lists(cuts, 0).into_iter();
    let smaller = smaller::items(cuts, |cuts| {
        [pieces::fewer(cuts), pieces::smaller(cuts)].concat()
    });
    let cuts = fewer.chain(smaller).map(|cuts| Client { cuts, end: *end });
    ends.chain(cuts).collect()
}

fn play_one(client: &Client, stage: &mut Stage<'_>) -> Result<(), Fault> {
    let mut connection = stage.connect().breaks("MS-1/3")?;
    for at in 0..MOST {
        let message = connection.receive(9);
        let message = message.breaks(if at == 0 { "MS-1" } else { "MS-1/2" })?;
        let [left, right] = match *message {
            [b'Q', a, b, c, d, e, f, g, h] => [[a, b, c, d], [e, f, g, h]],
            [b'S', ..] if at > 0 => return Ok(()),
            _ => {
                let expected = "a question: Q and two numbers of 4 bytes";
                return Err(Problem::broken(expected, shown(&message))).breaks("MS-1");
            }
        };
        let sum = u32::from_be_bytes(left).wrapping_add(u32::from_be_bytes(right));
        let cuts = client.cuts.get(at % client.cuts.len().max(1));
        let cuts = cuts.map_or(&[][..], |cuts| cuts);
        match client.end {
            End::Fails(wrong, mistake) if wrong == at => {
                let answer = mistake.of(sum).to_be_bytes();
                // It may see at the first byte that it is wrong.
                let _ = pieces::send(cuts, &answer, &mut connection);
                let check = if at == 0 { "MS-2" } else { "MS-2/2" };
                return connection.expect_gone().breaks(check);
            }
            End::Leaves {
                at: leaves,
                after,
                resets,
            } if leaves == at => {
                let _ = connection.send(&sum.to_be_bytes()[..after]);
                if resets {
                    connection.reset().breaks("G-4/2")?;
                }
                return Ok(());
            }
            _ => pieces::send(cuts, &sum.to_be_bytes(), &mut connection).breaks("MS-1/2")?,
        }
    }
    let happened = format!("more than {MOST} questions");
    Err(Problem::broken(
        "the secret, after some right answers",
        happened,
    ))
    .breaks("MS-1/2")
}

impl Mistake {
    fn of(self, sum: u32) -> u32 {
        match self {
            Self::Bits(bits) => sum ^ bits,
            // Where that is no other number, another one is.
            Self::LittleEndian if sum.swap_bytes() == sum => sum ^ 1,
            Self::LittleEndian => sum.swap_bytes(),
        }
    }
}
