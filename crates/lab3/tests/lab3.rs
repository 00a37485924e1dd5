//! The program against clients of literal bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ffi::OsStr;
use std::fs::File;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::thread;
use std::time::{Duration, Instant};

use harness::{Event, Exit, Output, Peer, Process, Program, Signal};

/// A busy machine needs longer than one would think.
const SOON: Duration = Duration::from_secs(60);
const MIB: u64 = 1 << 20;

const ACKNOWLEDGEMENT: &[u8] = b"\x80\x02X\x13\x00\x00\x00server got the data.";

fn lab3() -> Program {
    Program::new(env!("CARGO_BIN_EXE_lab3"))
}

struct Server {
    process: Process,
    address: SocketAddr,
}

impl Server {
    fn start() -> Self {
        Self::start_as(lab3())
    }

    /// Starts the server on a port that the system chooses, and learns it from the first line.
    fn start_as(program: Program) -> Self {
        let mut process = program.args(["127.0.0.1", "0"]).start().unwrap();
        let line = process.wait_line(SOON).unwrap();
        let address = line.strip_prefix("Server listening at ").unwrap();
        let address = address.replace('/', ":").parse().unwrap();
        Self { process, address }
    }

    /// Starts a server whose standard output is no pipe to the harness.
    fn start_with_output(output: impl Fn() -> Output) -> Self {
        let (process, address) = harness::start_server(SOON, |port| {
            lab3()
                .args(["127.0.0.1", &port.to_string()])
                .stdout(output())
        })
        .unwrap();
        Self { process, address }
    }

    /// Connects a client, which receives its id.
    fn connect(&self) -> Client {
        let mut peer = Peer::connect(self.address).unwrap();
        let id = peer.local_address().port();
        let pickle = peer.receive_exactly(id_pickle(id).len(), SOON).unwrap();
        assert_eq!(pickle, id_pickle(id));
        Client { peer, id }
    }

    /// A client is served as if nothing had happened.
    fn assert_serves(&mut self) {
        let mut client = self.connect();
        client.send_acknowledged(b"K\x07.");
        assert_eq!(self.line_of(&client), "7");
    }

    /// The next line about an object, which must be this client's, without its id.
    #[track_caller]
    fn line_of(&mut self, client: &Client) -> String {
        let line = self.process.wait_line(SOON).unwrap();
        client.without_id(&line)
    }

    /// The next error, likewise.
    #[track_caller]
    fn error_of(&mut self, client: &Client) -> String {
        let line = self.process.wait_error_line(SOON).unwrap();
        client.without_id(line.strip_prefix("[ERROR] ").unwrap())
    }
}

fn id_pickle(id: u16) -> Vec<u8> {
    let [low, high] = id.to_le_bytes();
    [
        b"\x80\x02}(X\x08\x00\x00\x00clientidJ".as_slice(),
        &[low, high, 0, 0],
        b"u.",
    ]
    .concat()
}

struct Client {
    peer: Peer,
    id: u16,
}

impl Client {
    #[track_caller]
    fn send_acknowledged(&mut self, pickle: &[u8]) {
        self.peer.send(pickle).unwrap();
        self.receive_acknowledgements(1);
    }

    #[track_caller]
    fn receive_acknowledgements(&mut self, count: usize) {
        let received = self
            .peer
            .receive_exactly(count * ACKNOWLEDGEMENT.len(), SOON);
        assert!(received.unwrap() == ACKNOWLEDGEMENT.repeat(count));
    }

    #[track_caller]
    fn without_id(&self, line: &str) -> String {
        let prefix = format!("Client {}: ", self.id);
        line.strip_prefix(&prefix)
            .unwrap_or_else(|| panic!("{line} is not {prefix}"))
            .to_owned()
    }
}

fn to_file(path: &str) -> Output {
    Output::File(File::options().write(true).open(path).unwrap())
}

/// A text or bytes with a length of four bytes.
fn long(opcode: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    [&[opcode][..], &length, content].concat()
}

#[test]
fn p_1_p_2_the_host_is_printed_as_it_was_given() {
    for (host, listens_at) in [("localhost", "127.0.0.1"), ("0.0.0.0", "0.0.0.0")] {
        let mut process = lab3().args([host, "0"]).start().unwrap();
        let line = process.wait_line(SOON).unwrap();
        let port = line.strip_prefix(&format!("Server listening at {host}/"));
        let address: SocketAddr = format!("{listens_at}:{}", port.unwrap()).parse().unwrap();
        assert_eq!(process.listening(), [address]);
    }
}

