use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::Connection;

/// The addresses that a host name stands for, in the system's order of preference.
///
/// `host` is a name or an IPv4 or IPv6 address, without brackets.
///
/// # Errors
/// [`ResolveError`] when the name is unknown or no address.
pub fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, ResolveError> {
    let failed = |error| ResolveError {
        host: host.escape_debug().to_string(),
        error,
    };
    let addresses: Vec<_> = (host, port).to_socket_addrs().map_err(failed)?.collect();
    if addresses.is_empty() {
        return Err(failed(io::Error::from(io::ErrorKind::NotFound)));
    }
    Ok(addresses)
}

/// Connects to the first address that accepts, giving each of them the time `within` (G-10).
///
/// The connection has TCP_NODELAY: small requests are not held back (M-9).
///
/// # Errors
/// [`ConnectError`] lists every address with its own reason.
pub fn connect(addresses: &[SocketAddr], within: Duration) -> Result<Connection, ConnectError> {
    let mut attempts = Vec::new();
    for &address in addresses {
        match connect_to(address, within) {
            Ok(connection) => return Ok(connection),
            Err(error) => attempts.push((address, error)),
        }
    }
    Err(ConnectError { attempts })
}

fn connect_to(address: SocketAddr, within: Duration) -> io::Result<Connection> {
    let stream = TcpStream::connect_timeout(&address, within)?;
    stream.set_nodelay(true)?;
    Ok(Connection::new(stream, address))
}

/// Why a host name gave no address.
#[derive(Debug, thiserror::Error)]
#[error("cannot find the host \"{host}\": {error}")]
pub struct ResolveError {
    /// The host as it was given, with control characters escaped.
    pub host: String,
    /// What the system reported.
    pub error: io::Error,
}

/// Why no address accepted a connection.
#[derive(Debug)]
pub struct ConnectError {
    /// Every address that was tried, with what the system reported to it.
    pub attempts: Vec<(SocketAddr, io::Error)>,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot connect")?;
        for (index, (address, error)) in self.attempts.iter().enumerate() {
            let join = if index == 0 { " to" } else { ", nor to" };
            match error.kind() {
                io::ErrorKind::ConnectionRefused => {
                    write!(
                        f,
                        "{join} {address}: connection refused; is the server running there?"
                    )
                }
                io::ErrorKind::TimedOut => write!(f, "{join} {address}: no answer in time"),
                _ => write!(f, "{join} {address}: {error}"),
            }?;
        }
        Ok(())
    }
}

impl std::error::Error for ConnectError {}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::fd::OwnedFd;

    use rustix::net::{AddressFamily, SocketType};

    use super::*;

    /// An address on which no program listens, for as long as the socket is kept.
    fn refusing() -> (OwnedFd, SocketAddr) {
        let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        rustix::net::bind(&socket, &"127.0.0.1:0".parse::<SocketAddr>().unwrap()).unwrap();
        let address = rustix::net::getsockname(&socket)
            .unwrap()
            .try_into()
            .unwrap();
        (socket, address)
    }

    #[test]
    fn g_10_every_address_is_tried_until_one_accepts() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (_socket, refusing) = refusing();
        let connection = connect(&[refusing, address], Duration::from_secs(5)).unwrap();
        assert_eq!(connection.peer(), address);
    }

    #[test]
    fn a_refusal_names_every_address() {
        let ((_first, first), (_second, second)) = (refusing(), refusing());
        let error = connect(&[first, second], Duration::from_secs(5)).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "cannot connect to {first}: connection refused; is the server running there?, \
                 nor to {second}: connection refused; is the server running there?"
            )
        );
    }

    #[test]
    fn an_unknown_host_is_named_and_escaped() {
        let error = resolve("no\u{1b}where.invalid", 80).unwrap_err();
        assert!(
            error.to_string().contains("\"no\\u{1b}where.invalid\""),
            "{error}"
        );
    }

    #[test]
    fn addresses_of_both_families_are_resolved() {
        assert_eq!(
            resolve("127.0.0.1", 80).unwrap(),
            ["127.0.0.1:80".parse().unwrap()]
        );
        assert_eq!(resolve("::1", 80).unwrap(), ["[::1]:80".parse().unwrap()]);
    }
}
