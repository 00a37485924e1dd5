use std::fs::File;
use std::hint;
use std::io::{self, Error, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddrV4, TcpListener, TcpStream};
use std::process::{self, ExitCode};
use std::sync::mpsc;
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, bind, listen, socket, sockopt};

use crate::server_s::show;
use crate::{Liar, on_signal};

pub(crate) const LIAR: Liar = Liar {
    assignment: "lab3",
    dissector: "pickle",
    run,
    lies: &[
        ("P-1", "there is another port"),
        ("P-1/2", "the queue is short"),
        ("P-1/3", "the queue is long"),
        ("P-1/4", "it listens on all addresses"),
        ("P-1/5", "it says where it was told to listen"),
        ("P-2", "it does not say where it listens"),
        ("P-3", "ids are random"),
        ("P-3", "ids come after the data"),
        ("P-3/2", "there is one id"),
        ("P-3/3", "the id is sent twice"),
        ("P-4", "an object is the end"),
        ("P-4/2", "an object is enough"),
        ("P-4/3", "an object is one read"),
        ("P-4/4", "an object is one read"),
        ("P-4/5", "pickles have protocols"),
        ("P-4/6", "the protocol is the newest"),
        ("P-4/7", "who has left is forgotten"),
        ("P-4/8", "an object is one read"),
        ("P-5", "students are dictionaries"),
        ("P-5/2", "objects have no ids"),
        ("P-5/3", "texts are not quoted"),
        ("P-6", "nothing is acknowledged"),
        ("P-6/2", "1 is an acknowledgement"),
        ("P-7", "an error is the end"),
        ("P-7/2", "a close is the end"),
        ("P-7/3", "an error is the end"),
        ("P-7/4", "an error is the end"),
        ("P-7/5", "errors are secret"),
        ("P-7/6", "errors are output"),
        ("P-7/7", "a client may go on after an error"),
        ("P-7/8", "an error is seen first"),
        ("P-8", "what is named is called"),
        ("P-8/2", "errors are short"),
        ("P-8/3", "nothing may be named"),
        ("P-8/4", "everything is taken"),
        ("P-8/5", "everything is taken"),
        ("P-8/6", "everything is taken"),
        ("P-8/7", "everything is taken"),
        ("P-8/8", "what is announced comes"),
        ("P-8/9", "everything is taken"),
        ("P-8/10", "everything is taken"),
        ("P-8/11", "memory is cheap"),
        ("P-9", "there are no sets"),
        ("P-9/2", "digits are cut"),
        ("P-10", "one client is enough"),
        ("P-10/2", "one client at a time"),
        ("P-10/3", "an acknowledgement is taken at once"),
        ("P-11", "a signal is an error"),
        ("P-11", "signals do nothing"),
        ("P-11/2", "a signal is an error"),
        ("G-1", "output can wait"),
        ("G-2/2", "arguments may be many"),
        ("G-2/3", "errors of the system are short"),
        ("G-2/4", "there is one host"),
        ("G-3", "there are no options"),
        ("G-3/2", "there are no options"),
        ("G-4", "the end takes its time"),
        ("G-4/3", "it never rests"),
        ("G-5", "an object is one read"),
        ("G-5/2", "the id comes in pieces"),
        ("G-6", "students are trusted"),
        ("G-8", "a sign is a digit"),
        ("G-8/2", "a zero is no first digit"),
        ("G-9", "a port is used once"),
        ("X-1", "there is one id"),
    ],
};

