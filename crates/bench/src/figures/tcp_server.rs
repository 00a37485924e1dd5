//! `tcp_server` beside a byte echo, and beside the ECHO of redis.

use std::time::Duration;

use proto::action::{Action, RequestHeader, ResponseHeader};

use crate::figure::{Contender, Figure, Goal, Growth, Role, Row, Table, Unit};
use crate::load::{Exchange, ExchangeClient, Work};
use crate::report::{in_unit, size};
use crate::{Error, Machine, Server};

/// Bytes of a small request's text.
const SMALL: usize = 64;
const MIB: usize = 1024 * 1024;
/// The longest text that a header can announce (T-1).
const LONGEST: usize = 128 * MIB - 1;

const OURS: &str = "tcp_server";
const ECHO: &str = "echo";
const WHOLE: &str = "whole";
const REDIS: &str = "redis-server";

pub(super) fn figures() -> Vec<Figure> {
    vec![
        requests(),
        cpu("tcp_server-cpu-16", 16, 1.3, 0.9),
        cpu("tcp_server-cpu-64", 64, 1.6, 0.6),
        cpu("tcp_server-cpu-256", 256, 1.25, 0.4),
        stall(),
        throughput("tcp_server-1MiB", MIB, 8),
        throughput("tcp_server-16MiB", 16 * MIB, 4),
        throughput("tcp_server-128MiB", LONGEST, 2),
        memory(),
    ]
}

pub(super) const GROWTH: Growth = Growth {
    name: "growth-tcp_server",
    measure: growth,
};

// --- The figures ---

fn requests() -> Figure {
    let what = format!("requests/s, {}, 1 in flight", size(SMALL));
    Figure {
        name: "tcp_server-requests",
        rows: vec![Row::new(what, Unit::PerSecond, Goal::AtLeast(0.93)).peer(Goal::AtLeast(1.0))],
        contenders: contenders(1, |work| f64::from(work.exchanges) / work.elapsed),
    }
}

/// The server's processor time for a request, with `depth` in flight.
fn cpu(name: &'static str, depth: usize, limit: f64, peer: f64) -> Figure {
    let what = format!("CPU per request, {}, {depth} in flight", size(SMALL));
    Figure {
        name,
        rows: vec![Row::new(what, Unit::Seconds, Goal::AtMost(limit)).peer(Goal::AtMost(peer))],
        contenders: contenders(depth, move |work| {
            work.cpu / f64::from(work.exchanges) / depth as f64
        }),
    }
}

/// The servers, and a value of their work on small requests.
fn contenders(depth: usize, value: impl Fn(Work) -> f64 + Copy + 'static) -> Vec<Contender> {
    let round = |exchange: Exchange| {
        move |server: &mut Server, round: Duration| Ok(vec![value(exchange.work(server, round)?)])
    };
    let ours = asking(Action::Uppercase, SMALL, depth);
    let redis = asking_redis(SMALL, depth);
    vec![
        Contender::server(Role::Ours, OURS, start_ours, round(ours)),
        Contender::server(Role::Limit, ECHO, start_echo, round(echoing(SMALL, depth))),
        Contender::server(Role::Peer, REDIS, start_redis, round(redis)),
    ]
}

/// Bytes of text in a second, with `depth` requests in flight: a server that has to wait for a whole
/// request would otherwise be measured by how long the client takes to send the next. The limit has
/// to wait for it too: an echo that streams never leaves the processor's cache.
fn throughput(name: &'static str, length: usize, depth: usize) -> Figure {
    const ACTIONS: [Action; 3] = [Action::Uppercase, Action::Lowercase, Action::Reverse];
    let rows = ACTIONS.map(|action| {
        let what = format!("{action}, {}, {depth} in flight", size(length));
        Row::new(what, Unit::BytesPerSecond, Goal::AtLeast(0.9)).peer(Goal::AtLeast(1.0))
    });
    // Large texts are made for each round: all of them together would fill the memory.
    let rate = move |exchange: Exchange, server: &Server, round| {
        let work = exchange.work(server, round)?;
        Ok(f64::from(work.exchanges) * (length * depth) as f64 / work.elapsed)
    };
    let ours = move |server: &mut Server, round: Duration| {
        let of = |action| rate(asking(action, length, depth), server, round);
        ACTIONS.into_iter().map(of).collect()
    };
    // One value for all actions.
    let once = |make: fn(usize, usize) -> Exchange| {
        move |server: &mut Server, round: Duration| {
            let rate = rate(make(length, depth), server, round)?;
            Ok(vec![rate; ACTIONS.len()])
        }
    };
    Figure {
        name,
        rows: rows.to_vec(),
        contenders: vec![
            Contender::server(Role::Ours, OURS, start_ours, ours),
            Contender::server(Role::Limit, WHOLE, start_whole, once(echoing)),
            Contender::server(Role::Peer, REDIS, start_redis, once(asking_redis)),
        ],
    }
}

