//! Serving several clients over loopback: who waits for whom, and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashSet;
use std::io::{IoSlice, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use net::{Connection, Error, Ready, Shutdown};

const SOON: Duration = Duration::from_secs(10);

/// A server in a thread of the test; dropped, it is shut down and waited for.
struct Server {
    address: SocketAddr,
    shutdown: Shutdown,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(
        most_clients: usize,
        handle: impl Fn(&mut Connection) + Send + Sync + 'static,
    ) -> Self {
        let listener = net::listen(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0), 128).unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        let thread = thread::spawn({
            let shutdown = shutdown.clone();
            move || net::serve(listener, &shutdown, most_clients, handle)
        });
        Self {
            address,
            shutdown,
            thread: Some(thread),
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream
    }

    /// Asks for the shutdown and says how long it took.
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

fn echo(client: &mut Connection) {
    let mut buffer = [0; 1024];
    while let Ok(length @ 1..) = client.read(&mut buffer, None) {
        if client.write_all(&buffer[..length], None).is_err() {
            break;
        }
    }
}

fn assert_echoes(mut client: &TcpStream) {
    client.write_all(b"hello").unwrap();
    let mut answer = [0; 5];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"hello");
}

#[test]
fn silent_clients_delay_nobody() {
    let server = Server::start(200, echo);
    let silent: Vec<_> = (0..100).map(|_| server.connect()).collect();
    assert_echoes(&server.connect());
    for client in &silent {
        assert_echoes(client);
    }
}

#[test]
fn with_room_for_one_client_the_next_is_served_when_it_leaves() {
    let (entered, entries) = mpsc::channel();
    let server = Server::start(1, move |client| {
        entered.send(client.peer()).unwrap();
        echo(client);
    });
    let first = server.connect();
    assert_echoes(&first);
    let mut second = server.connect();
    second.write_all(b"hello").unwrap();
    assert_echoes(&first);
    assert_eq!(
        entries.try_iter().collect::<Vec<_>>(),
        [first.local_addr().unwrap()]
    );
    drop(first);
    let mut answer = [0; 5];
    second.read_exact(&mut answer).unwrap();
    assert_eq!(entries.recv().unwrap(), second.local_addr().unwrap());
}

#[test]
fn a_request_that_is_there_is_served_without_a_change_of_threads() {
    let (sender, threads) = mpsc::channel();
    let server = Server::start(10, move |client| {
        // Wait for the request without a call that gives up the lead, so that the read finds it.
        let mut byte = [0];
        client.stream().peek(&mut byte).unwrap();
        client.read(&mut byte, None).unwrap();
        sender.send(thread::current().id()).unwrap();
    });
    let mut seen = HashSet::new();
    for _ in 0..20 {
        let mut client = server.connect();
        client.write_all(b"x").unwrap();
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
        seen.insert(threads.recv().unwrap());
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
}

#[test]
fn a_client_that_always_has_more_to_say_does_not_keep_the_others_out() {
    let server = Server::start(10, echo);
    let mut busy = server.connect();
    let mut drain = busy.try_clone().unwrap();
    let stop = Shutdown::new();
    let writer = thread::spawn({
        let stop = stop.clone();
        move || while !stop.is_requested() && busy.write_all(&[b'x'; 1024]).is_ok() {}
    });
    let reader = thread::spawn(move || while drain.read(&mut [0; 4096]).is_ok_and(|n| n > 0) {});
    for _ in 0..10 {
        assert_echoes(&server.connect());
    }
    stop.request();
    writer.join().unwrap();
    drop(server);
    reader.join().unwrap();
}

#[test]
fn g_4_a_shutdown_ends_idle_and_waiting_clients_immediately() {
    let (ended, ends) = mpsc::channel();
    let mut server = Server::start(100, move |client| {
        let end = client.read(&mut [0; 16], None);
        ended.send(matches!(end, Err(Error::Shutdown))).unwrap();
    });
    let clients: Vec<_> = (0..20).map(|_| server.connect()).collect();
    // The last client's thread is waiting, or about to, when its predecessor's is.
    let took = server.stop();
    assert!(took < Duration::from_millis(600), "{took:?}");
    assert!(ends.try_iter().all(|by_shutdown| by_shutdown));
    for mut client in clients {
        assert!(matches!(client.read(&mut [0]), Ok(0) | Err(_)));
    }
    TcpStream::connect(server.address).unwrap_err();
}

#[test]
fn g_4_an_idle_server_stops_immediately() {
    let took = Server::start(10, echo).stop();
    assert!(took < Duration::from_millis(600), "{took:?}");
}

#[test]
fn g_4_a_shutdown_does_not_wait_for_a_client_that_takes_nothing() {
    let (writing, written) = mpsc::channel();
    let mut server = Server::start(10, move |client| {
        client.read(&mut [0; 16], None).unwrap();
        writing.send(()).unwrap();
        let _ = client.write_all(&vec![0; 64 << 20], None);
    });
    let mut client = server.connect();
    client.write_all(b"go").unwrap();
    written.recv().unwrap();
    let took = server.stop();
    assert!(
        took >= net::SHUTDOWN_GRACE && took < Duration::from_millis(1000),
        "{took:?}"
    );
}

#[test]
fn what_arrived_before_a_shutdown_is_still_read_and_answered() {
    let (entered, entries) = mpsc::channel();
    let (go, gone) = mpsc::channel::<()>();
    let gone = std::sync::Mutex::new(gone);
    let mut server = Server::start(10, move |client| {
        client.read(&mut [0; 1], None).unwrap();
        entered.send(()).unwrap();
        gone.lock().unwrap().recv().unwrap();
        echo(client);
    });
    let mut client = server.connect();
    client.write_all(b"!late").unwrap();
    entries.recv().unwrap();
    let stopping = server.shutdown.clone();
    stopping.request();
    go.send(()).unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"late");
    server.stop();
}

#[test]
fn a_handler_that_panics_costs_its_own_client_only() {
    let server = Server::start(2, |client| {
        let mut byte = [0];
        client.read(&mut byte, None).unwrap();
        assert_ne!(byte, *b"!", "asked to panic");
        client.write_all(&byte, None).unwrap();
    });
    for _ in 0..10 {
        let mut bad = server.connect();
        bad.write_all(b"!").unwrap();
        assert!(matches!(bad.read(&mut [0]), Ok(0) | Err(_)));
    }
    let mut good = server.connect();
    good.write_all(b"x").unwrap();
    assert_eq!(good.read(&mut [0]).unwrap(), 1);
}

#[test]
fn a_silent_peer_ends_the_timeout_of_a_read() {
    let (sender, waits) = mpsc::channel();
    let server = Server::start(2, move |client| {
        let start = Instant::now();
        let end = client.read(&mut [0; 16], Some(Duration::from_millis(200)));
        sender
            .send((matches!(end, Err(Error::TimedOut)), start.elapsed()))
            .unwrap();
    });
    let _client = server.connect();
    let (timed_out, waited) = waits.recv().unwrap();
    assert!(
        timed_out && waited >= Duration::from_millis(200),
        "{timed_out} {waited:?}"
    );
}

#[test]
fn no_timeout_left_is_a_time_out_not_for_ever() {
    let (sender, ends) = mpsc::channel();
    let server = Server::start(2, move |client| {
        let _ = client.read(&mut [0; 16], Some(Duration::ZERO));
        let end = client.read(&mut [0; 16], Some(Duration::ZERO));
        sender.send(matches!(end, Err(Error::TimedOut))).unwrap();
    });
    let _client = server.connect();
    assert!(ends.recv().unwrap());
}

#[test]
fn a_peer_that_takes_nothing_ends_the_timeout_of_a_write() {
    let (sender, ends) = mpsc::channel();
    let server = Server::start(2, move |client| {
        let end = client.write_all(&vec![0; 64 << 20], Some(Duration::from_millis(200)));
        sender.send(matches!(end, Err(Error::TimedOut))).unwrap();
    });
    let _client = server.connect();
    assert!(ends.recv().unwrap());
}

#[test]
fn a_large_write_arrives_whole() {
    let sent: Vec<u8> = (0..8 << 20).map(|n: u32| (n % 251) as u8).collect();
    let expected = sent.clone();
    let server = Server::start(2, move |client| {
        client.write_all(&sent, Some(SOON)).unwrap();
    });
    let mut received = Vec::new();
    server.connect().read_to_end(&mut received).unwrap();
    assert!(received == expected);
}

#[test]
fn pieces_arrive_whole_and_in_order() {
    let pieces: Vec<Vec<u8>> = (0..=255u8).map(|n| vec![n; usize::from(n) * 250]).collect();
    let expected = pieces.concat();
    let server = Server::start(2, move |client| {
        let mut slices: Vec<_> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        client.write_all_vectored(&mut slices, Some(SOON)).unwrap();
        client.write_all_vectored(&mut [], Some(SOON)).unwrap();
    });
    let mut received = Vec::new();
    server.connect().read_to_end(&mut received).unwrap();
    assert!(received == expected);
}

#[test]
fn a_slow_peer_that_takes_little_at_a_time_does_not_end_the_timeout_of_a_write() {
    const SENT: usize = 8 << 20;
    let (sender, ends) = mpsc::channel();
    let server = Server::start(2, move |client| {
        let end = client.write_all(&vec![0; SENT], Some(Duration::from_millis(500)));
        sender.send(end.is_ok()).unwrap();
    });
    let mut client = server.connect();
    rustix::net::sockopt::set_socket_recv_buffer_size(&client, 64 << 10).unwrap();
    // Over two seconds it takes far less than a third of what the system holds for it.
    let mut taken = 0;
    for _ in 0..20 {
        taken += client.read(&mut [0; 32 << 10]).unwrap();
        thread::sleep(Duration::from_millis(100));
    }
    let rest = client.read_to_end(&mut Vec::new()).unwrap();
    assert!(ends.recv().unwrap(), "cut off after {}", taken + rest);
    assert_eq!(taken + rest, SENT);
}

#[test]
fn waiting_tells_what_can_be_done() {
    let (sender, answers) = mpsc::channel();
    let server = Server::start(2, move |client| {
        let both = Ready {
            readable: true,
            writable: true,
        };
        sender.send(client.wait(both, Some(SOON)).unwrap()).unwrap();
        let read = Ready {
            readable: true,
            writable: false,
        };
        sender.send(client.wait(read, Some(SOON)).unwrap()).unwrap();
    });
    let mut client = server.connect();
    assert_eq!(
        answers.recv().unwrap(),
        Ready {
            readable: false,
            writable: true
        }
    );
    client.write_all(b"x").unwrap();
    assert_eq!(
        answers.recv().unwrap(),
        Ready {
            readable: true,
            writable: false
        }
    );
}

#[test]
fn discarded_bytes_are_counted() {
    let (sender, counts) = mpsc::channel();
    let server = Server::start(2, move |client| {
        let mut scratch = vec![0; 1 << 20];
        let mut count = 0;
        while let Ok(length @ 1..) = client.discard(&mut scratch, Some(SOON)) {
            count += length;
        }
        sender.send(count).unwrap();
    });
    server.connect().write_all(&vec![7; 10_000_001]).unwrap();
    assert_eq!(counts.recv().unwrap(), 10_000_001);
}

#[test]
fn a_gentle_close_delivers_the_last_words_although_input_is_left() {
    let (connection, peer) = pair();
    let mut peer_writer = peer.try_clone().unwrap();
    peer_writer.write_all(&[b'x'; 100_000]).unwrap();
    let mut connection = connection;
    connection.write_all(b"last words", None).unwrap();
    let closing = thread::spawn(move || connection.close_gently(SOON));
    let mut words = String::new();
    (&peer).read_to_string(&mut words).unwrap();
    assert_eq!(words, "last words");
    drop((peer, peer_writer));
    closing.join().unwrap();
}

#[test]
fn a_gentle_close_does_not_wait_longer_than_asked() {
    let (mut connection, _peer) = pair();
    let start = Instant::now();
    connection.close_gently(Duration::from_millis(100));
    assert!(start.elapsed() < SOON);
}

#[test]
fn a_reset_is_seen_as_one() {
    let (connection, mut peer) = pair();
    connection.reset().unwrap();
    assert_eq!(
        peer.read(&mut [0]).unwrap_err().kind(),
        std::io::ErrorKind::ConnectionReset
    );
}

/// A connection of ours, and the other end of it.
fn pair() -> (Connection, TcpStream) {
    let listener = net::listen(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0), 1).unwrap();
    let connection = net::connect(&[listener.local_addr().unwrap()], SOON).unwrap();
    let peer = listener.accept().unwrap().0;
    peer.set_read_timeout(Some(SOON)).unwrap();
    (connection, peer)
}
