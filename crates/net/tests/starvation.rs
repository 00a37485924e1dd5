//! A server that is out of descriptors. This test is alone in its process because it changes its
//! limit.
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::io::{Read, Write};
use std::iter;
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::thread;
use std::time::Duration;

use net::Shutdown;
use rustix::net::{AddressFamily, SocketType};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

#[test]
fn a_server_out_of_descriptors_waits_without_work_and_recovers() {
    let listener = net::listen(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0), 128).unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = Shutdown::new();
    let server = thread::spawn({
        let shutdown = shutdown.clone();
        move || {
            net::serve(listener, &shutdown, 10, |client| {
                let mut byte = [0];
                client.read(&mut byte, None).unwrap();
                client.write_all(&byte, None).unwrap();
            });
        }
    });

    // Sockets of clients to come, made while there are descriptors. The first client takes the
    // descriptor that a waiting `accept` has set aside already.
    let silent = unconnected();
    let mut waiting = unconnected();
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(64),
            ..limit
        },
    )
    .unwrap();
    let fillers: Vec<_> = iter::from_fn(|| File::open("/dev/null").ok()).collect();
    for client in [&silent, &waiting] {
        rustix::net::connect(client, &address).unwrap();
    }
    waiting.write_all(b"!").unwrap();
    waiting
        .set_read_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    let before = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    waiting.read(&mut [0]).unwrap_err();
    let after = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let used = Duration::try_from(after - before).unwrap();
    assert!(
        used < Duration::from_millis(100),
        "a starved second took {used:?} of work"
    );

    drop(fillers);
    setrlimit(Resource::Nofile, limit).unwrap();
    waiting
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    waiting.read_exact(&mut [0]).unwrap();
    shutdown.request();
    server.join().unwrap();
}

fn unconnected() -> TcpStream {
    rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None)
        .unwrap()
        .into()
}
