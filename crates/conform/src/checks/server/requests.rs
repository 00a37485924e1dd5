//! Requests, right and wrong ones.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use harness::Event;

use super::{is_sent, is_served, nothing_is_stored, send, store};
use crate::checks::messages::{SECOND, create, read, response};
use crate::{Conversation, Outcome, Problem, Trial};

pub(super) fn as_the_format_says(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let mut sender = send(trial, address, b"\xae\x73\x02\x05\x03\x00\x05alicebobhello")?;
    sender.expect_gone()?;
    let mut reader = send(trial, address, b"\xae\x73\x01\x03\x00\x00\x00bob")?;
    reader.expect(b"\xae\x73\x03\x01\x00\x05\x00\x05alicehello")?;
    reader.expect_gone()
}

pub(super) fn two_bytes_of_length(trial: &mut Trial<'_>) -> Outcome {
    stores(trial, b"alice", b"carol", &[b'x'; 0x0102])
}

/// As long as what a client may send [3.2.1].
pub(super) fn longest(trial: &mut Trial<'_>) -> Outcome {
    stores(trial, &[b's'; 255], &[b'r'; 254], &[b't'; 65_534])
}

fn stores(trial: &mut Trial<'_>, sender: &[u8], receiver: &[u8], text: &[u8]) -> Outcome {
    let address = trial.serve()?;
    store(trial, address, sender, receiver, text)?;
    is_sent(trial, address, receiver, &response(0, &[(sender, text)]))
}

/// A wrong read is refused if it takes nothing, a wrong create if it leaves nothing.
fn refuses_read(trial: &mut Trial<'_>, address: SocketAddr, request: &[u8]) -> Outcome {
    store(trial, address, b"alice", b"dave", b"kept")?;
    send(trial, address, request)?.expect_gone()?;
    let kept = response(0, &[(b"alice", b"kept")]);
    is_sent(trial, address, b"dave", &kept)
}

fn refuses_create(trial: &mut Trial<'_>, address: SocketAddr, request: &[u8]) -> Outcome {
    send(trial, address, request)?.expect_gone()?;
    nothing_is_stored(trial, address, b"erin")
}

pub(super) fn wrong_magic(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    for magic in [b"\xae\x74", b"\xaf\x73", b"\x73\xae", b"\0\0"] {
        let read = [&magic[..], b"\x01\x04\0\0\0dave"].concat();
        refuses_read(trial, address, &read)?;
        let create = [&magic[..], b"\x02\x05\x04\0\x05aliceerinwrong"].concat();
        refuses_create(trial, address, &create)?;
    }
    Ok(())
}

pub(super) fn wrong_id(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    for id in [0, 3, 255] {
        let read = [b"\xae\x73", &[id][..], b"\x04\0\0\0dave"].concat();
        refuses_read(trial, address, &read)?;
        let create = [b"\xae\x73", &[id][..], b"\x05\x04\0\x05aliceerinwrong"].concat();
        refuses_create(trial, address, &create)?;
    }
    Ok(())
}

pub(super) fn no_name(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    send(trial, address, b"\xae\x73\x01\0\0\0\0")?.expect_gone()?;
    refuses_create(trial, address, b"\xae\x73\x02\0\x04\0\x05erinwrong")
}

pub(super) fn read_with_receiver(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    refuses_read(trial, address, b"\xae\x73\x01\x04\x03\0\0davebob")
}

pub(super) fn read_with_message(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    refuses_read(trial, address, b"\xae\x73\x01\x04\0\0\x02davehi")
}

pub(super) fn create_without_message(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    refuses_create(trial, address, b"\xae\x73\x02\x05\x04\0\0aliceerin")
}

/// The header alone: whoever takes it for a valid one waits for the rest. A machine that is busy
/// for a moment is given another try.
pub(super) fn create_without_receiver(trial: &mut Trial<'_>) -> Outcome {
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
}

/// Waits longer than for other things: the server waits for a second, and may do so for each part
/// of the request.
fn is_given_up(trial: &Trial<'_>, client: &mut Conversation) -> Outcome {
    match client.next_event(1, trial.timeout() + 2 * SECOND) {
        Event::Closed | Event::Reset => Ok(()),
        event => Err(Problem::broken(
            "the connection is closed after a second",
            event.to_string(),
        )),
    }
}

pub(super) fn silent(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let mut client = trial.connect(address)?;
    is_given_up(trial, &mut client)?;
    is_served(trial, address)
}

pub(super) fn stalled(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let request = create(b"alice", b"erin", b"wrong");
    // In the header, behind it, and in the message.
    for length in [3, 7, request.len() - 1] {
        let mut client = send(trial, address, request.get(..length).unwrap_or(&request))?;
        is_given_up(trial, &mut client)?;
    }
    nothing_is_stored(trial, address, b"erin")
}

