//! Serving whole requests: in which order, and how silent and slow clients are treated.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use net::{Connection, Error, Received, Reception, Shutdown};

const SOON: Duration = Duration::from_secs(10);

/// Serves requests that end with a full stop; tells of every client that is waited for, and of
/// every request.
struct Server {
    address: SocketAddr,
    shutdown: Shutdown,
    thread: Option<JoinHandle<()>>,
    waits: Receiver<SocketAddr>,
    requests: Receiver<(String, bool)>,
}

impl Server {
    fn start(
        deadline: Duration,
        answer: impl Fn(&mut Connection, &str) + Send + Sync + 'static,
    ) -> Self {
        let listener = net::listen(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0), 1024).unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        let (waiting, waits) = mpsc::channel();
        let (served, requests) = mpsc::channel();
        let reception = Reception {
            deadline,
            most_bytes: 100,
            is_complete: |bytes| bytes.contains(&b'.'),
            waits: Box::new(move |peer| waiting.send(peer).unwrap()),
        };
        let handle = move |client: &mut Connection, received: Received| {
            let timed_out = matches!(received.end, Err(Error::TimedOut));
            let request = String::from_utf8(received.bytes).unwrap();
            answer(client, &request);
            served.send((request, timed_out)).unwrap();
        };
        let thread = thread::spawn({
            let shutdown = shutdown.clone();
            move || net::serve_requests(listener, &shutdown, 2000, reception, handle).unwrap()
        });
        Self {
            address,
            shutdown,
            thread: Some(thread),
            waits,
            requests,
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream
    }

    fn request(&self) -> (String, bool) {
        self.requests.recv_timeout(SOON).unwrap()
    }

    fn stop(&mut self) -> Duration {
        let start = Instant::now();
        self.shutdown.request();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
        start.elapsed()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

#[test]
fn requests_are_served_in_the_order_in_which_they_are_completed() {
    let server = Server::start(SOON, |_, _| {});
    for round in 0..200 {
        // The first request is completed by a client that has been waited for, in two pieces; the
        // second one comes whole, on a connection made after that.
        let mut first = server.connect();
        server.waits.recv_timeout(SOON).unwrap();
        first.write_all(format!("{round} ").as_bytes()).unwrap();
        first.write_all(b"first.").unwrap();
        let mut second = server.connect();
        second
            .write_all(format!("{round} second.").as_bytes())
            .unwrap();
        drop((first, second));
        assert_eq!(server.request().0, format!("{round} first."));
        assert_eq!(server.request().0, format!("{round} second."));
        while server.waits.try_recv().is_ok() {}
    }
}

#[test]
fn a_client_is_told_of_when_it_must_be_waited_for() {
    let server = Server::start(SOON, |_, _| {});
    let mut silent = server.connect();
    let told = server.waits.recv_timeout(SOON).unwrap();
    assert_eq!(told, silent.local_addr().unwrap());
    silent.write_all(b"late.").unwrap();
    assert_eq!(server.request(), ("late.".to_owned(), false));
}

#[test]
fn silent_clients_take_no_threads_and_delay_nobody() {
    let server = Server::start(SOON, |client, _| client.write_all(b"!", None).unwrap());
    let threads = || std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    let before = threads();
    let silent: Vec<_> = (0..500).map(|_| server.connect()).collect();
    for _ in &silent {
        server.waits.recv_timeout(SOON).unwrap();
    }
    let mut client = server.connect();
    client.write_all(b"x.").unwrap();
    assert_eq!(client.read(&mut [0]).unwrap(), 1);
    // Other tests of this process start threads too, a few each.
    assert!(
        threads() < before + 100,
        "{before} threads, then {}",
        threads()
    );
}

#[test]
fn a_request_that_is_not_whole_in_time_is_handed_out_as_it_is() {
    let server = Server::start(Duration::from_millis(300), |_, _| {});
    let start = Instant::now();
    let mut client = server.connect();
    client.write_all(b"half a requ").unwrap();
    assert_eq!(server.request(), ("half a requ".to_owned(), true));
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
}

#[test]
fn bytes_that_drip_do_not_move_the_deadline() {
    let server = Server::start(Duration::from_millis(500), |_, _| {});
    let client = server.connect();
    let dripping = thread::spawn(move || {
        while (&client).write_all(b"x").is_ok() {
            thread::park_timeout(Duration::from_millis(20));
        }
    });
    let (request, timed_out) = server.request();
    assert!(timed_out && request.len() < 100, "{request}");
    dripping.join().unwrap();
}

#[test]
fn a_client_that_closes_early_is_handed_out_as_it_is() {
    let server = Server::start(SOON, |_, _| {});
    server.connect().write_all(b"half").unwrap();
    assert_eq!(server.request(), ("half".to_owned(), false));
    drop(server.connect());
    assert_eq!(server.request(), (String::new(), false));
}

#[test]
fn no_more_is_received_than_asked_for() {
    let server = Server::start(SOON, |_, _| {});
    server.connect().write_all(&[b'x'; 10_000]).unwrap();
    assert_eq!(server.request().0.len(), 100);
}

#[test]
fn a_client_that_takes_its_answer_slowly_delays_nobody() {
    let server = Server::start(SOON, |client, request| {
        let length = if request == "much." { 64 << 20 } else { 1 };
        let _ = client.write_all(&vec![b'!'; length], None);
    });
    let mut slow = server.connect();
    slow.write_all(b"much.").unwrap();
    slow.read_exact(&mut [0]).unwrap();
    let mut quick = server.connect();
    quick.write_all(b"little.").unwrap();
    assert_eq!(quick.read(&mut [0]).unwrap(), 1);
    assert_eq!(server.request().0, "little.");
    slow.read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(server.request().0, "much.");
}

#[test]
fn g_4_a_shutdown_ends_at_once_with_clients_waiting() {
    let mut server = Server::start(SOON, |_, _| {});
    let clients: Vec<_> = (0..20).map(|_| server.connect()).collect();
    server.waits.recv_timeout(SOON).unwrap();
    let took = server.stop();
    assert!(took < Duration::from_millis(600), "{took:?}");
    for mut client in clients {
        assert!(matches!(client.read(&mut [0]), Ok(0) | Err(_)));
    }
    TcpStream::connect(server.address).unwrap_err();
}

#[test]
fn requests_that_are_complete_when_the_shutdown_comes_are_served() {
    let (entered, entries) = mpsc::channel();
    let (go, gone) = mpsc::channel::<()>();
    let gone = std::sync::Mutex::new(gone);
    let mut server = Server::start(SOON, move |_, request| {
        if request == "hold." {
            entered.send(()).unwrap();
            gone.lock().unwrap().recv().unwrap();
        }
    });
    let mut later = server.connect();
    server.waits.recv_timeout(SOON).unwrap();
    let mut hold = server.connect();
    hold.write_all(b"hold.").unwrap();
    entries.recv_timeout(SOON).unwrap();
    later.write_all(b"later.").unwrap();
    server.shutdown.request();
    go.send(()).unwrap();
    server.stop();
    assert_eq!(server.request().0, "hold.");
    assert_eq!(server.request().0, "later.");
}
