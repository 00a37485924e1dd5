//! Captures, read back by a reader that shares nothing with the writer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod reader;

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use conform::record::CheckRecord;
use harness::{By, Ends, Listener, Peer, Recorder, Tape, What};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use reader::{Capture, Connection};

const NO_LIMIT: u64 = 1 << 30;

fn check(verdict: &str) -> CheckRecord {
    serde_json::from_value(json!({
        "id": "T-5/2", "clause": "T-5", "section": "", "level": "must",
        "title": "it answers", "requirement": "Protocol: it\nmust answer", "seconds": 0.0,
        "verdict": verdict, "reason": "T-1 is broken", "expected": "an answer",
        "happened": "\u{1b}[31mnothing",
    }))
    .unwrap()
}

fn captured(recorder: &Recorder) -> Capture {
    let mut file = Vec::new();
    let repeat = "conform --only {only} x";
    let mut recording = recorder.recording();
    conform::write_capture(&mut file, "lab4", &check("broken"), repeat, &mut recording).unwrap();
    reader::read(&file)
}

// Conversations that are made up.

/// What happens next on one of the connections.
#[derive(Clone, Debug)]
enum Step {
    Data(bool, Vec<u8>),
    Close(bool),
    Reset(bool),
    Silence,
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = prop_oneof![
        8 => vec(any::<u8>(), 0..100),
        1 => (60_000..140_000_usize, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
    ];
    prop_oneof![
        8 => (any::<bool>(), bytes).prop_map(|(ours, bytes)| Step::Data(ours, bytes)),
        1 => any::<bool>().prop_map(Step::Close),
        1 => any::<bool>().prop_map(Step::Reset),
        1 => Just(Step::Silence),
    ]
}

fn by(ours: bool) -> By {
    if ours { By::Us } else { By::Peer }
}

/// A connection that takes down what may happen, and what is to be read of it.
struct Model {
    tape: Tape,
    client: usize,
    expected: Connection,
}

impl Model {
    fn new(recorder: &Recorder, number: u16, ipv6: bool, we_connect: bool) -> Self {
        let host = if ipv6 { "[::1]" } else { "127.0.0.1" };
        let address = |port: u16| format!("{host}:{port}").parse::<SocketAddr>().unwrap();
        let (local, remote) = (address(1000 + number), address(50_000 + number));
        let ends = Ends {
            local,
            remote,
            connected_by: by(we_connect),
        };
        Self {
            tape: recorder.connection(ends, Instant::now(), What::Connected),
            client: usize::from(!we_connect),
            expected: Connection {
                ends: if we_connect {
                    [local, remote]
                } else {
                    [remote, local]
                },
                data: Default::default(),
                closed: [false; 2],
                reset: [false; 2],
            },
        }
    }

