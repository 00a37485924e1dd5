//! The thread that reads lines and sends requests.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use crate::requests::{Encoded, Requests};

/// What the sending thread has done so far, for the one that receives.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    requests: AtomicU64,
    octets: AtomicU64,
    skipped: AtomicU64,
    ended: OnceLock<Result<(), SendError>>,
}

/// Why sending ended before the file did.
#[derive(Debug)]
pub(crate) enum SendError {
    /// The file cannot be read further.
    Read(io::Error),
    /// The server takes no more; what it says and does is the other thread's matter.
    Write,
}

impl Progress {
    /// Requests that were sent, or are about to be: an answer can only come to one of these.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(SeqCst)
    }

    /// Octets that the system took.
    pub(crate) fn octets(&self) -> u64 {
        self.octets.load(SeqCst)
    }

    /// Lines that are no requests.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped.load(SeqCst)
    }

    /// How sending ended; `None` while it goes on.
    pub(crate) fn ended(&self) -> Option<&Result<(), SendError>> {
        self.ended.get()
    }
}

/// Sends a request for each line of `file`, then ends the sending side of the connection.
///
/// All lines that can be read at once are sent with one write, and none waits for the next one to
/// come (TC-2). When the server takes no more, no more is read.
pub(crate) fn send_lines(name: &OsStr, file: File, stream: &TcpStream, progress: &Progress) {
    let ended = send_all(name, file, stream, progress);
    log::debug!("sent {} requests", progress.requests());
    // The server may close as soon as it sees the end: by then it must be known here.
    let _ = progress.ended.set(ended);
    // Fails if the connection is gone, which the receiving thread notices too.
    let _ = stream.shutdown(Shutdown::Write);
}

fn send_all(
    name: &OsStr,
    mut file: File,
    stream: &TcpStream,
    progress: &Progress,
) -> Result<(), SendError> {
    let mut requests = Requests::new();
    loop {
        match file.read(requests.room()) {
            Ok(0) => return send(name, &requests.finish(), stream, progress),
            Ok(count) => send(name, &requests.read(count), stream, progress)?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(SendError::Read(error)),
        }
    }
}

fn send(
    name: &OsStr,
    encoded: &Encoded<'_>,
    mut stream: &TcpStream,
    progress: &Progress,
) -> Result<(), SendError> {
    for (line, error) in &encoded.errors {
        report(format_args!(
            "{}:{line}: {error}",
            cli::escape(name.as_bytes())
        ));
    }
    progress
        .skipped
        .fetch_add(encoded.errors.len() as u64, SeqCst);
    progress.requests.fetch_add(encoded.count, SeqCst);
    let mut rest = encoded.octets;
    while !rest.is_empty() {
        match stream.write(rest) {
            Ok(count @ 1..) => {
                progress.octets.fetch_add(count as u64, SeqCst);
                rest = rest.get(count..).unwrap_or_default();
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return Err(SendError::Write),
        }
    }
    Ok(())
}

/// A line on standard error, with one write; if that is closed, there is nobody left to tell.
fn report(text: impl std::fmt::Display) {
    let _ = io::stderr().write_all(format!("tcp_client: {text}\n").as_bytes());
}
