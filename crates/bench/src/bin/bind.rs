//! The least that a server does until it listens: the limit of the figure `start`.

use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

/// Binds to the port that is the only argument, and accepts until it is killed.
fn main() -> ExitCode {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok());
    let Some(Ok(listener)) = port.map(|port: u16| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)))
    else {
        return ExitCode::FAILURE;
    };
    while listener.accept().is_ok() {}
    ExitCode::FAILURE
}