/// The most memory that a server had resident, after one request of the greatest length.
fn memory() -> Figure {
    let round = |start: fn(&Machine) -> Result<Server, Error>| {
        move |machine: &Machine| {
            // A peer that is absent is known before the first round.
            drop(start(machine)?);
            let machine = machine.clone();
            Ok(move || {
                let server = start(&machine)?;
                let mut client = ExchangeClient::connect(server.address)?;
                client.exchange(&asking(Action::Uppercase, LONGEST, 1))?;
                Ok(vec![server.peak_memory()?])
            })
        }
    };
    let what = format!("peak memory, {}", size(LONGEST));
    Figure {
        name: "tcp_server-memory",
        rows: vec![Row::new(what, Unit::Bytes, Goal::AtMost(1.0)).peer(Goal::AtMost(0.3))],
        contenders: vec![
            Contender::new(Role::Ours, OURS, round(start_ours)),
            Contender::bound("text + 8 MiB", (LONGEST + 8 * MIB) as f64),
            Contender::new(Role::Peer, "python3", round(start_python)),
        ],
    }
}

/// The longest silence of the server in exchanges of any depth and size. Each request is sent by
/// itself: a response that waits for an acknowledgement of the one before it is 40 ms late then.
fn stall() -> Figure {
    const DEPTHS: [usize; 5] = [1, 4, 16, 64, 256];
    const SIZES: [usize; 5] = [16, 64, 1024, 16 * 1024, 64 * 1024];
    const DELAYED_ACKNOWLEDGEMENT: f64 = 0.040;
    let longest_silence = |server: &mut Server, _| {
        let mut longest = 0.0;
        for depth in DEPTHS {
            for size in SIZES {
                longest = f64::max(longest, silence(server, depth, size)?);
            }
        }
        Ok(vec![longest])
    };
    let what = "longest silence, 1 to 256 in flight, 16 B to 64 KiB";
    Figure {
        name: "tcp_server-stall",
        rows: vec![Row::new(what, Unit::Seconds, Goal::AtMost(0.5))],
        contenders: vec![
            Contender::server(Role::Ours, OURS, start_ours, longest_silence),
            Contender::bound("delayed ACK", DELAYED_ACKNOWLEDGEMENT),
        ],
    }
}

/// Seconds of silence that nine of ten exchanges do not exceed: a stall concerns all of them, a
/// busy machine a few.
fn silence(server: &Server, depth: usize, size: usize) -> Result<f64, Error> {
    const EXCHANGES: usize = 20;
    let mut exchange = asking(Action::Uppercase, size, depth);
    exchange.piece = exchange.request.len() / depth;
    let mut client = ExchangeClient::connect(server.address)?;
    let mut silences = Vec::with_capacity(EXCHANGES);
    for _ in 0..EXCHANGES {
        client.exchange(&exchange)?;
        silences.push(client.take_longest_wait());
    }
    client.finish()?;
    silences.sort_unstable();
    Ok(silences[EXCHANGES * 9 / 10].as_secs_f64())
}

// --- Cost as the work grows ---

fn growth(machine: &Machine) -> Result<Vec<Table>, Error> {
    const MOST_DEPTH: usize = 256;
    let (ours, echo) = (start_ours(machine)?, start_echo(machine)?);
    let cost = |length, depth| growth_row(machine, (&ours, &echo), length, depth);
    let depths = std::iter::successors(Some(1), |depth| Some(depth * 2));
    let by_depth = depths
        .take_while(|depth| *depth <= MOST_DEPTH)
        .map(|depth| Ok([vec![depth.to_string()], cost(SMALL, depth)?].concat()))
        .collect::<Result<_, Error>>()?;
    let sizes = std::iter::successors(Some(16), |length| Some(length * 8));
    let by_size = sizes
        .take_while(|length| *length < LONGEST)
        .chain([LONGEST])
        .map(|length| Ok([vec![size(length)], cost(length, 1)?].concat()))
        .collect::<Result<_, Error>>()?;
    let table = |title: String, first, rows| {
        let head = [
            first,
            "per request",
            "CPU per request",
            "CPU per byte",
            "the same of echo",
        ];
        Table::new(title, &head, rows)
    };
    let text = size(SMALL);
    Ok(vec![
        table(
            format!("tcp_server, uppercase of {text} by requests in flight"),
            "in flight",
            by_depth,
        ),
        table(
            "tcp_server, uppercase by size, 1 in flight".to_owned(),
            "size",
            by_size,
        ),
    ])
}

