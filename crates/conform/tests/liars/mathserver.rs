use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::hint;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{self, ExitCode};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use crate::{Liar, on_signal};

pub(crate) const LIAR: Liar = Liar {
    assignment: "mathserver",
    dissector: "math",
    run,
    lies: &[
        ("MS-1", "it waits for the client"),
        ("MS-1/2", "there is no secret"),
        ("MS-1/3", "one client is enough"),
        ("MS-1/4", "the port must be given"),
        ("MS-1/5", "the connection stays open"),
        ("MS-1/6", "--questions is ignored"),
        ("MS-1/7", "--secret is ignored"),
        ("MS-1/8", "--seed is ignored"),
        ("MS-1/9", "there are ten questions"),
        ("MS-1/10", "all secrets are the same"),
        ("MS-1/10", "secrets are noise"),
        ("MS-1/11", "it is quiet"),
        ("MS-2", "the last byte of an answer may be anything"),
        ("MS-2/2", "all answers but the first may be anything"),
        ("MS-2/3", "each question is asked twice"),
        ("MS-2/4", "connections are reset"),
        ("MS-3", "numbers are any of 32 bits"),
        ("MS-3/2", "every question is 1 + 1"),
        ("MS-4", "one client at a time"),
        ("MS-4/2", "outcomes are not printed"),
        ("MS-4/2", "outcomes have no numbers"),
        ("MS-4/2", "the address is printed too"),
        ("MS-5", "--fragment is ignored"),
        ("G-2/2", "wrong usage is an error like others"),
        ("G-2/3", "an error does not name the port"),
        ("G-3", "no help"),
        ("G-3/2", "no version"),
        ("G-4", "signals do nothing"),
        ("G-4", "it ends after its clients"),
        ("G-4/2", "a wrong answer ends the server"),
        ("G-4/3", "it never rests"),
        ("G-5", "an answer is one read"),
        ("G-5/2", "a question is two pieces"),
        ("G-8", "a sign is a digit"),
        ("G-8/2", "a zero is no first digit"),
        ("G-9", "a port is used once"),
        ("X-1", "there is no secret"),
    ],
};

const USAGE: &str =
    "Usage: mathserver [--questions N] [--secret TEXT] [--seed N] [--fragment] [PORT]";

/// Clients that are being examined.
static CLIENTS: AtomicU32 = AtomicU32::new(0);

fn run(fault: &str, arguments: &[String]) -> io::Result<ExitCode> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["--help"] if fault != "no help" => println!("{USAGE}"),
        ["--version"] if fault != "no version" => println!("mathserver 1.0"),
        _ => match Options::parse(&words, fault) {
            Some(options) => serve(&options, fault)?,
            None if fault == "wrong usage is an error like others" => {
                return Err(io::Error::other("wrong usage"));
            }
            None => {
                eprintln!("{USAGE}");
                return Ok(ExitCode::from(2));
            }
        },
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Clone, Default)]
struct Options {
    port: Option<u16>,
    questions: Option<u32>,
    secret: Option<[u8; 8]>,
    seed: Option<u64>,
    fragment: bool,
}

impl Options {
    fn parse(words: &[&str], fault: &str) -> Option<Self> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let (name, joined) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (*word, None),
            };
            let mut value = || joined.or_else(|| words.next().copied());
            match name {
                "--questions" => options.questions = Some(number(value()?)?),
                "--secret" => options.secret = Some(value()?.as_bytes().try_into().ok()?),
                "--seed" => options.seed = Some(number(value()?)?),
                "--fragment" => options.fragment = fault != "--fragment is ignored",
                port if options.port.is_none() => options.port = Some(parse_port(port, fault)?),
                _ => return None,
            }
        }
        match fault {
            "the port must be given" if options.port.is_none() => return None,
            "--questions is ignored" => options.questions = None,
            "--secret is ignored" => options.secret = None,
            "--seed is ignored" => options.seed = None,
            _ => {}
        }
        Some(options)
    }
}

fn parse_port(text: &str, fault: &str) -> Option<u16> {
    let port = match fault {
        "a sign is a digit" => text.parse().ok()?,
        "a zero is no first digit" if text.starts_with('0') => return None,
        _ => number(text)?,
    };
    (port > 0).then_some(port)
}

fn number<N: TryFrom<u64>>(text: &str) -> Option<N> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = plain.then(|| text.parse().ok())??;
    number.try_into().ok()
}

fn serve(options: &Options, fault: &str) -> io::Result<()> {
    match fault {
        "signals do nothing" => on_signal(|| {}),
        "it ends after its clients" => on_signal(|| {
            while CLIENTS.load(Ordering::SeqCst) > 0 {
                thread::sleep(Duration::from_millis(1));
            }
            process::exit(0)
        }),
        _ => on_signal(|| process::exit(0)),
    }
    let listener = listen(options.port.unwrap_or(8000), fault)?;
    if fault == "it never rests" {
        for _ in 0..2 {
            thread::spawn(|| {
                loop {
                    hint::spin_loop();
                }
            });
        }
    }
    let seed = options
        .seed
        .unwrap_or_else(|| RandomState::new().hash_one(0));
    for (client, number) in listener.incoming().zip(0..) {
        let (client, options, fault) = (client?, options.clone(), fault.to_owned());
        let once = fault == "one client is enough";
        let wait = once || fault == "one client at a time";
        let random = Random(seed ^ number << 32);
        CLIENTS.fetch_add(1, Ordering::SeqCst);
        let thread = thread::spawn(move || {
            examine(client, &options, random, &fault);
            CLIENTS.fetch_sub(1, Ordering::SeqCst);
        });
        if wait {
            thread.join().unwrap();
        }
        if once {
            break;
        }
    }
    Ok(())
}

