//! What becomes of a message. Where chance decides, the bounds are so wide that a right program

use std::collections::HashMap;
use std::ops::RangeInclusive;

use super::{
    ACTIONS, LOWERCASE, RANDOM, REVERSE, SHUFFLE, UPPERCASE, connected, receive_length,
    receive_response, request, response,
};
use crate::{Check, Conversation, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "T-9",
        "uppercase and lowercase change the letters and nothing else",
        "Protocol: the server transforms the message",
        |trial| {
            let examples = [
                (
                    UPPERCASE,
                    "Hello, World! [az] {42}",
                    "HELLO, WORLD! [AZ] {42}",
                ),
                (
                    LOWERCASE,
                    "Hello, World! [AZ] @42",
                    "hello, world! [az] @42",
                ),
            ];
            transforms(trial, &examples)
        },
    ),
    Check::should(
        "T-9/2",
        "uppercase and lowercase know the letters of Unicode, and the length is the new one",
        "Protocol: the server transforms the message, which is UTF-8",
        |trial| {
            let examples = [
                (UPPERCASE, "äöü é ж", "ÄÖÜ É Ж"),
                (UPPERCASE, "straße ŉ", "STRASSE ʼN"),
                (LOWERCASE, "ÄÖÜ É Ж", "äöü é ж"),
                (LOWERCASE, "ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
                (LOWERCASE, "İ", "i\u{307}"),
            ];
            transforms(trial, &examples)
        },
    ),
    Check::must(
        "T-10",
        "reverse turns the message around",
        "Protocol: the server transforms the message",
        |trial| {
            let examples = [
                (REVERSE, "Hello World", "dlroW olleH"),
                (REVERSE, " ab", "ba "),
                (REVERSE, "x", "x"),
            ];
            transforms(trial, &examples)
        },
    ),
    Check::should(
        "T-10/2",
        "reverse leaves characters of several bytes whole",
        "Protocol: the server transforms the message, which is UTF-8",
        |trial| transforms(trial, &[(REVERSE, "aé漢😀z", "z😀漢éa")]),
    ),
    Check::must(
        "T-11",
        "shuffle keeps every character of the message",
        "Protocol: the server transforms the message",
        |trial| {
            let mut client = connected(trial)?;
            for message in ["Hello World", "x", "mississippi"] {
                is_permutation(&mut client, message)?;
            }
            Ok(())
        },
    ),
    // 94 different characters keep their order once in 94! ≈ 10¹⁴⁶ times.
    Check::must(
        "T-11/2",
        "shuffle changes the order",
        "Protocol: the server transforms the message",
        |trial| {
            let message: Vec<u8> = PRINTABLE.collect();
            let mut client = connected(trial)?;
            client.send(&request(SHUFFLE, &message))?;
            if receive_response(&mut client)? == message {
                let expected = "94 different characters in another order";
                return Err(Problem::broken(expected, "the message as it was"));
            }
            Ok(())
        },
    ),
    // Each of the 6 orders of 3 characters comes with probability 1/6. By Hoeffding's inequality the
    // share of one order in 6000 is off by 0.045 or more with a probability of at most
    // 2 exp(-2 · 6000 · 0.045²) < 6 · 10⁻¹¹, and that of any of them with less than 4 · 10⁻¹⁰.
    Check::should(
        "T-11/3",
        "shuffle makes every order equally often",
        "Protocol: the server transforms the message",
        |trial| {
            const BATCHES: usize = 20;
            const BATCH: usize = 300;
            let mut orders: HashMap<Vec<u8>, usize> = HashMap::new();
            let mut client = connected(trial)?;
            for _ in 0..BATCHES {
                client.send(&request(SHUFFLE, b"abc").repeat(BATCH))?;
                for _ in 0..BATCH {
                    *orders.entry(receive_response(&mut client)?).or_default() += 1;
                }
            }
            for order in ["abc", "acb", "bac", "bca", "cab", "cba"] {
                let count = orders.get(order.as_bytes()).copied().unwrap_or_default();
                let what = format!("\"abc\" becomes \"{order}\"");
                is_near(&what, count, BATCHES * BATCH, 1.0 / 6.0, 0.045)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "T-11/4",
        "shuffle leaves characters of several bytes whole",
        "Protocol: the server transforms the message, which is UTF-8",
        |trial| is_permutation(&mut connected(trial)?, &WIDE.repeat(4)),
    ),
    Check::must(
        "T-12",
        "random drops and repeats characters in their order",
        "TCP Client v3: random drops some characters and repeats some",
        |trial| {
            let mut client = connected(trial)?;
            random_counts(&mut client, 20).map(drop)
        },
    ),
    // A character is dropped with probability 1/6. It comes twice or more if it is kept (5/6), is
    // given a Pareto number P (1/6) and ⌊P⌋ ≥ 2 (1/2): with probability 5/72.
    //
    // By Hoeffding's inequality each share in 9400 characters is off by 0.038 or more with a
    // probability of at most 2 exp(-2 · 9400 · 0.038²) < 4 · 10⁻¹². A server may bound the repeats of
    // a response (T-13), which 4 % of the responses feel, in their second half: less than 0.002.
    Check::must(
        "T-12/2",
        "random drops a sixth of the characters, and repeats a twelfth of those it keeps",
        "TCP Client v3: a character is dropped with probability 1/6; one that is kept is, with \
         probability 1/6, written as often as a Pareto number of shape 1 says, rounded down",
        |trial| {
            const TOLERANCE: f64 = 0.04;
            let mut client = connected(trial)?;
            let Some(counts) = random_counts(&mut client, 100)? else {
                return Ok(());
            };
            let how_many =
                |wanted: fn(usize) -> bool| counts.iter().filter(|n| wanted(**n)).count();
            let (dropped, repeated) = (how_many(|n| n == 0), how_many(|n| n > 1));
            let all = counts.len();
            is_near("a character is dropped", dropped, all, 1.0 / 6.0, TOLERANCE)?;
            is_near(
                "a character is repeated",
                repeated,
                all,
                5.0 / 72.0,
                TOLERANCE,
            )
        },
    ),
    // One that drops the only character, once in six times, is missed once in 10¹⁵ runs.
    Check::must(
        "T-12/3",
        "random never leaves nothing of a message",
        "TCP Client v3: if nothing is left, the result is the first character",
        |trial| {
            let mut client = connected(trial)?;
            let answers = randomized(&mut client, b"x", 200)?.unwrap_or_default();
            let is_wrong =
                |answer: &&Vec<u8>| answer.is_empty() || answer.iter().any(|o| *o != b'x');
            match answers.iter().find(is_wrong) {
                None => Ok(()),
                Some(answer) => Err(Problem::broken(
                    "\"x\" becomes \"x\", once or more",
                    format!("\"{}\"", harness::escape(answer)),
                )),
            }
        },
    ),
    Check::should(
        "T-12/4",
        "random leaves characters of several bytes whole",
        "Protocol: the server transforms the message, which is UTF-8",
        |trial| {
            let mut client = connected(trial)?;
            let message = WIDE.repeat(4);
            let answers = randomized(&mut client, message.as_bytes(), 20)?.unwrap_or_default();
            let of_the_message =
                |text: &str| text.chars().all(|character| WIDE.contains(character));
            let is_wrong = |answer: &&Vec<u8>| !str::from_utf8(answer).is_ok_and(of_the_message);
            match answers.iter().find(is_wrong) {
                None => Ok(()),
                Some(answer) => Err(Problem::broken(
                    format!("characters of \"{WIDE}\""),
                    format!("\"{}\"", harness::escape(answer)),
                )),
            }
        },
    ),
    // A response that repeats without bound passes for one with a bound 24 times in 25: 500 of them
    // do less than once in 10⁸ runs.
    Check::should(
        "T-13",
        "random makes at most 4 n + 64 characters of n",
        "Requirements: your server must handle any request size (a Pareto number of shape 1 has \
         no mean: without a bound a short request may have a response without end)",
        |trial| {
            let message: Vec<u8> = PRINTABLE.collect();
            let most = 4 * message.len() + 64;
            let mut client = connected(trial)?;
            let answers = randomized(&mut client, &message, 500)?;
            let longest = answers.iter().flatten().map(Vec::len).max();
            match longest {
                Some(length) if length <= most => Ok(()),
                length => Err(Problem::broken(
                    format!("at most {most} characters of {}", message.len()),
                    length.map_or("more than a million".to_owned(), |n| {
                        format!("{n} characters")
                    }),
                )),
            }
        },
    ),
    Check::should(
        "T-14",
        "an empty message has an empty response, whatever the action",
        "Requirements: your server must handle any request size",
        |trial| transforms(trial, &ACTIONS.map(|action| (action, "", ""))),
    ),
];

/// Different characters, in their order: what is dropped and repeated can be told.
const PRINTABLE: RangeInclusive<u8> = b'!'..=b'~';

/// Characters of two, three and four bytes.
const WIDE: &str = "é漢😀ß";

/// A response of `random` that is longer was made by a Pareto number without bound. Nobody has to
/// wait for it.
const MOST_RECEIVED: usize = 1 << 20;

fn transforms(trial: &mut Trial<'_>, examples: &[(u32, &str, &str)]) -> Outcome {
    let mut client = connected(trial)?;
    for (action, message, answer) in examples {
        client.send(&request(*action, message.as_bytes()))?;
        client.expect(&response(answer.as_bytes()))?;
    }
    Ok(())
}

fn is_permutation(client: &mut Conversation, message: &str) -> Outcome {
    client.send(&request(SHUFFLE, message.as_bytes()))?;
    let shuffled = receive_response(client)?;
    let sorted = |text: &str| {
        let mut characters: Vec<char> = text.chars().collect();
        characters.sort_unstable();
        characters
    };
    match str::from_utf8(&shuffled) {
        Ok(text) if sorted(text) == sorted(message) => Ok(()),
        _ => Err(Problem::broken(
            format!("the characters of \"{message}\" in any order"),
            format!("\"{}\"", harness::escape(&shuffled)),
        )),
    }
}

fn is_near(what: &str, count: usize, all: usize, probability: f64, tolerance: f64) -> Outcome {
    let share = count as f64 / all as f64;
    if (share - probability).abs() < tolerance {
        return Ok(());
    }
    Err(Problem::broken(
        format!(
            "{what} {:.1} % of {all} times, more or less",
            100.0 * probability
        ),
        format!("{:.1} % of the times", 100.0 * share),
    ))
}

/// How often each character comes back from `random`, for so many messages of all printable
/// characters. `None` if nothing can be said of this run: a response is too long to be received.
fn random_counts(
    client: &mut Conversation,
    messages: usize,
) -> Result<Option<Vec<usize>>, Problem> {
    let message: Vec<u8> = PRINTABLE.collect();
    let Some(answers) = randomized(client, &message, messages)? else {
        return Ok(None);
    };
    let mut counts = Vec::new();
    for answer in answers {
        if !answer.is_sorted() || !answer.iter().all(|byte| PRINTABLE.contains(byte)) {
            let expected = "characters of the message, some dropped, some repeated, in their order";
            let happened = format!("\"{}\"", harness::escape(&answer));
            return Err(Problem::broken(expected, happened));
        }
        let count = |byte| answer.iter().filter(|other| **other == byte).count();
        counts.extend(PRINTABLE.map(count));
    }
    Ok(Some(counts))
}

/// What `random` makes of so many copies of a message. `None` if one of them is too long.
fn randomized(
    client: &mut Conversation,
    message: &[u8],
    copies: usize,
) -> Result<Option<Vec<Vec<u8>>>, Problem> {
    // Few enough to be sent before anything is received.
    const BATCH: usize = 20;
    let request = request(RANDOM, message);
    let mut answers = Vec::new();
    while answers.len() < copies {
        client.send(&request.repeat(BATCH))?;
        for _ in 0..BATCH {
            let length = receive_length(client)?;
            if length > MOST_RECEIVED {
                return Ok(None);
            }
            answers.push(client.receive(length)?);
        }
    }
    Ok(Some(answers))
}
