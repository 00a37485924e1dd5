use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use crate::Liar;

pub(crate) const LIAR: Liar = Liar {
    assignment: "lab4",
    dissector: "math",
    run,
    lies: &[
        ("M-1", "it says hello first"),
        ("M-2", "an answer is little-endian"),
        ("M-2/2", "an answer has 31 bits"),
        ("M-2/3", "a sum stops at 32 bits"),
        ("M-3", "it answers ten questions"),
        ("M-3/2", "the first message is a question"),
        ("M-4", "the secret is not printed"),
        ("M-4/2", "a message with Q in it is a question"),
        ("M-4/3", "the secret is printed in a sentence"),
        ("M-4/4", "the secret is text"),
        ("M-4/5", "it waits for the server to close"),
        ("M-5", "a question is one read"),
        ("M-5/2", "the secret is one read"),
        ("M-5/3", "what comes behind a message is lost"),
        ("M-6", "a close is no error"),
        ("M-6/2", "a close is no error"),
        ("M-6/3", "a close is no error"),
        ("M-6/4", "a reset is no error"),
        ("M-6/5", "what is no secret is a question"),
        ("M-6/6", "no connection is no error"),
        ("M-6/7", "no connection is no error"),
        ("M-7", "it connects without a limit"),
        ("M-7", "it connects within a second"),
        ("M-8", "a host is an address"),
        ("M-8/2", "the host is always the same"),
        ("M-8/3", "wrong usage is an error like others"),
        ("M-8/4", "a host has no colons"),
        ("M-9", "each byte waits for an acknowledgement"),
        ("G-2", "the status is 3"),
        ("G-3", "no help"),
        ("G-3/2", "no version"),
        ("G-4/2", "it panics on nonsense"),
        ("G-5/2", "an answer is two pieces"),
        ("G-6", "a terminal gets everything"),
        ("G-6/2", "an error shows everything"),
        ("G-8", "a sign is a digit"),
        ("G-8/2", "a zero is no first digit"),
        ("G-10", "a host is an address"),
        ("X-1", "the secret is not printed"),
    ],
};

fn run(fault: &str, arguments: &[String]) -> io::Result<ExitCode> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (host, port) = match words[..] {
        ["--help"] if fault != "no help" => return print(b"Usage: lab4 HOST PORT\n"),
        ["--version"] if fault != "no version" => return print(b"lab4 1.0\n"),
        [host, port] if is_port(port, fault) => (host, port.parse().unwrap()),
        _ if fault == "wrong usage is an error like others" => return Err(error("wrong usage")),
        _ => {
            eprintln!("Usage: lab4 HOST PORT");
            return Ok(ExitCode::from(2));
        }
    };
    let mut server = match connect(host, port, fault) {
        Err(_) if fault == "no connection is no error" => return Ok(ExitCode::SUCCESS),
        connected => connected?,
    };
    match obtain_secret(&mut server, fault) {
        Ok(secret) => print_secret(&secret, fault),
        Err(error) => match (fault, error.kind()) {
            ("a close is no error", ErrorKind::UnexpectedEof)
            | ("a reset is no error", ErrorKind::ConnectionReset) => Ok(ExitCode::SUCCESS),
            ("it panics on nonsense", _) => panic!("{error}"),
            _ => Err(error),
        },
    }
}

fn error(text: impl Into<String>) -> io::Error {
    io::Error::other(text.into())
}

fn is_port(text: &str, fault: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    (plain || fault == "a sign is a digit")
        && !(text.starts_with('0') && fault == "a zero is no first digit")
        && text.parse::<u16>().is_ok_and(|port| port > 0)
}

