//! Exploring alone finds the faults that lie in data or order, within ten seconds: all of them
//! with `EXPLORE=all` in the environment, and then a table of shares.

use std::env;
use std::fmt::Write as _;
use std::iter::repeat_n;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use conform::record::{CheckRecord, Verdict};
use conform::{Assignment, CheckResult, Exploration, TestLine, grade_one};
use libtest_mimic::Failed;

use crate::{LIARS, subject};

pub(crate) const WITHIN: Duration = Duration::from_secs(10);

/// So many of a hundred are found, at least.
const GOAL: usize = 90;

/// How many are explored concurrently: each takes the time of a processor.
const THREADS: usize = 2;

/// The faults of each assignment's liar that a conversation can show. What lies in the command
/// line, in signals, in memory, in minutes of silence or in frequencies is not among them.
const FAULTS: &[(&str, &[&str])] = &[
    (
        "tcp_server",
        &[
            "the response has no length",
            "the length is little-endian",
            "reverse is 0x03",
            "what comes behind a request is lost",
            "unknown actions are uppercase",
            "the data of an unknown action is not skipped",
            "an unknown action without data is not answered",
            "action 0 leaves the message as it is",
            "any bytes are a message",
            "a request that is cut off is not answered",
            "missing data is not waited for",
            "a close is answered",
            "a broken connection ends the server",
            "an undeliverable response ends the server",
            "a client that ends is not answered",
            "uppercase changes one letter",
            "only ASCII has letters",
            "a message ends with its line",
            "reverse loses the last character",
            "characters are bytes",
            "shuffle draws with repetition",
            "random shuffles",
            "random may leave nothing",
            "an empty message is an error",
            "one client in all",
            "one client at a time",
            "1 MiB at most",
            "what is not UTF-8 ends the server",
            "the header comes at once",
        ],
    ),
    (
        "server",
        &[
            "the response has no MoreMsgs",
            "MessageLen is little-endian",
            "a text has 60,000 bytes at most",
            "a name has two bytes at least",
            "any MagicNo is good",
            "any ID is good",
            "any NameLen is good",
            "any ReceiverLen is good",
            "any MessageLen is good",
            "the sender of every message is the reader",
            "lengths are in characters",
            "texts are trimmed",
            "requests are waited for a twentieth of a second",
            "a header comes in one piece",
            "it ends when a client closes too early",
            "what has come of a message is stored",
            "a surplus is overlooked",
            "a client has to stay",
            "a create request is answered",
            "one queue for all",
            "without messages there is no response",
            "messages stay",
            "MoreMsgs is always 0",
            "MoreMsgs is 1 from 255 messages on",
            "what does not fit is forgotten",
            "a reader is not closed",
            "the newest message comes first",
            "it ends on a reset",
            "it ends on a wrong MagicNo",
            "erroneous clients are not closed",
            "names are lower case",
            "names are UTF-8",
        ],
    ),
    (
        "lab4",
        &[
            "an answer has 31 bits",
            "a sum stops at 32 bits",
            "it answers ten questions",
            "the secret is not printed",
            "a message with Q in it is a question",
            "a question is one read",
            "the secret is one read",
            "a close is no error",
            "a reset is no error",
            "what is no secret is a question",
        ],
    ),
    (
        "server-s",
        &[
            "says nothing",
            "sends both commands at once",
            "takes a pause for the end",
            "closes before the file",
            "counts the header too",
            "counts in 16 bits",
            "goes on counting",
            "takes off an old header",
            "takes what comes at once for a confirmation",
            "takes anything for a confirmation",
            "closes after a mebibyte",
            "prints a number for an error",
            "ends after an error",
            "serves one client only",
            "does not close",
        ],
    ),
    (
        "accio",
        &[
            "confirms in other words",
            "takes what comes at once for a command",
            "does not wait for the second command",
            "leaves out the last byte",
            "sends a mebibyte at most",
            "ends with 1 in any case",
            "has no use for an empty file",
            "says nothing about an error",
            "ends with 0 after an error",
        ],
    ),
    (
        "tcp_client",
        &[
            "8 bits of action",
            "- is the name of a file",
            "a message is one word",
            "16 bits of length",
            "the length is that of the characters",
            "CR belongs to the message",
            "each response is waited for",
            "responses stand on one line",
            "a response is what one read gives",
            "error is not printed",
            "empty responses are not printed",
            "everything is printed at the end",
            "an empty line is the end",
            "wrong lines are not reported",
            "an action without a space has an empty message",
            "errors are not said",
            "a wrong response is a panic",
            "a header is what one read gives",
        ],
    ),
    (
        "client",
        &[
            "a read request has a receiver",
            "the message goes before the receiver",
            "MessageLen is little-endian",
            "lengths are in characters",
            "a name has 254 bytes at most",
            "any entry is good",
            "entries are shorter by one",
            "entries are counted in characters",
            "entries are trimmed",
            "it waits for a response to create",
            "senders are not printed",
            "the last message is printed first",
            "text is Latin-1",
            "100 messages are enough",
            "a text has 60,000 bytes at most",
            "a text has two bytes at least",
            "that there are no messages is not mentioned",
            "that there are more is not mentioned",
            "it waits for a twentieth of a second",
            "the response ends when the server closes",
            "a header comes in one piece",
            "any MagicNo is good",
            "any ID is good",
            "any MoreMsgs is good",
            "any SenderLen is good",
            "any MessageLen is good",
            "what has come of a text is printed",
            "errors are not printed",
            "messages are printed when all have come",
            "a pipe gets escapes",
            "none and more is an error",
        ],
    ),
    (
        "mathserver",
        &[
            "it waits for the client",
            "there is no secret",
            "one client is enough",
            "the last byte of an answer may be anything",
            "all answers but the first may be anything",
            "a wrong answer ends the server",
            "an answer is one read",
        ],
    ),
    (
        "lab2",
        &[
            "there is no sid",
            "data is a text",
            "the id is secret",
            "the reply is secret",
            "there is no end",
            "a reply is a text",
            "an id is in a dictionary",
            "a sid is a text",
            "data comes first",
            "there is more to say",
            "the reply is an error",
            "there are no errors",
            "anything is an id",
            "an object is one read",
            "everything is escaped",
        ],
    ),
    (
        "lab3",
        &[
            "ids are random",
            "ids come after the data",
            "there is one id",
            "the id is sent twice",
            "an object is the end",
            "an object is enough",
            "an object is one read",
            "pickles have protocols",
            "the protocol is the newest",
            "students are dictionaries",
            "objects have no ids",
            "texts are not quoted",
            "nothing is acknowledged",
            "1 is an acknowledgement",
            "an error is the end",
            "a close is the end",
            "a client may go on after an error",
            "an error is seen first",
            "nothing may be named",
            "everything is taken",
            "there are no sets",
            "one client is enough",
            "one client at a time",
        ],
    ),
];

