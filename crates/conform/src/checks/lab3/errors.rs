//! Clients that do something wrong, and the clients after them.

use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::Duration;

use harness::{Event, Signal, shown};

use super::client::{A_MOMENT, Client, are_shown, connected, goes_on, is_served, text};
use super::exchange::KINDS;
use super::{HOSTILE, NOT_IN_IT};
use crate::checks::hostile;
use crate::checks::pickle::receive;
use crate::{Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "P-7",
        "the next client is served after one that sent no pickle",
        "Important Notes 2: the server must not be stopped when an exception occurs",
        |trial| {
            let address = trial.serve()?;
            for bytes in NO_PICKLES {
                let mut client = Client::connect(trial, address)?;
                client.send(bytes)?;
                client.pause();
                drop(client);
                goes_on(trial, address)?;
            }
            Ok(())
        },
    )
    .needs(&["P-3", "P-10"]),
    Check::must(
        "P-7/2",
        "the next client is served after one that left before it was accepted",
        "Important Notes 1: the server must handle errors and exceptions properly",
        |trial| {
            let address = trial.serve()?;
            for with_reset in [false, true] {
                // Whether it is sent its id before it leaves is not left to chance.
                trial.process()?.signal_group(Signal::STOP)?;
                thread::sleep(A_MOMENT);
                let client = trial.connect(address)?;
                if with_reset {
                    client.reset()?;
                } else {
                    drop(client);
                }
                trial.process()?.signal_group(Signal::CONT)?;
                goes_on(trial, address)?;
            }
            Ok(())
        },
    )
    .needs(&["P-3", "P-10"]),
    Check::must(
        "P-7/3",
        "the next client is served after one that left inside a pickle",
        "Important Notes 1: the server must handle errors and exceptions properly",
        |trial| {
            let address = trial.serve()?;
            let mut client = Client::connect(trial, address)?;
            client.send(b"\x80\x04\x95B\0\0\0\0\0\0\0}\x94(\x8c\x0cstud")?;
            drop(client);
            goes_on(trial, address)
        },
    )
    .needs(&["P-3", "P-10"]),
    Check::must(
        "P-7/4",
        "the next client is served after one that reset its connection",
        "Important Notes 1: the server must handle errors and exceptions properly",
        |trial| {
            let address = trial.serve()?;
            let client = Client::connect(trial, address)?;
            client.conversation.reset()?;
            goes_on(trial, address)
        },
    )
    .needs(&["P-3", "P-10"]),
    // What is printed about a client that sends no pickle is compared with what is printed about one
    // that is silent, each while it is connected.
    Check::must(
        "P-7/5",
        "an error is reported on the server's console",
        "Important Notes 2: inform the user about the error in the server console",
        |trial| {
            let address = trial.serve()?;
            // About the first one the server may print where it listens, too.
            printed_about(trial, address, b"")?;
            let silent = printed_about(trial, address, b"")?;
            let with_error = printed_about(trial, address, NO_PICKLE)?;
            if with_error != silent {
                return Ok(());
            }
            Err(Problem::broken(
                "a text about the error, on either output",
                match with_error.as_str() {
                    "" => "nothing is printed".to_owned(),
                    text => format!("the same as about any client: {text:?}"),
                },
            ))
        },
    )
    .needs(&["P-3", "P-10"]),
    Check::should(
        "P-7/6",
        "an error is reported on standard error, with the client's id",
        "Important Notes 2: inform the user about the error in the server console",
        |trial| {
            let mut client = connected(trial)?;
            client.send(NO_PICKLE)?;
            logs(trial, &client.port.to_string())
        },
    )
    .needs(&["P-3"]),
    Check::should(
        "P-7/7",
        "a client that sends no pickle is closed",
        NOT_IN_IT,
        |trial| {
            let mut client = connected(trial)?;
            client.send(NO_PICKLE)?;
            client.conversation.expect_gone()
        },
    )
    .needs(&["P-3"]),
    Check::should(
        "P-7/8",
        "what came before an error is acknowledged",
        NOT_IN_IT,
        |trial| {
            let mut client = connected(trial)?;
            // The bytes after the error must not turn the close into a reset, which would destroy
            // the acknowledgement.
            let bytes = [&text(b"before")[..], NO_PICKLE, &[b'N'; 50_000]].concat();
            // It may close before it has taken all.
            let _ = client.conversation.send(&bytes);
            receive(&mut client.conversation)?;
            client.conversation.expect_gone()
        },
    )
    .needs(&["P-3", "P-6", "P-4/3"]),
    Check::should(
        "P-8",
        "nothing that a pickle names is called",
        HOSTILE,
        |trial| {
            let address = trial.serve()?;
            // Elsewhere it might be refused to a program that is confined.
            let path = trial.scratch()?.join("called");
            for pickle in hostile::calls(&path) {
                let mut client = Client::connect(trial, address)?;
                client.send(&pickle)?;
                client.pause();
                drop(client);
                // When this client is served, a sequential server has finished with the other one.
                is_served(trial, address)?;
                hostile::was_not_called(&path)?;
            }
            Ok(())
        },
    )
    .needs(&["P-3", "P-10"]),
    Check::should(
        "P-8/2",
        "a pickle that names a class is refused, and the error says which",
        HOSTILE,
        |trial| {
            const CLASS: &str = "NoSuchClass";
            let address = trial.serve()?;
            refuse(
                trial,
                address,
                b"\x80\x04\x8c\x06shelve\x8c\x0bNoSuchClass\x93.",
            )?;
            logs(trial, CLASS)
        },
    ),
    Check::should(
        "P-8/3",
        "what Python needs for sets and bytes in old protocols is no such name",
        "Hint 6: pickle.loads; Python writes bytes and sets as calls in the protocols 0 to 2",
        |trial| are_shown(trial, &AS_CALLS),
    )
    .needs(&["P-3", "P-4/2", "P-5/2", "P-6"]),
    Check::should(
        "P-8/4",
        "bytearray(20000000) is refused",
        HOSTILE,
        |trial| is_refused(trial, hostile::BYTEARRAY),
    ),
    Check::should(
        "P-8/5",
        "a list in 200,000 lists is refused",
        HOSTILE,
        |trial| is_refused(trial, &hostile::nested()),
    ),
    Check::should(
        "P-8/6",
        "130 bytes that stand for 262,144 lists are refused",
        HOSTILE,
        |trial| is_refused(trial, &hostile::repeated()),
    ),
    Check::should(
        "P-8/7",
        "an integer of 160,000 bits is refused",
        HOSTILE,
        |trial| is_refused(trial, &hostile::integer()),
    ),
    Check::should(
        "P-8/8",
        "a huge announced length is refused before anything of it comes",
        HOSTILE,
        |trial| {
            for pickle in hostile::ANNOUNCED {
                is_refused(trial, pickle)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "P-8/9",
        "an object of more than 1 MiB is refused",
        HOSTILE,
        |trial| is_refused(trial, &hostile::large()),
    ),
    Check::should(
        "P-8/10",
        "an object that contains itself is refused",
        HOSTILE,
        |trial| is_refused(trial, hostile::RECURSIVE),
    ),
    Check::should(
        "P-8/11",
        "all of that takes no more than 16 MiB",
        HOSTILE,
        |trial| {
            let address = trial.serve()?;
            is_served(trial, address)?;
            let before = trial.peak_memory()?;
            let long_lists = [
                hostile::BYTEARRAY.to_vec(),
                hostile::nested(),
                hostile::repeated(),
                hostile::integer(),
                hostile::large(),
                // Never called: there is no such place.
                hostile::calls(Path::new("/nonexistent/called")).concat(),
            ];
            for pickle in &long_lists {
                refuse(trial, address, pickle)?;
            }
            for pickle in hostile::ANNOUNCED {
                refuse(trial, address, pickle)?;
            }
            let taken = trial.peak_memory()?.saturating_sub(before);
            if taken <= MOST {
                return Ok(());
            }
            Err(Problem::broken(
                format!("at most {} MiB more than before", MOST >> 20),
                format!("{} MiB more", taken >> 20),
            ))
        },
    ),
    Check::should(
        "P-9",
        "plain data of every kind is accepted",
        "Hint 6: pickle.loads",
        |trial| are_shown(trial, &KINDS),
    )
    .needs(&["P-3", "P-4/2", "P-5/2", "P-6"]),
    // 2 ** 99999 - 1, which has 99,999 bits and a sign, and 30,103 digits.
    Check::should(
        "P-9/2",
        "an integer of 100,000 bits is accepted, and printed whole",
        "Hint 6: pickle.loads",
        |trial| {
            const DIGITS: usize = 30_103;
            let mut client = connected(trial)?;
            let integer = [b"\x8b\xd4\x30\0\0", &[0xff; 12_499][..], b"\x7f."].concat();
            client.tell(&integer)?;
            let id = format!("Client {}: ", client.port);
            let wanted = format!("{id} and {DIGITS} digits, from 499 to 687, as a line");
            trial.wait_printed(&wanted, |printed| {
                let mut numbers = printed.lines().filter_map(|line| line.strip_prefix(&id));
                numbers.any(|digits| {
                    digits.len() == DIGITS && digits.starts_with("499") && digits.ends_with("687")
                })
            })
        },
    )
    .needs(&["P-3", "P-6", "P-5/2"]),
];

/// No byte of it can begin a pickle.
const NO_PICKLE: &[u8] = b"\xff\xfe\xfdGET / HTTP/1.1\r\n\r\n";

/// The beginning of each of these is wrong already.
pub(crate) const NO_PICKLES: [&[u8]; 3] = [NO_PICKLE, b".", b"hello, server!\n"];

/// Plain data that Python writes as calls in old protocols, and how it shows them.
pub(crate) const AS_CALLS: [(&[u8], &str); 3] = [
    (
        b"\x80\x02c__builtin__\nset\nq\0]q\x01K\x01a\x85q\x02Rq\x03.",
        "{1}",
    ),
    (
        b"\x80\x02c_codecs\nencode\nq\0X\x03\0\0\0a\xc3\xbfq\x01X\x06\0\0\0latin1q\x02\
          \x86q\x03Rq\x04.",
        r"b'a\xff'",
    ),
    (b"\x80\x02c__builtin__\nbytes\nq\0)Rq\x01.", "b''"),
];

/// By then the server has dealt with the error, if it does not show that by closing.
const A_WHILE: Duration = Duration::from_secs(1);

/// What the server prints about a client that sends this, while it is connected; without numbers,
/// which differ between any two clients.
fn printed_about(
    trial: &mut Trial<'_>,
    address: SocketAddr,
    bytes: &[u8],
) -> Result<String, Problem> {
    let console = |trial: &mut Trial<'_>| -> Result<[String; 2], Problem> {
        let stderr = trial.process()?.stderr();
        Ok([
            trial.printed()?,
            String::from_utf8_lossy(&stderr).into_owned(),
        ])
    };
    // What it prints about the one before comes first.
    thread::sleep(A_MOMENT);
    let before = console(trial)?;
    let mut client = Client::connect(trial, address)?;
    client.send(bytes)?;
    let _: Event = client.conversation.next_event(1, A_WHILE);
    // It may close first and print then.
    thread::sleep(A_MOMENT);
    let after = console(trial)?;
    let new = after.iter().zip(&before).map(|(after, before)| {
        let new = after.strip_prefix(before.as_str()).unwrap_or(after);
        new.replace(|character: char| character.is_ascii_digit(), "")
    });
    Ok(new.collect())
}

/// The most memory that a client may cost (P-8).
pub(super) const MOST: u64 = 16 << 20;

/// Sends a pickle that is to be refused: the connection ends, without an acknowledgement.
fn refuse(trial: &Trial<'_>, address: SocketAddr, pickle: &[u8]) -> Outcome {
    let mut client = Client::connect(trial, address)?;
    // It may close before it has taken all.
    let _ = client.conversation.send(pickle);
    client.conversation.expect_gone()
}

/// The same, and then another client is served.
pub(super) fn is_refused(trial: &mut Trial<'_>, pickle: &[u8]) -> Outcome {
    let address = trial.serve()?;
    refuse(trial, address, pickle)?;
    is_served(trial, address)
}

/// Waits for a text with this word on standard error.
fn logs(trial: &mut Trial<'_>, word: &str) -> Outcome {
    if trial.logs(|printed| String::from_utf8_lossy(printed).contains(word))? {
        return Ok(());
    }
    Err(Problem::broken(
        format!("a text with {word} on standard error"),
        shown(&trial.process()?.stderr()),
    ))
}