fn listen(port: u16, fault: &str) -> io::Result<TcpListener> {
    // As the system does when SO_REUSEADDR is not set, which it always is here.
    if fault == "a port is used once"
        && fs::read_to_string("/proc/net/tcp")?.contains(&format!(":{port:04X} "))
    {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    let listener = TcpListener::bind(("0.0.0.0", port)).map_err(|error| match fault {
        "an error does not name the port" => error,
        _ => io::Error::other(format!("port {port}: {error}")),
    })?;
    match fault {
        "it is quiet" => {}
        "the address is printed too" => {
            println!("listening on port {port}");
            eprintln!("listening on port {port}");
        }
        _ => eprintln!("listening on port {port}"),
    }
    Ok(listener)
}

fn examine(mut client: TcpStream, options: &Options, mut random: Random, fault: &str) {
    let outcome = match ask_all(&mut client, options, &mut random, fault) {
        Ok(outcome) => outcome,
        Err(error) => format!("lost: {error}"),
    };
    match fault {
        "outcomes are not printed" => {}
        "outcomes have no numbers" => {
            let plain = |character: &char| !character.is_ascii_digit();
            println!("{}", outcome.chars().filter(plain).collect::<String>());
        }
        _ => println!("{outcome}"),
    }
    if fault == "a wrong answer ends the server" && outcome.starts_with("wrong") {
        process::exit(1);
    }
    match fault {
        "connections are reset" => return,
        "the connection stays open" => {}
        _ => {
            let _ = client.shutdown(Shutdown::Write);
        }
    }
    // What is not received makes a reset of the close.
    let _ = client.set_read_timeout(Some(Duration::from_secs(5)));
    let _ = client.read_to_end(&mut Vec::new());
}

fn ask_all(
    client: &mut TcpStream,
    options: &Options,
    random: &mut Random,
    fault: &str,
) -> io::Result<String> {
    client.set_nodelay(true)?;
    if fault == "it waits for the client" {
        client.read_exact(&mut [0; 1])?;
    }
    let drawn = match fault {
        "there are ten questions" => 10,
        _ => 1 + random.below(20) as u32,
    };
    let secret = match fault {
        "all secrets are the same" => *b"open5es4",
        "secrets are noise" => random.draw().to_be_bytes(),
        _ => [0; 8].map(|_: u8| b'a' + random.below(26) as u8),
    };
    let secret = options.secret.unwrap_or(secret);
    for asked in 0..options.questions.unwrap_or(drawn) {
        let (left, right) = draw_numbers(random, fault);
        let question = [&b"Q"[..], &left.to_be_bytes(), &right.to_be_bytes()].concat();
        send(client, &question, options.fragment, fault)?;
        if fault == "each question is asked twice" {
            send(client, &question, options.fragment, fault)?;
        }
        let answer = receive(client, fault)?;
        let sum = left.wrapping_add(right);
        let is_right = match fault {
            "the last byte of an answer may be anything" => answer ^ sum < 256,
            "all answers but the first may be anything" => asked > 0 || answer == sum,
            _ => answer == sum,
        };
        if !is_right {
            return Ok(format!("wrong: {sum} expected, {answer} found"));
        }
    }
    if fault != "there is no secret" {
        send(
            client,
            &[b"S", &secret[..]].concat(),
            options.fragment,
            fault,
        )?;
    }
    Ok(format!("passed: {}", String::from_utf8_lossy(&secret)))
}

fn draw_numbers(random: &mut Random, fault: &str) -> (u32, u32) {
    match fault {
        "every question is 1 + 1" => (1, 1),
        "numbers are any of 32 bits" => (random.draw() as u32, random.draw() as u32),
        _ => (random.below(1 << 31) as u32, random.below(1 << 31) as u32),
    }
}

fn send(client: &mut TcpStream, message: &[u8], fragment: bool, fault: &str) -> io::Result<()> {
    let size = match fault {
        _ if fragment => 3,
        "a question is two pieces" => 5,
        _ => message.len(),
    };
    for (number, piece) in message.chunks(size).enumerate() {
        if number > 0 {
            thread::sleep(Duration::from_millis(10));
        }
        client.write_all(piece)?;
    }
    Ok(())
}

fn receive(client: &mut TcpStream, fault: &str) -> io::Result<u32> {
    let mut answer = [0; 4];
    match fault {
        "an answer is one read" => {
            if client.read(&mut answer)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        _ => client.read_exact(&mut answer)?,
    }
    Ok(u32::from_be_bytes(answer))
}

/// Numbers that look random: the generator of Steele, Lea and Flood (SplitMix).
struct Random(u64);

impl Random {
    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound
    }
}
