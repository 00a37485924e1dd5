//! Connections to the servers, from many addresses of this machine.
//!
//! A connection that its client has closed first keeps its port for a minute (TIME_WAIT). One
//! address has some 28,000 ports, which a long run would use up; a hundred addresses have enough.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt::{
    Timeout, set_socket_linger, set_socket_recv_buffer_size, set_socket_timeout,
};
use rustix::net::{AddressFamily, SocketType};

/// Clients connect from 127.0.1.1 to 127.0.1.100 in turn (Linux: all of 127.0.0.0/8 is loopback).
const SOURCES: u32 = 100;

/// The receive buffer of a client that does not receive, in bytes. The system makes it as small as
/// it can.
const TINY_BUFFER: usize = 1;

/// Connects within the time; reads and writes wait as long as that, too.
///
/// # Errors
/// The system's error.
pub(crate) fn connect(address: SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
    connect_from(next_source(), address, timeout, None)
}

/// Connects with hardly any room for what the server sends.
///
/// # Errors
/// The system's error.
pub(crate) fn connect_without_room(
    address: SocketAddr,
    timeout: Duration,
) -> io::Result<TcpStream> {
    connect_from(next_source(), address, timeout, Some(TINY_BUFFER))
}

/// Tears the connection down: a reset instead of an orderly end, and nothing is left of it.
pub(crate) fn reset(stream: TcpStream) {
    // It can fail only for what is no socket.
    let _ = set_socket_linger(&stream, Some(Duration::ZERO));
    drop(stream);
}

fn next_source() -> Ipv4Addr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let source = NEXT.fetch_add(1, Ordering::Relaxed) % SOURCES;
    Ipv4Addr::from_bits(Ipv4Addr::new(127, 0, 1, 1).to_bits() + source)
}

fn connect_from(
    source: Ipv4Addr,
    address: SocketAddr,
    timeout: Duration,
    room: Option<usize>,
) -> io::Result<TcpStream> {
    // No process is started after the first connection: none can inherit it.
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None)?;
    if let Some(room) = room {
        set_socket_recv_buffer_size(&socket, room)?;
    }
    rustix::net::bind(&socket, &SocketAddrV4::new(source, 0))?;
    // On Linux the limit on sending is one on connecting as well.
    set_socket_timeout(&socket, Timeout::Send, Some(timeout))?;
    match rustix::net::connect(&socket, &address) {
        Err(Errno::INPROGRESS | Errno::AGAIN) => return Err(io::ErrorKind::TimedOut.into()),
        connected => connected?,
    }
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(timeout))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
