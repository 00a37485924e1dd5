use std::fs::{self, File};
use std::io::{self, Error, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::Liar;
use crate::server_s::{parse_port, show};

pub(crate) const LIAR: Liar = Liar {
    assignment: "accio",
    dissector: "accio",
    run,
    lies: &[
        ("AC-1", "confirms in other words"),
        ("AC-1/2", "takes what comes at once for a command"),
        ("AC-1/3", "does not wait for the second command"),
        ("AC-1/4", "leaves out the last byte"),
        ("AC-1/5", "sends a mebibyte at most"),
        ("AC-1/6", "ends with 1 in any case"),
        ("AC-1/7", "has no use for an empty file"),
        ("AC-2", "says nothing about an error"),
        ("AC-2", "ends with 0 after an error"),
        ("AC-2/2", "says nothing about an error"),
        ("AC-2/2", "ends with 0 after an error"),
        ("AC-2/3", "says nothing about an error"),
        ("AC-2/3", "ends with 0 after an error"),
        ("AC-2/4", "says nothing about an error"),
        ("AC-2/4", "ends with 0 after an error"),
        ("AC-2/5", "waits for ever"),
        ("AC-2/6", "waits for ever"),
        ("AC-2/6", "gives up after 5 seconds"),
        ("AC-2/7", "waits for ever"),
        ("AC-2/7", "gives up after 5 seconds"),
        ("AC-2/8", "waits for ever"),
        ("AC-2/8", "gives up after 5 seconds"),
        ("AC-2/9", "waits 10 seconds for every byte"),
        ("AC-2/10", "has 10 seconds for the whole file"),
        ("AC-2/11", "looks for the command for ever"),
        ("AC-2/12", "ends with 0 after an error"),
        ("AC-2/13", "ends with 0 after an error"),
        ("AC-2/14", "takes any number of arguments"),
        ("AC-3", "reads the file into memory"),
        ("AC-3/2", "does not know -"),
        ("AC-5", "says what it does"),
        ("G-3", "knows no options"),
        ("G-3/2", "knows no options"),
        ("G-5/3", "takes what comes at once for a command"),
        ("G-8", "takes a sign"),
        ("G-8/2", "takes no leading zero"),
        ("G-10", "knows no names"),
        ("X-1", "leaves out the last byte"),
    ],
};

const COMMAND: &[u8] = b"accio\r\n";
const FIRST: &[u8] = b"confirm-accio\r\n";
const SECOND: &[u8] = b"confirm-accio-again\r\n\r\n";

fn run(fault: &str, arguments: &[String]) -> io::Result<ExitCode> {
    match (start(fault, arguments), fault) {
        (Ok(_), "ends with 1 in any case") => Ok(ExitCode::FAILURE),
        (Err(_), "says nothing about an error") => Ok(ExitCode::FAILURE),
        (Err(error), "ends with 0 after an error") => {
            eprintln!("ERROR: {error}");
            Ok(ExitCode::SUCCESS)
        }
        (started, _) => started,
    }
}

fn start(fault: &str, arguments: &[String]) -> io::Result<ExitCode> {
    match arguments {
        [option] if option.starts_with("--") && fault != "knows no options" => {
            return show(option, "accio");
        }
        [host, port, file] => send(host, parse_port(port, fault)?, file, fault)?,
        [host, port, ..] if fault == "takes any number of arguments" => {
            send(host, parse_port(port, fault)?, "/dev/null", fault)?;
        }
        _ => return Err(Error::other("want three arguments")),
    }
    if fault == "says what it does" {
        eprintln!("sent");
    }
    Ok(ExitCode::SUCCESS)
}

fn send(host: &str, port: u16, file: &str, fault: &str) -> io::Result<()> {
    let mut file: Box<dyn Read> = match file {
        "-" if fault != "does not know -" => Box::new(io::stdin()),
        file if fault == "reads the file into memory" => Box::new(io::Cursor::new(fs::read(file)?)),
        file => Box::new(File::open(file)?),
    };
    let mut server = connect(host, port, fault)?;
    wait_for_command(&mut server, fault)?;
    match fault {
        "confirms in other words" => server.write_all(b"yes\r\n")?,
        _ => server.write_all(FIRST)?,
    }
    if fault != "does not wait for the second command" {
        wait_for_command(&mut server, fault)?;
    }
    server.write_all(SECOND)?;
    let start = Instant::now();
    let mut buffer = vec![0; 1 << 16];
    let mut sent = 0;
    loop {
        let length = file.read(&mut buffer)?;
        sent += length;
        match (length, fault) {
            (0, "has no use for an empty file") if sent == 0 => {
                return Err(Error::other("the file is empty"));
            }
            (0, _) => return Ok(()),
            (_, "leaves out the last byte") => write(&mut server, &buffer[..length - 1], fault)?,
            (_, "sends a mebibyte at most") if sent > 1 << 20 => return Ok(()),
            (_, "has 10 seconds for the whole file") if start.elapsed() > limit(fault) => {
                return Err(ErrorKind::TimedOut.into());
            }
            _ => write(&mut server, &buffer[..length], fault)?,
        }
    }
}

fn limit(fault: &str) -> Duration {
    Duration::from_secs(match fault {
        "waits for ever" | "looks for the command for ever" => 1000,
        "gives up after 5 seconds" => 5,
        _ => 10,
    })
}

fn connect(host: &str, port: u16, fault: &str) -> io::Result<TcpStream> {
    let addresses: Vec<SocketAddr> = match fault {
        "knows no names" => {
            let host: IpAddr = host.parse().map_err(Error::other)?;
            vec![(host, port).into()]
        }
        _ => (host, port).to_socket_addrs()?.collect(),
    };
    let mut refused = Error::other("unknown host");
    for address in addresses {
        match TcpStream::connect_timeout(&address, limit(fault)) {
            Ok(server) => return Ok(server),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

fn wait_for_command(server: &mut TcpStream, fault: &str) -> io::Result<()> {
    let mut received = Vec::new();
    let most = match fault {
        "takes what comes at once for a command" => 1024,
        _ => 1,
    };
    let mut buffer = vec![0; most];
    let mut deadline = Instant::now() + limit(fault);
    while received != COMMAND {
        let left = deadline.saturating_duration_since(Instant::now());
        server.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        match server.read(&mut buffer)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            length => received.extend_from_slice(&buffer[..length]),
        }
        match fault {
            "takes what comes at once for a command" => return Ok(()),
            "waits 10 seconds for every byte" => deadline = Instant::now() + limit(fault),
            "looks for the command for ever" => {}
            _ if COMMAND.starts_with(&received) => {}
            _ => return Err(Error::other("this is no accio server")),
        }
    }
    Ok(())
}

/// Writes all, as long as some of it is taken in time.
fn write(server: &mut TcpStream, mut bytes: &[u8], fault: &str) -> io::Result<()> {
    // Some room is not reported before there is much: it is tried now and then.
    server.set_write_timeout(Some(Duration::from_millis(200)))?;
    let mut progress = Instant::now();
    while !bytes.is_empty() {
        match server.write(bytes) {
            Ok(length) => {
                bytes = &bytes[length..];
                progress = Instant::now();
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        if progress.elapsed() > limit(fault) {
            return Err(ErrorKind::TimedOut.into());
        }
    }
    Ok(())
}
