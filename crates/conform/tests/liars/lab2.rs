use std::io::{self, Error, IsTerminal, Read, Write};
use std::net::{IpAddr, TcpStream, ToSocketAddrs};
use std::ops::Range;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use crate::Liar;
use crate::lab3::call;
use crate::server_s::show;

pub(crate) const LIAR: Liar = Liar {
    assignment: "lab2",
    dissector: "pickle",
    run,
    lies: &[
        ("PC-1", "there is no sid"),
        ("PC-1", "data is a text"),
        ("PC-1/2", "the id is secret"),
        ("PC-1/3", "the reply is secret"),
        ("PC-1/4", "there is no end"),
        ("PC-1/5", "a reply is a text"),
        ("PC-1/6", "a reply is a text"),
        ("PC-1/7", "an id is in a dictionary"),
        ("PC-1/8", "the port must be given"),
        ("PC-1/9", "a sid is a text"),
        ("PC-1/10", "data comes first"),
        ("PC-1/11", "there is more to say"),
        ("PC-1/12", "options come first"),
        ("PC-1/13", "there is no hurry"),
        ("PC-1/13", "there is no time"),
        ("PC-1/14", "there is no hurry"),
        ("PC-1/15", "each byte has its time"),
        ("PC-1/16", "there is no hurry"),
        ("PC-1/17", "the reply is an error"),
        ("PC-2", "there are no errors"),
        ("PC-2/2", "there are no errors"),
        ("PC-2/3", "there are no errors"),
        ("PC-2/4", "there are no errors"),
        ("PC-2/5", "there are no errors"),
        ("PC-2/6", "anything is an id"),
        ("PC-2/7", "there are no errors"),
        ("PC-2/8", "what is named is called"),
        ("PC-2/9", "there are no errors"),
        ("G-1", "output can wait"),
        ("G-2", "the end is an error"),
        ("G-2/2", "wrong usage is an error like others"),
        ("G-3", "no other options"),
        ("G-3/2", "no other options"),
        ("G-5", "an object is one read"),
        ("G-5/3", "an object is one read"),
        ("G-5/2", "data comes in pieces"),
        ("G-6", "terminals are trusted"),
        ("G-6/3", "everything is escaped"),
        ("G-8", "a sign is a digit"),
        ("G-8/2", "a zero is no first digit"),
        ("G-10", "hosts are addresses"),
        ("X-1", "the reply is an error"),
    ],
};

/// What comes before an id of two bytes, and behind it.
type Around = (&'static [u8], &'static [u8]);

const IN_DICTIONARY: Around = (
    b"\x80\x04\x95\x12\0\0\0\0\0\0\0}\x94\x8c\x08clientid\x94M",
    b"s.",
);
const ALONE: Around = (b"\x80\x04M", b".");

/// The longest text that it takes.
const LONGEST: usize = 1_000_000;

/// An id at the beginning of what came, and the length of its pickle.
fn next_id(received: &[u8], fault: &str) -> Option<(usize, String)> {
    let ids = match fault {
        "an id is in a dictionary" => vec![IN_DICTIONARY],
        _ => vec![IN_DICTIONARY, ALONE],
    };
    ids.iter().find_map(|(head, tail)| {
        let (id, rest) = received.strip_prefix(*head)?.split_first_chunk()?;
        let rest = rest.strip_prefix(*tail)?;
        let id = u16::from_le_bytes(*id);
        Some((received.len() - rest.len(), id.to_string()))
    })
}

/// A reply, in the same way.
fn next_reply(received: &[u8], fault: &str) -> Option<(usize, String)> {
    if let Some((text, end)) = text_at(received) {
        let pickle = received.get(..end)?;
        let text = String::from_utf8_lossy(&pickle[text]).into_owned();
        return pickle.ends_with(b".").then_some((end, text));
    }
    let known = REPLIES
        .iter()
        .find(|(pickle, _)| received.starts_with(pickle));
    if let Some((pickle, line)) = known {
        let is_text = *pickle == REPLIES[0].0;
        return (fault != "a reply is a text" || is_text)
            .then(|| (pickle.len(), (*line).to_owned()));
    }
    match received.strip_prefix(b"\x80\x04K")? {
        [number, b'.', ..] if fault != "a reply is a text" => Some((5, number.to_string())),
        _ => None,
    }
}

