//! A client that stores and reads messages.

use std::io::{self, BufRead, ErrorKind, IsTerminal, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use crate::Liar;

pub(crate) const LIAR: Liar = Liar {
    assignment: "client",
    dissector: "message",
    run,
    lies: &[
        ("C-1", "a read request has a receiver"),
        ("C-1/2", "the message goes before the receiver"),
        ("C-1/3", "MessageLen is little-endian"),
        ("C-1/4", "lengths are in characters"),
        ("C-1/5", "lengths are in characters"),
        ("C-17", "a fifth argument is overlooked"),
        ("C-17", "errors are not printed"),
        ("C-17/2", "any port is good"),
        ("C-17/3", "the ports end before 64000"),
        ("C-17/4", "any name is good"),
        ("C-17/5", "a name has 254 bytes at most"),
        ("C-17/6", "any type is good"),
        ("C-17/7", "errors are not printed"),
        ("C-17/8", "a host is an address"),
        ("C-17/9", "every error has status 3"),
        ("C-17/10", "the host is looked up when all is entered"),
        ("C-18", "there are no prompts"),
        ("C-18/2", "any entry is good"),
        ("C-18/3", "any entry is good"),
        ("C-18/4", "entries are shorter by one"),
        ("C-18/5", "invalid entries are not mentioned"),
        ("C-18/6", "every error has status 3"),
        ("C-18/7", "entries are counted in characters"),
        ("C-18/8", "entries are trimmed"),
        ("C-19", "it connects before it asks"),
        ("C-20", "sending is not mentioned"),
        ("C-20/2", "sending is not mentioned"),
        ("C-20/3", "errors are not printed"),
        ("C-20/4", "every error has status 3"),
        ("C-20/5", "it waits for a response to create"),
        ("C-21", "senders are not printed"),
        ("C-21", "the last message is printed first"),
        ("C-21/2", "text is Latin-1"),
        ("C-21/3", "100 messages are enough"),
        ("C-21/4", "a text has 60,000 bytes at most"),
        ("C-21/5", "that there are no messages is not mentioned"),
        ("C-21/6", "that there are more is not mentioned"),
        ("C-21/7", "it waits for a twentieth of a second"),
        ("C-21/8", "the response ends when the server closes"),
        ("C-21/7", "a header comes in one piece"),
        ("C-21/9", "a text has 60,000 bytes at most"),
        ("C-21/10", "a text has two bytes at least"),
        ("C-22", "any MagicNo is good"),
        ("C-22/2", "any ID is good"),
        ("C-22/3", "any MoreMsgs is good"),
        ("C-22/4", "any SenderLen is good"),
        ("C-22/5", "any MessageLen is good"),
        ("C-22/6", "it waits forever"),
        ("C-22/6", "errors are not printed"),
        ("C-22/7", "it waits forever"),
        ("C-22/8", "it waits forever"),
        ("C-22/9", "what has come of a text is printed"),
        ("C-22/10", "it waits for a twentieth of a second"),
        ("C-22/11", "what has come of a text is printed"),
        ("C-22/12", "errors are not printed"),
        ("C-22/13", "every error has status 3"),
        ("C-22/14", "messages are printed when all have come"),
        ("C-22/15", "a gap ends it with a panic"),
        ("C-23", "a terminal gets what comes"),
        ("C-23/2", "a pipe gets escapes"),
        ("C-23/3", "none and more is an error"),
        ("C-24", "messages are on standard error"),
        ("G-3", "there is no help"),
        ("G-3/2", "there is no help"),
        ("G-3/3", "help is everywhere"),
        ("G-4/2", "it panics on a wrong MagicNo"),
        ("G-5", "a header comes in one piece"),
        ("G-8", "a port may have a sign"),
        ("G-8/2", "a port has no leading zeros"),
        ("G-10", "it connects to ::1 alone"),
        ("X-1", "the last message is printed first"),
    ],
};

fn run(fault: &str, arguments: &[String]) -> io::Result<ExitCode> {
    let is_help = |argument: &String| argument == "--help";
    let asks = match arguments {
        [argument] => argument.as_str(),
        _ if fault == "help is everywhere" && arguments.iter().any(is_help) => "--help",
        _ => "",
    };
    match asks {
        "--help" if fault != "there is no help" => println!("usage: client HOST PORT NAME TYPE"),
        "--version" if fault != "there is no help" => println!("client 1.0"),
        _ => return talk(fault, arguments),
    }
    Ok(ExitCode::SUCCESS)
}

fn talk(fault: &str, arguments: &[String]) -> io::Result<ExitCode> {
    let Some(call) = parse(fault, arguments) else {
        return Ok(complain(fault, "usage: client HOST PORT NAME TYPE", 2));
    };
    match exchange(&call) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => Ok(complain(fault, &error.to_string(), 1)),
    }
}