fn growth_row(
    machine: &Machine,
    (ours, echo): (&Server, &Server),
    length: usize,
    depth: usize,
) -> Result<Vec<String>, Error> {
    let asked = asking(Action::Uppercase, length, depth).work(ours, machine.round)?;
    let echoed = echoing(length, depth).work(echo, machine.round)?;
    let seconds = |seconds: f64| in_unit(Unit::Seconds, seconds);
    let nanoseconds = |seconds: f64| format!("{:.3} ns", seconds * 1e9 / length as f64);
    let requests = f64::from(asked.exchanges) * depth as f64;
    let echoes = f64::from(echoed.exchanges) * depth as f64;
    Ok(vec![
        seconds(asked.elapsed / requests),
        seconds(asked.cpu / requests),
        nanoseconds(asked.cpu / requests),
        nanoseconds(echoed.cpu / echoes),
    ])
}

// --- The contenders ---

fn start_ours(machine: &Machine) -> Result<Server, Error> {
    machine.serve_ours(OURS, &["-p"])
}

fn start_echo(machine: &Machine) -> Result<Server, Error> {
    machine.serve_limit(ECHO)
}

fn start_whole(machine: &Machine) -> Result<Server, Error> {
    machine.serve_limit(WHOLE)
}

fn start_redis(machine: &Machine) -> Result<Server, Error> {
    let program = machine.installed(REDIS)?;
    let options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    // A title is written over the environment, by which the harness knows its processes.
    let title = ["--set-proc-title", "no"];
    machine.serve(|port| {
        let redis = machine.contender(&program).args(["--port", port]);
        redis.args(options).args(title)
    })
}

/// A server of the same protocol as one would write it in Python.
fn start_python(machine: &Machine) -> Result<Server, Error> {
    const SCRIPT: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../conform/tests/programs/honest/tcp_server/plain.py"
    );
    let python = machine.installed("python3")?;
    machine.serve(|port| machine.contender(&python).args([SCRIPT, "-p", port]))
}

// --- What is asked ---

/// `depth` times the same request, of a text of `length` bytes.
fn asking(action: Action, length: usize, depth: usize) -> Exchange {
    let text = text(length);
    let answer = match action {
        Action::Uppercase => text.to_ascii_uppercase(),
        Action::Lowercase => text.to_ascii_lowercase(),
        Action::Reverse => text.iter().rev().copied().collect(),
        _ => text.clone(),
    };
    debug_assert!(length <= LONGEST, "more than a header can announce");
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    let header = RequestHeader::new(action, length)
        .map(RequestHeader::emit)
        .unwrap_or_default();
    let response = ResponseHeader { length }.emit();
    Exchange::new(
        repeated(&header, &text, b"", depth),
        repeated(&response, &answer, b"", depth),
    )
}

/// The same bytes as [`asking`], and the same back.
fn echoing(length: usize, depth: usize) -> Exchange {
    let request = asking(Action::Uppercase, length, depth).request;
    Exchange::new(request.clone(), request)
}

/// `ECHO`, as a request of the redis protocol and its response.
fn asking_redis(length: usize, depth: usize) -> Exchange {
    let text = text(length);
    let request = format!("*2\r\n$4\r\nECHO\r\n${length}\r\n");
    let response = format!("${length}\r\n");
    Exchange::new(
        repeated(request.as_bytes(), &text, b"\r\n", depth),
        repeated(response.as_bytes(), &text, b"\r\n", depth),
    )
}

fn repeated(header: &[u8], text: &[u8], end: &[u8], times: usize) -> Vec<u8> {
    let pieces = std::iter::repeat_n([header, text, end], times);
    let mut bytes = Vec::with_capacity((header.len() + text.len() + end.len()) * times);
    for piece in pieces.flatten() {
        bytes.extend_from_slice(piece);
    }
    bytes
}

/// Text in ASCII, in both cases, that is nowhere the same for long.
fn text(length: usize) -> Vec<u8> {
    const SEED: u64 = 8083;
    const PRINTABLE: u8 = b'~' - b' ' + 1;
    let mut text = vec![0; length];
    fastrand::Rng::with_seed(SEED).fill(&mut text);
    for byte in &mut text {
        *byte = b' ' + *byte % PRINTABLE;
    }
    text
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    #[test]
    fn our_server_answers_as_it_is_asked() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = net::Shutdown::new();
        let server = thread::spawn({
            let shutdown = shutdown.clone();
            move || tcp_server::serve(listener, &shutdown)
        });
        let mut client = ExchangeClient::connect(address).unwrap();
        for action in [Action::Uppercase, Action::Lowercase, Action::Reverse] {
            for (length, depth) in [(0, 3), (SMALL, 256), (100_000, 2)] {
                let exchange = asking(action, length, depth);
                assert_eq!(
                    exchange.request.len(),
                    depth * (RequestHeader::LEN + length)
                );
                client.exchange(&exchange).unwrap();
            }
        }
        client.finish().unwrap();
        shutdown.request();
        server.join().unwrap();
    }

    #[test]
    fn a_text_needs_the_transformation() {
        let exchange = asking(Action::Uppercase, SMALL, 1);
        assert_ne!(exchange.request[4..], exchange.response[4..]);
        assert_ne!(
            asking(Action::Lowercase, SMALL, 1).response,
            exchange.response
        );
    }
}
