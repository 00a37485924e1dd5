//! A server that stores messages: a thread for each client, and a map behind a lock.

mod requests;
mod store;

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::mem;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{self, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use self::requests::{Request, read_request};
use self::store::{Store, send_messages};
use crate::{Liar, on_signal};

pub(crate) const LIAR: Liar = Liar {
    assignment: "server",
    dissector: "message",
    run,
    lies: &[
        ("C-1", "the response has no MoreMsgs"),
        ("C-1/2", "MessageLen is little-endian"),
        ("C-1/3", "a text has 60,000 bytes at most"),
        ("C-1/4", "a name has two bytes at least"),
        ("C-1/5", "a text has 60,000 bytes at most"),
        ("C-2", "any MagicNo is good"),
        ("C-2/2", "any ID is good"),
        ("C-2/3", "any NameLen is good"),
        ("C-2/4", "any ReceiverLen is good"),
        ("C-2/5", "any MessageLen is good"),
        ("C-2/6", "any MessageLen is good"),
        ("C-2/7", "any ReceiverLen is good"),
        ("C-3", "the sender of every message is the reader"),
        ("C-3/2", "lengths are in characters"),
        ("C-3/3", "texts are trimmed"),
        ("C-5", "any port is good"),
        ("C-5", "errors are not printed"),
        ("C-5/2", "the ports begin behind 1024"),
        ("C-5/3", "errors are not printed"),
        ("C-5/4", "wrong usage has status 1"),
        ("C-5/5", "wrong usage has status 1"),
        ("C-5/6", "a port in use has status 3"),
        ("C-5/7", "it listens on 127.0.0.1"),
        ("C-6", "clients are not printed"),
        ("C-7", "requests are waited for forever"),
        ("C-7/2", "requests are waited for forever"),
        ("C-7/3", "requests are waited for half a second"),
        ("C-7/4", "requests are waited for a twentieth of a second"),
        ("C-7/4", "a header comes in one piece"),
        ("C-7/6", "each part of a request may take a second"),
        ("C-7/5", "each part of a request may take a second"),
        ("C-8", "it ends when a client closes too early"),
        ("C-8/2", "what has come of a message is stored"),
        ("C-8/3", "a surplus is overlooked"),
        ("C-8/4", "a client has to stay"),
        ("C-9", "a create request is answered"),
        ("C-9/2", "one queue for all"),
        ("C-9/3", "names are not printed"),
        ("C-10", "without messages there is no response"),
        ("C-10/2", "messages stay"),
        ("C-10/3", "MoreMsgs is always 0"),
        ("C-10/4", "MoreMsgs is 1 from 255 messages on"),
        ("C-10/5", "what does not fit is forgotten"),
        ("C-10/6", "numbers are not printed"),
        ("C-10/7", "a reader is not closed"),
        ("C-10/8", "the newest message comes first"),
        ("C-10/9", "one write sends all"),
        ("C-11", "messages are removed before they are sent"),
        ("C-11/2", "messages are removed before they are sent"),
        ("C-11/3", "messages are removed after they are sent"),
        ("C-11/4", "a response has to be taken in a second"),
        ("C-12", "errors are not printed"),
        ("C-12/2", "it ends on a reset"),
        ("C-12/3", "readers are waited for, one by one"),
        ("C-12/4", "errors are on standard output"),
        ("C-12/5", "it ends on a wrong MagicNo"),
        ("C-12/6", "erroneous clients are not closed"),
        ("C-12/7", "it ends when nobody comes for a second"),
        ("C-13", "one client after another"),
        ("C-13/2", "one client after another"),
        ("C-14", "there is no limit"),
        ("C-14/2", "errors are not printed"),
        ("C-15", "names are lower case"),
        ("C-15/2", "names are UTF-8"),
        ("C-16", "signals do nothing"),
        ("C-16/2", "signals do nothing"),
        ("C-16/3", "it ends at once on a signal"),
        ("G-1", "a client is printed behind its request"),
        ("G-3", "there is no help"),
        ("G-3/2", "there is no help"),
        ("G-4", "it ends two seconds after a signal"),
        ("G-4/2", "it ends on a wrong MagicNo"),
        ("G-4/3", "it looks for clients all the time"),
        ("G-5", "a header comes in one piece"),
        ("G-5/2", "a response goes in two pieces"),
        ("G-6", "names are printed as they are"),
        ("G-8", "a port may have a sign"),
        ("G-8/2", "a port has no leading zeros"),
        ("G-9", "no SO_REUSEADDR"),
        ("X-1", "without messages there is no response"),
    ],
};

static STOPPING: AtomicBool = AtomicBool::new(false);
static SENDING: AtomicUsize = AtomicUsize::new(0);

fn run(fault: &str, arguments: &[String]) -> io::Result<ExitCode> {
    let usage = ExitCode::from(if fault == "wrong usage has status 1" {
        1
    } else {
        2
    });
    let port = match arguments {
        [help] if help == "--help" && fault != "there is no help" => {
            println!("usage: server PORT");
            return Ok(ExitCode::SUCCESS);
        }
        [version] if version == "--version" && fault != "there is no help" => {
            println!("server 1.0");
            return Ok(ExitCode::SUCCESS);
        }
        [port] => parse_port(fault, port),
        _ => None,
    };
    let Some(port) = port else {
        complain(fault, "usage: server PORT");
        return Ok(usage);
    };
    match fault {
        "signals do nothing" => on_signal(|| {}),
        "it ends at once on a signal" => on_signal(|| process::exit(0)),
        "it ends two seconds after a signal" => on_signal(|| {
            thread::sleep(Duration::from_secs(2));
            process::exit(0);
        }),
        _ => on_signal(|| STOPPING.store(true, Ordering::SeqCst)),
    }
    let host = if fault == "it listens on 127.0.0.1" {
        "127.0.0.1"
    } else {
        "0.0.0.0"
    };
    // As the system does when SO_REUSEADDR is not set, which it always is here.
    let remembered = fault == "no SO_REUSEADDR"
        && fs::read_to_string("/proc/net/tcp")?.contains(&format!(":{port:04X} "));
    let listener = match TcpListener::bind((host, port)) {
        Ok(listener) if !remembered => listener,
        _ => {
            complain(fault, "the port is in use");
            return Ok(ExitCode::from(if fault == "a port in use has status 3" {
                3
            } else {
                1
            }));
        }
    };
    accept(fault, listener)
}

fn parse_port(fault: &str, port: &str) -> Option<u16> {
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    if !digits && fault != "a port may have a sign" {
        return None;
    }
    if port.starts_with('0') && fault == "a port has no leading zeros" {
        return None;
    }
    let port = port.parse().ok()?;
    let good = match fault {
        "any port is good" => true,
        "the ports begin behind 1024" => (1025..=64000).contains(&port),
        _ => (1024..=64000).contains(&port),
    };
    good.then_some(port)
}

fn complain(fault: &str, error: &str) {
    match fault {
        "errors are not printed" => {}
        "errors are on standard output" => println!("ERROR: {error}"),
        _ => eprintln!("ERROR: {error}"),
    }
}

const ONE_BY_ONE: [&str; 2] = [
    "one client after another",
    "readers are waited for, one by one",
];

/// Accepts clients until a signal comes, and ends when all that are being sent to are.
fn accept(fault: &str, listener: TcpListener) -> io::Result<ExitCode> {
    listener.set_nonblocking(true)?;
    let store = Mutex::new(Store::default());
    let mut last = Instant::now();
    thread::scope(|scope| {
        while !STOPPING.load(Ordering::SeqCst) {
            match listener.accept() {
                Ok((client, peer)) => {
                    last = Instant::now();
                    let store = &store;
                    if ONE_BY_ONE.contains(&fault) {
                        serve(fault, client, peer, store);
                    } else {
                        scope.spawn(move || serve(fault, client, peer, store));
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if fault == "it ends when nobody comes for a second"
                        && last.elapsed() > Duration::from_secs(1)
                    {
                        process::exit(3);
                    }
                    if fault != "it looks for clients all the time" {
                        thread::sleep(Duration::from_millis(5));
                    }
                }
                Err(error) => return Err(error),
            }
        }
        drop(listener);
        while SENDING.load(Ordering::SeqCst) > 0 {
            thread::sleep(Duration::from_millis(5));
        }
        // The others are not waited for.
        process::exit(0);
    })
}

fn serve(fault: &str, mut client: TcpStream, peer: SocketAddr, store: &Mutex<Store>) {
    let late = fault == "a client is printed behind its request";
    if !late {
        print_client(fault, peer);
    }
    let copy = client.try_clone();
    let outcome = client
        .set_nonblocking(false)
        .and_then(|()| read_request(fault, &mut client))
        .and_then(|request| perform(fault, client, request, store));
    if late {
        print_client(fault, peer);
    }
    match outcome {
        Ok(line) => {
            if fault == "a reader is not closed" && line.starts_with("sent") {
                mem::forget(copy);
            }
            println!("{line}");
        }
        Err(error) => {
            if fault == "it ends on a reset" && error.kind() == ErrorKind::ConnectionReset {
                process::exit(3);
            }
            if fault == "it ends when a client closes too early"
                && error.kind() == ErrorKind::UnexpectedEof
            {
                process::exit(3);
            }
            if fault == "erroneous clients are not closed" {
                mem::forget(copy);
            }
            complain(fault, &format!("{peer}: {error}"));
        }
    }
}

fn print_client(fault: &str, peer: SocketAddr) {
    match fault {
        "clients are not printed" => println!("a client"),
        _ => println!("{peer} connected"),
    }
}

fn wrong<T>(what: &str) -> io::Result<T> {
    Err(io::Error::other(what.to_owned()))
}

fn perform(
    fault: &str,
    mut client: TcpStream,
    request: Request,
    store: &Mutex<Store>,
) -> io::Result<String> {
    let shown = |name: &[u8]| match fault {
        "names are not printed" => "somebody".to_owned(),
        "names are printed as they are" => String::from_utf8_lossy(name).into_owned(),
        _ => String::from_utf8_lossy(name).escape_debug().to_string(),
    };
    let (name, receiver) = (&request.name, &request.receiver);
    if request.creates {
        let line = format!("{} has a message from {}", shown(receiver), shown(name));
        store
            .lock()
            .unwrap()
            .push(fault, receiver, (name.clone(), request.text))?;
        if fault == "a create request is answered" {
            client.write_all(b"\xae\x73\x03\0\0")?;
        }
        return Ok(line);
    }
    SENDING.fetch_add(1, Ordering::SeqCst);
    let sent = send_messages(fault, &mut client, name, store);
    SENDING.fetch_sub(1, Ordering::SeqCst);
    match fault {
        "numbers are not printed" => sent.map(|_| "sent messages".to_owned()),
        _ => sent.map(|count| format!("sent {count} messages to {}", shown(name))),
    }
}