#[test]
fn p_5_p_6_an_object_is_printed_before_it_is_acknowledged() {
    // More than a pipe holds, so that printing does not end before somebody reads.
    let text = long(b'X', &[b'x'; 200_000]);
    let (mut reader, writer) = std::io::pipe().unwrap();
    let writer = OwnedFd::from(writer);
    let server = Server::start_with_output(|| Output::File(writer.try_clone().unwrap().into()));
    drop(writer);
    let mut client = server.connect();
    client.peer.send(&[&text[..], b"."].concat()).unwrap();
    client
        .peer
        .expect_silence(Duration::from_millis(300))
        .unwrap();
    thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
    client.receive_acknowledgements(1);
}

#[test]
fn p_6_g_5_objects_that_come_together_are_acknowledged_with_one_write() {
    let server = Server::start();
    let mut client = server.connect();
    // Looking without pause, one would see the first one alone if it were written alone.
    client.peer.stream().set_nonblocking(true).unwrap();
    for _ in 0..300 {
        client.peer.send(b"N.K\x01.].").unwrap();
        let event = loop {
            match client.peer.next_event(4096, SOON) {
                Event::Silence => {}
                event => break event,
            }
        };
        assert_eq!(event, Event::Data(ACKNOWLEDGEMENT.repeat(3)));
    }
}

#[test]
fn p_7_an_error_closes_its_client_and_nobody_else() {
    let mut server = Server::start();
    let mut other = server.connect();
    let mut client = server.connect();
    // What was sent before it is acknowledged, and what comes after it makes the close no reset.
    let pickles = [b"K\x01.cposix\nsystem\n.".as_slice(), &[b'N'; 100_000]].concat();
    client.peer.send(&pickles).unwrap();
    assert_eq!(
        client.peer.receive_to_end(SOON).unwrap(),
        ACKNOWLEDGEMENT,
        "{}",
        client.peer.transcript()
    );
    assert_eq!(server.line_of(&client), "1");
    assert_eq!(
        server.error_of(&client),
        "the pickle asks to import posix.system at byte 14; only plain data is taken"
    );
    other.send_acknowledged(b"K\x02.");
    assert_eq!(server.line_of(&other), "2");
    server.assert_serves();
}

#[test]
fn p_7_p_8_a_client_that_ends_inside_a_pickle_or_resets() {
    let mut server = Server::start();
    let mut client = server.connect();
    client.peer.send(b"]N").unwrap();
    client.peer.shutdown_write().unwrap();
    client.peer.expect_close(SOON).unwrap();
    assert_eq!(
        server.error_of(&client),
        "the connection ended inside a pickle, after 2 bytes of it"
    );

    let Client { peer, id } = server.connect();
    peer.reset().unwrap();
    let line = server.process.wait_error_line(SOON).unwrap();
    assert_eq!(
        line,
        format!("[ERROR] Client {id}: it reset the connection")
    );
    server.assert_serves();
}

#[test]
fn p_8_g_6_errors_say_what_was_refused() {
    let table: [(&str, Vec<u8>, &str); 7] = [
        (
            "an escape sequence as a class",
            b"cos\n\x1b[2J\n.".to_vec(),
            r"the pickle asks to import os.\x1b[2J",
        ),
        (
            "an instance of a class",
            b"(i__main__\nEvil\n.".to_vec(),
            "the pickle asks to import __main__.Evil",
        ),
        (
            "many opcodes",
            [b"N0".repeat(600_000), b"N.".to_vec()].concat(),
            "longer than 1048576 bytes",
        ),
        (
            "4 KB that print 800 KB",
            [
                &b"("[..],
                &long(b'X', &[b'x'; 4000]),
                b"q\0",
                &b"h\0".repeat(200),
                b"t.",
            ]
            .concat(),
            "would print as more than",
        ),
        (
            "a LONG4 of a negative length",
            b"\x8b\xff\xff\xff\xff.".to_vec(),
            "the pickle announces a negative length, -1 bytes, at byte 5",
        ),
        ("no pickle", b"\xff\xfe".to_vec(), "this is no pickle"),
        (
            "nothing on the stack",
            b".".to_vec(),
            "STOP at byte 1 has nothing to work on",
        ),
    ];
    let mut server = Server::start();
    for (name, pickle, message) in table {
        let mut client = server.connect();
        client.peer.send(&pickle).unwrap();
        client.peer.shutdown_write().unwrap();
        client.peer.expect_close(SOON).unwrap();
        let error = server.error_of(&client);
        assert!(error.contains(message), "{name}: {error}");
    }
}