fn complain(fault: &str, error: &str, status: u8) -> ExitCode {
    if fault != "errors are not printed" {
        eprintln!("ERROR: {error}");
    }
    ExitCode::from(if fault == "every error has status 3" {
        3
    } else {
        status
    })
}

struct Call<'a> {
    fault: &'a str,
    host: &'a str,
    port: u16,
    name: &'a str,
    creates: bool,
}

fn parse<'a>(fault: &'a str, arguments: &'a [String]) -> Option<Call<'a>> {
    let (host, port, name, kind) = match arguments {
        [host, port, name, kind] => (host, port, name, kind),
        [host, port, name, kind, _] if fault == "a fifth argument is overlooked" => {
            (host, port, name, kind)
        }
        _ => return None,
    };
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    if !digits && fault != "a port may have a sign" {
        return None;
    }
    if port.starts_with('0') && fault == "a port has no leading zeros" {
        return None;
    }
    let port = port.parse().ok()?;
    let last = if fault == "the ports end before 64000" {
        63999
    } else {
        64000
    };
    if !(1024..=last).contains(&port) && fault != "any port is good" {
        return None;
    }
    let longest = if fault == "a name has 254 bytes at most" {
        254
    } else {
        255
    };
    if !(1..=longest).contains(&name.len()) && fault != "any name is good" {
        return None;
    }
    if !["read", "create"].contains(&kind.as_str()) && fault != "any type is good" {
        return None;
    }
    Some(Call {
        fault,
        host,
        port,
        name,
        creates: kind == "create",
    })
}

fn exchange(call: &Call<'_>) -> io::Result<()> {
    let fault = call.fault;
    let mut addresses = Vec::new();
    if fault != "the host is looked up when all is entered" {
        addresses = look_up(call)?;
    }
    let mut early = None;
    if fault == "it connects before it asks" {
        early = Some(connect(&addresses)?);
    }
    let (mut receiver, mut text) = (String::new(), String::new());
    if call.creates {
        receiver = ask(fault, "receiver", 254)?;
        text = ask(fault, "message", 65_534)?;
    }
    if addresses.is_empty() {
        addresses = look_up(call)?;
    }
    let mut server = match early {
        Some(server) => server,
        None => connect(&addresses)?,
    };
    server.write_all(&request(call, &receiver, &text))?;
    if fault != "sending is not mentioned" {
        println!("the request is sent");
    }
    if call.creates {
        if fault == "it waits for a response to create" {
            server.read_exact(&mut [0])?;
        }
        return Ok(());
    }
    server.set_read_timeout(Some(match fault {
        "it waits forever" => Duration::from_secs(1000),
        "it waits for a twentieth of a second" => Duration::from_millis(50),
        _ => Duration::from_secs(1),
    }))?;
    print_response(fault, &mut server)?;
    if fault == "the response ends when the server closes" {
        server.read_to_end(&mut Vec::new())?;
    }
    Ok(())
}

fn look_up(call: &Call<'_>) -> io::Result<Vec<SocketAddr>> {
    let host = match call.fault {
        "a host is an address" => {
            call.host.parse::<IpAddr>().map_err(io::Error::other)?;
            call.host
        }
        "it connects to ::1 alone" if call.host == "localhost" => "::1",
        _ => call.host,
    };
    Ok((host, call.port).to_socket_addrs()?.collect())
}

fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    TcpStream::connect(addresses)
}

