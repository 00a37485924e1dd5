//! The text-transformation server: five actions on UTF-8, framed by lengths.

use std::time::Duration;

use harness::shown;

use super::clients::{Protocol, RestsOn};
use super::{Breaks as _, Draw, Fault, smaller};
use crate::checks::tcp_server::{self, ACTIONS, LOWERCASE, RANDOM, REVERSE, SHUFFLE, UPPERCASE};
use crate::{Conversation, Problem};

/// The server of the 5/27-bit header.
pub(crate) struct TcpServer;

#[derive(Clone)]
pub(crate) struct Request {
    action: u32,
    data: Vec<u8>,
}

/// More than a program that knows no limit of 65536 would take (T-17).
const LARGE: usize = (1 << 20) + 1;

/// As much data as a server that answers an unexpected action before it reads on, and closes, has
/// received with the header.
const IN_ONE_PIECE: usize = 60;

impl Protocol for TcpServer {
    type Request = Request;
    type Memory = ();

    const MOST_REQUESTS: usize = 12;

    /// What chance decides about a short message shows when it is sent many times.
    const TIMES: &[usize] = &[2, 20, 60];

    const RESTS_ON: RestsOn = RestsOn {
        pieces: "G-5",
        together: None,
        pause: "T-7",
        meanwhile: Some("T-16/2"),
        half_close: Some("T-8/4"),
        cut_off: "T-6/2",
        visit: Some("T-8"),
        leaves: "T-8/2",
        undelivered: "T-8/3",
        another: "T-16",
    };

    fn draw(draw: &mut Draw) -> Request {
        let action = match draw.number(0..8) {
            0 => draw.number(0..32) as u32,
            _ => draw.pick(&ACTIONS),
        };
        if draw.one_in(16) {
            let length = draw.number(1..3);
            return Request {
                action: RANDOM,
                data: draw.letters(length).into_bytes(),
            };
        }
        let data = match draw.number(0..4000) {
            0 => draw.letters(LARGE).into_bytes(),
            1..=250 => draw.not_utf8(),
            _ => {
                let length = draw.length(70_000);
                draw.text(length).into_bytes()
            }
        };
        Request { action, data }
    }

    fn smaller(request: &Request) -> Vec<Request> {
        let plainer = [UPPERCASE, REVERSE].into_iter();
        let plainer = plainer.filter(|_| !matches!(request.action, UPPERCASE | REVERSE));
        let actions = plainer.map(|action| Request {
            action,
            ..request.clone()
        });
        let data = smaller::bytes(&request.data)
            .into_iter()
            .map(|data| Request { data, ..*request });
        actions.chain(data).collect()
    }

    fn rests_on(request: &Request, is_last: bool) -> Vec<&'static str> {
        let is_known = ACTIONS.contains(&request.action);
        let Ok(text) = str::from_utf8(&request.data) else {
            return vec!["T-6"];
        };
        let mut all = Vec::new();
        if !is_known && (!is_last || text.len() > IN_ONE_PIECE) {
            all.push("T-5/2");
        }
        if !is_known && !text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            all.push("T-5/3");
        }
        if text.is_empty() {
            all.push(if is_known { "T-14" } else { "T-5/3" });
        }
        if text.trim() != text || text.chars().any(char::is_control) {
            all.push("T-9/3");
        }
        if !text.is_ascii() {
            all.push(match request.action {
                UPPERCASE | LOWERCASE => "T-9/2",
                REVERSE => "T-10/2",
                SHUFFLE => "T-11/4",
                _ => "T-12/4",
            });
        }
        all
    }

    fn words(request: &Request) -> String {
        let name = match request.action {
            UPPERCASE => "uppercase".to_owned(),
            LOWERCASE => "lowercase".to_owned(),
            REVERSE => "reverse".to_owned(),
            SHUFFLE => "shuffle".to_owned(),
            RANDOM => "random".to_owned(),
            other => format!("the unexpected action {other:#04x}"),
        };
        format!("{name} with {}", shown(&request.data))
    }

    fn bytes(request: &Request) -> Vec<u8> {
        tcp_server::request(request.action, &request.data)
    }

    fn judge(
        request: &Request,
        _took: Duration,
        (): &mut (),
        client: &mut Conversation,
    ) -> Result<(), Fault> {
        let text = str::from_utf8(&request.data).ok();
        let (check, expected) = match (request.action, text) {
            (action, _) if !ACTIONS.contains(&action) => ("T-5", "error".to_owned()),
            (_, None) => ("T-6", "error".to_owned()),
            (UPPERCASE, Some(text)) => ("T-9", text.to_uppercase()),
            (LOWERCASE, Some(text)) => ("T-9", text.to_lowercase()),
            (REVERSE, Some(text)) => ("T-10", text.chars().rev().collect()),
            (SHUFFLE, Some(text)) => return judge_shuffle(text, client),
            (_, Some(text)) => return judge_random(text, client),
        };
        expect(check, &expected, client)
    }

    fn judge_end(inside: bool, client: &mut Conversation) -> Result<(), Fault> {
        if inside {
            expect("T-6/2", "error", client)?;
        }
        client.expect_end().breaks("T-8")
    }
}