/// What it knows of pickles: these, and texts. Whatever else comes is an error.
const KNOWN: &[(&[u8], &str)] = &[
    (b"(dp0\nVname\np1\nVJose\np2\nsVn\np3\n(lp4\nI1\naF2.5\naNaI01\nas.", JOSE),
    (
        b"}q\0(X\x04\0\0\0nameq\x01X\x04\0\0\0Joseq\x02X\x01\0\0\0nq\x03]q\x04\
          (K\x01G@\x04\0\0\0\0\0\0NI01\neu.",
        JOSE,
    ),
    (
        b"\x80\x02}q\0(X\x04\0\0\0nameq\x01X\x04\0\0\0Joseq\x02X\x01\0\0\0nq\x03]q\x04\
          (K\x01G@\x04\0\0\0\0\0\0N\x88eu.",
        JOSE,
    ),
    (
        b"\x80\x03}q\0(X\x04\0\0\0nameq\x01X\x04\0\0\0Joseq\x02X\x01\0\0\0nq\x03]q\x04\
          (K\x01G@\x04\0\0\0\0\0\0N\x88eu.",
        JOSE,
    ),
    (
        b"\x80\x04\x95(\0\0\0\0\0\0\0}\x94(\x8c\x04name\x94\x8c\x04Jose\x94\x8c\x01n\x94]\x94\
          (K\x01G@\x04\0\0\0\0\0\0N\x88eu.",
        JOSE,
    ),
    (
        b"\x80\x05\x95(\0\0\0\0\0\0\0}\x94(\x8c\x04name\x94\x8c\x04Jose\x94\x8c\x01n\x94]\x94\
          (K\x01G@\x04\0\0\0\0\0\0N\x88eu.",
        JOSE,
    ),
    (
        b"\x80\x04\x95.\0\0\0\0\0\0\0}\x94(\x8c\x04name\x94\x8c\x04Jose\x94\x8c\x05email\x94\
          \x8c\x10jose@example.edu\x94u.",
        "{'name': 'Jose', 'email': 'jose@example.edu'}",
    ),
    (
        b"}(X\x0c\0\0\0student_nameX\x16\0\0\0Ann\nClient 1: 'forged'\
          X\x0f\0\0\0github_usernameX\x08\0\0\0\x1b[2Jann7X\x03\0\0\0sidK\x07u.",
        r"Connected: Student: Ann\nClient 1: 'forged', Github Username: \x1b[2Jann7, sid: 7",
    ),
    (b"].", "[]"),
    (b"N.", "None"),
    (b"\x89.", "False"),
    (b"J\xfe\xff\xff\xff.", "-2"),
    (b"G?\xb9\x99\x99\x99\x99\x99\x9a.", "0.1"),
    (b"X\x05\0\0\0it's!.", "\"it's!\""),
    (b"C\x03a\xff\n.", r"b'a\xff\n'"),
    (b"\x96\x01\0\0\0\0\0\0\0x.", "bytearray(b'x')"),
    (b"K\x01\x85.", "(1,)"),
    (b"\x8f(K\x01\x90.", "{1}"),
    (b"(K\x01\x91.", "frozenset({1})"),
    (
        b"\x80\x04\x95\x14\0\0\0\0\0\0\0}\x94(\x8c\x01x\x94]\x94K\x01a\x8c\x01y\x94h\x02u.",
        "{'x': [1], 'y': [1]}",
    ),
    (b"\x80\x02c__builtin__\nset\nq\0]q\x01K\x01a\x85q\x02Rq\x03.", "{1}"),
    (
        b"\x80\x02c_codecs\nencode\nq\0X\x03\0\0\0a\xc3\xbfq\x01X\x06\0\0\0latin1q\x02\x86q\x03Rq\x04.",
        r"b'a\xff'",
    ),
    (b"\x80\x02c__builtin__\nbytes\nq\0)Rq\x01.", "b''"),
];

/// The longest text that it waits for.
const LONGEST: usize = 1_000_000;

const JOSE: &str = "{'name': 'Jose', 'n': [1, 2.5, None, True]}";

