//! Each load with the bare loop that it is made for, and with one that answers wrongly.
#![allow(clippy::unwrap_used)]

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::thread;
use std::time::Duration;

use bench::load::visits::Visits;
use bench::load::{Listener, messages, questions, students, upload};
use bench::{Error, Machine};

const ROUND: Duration = Duration::from_millis(20);
const SOON: Duration = Duration::from_secs(20);

fn machine() -> Machine {
    let bench = Path::new(env!("CARGO_BIN_EXE_bench"));
    Machine::new(bench.parent().unwrap().to_owned(), ROUND).unwrap()
}

fn creating(concurrent: usize, machine: &Machine, limit: &str) -> Result<usize, Error> {
    let server = machine.serve_limit(limit).unwrap();
    let visits = Visits {
        address: server.address,
        concurrent,
        request: &|_, request| messages::create(b"bob", b"hello", request),
        is_right: &<[u8]>::is_empty,
    };
    let visited = visits.for_time(ROUND)?;
    assert!(visited.elapsed >= ROUND.as_secs_f64());
    assert!(visited.p99() > 0.0);
    Ok(visited.count())
}

#[test]
fn creates_are_counted_and_an_answer_to_one_is_noticed() {
    let machine = machine();
    assert!(creating(1, &machine, "close").unwrap() > 0);
    assert!(creating(8, &machine, "close").unwrap() >= 8);
    let wrong = creating(1, &machine, "canned");
    assert!(matches!(wrong, Err(Error::Wrong { .. })), "{wrong:?}");
}

#[test]
fn reads_give_the_whole_response() {
    let server = machine().serve_limit("canned").unwrap();
    let response = messages::full_response().unwrap();
    assert_eq!(response.len(), 5 + 255 * (3 + 5 + 1024));
    let mut visits = Visits {
        address: server.address,
        concurrent: 1,
        request: &|_, request| messages::read(b"bob", request),
        is_right: &|found| found == response,
    };
    assert_eq!(visits.for_count(0, 3).unwrap().count(), 3);
    visits.is_right = &|found| found == b"another";
    let wrong = visits.for_count(0, 1);
    assert!(matches!(wrong, Err(Error::Wrong { .. })), "{wrong:?}");
}

#[test]
fn uploads_arrive_whole() {
    let mut server = machine().serve_limit("discard").unwrap();
    for bytes in [0, 1, 100_000] {
        let upload = upload::confirmed(server.address).unwrap();
        assert_eq!(upload.send_bytes(bytes).unwrap().bytes, bytes);
        let printed = server.process.wait_line(SOON).unwrap();
        assert_eq!(printed, bytes.to_string());
    }
    let upload = upload::confirmed(server.address).unwrap();
    let transfer = upload.send_for(ROUND).unwrap();
    assert!(transfer.elapsed >= ROUND.as_secs_f64());
    let printed = server.process.wait_line(SOON).unwrap();
    assert_eq!(printed, transfer.bytes.to_string());
}

#[test]
fn an_upload_is_received_whole() {
    let (machine, listener) = (machine(), Listener::bind().unwrap());
    let port = listener.port().to_string();
    let sender = machine.limit("send", [&port, "1000000"]).start().unwrap();
    assert_eq!(upload::receive(&listener).unwrap().bytes, 1_000_000);
    assert!(sender.wait_exit(SOON).unwrap().success());
}

#[test]
fn answers_are_counted_until_the_secret() {
    let (machine, listener) = (machine(), Listener::bind().unwrap());
    let client = machine.limit("answer", [listener.port().to_string()]);
    let client = client.start().unwrap();
    let (count, elapsed) = questions::ask(&listener, ROUND).unwrap();
    assert!(count > 0 && elapsed >= ROUND.as_secs_f64());
    assert!(client.wait_exit(SOON).unwrap().success());
    assert_eq!(client.stdout(), b"open5es.\n");
}

#[test]
fn students_are_greeted_and_acknowledged_or_it_is_noticed() {
    let machine = machine();
    let server = machine.serve_limit("talk").unwrap();
    let (count, _) = students::connect(server.address, 3, ROUND).unwrap();
    assert!(count > 0 && count.is_multiple_of(3));

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let impolite = thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        client.write_all(&[b'?'; 64]).unwrap();
    });
    let wrong = students::connect(address, 1, ROUND);
    assert!(matches!(wrong, Err(Error::Wrong { .. })), "{wrong:?}");
    impolite.join().unwrap();
}

#[test]
fn processor_time_is_counted_finely() {
    let server = machine().serve_limit("close").unwrap();
    let before = server.cpu_seconds().unwrap();
    let visits = Visits {
        address: server.address,
        concurrent: 1,
        request: &|_, request| messages::create(b"bob", b"hello", request),
        is_right: &<[u8]>::is_empty,
    };
    visits.for_count(0, 20).unwrap();
    let used = server.cpu_seconds().unwrap() - before;
    // Below a hundredth of a second, which is as fine as `/proc` is.
    assert!(used > 0.0 && used < 0.1, "{used}");
}