/// Where a text is in its pickle, and where that ends; nothing if it is no text, or too long.
fn text_at(received: &[u8]) -> Option<(Range<usize>, usize)> {
    if let Some([length, ..]) = received.strip_prefix(b"\x80\x04\x8c") {
        let end = 4 + usize::from(*length);
        return Some((4..end, end + 2));
    }
    let header = if received.starts_with(b"\x80\x04") {
        2
    } else {
        0
    };
    let length = received[header..].strip_prefix(b"X")?.first_chunk()?;
    let (start, length) = (header + 5, u32::from_le_bytes(*length) as usize);
    (length <= LONGEST).then_some((start..start + length, start + length + 1))
}

/// Whether it may be the beginning of one of those.
fn is_part(received: &[u8]) -> bool {
    if let Some((_, end)) = text_at(received) {
        return received.len() < end;
    }
    let fixed = REPLIES.iter().map(|(pickle, _)| (*pickle, 0));
    let ids = [IN_DICTIONARY, ALONE].map(|(head, tail)| (head, 2 + tail.len()));
    let others = [
        (&b"\x80\x04K"[..], 2),
        (b"\x80\x04\x8c", 1),
        (b"X", 4),
        (b"\x80\x04X", 4),
    ];
    fixed.chain(ids).chain(others).any(|(head, more)| {
        let is_in_tail = received.starts_with(head) && received.len() < head.len() + more;
        head.starts_with(received) && received != head || is_in_tail
    })
}

/// What knows the objects that may come next.
type Next = fn(&[u8], &str) -> Option<(usize, String)>;

const REPLIES: [(&[u8], &str); 6] = [
    (
        b"\x80\x04\x95\x17\0\0\0\0\0\0\0\x8c\x13server got the data\x94.",
        "server got the data",
    ),
    (b"K\x01.", "1"),
    (
        b"\x80\x04\x95\x18\0\0\0\0\0\0\0}\x94\x8c\x06status\x94\x8c\x08received\x94s.",
        "{'status': 'received'}",
    ),
    (b"}X\x02\0\0\0okI01\ns.", "{'ok': True}"),
    (b"N.", "None"),
    (b"C\x02\xff\n.", r"b'\xff\n'"),
];

/// Each object has so long to come.
const LIMIT: Duration = Duration::from_secs(10);

struct Order {
    host: String,
    port: u16,
    student: [String; 3],
}

fn run(fault: &str, arguments: &[String]) -> io::Result<ExitCode> {
    if let [option] = arguments
        && ["--help", "--version"].contains(&option.as_str())
        && fault != "no other options"
    {
        return show(option, "lab2");
    }
    let Some(order) = parse(arguments, fault) else {
        eprintln!("ERROR: wrong arguments");
        let status = match fault {
            "wrong usage is an error like others" => 1,
            _ => 2,
        };
        return Ok(ExitCode::from(status));
    };
    let outcome = exchange(&order, fault);
    match (outcome, fault) {
        (Err(_), "there are no errors") => Ok(ExitCode::SUCCESS),
        (Ok(()), "the end is an error") => Ok(ExitCode::FAILURE),
        (Ok(()), "there is no end") => loop {
            thread::park();
        },
        (outcome, _) => outcome.map(|()| ExitCode::SUCCESS),
    }
}

fn parse(arguments: &[String], fault: &str) -> Option<Order> {
    let (mut host, mut port) = ("127.0.0.1".to_owned(), None);
    let mut operands = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if !argument.starts_with("--") {
            operands.push(argument.clone());
            continue;
        }
        if fault == "options come first" && !operands.is_empty() {
            return None;
        }
        let (option, value) = match argument.split_once('=') {
            Some((option, value)) => (option, value.to_owned()),
            None => (argument.as_str(), arguments.next()?.clone()),
        };
        match option {
            "--host" => host = value,
            "--port" => port = Some(parse_port(&value, fault)?),
            _ => return None,
        }
    }
    let port = match (port, fault) {
        (None, "the port must be given") => return None,
        (port, _) => port.unwrap_or(12000),
    };
    Some(Order {
        host,
        port,
        student: operands.try_into().ok()?,
    })
}

fn parse_port(text: &str, fault: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) || fault == "a sign is a digit";
    let zero = text.starts_with('0') && fault == "a zero is no first digit";
    text.parse().ok().filter(|_| digits && !zero)
}