/// The data of a response of at most this length; more are read only if they are expected. The
/// check that is broken if none comes, and if a longer one does.
fn receive(
    most: usize,
    client: &mut Conversation,
    check: &'static str,
    bound: &'static str,
) -> Result<Vec<u8>, Fault> {
    let header = client.receive(4).breaks(check)?;
    let length = header
        .iter()
        .fold(0, |length, byte| length << 8 | usize::from(*byte));
    if length > most {
        return Err(Problem::broken(
            format!("a response of at most {most} bytes"),
            format!("{}, a length of {length}", shown(&header)),
        ))
        .breaks(bound);
    }
    client.receive(length).breaks(check)
}

fn expect(check: &'static str, expected: &str, client: &mut Conversation) -> Result<(), Fault> {
    let bytes = response(expected);
    let header = client.receive(4).breaks(check)?;
    let length = header
        .iter()
        .fold(0, |length, byte| length << 8 | usize::from(*byte));
    if header == bytes[..4] {
        let data = client.receive(expected.len()).breaks(check)?;
        return match data == expected.as_bytes() {
            true => Ok(()),
            false => Err(unlike(&bytes, &[header, data].concat())).breaks(check),
        };
    }
    // No length at all, or one that a wrong answer may have.
    let check = if length > 2 * expected.len() + 16 {
        "T-1"
    } else {
        check
    };
    Err(unlike(&bytes, &header)).breaks(check)
}

fn unlike(expected: &[u8], received: &[u8]) -> Problem {
    Problem::broken(shown(expected), shown(received))
}

fn response(text: &str) -> Vec<u8> {
    let length = (text.len() as u32).to_be_bytes();
    [&length, text.as_bytes()].concat()
}

fn judge_shuffle(text: &str, client: &mut Conversation) -> Result<(), Fault> {
    let sorted = |text: &str| {
        let mut characters: Vec<char> = text.chars().collect();
        characters.sort_unstable();
        characters
    };
    let answer = receive(text.len(), client, "T-11", "T-11")?;
    if str::from_utf8(&answer).is_ok_and(|answer| sorted(answer) == sorted(text)) {
        return Ok(());
    }
    let expected = format!("the characters of {} in any order", shown(text.as_bytes()));
    Err(Problem::broken(expected, shown(&answer))).breaks("T-11")
}

/// Each character is dropped, kept or repeated, and one is left (T-12); T-13 bounds them.
fn judge_random(text: &str, client: &mut Conversation) -> Result<(), Fault> {
    let longest = text.chars().map(char::len_utf8).max().unwrap_or(0);
    let most = longest * (4 * text.chars().count() + 64);
    let answer = receive(most, client, "T-12", "T-13")?;
    if answer.is_empty() && !text.is_empty() {
        return Err(Problem::broken("at least one character", shown(&answer))).breaks("T-12/3");
    }
    if str::from_utf8(&answer).is_ok_and(|answer| is_drawn_from(answer, text)) {
        return Ok(());
    }
    let expected = format!(
        "characters of {}, some dropped, some repeated, in their order",
        shown(text.as_bytes())
    );
    Err(Problem::broken(expected, shown(&answer))).breaks("T-12")
}

/// Whether characters were only dropped and repeated.
fn is_drawn_from(answer: &str, text: &str) -> bool {
    let mut rest = text.chars();
    let mut last = None;
    answer.chars().all(|one| {
        let again = last == Some(one);
        last = Some(one);
        again || rest.any(|other| other == one)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_drops_and_repeats_and_does_nothing_else() {
        for right in ["", "a", "aaa", "abcd", "bbd", "aabbbd", "d"] {
            assert!(is_drawn_from(right, "abcd"), "{right}");
        }
        for wrong in ["ba", "x", "abcda", "da"] {
            assert!(!is_drawn_from(wrong, "abcd"), "{wrong}");
        }
    }
}
