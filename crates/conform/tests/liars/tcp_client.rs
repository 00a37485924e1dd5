#![allow(clippy::print_stdout)]

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Shutdown, TcpStream};
use std::process::{self, ExitCode};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use crate::Liar;

pub(crate) const LIAR: Liar = Liar {
    assignment: "tcp_client",
    dissector: "action",
    run,
    lies: &[
        ("TC-1", "8 bits of action"),
        ("TC-1/2", "- is the name of a file"),
        ("TC-1/3", "a message is one word"),
        ("TC-1/4", "16 bits of length"),
        ("TC-1/5", "no long options"),
        ("TC-1/6", "no default host"),
        ("TC-1/7", "no default port"),
        ("TC-1/8", "the length is that of the characters"),
        ("TC-1/9", "CR belongs to the message"),
        ("TC-1/10", "no help"),
        ("TC-1/11", "an empty file is an error"),
        ("TC-2", "each response is waited for"),
        ("TC-2", "responses stand on one line"),
        ("TC-2/2", "a response is what one read gives"),
        ("TC-2/3", "error is not printed"),
        ("TC-2/4", "empty responses are not printed"),
        ("TC-2/5", "everything is printed at the end"),
        ("TC-2/6", "the whole file is read first"),
        ("TC-2/7", "nothing is received before all is sent"),
        ("TC-2/8", "the number of responses is printed"),
        ("TC-3", "an empty line is the end"),
        ("TC-3/2", "wrong lines are not reported"),
        ("TC-3/3", "an action without a space has an empty message"),
        ("TC-4", "errors are not said"),
        ("TC-4/2", "errors are not said"),
        ("TC-4/3", "errors are not said"),
        ("TC-4/4", "errors are not said"),
        ("TC-4/5", "errors are not said"),
        ("G-2", "success is status 3"),
        ("G-2/2", "wrong arguments are ignored"),
        ("G-3", "no help"),
        ("G-3/2", "no version"),
        ("G-4/2", "a wrong response is a panic"),
        ("G-5", "a header is what one read gives"),
        ("G-7", "memory for what is announced"),
        ("G-8", "any number is a port"),
        ("G-8/2", "no leading zeros"),
        ("G-10", "a host is an address"),
        ("X-1", "responses stand on one line"),
    ],
};

struct Options {
    host: String,
    port: u16,
    file: String,
}

fn run(fault: &str, arguments: &[String]) -> io::Result<ExitCode> {
    // It lives as long as the program.
    let fault: &'static str = fault.to_owned().leak();
    let options = match parse(fault, arguments) {
        Ok(options) => options,
        Err(exit) => return Ok(exit),
    };
    match exchange(fault, &options) {
        Err(_) if fault == "errors are not said" => Ok(ExitCode::SUCCESS),
        Err(_) if fault == "a wrong response is a panic" => process::exit(101),
        Ok(_) if fault == "success is status 3" => Ok(ExitCode::from(3)),
        exit => exit,
    }
}

fn parse(fault: &str, arguments: &[String]) -> Result<Options, ExitCode> {
    let (mut host, mut port, mut files) = ("localhost".to_owned(), 8083, Vec::new());
    if fault == "no default host" {
        host.clear();
    }
    if fault == "no default port" {
        port = 0;
    }
    let wrong = || {
        eprintln!("wrong arguments");
        ExitCode::from(2)
    };
    let mut words = arguments.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "--help" if fault != "no help" => {
                println!("Usage: tcp_client [--help] [-v] [-h HOST] [-p PORT] FILE");
                return Err(ExitCode::SUCCESS);
            }
            "--version" if fault != "no version" => {
                println!("tcp_client 1.0");
                return Err(ExitCode::SUCCESS);
            }
            "--host" | "--port" | "--verbose" if fault == "no long options" => return Err(wrong()),
            "-v" | "--verbose" => {}
            "-h" | "--host" => host = words.next().ok_or_else(wrong)?.to_owned(),
            "-p" | "--port" => {
                let value = words.next().ok_or_else(wrong)?;
                // Rust reads a sign too.
                let any = fault == "any number is a port";
                let zero = value.starts_with('0') && fault == "no leading zeros";
                if zero || !any && !value.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(wrong());
                }
                port = value.parse().map_err(|_| wrong())?;
            }
            "-" => files.push(word.to_owned()),
            _ if word.starts_with('-') => return Err(wrong()),
            _ => files.push(word.to_owned()),
        }
    }
    let is_one = files.len() == 1 || fault == "wrong arguments are ignored";
    let file = files.into_iter().next().filter(|_| is_one);
    let file = file.ok_or_else(wrong)?;
    Ok(Options { host, port, file })
}

