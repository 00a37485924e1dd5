//! `server` beside a loop that accepts, reads and closes, and beside `nginx`.

use std::fs;
use std::time::Duration;

use proto::message::MAX_ITEMS;
use tempfile::TempDir;

use crate::figure::{Contender, Figure, Goal, Growth, Role, Row, Table, Unit};
use crate::load::messages::{self, LONG_TEXT, full_response};
use crate::load::visits::{Visited, Visits};
use crate::report::in_unit;
use crate::{Error, Machine, Server};

const OURS: &str = "server";
const CLOSE: &str = "close";
const CANNED: &str = "canned";
const NGINX: &str = "nginx";

/// For whom messages are stored.
const RECEIVER: &[u8] = b"bob";

/// The text of a short message.
const TEXT: [u8; 64] = [b'x'; 64];

/// How many reads are one measurement: each needs 255 messages, which are stored before.
const READS: usize = 40;

/// The numbers of stored messages at which the cost of creates is measured.
const STORED: [usize; 4] = [0, 20_000, 100_000, 1_000_000];

/// How many creates are measured then.
const MEASURED: usize = 10_000;

/// How many creates are under way concurrently while their cost is measured.
const CONCURRENT: usize = 8;

pub(super) fn figures() -> Vec<Figure> {
    vec![
        creates("server-creates-1", 1),
        creates("server-creates-8", 8),
        creates("server-creates-64", 64),
        reads(),
    ]
}

pub(super) const GROWTH: Growth = Growth {
    name: "growth-server",
    measure: growth,
};

// --- Creates ---

/// Messages are stored, `concurrent` of them together.
fn creates(name: &'static str, concurrent: usize) -> Figure {
    let cpu = Row::new(
        format!("CPU per create, {concurrent} at once"),
        Unit::Seconds,
        Goal::AtMost(1.2),
    );
    let rows = vec![
        Row::new(
            format!("creates/s, {concurrent} at once"),
            Unit::PerSecond,
            Goal::AtLeast(0.95),
        ),
        Row::new(
            format!("p99 of a create, {concurrent} at once"),
            Unit::Seconds,
            Goal::AtMost(1.3),
        ),
        if concurrent == CONCURRENT {
            cpu.peer(Goal::AtMost(1.0))
        } else {
            cpu
        },
    ];
    let create = move |server: &Server, round| {
        let creates = creating(server, concurrent, &to_receiver);
        server.cpu_of(|| creates.for_time(round))
    };
    let ours = move |server: &mut Server, round: Duration| {
        let (visited, cpu) = create(server, round)?;
        take_all(server, visited.count())?;
        Ok(values(&visited, cpu))
    };
    let limit = move |server: &mut Server, round: Duration| {
        let (visited, cpu) = create(server, round)?;
        Ok(values(&visited, cpu))
    };
    let close = |machine: &Machine| machine.serve_limit(CLOSE);
    let mut contenders = vec![
        Contender::server(Role::Ours, OURS, start_ours, ours),
        Contender::server(Role::Limit, CLOSE, close, limit),
    ];
    if concurrent == CONCURRENT {
        contenders.push(Contender::new(Role::Peer, NGINX, nginx));
    }
    Figure {
        name,
        rows,
        contenders,
    }
}

fn start_ours(machine: &Machine) -> Result<Server, Error> {
    machine.serve_ours(OURS, &[])
}

/// Creates, to which there is no answer but the server's close (C-9).
fn creating<'a>(
    server: &Server,
    concurrent: usize,
    request: &'a dyn Fn(usize, &mut Vec<u8>),
) -> Visits<'a> {
    Visits {
        address: server.address,
        concurrent,
        request,
        is_right: &<[u8]>::is_empty,
    }
}

fn to_receiver(_: usize, request: &mut Vec<u8>) {
    messages::create(RECEIVER, &TEXT, request);
}

fn long_to_receiver(_: usize, request: &mut Vec<u8>) {
    messages::create(RECEIVER, &LONG_TEXT, request);
}

/// Reads what was stored: all of it must be there, and nothing else.
fn take_all(server: &Server, mut stored: usize) -> Result<(), Error> {
    while stored > 0 {
        let items = stored.min(MAX_ITEMS);
        stored -= items;
        let response = messages::response(&TEXT, items, stored > 0)?;
        reading(server, &|got| got == response).for_count(0, 1)?;
    }
    Ok(())
}

/// The values of the rows of [`creates`].
fn values(visited: &Visited, cpu: f64) -> Vec<f64> {
    vec![visited.rate(), visited.p99(), cpu / visited.count() as f64]
}

// --- nginx ---

const HTTP_REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const HTTP_BODY: &[u8] = b"stored";