#[test]
fn p_8_the_largest_honest_objects_take_no_more_than_16_mib() {
    let megabyte = vec![0; (1 << 20) - 100];
    let members: Vec<u8> = (0..199_990_u32)
        .flat_map(|key| [&b"J"[..], &key.to_le_bytes()].concat())
        .collect();
    let largest = [
        // Reached twice, and each byte printed as four.
        [b"(".to_vec(), long(b'X', &megabyte), b"q\0h\0t.".to_vec()],
        [b"(".to_vec(), members, b"\x91.".to_vec()],
        [b"(".to_vec(), b"]\x94\x94".repeat(199_999), b"t.".to_vec()],
    ];
    for pickle in largest {
        let mut server = Server::start();
        let before = server.process.resident_memory().unwrap();
        let mut client = server.connect();
        for _ in 0..3 {
            client.send_acknowledged(&pickle.concat());
            assert!(server.line_of(&client).len() > 100_000);
        }
        let peak = server.process.peak_memory().unwrap();
        assert!(peak < before + 16 * MIB, "{before} {peak}");
    }
}

#[test]
fn p_10_a_client_that_sends_everything_before_it_reads_anything() {
    const SMALL: usize = 300_000;
    const LARGE: usize = 24;
    let server = Server::start_with_output(|| to_file("/dev/null"));
    let mut client = server.connect();
    client.peer.set_receive_buffer(65_536).unwrap();
    // More acknowledgements than fit between the two, and then more objects.
    for _ in 0..SMALL / 1000 {
        client.peer.send(&b"N.".repeat(1000)).unwrap();
    }
    let small_peak = server.process.peak_memory().unwrap();
    assert!(small_peak < 6 * MIB, "{small_peak}");
    let text = [long(b'X', &[b'x'; 1_000_000]), b".".to_vec()].concat();
    for _ in 0..LARGE {
        client.peer.send(&text).unwrap();
    }
    server.connect().send_acknowledged(b"N.");
    client.peer.shutdown_write().unwrap();
    client.receive_acknowledgements(SMALL + LARGE);
    client.peer.expect_close(SOON).unwrap();
    let peak = server.process.peak_memory().unwrap();
    assert!(peak < (6 + 16) * MIB, "{peak}");
    assert_eq!(server.process.stderr(), b"");
}

#[test]
fn p_7_a_client_that_has_sent_all_and_takes_nothing_is_given_up() {
    let mut server = Server::start();
    let mut client = server.connect();
    client.peer.set_receive_buffer(4096).unwrap();
    for _ in 0..300 {
        client.peer.send(&b"N.".repeat(1000)).unwrap();
    }
    client.peer.shutdown_write().unwrap();
    let line = server.process.wait_error_line(SOON).unwrap();
    assert_eq!(
        client.without_id(line.strip_prefix("[ERROR] ").unwrap()),
        "it took no acknowledgement for 10s"
    );
    // Its lines were all printed, long ago.
    let lines = server.process.stdout();
    let count = lines.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(count, 1 + 300_000);
}

#[test]
fn p_11_g_4_signals_end_it_while_objects_come() {
    for signal in [Signal::INT, Signal::TERM] {
        let server = Server::start();
        let mut flooding = server.connect();
        let flood =
            thread::spawn(move || while flooding.peer.send(&[b'N', b'.'].repeat(1000)).is_ok() {});
        server
            .process
            .wait_stdout(|printed| printed.len() > 10_000, SOON)
            .unwrap();
        let start = Instant::now();
        server.process.signal(signal).unwrap();
        assert_eq!(server.process.wait_exit(SOON).unwrap(), Exit::Status(0));
        let took = start.elapsed();
        assert!(took < Duration::from_secs(1), "{took:?}");
        assert_eq!(harness::listening_on(server.address.port()), []);
        assert_eq!(server.process.stderr(), b"");
        flood.join().unwrap();
    }
}

#[test]
fn g_4_waiting_costs_no_time_and_little_memory() {
    let server = Server::start();
    let memory = server.process.resident_memory().unwrap();
    assert!(memory < 6 * MIB, "{memory}");
    let _silent = server.connect();
    // One that owes nothing but does not take what it is owed.
    let mut greedy = server.connect();
    greedy.peer.set_receive_buffer(4096).unwrap();
    for _ in 0..300 {
        greedy.peer.send(&b"N.".repeat(1000)).unwrap();
    }
    let line = format!("Client {}: None\n", greedy.peer.local_address().port());
    let printed = 300_000 * line.len();
    server
        .process
        .wait_stdout(|bytes| bytes.len() >= printed, SOON)
        .unwrap();
    let before = server.process.cpu_time().unwrap();
    let exit = server.process.wait_exit(Duration::from_millis(500));
    exit.unwrap_err();
    let used = server.process.cpu_time().unwrap() - before;
    assert!(used <= Duration::from_millis(20), "{used:?}");
}

#[test]
fn p_10_a_thousand_idle_clients_take_less_than_64_mib() {
    let mut server = Server::start();
    let clients: Vec<_> = (0..1000).map(|_| server.connect()).collect();
    let memory = server.process.resident_memory().unwrap();
    assert!(memory < 64 * MIB, "{memory}");
    server.assert_serves();
    drop(clients);
}

