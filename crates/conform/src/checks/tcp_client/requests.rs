//! From lines to requests, and to whom they are sent.

use std::net::{Ipv4Addr, SocketAddr};

use harness::{Input, Listener};

use super::{arguments, finish, response, start, start_with};
use crate::checks::default_port::{self, DEFAULT_PORT};
use crate::{Arguments, Conversation, Outcome, Trial};

/// Receives each request and answers it at once, for clients that wait and for those that do not.
fn answers_each(trial: &mut Trial<'_>, mut server: Conversation, requests: &[&[u8]]) -> Outcome {
    for request in requests {
        server.expect(request)?;
        server.send(&response(b"ok"))?;
    }
    finish(trial, server).map(drop)
}

pub(super) fn every_action(trial: &mut Trial<'_>) -> Outcome {
    let lines = b"uppercase Hello\nlowercase WORLD\nreverse abc\nshuffle ab\nrandom x\n";
    let server = start(trial, lines)?;
    let requests = [
        &b"\x08\0\0\x05Hello"[..],
        b"\x10\0\0\x05WORLD",
        b"\x20\0\0\x03abc",
        b"\x40\0\0\x02ab",
        b"\x80\0\0\x01x",
    ];
    answers_each(trial, server, &requests)
}

pub(super) fn standard_input(trial: &mut Trial<'_>) -> Outcome {
    let listener = trial.listen()?;
    let lines = Input::Bytes(b"uppercase Hello\nreverse abc\n".to_vec());
    trial.start(&arguments(listener.port()).file("-"), lines)?;
    let server = trial.accept(&listener)?;
    answers_each(trial, server, &[b"\x08\0\0\x05Hello", b"\x20\0\0\x03abc"])
}

pub(super) fn spaces_in_message(trial: &mut Trial<'_>) -> Outcome {
    let server = start(trial, b"uppercase Hello  wide World\n")?;
    answers_each(trial, server, &[b"\x08\0\0\x11Hello  wide World"])
}

pub(super) fn long_message(trial: &mut Trial<'_>) -> Outcome {
    const LENGTH: usize = 70_000;
    let message: Vec<u8> = (b'a'..=b'z').cycle().take(LENGTH).collect();
    let server = start(trial, &[b"reverse ", &message[..], b"\n"].concat())?;
    let request = [&b"\x20\x01\x11\x70"[..], &message].concat();
    answers_each(trial, server, &[&request])
}

pub(super) fn long_options(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let options = |port| {
        Arguments::new()
            .word("--verbose")
            .host_option("--host", "127.0.0.1")
            .port_option("--port", port)
    };
    let server = start_with(trial, b"uppercase Hello\n", options)?;
    answers_each(trial, server, &[b"\x08\0\0\x05Hello"])
}

pub(super) fn default_host(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let options = |port| Arguments::new().port_option("-p", port);
    let server = start_with(trial, b"uppercase Hello\n", options)?;
    answers_each(trial, server, &[b"\x08\0\0\x05Hello"])
}

pub(super) fn default_port(trial: &mut Trial<'_>) -> Outcome {
    trial.may_choose_arguments()?;
    let _turn = default_port::reserve(DEFAULT_PORT)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT));
    let listener = Listener::at(address)?;
    let file = trial.file(b"uppercase Hello\n")?;
    let options = Arguments::new().host_option("-h", "127.0.0.1");
    trial.start(&options.file(file), Input::Null)?;
    let server = trial.accept(&listener)?;
    answers_each(trial, server, &[b"\x08\0\0\x05Hello"])
}

pub(super) fn bytes_not_characters(trial: &mut Trial<'_>) -> Outcome {
    let server = start(trial, "reverse é漢😀\nreverse abc\n".as_bytes())?;
    let request = [&b"\x20\0\0\x09"[..], "é漢😀".as_bytes()].concat();
    answers_each(trial, server, &[&request, b"\x20\0\0\x03abc"])
}

pub(super) fn line_ends(trial: &mut Trial<'_>) -> Outcome {
    let server = start(trial, b"reverse ab\r\nlowercase \nuppercase last")?;
    let requests = [&b"\x20\0\0\x02ab"[..], b"\x10\0\0\0", b"\x08\0\0\x04last"];
    answers_each(trial, server, &requests)
}