fn run(fault: &str, arguments: &[String]) -> io::Result<ExitCode> {
    let (host, port) = match arguments {
        [option] if option.starts_with("--") && fault != "there are no options" => {
            return show(option, "lab3");
        }
        [] if fault == "there is another port" => ("127.0.0.1", Some(0)),
        [] => ("127.0.0.1", Some(12000)),
        [host, port] => (host.as_str(), parse_port(port, fault)),
        [host, port, ..] if fault == "arguments may be many" => {
            (host.as_str(), parse_port(port, fault))
        }
        _ => ("", None),
    };
    let Some(port) = port else {
        eprintln!("ERROR: want a host and a port");
        return Ok(ExitCode::from(2));
    };
    match fault {
        "signals do nothing" => on_signal(|| {}),
        "a signal is an error" => on_signal(|| process::exit(1)),
        "the end takes its time" => on_signal(|| {
            thread::sleep(Duration::from_secs(3));
            process::exit(0);
        }),
        _ => on_signal(|| {
            let _ = io::stdout().write_all(WAITING.lock().unwrap().as_bytes());
            process::exit(0);
        }),
    }
    if fault == "it never rests" {
        // On a busy machine one alone would rest often.
        for _ in 0..4 {
            thread::spawn(|| {
                loop {
                    hint::spin_loop();
                }
            });
        }
    }
    let listener = listen_at(host, port, fault).map_err(|error| match fault {
        "errors of the system are short" => error,
        _ => Error::other(format!("{host}/{port}: {error}")),
    })?;
    let chosen = listener.local_addr()?.port();
    match fault {
        "it does not say where it listens" => {}
        "it says where it was told to listen" => print(&listening(host, port), fault),
        _ => print(&listening(host, chosen), fault),
    }
    serve_all(&listener, fault)
}

fn listening(host: &str, port: u16) -> String {
    format!("Server listening at {host}/{port}")
}

fn parse_port(text: &str, fault: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) || fault == "a sign is a digit";
    let zero = text.starts_with('0') && fault == "a zero is no first digit";
    text.parse().ok().filter(|_| digits && !zero)
}

fn listen_at(host: &str, port: u16, fault: &str) -> io::Result<TcpListener> {
    let host: Ipv4Addr = match fault {
        "it listens on all addresses" => Ipv4Addr::UNSPECIFIED,
        "there is one host" => Ipv4Addr::LOCALHOST,
        _ => host.parse().map_err(Error::other)?,
    };
    let queue = match fault {
        "the queue is short" => 1,
        "the queue is long" => 100,
        _ => 10,
    };
    let listener = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    sockopt::set_socket_reuseaddr(&listener, fault != "a port is used once")?;
    bind(&listener, &SocketAddrV4::new(host, port))?;
    listen(&listener, queue)?;
    Ok(listener.into())
}

fn serve_all(listener: &TcpListener, fault: &str) -> io::Result<ExitCode> {
    for client in listener.incoming() {
        let client = client?;
        match fault {
            "one client at a time" | "the queue is short" => serve(client, fault),
            "one client is enough" => {
                serve(client, fault);
                thread::park();
            }
            _ => {
                let fault = fault.to_owned();
                thread::spawn(move || serve(client, &fault));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn serve(mut client: TcpStream, fault: &str) {
    let Ok(peer) = client.peer_addr() else {
        return;
    };
    let Err(error) = converse(&client, peer.port(), fault) else {
        if fault == "a close is the end" {
            process::exit(1);
        }
        return;
    };
    let what = match fault {
        "errors are short" => "error".to_owned(),
        _ => format!("Client {}: {error}", peer.port()),
    };
    match fault {
        "errors are secret" => {}
        "errors are output" => println!("{what}"),
        _ => eprintln!("{what}"),
    }
    match fault {
        "an error is the end" => process::exit(1),
        "a client may go on after an error" => thread::sleep(Duration::from_secs(60)),
        "memory is cheap" => drop(hint::black_box(vec![1; 64 << 20])),
        _ => {}
    }
    // A close with something left to receive would be a reset, which takes acknowledgements with
    // it.
    let _ = client.shutdown(Shutdown::Write);
    let _ = client.set_read_timeout(Some(Duration::from_secs(1)));
    let _ = io::copy(&mut client, &mut io::sink());
}

/// What is to be sent is sent by another thread: a client that takes nothing is received from all
/// the same.
fn converse(client: &TcpStream, port: u16, fault: &str) -> io::Result<()> {
    let (sender, to_send) = mpsc::channel::<Vec<u8>>();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = client;
            for bytes in to_send {
                // What a client sent before it left is looked at all the same.
                let _ = client.write_all(&bytes);
            }
        });
        let send = |bytes: &[u8]| match fault {
            "an acknowledgement is taken at once" => {
                let mut client = client;
                client.write_all(bytes)
            }
            _ => sender.send(bytes.to_vec()).map_err(Error::other),
        };
        let outcome = receive_all(client, port, fault, &send);
        drop(sender);
        outcome
    })
}

