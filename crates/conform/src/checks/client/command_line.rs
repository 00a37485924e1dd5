//! What is typed in, and the request that it becomes.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use harness::{Exit, Input, Listener};

use super::records::{REQUESTS, asks_for};
use super::{ALICE, arguments, ended, start};
use crate::checks::default_port::reserve;
use crate::checks::messages::{
    BORDER_PORTS, SECOND, WRONG_PORTS, create, ends_with_a_text, has_status, letters, name, text,
};
use crate::{Arguments, Check, Conversation, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "C-17",
        "fewer or more than four arguments are refused with a message",
        "3.2: if there are fewer or more than four parameters, the client prints an appropriate \
         error message and exits",
        |trial| all_counts(trial).map(drop),
    ),
    // A client that takes the port connects to it.
    Check::must(
        "C-17/2",
        "the ports 1023 and 64001 are refused with a message",
        "3.2: the port number should be between 1,024 and 64,000 (inclusive); if it is not, the \
         client should print an appropriate error message and exit",
        |trial| {
            for (word, port) in WRONG_PORTS.into_iter().zip([1023, 64001]) {
                let _guard = reserve(port).ok();
                // Not everybody may listen on the first.
                let listener = Listener::at(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).ok();
                let words = ["127.0.0.1", word, "alice", "read"];
                refused(trial, &words, listener.as_ref())?;
            }
            Ok(())
        },
    ),
    Check::must(
        "C-17/3",
        "the client connects to the ports 1024 and 64000",
        "3.2: the port number should be between 1,024 and 64,000 (inclusive)",
        |trial| {
            for port in BORDER_PORTS {
                let _guard = reserve(port)?;
                let listener = Listener::at(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
                start(trial, &listener, "read", Input::Pipe)?;
                // A reset: the system keeps nothing of the connection that others could run into.
                trial.accept(&listener)?.reset()?;
            }
            Ok(())
        },
    ),
    Check::must(
        "C-17/4",
        "a user name of 0 or 256 bytes is refused with a message",
        "3.2: user names must be at least 1 character long, and no longer than 255 bytes",
        |trial| {
            // 128 characters of two bytes each.
            all_refused(trial, 2, &["", &"n".repeat(256), &"ü".repeat(128)]).map(drop)
        },
    ),
    Check::must(
        "C-17/5",
        "a user name of 255 bytes is taken",
        "3.2: user names must be at least 1 character long, and no longer than 255 bytes",
        |trial| {
            let name = letters(trial, 255);
            asks_for(trial, &name)
        },
    )
    .needs(&["C-1"]),
    Check::must(
        "C-17/6",
        "a type that is neither read nor create is refused with a message",
        "3.2: this should be either \"read\" or \"create\"; if it is not, the client should print \
         an appropriate error message and exit",
        |trial| all_refused(trial, 3, &["write", "readcreate", ""]).map(drop),
    ),
    Check::must(
        "C-17/7",
        "a host that does not exist, or is not well-formed, is refused with a message",
        "3.2: if this conversion fails, the client should print an appropriate error message and \
         exit",
        |trial| {
            trial.may_choose_arguments()?;
            for host in ["no-such-host.invalid", "1.2.3.4.5"] {
                let words = [host, "5000", "alice", "read"];
                trial.start(&Arguments::words(words), Input::Pipe)?;
                ends_with_a_text(trial, FOR_NAMES)?;
            }
            Ok(())
        },
    ),
    // Whichever address of it the client takes.
    Check::must(
        "C-17/8",
        "a host may be given by its name",
        "3.2: the hostname of the computer; 3.4: you can use 127.0.0.1 or localhost",
        |trial| {
            let all = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
            let listener = Listener::at(all).or_else(|_| Listener::new())?;
            comes_to_localhost(trial, &listener)
        },
    ),
    Check::should(
        "C-17/9",
        "the status for wrong arguments is 2",
        "3.2: the client prints an error message and exits; the status is not in the assignment",
        |trial| {
            let mut exits = all_counts(trial)?;
            exits.extend(all_refused(trial, 1, &WRONG_PORTS)?);
            exits.extend(all_refused(trial, 2, &["", &"n".repeat(256)])?);
            exits.extend(all_refused(trial, 3, &["write"])?);
            exits.into_iter().try_for_each(|exit| has_status(exit, 2))
        },
    ),
    Check::should(
        "C-17/10",
        "a host that does not exist ends the client with status 1 before any prompt",
        "3.2: if the parameters are all okay, the client will go through the following steps",
        |trial| {
            trial.may_choose_arguments()?;
            let words = ["no-such-host.invalid", "5000", "alice", "create"];
            trial.start(&Arguments::words(words), Input::Pipe)?;
            let exit = ends_with_a_text(trial, FOR_NAMES)?;
            has_status(exit, 1)?;
            let process = trial.process()?;
            let printed = process.stdout();
            // The error may be there.
            let lines = printed.iter().filter(|byte| **byte == b'\n').count();
            let is_error = process.stderr().is_empty() && lines == 1 && printed.ends_with(b"\n");
            if printed.is_empty() || is_error {
                return Ok(());
            }
            let happened = harness::shown(&printed);
            Err(Problem::broken("it ends before any prompt", happened))
        },
    ),
    // On a terminal: elsewhere a program may keep its output back until it ends.
    Check::must(
        "C-18",
        "receiver and message are prompted for",
        "3.2.1: it should prompt the user for the following information interactively",
        |trial| {
            let entries = [("receiver", name(trial)), ("message", text(trial))];
            let listener = trial.listen()?;
            let arguments = arguments(listener.port(), ALICE, "create");
            trial.start_as(&arguments, harness::Program::on_terminal)?;
            let mut seen = 0;
            let mut typed = String::new();
            for (what, entry) in entries {
                trial.wait_printed(&format!("a prompt for the {what}"), |text| {
                    let more: String = text.chars().skip(seen).collect();
                    // The terminal repeats what is typed.
                    !more.replacen(&typed, "", 1).trim().is_empty()
                })?;
                seen = trial.printed()?.chars().count();
                let client = trial.process()?;
                client.write_stdin(format!("{entry}\n").as_bytes())?;
                typed = entry;
            }
            trial.accept(&listener).map(drop)
        },
    ),
    Check::must(
        "C-18/2",
        "a receiver of 0 or of 255 bytes and more is not taken, but the next entry",
        "3.2.1: at least 1 character and less than 255 bytes; if it is not, the client prompts \
         again",
        |trial| {
            let (long, longer) = (letters(trial, 255), letters(trial, 300));
            let (receiver, text) = (name(trial), text(trial));
            let entries = ["", &long, &longer, &receiver, &text];
            creates(trial, &entries, &create(ALICE, &receiver, &text))
        },
    )
    .needs(REQUESTS),
    Check::must(
        "C-18/3",
        "a message of 0 or of 65,535 bytes and more is not taken, but the next entry",
        "3.2.1: at least 1 character and less than 65,535 bytes; if it is not, the client prompts \
         again",
        |trial| {
            let (long, longer) = (letters(trial, 65_535), letters(trial, 65_600));
            let (receiver, text) = (name(trial), text(trial));
            let entries = [&receiver, "", &long, &longer, &text];
            creates(trial, &entries, &create(ALICE, &receiver, &text))
        },
    )
    .needs(REQUESTS),
    Check::must(
        "C-18/4",
        "the shortest and the longest receiver and message are taken",
        "3.2.1: at least 1 character and less than 255 bytes, less than 65,535 bytes",
        |trial| {
            for lengths in [[1, 1], [254, 65_534]] {
                let [receiver, text] = lengths.map(|length| letters(trial, length));
                creates(trial, &[&receiver, &text], &create(ALICE, &receiver, &text))?;
            }
            Ok(())
        },
    )
    .needs(REQUESTS),
    // More is printed than for valid entries alone: an error, and the prompt again.
    Check::must(
        "C-18/5",
        "an invalid entry gets an error message",
        "3.2.1: the client prints an appropriate error message and prompts again",
        |trial| {
            let (receiver, text) = (name(trial), text(trial));
            let mut printed = |lines: String| -> Result<usize, Problem> {
                let listener = trial.listen()?;
                start(trial, &listener, "create", Input::Bytes(lines.into_bytes()))?;
                trial.accept(&listener)?.shutdown_write()?;
                let finished = ended(trial)?;
                Ok(finished.stdout.len() + finished.stderr.len())
            };
            let valid = printed(format!("{receiver}\n{text}\n"))?;
            for invalid in [
                format!("\n{receiver}\n{text}\n"),
                format!("{receiver}\n\n{text}\n"),
            ] {
                if printed(invalid)? <= valid {
                    return Err(Problem::broken(
                        "an error message, and the prompt again, for an invalid entry",
                        "no more is printed than for valid entries alone",
                    ));
                }
            }
            Ok(())
        },
    )
    .needs(&["C-18/2", "C-18/3"]),
    Check::should(
        "C-18/6",
        "the end of the input at a prompt is an error, with status 1",
        "not in the assignment: nobody will type anything any more",
        |trial| {
            let timeout = trial.timeout();
            let listener = trial.listen()?;
            for lines in [&b""[..], b"\n", b"bob\n"] {
                start(trial, &listener, "create", Input::Bytes(lines.to_vec()))?;
                let exit = ends_with_a_text(trial, timeout)?;
                has_status(exit, 1)?;
                if trial.process()?.stderr().is_empty() {
                    return Err(Problem::broken(
                        "an error on standard error",
                        "nothing there",
                    ));
                }
                if listener.accept(Duration::ZERO).is_ok() {
                    return Err(Problem::broken("it ends without connecting", "it connects"));
                }
            }
            Ok(())
        },
    ),
    Check::must(
        "C-18/7",
        "the limits of receiver and message count bytes, not characters",
        "3.2.1: less than 255 bytes, less than 65,535 bytes; 3.6: a character may require a \
         variable number of bytes",
        |trial| {
            // 128 and 32,768 characters of two bytes.
            let [long_receiver, long_text] = ["é".repeat(128), "é".repeat(32_768)];
            let (receiver, text) = (name(trial), text(trial));
            let entries = [&long_receiver, &receiver, &long_text, &text];
            creates(
                trial,
                &entries.map(String::as_str),
                &create(ALICE, &receiver, &text),
            )
        },
    )
    .needs(&["C-1/2", "C-1/3", "C-18/2", "C-18/3"]),
    Check::should(
        "C-18/8",
        "spaces at the ends of an entry are part of it",
        "not in the assignment: what is sent is what was entered",
        |trial| {
            let (receiver, text) = (format!(" {}", name(trial)), format!("  {}\t", text(trial)));
            creates(trial, &[&receiver, &text], &create(ALICE, &receiver, &text))
        },
    )
    .needs(REQUESTS),
    Check::must(
        "C-19",
        "the client connects when everything has been entered",
        "3.2: it prepares a MessageRequest, for which it elicits information from the user; then \
         it creates a socket and connects",
        |trial| {
            const WHILE: Duration = Duration::from_millis(300);
            let (receiver, text) = (name(trial), text(trial));
            let timeout = trial.timeout();
            let listener = trial.listen()?;
            start(trial, &listener, "create", Input::Pipe)?;
            let client = trial.process()?;
            // It has begun, or keeps its prompt back.
            let begun = |printed: &[u8]| !printed.is_empty();
            let _ = client.wait_stdout(begun, timeout.min(SECOND));
            client.write_stdin(format!("{receiver}\n").as_bytes())?;
            if listener.accept(WHILE).is_ok() {
                return Err(Problem::broken(
                    "it connects when receiver and message have been entered",
                    "it connects when the message has not been entered",
                ));
            }
            client.write_stdin(format!("{text}\n").as_bytes())?;
            trial.accept(&listener).map(drop)
        },
    ),
];

