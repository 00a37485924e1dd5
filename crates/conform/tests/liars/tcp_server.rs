#![allow(clippy::print_stdout)]

mod transformations;

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{self, ExitCode};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::Liar;

pub(crate) const LIAR: Liar = Liar {
    assignment: "tcp_server",
    dissector: "action",
    run,
    lies: &[
        ("T-1", "the response has no length"),
        ("T-2", "the length is little-endian"),
        ("T-3", "reverse is 0x03"),
        ("T-4", "what comes behind a request is lost"),
        ("T-5", "unknown actions are uppercase"),
        ("T-5/2", "the data of an unknown action is not skipped"),
        ("T-5/3", "an unknown action without data is not answered"),
        ("T-5/4", "action 0 leaves the message as it is"),
        ("T-6", "any bytes are a message"),
        ("T-6/2", "a request that is cut off is not answered"),
        ("T-7", "missing data is not waited for"),
        ("T-8", "a close is answered"),
        ("T-8/2", "a broken connection ends the server"),
        ("T-8/3", "an undeliverable response ends the server"),
        ("T-8/4", "a client that ends is not answered"),
        ("T-9", "uppercase changes one letter"),
        ("T-9/2", "only ASCII has letters"),
        ("T-9/3", "a message ends with its line"),
        ("T-10", "reverse loses the last character"),
        ("T-10/2", "characters are bytes"),
        ("T-11", "shuffle draws with repetition"),
        ("T-11/2", "shuffle does nothing"),
        ("T-11/3", "shuffle rotates"),
        ("T-11/4", "characters are bytes"),
        ("T-12", "random shuffles"),
        ("T-12/2", "random never repeats"),
        ("T-12/2", "random drops a third"),
        ("T-12/3", "random may leave nothing"),
        ("T-12/4", "characters are bytes"),
        ("T-13", "random repeats without bound"),
        ("T-14", "an empty message is an error"),
        ("T-15", "no SO_REUSEADDR"),
        ("T-15/2", "for this machine only"),
        ("T-16", "one client in all"),
        ("T-16/2", "one client at a time"),
        ("T-17", "1 MiB at most"),
        ("T-17/2", "24 bits of length"),
        ("T-18", "responses are sent before more is read"),
        ("T-19", "signals are ignored"),
        ("T-19", "signals are not caught"),
        ("T-19/2", "a signal is a failure"),
        ("T-19/3", "signals are not caught"),
        ("T-19/4", "responses are not finished"),
        ("T-20", "no help"),
        ("T-20/2", "another help"),
        ("T-20/3", "no default port"),
        ("T-20/4", "no long options"),
        ("T-21", "requests are printed"),
        ("T-21/2", "errors are not said"),
        ("T-21/3", "verbose is silent"),
        ("T-21/4", "always verbose"),
        ("T-22", "the log has no numbers"),
        ("T-22/2", "the log has no numbers"),
        ("T-23", "no joined options"),
        ("T-23/2", "wrong arguments are ignored"),
        ("T-23/3", "errors are not said"),
        ("G-3", "no help"),
        ("G-3/2", "no version"),
        ("G-4", "clients hold up the end"),
        ("G-4/2", "what is not UTF-8 ends the server"),
        ("G-4/3", "waiting is work"),
        ("G-5", "the header comes at once"),
        ("G-5/2", "the length is sent before"),
        ("G-7", "memory for what is announced"),
        ("G-8", "any number is a port"),
        ("G-8/2", "no leading zeros"),
        ("G-9", "no SO_REUSEADDR"),
        ("X-1", "the response has no length"),
    ],
};

/// Clients that are connected, and responses that they are owed.
static CLIENTS: AtomicUsize = AtomicUsize::new(0);
static OWED: AtomicUsize = AtomicUsize::new(0);

struct Options {
    port: u16,
    verbose: bool,
}

