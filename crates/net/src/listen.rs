use std::fmt;
use std::io;
use std::net::{SocketAddrV4, TcpListener};

use rustix::net::{AddressFamily, SocketType, sockopt};

/// Listens on an IPv4 address, with room for `backlog` connections that wait to be accepted
/// (A-13, P-1; `std` fixes the backlog).
///
/// The socket has SO_REUSEADDR, so that a restart works at once after clients were connected
/// (G-9), and TCP_NODELAY, which accepted connections inherit: a small answer is never held back
/// for the acknowledgement of the one before. Port 0 lets the system choose.
///
/// # Errors
/// [`ListenError`] names the address and what the system said: the port is in use, not permitted,
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
    rustix::net::bind(&socket, &address)?;
    rustix::net::listen(&socket, backlog)?;
    Ok(TcpListener::from(socket))
}

/// Why listening on an address failed.
#[derive(Debug)]
pub struct ListenError {
    /// The address that was asked for.
    pub address: SocketAddrV4,
    /// What the system said.
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

impl std::error::Error for ListenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

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
    fn accepted_connections_do_not_delay_small_writes() {
        let listener = listen(loopback(0), 10).unwrap();
        let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert!(listener.accept().unwrap().0.nodelay().unwrap());
    }
}