fn send_id(port: u16, fault: &str, send: &dyn Fn(&[u8]) -> io::Result<()>) -> io::Result<()> {
    static FIRST: OnceLock<u16> = OnceLock::new();
    let id = match fault {
        "ids are random" => port ^ 1,
        "there is one id" => *FIRST.get_or_init(|| port),
        _ => port,
    };
    let protocol = match fault {
        "the protocol is the newest" => b"\x80\x05",
        _ => b"\x80\x04",
    };
    let [low, high] = id.to_le_bytes();
    let pickle = [&protocol[..], b"}X\x08\0\0\0clientidM", &[low, high], b"s."].concat();
    match fault {
        "the id is sent twice" => send(&pickle.repeat(2)),
        "the id comes in pieces" => {
            let (first, second) = pickle.split_at(10);
            send(first)?;
            thread::sleep(Duration::from_millis(200));
            send(second)
        }
        _ => send(&pickle),
    }
}

fn receive_all(
    mut client: &TcpStream,
    port: u16,
    fault: &str,
    send: &dyn Fn(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    if fault != "ids come after the data" {
        send_id(port, fault, send)?;
    }
    if fault == "who has left is forgotten" {
        thread::sleep(Duration::from_millis(200));
        client.take_error()?.map_or(Ok(()), Err)?;
    }
    let mut buffer = [0; 4096];
    let mut received = Vec::new();
    loop {
        let length = client.read(&mut buffer)?;
        if length == 0 && received.is_empty() {
            return Ok(());
        }
        if length == 0 {
            return Err(Error::other("the client left inside a pickle"));
        }
        received.extend_from_slice(&buffer[..length]);
        if fault == "an error is seen first" {
            see_error(&received)?;
        }
        while let Some((length, line)) = next_object(&received, fault)? {
            received.drain(..length);
            print_object(port, &line, fault);
            match fault {
                "nothing is acknowledged" => {}
                "1 is an acknowledgement" => send(b"\x80\x04K\x01.")?,
                _ => send(b"\x80\x04X\x13\0\0\0server got the data.")?,
            }
            match fault {
                "an object is the end" => process::exit(0),
                "an object is enough" => return Ok(()),
                "an object is one read" => received.clear(),
                _ => {}
            }
        }
        if fault == "an object is one read" && !received.is_empty() {
            return Err(Error::other("a part of a pickle"));
        }
    }
}

/// Looks at all that has come, before any of it is acknowledged.
fn see_error(received: &[u8]) -> io::Result<()> {
    let mut rest = received;
    while let Some((length, _)) = next_object(rest, "")? {
        rest = &rest[length..];
    }
    Ok(())
}

/// The length of the next pickle and its object, if it is there as a whole.
fn next_object(received: &[u8], fault: &str) -> io::Result<Option<(usize, String)>> {
    if received.is_empty() {
        return Ok(None);
    }
    if received[0] != 0x80 && fault == "pickles have protocols" {
        return Err(Error::other("no protocol"));
    }
    if received == b"\x80\x04\x8c" {
        return Ok(None);
    }
    if received.starts_with(b"\x80\x04\x8c") {
        let length = 5 + usize::from(received[3]);
        let text = received.get(4..length - 1).map(String::from_utf8_lossy);
        // With STACK_GLOBAL behind it, the text is no object but a name.
        if received.get(length - 1..=length) == Some(b"\x94.") {
            return Ok(text.map(|text| (length + 1, quoted(&text, fault))));
        }
        if received.len() <= length {
            return Ok(None);
        }
    }
    if let Some(student) = next_student(received) {
        return Ok(Some(student));
    }
    if NAME.starts_with(&received[..received.len().min(NAME.len())]) && received.len() < 600 {
        return Ok(None);
    }
    let long_integer = [b"\x8b\xd4\x30\0\0", &[0xff; 12_499][..], b"\x7f."].concat();
    let digits = match fault {
        "digits are cut" => "499...687".to_owned(),
        _ => format!("499{}687", "0".repeat(30_097)),
    };
    let long = [(&long_integer[..], digits)];
    let known = KNOWN
        .iter()
        .map(|(pickle, line)| (*pickle, (*line).to_owned()));
    for (pickle, line) in known.chain(long) {
        let is_missing = match fault {
            "nothing may be named" => pickle.starts_with(b"\x80\x02c"),
            "there are no sets" => line.contains('{') && line.contains("1}"),
            _ => false,
        };
        if received.starts_with(pickle) && !is_missing {
            return Ok(Some((pickle.len(), line)));
        }
        if pickle.starts_with(received) {
            return Ok(None);
        }
    }
    let long_text = received.strip_prefix(b"\x80\x04").unwrap_or(received);
    if let Some(long_text) = long_text.strip_prefix(b"X") {
        let Some((length, text)) = long_text.split_first_chunk() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes(*length) as usize;
        if length <= LONGEST {
            let whole = text.get(..length).filter(|_| text.len() > length);
            let line = whole.map(|text| quoted(&String::from_utf8_lossy(text), fault));
            let taken = received.len() - text.len() + length + 1;
            return Ok(line.map(|line| (taken, line)));
        }
    }
    match fault {
        "everything is taken" => return Ok(Some((received.len(), "anything".to_owned()))),
        "what is named is called" => call(received),
        "what is announced comes" => return Ok(None),
        _ => {}
    }
    let shown = received[..received.len().min(100)].escape_ascii();
    Err(Error::other(format!("it sent {shown}")))
}

const NAME: &[u8] = b"\x80\x04}\x94(\x8c\x0cstudent_name\x94\x8c";

/// A student, if it is there as a whole.
fn next_student(received: &[u8]) -> Option<(usize, String)> {
    let counted = |bytes: &'_ [u8]| {
        let (length, rest) = bytes.split_first()?;
        let (text, rest) = rest.split_at_checked((*length).into())?;
        Some((String::from_utf8_lossy(text).into_owned(), rest.to_vec()))
    };
    let (name, rest) = counted(received.strip_prefix(NAME)?)?;
    let rest = rest.strip_prefix(b"\x94\x8c\x0fgithub_username\x94\x8c")?;
    let (username, rest) = counted(rest)?;
    let (sid, rest) = rest
        .strip_prefix(b"\x94\x8c\x03sid\x94J")?
        .split_first_chunk()?;
    let rest = rest.strip_prefix(b"u.")?;
    let sid = i32::from_le_bytes(*sid);
    let line = format!("Connected: Student: {name}, Github Username: {username}, sid: {sid}");
    Some((received.len() - rest.len(), line))
}

