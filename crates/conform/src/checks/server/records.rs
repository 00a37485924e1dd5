//! Requests, right and wrong ones.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use harness::Event;

use super::{is_sent, is_served, nothing_is_stored, send, store};
use crate::checks::messages::{SECOND, create, response};
use crate::{Check, Conversation, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "C-1",
        "a message is stored and read, byte by byte as the record formats say",
        "3.3.1: MagicNo 0xAE73, ID, NameLen, ReceiverLen and MessageLen, then the name, the \
         receiver and the message; 3.3.2: the response",
        |trial| {
            let address = trial.serve()?;
            let mut sender = send(trial, address, b"\xae\x73\x02\x05\x03\x00\x05alicebobhello")?;
            sender.expect_gone()?;
            let mut reader = send(trial, address, b"\xae\x73\x01\x03\x00\x00\x00bob")?;
            reader.expect(b"\xae\x73\x03\x01\x00\x05\x00\x05alicehello")?;
            reader.expect_gone()
        },
    ),
    Check::must(
        "C-1/2",
        "MessageLen has two bytes in network byte order",
        "3.3.1: the 16-bit field MessageLen contains the length of the message in bytes, in \
         network byte order",
        |trial| stores(trial, b"alice", b"carol", &[b'x'; 0x0102]),
    ),
    // As long as what a client may send [3.2.1].
    Check::must(
        "C-1/3",
        "the longest message that a client may send is stored and read",
        "3.2.1: the receiver is less than 255 bytes and the message less than 65,535 bytes; \
         3.3.1: the server reads exactly NameLen + ReceiverLen + MessageLen further bytes",
        |trial| stores(trial, &[b's'; 255], &[b'r'; 254], &[b't'; 65_534]),
    ),
    Check::must(
        "C-2",
        "a wrong MagicNo is erroneous",
        "3.3.1: the contents of the MagicNo field must equal 0xAE73; 3.1: else the socket is \
         closed",
        |trial| {
            let address = trial.serve()?;
            for magic in [b"\xae\x74", b"\xaf\x73", b"\x73\xae", b"\0\0"] {
                let read = [&magic[..], b"\x01\x04\0\0\0dave"].concat();
                refuses_read(trial, address, &read)?;
                let create = [&magic[..], b"\x02\x05\x04\0\x05aliceerinwrong"].concat();
                refuses_create(trial, address, &create)?;
            }
            Ok(())
        },
    ),
    Check::must(
        "C-2/2",
        "an ID that is neither 1 nor 2 is erroneous",
        "3.3.1: the contents of the ID field must be either 1 or 2",
        |trial| {
            let address = trial.serve()?;
            for id in [0, 3, 255] {
                let read = [b"\xae\x73", &[id][..], b"\x04\0\0\0dave"].concat();
                refuses_read(trial, address, &read)?;
                let create = [b"\xae\x73", &[id][..], b"\x05\x04\0\x05aliceerinwrong"].concat();
                refuses_create(trial, address, &create)?;
            }
            Ok(())
        },
    ),
    Check::must(
        "C-2/3",
        "a NameLen of 0 is erroneous",
        "3.3.1: the contents of the NameLen field must be at least 1",
        |trial| {
            let address = trial.serve()?;
            send(trial, address, b"\xae\x73\x01\0\0\0\0")?.expect_gone()?;
            refuses_create(trial, address, b"\xae\x73\x02\0\x04\0\x05erinwrong")
        },
    ),
    Check::must(
        "C-2/4",
        "a read request with a ReceiverLen is erroneous",
        "3.3.1: the contents of the ReceiverLen field must be 0 if ID is 1",
        |trial| {
            let address = trial.serve()?;
            refuses_read(trial, address, b"\xae\x73\x01\x04\x03\0\0davebob")
        },
    ),
    Check::must(
        "C-2/5",
        "a read request with a MessageLen is erroneous",
        "3.3.1: the MessageLen field must be 0 if ID is 1",
        |trial| {
            let address = trial.serve()?;
            refuses_read(trial, address, b"\xae\x73\x01\x04\0\0\x02davehi")
        },
    ),
    Check::must(
        "C-2/6",
        "a create request with a MessageLen of 0 is erroneous",
        "3.3.1: the MessageLen field must be at least 1 if ID is 2",
        |trial| {
            let address = trial.serve()?;
            refuses_create(trial, address, b"\xae\x73\x02\x05\x04\0\0aliceerin")
        },
    ),
    // The header alone: whoever takes it for a valid one waits for the rest. A machine that is busy
    // for a moment is given another try.
    Check::should(
        "C-2/7",
        "a create request with a ReceiverLen of 0 is erroneous, as soon as its header has come",
        "3.3.1: the ReceiverLen field must be at least 1 if ID is 2; this is checked before \
         further bytes are read",
        |trial| {
            const TRIES: u32 = 3;
            const AT_ONCE: Duration = Duration::from_millis(700);
            let address = trial.serve()?;
            let mut took = Duration::ZERO;
            for _ in 0..TRIES {
                let start = Instant::now();
                send(trial, address, b"\xae\x73\x02\x05\0\0\x05")?.expect_gone()?;
                took = start.elapsed();
                if took < AT_ONCE {
                    return is_served(trial, address);
                }
            }
            Err(Problem::broken(
                "the connection is closed when the header has come",
                format!("that takes {:.1} seconds", took.as_secs_f64()),
            ))
        },
    ),
    Check::must(
        "C-3",
        "a response carries the sender and the text of each message",
        "3.3.2: for each message SenderLen in 8 bits, MessageLen in 16 bits, the sender's name \
         and the message text",
        |trial| {
            let address = trial.serve()?;
            let messages = [
                (&b"alice"[..], &b"first"[..]),
                (b"bob", b"the second"),
                (b"alice", b"3"),
                (b"a", b"fourth"),
            ];
            for (sender, text) in messages {
                store(trial, address, sender, b"kim", text)?;
            }
            is_sent(trial, address, b"kim", &response(0, &messages))
        },
    ),
];