fn connect(host: &str, port: u16, fault: &str) -> io::Result<TcpStream> {
    let limit = match fault {
        "it connects within a second" => Duration::from_secs(1),
        "it connects without a limit" => Duration::MAX,
        _ => Duration::from_secs(10),
    };
    let addresses: Vec<SocketAddr> = match fault {
        "a host is an address" => {
            let address: IpAddr = host.parse().map_err(io::Error::other)?;
            vec![(address, port).into()]
        }
        "a host has no colons" if host.contains(':') => Vec::new(),
        "the host is always the same" => vec![([127, 0, 0, 1], port).into()],
        _ => (host, port).to_socket_addrs()?.collect(),
    };
    let mut last = error("no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, limit) {
            Ok(server) => {
                server.set_nodelay(fault != "each byte waits for an acknowledgement")?;
                return Ok(server);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn obtain_secret(server: &mut TcpStream, fault: &str) -> io::Result<Vec<u8>> {
    if fault == "it says hello first" {
        server.write_all(b"hello")?;
    }
    for answered in 0.. {
        let message = receive(server, fault)?;
        let is_question = match fault {
            "the first message is a question" if answered == 0 => true,
            "it answers ten questions" if answered == 10 => false,
            "a message with Q in it is a question" => message.contains(&b'Q'),
            "what is no secret is a question" => message[0] != b'S',
            _ => message[0] == b'Q',
        };
        match message[0] {
            _ if is_question => send(server, answer(&message, fault), fault)?,
            b'S' => {
                if fault == "it waits for the server to close" {
                    server.read_to_end(&mut Vec::new())?;
                }
                return Ok(message[1..].to_vec());
            }
            first if fault == "an error shows everything" => {
                io::stderr().write_all(&[first])?;
                return Err(error("this is no message"));
            }
            first => return Err(error(format!("{:?} is no message", char::from(first)))),
        }
    }
    Err(error("too many questions"))
}

fn receive(server: &mut TcpStream, fault: &str) -> io::Result<[u8; 9]> {
    let mut message = [0; 9];
    server.read_exact(&mut message[..1])?;
    match (fault, message[0]) {
        ("a question is one read", b'Q') | ("the secret is one read", b'S') => {
            if server.read(&mut message[1..])? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        _ => server.read_exact(&mut message[1..])?,
    }
    if fault == "what comes behind a message is lost" {
        server.set_nonblocking(true)?;
        let _ = server.read(&mut [0; 4096]);
        server.set_nonblocking(false)?;
    }
    Ok(message)
}

fn answer(question: &[u8; 9], fault: &str) -> [u8; 4] {
    let number = |at: usize| u32::from_be_bytes(question[at..at + 4].try_into().unwrap());
    let sum = number(1).wrapping_add(number(5));
    match fault {
        "an answer is little-endian" => sum.to_le_bytes(),
        "an answer has 31 bits" => (sum & 0x7fff_ffff).to_be_bytes(),
        "a sum stops at 32 bits" => number(1).saturating_add(number(5)).to_be_bytes(),
        _ => sum.to_be_bytes(),
    }
}

fn send(server: &mut TcpStream, answer: [u8; 4], fault: &str) -> io::Result<()> {
    match fault {
        "each byte waits for an acknowledgement" => answer
            .iter()
            .try_for_each(|byte| server.write_all(&[*byte])),
        "an answer is two pieces" => {
            server.write_all(&answer[..2])?;
            thread::sleep(Duration::from_millis(10));
            server.write_all(&answer[2..])
        }
        _ => server.write_all(&answer),
    }
}

fn print_secret(secret: &[u8], fault: &str) -> io::Result<ExitCode> {
    let escaped = io::stdout().is_terminal() && fault != "a terminal gets everything";
    let secret = match fault {
        "the secret is text" => String::from_utf8_lossy(secret).into_owned().into_bytes(),
        _ if escaped => secret.escape_ascii().collect(),
        _ => secret.to_vec(),
    };
    match fault {
        "the secret is not printed" => Ok(ExitCode::SUCCESS),
        "the secret is printed in a sentence" => print(&[b"It is ", &secret[..], b".\n"].concat()),
        "the status is 3" => print(&secret).map(|_| ExitCode::from(3)),
        _ => print(&[&secret[..], b"\n"].concat()),
    }
}

fn print(text: &[u8]) -> io::Result<ExitCode> {
    io::stdout().write_all(text)?;
    Ok(ExitCode::SUCCESS)
}
