//! Free ports, and who listens on them.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::bind;

use crate::error::Error;
use crate::process::Process;
use crate::program::Program;
use crate::sockets::{Listeners, claimed, tcp_socket};
use crate::tree;

/// Ports that are handed out: within every range that an assignment asks for, and below those
/// that systems give to outgoing connections, which could take one in the meantime. Above those
/// that the assignments' programs use if they are told none, 12,000 being the highest: even to see
/// whether one is free would take it away for a moment.
const FIRST: u16 = 12_001;
const COUNT: u16 = BLOCKS * BLOCK;

/// A process claims so many ports at a time, and at most so many times, so that others find some.
const BLOCK: u16 = 100;
const BLOCKS: u16 = 199;
const MOST_CLAIMS: usize = 40;

/// A server that found its port taken is started again this often at most.
const ATTEMPTS: usize = 5;

static PORTS: Mutex<Ports> = Mutex::new(Ports {
    blocks: Vec::new(),
    claims: Vec::new(),
    used: 0,
});

/// A port on which nobody listens or was connected a moment ago, between 12,001 and 31,900.
///
/// No process hands out a port that another one has handed out and that still runs (Linux): its
/// clients would be taken for those of the other's servers. The same process does so only after
/// 4,000 others. A stranger may take it before it is used; [`start_server`] notices that.
///
/// # Errors
/// [`Error::System`] if no socket can be made, or every port is taken.
pub fn free_port() -> Result<u16, Error> {
    const DOING: &str = "looking for a free port";
    let mut ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..COUNT {
        let port = ports.next();
        match is_free(port) {
            Ok(true) => return Ok(port),
            Ok(false) => {}
            Err(error) => return Err(Error::system(DOING)(error)),
        }
    }
    Err(Error::system(DOING)(io::Error::from(
        io::ErrorKind::AddrInUse,
    )))
}

/// The ports of this process.
struct Ports {
    /// The blocks in the order in which they are used, again and again.
    blocks: Vec<u16>,
    /// What keeps others from claiming them.
    claims: Vec<OwnedFd>,
    /// How many of their ports were used, the first time or again.
    used: usize,
}

impl Ports {
    fn next(&mut self) -> u16 {
        let (round, place) = (
            self.used / usize::from(BLOCK),
            self.used % usize::from(BLOCK),
        );
        if round == self.blocks.len() && round < MOST_CLAIMS {
            let block = self.claim();
            self.blocks.push(block);
        }
        self.used += 1;
        let block = self.blocks[round % self.blocks.len()];
        FIRST + block * BLOCK + place as u16
    }

    /// The next block that nobody has claimed; the next one, if all are claimed or nothing can be.
    fn claim(&mut self) -> u16 {
        // Processes that run side by side begin at places of their own.
        let offset = (std::process::id().wrapping_mul(7919) % u32::from(BLOCKS)) as u16;
        let first = self.blocks.last().map_or(offset, |last| last + 1);
        for block in (first..first + BLOCKS).map(|block| block % BLOCKS) {
            match claimed(&format!("harness-ports-{block}")) {
                Ok(claim) => {
                    self.claims.push(claim);
                    return block;
                }
                Err(Errno::ADDRINUSE) => {}
                Err(_) => break,
            }
        }
        first % BLOCKS
    }
}

/// Without SO_REUSEADDR, so that the leftovers of former connections count as well: programs that
/// do not set it need a port without any.
fn is_free(port: u16) -> io::Result<bool> {
    // A program that is started meanwhile has the socket, and the port, until it runs.
    let _nobody_starts = tree::registry();
    let socket = tcp_socket()?;
    match bind(&socket, &SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port)) {
        Ok(()) => Ok(true),
        Err(Errno::ADDRINUSE) => Ok(false),
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

/// Whether another program has the port, or had it when this one asked for it: then it printed so, in
/// the system's words or in its own.
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
        let listeners = Listeners::look(None);
        if listeners.is_empty() {
            return Vec::new();
        }
        let members = tree::members(self.pid()).into_iter();
        let all: BTreeSet<_> = members.flat_map(|row| listeners.of(row.pid)).collect();
        all.into_iter().collect()
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
            let over = self.exit().is_some() && tree::is_over(self.pid());
            if let Some(address) = self.reachable(port) {
                return Ok(address);
            }
            // Twice, because a look can miss one that is being started.
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

    /// Where to connect to for `port`, once the program listens there.
    #[cfg(target_os = "linux")]
    fn reachable(&self, port: u16) -> Option<SocketAddr> {
        let listeners = Listeners::look(Some(port));
        if listeners.is_empty() {
            return None;
        }
        let mut addresses = Vec::new();
        for row in tree::possible_members(self.pid()) {
            let found = listeners.of(row.pid);
            if !found.is_empty() {
                // Whatever it did to be an orphan that nobody knows: it has the program's port.
                tree::adopt(self.pid(), &row);
            }
            addresses.extend(found);
        }
        // A server may listen for both families: IPv4 is what its clients use.
        addresses.into_iter().min().map(to_connect)
    }

    #[cfg(not(target_os = "linux"))]
    fn reachable(&self, port: u16) -> Option<SocketAddr> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        std::net::TcpStream::connect(address)
            .is_ok()
            .then_some(address)
    }
}

/// Where anybody on this machine listens on `port` (Linux; elsewhere nothing is found).
#[must_use]
pub fn listening_on(port: u16) -> Vec<SocketAddr> {
    Listeners::look(Some(port)).addresses()
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::Listener;

    #[test]
    fn free_ports_are_free_and_never_the_same() {
        let ports: Vec<u16> = (0..50).map(|_| free_port().unwrap()).collect();
        let different: BTreeSet<u16> = ports.iter().copied().collect();
        assert_eq!(different.len(), ports.len());
        for port in ports {
            assert!((10_000..32_000).contains(&port), "{port}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn no_port_is_claimed_by_two() {
        let _first = free_port().unwrap();
        let ours = PORTS.lock().unwrap().blocks.clone();
        let mut others = Ports {
            blocks: vec![(ours[0] + BLOCKS - 1) % BLOCKS],
            claims: Vec::new(),
            used: usize::from(BLOCK),
        };
        let port = others.next();
        assert!(!ours.contains(&((port - FIRST) / BLOCK)), "{port}");
        // Those that were claimed are used again.
        let mut again = Ports {
            blocks: vec![7; MOST_CLAIMS],
            claims: Vec::new(),
            used: MOST_CLAIMS * usize::from(BLOCK) + 3,
        };
        assert_eq!(again.next(), FIRST + 7 * BLOCK + 3);
    }

    #[test]
    fn a_free_port_is_free_also_while_programs_are_started() {
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        Program::new("true").start().unwrap();
                    }
                });
            }
            let taken = (0..5000).find_map(|_| {
                let port = free_port().unwrap();
                let listener = Listener::at(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
                listener
                    .err()
                    .map(|error| (port, error, listening_on(port)))
            });
            done.store(true, Ordering::Relaxed);
            assert!(taken.is_none(), "{taken:?}");
        });
    }

    #[test]
    fn a_port_in_use_is_not_free() {
        let listener = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
        assert!(!is_free(listener.local_addr().unwrap().port()).unwrap());
    }
}