pub(super) fn stores(
    trial: &mut Trial<'_>,
    sender: &[u8],
    receiver: &[u8],
    text: &[u8],
) -> Outcome {
    let address = trial.serve()?;
    store(trial, address, sender, receiver, text)?;
    is_sent(trial, address, receiver, &response(0, &[(sender, text)]))
}

/// A wrong read is refused if it takes nothing, a wrong create if it leaves nothing.
pub(super) fn refuses_read(trial: &mut Trial<'_>, address: SocketAddr, request: &[u8]) -> Outcome {
    store(trial, address, b"alice", b"dave", b"kept")?;
    send(trial, address, request)?.expect_gone()?;
    let kept = response(0, &[(b"alice", b"kept")]);
    is_sent(trial, address, b"dave", &kept)
}

pub(super) fn refuses_create(
    trial: &mut Trial<'_>,
    address: SocketAddr,
    request: &[u8],
) -> Outcome {
    send(trial, address, request)?.expect_gone()?;
    nothing_is_stored(trial, address, b"erin")
}

/// Waits longer than for other things: the server waits for a second, and may do so for each part
/// of the request.
pub(super) fn is_given_up(trial: &Trial<'_>, client: &mut Conversation) -> Outcome {
    match client.next_event(1, trial.timeout() + 2 * SECOND) {
        Event::Closed | Event::Reset => Ok(()),
        event => Err(Problem::broken(
            "the connection is closed after a second",
            event.to_string(),
        )),
    }
}

/// Sends so many bytes of a create request, and then the end.
pub(super) fn is_erroneous_after(trial: &mut Trial<'_>, lengths: &[usize]) -> Outcome {
    let address = trial.serve()?;
    let request = create(b"alice", b"erin", b"wrong");
    for length in lengths {
        let mut client = send(trial, address, request.get(..*length).unwrap_or(&request))?;
        client.shutdown_write()?;
        is_given_up(trial, &mut client)?;
        nothing_is_stored(trial, address, b"erin")?;
    }
    Ok(())
}
