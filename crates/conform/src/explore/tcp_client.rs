//! The client of the text-transformation server: it sends the lines of a file, and prints what is
//! answered.

use std::fmt::Write as _;

use harness::{Exit, Input, Output, shown};

use super::clients::starts;
use super::pieces::{self, Cut};
use super::{Breaks as _, Draw, Fault, Model, Stage, smaller, that_apply};
use crate::checks::tcp_client::{ACTIONS, arguments, expect_request, finish, has_failed, prints};
use crate::checks::tcp_server::response;
use crate::{Conversation, Outcome, Problem, Trial};

/// The client of the course's TCP Client v3.
pub(crate) struct TcpClient;

#[derive(Clone, PartialEq)]
pub(crate) struct Case {
    /// The first one is a request.
    lines: Vec<Line>,
    on_stdin: bool,
    /// What ends a line, and what the last one.
    ends: [&'static str; 2],
    /// Where the responses are divided.
    cuts: Vec<Cut>,
    /// Each response is sent when the one before it is printed.
    in_turn: bool,
    /// The server closes behind so many bytes of the responses.
    stops: Option<usize>,
}

#[derive(Clone, PartialEq)]
enum Line {
    Request(Request),
    /// What is no request, and the check that says what then happens.
    Other(&'static str, &'static str),
}

#[derive(Clone, PartialEq)]
struct Request {
    /// Its place in [`ACTIONS`].
    action: usize,
    message: String,
    /// The text of the response: a client need not know what the action does.
    answer: String,
}

const OTHERS: [Line; 3] = [
    Line::Other("", "TC-3"),
    Line::Other("invert xyz", "TC-3/2"),
    Line::Other("uppercase", "TC-3/3"),
];

const PLAIN_ENDS: [&str; 2] = ["\n", "\n"];

/// A length that no longer fits 16 bits.
const LONG: usize = 65_536;

impl Model for TcpClient {
    type Case = Case;
    type Memory = ();

    fn draw(draw: &mut Draw) -> Case {
        let count = draw.few(12);
        let mut lines = vec![Line::Request(request(draw))];
        lines.extend((1..count).map(|_| match draw.one_in(5) {
            true => draw.pick(&OTHERS),
            false => Line::Request(request(draw)),
        }));
        let all = responses(&lines).concat().len();
        let mut case = Case {
            lines,
            on_stdin: false,
            ends: PLAIN_ENDS,
            cuts: pieces::draw(draw, all, false),
            in_turn: draw.one_in(6),
            stops: None,
        };
        match draw.number(0..12) {
            0 | 1 => case.on_stdin = true,
            2 => case.ends = draw.pick(&[["\r\n", "\r\n"], ["\n", ""]]),
            3 | 4 => case.stops = Some(draw.number(0..all)),
            _ => {}
        }
        case
    }

    fn smaller(case: &Case) -> Vec<Case> {
        let mut all = smaller::plainer(
            case,
            &[
                |case| case.stops = None,
                |case| case.on_stdin = false,
                |case| case.ends = PLAIN_ENDS,
                |case| case.in_turn = false,
            ],
        );
        let mut lines = smaller::lists(&case.lines, 1);
        lines.extend(smaller::items(&case.lines, smaller_line));
        lines.retain(|lines| matches!(lines[0], Line::Request(_)));
        all.extend(smaller::with(case, lines, |case, lines| case.lines = lines));
        let cuts = [pieces::fewer(&case.cuts), pieces::smaller(&case.cuts)].concat();
        all.extend(smaller::with(case, cuts, |case, cuts| case.cuts = cuts));
        all
    }

    fn rests_on(case: &Case) -> Vec<&'static str> {
        let [end, length] = lengths(case);
        let stops = case.stops.is_some();
        let between = starts(&responses(&case.lines)).contains(&end);
        // What is broken most often comes first: it is named where a case has not become smaller.
        let mut all: Vec<_> = case.lines.iter().filter_map(Line::check).collect();
        all.extend(that_apply([
            ("TC-4/3", stops && between),
            ("TC-4/4", stops && !between),
            ("G-5", case.cuts.iter().any(|cut| cut.at < length)),
            ("TC-2/5", case.in_turn),
            ("TC-1/9", case.ends != PLAIN_ENDS),
            ("TC-1/2", case.on_stdin),
        ]));
        all.extend(requests(&case.lines).flat_map(Request::rests_on));
        all
    }

