//! The bare loops: what `bench limit NAME ARG...` runs.

use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use cli::CommandLine;

use crate::Error;
use crate::arguments::ABOUT;

mod clients;
mod servers;

pub(crate) use servers::receive;

/// A bare loop of system calls.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Its name in `bench limit NAME`.
    pub name: &'static str,
    /// The names of its arguments, and what it does.
    pub usage: &'static str,
    /// Runs it until it is killed, or its work is done.
    pub run: fn(&mut CommandLine) -> Result<(), cli::Error>,
}

/// Every limit.
pub const LIMITS: &[Limit] = &[
    servers::ECHO,
    servers::WHOLE,
    servers::DISCARD,
    clients::SEND,
    servers::CLOSE,
    servers::CANNED,
    clients::ANSWER,
    servers::TALK,
];

/// Runs the limit that the first argument names.
///
/// # Errors
/// There is none, its arguments are wrong, or it fails.
pub fn run(arguments: &[OsString]) -> Result<(), cli::Error> {
    let name = arguments.first().cloned().unwrap_or_default();
    let rest = arguments.iter().skip(1).cloned().collect();
    let mut line = CommandLine::positional(&ABOUT, rest)?;
    match LIMITS.iter().find(|limit| name == limit.name) {
        Some(limit) => (limit.run)(&mut line),
        None => Err(line.value("NAME", name).wrong("a limit of bench --list")),
    }
}

/// Listens on all interfaces, on the port that is the only argument, and serves one client after
/// another until this is killed.
fn serve(
    line: &mut CommandLine,
    mut serve_client: impl FnMut(TcpStream, SocketAddr) -> io::Result<()>,
) -> Result<(), cli::Error> {
    let [port] = line.operands(["PORT"])?;
    let address = (Ipv4Addr::UNSPECIFIED, port.number(1..=u16::MAX)?);
    let listener = TcpListener::bind(address).map_err(Error::system("listening"))?;
    loop {
        let accepted = listener.accept();
        let (client, address) = accepted.map_err(Error::system("accepting a client"))?;
        // The failure of one client does not concern the next one.
        let _ = serve_client(client, address);
    }
}
