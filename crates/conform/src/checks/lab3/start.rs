//! Where the server listens, and which clients it serves.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use harness::{Event, Exit, Input, Signal, shown};

use super::client::{A_MOMENT, connected, is_served};
use crate::checks::default_port;
use crate::checks::pickle::LONGEST;
use crate::{Arguments, Check, Outcome, Problem};

pub(super) const CHECKS: &[Check] = &[
    Check::should(
        "P-1",
        "without arguments it listens on 127.0.0.1, port 12000",
        "Hint 3: host = \"127.0.0.1\", port = 12000 (another port will do: Testing your program)",
        |trial| {
            let addresses = default_port::listens_on(trial, &Arguments::new(), DEFAULT_PORT)?;
            listens_on(&addresses, DEFAULT_PORT)
        },
    ),
    Check::must(
        "P-1/2",
        "ten clients may wait while one is served, and are served then",
        "Hint 3: will keep only 10 clients waiting in the server queue",
        |trial| {
            let served = connected(trial)?;
            let address = served.conversation.remote_address();
            let waiting = (0..QUEUE).map(|_| trial.connect(address));
            let waiting = waiting.collect::<Result<Vec<_>, _>>()?;
            drop(served);
            // What they are sent is the matter of P-3; each leaves when it has been served.
            let timeout = trial.timeout();
            for (served, mut client) in waiting.into_iter().enumerate() {
                let event = client.next_event(LONGEST, timeout);
                if !matches!(event, Event::Data(_)) {
                    return Err(Problem::broken(
                        format!("{QUEUE} clients that wait are served"),
                        format!("{event}, after {served} of them"),
                    ));
                }
            }
            Ok(())
        },
    )
    .needs(&["P-3", "P-10"]),
    // The server is stopped meanwhile, so that it takes nobody from the queue.
    Check::should(
        "P-1/3",
        "no more than ten wait",
        "Hint 3: additional requests when the queue is full will be dropped",
        |trial| {
            /// A connection that is not dropped takes far less.
            const SOON: Duration = Duration::from_millis(300);
            /// Linux takes one more than it is told, and a server may take some before it stops.
            const MOST: usize = QUEUE + 5;
            let address = trial.serve()?;
            trial.process()?.signal_group(Signal::STOP)?;
            thread::sleep(A_MOMENT);
            let mut waiting = Vec::new();
            while waiting.len() <= MOST {
                match TcpStream::connect_timeout(&address, SOON) {
                    Ok(client) => waiting.push(client),
                    Err(_) => break,
                }
            }
            trial.process()?.signal_group(Signal::CONT)?;
            if waiting.len() > MOST {
                let happened = format!("{} clients could connect", waiting.len());
                let expected = format!("{QUEUE} clients can wait, the next ones are dropped");
                return Err(Problem::broken(expected, happened));
            }
            drop(waiting);
            is_served(trial, address)
        },
    ),
    Check::should(
        "P-1/4",
        "it listens on the host that it is given, and on no other",
        "Hint 3: bind the IP address and the port",
        |trial| {
            trial.may_choose_arguments()?;
            let port = trial.serve()?.port();
            let addresses = trial.process()?.listening();
            listens_on(&addresses, port)
        },
    ),
    Check::should(
        "P-1/5",
        "with port 0 the system chooses, and the line says which",
        "Testing your program: bind a random port to it",
        |trial| {
            trial.may_choose_arguments()?;
            let timeout = trial.timeout();
            let server = trial.start(&Arguments::words(["127.0.0.1", "0"]), Input::Pipe)?;
            let line = loop {
                let line = server.wait_line(timeout)?;
                if line.starts_with(LISTENING) {
                    break line;
                }
            };
            let addresses = server.listening();
            let is_named =
                |address: &SocketAddr| line == format!("{LISTENING}127.0.0.1/{}", address.port());
            if addresses.iter().any(is_named) {
                return Ok(());
            }
            let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
            Err(Problem::broken(
                format!("the line \"{LISTENING}127.0.0.1/PORT\" with the port that it listens on"),
                format!(
                    "it listens on \"{}\", and the line is {}",
                    addresses.join(", "),
                    shown(line.as_bytes())
                ),
            ))
        },
    ),
    // Which name or address it gives the host is its own.
    Check::should(
        "P-2",
        "once it listens it prints where",
        "the skeleton of the course's server: Server listening at HOST/PORT",
        |trial| {
            let port = trial.serve()?.port();
            let end = format!("/{port}");
            trial.wait_printed(
                &format!("the line \"{LISTENING}127.0.0.1/{port}\""),
                |printed| {
                    let mut lines = printed.lines().map(str::trim);
                    lines.any(|line| line.starts_with(LISTENING) && line.ends_with(&end))
                },
            )
        },
    ),
];

const DEFAULT_PORT: u16 = 12_000;

/// Clients that may wait.
const QUEUE: usize = 10;

fn listens_on(addresses: &[SocketAddr], port: u16) -> Outcome {
    if addresses.is_empty() {
        let reason = "this system does not say where a program listens";
        return Err(Problem::not_in_this_run(reason.to_owned()));
    }
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    if addresses == [wanted] {
        return Ok(());
    }
    let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    Err(Problem::broken(
        format!("it listens on {wanted} and nowhere else"),
        format!("it listens on {}", addresses.join(", ")),
    ))
}

const LISTENING: &str = "Server listening at ";

pub(super) fn is_error_about(exit: Exit, stderr: &[u8], what: &str) -> Outcome {
    if exit == Exit::Status(1) && String::from_utf8_lossy(stderr).contains(what) {
        return Ok(());
    }
    Err(Problem::broken(
        format!("status 1, and {what} on standard error"),
        format!("{exit}, and {}", shown(stderr)),
    ))
}
