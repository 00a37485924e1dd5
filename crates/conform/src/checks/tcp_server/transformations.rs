//! What becomes of a message. Where chance decides, the bounds are so wide that a right program
//! leaves them less than once in 10⁹ runs.

use std::net::SocketAddr;
use std::ops::RangeInclusive;

use harness::shown;

use super::{
    ACTIONS, LOWERCASE, MOST_RECEIVED, RANDOM, REVERSE, SHUFFLE, UPPERCASE, ask, letters, response,
};
use crate::{Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "T-9",
        "uppercase and lowercase change the letters and nothing else",
        "Protocol: the server transforms the message",
        |trial| {
            let text = String::from_utf8_lossy(&printable(trial)).into_owned();
            let examples = [
                (UPPERCASE, &*text, &*text.to_uppercase()),
                (LOWERCASE, &text, &text.to_lowercase()),
            ];
            transforms(trial, &examples)
        },
    )
    .needs(KNOWN),
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
    )
    .needs(&["T-9"]),
    Check::should(
        "T-9/3",
        "the end of a line and other control characters are data",
        "Protocol: the length says where the message ends",
        |trial| {
            let text = letters(trial, 8);
            let message = format!("\n{text}\r\n\0{text}\t\n");
            let answer: String = message.chars().rev().collect();
            transforms(trial, &[(REVERSE, &message, &answer)])
        },
    )
    .needs(&["T-10"]),
    Check::must(
        "T-10",
        "reverse turns the message around",
        "Protocol: the server transforms the message",
        |trial| {
            for length in [1, 2, 30] {
                let text = letters(trial, length);
                let answer: String = text.chars().rev().collect();
                transforms(trial, &[(REVERSE, &text, &answer)])?;
            }
            Ok(())
        },
    )
    .needs(KNOWN),
    Check::should(
        "T-10/2",
        "reverse leaves characters of several bytes whole",
        "Protocol: the server transforms the message, which is UTF-8",
        |trial| {
            let text = wide(trial);
            let answer: String = text.chars().rev().collect();
            transforms(trial, &[(REVERSE, &text, &answer)])
        },
    )
    .needs(&["T-10"]),
    Check::must(
        "T-11",
        "shuffle keeps every character of the message",
        "Protocol: the server transforms the message",
        |trial| {
            let address = trial.serve()?;
            for length in [1, 2, 30] {
                // Some letters come twice.
                let text = letters(trial, length).repeat(2);
                shuffled(trial, address, &text)?;
            }
            Ok(())
        },
    )
    .needs(KNOWN),
    // 94 different characters keep their order once in 94! ≈ 10¹⁴⁶ times.
    Check::must(
        "T-11/2",
        "shuffle changes the order",
        "Protocol: the server transforms the message",
        |trial| {
            let message = printable(trial);
            let address = trial.serve()?;
            if ask(trial, address, SHUFFLE, &message)? == Some(message) {
                let expected = "94 different characters in another order";
                return Err(Problem::broken(expected, "the message as it was"));
            }
            Ok(())
        },
    )
    .needs(&["T-11"]),
    // The order of three characters of a message is each of the 6 with probability 1/6, whatever
    // the order of others is: a message of 93 shows 31 orders. The share of one of the 6 in 1240 is
    // off by 0.075 or more with a probability of at most exp(-1240 · D(1/6 + 0.075 ‖ 1/6)) < 2 · 10⁻¹⁰
    // for more, and less for fewer (Chernoff, with D the relative entropy).
    Check::should(
        "T-11/3",
        "shuffle makes every order equally often",
        "Protocol: the server transforms the message",
        |trial| {
            const MESSAGES: usize = 40;
            let mut message = printable(trial);
            message.truncate(93);
            let text = String::from_utf8_lossy(&message).into_owned();
            let address = trial.serve()?;
            let mut orders = Vec::new();
            for _ in 0..MESSAGES {
                let shuffled = shuffled(trial, address, &text)?;
                let place = |byte: &u8| shuffled.iter().position(|other| other == byte);
                orders.extend(message.chunks(3).map(|three| {
                    let [a, b, c] = [0, 1, 2].map(|index| place(&three[index]));
                    [a < b, b < c, a < c]
                }));
            }
            for (name, order) in [
                ("abc", [true, true, true]),
                ("acb", [true, false, true]),
                ("bac", [false, true, true]),
                ("cab", [true, false, false]),
                ("bca", [false, true, false]),
                ("cba", [false, false, false]),
            ] {
                let count = orders.iter().filter(|other| **other == order).count();
                let what = format!("of three characters \"abc\" become \"{name}\"");
                is_near(&what, count, orders.len(), 1.0 / 6.0, 0.075)?;
            }
            Ok(())
        },
    )
    .needs(&["T-11", "T-11/2"]),
    Check::should(
        "T-11/4",
        "shuffle leaves characters of several bytes whole",
        "Protocol: the server transforms the message, which is UTF-8",
        |trial| {
            let text = wide(trial);
            let address = trial.serve()?;
            shuffled(trial, address, &text).map(drop)
        },
    )
    .needs(&["T-11"]),
    Check::must(
        "T-12",
        "random drops and repeats characters in their order",
        "TCP Client v3: random drops some characters and repeats some",
        |trial| random_counts(trial, 10).map(drop),
    )
    .needs(KNOWN),
    // A character is dropped with probability 1/6. It comes twice or more if it is kept (5/6), is
    // given a Pareto number P (1/6) and ⌊P⌋ ≥ 2 (1/2): with probability 5/72.
    //
    // The share in 2820 characters is off by so much with a probability of at most 10⁻¹⁰ (Chernoff,
    // as above). A server may bound the repeats of a response (T-13), which 4 % of the responses
    // feel, in their second half: less than 0.002.
    Check::should(
        "T-12/2",
        "random drops a sixth of the characters, and repeats a twelfth of those it keeps",
        "TCP Client v3: a character is dropped with probability 1/6; one that is kept is, with \
         probability 1/6, written as often as a Pareto number of shape 1 says, rounded down",
        |trial| {
            let counts = random_counts(trial, 30)?;
            let how_many = |expected: fn(usize) -> bool| {
                counts.iter().filter(|count| expected(**count)).count()
            };
            let (dropped, repeated) = (how_many(|n| n == 0), how_many(|n| n > 1));
            let all = counts.len();
            is_near("a character is dropped", dropped, all, 1.0 / 6.0, 0.055)?;
            is_near("a character is repeated", repeated, all, 5.0 / 72.0, 0.04)
        },
    )
    .needs(&["T-12"]),
    // One that drops the only character, once in six times, is missed once in 10⁸ runs.
    Check::should(
        "T-12/3",
        "random never leaves nothing of a message",
        "TCP Client v3: if nothing is left, the result is the first character",
        |trial| {
            let text = letters(trial, 1);
            let address = trial.serve()?;
            for _ in 0..100 {
                let Some(answer) = ask(trial, address, RANDOM, text.as_bytes())? else {
                    continue;
                };
                if answer.is_empty() || !answer.iter().all(|byte| text.as_bytes() == [*byte]) {
                    let expected = format!("\"{text}\" becomes \"{text}\", once or more");
                    return Err(Problem::broken(expected, shown(&answer)));
                }
            }
            Ok(())
        },
    )
    .needs(KNOWN),
    Check::should(
        "T-12/4",
        "random leaves characters of several bytes whole",
        "Protocol: the server transforms the message, which is UTF-8",
        |trial| {
            let text = wide(trial);
            let address = trial.serve()?;
            for _ in 0..10 {
                let Some(answer) = ask(trial, address, RANDOM, text.as_bytes())? else {
                    continue;
                };
                if !str::from_utf8(&answer).is_ok_and(|answer| answer.chars().all(is_of(&text))) {
                    let expected = format!("characters of \"{text}\"");
                    return Err(Problem::broken(expected, shown(&answer)));
                }
            }
            Ok(())
        },
    )
    .needs(&["T-12"]),
    // A response that repeats without bound passes for one with a bound 24 times in 25: 150 of them
    // do once in 400 runs.
    Check::should(
        "T-13",
        "random makes at most 4 n + 64 characters of n",
        "not in the assignment: a Pareto number of shape 1 has no mean, and without a bound a short \
         request may have a response without end",
        |trial| {
            let message = printable(trial);
            let most = 4 * message.len() + 64;
            let address = trial.serve()?;
            for _ in 0..150 {
                let happened = match ask(trial, address, RANDOM, &message)? {
                    Some(answer) if answer.len() <= most => continue,
                    Some(answer) => format!("{} characters", answer.len()),
                    None => format!("more than {MOST_RECEIVED}"),
                };
                let expected = format!("at most {most} characters of {}", message.len());
                return Err(Problem::broken(expected, happened));
            }
            Ok(())
        },
    )
    .needs(&["T-12"]),
    Check::should(
        "T-14",
        "an empty message has an empty response, whatever the action",
        "Requirements: your server must handle any request size",
        |trial| transforms(trial, &ACTIONS.map(|action| (action, "", ""))),
    )
    .needs(KNOWN),
];