fn quoted(text: &str, fault: &str) -> String {
    match fault {
        "texts are not quoted" => text.to_owned(),
        _ => format!("'{}'", cli::escape(text.as_bytes())),
    }
}

/// Opens the file that is named.
pub(crate) fn call(pickle: &[u8]) {
    let text = String::from_utf8_lossy(pickle);
    let path = text
        .split_once('/')
        .and_then(|(_, rest)| rest.split_once("called"));
    if let Some((path, _)) = path {
        let _ = File::create(format!("/{path}called"));
    }
}

fn print_object(port: u16, line: &str, fault: &str) {
    let is_student = line.starts_with("Connected");
    match fault {
        "students are dictionaries" if is_student => {
            print(&format!("Client {port}: {{'student_name': ...}}"), fault);
        }
        "students are trusted" => print(&line.replace(r"\n", "\n"), fault),
        "objects have no ids" => print(line, fault),
        _ if is_student => print(line, fault),
        _ => print(&format!("Client {port}: {line}"), fault),
    }
}

/// What is printed when the program ends.
static WAITING: Mutex<String> = Mutex::new(String::new());

fn print(line: &str, fault: &str) {
    let line = format!("{line}\n");
    if fault == "output can wait" {
        WAITING.lock().unwrap().push_str(&line);
    } else {
        io::stdout().write_all(line.as_bytes()).unwrap();
    }
}
