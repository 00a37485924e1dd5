//! The servers as processes.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use harness::{Output, Process, Program, start_server};

use crate::honest::SECRET;
use crate::subject::{Each, Subject};

/// The descriptors that each server may have: more than the 550 clients that are connected while honest
/// ones are timed, and few enough to be used up.
pub(crate) const MOST_FILES: u32 = 1024;

/// The bound on the memory of all clients of `tcp_server`, and of those of `lab3`, in bytes (T-18,
/// P-8): what they would find out in a container of twice as much.
pub(crate) const MOST_MEMORY: u64 = 128 << 20;

/// How long a server may take to listen, also on a machine that is busy.
const START_LIMIT: Duration = Duration::from_secs(30);

/// How many bytes of the output of `server-s` are kept: more than a long run prints.
const KEPT_OUTPUT: usize = 64 << 20;

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
}

/// Starts all servers.
///
/// # Errors
/// One does not start.
pub(crate) fn start(folder: &Path) -> Result<Each<Server>, cli::Error> {
    // Fails before five processes run.
    let nowhere = File::options().write(true).open("/dev/null")?;
    Each::try_new(|subject| {
        let (process, address) = start_server(START_LIMIT, |port| {
            let program = Program::new(folder.join(subject.name()))
                .limit_files(MOST_FILES)
                .keep(KEPT_OUTPUT);
            let program = with_arguments(subject, program, port);
            // Only the output of `server-s` is its result. What the others print about their
            // clients would fill the memory in a long run.
            match nowhere.try_clone() {
                Ok(file) if subject != Subject::ServerS => program.stdout(Output::File(file)),
                _ => program,
            }
        })?;
        Ok(Server { process, address })
    })
}

fn with_arguments(subject: Subject, program: Program, port: u16) -> Program {
    let (port, limit) = (port.to_string(), MOST_MEMORY.to_string());
    match subject {
        Subject::TcpServer => program
            .env("TCP_SERVER_MAX_BYTES", limit)
            .args(["-p", &port]),
        Subject::Lab3 => program
            .env("LAB3_MAX_BYTES", limit)
            .args(["127.0.0.1", &port]),
        Subject::Server | Subject::ServerS => program.arg(port),
        Subject::Mathserver => program.args(["--secret", SECRET, &port]),
    }
}
