use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::process;

/// `None` is an error.
pub(super) fn answer(action: u32, data: Vec<u8>, fault: &str) -> Option<Vec<u8>> {
    match fault {
        "an empty message is an error" if data.is_empty() => return None,
        "1 MiB at most" if data.len() > 1 << 20 => return None,
        "characters are bytes" if action > 2 => {
            let text: String = data.into_iter().map(char::from).collect();
            let answer = transform(action, text, fault)?;
            return Some(answer.chars().map(|character| character as u8).collect());
        }
        _ => {}
    }
    let data = match (data.iter().position(|byte| *byte == b'\n'), fault) {
        (Some(end), "a message ends with its line") => data[..end].to_vec(),
        _ => data,
    };
    let text = match (String::from_utf8(data), fault) {
        (Err(error), "any bytes are a message") => {
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        }
        (Err(_), "what is not UTF-8 ends the server") => process::exit(1),
        (text, _) => text.ok()?,
    };
    transform(action, text, fault).map(String::into_bytes)
}

fn transform(action: u32, text: String, fault: &str) -> Option<String> {
    match (action, fault) {
        (1, "uppercase changes one letter") => Some(text.replacen('e', "E", 1)),
        (1, "only ASCII has letters") => Some(text.to_ascii_uppercase()),
        (1, _) => Some(text.to_uppercase()),
        (2, "only ASCII has letters") => Some(text.to_ascii_lowercase()),
        (2, _) => Some(text.to_lowercase()),
        (4, "reverse is 0x03") => None,
        (4, "reverse loses the last character") => Some(text.chars().rev().skip(1).collect()),
        (4, _) => Some(text.chars().rev().collect()),
        (8, _) => Some(shuffle(&text, fault)),
        (16, "random shuffles") => Some(shuffle(&random(&text, fault), fault)),
        (16, _) => Some(random(&text, fault)),
        (0, "action 0 leaves the message as it is") => Some(text),
        (_, "unknown actions are uppercase") => Some(text.to_uppercase()),
        _ => None,
    }
}

fn shuffle(text: &str, fault: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let count = characters.len();
    match fault {
        _ if count == 0 => {}
        "shuffle does nothing" => {}
        "shuffle rotates" => characters.rotate_left(number(count)),
        "shuffle draws with repetition" => {
            return characters
                .iter()
                .map(|_| characters[number(count)])
                .collect();
        }
        _ => (1..count).for_each(|last| characters.swap(last, number(last + 1))),
    }
    characters.into_iter().collect()
}

fn random(text: &str, fault: &str) -> String {
    let dropped = if fault == "random drops a third" {
        3
    } else {
        6
    };
    let mut room = match fault {
        "random repeats without bound" => usize::MAX,
        _ => 3 * text.chars().count() + 64,
    };
    let mut answer = String::new();
    for character in text.chars() {
        if number(dropped) == 0 {
            continue;
        }
        answer.push(character);
        if number(6) == 0 && fault != "random never repeats" {
            const ALL: usize = 1 << 20;
            // A Pareto number of shape 1 is one over a number between 0 and 1.
            let repeats = (ALL / (1 + number(ALL)) - 1).min(room);
            room -= repeats;
            answer.extend([character].repeat(repeats));
        }
    }
    if answer.is_empty() && fault != "random may leave nothing" {
        answer.extend(text.chars().next());
    }
    answer
}

/// A random number below the limit.
fn number(limit: usize) -> usize {
    // Each of these states hashes differently.
    (RandomState::new().hash_one(()) % limit as u64) as usize
}
