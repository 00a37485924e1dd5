//! Free ports, and who listens on them.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketType, bind, socket};

use crate::error::Error;
use crate::process::Process;
use crate::program::Program;
use crate::tree;

/// Ports that are handed out: within every range that an assignment asks for, and below those
/// that systems give to outgoing connections, which could take one in the meantime. Above those
/// that the assignments' programs use if they are told none, 12,000 being the highest: even to see
/// whether one is free would take it away for a moment.
const FIRST: u16 = 12_001;
const COUNT: u16 = 19_999;

/// A server that found its port taken is started again this often at most.
const ATTEMPTS: usize = 5;

/// The state LISTEN in `/proc/net/tcp`.
const LISTEN: &str = "0A";

/// The state TIME_WAIT.
const TIME_WAIT: &str = "06";

/// A port on which nobody listens or was connected a moment ago, between 12,001 and 31,999.
///
/// No port is handed out twice by one process. Another process may take it before it is used;
/// [`start_server`] notices that.
///
/// # Errors
/// [`Error::System`] if no socket can be made, or every port is taken.
pub fn free_port() -> Result<u16, Error> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Processes that run side by side start at places of their own.
    let offset = (std::process::id().wrapping_mul(7919) % u32::from(COUNT)) as u16;
    for _ in 0..COUNT {
        let index = NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
        let port = FIRST + (index + offset) % COUNT;
        match is_free(port) {
            Ok(true) => return Ok(port),
            Ok(false) => {}
            Err(error) => {
                return Err(Error::System {
                    doing: "looking for a free port",
                    error,
                });
            }
        }
    }
    let error = io::ErrorKind::AddrInUse.into();
    Err(Error::System {
        doing: "looking for a free port",
        error,
    })
}

