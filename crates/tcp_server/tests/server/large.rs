//! Requests as large as the header allows, and clients that take nothing while they send.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::{SOON, assert_served, connect, request, response, start, wait_until};

const MIB: usize = 1 << 20;
const LARGEST: usize = (1 << 27) - 1;

/// Not a test's `Peer`, which would keep a copy of all that it receives.
pub(crate) fn connect_plainly(address: std::net::SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.set_write_timeout(Some(SOON)).unwrap();
    stream
}

#[test]
fn t_17_t_18_the_largest_request_costs_its_size_and_is_sent_before_anything_is_taken() {
    let (server, address) = start();
    assert_served(&mut connect(address));
    let idle = server.peak_memory().unwrap();
    let text: Vec<u8> = (b'a'..=b'z').cycle().take(LARGEST).collect();
    let mut stream = connect_plainly(address);
    stream.write_all(&request(0x04, b"")).unwrap();
    stream.write_all(&[0x27, 0xff, 0xff, 0xff]).unwrap();
    stream.write_all(&text).unwrap();
    stream.write_all(&request(0x01, b"next")).unwrap();

    let mut header = [0; 8];
    stream.read_exact(&mut header).unwrap();
    assert_eq!(header, [0, 0, 0, 0, 0x07, 0xff, 0xff, 0xff]);
    let mut answer = vec![0; LARGEST];
    stream.read_exact(&mut answer).unwrap();
    answer.reverse();
    assert!(answer == text);
    let mut next = [0; 8];
    stream.read_exact(&mut next).unwrap();
    assert_eq!(next, *b"\0\0\0\x04NEXT");
    let peak = server.peak_memory().unwrap() - idle;
    assert!(peak <= (LARGEST + 8 * MIB) as u64, "{peak}");
    // The client stays, but what its request took is given back.
    wait_until("the memory is given back", || {
        server.resident_memory().unwrap() < idle + 4 * MIB as u64
    });
}

#[test]
fn g_7_t_17_an_announced_length_costs_nothing() {
    let (server, address) = start();
    assert_served(&mut connect(address));
    let idle = server.peak_memory().unwrap();
    let mut peers: Vec<_> = (0..50).map(|_| connect(address)).collect();
    for peer in &mut peers {
        peer.send(b"\x0f\xff\xff\xffonly this much").unwrap();
    }
    for _ in &peers {
        assert_served(&mut connect(address));
    }
    assert!(server.peak_memory().unwrap() < idle + 8 * MIB as u64);
}

#[test]
fn t_5_g_7_the_data_of_a_reserved_action_is_not_kept() {
    let (server, address) = start();
    assert_served(&mut connect(address));
    let idle = server.peak_memory().unwrap();
    let mut peer = connect(address);
    peer.send(&[0x1f, 0xff, 0xff, 0xff]).unwrap();
    peer.send(&vec![0x08; LARGEST]).unwrap();
    assert_eq!(peer.receive_exactly(9, SOON).unwrap(), response(b"error"));
    assert_served(&mut peer);
    assert!(server.peak_memory().unwrap() < idle + 4 * MIB as u64);
}

#[test]
fn t_18_past_the_bound_nothing_is_received_until_the_client_takes_something() {
    const STANDS_STILL: Duration = Duration::from_secs(1);
    let (server, address) = start();
    let mut stream = connect_plainly(address);
    stream.set_write_timeout(Some(STANDS_STILL)).unwrap();
    let one = request(0x02, &[b'X'; MIB - 4]);
    let mut sent = 0;
    // Until nothing more is taken; then a part of a request may have been.
    loop {
        match stream.write(&one[sent % one.len()..]) {
            Ok(count) => sent += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
        assert!(sent < 400 * MIB, "there is no bound");
    }
    assert!(sent >= tcp_server::MOST_OUTPUT, "{sent}");
    assert!(server.resident_memory().unwrap() < 300 * MIB as u64);

    // Another client is served, and this one too as soon as it takes what it is owed.
    assert_served(&mut connect(address));
    stream.set_write_timeout(Some(SOON)).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let rest = one[sent % one.len()..].to_vec();
    let sender = std::thread::spawn(move || writer.write_all(&rest).unwrap());
    let wanted = response(&[b'x'; MIB - 4]);
    let mut answer = vec![0; wanted.len()];
    for _ in 0..sent.div_ceil(one.len()) {
        stream.read_exact(&mut answer).unwrap();
        assert!(answer == wanted);
    }
    sender.join().unwrap();
}

#[test]
fn t_8_a_request_that_the_system_has_no_memory_for_ends_its_own_connection_only() {
    // Half of it would fit.
    let limited = "ulimit -v 200000 && exec \"$0\" \"$@\"";
    let (mut server, address) = harness::start_server(SOON, |port| {
        let shell = harness::Program::new("sh").args(["-c", limited]);
        shell.args([env!("CARGO_BIN_EXE_tcp_server"), "-p", &port.to_string()])
    })
    .unwrap();
    let mut other = connect(address);
    assert_served(&mut other);
    for _ in 0..3 {
        let mut greedy = connect(address);
        let client = greedy.local_address();
        greedy.send(&request(1, &[b'x'; LARGEST])).unwrap_err();
        let line = server.wait_error_line(SOON).unwrap();
        let said = format!("[ERROR] {client}: closed, no memory for its requests: ");
        assert!(line.starts_with(&said), "{line}");
        assert_served(&mut other);
    }
    assert_served(&mut connect(address));
}
