use std::io::{self, Error, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::process::{self, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, SocketType, bind, listen, socket, sockopt};
use signal_hook::consts::{SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::Liar;

pub(crate) const LIAR: Liar = Liar {
    assignment: "server-s",
    dissector: "accio",
    run,
    lies: &[
        ("A-1", "says nothing"),
        ("A-1/2", "sends both commands at once"),
        ("A-1/3", "takes a pause for the end"),
        ("A-2", "closes before the file"),
        ("A-3", "counts the header too"),
        ("A-3/2", "counts in 16 bits"),
        ("A-3/3", "prints when it ends"),
        ("A-3/4", "counts the header too"),
        ("A-3/5", "goes on counting"),
        ("A-4", "takes off an old header"),
        ("A-5", "takes what comes at once for a confirmation"),
        ("A-5/2", "takes what comes at once for a confirmation"),
        ("A-6", "takes anything for a confirmation"),
        ("A-6/2", "looks at whole confirmations only"),
        ("A-6/3", "takes anything for a confirmation"),
        ("A-7", "closes after a mebibyte"),
        ("A-7/2", "counts in 16 bits"),
        ("A-7/3", "keeps the file in memory"),
        ("A-8", "waits for ever"),
        ("A-8", "gives up after 5 seconds"),
        ("A-8/2", "waits for ever"),
        ("A-8/2", "gives up after 5 seconds"),
        ("A-8/3", "waits for ever"),
        ("A-8/3", "gives up after 5 seconds"),
        ("A-8/4", "gives up after 5 seconds"),
        ("A-8/5", "gives up after 8 seconds"),
        ("A-8/6", "gives up after 13 seconds"),
        ("A-8/7", "waits for ever"),
        ("A-8/7", "gives up after 5 seconds"),
        ("A-9", "prints a number for an error"),
        ("A-9/2", "prints a number for an error"),
        ("A-9/2", "prints the reason too"),
        ("A-9/3", "keeps the reason to itself"),
        ("A-9/4", "prints ERROR on standard error"),
        ("A-10", "ends after an error"),
        ("A-10/2", "ends after an error"),
        ("A-10/3", "ends after an error"),
        ("A-10/4", "goes on counting"),
        ("A-10/4", "ends after an error"),
        ("A-12", "listens on loopback only"),
        ("A-13", "serves one client only"),
        ("A-13/2", "serves all clients at once"),
        ("A-13/2", "has a short queue"),
        ("A-13/3", "has a short queue"),
        ("A-13/3", "counts the header too"),
        ("A-13/4", "does not close"),
        ("A-13/5", "ends when nobody comes"),
        ("A-14", "cannot be started again"),
        ("A-15", "listens on another port"),
        ("A-15/2", "takes any port"),
        ("A-15/2", "says nothing about an error"),
        ("A-15/2", "ends with 0 after an error"),
        ("A-15/3", "takes port 0"),
        ("A-15/4", "takes any number of arguments"),
        ("A-16", "takes no notice of SIGINT"),
        ("A-16", "ends with 1 on a signal"),
        ("A-16/2", "takes no notice of SIGTERM"),
        ("A-16/3", "takes no notice of SIGQUIT"),
        ("A-16/4", "prints a number on a signal"),
        ("A-16/4", "ends slowly"),
        ("A-17", "prints what it does"),
        ("G-3", "knows no options"),
        ("G-3/2", "knows no options"),
        ("G-4", "ends slowly"),
        ("G-4/3", "is always busy"),
        ("G-5", "takes what comes at once for a confirmation"),
        ("G-8", "takes a sign"),
        ("G-8/2", "takes no leading zero"),
        ("G-9", "cannot be started again"),
        ("X-1", "counts the header too"),
    ],
};

const COMMAND: &[u8] = b"accio\r\n";
const FIRST: &[u8] = b"confirm-accio\r\n";
const SECOND: &[u8] = b"confirm-accio-again\r\n\r\n";

fn run(fault: &str, arguments: &[String]) -> io::Result<ExitCode> {
    let started = start(fault, arguments);
    match (started, fault) {
        (Err(_), "says nothing about an error") => Ok(ExitCode::FAILURE),
        (Err(error), "ends with 0 after an error") => {
            eprintln!("ERROR: {error}");
            Ok(ExitCode::SUCCESS)
        }
        (started, _) => started,
    }
}

fn start(fault: &str, arguments: &[String]) -> io::Result<ExitCode> {
    let port = match arguments {
        [option] if option.starts_with("--") && fault != "knows no options" => {
            return show(option, "server-s");
        }
        [port] => parse_port(port, fault)?,
        [port, ..] if fault == "takes any number of arguments" => parse_port(port, fault)?,
        _ => return Err(Error::other("want one argument")),
    };
    catch_signals(fault)?;
    if fault == "is always busy" {
        thread::spawn(|| {
            loop {
                std::hint::spin_loop();
            }
        });
    }
    let listener = listen_at(port, fault)?;
    if fault == "prints what it does" {
        print("listening", fault);
    }
    if fault == "ends when nobody comes" {
        let mut fds = [PollFd::new(&listener, PollFlags::IN)];
        let timeout = Timespec {
            tv_sec: 10,
            tv_nsec: 0,
        };
        if poll(&mut fds, Some(&timeout))? == 0 {
            return Ok(ExitCode::SUCCESS);
        }
    }
    for client in listener.incoming() {
        let (client, its_fault) = (client?, fault.to_owned());
        if fault == "serves all clients at once" {
            thread::spawn(move || serve(client, &its_fault));
            continue;
        }
        serve(client, fault);
        if fault == "serves one client only" {
            thread::park();
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn show(option: &str, name: &str) -> io::Result<ExitCode> {
    match option {
        "--help" => writeln!(io::stdout(), "Usage: {name}")?,
        "--version" => writeln!(io::stdout(), "{name} 1.0")?,
        _ => return Err(Error::other("unknown option")),
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn parse_port(text: &str, fault: &str) -> io::Result<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) || fault == "takes a sign";
    let zero = text.starts_with('0') && fault == "takes no leading zero";
    match text.parse() {
        Ok(0) if fault != "takes port 0" => Err(Error::other("incorrect port")),
        Ok(port) if digits && !zero => Ok(port),
        _ if fault == "takes any port" => Ok(0),
        _ => Err(Error::other("incorrect port")),
    }
}

fn listen_at(port: u16, fault: &str) -> io::Result<TcpListener> {
    let host = match fault {
        "listens on loopback only" => Ipv4Addr::LOCALHOST,
        _ => Ipv4Addr::UNSPECIFIED,
    };
    let port = match fault {
        "listens on another port" => 0,
        _ => port,
    };
    let queue = match fault {
        "has a short queue" => 1,
        _ => 10,
    };
    let listener = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    sockopt::set_socket_reuseaddr(&listener, fault != "cannot be started again")?;
    bind(&listener, &SocketAddrV4::new(host, port))?;
    listen(&listener, queue)?;
    Ok(listener.into())
}

fn catch_signals(fault: &str) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGQUIT])?;
    let fault = fault.to_owned();
    thread::spawn(move || {
        for signal in signals.forever() {
            end(signal, &fault);
        }
    });
    Ok(())
}

fn end(signal: i32, fault: &str) {
    let status = match (fault, signal) {
        ("takes no notice of SIGINT", SIGINT)
        | ("takes no notice of SIGTERM", SIGTERM)
        | ("takes no notice of SIGQUIT", SIGQUIT) => return,
        ("ends with 1 on a signal", _) => 1,
        _ => 0,
    };
    match fault {
        "ends slowly" => thread::sleep(Duration::from_secs(3)),
        "prints a number on a signal" => print("0", fault),
        _ => {}
    }
    let _ = io::stdout().write_all(BUFFERED.lock().unwrap().as_bytes());
    process::exit(status)
}

/// The bytes of all clients.
static ALL_BYTES: AtomicUsize = AtomicUsize::new(0);

/// What is printed when the program ends.
static BUFFERED: Mutex<String> = Mutex::new(String::new());

fn print(line: &str, fault: &str) {
    let line = format!("{line}\n");
    if fault == "prints when it ends" {
        BUFFERED.lock().unwrap().push_str(&line);
    } else {
        io::stdout().write_all(line.as_bytes()).unwrap();
    }
}

fn serve(mut client: TcpStream, fault: &str) {
    let peer = client.peer_addr();
    match (receive(&mut client, fault), fault) {
        (Ok(count), "counts in 16 bits") => print(&(count as u16).to_string(), fault),
        (Ok(count), _) => print(&count.to_string(), fault),
        (Err(_), "prints a number for an error") => print("0", fault),
        (Err(_), "ends after an error") => process::exit(0),
        (Err(_), "keeps the reason to itself") => print("ERROR", fault),
        (Err(_), "prints ERROR on standard error") => eprintln!("ERROR"),
        (Err(error), "prints the reason too") => print(&format!("ERROR: {error}"), fault),
        (Err(error), _) => {
            eprintln!("ERROR: {peer:?}: {error}");
            print("ERROR", fault);
        }
    }
    if fault == "does not close" {
        std::mem::forget(client);
    }
}

/// The length of the file.
fn receive(client: &mut TcpStream, fault: &str) -> io::Result<usize> {
    let silence = match fault {
        "waits for ever" => None,
        "takes a pause for the end" => Some(1),
        "gives up after 5 seconds" => Some(5),
        "gives up after 8 seconds" => Some(8),
        "gives up after 13 seconds" => Some(13),
        _ => Some(10),
    };
    client.set_read_timeout(silence.map(Duration::from_secs))?;
    match fault {
        "says nothing" => {}
        "sends both commands at once" => client.write_all(&COMMAND.repeat(2))?,
        _ => client.write_all(COMMAND)?,
    }
    read_confirmation(client, FIRST, fault)?;
    if fault != "sends both commands at once" {
        client.write_all(COMMAND)?;
    }
    read_confirmation(client, SECOND, fault)?;
    match fault {
        "closes before the file" => Ok(0),
        "counts the header too" => Ok(FIRST.len() + SECOND.len() + count(client, fault)?),
        _ => count(client, fault),
    }
}

fn read_confirmation(client: &mut TcpStream, wanted: &[u8], fault: &str) -> io::Result<()> {
    let mut received = [0; 1024];
    let right = match fault {
        "takes anything for a confirmation" => client.read(&mut received)? > 0,
        "takes what comes at once for a confirmation" => {
            let length = client.read(&mut received)?;
            received[..length].starts_with(wanted)
        }
        "looks at whole confirmations only" => {
            let received = &mut received[..wanted.len()];
            client.read_exact(received)?;
            received == wanted
        }
        _ => {
            let mut byte = [0];
            for wanted in wanted {
                client.read_exact(&mut byte)?;
                if byte[0] != *wanted {
                    return Err(Error::other("wrong confirmation"));
                }
            }
            true
        }
    };
    if right {
        Ok(())
    } else {
        Err(Error::other("wrong confirmation"))
    }
}

fn count(client: &mut TcpStream, fault: &str) -> io::Result<usize> {
    let mut buffer = vec![0; 1 << 16];
    let mut count = match fault {
        "goes on counting" => ALL_BYTES.load(Ordering::SeqCst),
        _ => 0,
    };
    let mut kept = Vec::new();
    loop {
        let received = match client.read(&mut buffer) {
            Ok(0) => return Ok(count),
            Ok(length) => &buffer[..length],
            // By a signal: the thread that waits for it ends the program.
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) if fault == "takes a pause for the end" => return Ok(count),
            Err(error) => return Err(error),
        };
        count += received.len();
        ALL_BYTES.store(count, Ordering::SeqCst);
        match fault {
            "keeps the file in memory" => kept.extend_from_slice(received),
            "closes after a mebibyte" if count > 1 << 20 => return Ok(count),
            "takes off an old header" if received.starts_with(b"Content-Length: ") => {
                count -= received
                    .windows(4)
                    .position(|end| end == b"\r\n\r\n")
                    .unwrap()
                    + 4;
            }
            _ => {}
        }
    }
}