/// Runs the client with these lines typed in, and sees that the request is as it should be.
pub(crate) fn sends(
    trial: &mut Trial<'_>,
    lines: &[&str],
    request: &[u8],
) -> Result<Conversation, Problem> {
    let listener = trial.listen()?;
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    start(trial, &listener, "create", Input::Bytes(lines.into_bytes()))?;
    let mut server = trial.accept(&listener)?;
    // In parts, of which each is compared once.
    for piece in request.chunks(1 << 14) {
        server.expect_bytes(piece)?;
    }
    Ok(server)
}

/// The same, and the server leaves.
pub(super) fn creates(trial: &mut Trial<'_>, lines: &[&str], request: &[u8]) -> Outcome {
    sends(trial, lines, request).map(drop)
}

/// Finding out that a host does not exist may take as long as its name servers take.
const FOR_NAMES: Duration = Duration::from_secs(20);

/// Starts the client with words that it has to refuse, and sees that it does so before it connects.
pub(super) fn refused(
    trial: &mut Trial<'_>,
    words: &[&str],
    listener: Option<&Listener>,
) -> Result<Exit, Problem> {
    trial.may_choose_arguments()?;
    let timeout = trial.timeout();
    trial.start(&Arguments::words(words), Input::Pipe)?;
    let exit = ends_with_a_text(trial, timeout + 2 * SECOND)?;
    if listener.is_some_and(|listener| listener.accept(Duration::ZERO).is_ok()) {
        let happened = format!("it connects with the arguments {words:?}");
        return Err(Problem::broken("it ends without connecting", happened));
    }
    Ok(exit)
}