/// Without SO_REUSEADDR, so that the leftovers of former connections count as well: programs that
/// do not set it need a port without any.
fn is_free(port: u16) -> io::Result<bool> {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    match bind(&socket, &SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port)) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::ADDRINUSE) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Starts the server that `program` describes for a free port, and waits until it listens there.
/// Returns it with the address to connect to.
///
/// If the server ends because somebody else took the port meanwhile, it is started with another.
///
/// # Errors
/// Those of [`Program::start`] and [`Process::wait_listening`].
///
/// ```no_run
/// # use std::time::Duration;
/// # use harness::{Peer, Program, start_server};
/// # fn main() -> Result<(), harness::Error> {
/// let (server, address) = start_server(Duration::from_secs(10), |port| {
///     Program::new("target/debug/tcp_server").arg("-p").arg(port.to_string())
/// })?;
/// let mut peer = Peer::connect(address)?;
/// peer.send(b"\x08\0\0\x05hello")?;
/// assert_eq!(peer.receive_exactly(9, Duration::from_secs(10))?, b"\0\0\0\x05HELLO");
/// # Ok(())
/// # }
/// ```
pub fn start_server(
    within: Duration,
    program: impl Fn(u16) -> Program,
) -> Result<(Process, SocketAddr), Error> {
    let mut attempts = ATTEMPTS;
    loop {
        attempts -= 1;
        let port = free_port()?;
        let process = program(port).start()?;
        match process.wait_listening(port, within) {
            Ok(address) => return Ok((process, address)),
            Err(Error::Ended { seen, .. }) if attempts > 0 && was_taken(port, &seen) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether somebody else has the port, or had it when the program asked for it: then the program says
/// so, in the system's words or in its own.
fn was_taken(port: u16, seen: &str) -> bool {
    seen.to_lowercase().contains("in use") || !is_free(port).unwrap_or(true)
}

/// Finding out where it listens.
impl Process {
    /// Where the process, or one that it started, listens for TCP connections (Linux).
    ///
    /// Found without connecting, which a server that serves one client at a time would notice.
    #[must_use]
    pub fn listening(&self) -> Vec<SocketAddr> {
        listening_in(self.mark(), |_| true)
    }

    /// Waits until the process, or one that it started, listens on `port`, and returns where to
    /// connect to: the address it is bound to, or loopback if it is bound to all.
    ///
    /// On Linux nothing connects, as in [`listening`](Self::listening); elsewhere one connection
    /// to 127.0.0.1 is made, and closed.
    ///
    /// # Errors
    /// [`Error::Ended`] if the process ends without having left one behind that could listen,
    /// [`Error::Deadline`] if it runs on.
    pub fn wait_listening(&self, port: u16, within: Duration) -> Result<SocketAddr, Error> {
        let expected = format!("the program listens on port {port}");
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        let mut was_over = false;
        loop {
            // Asked first, so that what it did just before its end is still seen.
            let over = self.exit().is_some() && tree::members(self.mark()).is_empty();
            if let Some(address) = reachable(self.mark(), port) {
                return Ok(address);
            }
            // Twice, because `members` can miss one for a moment.
            if over && was_over {
                return Err(self.ended(expected));
            }
            was_over = over;
            let Some(left) = within.checked_sub(start.elapsed()) else {
                return Err(self.late(expected, within));
            };
            // Nothing tells of a socket that starts to listen.
            pause = (pause * 2).min(Duration::from_millis(20));
            thread::sleep(pause.min(left));
        }
    }
}

/// Where anybody on this machine listens on `port` (Linux; elsewhere nothing is found).
#[must_use]
pub fn listening_on(port: u16) -> Vec<SocketAddr> {
    let mut addresses: Vec<_> = listeners().into_values().collect();
    addresses.retain(|address| address.port() == port);
    addresses
}

/// Where the processes that carry `mark` listen, among the addresses that are `expected`.
pub(crate) fn listening_in(mark: &str, expected: impl Fn(&SocketAddr) -> bool) -> Vec<SocketAddr> {
    let mut candidates = listeners();
    candidates.retain(|_, address| expected(address));
    if candidates.is_empty() {
        return Vec::new();
    }
    let inodes: HashSet<u64> = tree::members(mark)
        .into_iter()
        .flat_map(tree::socket_inodes)
        .collect();
    candidates.retain(|inode, _| inodes.contains(inode));
    candidates.into_values().collect()
}

/// Where to connect to for `port` of the processes that carry `mark`, once they listen on it.
#[cfg(target_os = "linux")]
pub(crate) fn reachable(mark: &str, port: u16) -> Option<SocketAddr> {
    let mut addresses = listening_in(mark, |address| address.port() == port);
    // A server may listen for both families: IPv4 is what its clients use.
    addresses.sort();
    addresses.first().copied().map(to_connect)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn reachable(_mark: &str, port: u16) -> Option<SocketAddr> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    std::net::TcpStream::connect(address)
        .is_ok()
        .then_some(address)
}

/// The address a client uses for a server that is bound to `bound`.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn to_connect(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}

/// Every listening TCP socket of the machine by its inode number.
///
/// Linux lists them first; what is left of former connections, often tens of thousands, is not
/// read.
fn listeners() -> HashMap<u64, SocketAddr> {
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|path| File::open(path).ok())
        .flat_map(|table| listeners_in(BufReader::new(table)))
        .collect()
}

fn listeners_in(table: impl BufRead) -> impl Iterator<Item = (u64, SocketAddr)> {
    let lines = table.lines().map_while(Result::ok);
    lines
        .take_while(|line| line.split_whitespace().nth(3) != Some(TIME_WAIT))
        .filter_map(|line| listener(&line))
}

/// A line of `/proc/net/tcp`: number, local address, remote address, state, five fields of
/// queues, timers and user, inode number.
fn listener(line: &str) -> Option<(u64, SocketAddr)> {
    let mut fields = line.split_whitespace().skip(1);
    let local = fields.next()?;
    let state = fields.nth(1)?;
    let inode = fields.nth(5)?;
    if state != LISTEN {
        return None;
    }
    let (ip, port) = local.split_once(':')?;
    let address = SocketAddr::new(ip_from_hex(ip)?, u16::from_str_radix(port, 16).ok()?);
    Some((inode.parse().ok()?, address))
}

/// One or four words of 32 bits in the machine's own byte order.
fn ip_from_hex(hex: &str) -> Option<IpAddr> {
    let words: Vec<u8> = (0..hex.len())
        .step_by(8)
        .filter_map(|start| u32::from_str_radix(hex.get(start..start + 8)?, 16).ok())
        .flat_map(u32::to_ne_bytes)
        .collect();
    match words.len() {
        4 => <[u8; 4]>::try_from(words).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(words).ok().map(IpAddr::from),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn reads_the_table_of_sockets() {
        let line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 \
                    1000        0 12345 1 0000000000000000 100 0 0 10 0";
        assert_eq!(
            listener(line),
            Some((12345, "127.0.0.1:8080".parse().unwrap()))
        );
        let line = "   1: 00000000000000000000000001000000:2EE0 00000000000000000000000000000000:0000 0A \
                    00000000:00000000 00:00000000 00000000     0        0 99 1 0000000000000000 100 0 0 10 0";
        assert_eq!(listener(line), Some((99, "[::1]:12000".parse().unwrap())));
        let heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt";
        assert_eq!(listener(heading), None);
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn the_table_is_read_up_to_what_is_left_of_former_connections() {
        let line = |port, state, inode| {
            format!(
                "   0: 0100007F:{port} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000 \
                 1000        0 {inode} 1 0000000000000000 100 0 0 10 0\n"
            )
        };
        let table = [
            line("1F90", LISTEN, 11),
            line("1F91", "01", 12),
            line("1F92", LISTEN, 13),
            line("1F93", TIME_WAIT, 0),
            line("1F94", LISTEN, 14),
        ];
        let inodes: Vec<u64> = listeners_in(table.concat().as_bytes())
            .map(|(inode, _)| inode)
            .collect();
        assert_eq!(inodes, [11, 13]);
    }

    #[test]
    fn connected_sockets_do_not_count() {
        let line = "   0: 0100007F:1F90 0100007F:9000 01 00000000:00000000 00:00000000 00000000 \
                    1000        0 12345 1 0000000000000000 100 0 0 10 0";
        assert_eq!(listener(line), None);
    }

    #[test]
    fn free_ports_are_free_and_never_the_same() {
        let ports: Vec<u16> = (0..50).map(|_| free_port().unwrap()).collect();
        let different: HashSet<u16> = ports.iter().copied().collect();
        assert_eq!(different.len(), ports.len());
        for port in ports {
            assert!((10_000..32_000).contains(&port), "{port}");
        }
    }

    #[test]
    fn a_port_in_use_is_not_free() {
        let listener = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
        assert!(!is_free(listener.local_addr().unwrap().port()).unwrap());
    }
}
