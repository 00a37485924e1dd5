//! How long servers take from their start to the moment in which a client can connect.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::figure::{Contender, Figure, Goal, Role, Row, Unit};
use crate::{Error, Machine, affinity};

/// Nothing takes so long to start.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Starts in one round, of which the median counts.
const STARTS: usize = 15;

/// The servers, and their arguments before the port.
const SERVERS: [(&str, &str, &[&str]); 5] = [
    ("start-tcp_server", "tcp_server", &["-p"]),
    ("start-server-s", "server-s", &[]),
    ("start-mathserver", "mathserver", &[]),
    ("start-lab3", "lab3", &["127.0.0.1"]),
    ("start-server", "server", &[]),
];

/// The limit: a program of Rust that does nothing else.
const BIND: &str = "bind";

pub(super) fn figures() -> Vec<Figure> {
    SERVERS.map(figure).into()
}

fn figure((name, server, arguments): (&'static str, &'static str, &'static [&str])) -> Figure {
    let round = |program: &'static str, arguments: &'static [&str]| {
        move |machine: &Machine| {
            let (machine, path) = (machine.clone(), machine.built(program)?);
            Ok(move || Ok(vec![median_start(&machine, &path, arguments)?]))
        }
    };
    Figure {
        name,
        rows: vec![Row::new(
            "start to listening",
            Unit::Seconds,
            Goal::AtMost(1.2),
        )],
        contenders: vec![
            Contender::new(Role::Ours, server, round(server, arguments)),
            Contender::new(Role::Limit, BIND, round(BIND, &[])),
        ],
    }
}

fn median_start(machine: &Machine, program: &Path, arguments: &[&str]) -> Result<f64, Error> {
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        times.push(start(machine, program, arguments)?);
    }
    times.sort_unstable();
    Ok(times[STARTS / 2].as_secs_f64())
}

/// The time from the start of a server to the first connection that it takes.
///
/// The program is started here and not by the harness, which starts threads as well, and not
/// through `bench pinned`, which would be part of the time: this thread lends it its processor.
fn start(machine: &Machine, program: &Path, arguments: &[&str]) -> Result<Duration, Error> {
    let port = harness::free_port()?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut command = Command::new(program);
    command.args(arguments).arg(port.to_string());
    for stream in [Command::stdin, Command::stdout, Command::stderr] {
        stream(&mut command, Stdio::null());
    }

    affinity::pin(machine.contender_cpu)?;
    let started = Instant::now();
    let spawned = command.spawn();
    affinity::pin(machine.load_cpu)?;
    let mut server = Started(spawned.map_err(Error::system("starting a server"))?);
    while TcpStream::connect(address).is_err() {
        if started.elapsed() > TIMEOUT || server.has_ended() {
            return Err(Error::wrong(
                program.display().to_string(),
                format_args!("a server on port {port}"),
                "none",
            ));
        }
    }
    Ok(started.elapsed())
}

/// A process that ends when this is dropped.
struct Started(Child);

impl Started {
    fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Both fail only if it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
