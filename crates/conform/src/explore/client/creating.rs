//! Messages that are typed in and created.

use harness::shown;

use crate::Trial;
use crate::checks::client::{ALICE, ended, sends};
use crate::checks::messages::{create, has_status};
use crate::explore::{Breaks as _, Draw, Fault, smaller, that_apply};

#[derive(Clone, PartialEq)]
pub(crate) struct Creating {
    receiver: Entry,
    text: Entry,
    /// The server keeps the connection.
    stays: bool,
}

/// What is typed in at a prompt: first what is too short or too long, then what is right.
#[derive(Clone, PartialEq)]
struct Entry {
    wrong: Vec<String>,
    right: String,
}

/// A receiver has fewer bytes, and a text.
const RECEIVER: usize = 255;
const TEXT: usize = 65_535;

impl Creating {
    pub(super) fn draw(draw: &mut Draw) -> Self {
        Self {
            receiver: entry(draw, RECEIVER),
            text: entry(draw, TEXT),
            stays: draw.one_in(8),
        }
    }

    pub(super) fn smaller(&self) -> Vec<Self> {
        let mut all = smaller::plainer(self, &[|case| case.stays = false]);
        let receivers = smaller_entry(&self.receiver);
        all.extend(smaller::with(self, receivers, |case, receiver| {
            case.receiver = receiver;
        }));
        let texts = smaller_entry(&self.text);
        all.extend(smaller::with(self, texts, |case, text| case.text = text));
        all
    }

    pub(super) fn rests_on(&self) -> Vec<&'static str> {
        let entries = [&self.receiver, &self.text];
        let is_wide = |text: &String| !text.is_ascii();
        let wrong = || entries.iter().flat_map(|entry| &entry.wrong);
        let right = entries.map(|entry| &entry.right);
        that_apply([
            ("C-20/5", self.stays),
            ("C-18/8", right.iter().any(|text| text.trim() != **text)),
            ("C-18/7", wrong().any(is_wide)),
            ("C-18/2", !self.receiver.wrong.is_empty()),
            ("C-18/3", !self.text.wrong.is_empty()),
            ("C-1/5", right.into_iter().any(is_wide)),
            (
                "C-18/4",
                self.receiver.is_longest(RECEIVER) || self.text.is_longest(TEXT),
            ),
            ("C-1/3", self.text.right.len() > 255),
        ])
    }

    pub(super) fn words(&self) -> String {
        let mut text = format!("{ALICE} creates a message\n");
        for (what, entry) in [("receiver", &self.receiver), ("message", &self.text)] {
            for typed in entry.typed() {
                text += &format!("the {what} is entered: {}\n", shown(typed.as_bytes()));
            }
        }
        if self.stays {
            text += "the server keeps the connection\n";
        }
        text
    }

    pub(super) fn play(&self, trial: &mut Trial<'_>) -> Result<(), Fault> {
        let Self { receiver, text, .. } = self;
        let lines: Vec<&str> = receiver.typed().chain(text.typed()).collect();
        let request = create(ALICE, &receiver.right, &text.right);
        let server = sends(trial, &lines, &request).breaks("C-1/2")?;
        if self.stays {
            let exit = ended(trial).breaks("C-20/5")?.exit;
            has_status(exit, 0).breaks("C-20/5")?;
        }
        drop(server);
        Ok(())
    }
}

impl Entry {
    fn typed(&self) -> impl Iterator<Item = &str> {
        let all = self.wrong.iter().chain([&self.right]);
        all.map(String::as_str)
    }

    /// Whether it could not be longer.
    fn is_longest(&self, limit: usize) -> bool {
        self.right.len() == limit - 1
    }
}

/// Of fewer bytes than the limit.
fn entry(draw: &mut Draw, limit: usize) -> Entry {
    let count = if draw.one_in(4) { draw.few(3) } else { 0 };
    let length = match draw.number(0..8) {
        0 => draw.pick(&[1, limit - 2, limit - 1]),
        1 => limit.min(draw.length(limit - 1).max(1)),
        _ => draw.number(1..16),
    };
    let wide = (limit - 1) / 4;
    let right = match length {
        _ if length > wide => draw.letters(length),
        _ => draw.words(length),
    };
    Entry {
        wrong: (0..count).map(|_| wrong(draw, limit)).collect(),
        right: match draw.number(0..16) {
            0 if length < wide => format!(" {right}"),
            1 if length < wide => format!("{right} "),
            _ => right,
        },
    }
}

fn wrong(draw: &mut Draw, limit: usize) -> String {
    match draw.number(0..4) {
        0 => draw.letters(limit),
        1 => draw.letters(limit + 50),
        2 => "\u{e9}".repeat(limit / 2 + 1),
        _ => String::new(),
    }
}

fn smaller_entry(entry: &Entry) -> Vec<Entry> {
    let mut all = smaller::with(entry, smaller::lists(&entry.wrong, 0), |entry, wrong| {
        entry.wrong = wrong;
    });
    let mut right = smaller::texts(&entry.right);
    right.retain(|text| !text.is_empty());
    all.extend(smaller::with(entry, right, |entry, right| {
        entry.right = right;
    }));
    all
}
