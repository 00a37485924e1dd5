//! Memory that nobody's request needs any more.

use crate::{SOON, assert_served, connect, request, response, start, wait_until};

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
