//! Arguments.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::time::Instant;

use harness::{Input, Listener};

use super::{arguments, asks, start};
use crate::checks::usage::is_refused;
use crate::{Check, Outcome, Problem, Trial};

pub(super) const CHECKS: &[Check] = &[
    Check::must(
        "M-8",
        "the host may be a name",
        "Overview: the first argument is the hostname",
        |trial| connects_to(trial, "localhost", Ipv4Addr::LOCALHOST.into()),
    ),
    Check::must(
        "M-8/2",
        "the host is the one of the argument",
        "Connecting to the Server: do not hardcode HOST and PORT; the autograder will use \
         different values",
        |trial| connects_to(trial, "127.0.0.2", Ipv4Addr::new(127, 0, 0, 2).into()),
    ),
    Check::should(
        "M-8/3",
        "wrong arguments are refused with status 2",
        "Overview: your script takes 2 command line arguments",
        |trial| {
            for words in [
                &[][..],
                &["127.0.0.1"],
                &["127.0.0.1", "0"],
                &["127.0.0.1", "8000", "9000"],
            ] {
                is_refused(trial, words)?;
            }
            Ok(())
        },
    ),
    Check::should(
        "M-8/4",
        "the host may be an IPv6 address",
        "Connecting to the Server: do not hardcode HOST and PORT",
        |trial| {
            if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
                let reason = "this system has no IPv6";
                return Err(Problem::not_in_this_run(reason));
            }
            connects_to(trial, "::1", Ipv6Addr::LOCALHOST.into())
        },
    ),
    // One whose answers wait for acknowledgements needs 40 seconds.
    Check::should(
        "M-9",
        "a thousand questions take no time",
        "not in the assignment: what a careful user expects",
        |trial| {
            const QUESTIONS: u32 = 1000;
            let timeout = trial.timeout();
            let mut server = start(trial)?;
            let begin = Instant::now();
            for answered in 0..QUESTIONS {
                asks(trial, &mut server)?;
                if begin.elapsed() > timeout {
                    return Err(Problem::broken(
                        format!(
                            "{QUESTIONS} answers within {:.1} seconds",
                            timeout.as_secs_f64()
                        ),
                        format!("only {answered}"),
                    ));
                }
            }
            Ok(())
        },
    )
    .needs(&["M-1"]),
];

fn connects_to(trial: &mut Trial<'_>, host: &str, address: IpAddr) -> Outcome {
    let listener = Listener::at(SocketAddr::new(address, 0))?;
    trial.start(&arguments(host, listener.port()), Input::Pipe)?;
    trial.accept(&listener).map(drop)
}