    /// The system reports the rest of what a peer has sent after its reset, and then an end.
    fn take(&mut self, step: &Step) {
        let side = |ours: bool| usize::from(!ours) ^ self.client;
        let expected = &mut self.expected;
        let [ours_reset, peers_reset] = [true, false].map(|ours| expected.reset[side(ours)]);
        let now = Instant::now();
        match step {
            _ if ours_reset => {}
            Step::Data(ours, _) if expected.closed[side(*ours)] || *ours && peers_reset => {}
            Step::Data(ours, bytes) => {
                self.tape.data(by(*ours), bytes);
                expected.data[side(*ours)].extend(bytes);
            }
            Step::Close(ours) => {
                self.tape.happened(now, What::Closed(by(*ours)));
                expected.closed[side(*ours)] |= !peers_reset;
            }
            Step::Reset(ours) => {
                self.tape.happened(now, What::Reset(by(*ours)));
                expected.reset[side(*ours)] |= !peers_reset;
            }
            Step::Silence => self.tape.happened(now, What::Silence),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_was_recorded_is_read_back(
        kinds in vec((any::<bool>(), any::<bool>()), 1..4),
        steps in vec((any::<prop::sample::Index>(), step()), 0..40),
    ) {
        let recorder = Recorder::new(NO_LIMIT);
        let mut models: Vec<_> = (0_u16..)
            .zip(&kinds)
            .map(|(number, (ipv6, we_connect))| Model::new(&recorder, number, *ipv6, *we_connect))
            .collect();
        for (index, step) in &steps {
            models[index.index(kinds.len())].take(step);
        }
        let expected: Vec<_> = models.into_iter().map(|model| model.expected).collect();
        prop_assert_eq!(reader::connections(&captured(&recorder)), expected);
    }
}

// Conversations that take place.

const SOON: Duration = Duration::from_secs(20);

/// Both ends of a connection to this address; the first one, which connected, is recorded.
fn pair(recorder: &Recorder, address: &str) -> (Peer, Peer) {
    let listener = Listener::at(address.parse().unwrap()).unwrap();
    let since = Instant::now();
    let client = Peer::connect(listener.address()).unwrap();
    let client = client.recorded(recorder, By::Us, since);
    (client, listener.accept(SOON).unwrap())
}

fn only(recorder: &Recorder) -> Connection {
    let mut connections = reader::connections(&captured(recorder));
    assert_eq!(connections.len(), 1);
    connections.remove(0)
}

#[test]
fn both_directions_are_there_byte_for_byte_also_if_they_are_long() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let recorder = Recorder::new(NO_LIMIT);
        let (mut client, mut server) = pair(&recorder, address);
        let ends = [client.local_address(), client.remote_address()];
        let question: Vec<u8> = (0..=255).cycle().take(300_000).collect();
        let answer: Vec<u8> = question.iter().rev().copied().collect();
        thread::scope(|scope| {
            scope.spawn(|| {
                let _ = server.receive_exactly(question.len(), SOON).unwrap();
                server.send(&answer).unwrap();
                server.shutdown_write().unwrap();
            });
            client.send(&question).unwrap();
            assert_eq!(client.receive_to_end(SOON).unwrap(), answer);
        });
        drop(client);
        let expected = Connection {
            ends,
            data: [question, answer],
            closed: [true; 2],
            reset: [false; 2],
        };
        assert!(only(&recorder) == expected, "{address}");
    }
}

#[test]
fn resets_of_either_end_are_there() {
    let recorder = Recorder::new(NO_LIMIT);
    let (mut client, server) = pair(&recorder, "127.0.0.1:0");
    server.reset().unwrap();
    client.receive_to_end(SOON).unwrap_err();
    drop(client);
    assert_eq!(only(&recorder).reset, [false, true]);

    let recorder = Recorder::new(NO_LIMIT);
    let (client, _server) = pair(&recorder, "127.0.0.1:0");
    client.reset().unwrap();
    let read = only(&recorder);
    assert_eq!((read.reset, read.closed), ([true, false], [false; 2]));
}

/// The system resets a connection that is closed with bytes unread.
#[test]
fn an_end_with_bytes_unread_is_a_reset() {
    let recorder = Recorder::new(NO_LIMIT);
    let (mut client, mut server) = pair(&recorder, "127.0.0.1:0");
    server.send(b"unread").unwrap();
    let mut first = [0];
    // It is there.
    while client.stream().peek(&mut first).unwrap() == 0 {}
    client.next_event(1, SOON);
    drop(client);
    let read = only(&recorder);
    assert_eq!((read.reset, read.closed), ([true, false], [false; 2]));
    assert_eq!(read.data[1], b"u");
}

#[test]
fn a_refused_connection_is_a_syn_and_a_reset() {
    let recorder = Recorder::new(NO_LIMIT);
    let address = SocketAddr::from(([127, 0, 0, 1], harness::free_port().unwrap()));
    let since = Instant::now();
    match Peer::connect(address) {
        Err(harness::Error::Connect { error, .. }) => {
            recorder.not_connected(address, since, &error);
        }
        other => panic!("{other:?}"),
    }
    let read = only(&recorder);
    assert_eq!(read.ends, [([127, 0, 0, 1], 0).into(), address]);
    assert_eq!(read.reset, [false, true]);
    assert_eq!(captured(&recorder).packets.len(), 2);
}

// Comments and times.

#[test]
fn requirement_and_verdict_are_where_they_belong() {
    let recorder = Recorder::new(NO_LIMIT);
    let (mut client, mut server) = pair(&recorder, "127.0.0.1:0");
    client.send(b"question").unwrap();
    server.send(b"answer").unwrap();
    client.receive_exactly(6, SOON).unwrap();
    drop(client);
    let capture = captured(&recorder);
    assert!(
        capture.comment.contains("conform --only T-5/2 x"),
        "{}",
        capture.comment
    );
    let commented: Vec<_> = capture
        .packets
        .iter()
        .filter(|packet| !packet.comments.is_empty())
        .map(|packet| (&packet.data[..], packet.comments.concat()))
        .collect();
    assert_eq!(
        commented,
        [
            (
                &b"question"[..],
                "T-5/2 (must): it answers. Protocol: it must answer".to_owned()
            ),
            (
                b"answer",
                "T-5/2 is broken. Expected: an answer; happened: \\x1b[31mnothing".to_owned()
            ),
        ]
    );
}

#[test]
fn silence_is_a_gap_with_a_comment_at_its_end() {
    const PAUSE: Duration = Duration::from_millis(200);
    let recorder = Recorder::new(NO_LIMIT);
    let (mut client, _server) = pair(&recorder, "127.0.0.1:0");
    client.send(b"question").unwrap();
    client.expect_silence(PAUSE).unwrap();
    drop(client);
    let packets = captured(&recorder).packets;
    let end = packets
        .iter()
        .position(|packet| packet.comments.len() == 2)
        .unwrap();
    assert!(
        packets[end].comments[0].contains("nothing came"),
        "{packets:?}"
    );
    assert!(
        packets[end].comments[1].contains("is broken"),
        "{packets:?}"
    );
    let gap = packets[end].at - packets[end - 1].at;
    assert!(u128::from(gap) >= PAUSE.as_nanos(), "{gap} ns");
}

#[test]
fn the_end_of_what_is_kept_has_a_comment() {
    let recorder = Recorder::new(100_000);
    let (mut client, mut server) = pair(&recorder, "127.0.0.1:0");
    thread::scope(|scope| {
        scope.spawn(|| server.receive_exactly(200_000, SOON).unwrap());
        client.send(&[b'x'; 200_000]).unwrap();
    });
    drop(client);
    let capture = captured(&recorder);
    let last = capture.packets.last().unwrap().comments.join(" ");
    assert!(last.contains("The capture ends here"), "{last}");
    let sent = &reader::connections(&capture)[0].data[0];
    assert!((90_000..100_000).contains(&sent.len()), "{}", sent.len());
}
