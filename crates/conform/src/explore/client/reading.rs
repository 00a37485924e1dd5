//! Responses, right and wrong, that are read.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use harness::{Finished, Input, Listener, shown};

use crate::checks::client::{
    ALICE, arguments, both, ended, says_more, shows_in_order, shows_messages,
};
use crate::checks::messages::{Message, has_status, read, response};
use crate::explore::draw::is_plain;
use crate::explore::pieces::{self, Cut, LONG, Pause};
use crate::explore::{Breaks as _, Draw, Fault, smaller, that_apply};
use crate::{Problem, Trial};

#[derive(Clone, PartialEq)]
pub(crate) struct Reading {
    user: String,
    messages: Vec<Message>,
    more: bool,
    cuts: Vec<Cut>,
    end: End,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Closes,
    /// The server keeps the connection.
    Stays,
    /// This byte of the header is another one.
    Byte(usize, u8),
    /// A message without a sender is behind the others, and [`BEHIND`].
    NoSender,
    /// The same without a text.
    NoText,
    /// The server closes or resets behind so many bytes.
    Stops {
        after: usize,
        resets: bool,
    },
}

/// The lengths of the header of a response, and of that of a message.
const HEADER: usize = 5;
const MESSAGE_HEADER: usize = 3;

/// More messages than these are many.
const FEW: usize = 5;

/// The longest text that a client creates.
const LONGEST: usize = 65_534;

/// Some programs lose what they have printed and no pipe holds, if they then end with an error.
const SHORT: usize = 4096;

/// What may not be printed, because it stands behind what is wrong.
const BEHIND: (&str, &str) = ("mallory", "This stands behind what is wrong.");

/// A gap is one second. Where a response took longer than this, the machine is too busy to tell.
const IN_TIME: Duration = Duration::from_millis(700);

impl Reading {
    pub(super) fn draw(draw: &mut Draw) -> Self {
        let is_right = draw.one_in(2);
        let mut messages = match draw.number(0..16) {
            0..=2 => Vec::new(),
            3 => (0..draw.number(90..254))
                .map(|_| (draw.words(3), draw.words(5)))
                .collect(),
            _ => (0..draw.few(FEW)).map(|_| message(draw)).collect(),
        };
        if !is_right {
            messages.retain(|(_, text)| text.len() < SHORT);
        }
        let mut case = Self {
            user: match draw.number(0..12) {
                0 => draw.letters(255),
                1 => draw.words(9),
                _ => ALICE.to_owned(),
            },
            messages,
            more: draw.one_in(3),
            cuts: Vec::new(),
            end: End::Closes,
        };
        let length = case.right().len();
        case.end = match draw.number(0..10) {
            0 if is_right => End::Stays,
            _ if is_right => End::Closes,
            0 | 1 => End::Byte(draw.pick(&[0, 1, 2]), draw.number(0..256) as u8),
            2 => End::Byte(4, draw.number(2..256) as u8),
            3 => End::NoSender,
            4 => End::NoText,
            _ => End::Stops {
                after: draw.number(0..length),
                resets: draw.one_in(3),
            },
        };
        case.cuts = match draw.one_in(15) {
            true => vec![Cut {
                at: draw.number(1..length),
                pause: Pause::Millis(LONG),
            }],
            false => pieces::draw(draw, length, false),
        };
        case
    }

    pub(super) fn smaller(&self) -> Vec<Self> {
        let mut all = smaller::plainer(
            self,
            &[
                |case| case.end = End::Closes,
                |case| case.more = false,
                |case| case.user = ALICE.to_owned(),
            ],
        );
        let mut messages = smaller::lists(&self.messages, 0);
        messages.extend(smaller::items(&self.messages, smaller_message));
        all.extend(smaller::with(self, messages, |case, messages| {
            case.messages = messages;
        }));
        let cuts = [pieces::fewer(&self.cuts), pieces::smaller(&self.cuts)].concat();
        all.extend(smaller::with(self, cuts, |case, cuts| case.cuts = cuts));
        if let End::Stops { after, resets } = self.end {
            let nearer = smaller::numbers(after, 0);
            all.extend(smaller::with(self, nearer, |case, after| {
                case.end = End::Stops { after, resets };
            }));
        }
        all
    }