/// What a check of an action rests on.
const KNOWN: &[&str] = &["T-1", "T-3", "T-16"];

const PRINTABLE: RangeInclusive<u8> = b'!'..=b'~';

/// All printable characters, each once, in any order: what is dropped and repeated can be told.
fn printable(trial: &mut Trial<'_>) -> Vec<u8> {
    let mut characters: Vec<u8> = PRINTABLE.collect();
    trial.random().shuffle(&mut characters);
    characters
}

/// Characters of one to four bytes in any order.
fn wide(trial: &mut Trial<'_>) -> String {
    let mut characters: Vec<char> = "aé漢😀ßz".repeat(4).chars().collect();
    trial.random().shuffle(&mut characters);
    characters.into_iter().collect()
}

fn is_of(text: &str) -> impl Fn(char) -> bool {
    move |character| text.contains(character)
}

fn transforms(trial: &mut Trial<'_>, examples: &[(u32, &str, &str)]) -> Outcome {
    let address = trial.serve()?;
    for (action, message, expected) in examples {
        let answer = ask(trial, address, *action, message.as_bytes())?.unwrap_or_default();
        if answer == expected.as_bytes() {
            continue;
        }
        let mut happened = shown(&response(&answer));
        if expected.as_bytes().starts_with(&answer) && answer.len() == expected.chars().count() {
            happened.push_str(", a length in characters instead of bytes");
        }
        return Err(Problem::broken(
            shown(&response(expected.as_bytes())),
            happened,
        ));
    }
    Ok(())
}

