//! A server with more clients than descriptors.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType, connect, socket};

use crate::error::Error;
use crate::peer::Peer;
use crate::port::start_server;
use crate::process::Process;
use crate::program::Program;

/// How many descriptors a starved server can have open.
const FILES: u32 = 64;

/// How many clients connect to it concurrently, and send nothing.
const CLIENTS: usize = 500;

/// When so many are not enough to starve it, further ones come one by one, so far apart.
const PAUSE: Duration = Duration::from_millis(20);

/// A server whose descriptors have not changed for so long does nothing more with them.
const SETTLED: Duration = Duration::from_millis(200);

/// What was seen of a server that ran out of descriptors, and of nothing else ([`starve`]).
#[derive(Debug)]
pub struct Starved {
    /// The server. All its clients have left.
    pub process: Process,
    /// The processor time that it used in a second of being starved.
    pub cpu_time: Duration,
}

/// Starves the server that `program` describes for a port, and sees whether it recovers.
///
/// It is started with 64 descriptors. A client connects, then 500 others concurrently, which
/// send nothing. The first one has to be served nevertheless: `serve` holds its conversation to the
/// end. When the server has printed `warning` on standard error (one that serves one client at a
/// time does not run out of descriptors, and prints nothing), the processor time of one second is
/// measured. Then all others disconnect; the next client has to be served, and no descriptor may
/// be left open (Linux).
///
/// # Errors
/// Those of [`start_server`] and of `serve`; [`Error::Deadline`] if the server does not print
/// `warning`, or has more or fewer descriptors open in the end than at the beginning;
/// [`Error::System`] if the harness itself cannot have that many connections.
pub fn starve(
    within: Duration,
    program: impl Fn(u16) -> Program,
    warning: Option<&str>,
    serve: impl Fn(Peer) -> Result<(), Error>,
) -> Result<Starved, Error> {
    let (process, address) = start_server(within, |port| program(port).limit_files(FILES))?;
    // What it opens for its first client only, it may keep.
    serve(Peer::connect(address)?)?;
    let before = settled_files(&process, within)?;

    let first = Peer::connect(address)?;
    let connect = |count| connect_concurrently(address, count);
    let mut silent = connect(CLIENTS)?;
    serve(first)?;
    if let Some(warning) = warning {
        let said = |seen: &[u8]| String::from_utf8_lossy(seen).contains(warning);
        // Where the backlog is short, most of many concurrent clients never get into it.
        while process.wait_stderr(said, PAUSE).is_err() {
            if silent.len() >= 2 * CLIENTS {
                return Err(process.late(format!("\"{warning}\""), PAUSE * CLIENTS as u32));
            }
            silent.extend(connect(1)?);
        }
    }
    let used = process.cpu_time()?;
    thread::sleep(Duration::from_secs(1));
    let cpu_time = process.cpu_time()?.saturating_sub(used);

    drop(silent);
    serve(Peer::connect(address)?)?;
    let start = Instant::now();
    while settled_files(&process, within)? != before {
        if start.elapsed() > within {
            return Err(process.late(format!("{before} open descriptors again"), within));
        }
    }
    Ok(Starved { process, cpu_time })
}

/// Connections that are made as soon as the server has room for them.
fn connect_concurrently(address: SocketAddr, count: usize) -> Result<Vec<OwnedFd>, Error> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let one = || {
        let socket = socket(family, SocketType::STREAM, None)?;
        rustix::io::ioctl_fionbio(&socket, true)?;
        match connect(&socket, &address) {
            Ok(()) | Err(Errno::INPROGRESS) => Ok(socket),
            Err(error) => Err(error),
        }
    };
    let sockets: Result<_, Errno> = (0..count).map(|_| one()).collect();
    sockets.map_err(Error::system("connecting many clients"))
}

/// How many descriptors the process has open, once that does not change any more.
fn settled_files(process: &Process, within: Duration) -> Result<usize, Error> {
    let start = Instant::now();
    let (mut files, mut since) = (process.open_files()?, start);
    while since.elapsed() < SETTLED {
        if start.elapsed() > within {
            return Err(process.late("descriptors that do not change".to_owned(), within));
        }
        thread::sleep(Duration::from_millis(10));
        let now = process.open_files()?;
        if now != files {
            (files, since) = (now, Instant::now());
        }
    }
    Ok(files)
}
