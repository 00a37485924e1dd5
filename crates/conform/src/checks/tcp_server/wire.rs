//! Requests and responses, and what becomes of wrong ones.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use harness::Event;

use super::{
    ACTIONS, LOWERCASE, RANDOM, REVERSE, UPPERCASE, connected, is_served, receive_response,
    request, response,
};
use crate::{Outcome, Problem, Trial};

/// How long a server is watched for what it should not do: it may do it a little late.
const WHILE: Duration = Duration::from_millis(300);

pub(super) fn request_and_response(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    client.send(b"\x08\0\0\x0bHello World")?;
    client.expect(b"\0\0\0\x0bHELLO WORLD")
}

pub(super) fn lengths(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    for length in [1, 0xff, 0x100, 0x1234, 0x1_0203] {
        client.send(&request(UPPERCASE, &vec![b'x'; length]))?;
        client.expect(&response(&vec![b'X'; length]))?;
    }
    Ok(())
}

pub(super) fn every_action(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    for (action, answer) in [
        (UPPERCASE, "HELLO WORLD"),
        (LOWERCASE, "hello world"),
        (REVERSE, "dlroW olleH"),
    ] {
        client.send(&request(action, b"Hello World"))?;
        client.expect(&response(answer.as_bytes()))?;
    }
    client.send(b"\x40\0\0\x0bHello World")?;
    let shuffled = receive_response(&mut client)?;
    let mut sorted = shuffled.clone();
    sorted.sort_unstable();
    if sorted != b" HWdellloor" {
        let expected = "action 0x08: the letters of \"Hello World\" in any order";
        return Err(Problem::broken(
            expected,
            harness::escape(&shuffled).to_string(),
        ));
    }
    client.send(&request(RANDOM, b"abcdefghijkl"))?;
    let random = receive_response(&mut client)?;
    if random.is_empty() || !random.iter().all(|byte| (b'a'..=b'l').contains(byte)) {
        let expected = "action 0x10: some of the letters of \"abcdefghijkl\", repeated or not";
        return Err(Problem::broken(
            expected,
            harness::escape(&random).to_string(),
        ));
    }
    Ok(())
}

pub(super) fn pipelined(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    let (mut requests, mut responses) = (Vec::new(), Vec::new());
    for number in 0..60 {
        let text = format!("Line {number}");
        let (action, answer) = match number % 3 {
            0 => (UPPERCASE, text.to_uppercase()),
            1 => (LOWERCASE, text.to_lowercase()),
            _ => (REVERSE, text.chars().rev().collect()),
        };
        requests.extend(request(action, text.as_bytes()));
        responses.extend(response(answer.as_bytes()));
    }
    client.send(&requests)?;
    client.expect(&responses)
}

pub(super) fn reserved_action(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    client.send(b"\x18\0\0\x05hello")?;
    client.expect(b"\0\0\0\x05error")
}

pub(super) fn after_reserved_action(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    // Whoever does not skip the data reads a request in it.
    client.send(&request(0x03, b"\x08\0\0\x01a"))?;
    client.expect(b"\0\0\0\x05error")?;
    is_served(&mut client)
}

pub(super) fn all_reserved_actions(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    for action in (0..32).filter(|action| !ACTIONS.contains(action)) {
        for data in [&b"data"[..], b""] {
            client.send(&request(action, data))?;
            client.expect(b"\0\0\0\x05error")?;
        }
    }
    is_served(&mut client)
}

pub(super) fn not_utf_8(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    for data in [
        &b"\xff\xfe"[..],
        b"cut \xe6\xbc",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
    ] {
        client.send(&request(UPPERCASE, data))?;
        client.expect(b"\0\0\0\x05error")?;
    }
    is_served(&mut client)
}

pub(super) fn cut_off(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    for bytes in [&b"\x08"[..], b"\x08\0\0\x05", b"\x08\0\0\x05Hell"] {
        let mut client = trial.connect(address)?;
        client.send(bytes)?;
        client.shutdown_write()?;
        client.expect(b"\0\0\0\x05error")?;
        client.expect_end()?;
    }
    Ok(())
}

pub(super) fn missing_data(trial: &mut Trial<'_>) -> Outcome {
    let mut client = connected(trial)?;
    for piece in [&b"\x08\0\0\x0b"[..], b"Hello"] {
        client.send(piece)?;
        client.expect_silence(WHILE)?;
    }
    client.send(b" World")?;
    client.expect(b"\0\0\0\x0bHELLO WORLD")
}

pub(super) fn clean_close(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let mut silent = trial.connect(address)?;
    silent.shutdown_write()?;
    silent.expect_end()?;
    let mut client = trial.connect(address)?;
    is_served(&mut client)?;
    client.shutdown_write()?;
    client.expect_end()
}

pub(super) fn reset_inside_request(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    for bytes in [&b""[..], b"\x08\0", b"\x08\0\0\x05Hell"] {
        let mut client = trial.connect(address)?;
        client.send(bytes)?;
        client.reset()?;
        goes_on(trial, address)?;
    }
    Ok(())
}

pub(super) fn undeliverable_response(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    let mut client = trial.connect(address)?;
    client.set_receive_buffer(4096)?;
    // More than the system keeps for both ends: when the response begins, its end waits.
    client.send(&request(UPPERCASE, &vec![b'x'; 8 << 20]))?;
    client.receive(4)?;
    client.reset()?;
    goes_on(trial, address)
}

/// Sees that others are served, now and later: a server may notice late that a client is gone.
fn goes_on(trial: &Trial<'_>, address: SocketAddr) -> Outcome {
    const TIMES: u32 = 5;
    for _ in 0..TIMES {
        is_served(&mut trial.connect(address)?)?;
        thread::sleep(WHILE / TIMES);
    }
    Ok(())
}

pub(super) fn garbage(trial: &mut Trial<'_>) -> Outcome {
    let address = trial.serve()?;
    for bytes in [
        &b""[..],
        b"\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x08\0\0\x02\xff\xff\x20\0\0\x01\x80\x40\0\0\x02\xc3(\x80\0\0\x01\xc3",
        &[0x00; 64],
        &[0xff; 64],
    ] {
        let mut client = trial.connect(address)?;
        client.send(bytes)?;
        drop(client);
        goes_on(trial, address)?;
    }
    Ok(())
}

pub(super) fn byte_by_byte(trial: &mut Trial<'_>) -> Outcome {
    const PAUSE: Duration = Duration::from_millis(10);
    let mut client = connected(trial)?;
    let requests = [
        request(UPPERCASE, "straße".as_bytes()),
        request(REVERSE, b"abc"),
    ];
    client.send_in_pieces(&requests.concat(), 1, PAUSE)?;
    client.expect(b"\0\0\0\x07STRASSE\0\0\0\x03cba")
}

pub(super) fn one_piece(trial: &mut Trial<'_>) -> Outcome {
    let timeout = trial.timeout();
    let mut client = connected(trial)?;
    for _ in 0..10 {
        client.send(b"\x08\0\0\x05hello")?;
        match client.next_event(64, timeout) {
            Event::Data(bytes) if bytes == b"\0\0\0\x05HELLO" => {}
            Event::Data(bytes) => {
                let happened = format!("at first only \"{}\" comes", harness::escape(&bytes));
                return Err(Problem::broken("the whole response at once", happened));
            }
            event => return Err(Problem::broken("a response", event.to_string())),
        }
    }
    Ok(())
}