    fn words(case: &Case) -> String {
        let mut text = String::new();
        // Writing into a `String` cannot fail.
        for (line, number) in case.lines.iter().zip(1..) {
            let _ = writeln!(text, "line {number} is {}", shown(line.text().as_bytes()));
            if let Line::Request(Request { answer, .. }) = line {
                let _ = writeln!(text, "  and is answered with {}", shown(answer.as_bytes()));
            }
        }
        if case.ends != PLAIN_ENDS {
            let [each, last] = case.ends.map(str::escape_default);
            let _ = writeln!(
                text,
                "lines end with \"{each}\", the last one with \"{last}\""
            );
        }
        if case.on_stdin {
            text += "the file is standard input\n";
        }
        text += match case.in_turn {
            true => "each response is sent when the one before it is printed\n",
            false => "the responses are sent together\n",
        };
        let [end, length] = lengths(case);
        pieces::words(&mut text, &case.cuts, length);
        if case.stops.is_some() {
            let _ = writeln!(
                text,
                "  but the server closes behind byte {end} of {length}"
            );
        }
        text
    }

    fn play(case: &Case, (): &mut (), stage: &mut Stage<'_>) -> Result<(), Fault> {
        let trial = stage.fresh();
        let mut server = talk(case, trial)?;
        let answers = whole_answers(case);
        if case.stops.is_some() {
            drop(server);
            let exit = trial.wait_exit().breaks("TC-4/4")?;
            has_failed(trial, exit).breaks("TC-4/4")?;
            return prints(trial, &answers).breaks("TC-2");
        }
        if !case.in_turn {
            // Some print all when the server leaves.
            let _ = server.shutdown_write();
        }
        prints(trial, &answers).breaks("TC-2")?;
        for (line, number) in case.lines.iter().zip(1..) {
            if let Line::Other(text, check) = line
                && !text.is_empty()
            {
                let exit = finish(trial, server).breaks(check)?;
                return is_reported(trial, exit, number).breaks(check);
            }
        }
        Ok(())
    }
}

impl Line {
    fn text(&self) -> String {
        match self {
            Self::Request(request) => format!("{} {}", ACTIONS[request.action].0, request.message),
            Self::Other(text, _) => (*text).to_owned(),
        }
    }

    /// The check that says what happens if it is no request.
    fn check(&self) -> Option<&'static str> {
        match self {
            Self::Request(_) => None,
            Self::Other(_, check) => Some(check),
        }
    }
}

impl Request {
    fn rests_on(&self) -> Vec<&'static str> {
        let Self {
            message, answer, ..
        } = self;
        that_apply([
            ("TC-1/3", message.contains(' ')),
            ("TC-1/4", message.len() >= LONG),
            ("TC-1/9", message.is_empty()),
            ("TC-1/8", !message.is_ascii() || !answer.is_ascii()),
            ("TC-2/4", answer.is_empty()),
            ("TC-2/2", answer.len() >= LONG),
            ("TC-2/3", answer == "error"),
        ])
    }
}

fn request(draw: &mut Draw) -> Request {
    let [message, answer] = [(); 2].map(|()| {
        let length = draw.length(10_000);
        match draw.one_in(30) {
            true => draw.letters(LONG),
            false => draw.words(length),
        }
    });
    Request {
        action: draw.number(0..ACTIONS.len()),
        message,
        answer: match draw.one_in(10) {
            true => "error".to_owned(),
            false => answer,
        },
    }
}