fn ask(fault: &str, what: &str, longest: usize) -> io::Result<String> {
    let longest = if fault == "entries are shorter by one" {
        longest - 1
    } else {
        longest
    };
    let mut mentioned = false;
    loop {
        if fault != "there are no prompts"
            && !(fault == "invalid entries are not mentioned" && mentioned)
        {
            println!("{what}: ");
        }
        mentioned = true;
        let mut line = Vec::new();
        if io::stdin().lock().read_until(b'\n', &mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        let mut entry = String::from_utf8_lossy(line).into_owned();
        if fault == "entries are trimmed" {
            entry = entry.trim().to_owned();
        }
        let length = match fault {
            "entries are counted in characters" => entry.chars().count(),
            _ => entry.len(),
        };
        if (1..=longest).contains(&length) || fault == "any entry is good" {
            return Ok(entry);
        }
        if fault != "invalid entries are not mentioned" {
            eprintln!("ERROR: 1 to {longest} bytes");
        }
    }
}

fn request(call: &Call<'_>, receiver: &str, text: &str) -> Vec<u8> {
    let length = |text: &str| match call.fault {
        "lengths are in characters" => text.chars().count(),
        _ => text.len(),
    };
    let id = if call.creates { 2 } else { 1 };
    let mut record = vec![0xae, 0x73, id, length(call.name) as u8];
    record.push(match call.fault {
        "a read request has a receiver" if !call.creates => length(call.name) as u8,
        _ => length(receiver) as u8,
    });
    let text_length = length(text) as u16;
    record.extend(match call.fault {
        "MessageLen is little-endian" => text_length.to_le_bytes(),
        _ => text_length.to_be_bytes(),
    });
    record.extend(call.name.as_bytes());
    if call.fault == "the message goes before the receiver" {
        record.extend([text, receiver].concat().as_bytes());
    } else {
        record.extend([receiver, text].concat().as_bytes());
    }
    record
}

fn wrong<T>(what: &str) -> io::Result<T> {
    Err(io::Error::other(what.to_owned()))
}

fn receive(fault: &str, server: &mut TcpStream, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    let mut filled = 0;
    while filled < count {
        match server.read(&mut bytes[filled..]) {
            Ok(0) | Err(_) if fault == "what has come of a text is printed" && filled > 7 => break,
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) if fault == "a header comes in one piece" && read < count => {
                return wrong("a piece of a header");
            }
            Ok(read) => filled += read,
            Err(_) if fault == "a gap ends it with a panic" => panic!("a gap"),
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

fn print_response(fault: &str, server: &mut TcpStream) -> io::Result<()> {
    let header = receive(fault, server, 5)?;
    let [m0, m1, id, items, more] = header[..] else {
        return wrong("no header");
    };
    if [m0, m1] != [0xae, 0x73] {
        match fault {
            "any MagicNo is good" => {}
            "it panics on a wrong MagicNo" => panic!("MagicNo"),
            _ => return wrong("MagicNo"),
        }
    }
    if id != 3 && fault != "any ID is good" {
        return wrong("ID");
    }
    if more > 1 && fault != "any MoreMsgs is good" {
        return wrong("MoreMsgs");
    }
    if items == 0 && more == 1 && fault == "none and more is an error" {
        return wrong("NumItems");
    }
    if items == 0 && fault != "that there are no messages is not mentioned" {
        println!("there are no messages");
    }
    let mut kept = Vec::new();
    for item in 0..items {
        let (sender, text) = receive_message(fault, server)?;
        match fault {
            "the last message is printed first" => kept.insert(0, (sender, text)),
            "messages are printed when all have come" => kept.push((sender, text)),
            "100 messages are enough" if item >= 100 => {}
            _ => print_message(fault, &sender, &text)?,
        }
    }
    for (sender, text) in &kept {
        print_message(fault, sender, text)?;
    }
    if more == 1 && fault != "that there are more is not mentioned" {
        println!("there are more messages");
    }
    Ok(())
}

fn receive_message(fault: &str, server: &mut TcpStream) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let header = receive(fault, server, 3)?;
    let [sender, high, low] = header[..] else {
        return wrong("no message header");
    };
    let length = u16::from_be_bytes([high, low]);
    if sender == 0 && fault != "any SenderLen is good" {
        return wrong("SenderLen");
    }
    if length < 2 && fault == "a text has two bytes at least" {
        return wrong("the text is too short");
    }
    if length == 0 && fault != "any MessageLen is good" {
        return wrong("MessageLen");
    }
    let sender = receive(fault, server, sender.into())?;
    let mut text = receive(fault, server, length.into())?;
    if fault == "a text has 60,000 bytes at most" {
        text.truncate(60_000);
    }
    Ok((sender, text))
}

fn print_message(fault: &str, sender: &[u8], text: &[u8]) -> io::Result<()> {
    let escapes = match fault {
        "a terminal gets what comes" => false,
        "a pipe gets escapes" => true,
        _ => io::stdout().is_terminal(),
    };
    let text = match fault {
        "text is Latin-1" => text
            .iter()
            .copied()
            .map(char::from)
            .collect::<String>()
            .into(),
        _ if escapes => harness::escape(text).to_string().into_bytes(),
        _ => text.to_vec(),
    };
    let sender = if fault == "senders are not printed" {
        b""
    } else {
        sender
    };
    let line = [sender, b": ", &text, b"\n"].concat();
    match fault {
        "messages are on standard error" => io::stderr().write_all(&line),
        _ => io::stdout().write_all(&line),
    }
}