/// What `shuffle` makes of a message: the same characters.
fn shuffled(trial: &Trial<'_>, address: SocketAddr, text: &str) -> Result<Vec<u8>, Problem> {
    let shuffled = ask(trial, address, SHUFFLE, text.as_bytes())?.unwrap_or_default();
    let sorted = |text: &str| {
        let mut characters: Vec<char> = text.chars().collect();
        characters.sort_unstable();
        characters
    };
    if str::from_utf8(&shuffled).is_ok_and(|answer| sorted(answer) == sorted(text)) {
        return Ok(shuffled);
    }
    let expected = format!("the characters of \"{text}\" in any order");
    Err(Problem::broken(expected, shown(&shuffled)))
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
/// characters.
fn random_counts(trial: &mut Trial<'_>, messages: usize) -> Result<Vec<usize>, Problem> {
    let message = printable(trial);
    let address = trial.serve()?;
    let mut counts = Vec::new();
    for _ in 0..messages {
        let Some(answer) = ask(trial, address, RANDOM, &message)? else {
            continue;
        };
        let place = |byte: &u8| message.iter().position(|other| other == byte);
        let places: Option<Vec<usize>> = answer.iter().map(place).collect();
        if !places.is_some_and(|places| places.is_sorted()) {
            let expected = "characters of the message, some dropped, some repeated, in their order";
            return Err(Problem::broken(expected, shown(&answer)));
        }
        let count = |byte: &u8| answer.iter().filter(|other| *other == byte).count();
        counts.extend(message.iter().map(count));
    }
    Ok(counts)
}