fn exchange(fault: &'static str, options: &Options) -> io::Result<ExitCode> {
    let file: Box<dyn BufRead + Send> = match options.file.as_str() {
        "-" if fault != "- is the name of a file" => Box::new(BufReader::new(io::stdin())),
        file => Box::new(BufReader::new(File::open(file)?)),
    };
    if fault == "a host is an address" {
        options.host.parse::<IpAddr>().map_err(io::Error::other)?;
    }
    let stream = TcpStream::connect((options.host.as_str(), options.port))?;
    let (came, coming) = mpsc::channel();
    let sender = stream.try_clone()?;
    let (done, all_sent) = mpsc::channel();
    let sending = thread::spawn(move || {
        let sent = send_all(file, &sender, fault, &coming);
        let sent = sender.shutdown(Shutdown::Write).and(sent);
        let _ = done.send(());
        sent
    });
    if fault == "nothing is received before all is sent" {
        let _ = all_sent.recv();
    }
    let mut received = 0;
    let mut output = Vec::new();
    while let Some(response) = receive(&stream, fault)? {
        received += 1;
        let _ = came.send(());
        match (fault, response.as_slice()) {
            ("error is not printed", b"error") | ("empty responses are not printed", b"") => {}
            ("responses stand on one line", _) => output.extend([&response[..], b" "].concat()),
            _ => output.extend([&response[..], b"\n"].concat()),
        }
        if fault != "everything is printed at the end" {
            print(&mut output)?;
        }
    }
    print(&mut output)?;
    let (sent, wrong) = sending.join().map_err(|_| io::Error::other("panic"))??;
    if fault == "the number of responses is printed" {
        println!("{received} responses");
    }
    if fault == "an empty file is an error" && sent == 0 {
        return Err(io::Error::other("the file is empty"));
    }
    if received < sent {
        return Err(io::Error::other("responses are missing"));
    }
    Ok(ExitCode::from(u8::from(wrong > 0)))
}

fn print(output: &mut Vec<u8>) -> io::Result<()> {
    io::stdout().write_all(output)?;
    output.clear();
    io::stdout().flush()
}

/// Returns how many requests were sent, and how many lines were none.
fn send_all(
    mut file: Box<dyn BufRead + Send>,
    mut stream: &TcpStream,
    fault: &str,
    coming: &Receiver<()>,
) -> io::Result<(usize, usize)> {
    if fault == "the whole file is read first" {
        let mut whole = Vec::new();
        file.read_to_end(&mut whole)?;
        file = Box::new(io::Cursor::new(whole));
    }
    let (mut sent, mut wrong) = (0, 0);
    for (number, line) in file.lines().enumerate() {
        let line = line?;
        // `lines` takes CRLF away too.
        let line = match fault {
            "CR belongs to the message" => format!("{line}\r"),
            _ => line,
        };
        if line.is_empty() && fault == "an empty line is the end" {
            break;
        }
        match request(&line, fault) {
            Some(request) => {
                stream.write_all(&request)?;
                sent += 1;
                if fault == "each response is waited for" {
                    let _ = coming.recv();
                }
            }
            None if line.is_empty() => {}
            None => {
                wrong += 1;
                if fault != "wrong lines are not reported" {
                    eprintln!("line {}: no request", number + 1);
                }
            }
        }
    }
    Ok((sent, wrong))
}

fn request(line: &str, fault: &str) -> Option<Vec<u8>> {
    let (action, message) = match line.split_once(' ') {
        None if fault == "an action without a space has an empty message" => (line, ""),
        words => words?,
    };
    let actions = ["uppercase", "lowercase", "reverse", "shuffle", "random"];
    let bit = actions.iter().position(|name| *name == action)?;
    let message = match fault {
        "a message is one word" => message.split(' ').next()?,
        _ => message,
    };
    let length = match fault {
        "the length is that of the characters" => message.chars().count() as u32,
        "16 bits of length" => message.len() as u32 & 0xffff,
        _ => message.len() as u32,
    };
    let shift = if fault == "8 bits of action" { 24 } else { 27 };
    let header = (1 << bit << shift | length).to_be_bytes();
    Some([&header, message.as_bytes()].concat())
}

/// The next response; `None` if the server closes.
fn receive(mut stream: &TcpStream, fault: &str) -> io::Result<Option<Vec<u8>>> {
    let mut header = [0; 4];
    let first = stream.read(&mut header)?;
    if first == 0 {
        return Ok(None);
    }
    if fault != "a header is what one read gives" {
        stream.read_exact(&mut header[first..])?;
    }
    let length = u32::from_be_bytes(header);
    let mut response = match fault {
        "memory for what is announced" => vec![1; length.min(1 << 28) as usize],
        _ => Vec::new(),
    };
    response.clear();
    if fault == "a response is what one read gives" {
        response.resize(length as usize, 0);
        let count = stream.read(&mut response)?;
        response.truncate(count);
        return Ok(Some(response));
    }
    stream.take(length.into()).read_to_end(&mut response)?;
    if response.len() < length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(response))
}
