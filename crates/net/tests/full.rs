//! What a server logs when it has as many clients as it may. This test is alone in its process
//! because of its log.
#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use net::Shutdown;

struct Warnings(Mutex<Vec<String>>);

impl log::Log for Warnings {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.0.lock().unwrap().push(record.args().to_string());
    }

    fn flush(&self) {}
}

static WARNINGS: Warnings = Warnings(Mutex::new(Vec::new()));

/// A client that has been echoed a byte.
fn echoed(address: SocketAddr) -> TcpStream {
    let mut client = TcpStream::connect(address).unwrap();
    client
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    client.write_all(b"x").unwrap();
    client.read_exact(&mut [0]).unwrap();
    client
}

#[test]
fn g_11_that_the_bound_on_clients_is_reached_is_said_once() {
    log::set_logger(&WARNINGS).unwrap();
    log::set_max_level(log::LevelFilter::Warn);
    let listener = net::listen(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0), 128).unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = Shutdown::new();
    let server = thread::spawn({
        let shutdown = shutdown.clone();
        move || {
            net::serve(listener, &shutdown, 2, |client| {
                let mut byte = [0];
                while let Ok(1) = client.read(&mut byte, None) {
                    client.write_all(&byte, None).unwrap();
                }
            });
        }
    });
    let said = || WARNINGS.0.lock().unwrap().clone();
    let first = echoed(address);
    drop(echoed(address));
    for _ in 0..3 {
        // The second of two clients; the next one is served when it leaves.
        drop(echoed(address));
    }
    drop(first);
    shutdown.request();
    server.join().unwrap();
    let warning = "serving 2 clients, the most possible; others wait until one leaves";
    assert_eq!(said(), [warning]);
}