#[test]
fn g_1_a_full_or_closed_standard_output_stops_nobody() {
    let full = || to_file("/dev/full");
    let outputs: [(&dyn Fn() -> Output, &str); 2] = [
        (&full, "No space left"),
        (&|| Output::ClosedPipe, "Broken pipe"),
    ];
    for (output, message) in outputs {
        let mut server = Server::start_with_output(output);
        for _ in 0..3 {
            server.connect().send_acknowledged(b"N.");
        }
        let warning = server.process.wait_error_line(SOON).unwrap();
        assert!(
            warning.contains("cannot write to standard output") && warning.contains(message),
            "{warning}"
        );
    }
}

#[test]
fn g_1_a_closed_standard_error_stops_nobody() {
    let mut server = Server::start_as(lab3().stderr(Output::ClosedPipe));
    for _ in 0..3 {
        let mut client = server.connect();
        client.peer.send(b"\xff").unwrap();
        client.peer.expect_close(SOON).unwrap();
    }
    server.assert_serves();
}

#[test]
fn p_1_hosts_that_cannot_be_listened_on() {
    for (host, message) in [
        (
            "::1",
            "the host \"::1\" has no IPv4 address; give one of this machine",
        ),
        (
            "no host has this name",
            "cannot find the host \"no host has this name\"",
        ),
        ("", "cannot find the host \"\""),
    ] {
        let finished = lab3().args([host, "0"]).run(SOON).unwrap();
        let stderr = String::from_utf8(finished.stderr).unwrap();
        assert!(
            stderr.starts_with("lab3: ") && stderr.contains(message),
            "{stderr}"
        );
        assert_eq!(
            (finished.exit, finished.stdout),
            (Exit::Status(1), Vec::new())
        );
    }
}

#[test]
fn p_1_g_2_wrong_arguments() {
    let word = |text: &'static str| OsStr::new(text);
    let not_text = OsStr::from_bytes(b"\xff\x1b");
    for (arguments, message) in [
        (
            vec![word("127.0.0.1"), word("0"), word("x")],
            "expected at most 2 arguments, got 3",
        ),
        (
            vec![word("127.0.0.1"), word("65536")],
            "PORT is \"65536\"; give a number from 0 to 65535",
        ),
        (
            vec![word("127.0.0.1"), word("--version")],
            "PORT is \"--version\"; give a number",
        ),
        (
            vec![word("--port"), word("1")],
            "HOST is \"--port\"; give a name or an address",
        ),
        (
            vec![OsStr::new("--help"), OsStr::new("0")],
            "HOST is \"--help\"; give a name or an address",
        ),
        (vec![not_text], "HOST is \"\\xff\\x1b\"; give text in UTF-8"),
        (
            vec![word("127.0.0.1"), not_text],
            "PORT is \"\\xff\\x1b\"; give a number",
        ),
    ] {
        let finished = lab3().args(arguments).run(SOON).unwrap();
        let stderr = String::from_utf8(finished.stderr).unwrap();
        assert!(stderr.starts_with(&format!("lab3: {message}")), "{stderr}");
        assert!(
            stderr.ends_with("\nUsage: lab3 [HOST [PORT]]\n"),
            "{stderr}"
        );
        assert_eq!(
            (finished.exit, finished.stdout),
            (Exit::Status(2), Vec::new())
        );
    }
}

#[test]
fn p_8_honest_large_objects_are_all_taken_beside_some_that_stall_within_the_bound() {
    const LIMIT: u64 = 32 * MIB;
    // What was freed is kept in one pool, not in one for each thread.
    let limited = lab3().env("LAB3_MAX_BYTES", LIMIT.to_string());
    let mut server = Server::start_as(limited.env("MALLOC_ARENA_MAX", "1"));
    server.assert_serves();
    let idle = server.process.peak_memory().unwrap();
    // None, memoized a million times: 16 bytes for each.
    let object = &[b"N", &vec![0x94; MIB as usize - 10][..], b"."].concat();
    let mut stalled: Vec<_> = (0..3).map(|_| server.connect()).collect();
    let rest: Vec<_> = (0..12).map(|_| server.connect()).collect();
    for client in &mut stalled {
        client.peer.send(&object[..object.len() / 2]).unwrap();
    }
    thread::scope(|scope| {
        for mut client in rest {
            scope.spawn(move || {
                client.peer.send(object).unwrap();
                let wanted = ACKNOWLEDGEMENT;
                let taken = client.peer.receive_exactly(wanted.len(), 3 * SOON);
                assert_eq!(taken.unwrap(), wanted);
            });
        }
    });
    let peak = server.process.peak_memory().unwrap();
    assert!(peak < idle + LIMIT + 8 * MIB, "{idle} {peak}");
    let line = server.process.wait_error_line(SOON).unwrap();
    let cause = ": it made too little progress for 5s while others waited for memory";
    assert!(line.ends_with(cause), "{line}");
}
