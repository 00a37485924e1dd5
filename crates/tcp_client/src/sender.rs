//! The thread that reads lines and sends requests.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::requests::{Encoded, Requests};

/// The most bytes of one write.
const PIECE: usize = 64 * 1024;

/// What the sending thread has done so far, for the one that receives.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    requests: AtomicU64,
    bytes: AtomicU64,
    skipped: AtomicU64,
    ended: OnceLock<Result<(), SendError>>,
    /// Wakes the thread that waits until `ended` is known.
    end: (Mutex<()>, Condvar),
}

/// Why sending ended before the file did.
#[derive(Debug)]
pub(crate) enum SendError {
    /// The file cannot be read further.
    Read(io::Error),
    /// The server takes no more; what it sends and does is the other thread's matter.
    Write,
}

impl Progress {
    /// Requests that were sent, or are about to be: an answer can only come to one of these.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(SeqCst)
    }

    /// Bytes that the system took.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(SeqCst)
    }

    /// Lines that are no requests.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped.load(SeqCst)
    }

    /// How sending ended; `None` while it goes on.
    pub(crate) fn ended(&self) -> Option<&Result<(), SendError>> {
        self.ended.get()
    }

    /// The same, after waiting a little for it.
    pub(crate) fn ended_within(&self, limit: Duration) -> Option<&Result<(), SendError>> {
        let (lock, known) = &self.end;
        let guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = known.wait_timeout_while(guard, limit, |()| self.ended.get().is_none());
        self.ended.get()
    }

    fn end(&self, ended: Result<(), SendError>) {
        let (lock, known) = &self.end;
        let guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
        // It is set once, by the one thread that sends.
        let _ = self.ended.set(ended);
        drop(guard);
        known.notify_all();
    }
}

/// Sends a request for each line of `file`, then ends the sending side of the connection.
///
/// All lines that one read brings are sent with one write, and none waits for the next one to
/// come (TC-2). When the server takes no more, no more is read.
pub(crate) fn send_lines(name: &OsStr, file: File, stream: &TcpStream, progress: &Progress) {
    let ended = send_all(name, file, stream, progress);
    log::debug!("sent {} requests", progress.requests());
    // The server may close as soon as it sees the end: by then it must be known here.
    progress.end(ended);
    // Fails if the connection is gone, which the receiving thread notices too.
    let _ = stream.shutdown(Shutdown::Write);
}

fn send_all(
    name: &OsStr,
    mut file: File,
    stream: &TcpStream,
    progress: &Progress,
) -> Result<(), SendError> {
    let mut requests = Requests::new(file.is_terminal());
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
        let name = cli::escape(name.as_bytes());
        cli::report(format_args!("tcp_client: {name}:{line}: {error}"));
    }
    progress
        .skipped
        .fetch_add(encoded.errors.len() as u64, SeqCst);
    progress.requests.fetch_add(encoded.count, SeqCst);
    let mut rest = encoded.bytes;
    while !rest.is_empty() {
        // In pieces, so that the progress of a long request can be seen.
        match stream.write(&rest[..rest.len().min(PIECE)]) {
            Ok(count @ 1..) => {
                progress.bytes.fetch_add(count as u64, SeqCst);
                rest = &rest[count..];
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return Err(SendError::Write),
        }
    }
    Ok(())
}