/// Nothing by default: each assignment has a liar for X-1 like for every check.
pub(crate) fn on_request() -> Option<TestLine> {
    env::var("EXPLORE").ok().filter(|asked| asked == "all")?;
    let name = "exploring alone finds the faults of data and order";
    Some(TestLine::new(
        name,
        Duration::from_secs(600),
        share_is_found,
    ))
}

fn named(assignment: &str) -> &'static Assignment {
    Assignment::named(assignment).unwrap()
}

fn explored(assignment: &str, fault: &str) -> CheckResult {
    let liar = LIARS
        .iter()
        .find(|liar| liar.assignment == assignment)
        .unwrap();
    let mut subject = subject(liar, fault, Duration::from_secs(2));
    subject.exploration = Exploration {
        within: WITHIN,
        ..Exploration::alone()
    };
    let assignment = named(assignment);
    let check = assignment.checks().find(|check| check.id == "X-1").unwrap();
    grade_one(assignment, &subject, check, fastrand::u64(..))
}

/// Explores all of them, and prints a line for each, with the smallest conversation that it found,
/// and the shares.
fn share_is_found() -> Result<(), Failed> {
    let each = |(assignment, faults): &(&'static str, &'static [&'static str])| {
        repeat_n(*assignment, faults.len()).zip(faults.iter().copied())
    };
    let waiting = Mutex::new(FAULTS.iter().flat_map(each));
    let found = Mutex::new(Vec::new());
    let next = || waiting.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some((assignment, fault)) = next() {
                    let result = explored(assignment, fault);
                    let record = CheckRecord::alone(named(assignment), &result);
                    let is_found = record.verdict == Verdict::Broken;
                    eprintln!("{}", line(assignment, fault, &record));
                    found.lock().unwrap().push((assignment, is_found));
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    let share = |of: Option<&str>| {
        let these = found
            .iter()
            .filter(|(one, _)| of.is_none_or(|of| of == *one));
        let all: Vec<bool> = these.map(|(_, is_found)| *is_found).collect();
        (all.iter().filter(|is_found| **is_found).count(), all.len())
    };
    let mut table = String::new();
    for (assignment, _) in FAULTS {
        let (found, all) = share(Some(assignment));
        writeln!(table, "{assignment:12} {found:3} of {all:3}").unwrap();
    }
    let (found, all) = share(None);
    eprintln!("{table}{:12} {found:3} of {all:3}", "all");
    if 100 * found >= GOAL * all {
        return Ok(());
    }
    Err(format!("found are {found} of {all}").into())
}

fn line(assignment: &str, fault: &str, record: &CheckRecord) -> String {
    let mut line = format!("{assignment}: {fault}: ");
    match (record.verdict, record.explored.as_ref()) {
        (Verdict::Broken, Some(explored)) => {
            let words = explored.played.as_ref().map_or("", |played| &played.words);
            let words = words.trim_end().replace('\n', "\n    ");
            let (seconds, title) = (record.seconds, &record.title);
            write!(line, "{seconds:.1} s, {title}\n    {words}").unwrap();
            let happened = record.happened.as_deref().unwrap_or_default();
            let expected = record.expected.as_deref().unwrap_or_default();
            write!(line, "\n    expected {expected}\n    happened {happened}").unwrap();
        }
        (_, explored) => {
            let reason = record.reason.as_deref().unwrap_or_default();
            write!(line, "NOT FOUND {reason} {explored:?}").unwrap();
        }
    }
    line
}
