use std::fmt;
use std::io;
use std::net::{SocketAddrV4, TcpListener};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, sockopt};

/// Listens on an IPv4 address, with room for `backlog` connections that wait to be accepted
/// (A-13, P-1; `std` fixes the backlog).
///
/// The socket has SO_REUSEADDR, so that a restart works right after clients were connected (G-9).
/// Accepted connections inherit TCP_NODELAY, so that a small answer is never held back for the
/// acknowledgement of the one before, and SO_KEEPALIVE: a client that has vanished, its cable
/// pulled say, is noticed within two minutes (G-11). Port 0 lets the system choose.
///
/// # Errors
/// [`ListenError`] names the address and what the system reported: the port is in use, not permitted,
/// or the address is not this machine's.
pub fn listen(address: SocketAddrV4, backlog: i32) -> Result<TcpListener, ListenError> {
    open(address, backlog).map_err(|error| ListenError {
        address,
        error: error.into(),
    })
}

fn open(address: SocketAddrV4, backlog: i32) -> rustix::io::Result<TcpListener> {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    sockopt::set_tcp_nodelay(&socket, true)?;
    set_keepalive(&socket)?;
    rustix::net::bind(&socket, &address)?;
    rustix::net::listen(&socket, backlog)?;
    Ok(TcpListener::from(socket))
}

/// After a minute of silence the system asks six times, every ten seconds, whether the client is
/// still there.
fn set_keepalive(socket: &OwnedFd) -> rustix::io::Result<()> {
    sockopt::set_socket_keepalive(socket, true)?;
    sockopt::set_tcp_keepidle(socket, Duration::from_secs(60))?;
    sockopt::set_tcp_keepintvl(socket, Duration::from_secs(10))?;
    sockopt::set_tcp_keepcnt(socket, 6)
}

/// Why listening on an address failed.
#[derive(Debug)]
pub struct ListenError {
    /// The address that was asked for.
    pub address: SocketAddrV4,
    /// What the system reported.
    pub error: io::Error,
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, error } = self;
        let port = address.port();
        match error.kind() {
            io::ErrorKind::AddrInUse => write!(
                f,
                "cannot listen on {address}: port {port} is in use by another program; \
                 stop it or choose another port"
            ),
            io::ErrorKind::PermissionDenied => write!(
                f,
                "cannot listen on {address}: port {port} is not permitted to this user; \
                 choose one above 1023"
            ),
            io::ErrorKind::AddrNotAvailable => {
                write!(
                    f,
                    "cannot listen on {address}: it is not an address of this machine"
                )
            }
            _ => write!(f, "cannot listen on {address}: {error}"),
        }
    }
}

impl std::error::Error for ListenError {}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn loopback(port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)
    }

    #[test]
    fn a_port_in_use_is_named() {
        let first = listen(loopback(0), 10).unwrap();
        let port = first.local_addr().unwrap().port();
        let error = listen(loopback(port), 10).unwrap_err();
        assert_eq!(error.error.kind(), io::ErrorKind::AddrInUse);
        let text = error.to_string();
        assert!(
            text.contains(&format!("127.0.0.1:{port}")) && text.contains("in use"),
            "{text}"
        );
    }

    #[test]
    fn an_address_of_another_machine_is_refused() {
        let error = listen("192.0.2.1:0".parse().unwrap(), 10).unwrap_err();
        assert!(
            error.to_string().contains("not an address of this machine"),
            "{error}"
        );
    }

    #[test]
    fn g_9_a_port_is_free_again_right_after_a_connection_was_closed_by_the_server() {
        let listener = listen(loopback(0), 10).unwrap();
        let address = listener.local_addr().unwrap();
        let client = std::net::TcpStream::connect(address).unwrap();
        // The side that closes first stays in TIME_WAIT.
        drop(listener.accept().unwrap());
        drop(listener);
        listen(loopback(address.port()), 10).unwrap();
        drop(client);
    }

    #[test]
    fn g_11_a_client_that_has_vanished_is_noticed() {
        let listener = listen(loopback(0), 10).unwrap();
        let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (served, _) = listener.accept().unwrap();
        assert!(sockopt::socket_keepalive(&served).unwrap());
        let silence = sockopt::tcp_keepidle(&served).unwrap();
        let probes =
            sockopt::tcp_keepintvl(&served).unwrap() * sockopt::tcp_keepcnt(&served).unwrap();
        assert_eq!(silence + probes, Duration::from_secs(120));
    }

    #[test]
    fn accepted_connections_do_not_delay_small_writes() {
        let listener = listen(loopback(0), 10).unwrap();
        let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert!(listener.accept().unwrap().0.nodelay().unwrap());
    }
}