fn smaller_line(line: &Line) -> Vec<Line> {
    let Line::Request(request) = line else {
        return Vec::new();
    };
    let shorter = |text: &str| {
        let mut all = smaller::texts(text);
        // Nothing is said of blanks at the ends, and no text at all is less plain than one.
        all.retain(|text| text.trim() == text && !text.is_empty());
        all.extend(text.is_empty().then(|| "a".to_owned()));
        all
    };
    let (messages, answers) = (shorter(&request.message), shorter(&request.answer));
    let mut all = smaller::plainer(request, &[|request| request.action = 0]);
    all.extend(smaller::with(request, messages, |request, message| {
        request.message = message;
    }));
    all.extend(smaller::with(request, answers, |request, answer| {
        request.answer = answer;
    }));
    all.into_iter().map(Line::Request).collect()
}

fn requests(lines: &[Line]) -> impl Iterator<Item = &Request> {
    lines.iter().filter_map(|line| match line {
        Line::Request(request) => Some(request),
        Line::Other(..) => None,
    })
}

fn responses(lines: &[Line]) -> Vec<Vec<u8>> {
    requests(lines)
        .map(|request| response(request.answer.as_bytes()))
        .collect()
}

/// How many bytes of the responses are sent, and how many there are.
fn lengths(case: &Case) -> [usize; 2] {
    let all = responses(&case.lines).concat().len();
    [case.stops.map_or(all, |stops| stops.min(all - 1)), all]
}

/// The texts of the responses that are sent whole.
fn whole_answers(case: &Case) -> Vec<&str> {
    let ([end, _], starts) = (lengths(case), starts(&responses(&case.lines)));
    let sent = requests(&case.lines).zip(starts.into_iter().skip(1));
    sent.filter(|(_, behind)| *behind <= end)
        .map(|(request, _)| request.answer.as_str())
        .collect()
}

fn start(case: &Case, trial: &mut Trial<'_>) -> Result<Conversation, Problem> {
    let listener = trial.listen()?;
    let [each, last] = case.ends;
    let lines: Vec<String> = case.lines.iter().map(Line::text).collect();
    let file = (lines.join(each) + last).into_bytes();
    let (path, stdin) = match case.on_stdin {
        true => ("-".into(), Input::Bytes(file)),
        false => (trial.file(&file)?, Input::Pipe),
    };
    // On a terminal, where nobody has to flush what is printed.
    trial.start_as(&arguments(listener.port()).file(path), |program| {
        program.stdin(stdin).stdout(Output::Terminal)
    })?;
    trial.accept(&listener)
}

/// Receives all requests, and sends the responses.
fn talk(case: &Case, trial: &mut Trial<'_>) -> Result<Conversation, Fault> {
    let mut server = start(case, trial).breaks("TC-1")?;
    for (index, request) in requests(&case.lines).enumerate() {
        let check = if index == 0 { "TC-1" } else { "TC-2" };
        let (action, message) = (ACTIONS[request.action].1, request.message.as_bytes());
        expect_request(&mut server, action, message).breaks(check)?;
    }
    let responses = responses(&case.lines);
    let [end, _] = lengths(case);
    let (bytes, answers) = (responses.concat(), whole_answers(case));
    let mut sent = 0;
    let mut send = |until: usize| {
        for (piece, pause) in pieces::of(&case.cuts, &bytes[..until], sent) {
            server.send(piece).breaks("TC-2")?;
            pause.wait();
        }
        sent = until;
        Ok(())
    };
    if case.in_turn {
        let behind = starts(&responses).into_iter().skip(1);
        for (count, behind) in (1..=answers.len()).zip(behind) {
            send(behind)?;
            prints(trial, &answers[..count]).breaks("TC-2/5")?;
        }
    }
    send(end)?;
    Ok(server)
}

/// The end of a client that had a wrong line.
fn is_reported(trial: &mut Trial<'_>, exit: Exit, line: usize) -> Outcome {
    has_failed(trial, exit)?;
    let stderr = trial.process()?.stderr();
    if String::from_utf8_lossy(&stderr).contains(&line.to_string()) {
        return Ok(());
    }
    let expected = format!("the line {line} on standard error");
    Err(Problem::broken(expected, shown(&stderr)))
}
