//! Memory that nobody's request needs any more.

use std::io::{Read as _, Write as _};
use std::thread;
use std::time::Duration;

use crate::large::connect_plainly;
use crate::{
    SOON, assert_served, connect, program, request, response, start, start_server, wait_until,
};

const MIB: usize = 1 << 20;

/// Found by the soak: what `random` had built was freed as one large block. From then on the C
/// library kept blocks of later clients for itself, up to twice that size for each of its pools.
#[test]
fn soak_a_long_answer_of_random_does_not_make_later_requests_keep_their_memory() {
    const CLIENTS: usize = 40;
    let (server, address) = start();
    assert_served(&mut connect(address));
    let idle = server.resident_memory().unwrap();

    let mut peer = connect(address);
    peer.send(&request(0x10, &[b'x'; 2 * MIB])).unwrap();
    let header = peer.receive_exactly(4, SOON).unwrap();
    let length = u32::from_be_bytes(header.try_into().unwrap());
    peer.receive_exactly(length as usize, SOON).unwrap();

    // All of them are in the middle of a request at once, and all stay.
    let mut peers: Vec<_> = (0..CLIENTS).map(|_| connect(address)).collect();
    let whole = request(0x02, &[b'X'; MIB]);
    let (most, rest) = whole.split_at(whole.len() - 1);
    for peer in &mut peers {
        peer.send(most).unwrap();
    }
    for peer in &mut peers {
        peer.send(rest).unwrap();
        let answer = peer.receive_exactly(4 + MIB, SOON).unwrap();
        assert!(answer == response(&[b'x'; MIB]));
    }
    wait_until("the memory is given back", || {
        server.resident_memory().unwrap() < idle + 16 * MIB as u64
    });
}

#[test]
fn t_18_honest_large_requests_are_all_served_beside_some_that_stall_within_the_bound() {
    const LIMIT: usize = 64 * MIB;
    let (mut server, address) = start_server(SOON, |port| {
        let limited = program().env("TCP_SERVER_MAX_BYTES", LIMIT.to_string());
        limited.args(["-p", &port.to_string()])
    })
    .unwrap();
    assert_served(&mut connect(address));
    let idle = server.peak_memory().unwrap();
    let mut stalled: Vec<_> = (0..4).map(|_| connect_plainly(address)).collect();
    let whole = &request(0x04, &[b'x'; 24 * MIB]);
    thread::scope(|scope| {
        // Two that send a part, and two that take nothing: more than the bound.
        for (index, peer) in stalled.iter_mut().enumerate() {
            let part = if index < 2 { MIB } else { whole.len() };
            scope.spawn(move || peer.write_all(&whole[..part]).unwrap_or_default());
        }
        for _ in 0..12 {
            scope.spawn(|| {
                let mut peer = connect_plainly(address);
                peer.write_all(&request(0x01, &[b'x'; 8 * MIB])).unwrap();
                let mut answer = vec![0; 4 + 8 * MIB];
                peer.read_exact(&mut answer).unwrap();
                assert!(answer == response(&[b'X'; 8 * MIB]));
            });
        }
    });
    assert!(server.peak_memory().unwrap() < idle + (LIMIT + 16 * MIB) as u64);
    let line = server.wait_error_line(SOON).unwrap();
    let cause = ": closed, it made too little progress for 5s while others waited for memory";
    assert!(line.ends_with(cause), "{line}");
    assert_served(&mut connect(address));

    let mut too_large = connect(address);
    too_large
        .send(&(0x0800_0000 + (LIMIT as u32 + 1)).to_be_bytes())
        .unwrap();
    too_large.expect_close(SOON).unwrap();
}

#[test]
fn t_18_one_that_waits_for_memory_and_takes_nothing_holds_up_nobody() {
    const LIMIT: usize = 8 * MIB;
    let (_server, address) = start_server(SOON, |port| {
        let limited = program().env("TCP_SERVER_MAX_BYTES", LIMIT.to_string());
        limited.args(["-p", &port.to_string()])
    })
    .unwrap();
    let whole = request(0x04, &[b'x'; LIMIT - 4]);
    let (most, rest) = whole.split_at(whole.len() / 2);
    let mut holder = connect_plainly(address);
    holder.write_all(most).unwrap();

    // It has no share: when its responses are as many as fit without one, it waits for one.
    let mut taker_of_nothing = connect_plainly(address);
    let pause = Some(Duration::from_millis(300));
    taker_of_nothing.set_write_timeout(pause).unwrap();
    let small = request(0x04, &[b'y'; 30 << 10]);
    while taker_of_nothing.write_all(&small).is_ok() {}

    holder.write_all(rest).unwrap();
    holder.read_exact(&mut vec![0; whole.len()]).unwrap();
    drop(holder);
    let mut behind = connect(address);
    behind.send(&request(0x04, &[b'z'; MIB])).unwrap();
    behind.receive_exactly(4 + MIB, SOON).unwrap();
}
