//! The accio handshake: both ends against each other in memory, and under any cut and damage.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::VecDeque;

use proptest::prelude::*;
use proto::accio::{
    COMMAND, CONFIRMATION, Client, ClientStep, Error, HEADER_LEN, SECOND_CONFIRMATION, Server,
    ServerStep,
};

use common::{any_places, cuts, damaged, pieces};

/// What a server saw of a client that sent these pieces and closed.
#[derive(Debug, PartialEq)]
struct Outcome {
    commands: usize,
    file: Vec<u8>,
    end: Result<(), Error>,
}

fn serve(pieces: &[&[u8]]) -> Outcome {
    let mut server = Server::new();
    let mut outcome = Outcome {
        commands: 0,
        file: Vec::new(),
        end: Ok(()),
    };
    for mut piece in pieces.iter().copied() {
        loop {
            match server.next(&mut piece) {
                Ok(Some(ServerStep::Send(command))) => {
                    assert_eq!(command, COMMAND);
                    outcome.commands += 1;
                }
                Ok(Some(ServerStep::File(bytes))) => {
                    assert!(server.receiving_file());
                    outcome.file.extend_from_slice(bytes);
                }
                Ok(None) => break assert!(piece.is_empty()),
                Err(error) => {
                    outcome.end = Err(error);
                    return outcome;
                }
            }
        }
    }
    outcome.end = server.finish();
    outcome
}

fn conversation(file: &[u8]) -> Vec<u8> {
    [CONFIRMATION, SECOND_CONFIRMATION, file].concat()
}

/// At most `limit` bytes off the front of a queue, as a socket's `read` would give them.
fn receive(queue: &mut VecDeque<u8>, limit: usize) -> Vec<u8> {
    queue.drain(..limit.min(queue.len())).collect()
}

/// Passes bytes between both ends until neither sends any more, at most `to_server` and `to_client`
/// at a time; returns the file as the server counted it.
fn talk(file: &[u8], to_server: usize, to_client: usize) -> Vec<u8> {
    let (mut server, mut client) = (Server::new(), Client::new());
    let (mut sent, mut commanded) = (VecDeque::new(), VecDeque::new());
    let mut received = Vec::new();
    let mut sending_file = false;
    for turn in 0.. {
        let quiet = sent.is_empty() && commanded.is_empty();
        let segment = receive(&mut sent, to_server);
        let mut input = segment.as_slice();
        while let Some(step) = server.next(&mut input).unwrap() {
            match step {
                ServerStep::Send(bytes) => commanded.extend(bytes),
                ServerStep::File(bytes) => received.extend_from_slice(bytes),
            }
        }
        let segment = receive(&mut commanded, to_client);
        let mut input = segment.as_slice();
        while let Some(step) = client.next(&mut input).unwrap() {
            assert!(!sending_file, "nothing may come after the file");
            match step {
                ClientStep::Send(bytes) => sent.extend(bytes),
                ClientStep::SendFile => {
                    sending_file = true;
                    sent.extend(file);
                }
            }
        }
        if quiet && turn > 0 {
            break;
        }
    }
    assert!(sending_file);
    assert_eq!(server.finish(), Ok(()));
    assert_eq!(client.finish(), Ok(()));
    received
}

#[test]
fn a_1_ac_1_both_ends_understand_each_other() {
    for file in [
        &b""[..],
        b"x",
        b"confirm-accio-again\r\n\r\n",
        &[0xff; 5_000],
    ] {
        for limits in [(1, 1), (1, 100), (100, 1), (7, 3), (10_000, 10_000)] {
            assert_eq!(talk(file, limits.0, limits.1), file, "{limits:?}");
        }
    }
}

#[test]
fn a_5_no_cut_makes_a_difference() {
    let bytes = conversation(b"Content-Length: 5\r\n\r\nhello");
    let whole = serve(&[&bytes]);
    assert_eq!((whole.commands, whole.end), (2, Ok(())));
    assert_eq!(whole.file, b"Content-Length: 5\r\n\r\nhello");
    for pieces in cuts(&bytes) {
        assert_eq!(serve(&pieces), whole, "{pieces:?}");
    }
}

#[test]
fn a_6_every_prefix_of_the_header_is_incomplete() {
    let bytes = conversation(b"file");
    for len in 0..=bytes.len() {
        let outcome = serve(&[&bytes[..len]]);
        assert_eq!(outcome.end.is_ok(), len >= HEADER_LEN, "{outcome:?}");
        assert_eq!(outcome.file.len(), len.saturating_sub(HEADER_LEN));
        assert_eq!(
            outcome.commands,
            if len < CONFIRMATION.len() { 1 } else { 2 }
        );
    }
}

#[test]
fn a_6_damage_to_the_header_is_an_error_and_to_the_file_is_not() {
    let bytes = conversation(b"file");
    for damaged in damaged(&bytes) {
        let outcome = serve(&[&damaged]);
        if damaged.starts_with(&bytes[..HEADER_LEN]) {
            assert_eq!((outcome.file.len(), outcome.end), (4, Ok(())));
        } else {
            assert!(
                matches!(outcome.end, Err(Error::Mismatch { .. })),
                "{outcome:?}"
            );
            assert!(outcome.file.is_empty());
        }
    }
}

proptest! {
    #[test]
    fn a_3_every_file_byte_is_counted_however_cut(
        file in prop::collection::vec(any::<u8>(), 0..100),
        places in any_places(),
    ) {
        let bytes = conversation(&file);
        let outcome = serve(&pieces(&bytes, &places));
        prop_assert_eq!(outcome, Outcome { commands: 2, file, end: Ok(()) });
    }

    #[test]
    fn a_6_any_bytes_end_the_same_however_cut(
        right in 0..=HEADER_LEN,
        rest in prop::collection::vec(any::<u8>(), 0..20),
        places in any_places(),
    ) {
        let bytes = [&conversation(b"")[..right], &rest].concat();
        prop_assert_eq!(serve(&pieces(&bytes, &places)), serve(&[&bytes]));
    }

    #[test]
    fn ac_1_the_client_takes_commands_however_cut(
        bytes in prop_oneof![
            Just(b"accio\r\naccio\r\n".to_vec()),
            prop::collection::vec(prop::sample::select(&b"accio\r\n"[..]), 0..20),
        ],
        places in any_places(),
    ) {
        let run = |pieces: &[&[u8]]| {
            let mut client = Client::new();
            let mut steps = Vec::new();
            for mut piece in pieces.iter().copied() {
                while let Some(step) = client.next(&mut piece)? {
                    steps.push(step);
                }
            }
            client.finish()?;
            Ok::<_, Error>(steps)
        };
        let result = run(&pieces(&bytes, &places));
        prop_assert_eq!(result.is_ok(), bytes.starts_with(b"accio\r\naccio\r\n"));
        prop_assert_eq!(result, run(&[&bytes]));
    }
}
