//! The port, and where the server listens.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use harness::{Exit, Input, Listener};

use super::messages::{has_number, prints};
use super::records::{is_erroneous_after, is_given_up, refuses_create, refuses_read};
use super::{
    ASSIGNMENT, RECORDS, SERVED, is_sent, is_served, nothing_is_stored, send, serve_here, store,
};
use crate::checks::common::listens_on_all_interfaces;
use crate::checks::default_port;
use crate::checks::messages::{
    BORDER_PORTS, WRONG_PORTS, create, ends_with_a_text, has_status, message, name, read, response,
};
use crate::{Arguments, Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "C-5",
        "the ports 1023 and 64001 are refused with a message, and the server exits",
        "3.1: the port number should be between 1,024 and 64,000 (inclusive); if it is not, the \
         server prints an appropriate error message and exits",
        |trial| {
            for port in WRONG_PORTS {
                refused(trial, &[port])?;
            }
            Ok(())
        },
    ),
    Check::must(
        "C-5/2",
        "the server listens on the ports 1024 and 64000",
        "3.1: the port number should be between 1,024 and 64,000 (inclusive)",
        |trial| {
            for port in BORDER_PORTS {
                default_port::listens_on(trial, &ASSIGNMENT.arguments_at(port), port)?;
            }
            Ok(())
        },
    ),
    Check::must(
        "C-5/3",
        "a port in use gets a message, and the server exits",
        "3.1: if bind() does not work, the server prints an appropriate error message and exits",
        |trial| refused_port_in_use(trial).map(drop),
    ),
    Check::should(
        "C-5/4",
        "no argument, or two, are refused with status 2",
        "3.1: the server accepts one parameter",
        |trial| {
            let port = trial.port()?.to_string();
            for words in [&[][..], &[port.as_str(), port.as_str()]] {
                has_status(refused(trial, words)?, 2)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "C-5/5",
        "the status for a port out of range is 2",
        "3.1: the server prints an error message and exits; the status is not in the assignment",
        |trial| {
            for port in WRONG_PORTS {
                has_status(refused(trial, &[port])?, 2)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "C-5/6",
        "the status for a port in use is 1",
        "3.1: the server prints an error message and exits; the status is not in the assignment",
        |trial| has_status(refused_port_in_use(trial)?, 1),
    ),
    Check::should(
        "C-5/7",
        "the server listens on all interfaces",
        "3.1: it is probably a good idea to bind to 0.0.0.0",
        listens_on_all_interfaces,
    ),
    Check::must(
        "C-6",
        "the client's IP address and port are printed",
        "3.1: the server prints a message with the IP address and port number of the client from \
         which the connection originated",
        |trial| {
            let address = serve_here(trial)?;
            let reader = send(trial, address, &read("nobody"))?;
            let client = reader.local_address();
            let (ip, port) = (client.ip().to_string(), client.port());
            prints(trial, &format!("{ip} and {port}"), |text| {
                text.contains(&ip) && has_number(text, port)
            })
        },
    ),
    Check::must(
        "C-7",
        "a client that sends nothing is given up after a second, and the next one is served",
        "3.1: the request must be read within one second after accept(); else the server closes \
         the socket and goes back to the start of the loop",
        |trial| {
            let address = trial.serve()?;
            let mut client = trial.connect(address)?;
            is_given_up(trial, &mut client)?;
            is_served(trial, address)
        },
    )
    .waits(1)
    .needs(&["C-10", "C-12/6"]),
    Check::must(
        "C-7/2",
        "so is a client that stops in the middle of its request, and nothing is stored",
        "3.3.1: if reading is not possible without gap, the request is erroneous",
        |trial| {
            let address = trial.serve()?;
            let (receiver, (sender, text)) = (name(trial), message(trial));
            let request = create(sender, &receiver, text);
            // In the header, after it, and in the message.
            let within = trial.random().usize(1..7);
            for length in [within, 7, request.len() - 1] {
                let mut client = send(trial, address, &request[..length])?;
                is_given_up(trial, &mut client)?;
            }
            nothing_is_stored(trial, address, &receiver)
        },
    )
    .waits(3)
    .needs(&["C-7"]),
    // The time is taken from before the connection: a busy machine makes it longer, never shorter.
    Check::must(
        "C-7/3",
        "a client is not given up before the second is over",
        "3.1: a maximum of one second after accept()",
        |trial| {
            const EARLIEST: Duration = Duration::from_millis(900);
            let address = trial.serve()?;
            let start = Instant::now();
            let mut client = trial.connect(address)?;
            // That it is given up at all is C-7.
            client.glance(1, EARLIEST);
            let waited = start.elapsed();
            if waited >= EARLIEST {
                return Ok(());
            }
            let happened = format!("it is closed after {:.1} seconds", waited.as_secs_f64());
            Err(Problem::broken("a second to send the request in", happened))
        },
    )
    .waits(1)
    .needs(SERVED),
    Check::must(
        "C-7/4",
        "a request that comes in two parts, a tenth of a second apart, is valid",
        "3.5: the TCP of a sender decides how many packets it sends, and their sizes; gaps of one \
         second or more are detected",
        |trial| {
            const PAUSE: Duration = Duration::from_millis(100);
            let receiver = name(trial);
            let address = trial.serve()?;
            let mut messages = Vec::new();
            let within = trial.random().usize(1..7);
            // In the header, after it, in the sender and in the text.
            for split in [within, 7, 9, usize::MAX] {
                let (sender, text) = message(trial);
                let request = create(&sender, &receiver, &text);
                let (first, second) = request.split_at(split.min(request.len() - 3));
                let mut client = send(trial, address, first)?;
                thread::sleep(PAUSE);
                client.send(second)?;
                client.next_event(1, trial.timeout());
                messages.push((sender, text));
            }
            is_sent(trial, address, &receiver, &messages)
        },
    )
    .needs(&["C-1", "C-1/2", "C-10/8"]),
    // It never stalls for a second, but takes four.
    Check::should(
        "C-7/5",
        "a client that never stalls, but takes longer than a second, is given up",
        "3.1: the complete request must be read within a maximum of one second after accept()",
        |trial| {
            const PAUSE: Duration = Duration::from_millis(200);
            let (receiver, address) = (name(trial), trial.serve()?);
            let mut client = trial.connect(address)?;
            // The server may close before all is sent.
            let _ = client.send_in_pieces(&create("alice", &receiver, "slow"), 1, PAUSE);
            is_given_up(trial, &mut client)?;
            nothing_is_stored(trial, address, &receiver)
        },
    )
    .waits(4)
    .needs(&["C-7"]),
    // A server that a busy machine lets accept late has not been asked: another try.
    Check::should(
        "C-7/6",
        "so is one that sends its request in two halves, 0.8 and 1.6 seconds after accept",
        "3.1: the complete request must be read within a maximum of one second after accept()",
        |trial| {
            const TRIES: u32 = 3;
            let address = trial.serve()?;
            let mut outcome = Ok(());
            for _ in 0..TRIES {
                outcome = refuses_halves(trial, address);
                if outcome.is_ok() {
                    break;
                }
            }
            outcome
        },
    )
    .waits(2)
    .needs(&["C-7"]),
    Check::must(
        "C-8",
        "a client that closes in the header is erroneous",
        "3.3.1: if the seven bytes of the fixed header cannot be read, the request is erroneous",
        |trial| {
            let within = trial.random().usize(2..6);
            is_erroneous_after(trial, [0, 1, within, 6])
        },
    )
    .needs(&["C-10", "C-12/6"]),
    Check::must(
        "C-8/2",
        "a client that closes before it has sent what it announced is erroneous",
        "3.3.1: if the server reads fewer than the expected number of bytes, the request is \
         erroneous",
        |trial| {
            let within = trial.random().usize(9..30);
            is_erroneous_after(trial, [7, 8, within, usize::MAX])
        },
    )
    .needs(&["C-8"]),
    Check::should(
        "C-8/3",
        "more bytes than announced are erroneous",
        "3.3.1: if the server reads more than the expected number of bytes, the request is \
         erroneous; one that reads exactly as many bytes never sees more",
        |trial| {
            let address = trial.serve()?;
            for surplus in [1, trial.random().usize(2..1000), 20_000] {
                let with_surplus = |request: Vec<u8>| [request, vec![b'!'; surplus]].concat();
                refuses_create(trial, address, |(sender, text), receiver| {
                    with_surplus(create(sender, receiver, text))
                })?;
                refuses_read(trial, address, |user| with_surplus(read(user)))?;
            }
            Ok(())
        },
    )
    .needs(&["C-1", "C-1/2", "C-12/5"]),
    Check::should(
        "C-8/4",
        "a client that has sent its request may close its sending side",
        "not in the assignment: clients that send once often do",
        |trial| {
            let (receiver, message) = (name(trial), message(trial));
            let address = trial.serve()?;
            store(trial, address, &receiver, &message)?;
            let mut reader = send(trial, address, &read(&receiver))?;
            reader.shutdown_write()?;
            reader.expect_bytes(&response(0, &[message]))
        },
    )
    .needs(RECORDS),
];

fn refuses_halves(trial: &mut Trial<'_>, address: SocketAddr) -> Outcome {
    const PAUSE: Duration = Duration::from_millis(800);
    let (receiver, (sender, text)) = (name(trial), message(trial));
    let request = create(sender, &receiver, text);
    let (first, second) = request.split_at(request.len() / 2);
    let mut client = trial.connect(address)?;
    for half in [first, second] {
        thread::sleep(PAUSE);
        // The server may have closed.
        let _ = client.send(half);
    }
    is_given_up(trial, &mut client)?;
    nothing_is_stored(trial, address, &receiver)
}

/// Starts the server with words that it has to refuse.
pub(super) fn refused(trial: &mut Trial<'_>, words: &[&str]) -> Result<Exit, Problem> {
    trial.may_choose_arguments()?;
    let timeout = trial.timeout();
    trial.start(&Arguments::words(words), Input::Pipe)?;
    ends_with_a_text(trial, timeout)
}

/// Starts the server on a port that is taken.
fn refused_port_in_use(trial: &mut Trial<'_>) -> Result<Exit, Problem> {
    let timeout = trial.timeout();
    let port = trial.port()?;
    let _listener = Listener::at(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))?;
    trial.start(&ASSIGNMENT.arguments_at(port), Input::Pipe)?;
    ends_with_a_text(trial, timeout)
}