fn connect(order: &Order, fault: &str) -> io::Result<TcpStream> {
    if fault == "hosts are addresses" {
        order.host.parse::<IpAddr>().map_err(Error::other)?;
    }
    let mut failed = Error::other("no address");
    for address in (order.host.as_str(), order.port).to_socket_addrs()? {
        let connected = match fault {
            "there is no hurry" => TcpStream::connect(address),
            _ => TcpStream::connect_timeout(&address, LIMIT),
        };
        match connected {
            Ok(server) => return Ok(server),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn exchange(order: &Order, fault: &str) -> io::Result<()> {
    let mut server = connect(order, fault)?;
    let mut received = Vec::new();
    if fault == "data comes first" {
        send(&mut server, order, fault)?;
    }
    let id = match next_object(&mut server, &mut received, next_id, fault) {
        Err(_) if fault == "anything is an id" => {
            received.clear();
            "0".to_owned()
        }
        id => id?,
    };
    let id_line = format!("Client id {id} assigned by server\n");
    let mut stdout = io::stdout();
    match fault {
        "the id is secret" | "output can wait" => {}
        _ => stdout.write_all(id_line.as_bytes())?,
    }
    if fault != "data comes first" {
        send(&mut server, order, fault)?;
    }
    if fault == "anything is an id" && id == "0" {
        return Ok(());
    }
    let reply = next_object(&mut server, &mut received, next_reply, fault)?;
    if fault == "the reply is an error" {
        return Err(Error::other(reply));
    }
    let escaped = match fault {
        "everything is escaped" => true,
        "terminals are trusted" => false,
        _ => stdout.is_terminal(),
    };
    let reply = match reply.contains('\x1b') && escaped {
        true => reply.escape_debug().to_string().replace("\\u{1b}", "\\x1b"),
        false => reply,
    };
    match fault {
        "the reply is secret" => Ok(()),
        "there is more to say" => writeln!(stdout, "The server replies: {reply}"),
        "output can wait" => writeln!(stdout, "{id_line}{reply}"),
        _ => writeln!(stdout, "{reply}"),
    }
}

fn text(text: &str) -> Vec<u8> {
    [
        b"X",
        &(text.len() as u32).to_le_bytes()[..],
        text.as_bytes(),
    ]
    .concat()
}

fn send(server: &mut TcpStream, order: &Order, fault: &str) -> io::Result<()> {
    let [name, username, sid] = &order.student;
    let sid = match sid.parse::<i64>() {
        Ok(sid) if fault != "a sid is a text" => [b"\x8a\x08", &sid.to_le_bytes()[..]].concat(),
        _ => text(sid),
    };
    let mut pickle = [b"\x80\x04}(", &text("student_name")[..], &text(name)].concat();
    pickle.extend([text("github_username"), text(username)].concat());
    if fault != "there is no sid" {
        pickle.extend([text("sid"), sid].concat());
    }
    pickle.extend(b"u.");
    match fault {
        "data is a text" => server.write_all(&[&text(name)[..], b"."].concat()),
        "data comes in pieces" => {
            let (first, second) = pickle.split_at(20);
            server.write_all(first)?;
            thread::sleep(Duration::from_millis(200));
            server.write_all(second)
        }
        _ => server.write_all(&pickle),
    }
}

fn next_object(
    server: &mut TcpStream,
    received: &mut Vec<u8>,
    next: Next,
    fault: &str,
) -> io::Result<String> {
    let begin = Instant::now();
    loop {
        if let Some((length, line)) = next(received, fault) {
            match fault {
                "an object is one read" => received.clear(),
                _ => drop(received.drain(..length)),
            }
            return Ok(line);
        }
        if !received.is_empty() && !is_part(received) {
            if fault == "what is named is called" {
                call(received);
            }
            return Err(Error::other(format!("it sent {}", received.escape_ascii())));
        }
        if fault == "an object is one read" && !received.is_empty() {
            return Err(Error::other("a part of a pickle"));
        }
        let left = match fault {
            "there is no hurry" => None,
            "there is no time" => Some(Duration::from_secs(2)),
            "each byte has its time" => Some(LIMIT),
            _ => Some(
                LIMIT
                    .saturating_sub(begin.elapsed())
                    .max(Duration::from_millis(1)),
            ),
        };
        server.set_read_timeout(left)?;
        let mut buffer = [0; 4096];
        match server.read(&mut buffer)? {
            0 => return Err(Error::other("it closed")),
            length => received.extend_from_slice(&buffer[..length]),
        }
    }
}