/// The time is taken from before the connection: a busy machine makes it longer, never shorter.
pub(super) fn not_before_a_second(trial: &mut Trial<'_>) -> Outcome {
    const EARLIEST: Duration = Duration::from_millis(900);
    let address = trial.serve()?;
    let start = Instant::now();
    let mut client = trial.connect(address)?;
    is_given_up(trial, &mut client)?;
    let waited = start.elapsed();
    if waited >= EARLIEST {
        return Ok(());
    }
    let happened = format!("it is closed after {:.1} seconds", waited.as_secs_f64());
    Err(Problem::broken("a second to send the request in", happened))
}

/// More than once: both pieces may be there before a busy machine lets the server look.
pub(super) fn in_two_pieces(trial: &mut Trial<'_>) -> Outcome {
    const TIMES: usize = 3;
    const PAUSE: Duration = Duration::from_millis(100);
    let address = trial.serve()?;
    for _ in 0..TIMES {
        let mut sender = trial.connect(address)?;
        // The pause comes after the header.
        sender.send_in_pieces(b"\xae\x73\x02\x05\x05\0\x05", 7, PAUSE)?;
        sender.send(b"alicefrankhello")?;
        sender.expect_gone()?;
    }
    let messages = [(&b"alice"[..], &b"hello"[..]); TIMES];
    is_sent(trial, address, b"frank", &response(0, &messages))
}

/// It never stalls for a second, but takes four.
pub(super) fn too_slow(trial: &mut Trial<'_>) -> Outcome {
    const PAUSE: Duration = Duration::from_millis(200);
    let address = trial.serve()?;
    let mut client = trial.connect(address)?;
    // The server may close before all is sent.
    let _ = client.send_in_pieces(&create(b"alice", b"erin", b"slow"), 1, PAUSE);
    is_given_up(trial, &mut client)?;
    nothing_is_stored(trial, address, b"erin")
}

pub(super) fn cut_off_in_header(trial: &mut Trial<'_>) -> Outcome {
    is_erroneous_after(trial, &[0, 1, 6])
}

pub(super) fn cut_off_behind_header(trial: &mut Trial<'_>) -> Outcome {
    is_erroneous_after(trial, &[7, 9, 15, 20])
}

/// Sends so many bytes of a create request, and then the end.
fn is_erroneous_after(trial: &mut Trial<'_>, lengths: &[usize]) -> Outcome {
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

pub(super) fn surplus(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    for surplus in [1, 20_000] {
        let with_surplus = |request: Vec<u8>| [request, vec![b'!'; surplus]].concat();
        let create = with_surplus(create(b"alice", b"erin", b"wrong"));
        refuses_create(trial, address, &create)?;
        refuses_read(trial, address, &with_surplus(read(b"dave")))?;
    }
    Ok(())
}

pub(super) fn closed_behind_request(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    store(trial, address, b"alice", b"grace", b"hello")?;
    let mut reader = send(trial, address, &read(b"grace"))?;
    reader.shutdown_write()?;
    reader.expect(&response(0, &[(b"alice", b"hello")]))?;
    reader.expect_gone()
}

pub(super) fn reset(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let (create, read) = (create(b"alice", b"heidi", b"hello"), read(b"heidi"));
    for bytes in [
        &b""[..],
        b"\xae\x73\x02",
        b"\xae\x73\x02\x05\x05\0\x05",
        &create,
        &read,
    ] {
        send(trial, address, bytes)?.reset()?;
        is_served(trial, address)?;
    }
    Ok(())
}

pub(super) fn garbage(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    for bytes in [
        &b"\n"[..],
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\xae\x73\x02\x02\x02\0\x02\xff\xfe\xc3(\xf0\x9f",
        b"\xae\x73\x01\x02\0\0\0\xff\xfe",
        &[0x00; 64],
        &[0xff; 64],
    ] {
        drop(send(trial, address, bytes)?);
        is_served(trial, address)?;
    }
    Ok(())
}

pub(super) fn byte_by_byte(trial: &mut Trial<'_>) -> Outcome {
    const PAUSE: Duration = Duration::from_millis(10);
    let address = trial.serve()?;
    let mut sender = trial.connect(address)?;
    sender.send_in_pieces(&create(b"alice", b"ivan", b"hello"), 1, PAUSE)?;
    sender.expect_gone()?;
    let mut reader = trial.connect(address)?;
    reader.send_in_pieces(&read(b"ivan"), 1, PAUSE)?;
    reader.expect(&response(0, &[(b"alice", b"hello")]))
}

pub(super) fn one_piece(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let address = trial.serve()?;
    let messages = [(&b"alice"[..], &b"one"[..]); 3];
    for (sender, text) in messages {
        store(trial, address, sender, b"judy", text)?;
    }
    let mut reader = send(trial, address, &read(b"judy"))?;
    match reader.next_event(1000, timeout) {
        Event::Data(bytes) if bytes == response(0, &messages) => Ok(()),
        Event::Data(bytes) => Err(Problem::broken(
            "the whole response at once",
            format!("at first only \"{}\" comes", harness::escape(&bytes)),
        )),
        event => Err(Problem::broken("a response", event.to_string())),
    }
}