fn run(fault: &str, arguments: &[String]) -> io::Result<ExitCode> {
    let options = match parse(fault, arguments) {
        Ok(options) => options,
        Err(exit) => return Ok(exit),
    };
    // It lives as long as the program.
    let fault: &'static str = fault.to_owned().leak();
    if fault != "signals are not caught" {
        cli::on_shutdown_signal(move || shut_down(fault)).map_err(io::Error::other)?;
    }
    if fault == "waiting is work" {
        // Several, to be noticed on a machine where others work too.
        for _ in 0..4 {
            thread::spawn(|| {
                loop {
                    std::hint::spin_loop();
                }
            });
        }
    }
    let Ok(listener) = listen(fault, options.port) else {
        if fault != "errors are not said" {
            eprintln!("cannot listen on port {}", options.port);
        }
        return Ok(ExitCode::FAILURE);
    };
    let log = Log {
        fault,
        on: options.verbose || fault == "always verbose",
    };
    log.write("listening on", listener.local_addr()?);
    for client in listener.incoming() {
        let client = client?;
        if let Ok(address) = client.peer_addr() {
            log.write("client", address);
        }
        CLIENTS.fetch_add(1, SeqCst);
        let serving = thread::spawn(move || {
            // A client that leaves early is no fault.
            let _ = serve(client, fault, log);
            CLIENTS.fetch_sub(1, SeqCst);
        });
        if fault == "one client in all" || fault == "one client at a time" {
            let _ = serving.join();
        }
        if fault == "one client in all" {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn parse(fault: &str, arguments: &[String]) -> Result<Options, ExitCode> {
    let mut options = Options {
        port: 8083,
        verbose: false,
    };
    if arguments.is_empty() && fault == "no default port" {
        return Err(ExitCode::from(2));
    }
    let mut words = arguments.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let value = match word {
            "--help" if fault != "no help" => {
                print!("{}", help(fault));
                return Err(ExitCode::SUCCESS);
            }
            "--version" if fault != "no version" => {
                println!("tcp_server 1.0");
                return Err(ExitCode::SUCCESS);
            }
            "--port" | "--verbose" if fault == "no long options" => None,
            "-v" | "--verbose" => {
                options.verbose = true;
                continue;
            }
            "-p" | "--port" => words.next(),
            _ if fault == "no joined options" => None,
            _ => word
                .strip_prefix("--port=")
                .or_else(|| word.strip_prefix("-p")),
        };
        match value.and_then(|value| port(fault, value)) {
            Some(port) => options.port = port,
            None if fault == "wrong arguments are ignored" => {}
            None => {
                eprintln!("wrong argument: {word}");
                return Err(ExitCode::from(2));
            }
        }
    }
    Ok(options)
}

fn help(fault: &str) -> &'static str {
    if fault == "another help" {
        return "options: --help -v --verbose -p --port\n";
    }
    "\
Usage: tcp_server [--help] [-v] [-p PORT]

Options:
  --help
  -v, --verbose
  --port PORT, -p PORT
"
}

fn port(fault: &str, value: &str) -> Option<u16> {
    let is_wrong = match fault {
        // Rust reads a sign too.
        "any number is a port" => false,
        "no leading zeros" => value.starts_with('0'),
        _ => !value.bytes().all(|byte| byte.is_ascii_digit()),
    };
    if is_wrong { None } else { value.parse().ok() }
}

fn shut_down(fault: &str) {
    let start = Instant::now();
    let is_over = || match fault {
        "signals are ignored" => false,
        "clients hold up the end" => CLIENTS.load(SeqCst) == 0,
        "responses are not finished" => true,
        _ => OWED.load(SeqCst) == 0 || start.elapsed() > Duration::from_secs(3),
    };
    while !is_over() {
        thread::sleep(Duration::from_millis(5));
    }
    process::exit(i32::from(fault == "a signal is a failure"))
}

fn listen(fault: &str, port: u16) -> io::Result<TcpListener> {
    // The standard library always sets SO_REUSEADDR.
    if fault == "no SO_REUSEADDR" && is_remembered(port)? {
        return Err(ErrorKind::AddrInUse.into());
    }
    let host = match fault {
        "for this machine only" => "127.0.0.1",
        _ => "0.0.0.0",
    };
    TcpListener::bind((host, port))
}

/// Whether the system still knows a connection at the port.
fn is_remembered(port: u16) -> io::Result<bool> {
    let table = fs::read_to_string("/proc/net/tcp")?;
    let ending = format!(":{port:04X}");
    let is_local = |line: &str| {
        let mut fields = line.split_whitespace();
        fields
            .nth(1)
            .is_some_and(|address| address.ends_with(&ending))
    };
    Ok(table.lines().any(is_local))
}

#[derive(Clone, Copy)]
struct Log {
    fault: &'static str,
    on: bool,
}

impl Log {
    fn write(self, what: &str, number: impl std::fmt::Display) {
        match self.fault {
            "verbose is silent" => {}
            "the log has no numbers" => eprintln!("{what}"),
            _ if self.on => eprintln!("{what} {number}"),
            _ => {}
        }
    }
}

fn serve(client: TcpStream, fault: &'static str, log: Log) -> io::Result<()> {
    client.set_nodelay(true)?;
    let (responses, owed) = mpsc::channel::<Vec<u8>>();
    let writer = client.try_clone()?;
    let delivery = thread::spawn(move || {
        for response in owed {
            deliver(&writer, &response, fault);
            OWED.fetch_sub(1, SeqCst);
        }
    });
    let answered = answer_all(&client, fault, log, |response| {
        if fault == "responses are sent before more is read" {
            deliver(&client, &response, fault);
        } else {
            OWED.fetch_add(1, SeqCst);
            let _ = responses.send(response);
        }
    });
    if answered.is_err() && fault == "a broken connection ends the server" {
        process::exit(1);
    }
    drop(responses);
    let _ = delivery.join();
    answered
}

fn deliver(mut client: &TcpStream, response: &[u8], fault: &str) {
    let length = match (response.len() as u32, fault) {
        (length, "the length is little-endian") => length.to_le_bytes().to_vec(),
        (_, "the response has no length") => Vec::new(),
        (length, _) => length.to_be_bytes().to_vec(),
    };
    let delivered = if fault == "the length is sent before" {
        let _ = client.write_all(&length);
        thread::sleep(Duration::from_millis(50));
        client.write_all(response)
    } else {
        client.write_all(&[&length, response].concat())
    };
    if delivered.is_err() && fault == "an undeliverable response ends the server" {
        process::exit(1);
    }
}

fn answer_all(
    client: &TcpStream,
    fault: &str,
    log: Log,
    respond: impl Fn(Vec<u8>),
) -> io::Result<()> {
    let error = || b"error".to_vec();
    let cut_off = || {
        if fault != "a request that is cut off is not answered" {
            respond(error());
        }
        Ok(())
    };
    loop {
        let header = read_header(client, fault)?;
        if header.is_empty() {
            if fault == "a close is answered" {
                respond(error());
            }
            return Ok(());
        }
        let Ok(header) = header.try_into() else {
            return cut_off();
        };
        let word = u32::from_be_bytes(header);
        let action = word >> 27;
        let length = match fault {
            "24 bits of length" => word & 0x00ff_ffff,
            _ => word & 0x07ff_ffff,
        };
        log.write("request of length", length);
        if fault == "requests are printed" {
            println!("{action}");
        }
        let is_known = [1, 2, 4, 8, 16].contains(&action);
        if fault == "the data of an unknown action is not skipped" && !is_known {
            respond(error());
            continue;
        }
        let data = read_data(client, length as usize, fault)?;
        if data.len() < length as usize {
            return cut_off();
        }
        if fault == "what comes behind a request is lost" {
            lose(client)?;
        }
        if fault == "a client that ends is not answered" && has_ended(client)? {
            return Ok(());
        }
        if fault == "an unknown action without data is not answered" && !is_known && length == 0 {
            continue;
        }
        respond(transformations::answer(action, data, fault).unwrap_or_else(error));
    }
}

/// Four bytes, or fewer if the client closes.
fn read_header(mut client: &TcpStream, fault: &str) -> io::Result<Vec<u8>> {
    let mut header = vec![0; 4];
    if fault == "the header comes at once" {
        let count = client.read(&mut header)?;
        header.truncate(count);
    } else {
        header.clear();
        client.take(4).read_to_end(&mut header)?;
    }
    Ok(header)
}

/// So many bytes, or fewer if the client closes.
fn read_data(client: &TcpStream, length: usize, fault: &str) -> io::Result<Vec<u8>> {
    let mut data = match fault {
        "memory for what is announced" => vec![1; length],
        _ => Vec::new(),
    };
    data.clear();
    if fault == "missing data is not waited for" {
        client.set_read_timeout(Some(Duration::from_millis(100)))?;
    }
    match client.take(length as u64).read_to_end(&mut data) {
        Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
        _ => Ok(data),
    }
}

fn lose(mut client: &TcpStream) -> io::Result<()> {
    client.set_nonblocking(true)?;
    let _ = client.read(&mut [0; 4096]);
    client.set_nonblocking(false)
}

/// Whether the client has ended its sending side, or does so in a moment.
fn has_ended(client: &TcpStream) -> io::Result<bool> {
    client.set_read_timeout(Some(Duration::from_millis(100)))?;
    let ended = matches!(client.peek(&mut [0]), Ok(0));
    client.set_read_timeout(None)?;
    Ok(ended)
}
