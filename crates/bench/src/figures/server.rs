//! `server` beside a loop that accepts, reads and closes, and beside `nginx`.

use std::fs::{self, File};

use harness::Output;
use proto::message::MAX_ITEMS;
use tempfile::TempDir;

use crate::figure::{Contender, Figure, Goal, Growth, Row, Table, Unit};
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

/// With so many messages stored it is looked at what creates cost.
const STORED: [usize; 4] = [0, 20_000, 100_000, 1_000_000];

/// How many creates are looked at then.
const LOOKED_AT: usize = 10_000;

/// How many are under way at once while costs are looked at.
const AT_ONCE: usize = 8;

pub(super) fn figures() -> Vec<Figure> {
    vec![
        creates("server-creates-1", 1),
        creates("server-creates-8", 8),
        creates("server-creates-64", 64),
        reads(),
    ]
}

pub(super) fn growths() -> Vec<Growth> {
    vec![Growth {
        name: "growth-server",
        measure: growth,
    }]
}

// --- Creates ---

/// Messages are stored, `at_once` at the same time.
fn creates(name: &'static str, at_once: usize) -> Figure {
    let mut rows = vec![
        Row {
            what: format!("creates/s, {at_once} at once"),
            unit: Unit::PerSecond,
            limit: Some(Goal::AtLeast(0.92)),
            peer: None,
        },
        Row {
            what: format!("p99 of a create, {at_once} at once"),
            unit: Unit::Seconds,
            limit: Some(Goal::AtMost(1.3)),
            peer: None,
        },
    ];
    if at_once == AT_ONCE {
        rows.push(Row {
            what: format!("CPU per create, {at_once} at once"),
            unit: Unit::Seconds,
            limit: Some(Goal::AtMost(1.25)),
            peer: Some(Goal::AtMost(1.0)),
        });
    }
    let mut contenders = vec![
        Contender::ours(OURS, move |machine| {
            let (server, round) = (start_ours(machine)?, machine.round);
            Ok(move || {
                let (visited, cpu) = measured(&server, |server| {
                    creating(server, at_once, &to_receiver).for_time(round)
                })?;
                take_all(&server, visited.count())?;
                Ok(values(&visited, cpu))
            })
        }),
        Contender::limit(CLOSE, move |machine| {
            let (server, round) = (machine.serve_limit(CLOSE)?, machine.round);
            Ok(move || {
                let (visited, cpu) = measured(&server, |server| {
                    creating(server, at_once, &to_receiver).for_time(round)
                })?;
                Ok(values(&visited, cpu))
            })
        }),
    ];
    if at_once == AT_ONCE {
        contenders.push(Contender::peer(NGINX, nginx));
    }
    Figure {
        name,
        rows,
        contenders,
    }
}

/// Our server. What it prints goes nowhere: to gather it is work for the processor of the load.
fn start_ours(machine: &Machine) -> Result<Server, Error> {
    let path = machine.built(OURS)?;
    let nowhere = File::options().write(true).open("/dev/null");
    let nowhere = nowhere.map_err(Error::system("opening /dev/null"))?;
    machine.serve(|port| {
        let program = machine.contender(&path).arg(port);
        match nowhere.try_clone() {
            Ok(nowhere) => program.stdout(Output::File(nowhere)),
            Err(_) => program,
        }
    })
}

/// Creates, to which there is no answer but the server's close (C-9).
fn creating<'a>(
    server: &Server,
    at_once: usize,
    request: &'a dyn Fn(usize, &mut Vec<u8>),
) -> Visits<'a> {
    Visits {
        address: server.address,
        at_once,
        request,
        is_right: &<[u8]>::is_empty,
    }
}

fn to_receiver(_: usize, request: &mut Vec<u8>) {
    messages::create(RECEIVER, &TEXT, request);
}

/// Reads what was stored: all of it must be there, and nothing else.
fn take_all(server: &Server, mut stored: usize) -> Result<(), Error> {
    while stored > 0 {
        let items = stored.min(MAX_ITEMS);
        stored -= items;
        let response = messages::response(&TEXT, items, stored > 0)?;
        reading(server, &|found| found == response).for_count(0, 1)?;
    }
    Ok(())
}

/// What the visits found, and the seconds of processor time that they cost the server.
fn measured(
    server: &Server,
    visit: impl FnOnce(&Server) -> Result<Visited, Error>,
) -> Result<(Visited, f64), Error> {
    let before = server.cpu_seconds()?;
    let visited = visit(server)?;
    Ok((visited, server.cpu_seconds()? - before))
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
        // A file that cannot be written is missed by nginx, which says so.
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
            at_once: AT_ONCE,
            request: &|_, request| request.extend(HTTP_REQUEST),
            is_right: &|found| {
                found.starts_with(b"HTTP/1.1 200 OK\r\n") && found.ends_with(HTTP_BODY)
            },
        };
        let (visited, cpu) = measured(&server, |_| visits.for_time(round))?;
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
    let round = |start: fn(&Machine) -> Result<Server, Error>, stores: bool| {
        move |machine: &Machine| {
            let (server, round) = (start(machine)?, machine.round);
            let response = full_response()?;
            // More are waiting after each read, after the last one too.
            let mut missing = usize::from(stores);
            // As long as the creates before them take, that is most of a round.
            let reads = (READS as f64 * round.as_secs_f64()).ceil() as usize;
            Ok(move || {
                if stores {
                    let request = |_, request: &mut Vec<u8>| {
                        messages::create(RECEIVER, &LONG_TEXT, request);
                    };
                    let count = reads * MAX_ITEMS + missing;
                    creating(&server, AT_ONCE, &request).for_count(0, count)?;
                    missing = 0;
                }
                let is_right = |found: &[u8]| found == response;
                let (visited, cpu) = measured(&server, |server| {
                    reading(server, &is_right).for_count(0, reads)
                })?;
                Ok(vec![cpu / visited.count() as f64])
            })
        }
    };
    Figure {
        name: "server-reads",
        rows: vec![Row {
            what: format!("CPU per read of {MAX_ITEMS} × 1 KiB"),
            unit: Unit::Seconds,
            limit: Some(Goal::AtMost(3.0)),
            peer: None,
        }],
        contenders: vec![
            Contender::ours(OURS, round(start_ours, true)),
            Contender::limit(CANNED, round(|machine| machine.serve_limit(CANNED), false)),
        ],
    }
}

/// Reads, one after another.
fn reading<'a>(server: &Server, is_right: &'a dyn Fn(&[u8]) -> bool) -> Visits<'a> {
    Visits {
        address: server.address,
        at_once: 1,
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
    creating(&server, AT_ONCE, &to_receiver).for_count(0, LOOKED_AT)?;
    take_all(&server, LOOKED_AT)?;

    let creating = creating(&server, AT_ONCE, request);
    let mut count = 0;
    let mut rows = Vec::new();
    for stored in STORED {
        creating.for_count(count, stored - count)?;
        let (visited, cpu) = measured(&server, |_| creating.for_count(stored, LOOKED_AT))?;
        count = stored + LOOKED_AT;
        rows.push(vec![
            stored.to_string(),
            in_unit(Unit::Seconds, cpu / visited.count() as f64),
            in_unit(Unit::PerSecond, visited.rate()),
        ]);
    }
    Ok(Table {
        title: format!("server: a create while so much is stored, {receivers}"),
        head: ["stored before", "CPU per create", "creates/s"]
            .map(str::to_owned)
            .to_vec(),
        rows,
    })
}