    pub(super) fn rests_on(&self) -> Vec<&'static str> {
        let Self { user, messages, .. } = self;
        let any = |is_so: fn(&str) -> bool| {
            let mut all = messages.iter().flat_map(|(sender, text)| [sender, text]);
            all.any(|one| is_so(one))
        };
        let is_odd = |one: &str| one.trim() != one || !one.chars().all(is_plain);
        let longest = messages.iter().map(|(_, text)| text.len()).max();
        let is_right = self.is_right();
        that_apply([
            ("C-21/8", self.end == End::Stays),
            ("C-22/14", !is_right && self.whole() > 0),
            ("C-23/2", any(is_odd)),
            ("C-23/3", is_right && self.more && messages.is_empty()),
            ("C-21/9", longest > Some(LONGEST)),
            (self.check(), !is_right),
            ("C-21/7", !self.cuts.is_empty()),
            ("C-1/4", !user.is_ascii()),
            ("C-17/5", user.len() == 255),
            ("C-21/2", any(|one| !one.is_ascii())),
            ("C-21/3", messages.len() > FEW),
            ("C-21/4", longest > Some(LONGEST / 2)),
        ])
    }

    pub(super) fn words(&self) -> String {
        let Self { user, messages, .. } = self;
        let (count, length) = (messages.len(), self.record().len());
        let mut text = format!("{user} reads {count} messages\n");
        // Writing into a `String` cannot fail.
        for (sender, message) in messages.iter().take(FEW) {
            let [sender, message] = [sender, message].map(|one| shown(one.as_bytes()));
            let _ = writeln!(text, "  from {sender}: {message}");
        }
        if count > FEW {
            let _ = writeln!(text, "  and {} more like these", count - FEW);
        }
        if self.more {
            text += "  and MoreMsgs is 1\n";
        }
        pieces::words(&mut text, &self.cuts, length);
        let _ = match self.end {
            End::Closes => Ok(()),
            End::Stays => writeln!(text, "  and the server keeps the connection"),
            End::Byte(place, _) => {
                let byte = self.record()[place];
                writeln!(
                    text,
                    "  but byte {} of the header is {byte:#04x}",
                    place + 1
                )
            }
            End::NoSender => writeln!(text, "  and then one with a SenderLen of 0"),
            End::NoText => writeln!(text, "  and then one with a MessageLen of 0"),
            End::Stops { resets, .. } => {
                let how = if resets { "resets" } else { "closes" };
                let all = self.right().len();
                writeln!(text, "  but the server {how} behind byte {length} of {all}")
            }
        };
        text
    }

    pub(super) fn play(&self, trial: &mut Trial<'_>) -> Result<(), Fault> {
        let listener = trial.listen().breaks("C-1")?;
        let mut other = None;
        if let Some(record) = self.other() {
            let plain = Self {
                cuts: Vec::new(),
                end: End::Closes,
                ..self.clone()
            };
            other = plain.run(trial, &listener, &record)?;
        }
        match self.run(trial, &listener, &self.record())? {
            Some(finished) => self.judge(&finished, other.as_ref()),
            None => Ok(()),
        }
    }

    /// Runs the client at a server that sends this; nothing if that took too long to tell.
    fn run(
        &self,
        trial: &mut Trial<'_>,
        listener: &Listener,
        record: &[u8],
    ) -> Result<Option<Finished>, Fault> {
        let check = self.check();
        let arguments = arguments(listener.port(), &self.user, "read");
        trial.start(&arguments, Input::Pipe).breaks("C-1")?;
        let mut server = trial.accept(listener).breaks("C-1")?;
        let start = Instant::now();
        server.expect_bytes(&read(&self.user)).breaks("C-1")?;
        // It may have left already: what it prints shows why.
        let _ = pieces::send(&self.cuts, record, &mut server);
        let in_time = start.elapsed() < IN_TIME;
        let mut kept = None;
        match self.end {
            End::Stops { resets: true, .. } => server.reset().breaks(check)?,
            End::Stays => kept = Some(server),
            _ => drop(server),
        }
        let finished = ended(trial).breaks(check)?;
        drop(kept);
        Ok(in_time.then_some(finished))
    }

    fn judge(&self, finished: &Finished, other: Option<&Finished>) -> Result<(), Fault> {
        let check = self.check();
        let printed = both(finished);
        let broken = |expected: &str| {
            let happened = shown(printed.trim().as_bytes());
            Err(Problem::broken(expected, happened)).breaks(check)
        };
        if other.is_some_and(|other| !says_more(finished, other)) {
            return broken(match check {
                "C-21/5" => "a message on either output that there are no messages",
                "C-21/6" => "a message on either output that there are more messages",
                _ => "an error message on either output",
            });
        }
        if printed.contains(BEHIND.1) {
            return broken("an error, and nothing printed of what stands behind it");
        }
        let messages = &self.messages[..self.whole()];
        let texts: Vec<String> = messages.iter().map(|(_, text)| text.clone()).collect();
        let check = if self.is_right() { "C-21" } else { "C-22/14" };
        shows_messages(finished, messages).breaks(check)?;
        shows_in_order(finished, &texts).breaks(check)?;
        match self.end {
            End::Stays => has_status(finished.exit, 0).breaks("C-21/8"),
            End::Closes if self.more && messages.is_empty() => {
                has_status(finished.exit, 0).breaks("C-23/3")
            }
            _ => Ok(()),
        }
    }

    fn is_right(&self) -> bool {
        matches!(self.end, End::Closes | End::Stays)
    }

    /// What it shows.
    fn check(&self) -> &'static str {
        match self.end {
            End::Byte(0 | 1, _) => "C-22",
            End::Byte(2, _) => "C-22/2",
            End::Byte(..) => "C-22/3",
            End::NoSender => "C-22/4",
            End::NoText => "C-22/5",
            End::Stops { resets: false, .. } => "C-22/11",
            End::Stops { resets: true, .. } => "C-22/12",
            End::Closes | End::Stays => match (self.messages.is_empty(), self.more) {
                (true, false) => "C-21/5",
                (false, true) => "C-21/6",
                _ => "C-21",
            },
        }
    }

    /// The response without what is wrong.
    fn right(&self) -> Vec<u8> {
        response(self.more.into(), &self.messages)
    }

    /// The response with another message behind the others, and [`BEHIND`].
    fn with_message(&self, sender: &str, text: &str) -> Vec<u8> {
        let mut messages = self.messages.clone();
        messages
            .extend([(sender, text), BEHIND].map(|(sender, text)| (sender.into(), text.into())));
        response(self.more.into(), &messages)
    }

    /// What the server sends.
    fn record(&self) -> Vec<u8> {
        let mut record = match self.end {
            End::NoSender => self.with_message("", "x"),
            End::NoText => self.with_message("x", ""),
            End::Byte(..) => self.with_message("x", "x"),
            End::Stops { .. } | End::Closes | End::Stays => self.right(),
        };
        match self.end {
            End::Byte(place, byte) if record[place] == byte => record[place] ^= 0x80,
            End::Byte(place, byte) => record[place] = byte,
            End::Stops { after, .. } => record.truncate(after.min(record.len() - 1)),
            _ => {}
        }
        record
    }

    /// A right response that a client could take it for: it has to print something else.
    fn other(&self) -> Option<Vec<u8>> {
        let mut messages = self.messages[..self.whole()].to_vec();
        Some(match self.check() {
            "C-21" => return None,
            "C-21/5" => response(0, &[("eve", "Hello")]),
            "C-21/6" => response(0, &messages),
            _ if matches!(self.end, End::Stops { .. }) => {
                messages.extend(self.cut_message());
                response(0, &messages)
            }
            _ => self.with_message("x", "x"),
        })
    }

    /// How many messages are sent whole before anything is wrong, and not lost in a reset.
    fn whole(&self) -> usize {
        let end = match self.end {
            End::Byte(..) | End::Stops { resets: true, .. } => 0,
            End::Stops { .. } => self.record().len(),
            _ => return self.messages.len(),
        };
        let starts = self.starts();
        starts.iter().skip(1).filter(|start| **start <= end).count()
    }

    /// The first message that is not sent whole, with what is sent of its text.
    fn cut_message(&self) -> Option<Message> {
        let whole = self.whole();
        let (sender, text) = self.messages.get(whole)?;
        let before = self.starts()[whole] + MESSAGE_HEADER + sender.len();
        let sent = self.record().len().checked_sub(before)?;
        let text = text.get(..sent).filter(|text| !text.is_empty())?;
        Some((sender.clone(), text.to_owned()))
    }

    /// Where messages begin in a response, and where the last one ends.
    fn starts(&self) -> Vec<usize> {
        let mut starts = vec![HEADER];
        for (sender, text) in &self.messages {
            let length = MESSAGE_HEADER + sender.len() + text.len();
            starts.push(starts[starts.len() - 1] + length);
        }
        starts
    }
}

fn message(draw: &mut Draw) -> Message {
    let length = draw.number(1..16);
    let sender = match draw.one_in(20) {
        true => draw.letters(255),
        false => draw.words(length),
    };
    let length = draw.length(LONGEST / 4).max(1);
    let text = match draw.number(0..40) {
        0 => draw.letters(LONGEST),
        1 => draw.letters(LONGEST + 1),
        2..=7 => draw.text(length),
        _ => draw.words(length),
    };
    (sender, text)
}

fn smaller_message((sender, text): &Message) -> Vec<Message> {
    let shorter = |text: &str| {
        let mut all = smaller::texts(text);
        all.retain(|text| !text.is_empty());
        all.into_iter()
    };
    let texts = shorter(text).map(|text| (sender.clone(), text));
    let senders = shorter(sender).map(|sender| (sender, text.clone()));
    texts.chain(senders).collect()
}