/// The words of a good command line, but for one.
fn all_refused(trial: &mut Trial<'_>, place: usize, wrong: &[&str]) -> Result<Vec<Exit>, Problem> {
    let listener = trial.listen()?;
    let port = listener.port().to_string();
    let mut exits = Vec::new();
    for word in wrong {
        let mut words = ["127.0.0.1", &port, "alice", "read"];
        if let Some(place) = words.get_mut(place) {
            *place = word;
        }
        exits.push(refused(trial, &words, Some(&listener))?);
    }
    Ok(exits)
}

/// With every number of words but four.
fn all_counts(trial: &mut Trial<'_>) -> Result<Vec<Exit>, Problem> {
    let listener = trial.listen()?;
    let port = listener.port().to_string();
    let words = ["127.0.0.1", &port, "alice", "read", "read"];
    let mut exits = Vec::new();
    for count in [0, 1, 2, 3, 5] {
        let words = words.get(..count).unwrap_or(&words);
        exits.push(refused(trial, words, Some(&listener))?);
    }
    Ok(exits)
}

fn comes_to_localhost(trial: &mut Trial<'_>, listener: &Listener) -> Outcome {
    let arguments = Arguments::new().host("localhost").port(listener.port());
    trial.start(&arguments.word(ALICE).word("read"), Input::Pipe)?;
    trial.accept(listener).map(drop)
}
