//! The port, and where the server listens.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use harness::{Exit, Input, Listener};

use super::messages::{has_number, prints};
use super::records::{is_erroneous_after, is_given_up, refuses_create, refuses_read};
use super::{ASSIGNMENT, is_sent, is_served, nothing_is_stored, send, serve_here, store};
use crate::checks::common::listens_on_all_interfaces;
use crate::checks::default_port;
use crate::checks::messages::{
    BORDER_PORTS, WRONG_PORTS, create, ends_with_a_text, has_status, read, response,
};
use crate::{Arguments, Check, Problem, Trial};

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
            let mut reader = send(trial, address, &read(b"nobody"))?;
            reader.expect(&response(0, &[]))?;
            let port = reader.local_address().port();
            prints(trial, &format!("127.0.0.1 and {port}"), |text| {
                text.contains("127.0.0.1") && has_number(text, port)
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
    .waits(1),
    Check::must(
        "C-7/2",
        "so is a client that stops in the middle of its request, and nothing is stored",
        "3.3.1: if reading is not possible without gap, the request is erroneous",
        |trial| {
            let address = trial.serve()?;
            let request = create(b"alice", b"erin", b"wrong");
            // In the header, behind it, and in the message.
            for length in [3, 7, request.len() - 1] {
                let mut client = send(trial, address, request.get(..length).unwrap_or(&request))?;
                is_given_up(trial, &mut client)?;
            }
            nothing_is_stored(trial, address, b"erin")
        },
    )
    .waits(3),
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
            is_given_up(trial, &mut client)?;
            let waited = start.elapsed();
            if waited >= EARLIEST {
                return Ok(());
            }
            let happened = format!("it is closed after {:.1} seconds", waited.as_secs_f64());
            Err(Problem::broken("a second to send the request in", happened))
        },
    )
    .waits(1),
    // More than once: both pieces may be there before a busy machine lets the server look.
    Check::must(
        "C-7/4",
        "a request whose end comes a tenth of a second after its header is valid",
        "3.5: a sender's bytes may come in parts; gaps of one second or more are detected",
        |trial| {
            const TIMES: usize = 3;
            const PAUSE: Duration = Duration::from_millis(100);
            let address = trial.serve()?;
            for _ in 0..TIMES {
                let mut sender = trial.connect(address)?;
                // The pause comes after the header.
                sender.send_in_pieces(b"\xae\x73\x02\x05\x05\0\x05", 7, PAUSE)?;
                sender.send(b"alicefrankhello")?;
                sender.expect_gone()?;
            }
            let messages = [(&b"alice"[..], &b"hello"[..]); TIMES];
            is_sent(trial, address, b"frank", &response(0, &messages))
        },
    ),
    // It never stalls for a second, but takes four.
    Check::should(
        "C-7/5",
        "a client that never stalls, but takes longer than a second, is given up",
        "3.1: the complete request must be read within a maximum of one second after accept()",
        |trial| {
            const PAUSE: Duration = Duration::from_millis(200);
            let address = trial.serve()?;
            let mut client = trial.connect(address)?;
            // The server may close before all is sent.
            let _ = client.send_in_pieces(&create(b"alice", b"erin", b"slow"), 1, PAUSE);
            is_given_up(trial, &mut client)?;
            nothing_is_stored(trial, address, b"erin")
        },
    )
    .waits(4),
    Check::must(
        "C-8",
        "a client that closes in the header is erroneous",
        "3.3.1: if the seven bytes of the fixed header cannot be read, the request is erroneous",
        |trial| is_erroneous_after(trial, &[0, 1, 6]),
    ),
    Check::must(
        "C-8/2",
        "a client that closes before it has sent what it announced is erroneous",
        "3.3.1: if the server reads fewer than the expected number of bytes, the request is \
         erroneous",
        |trial| is_erroneous_after(trial, &[7, 9, 15, 20]),
    ),
    Check::should(
        "C-8/3",
        "more bytes than announced are erroneous",
        "3.3.1: if the server reads more than the expected number of bytes, the request is \
         erroneous; one that reads exactly as many bytes never sees more",
        |trial| {
            let address = trial.serve()?;
            for surplus in [1, 20_000] {
                let with_surplus = |request: Vec<u8>| [request, vec![b'!'; surplus]].concat();
                let create = with_surplus(create(b"alice", b"erin", b"wrong"));
                refuses_create(trial, address, &create)?;
                refuses_read(trial, address, &with_surplus(read(b"dave")))?;
            }
            Ok(())
        },
    ),
    Check::should(
        "C-8/4",
        "a client that has sent its request may close its sending side",
        "not in the assignment: clients that send once often do",
        |trial| {
            let address = trial.serve()?;
            store(trial, address, b"alice", b"grace", b"hello")?;
            let mut reader = send(trial, address, &read(b"grace"))?;
            reader.shutdown_write()?;
            reader.expect(&response(0, &[(b"alice", b"hello")]))?;
            reader.expect_gone()
        },
    ),
];

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