/// A request of HTTP with a short answer, on a connection of its own.
fn nginx(machine: &Machine) -> Result<impl FnMut() -> Result<Vec<f64>, Error> + use<>, Error> {
    let program = machine.installed(NGINX)?;
    let folder = TempDir::new().map_err(Error::system("making a folder"))?;
    let server = machine.serve(|port| {
        // nginx reports a file that could not be written.
        let file = folder.path().join("nginx.conf");
        let _ = fs::write(&file, nginx_configuration(port));
        machine
            .contender(&program)
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(&file)
            .args(["-e", "stderr"])
    })?;
    let round = machine.round;
    Ok(move || {
        // It is served from here.
        let _ = &folder;
        let visits = Visits {
            address: server.address,
            concurrent: CONCURRENT,
            request: &|_, request| request.extend(HTTP_REQUEST),
            is_right: &|got| got.starts_with(b"HTTP/1.1 200 OK\r\n") && got.ends_with(HTTP_BODY),
        };
        let (visited, cpu) = server.cpu_of(|| visits.for_time(round))?;
        Ok(values(&visited, cpu))
    })
}

fn nginx_configuration(port: &str) -> String {
    let body = HTTP_BODY.escape_ascii();
    format!(
        "daemon off;
        master_process off;
        pid nginx.pid;
        events {{ worker_connections 1024; }}
        http {{
            access_log off;
            client_body_temp_path body;
            proxy_temp_path proxy;
            fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            server {{
                listen 127.0.0.1:{port};
                location / {{ return 200 {body}; }}
            }}
        }}
        "
    )
}

// --- Reads ---

/// Reads of as many messages of 1 KiB as a response can hold.
fn reads() -> Figure {
    let read = |server: &Server, reads| {
        let response = full_response()?;
        let is_right = |got: &[u8]| got == response;
        let (visited, cpu) = server.cpu_of(|| reading(server, &is_right).for_count(0, reads))?;
        Ok(vec![cpu / visited.count() as f64])
    };
    // As long as the creates before them take, that is most of a round.
    let reads = |round: Duration| (READS as f64 * round.as_secs_f64()).ceil() as usize;
    let ours = move |server: &mut Server, round: Duration| {
        let reads = reads(round);
        creating(server, CONCURRENT, &long_to_receiver).for_count(0, reads * MAX_ITEMS)?;
        read(server, reads)
    };
    let limit = move |server: &mut Server, round: Duration| read(server, reads(round));
    // More are waiting after each read, after the last one too.
    let start_ours = |machine: &Machine| {
        let server = start_ours(machine)?;
        creating(&server, 1, &long_to_receiver).for_count(0, 1)?;
        Ok(server)
    };
    let start_canned = |machine: &Machine| machine.serve_limit(CANNED);
    let what = format!("CPU per read of {MAX_ITEMS} × 1 KiB");
    Figure {
        name: "server-reads",
        rows: vec![Row::new(what, Unit::Seconds, Goal::AtMost(2.0))],
        contenders: vec![
            Contender::server(Role::Ours, OURS, start_ours, ours),
            Contender::server(Role::Limit, CANNED, start_canned, limit),
        ],
    }
}

/// Reads, one after another.
fn reading<'a>(server: &Server, is_right: &'a dyn Fn(&[u8]) -> bool) -> Visits<'a> {
    Visits {
        address: server.address,
        concurrent: 1,
        request: &|_, request| messages::read(RECEIVER, request),
        is_right,
    }
}

// --- Growth ---

/// What a create costs while more and more is stored, for one receiver and for as many receivers
/// as messages.
fn growth(machine: &Machine) -> Result<Vec<Table>, Error> {
    Ok(vec![
        stored(machine, "one receiver", &to_receiver)?,
        stored(
            machine,
            "a receiver for each message",
            &|number, request| {
                messages::create(number.to_string().as_bytes(), &TEXT, request);
            },
        )?,
    ])
}

fn stored(
    machine: &Machine,
    receivers: &str,
    request: &dyn Fn(usize, &mut Vec<u8>),
) -> Result<Table, Error> {
    let server = start_ours(machine)?;
    // The first ones pay for what is made only once; they are not there any more afterwards.
    creating(&server, CONCURRENT, &to_receiver).for_count(0, MEASURED)?;
    take_all(&server, MEASURED)?;

    let creating = creating(&server, CONCURRENT, request);
    let mut count = 0;
    let mut rows = Vec::new();
    for stored in STORED {
        creating.for_count(count, stored - count)?;
        let (visited, cpu) = server.cpu_of(|| creating.for_count(stored, MEASURED))?;
        count = stored + MEASURED;
        rows.push(vec![
            stored.to_string(),
            in_unit(Unit::Seconds, cpu / visited.count() as f64),
            in_unit(Unit::PerSecond, visited.rate()),
        ]);
    }
    let title = format!("server: a create while so much is stored, {receivers}");
    let head = ["stored before", "CPU per create", "creates/s"];
    Ok(Table::new(title, &head, rows))
}
